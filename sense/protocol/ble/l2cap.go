package ble

import "wardkeeper/sense"

// L2CAP fixed channels, Vol 3 Part A 2.1.
const (
	cidATT = 4
	cidSMP = 6

	l2Header = 4
	maxL2    = 1024 // bytes of a frame that is put together
)

// partial is an L2CAP frame of which more is to come.
type partial struct {
	buf  sense.Buffer
	need int
	used uint64
}

// begin takes the first fragment of an L2CAP frame. side is who sends: 0 or 1, or
// -1 where the link does not say.
func (k *conn) begin(c *sense.Context, side int, b []byte) {
	if len(b) < l2Header {
		return
	}
	need := l2Header + int(le.Uint16(b))
	if len(b) >= need {
		k.frame(c, le.Uint16(b[2:]), b[l2Header:need])
		return
	}
	p := k.slot(side)
	p.buf.Reset()
	p.need = 0
	if p.buf.Append(c, b, maxL2, "ble.l2cap-bytes") && need <= maxL2 {
		p.need, p.used = need, k.used
	}
}

// slot is where a new frame goes: the sender's own place, else a free one, else
// the older of the two.
func (k *conn) slot(side int) *partial {
	if side >= 0 {
		return &k.parts[side]
	}
	p := &k.parts[0]
	if q := &k.parts[1]; p.need > 0 && (q.need == 0 || q.used < p.used) {
		p = q
	}
	return p
}

// more takes a fragment that continues a frame. Where the sender is not known,
// the frame it can belong to is the one begun last.
func (k *conn) more(c *sense.Context, side int, b []byte) {
	var p *partial
	for i := range k.parts {
		q := &k.parts[i]
		if q.need == 0 || side >= 0 && i != side || q.buf.Len()+len(b) > q.need {
			continue
		}
		if p == nil || q.used > p.used {
			p = q
		}
	}
	if p == nil || !p.buf.Append(c, b, maxL2, "ble.l2cap-bytes") {
		return
	}
	if f := p.buf.Bytes(); len(f) == p.need {
		p.need = 0
		k.frame(c, le.Uint16(f[2:]), f[l2Header:])
		p.buf.Reset()
	}
}

func (k *conn) frame(c *sense.Context, cid uint16, b []byte) {
	if len(b) == 0 {
		return
	}
	switch cid {
	case cidATT:
		k.attribute(c, b)
	case cidSMP:
		k.pairing(c, b)
	}
}
