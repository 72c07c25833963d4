package capture

import (
	"encoding/binary"
	"fmt"
	"math/bits"

	"wardkeeper/ward"
)

const (
	pcapHeader         = 24
	packetHeader       = 16
	packetHeaderPadded = 24 // of Kuznetzov's modified format

	magicMicro    = 0xa1b2c3d4
	magicNano     = 0xa1b23c4d
	magicModified = 0xa1b2cd34
)

// openPcap reads the file header.
func (r *Reader) openPcap(head []byte) (what string) {
	magic := binary.LittleEndian.Uint32(head)
	r.swap = magic == bits.ReverseBytes32(magicMicro) || magic == bits.ReverseBytes32(magicNano) || magic == bits.ReverseBytes32(magicModified)
	r.order = binary.LittleEndian
	if r.swap {
		magic, r.order = bits.ReverseBytes32(magic), binary.BigEndian
	}
	r.header, r.perSecond = packetHeader, 1e6
	switch magic {
	case magicMicro:
	case magicNano:
		r.perSecond = 1e9
	case magicModified:
		r.header = packetHeaderPadded
	default:
		return notCapture
	}
	if len(head) < pcapHeader {
		return "the file ends within its header: was it copied completely?"
	}
	if v := r.order.Uint16(head[4:]); v != 2 {
		return fmt.Sprintf("is a pcap of version %d: only version 2 is known", v)
	}
	snap := r.order.Uint32(head[16:])
	if snap > maxRecord {
		snap = 0
	}
	r.interfaces = []Interface{{Link: int(r.order.Uint32(head[20:]) & 0x03ffffff), Snaplen: int(snap)}}
	r.frame = framePackets
	return ""
}

// framePackets frames the packets of a pcap.
func framePackets(r *Reader, b []byte, recs []Record) (f framed) {
	link, unit, header, swap := r.interfaces[0].Link, 1e9/r.perSecond, r.header, r.swap
	off := 0
	for f.records < len(recs) {
		if len(b)-off < packetHeader {
			f.need = header
			break
		}
		h := b[off : off+packetHeader]
		sec, sub := binary.LittleEndian.Uint32(h), binary.LittleEndian.Uint32(h[4:])
		size, orig := binary.LittleEndian.Uint32(h[8:]), binary.LittleEndian.Uint32(h[12:])
		if swap {
			sec, sub, size, orig = bits.ReverseBytes32(sec), bits.ReverseBytes32(sub), bits.ReverseBytes32(size), bits.ReverseBytes32(orig)
		}
		if size > maxRecord {
			f.what = tooLarge(uint64(size))
			break
		}
		end := off + header + int(size)
		if end > len(b) {
			f.need = end - off
			break
		}
		r.number++
		rec := &recs[f.records]
		rec.Time = ward.Time(int64(sec)*1e9 + int64(sub)*unit)
		rec.Capture, rec.Interface, rec.Link, rec.Orig = 0, 0, link, int(orig)
		rec.Data = b[off+header : end : end]
		rec.Number = r.number
		f.records++
		off = end
	}
	f.consumed = off
	return f
}

func tooLarge(n uint64) string {
	return fmt.Sprintf("says that it has %d bytes: the file is damaged from here on", n)
}
