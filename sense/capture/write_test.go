package capture

import (
	"bytes"
	"encoding/binary"
	"io"
	"testing"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"
)

// packet is what the tests write into captures.
type packet struct {
	sec, sub uint32
	orig     int // 0: as many as data
	data     []byte
}

func (p *packet) wire() uint32 {
	if p.orig > 0 {
		return uint32(p.orig)
	}
	return uint32(len(p.data))
}

func pcapFile(o binary.AppendByteOrder, magic uint32, packets ...packet) []byte {
	b := o.AppendUint32(nil, magic)
	b = o.AppendUint16(b, 2)
	b = o.AppendUint16(b, 4)
	b = o.AppendUint32(b, 0)
	b = o.AppendUint32(b, 0)
	b = o.AppendUint32(b, 65535)
	b = o.AppendUint32(b, 1)
	for _, p := range packets {
		b = o.AppendUint32(b, p.sec)
		b = o.AppendUint32(b, p.sub)
		b = o.AppendUint32(b, uint32(len(p.data)))
		b = o.AppendUint32(b, p.wire())
		if magic == magicModified {
			b = append(b, 1, 2, 3, 4, 5, 6, 7, 8)
		}
		b = append(b, p.data...)
	}
	return b
}

// ng writes pcapng.
type ng struct {
	binary.AppendByteOrder
	b []byte
}

func (w *ng) block(kind uint32, body []byte) *ng {
	for len(body)%4 != 0 {
		body = append(body, 0)
	}
	w.b = w.AppendUint32(w.b, kind)
	w.b = w.AppendUint32(w.b, uint32(len(body)+12))
	w.b = append(w.b, body...)
	w.b = w.AppendUint32(w.b, uint32(len(body)+12))
	return w
}

func (w *ng) option(b []byte, code uint16, v []byte) []byte {
	b = w.AppendUint16(b, code)
	b = w.AppendUint16(b, uint16(len(v)))
	b = append(b, v...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return b
}

func (w *ng) section() *ng {
	b := w.AppendUint32(nil, byteOrderMagic)
	b = w.AppendUint16(b, 1)
	b = w.AppendUint16(b, 0)
	b = w.AppendUint64(b, ^uint64(0))
	return w.block(blockSection, w.option(b, 4, []byte("a test")))
}

func (w *ng) iface(link uint16, snap uint32, options ...[]byte) *ng {
	b := w.AppendUint16(nil, link)
	b = w.AppendUint16(b, 0)
	b = w.AppendUint32(b, snap)
	for _, o := range options {
		b = append(b, o...)
	}
	return w.block(blockInterface, w.option(b, optionEnd, nil))
}

func (w *ng) enhanced(iface uint32, stamp uint64, p packet) *ng {
	b := w.AppendUint32(nil, iface)
	b = w.AppendUint32(b, uint32(stamp>>32))
	b = w.AppendUint32(b, uint32(stamp))
	b = w.AppendUint32(b, uint32(len(p.data)))
	b = w.AppendUint32(b, p.wire())
	b = append(b, p.data...)
	for len(b)%4 != 0 {
		b = append(b, 0)
	}
	return w.block(blockEnhanced, w.option(b, 1, []byte("a comment")))
}

func (w *ng) obsolete(iface, drops uint16, stamp uint64, p packet) *ng {
	b := w.AppendUint16(nil, iface)
	b = w.AppendUint16(b, drops)
	b = w.AppendUint32(b, uint32(stamp>>32))
	b = w.AppendUint32(b, uint32(stamp))
	b = w.AppendUint32(b, uint32(len(p.data)))
	b = w.AppendUint32(b, p.wire())
	return w.block(blockPacket, append(b, p.data...))
}

func (w *ng) simple(p packet) *ng {
	return w.block(blockSimple, append(w.AppendUint32(nil, p.wire()), p.data...))
}

func (w *ng) statistics(iface uint32, received, dropped uint64) *ng {
	b := w.AppendUint32(nil, iface)
	b = w.AppendUint64(b, 0)
	b = w.option(b, statReceived, w.AppendUint64(nil, received))
	b = w.option(b, statDropped, w.AppendUint64(nil, dropped))
	return w.block(blockStatistics, b)
}

func gzipped(t testing.TB, b []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	z := gzip.NewWriter(&out)
	if _, err := z.Write(b); err != nil {
		t.Fatal(err)
	}
	if err := z.Close(); err != nil {
		t.Fatal(err)
	}
	return out.Bytes()
}

func zstded(t testing.TB, b []byte) []byte {
	t.Helper()
	z, err := zstd.NewWriter(io.Discard)
	if err != nil {
		t.Fatal(err)
	}
	return z.EncodeAll(b, nil)
}
