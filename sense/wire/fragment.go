package wire

import (
	"time"

	"wardkeeper/ward"
)

// Caps of IP reassembly.
const (
	maxDatagrams    = 256 // incomplete at a time
	maxDatagramSize = 65535
	maxFragments    = 256 // of one datagram
	fragmentTime    = 30 * time.Second
)

// fragments reassembles IP datagrams (RFC 791 §3.2, RFC 8200 §4.5). The first copy
// of a byte stands.
type fragments struct {
	open  map[fragKey]*datagram
	order []fragKey // oldest first
}

type fragKey struct {
	src, dst addr
	id       uint32
	proto    uint8
	zone     uint16
}

type datagram struct {
	since   ward.Time
	parts   []span
	buf     []byte
	total   int // 0: last fragment not seen
	differs bool
}

type span struct{ from, to int }

func newFragments() fragments { return fragments{open: map[fragKey]*datagram{}} }

// fragment takes one fragment and decodes the datagram once it is whole.
func (d *decoder) fragment(proto uint8, id uint32, off int, more bool, b []byte, missing uint32) {
	p := &d.template
	if missing > 0 || off+len(b) > maxDatagramSize || more && len(b) == 0 {
		d.fail("unusable fragment")
		return
	}
	k := fragKey{p.src, p.dst, id, proto, d.engine.zones.of(p.source, &d.sources[p.source], p.vlan)}
	g := d.frags.open[k]
	if g != nil && p.time.Sub(g.since).Abs() > fragmentTime {
		d.frags.drop(k)
		g = nil
	}
	if g == nil {
		if len(d.frags.order) >= maxDatagrams {
			d.limits["ip.fragments"]++
			d.frags.drop(d.frags.order[0])
		}
		g = &datagram{since: p.time}
		d.frags.open[k] = g
		d.frags.order = append(d.frags.order, k)
	}
	if len(g.parts) >= maxFragments {
		d.limits["ip.fragments"]++
		d.frags.drop(k)
		return
	}
	g.put(off, b)
	if !more {
		g.total = off + len(b)
	}
	if !g.whole() {
		d.stats.Fragments++
		return
	}
	d.frags.drop(k)
	if g.differs {
		d.stats.FragmentOverlaps++
	}
	d.inner(func() { d.above(proto, g.buf[:g.total], 0) })
}

func (f *fragments) drop(k fragKey) {
	delete(f.open, k)
	for i := range f.order {
		if f.order[i] == k {
			f.order = append(f.order[:i], f.order[i+1:]...)
			return
		}
	}
}

// put copies what is new of b to its place.
func (g *datagram) put(off int, b []byte) {
	end := off + len(b)
	if end > len(g.buf) {
		g.buf = append(g.buf, make([]byte, end-len(g.buf))...)
	}
	at := off
	for at < end {
		from, to, covered := g.next(at, end)
		if covered {
			for i := from; i < to; i++ {
				g.differs = g.differs || g.buf[i] != b[i-off]
			}
		} else {
			copy(g.buf[from:to], b[from-off:to-off])
		}
		at = to
	}
	g.add(span{off, end})
}

// next returns the run from at that is either covered already or not.
func (g *datagram) next(at, end int) (from, to int, covered bool) {
	to = end
	for _, s := range g.parts {
		if s.from <= at && at < s.to {
			return at, min(end, s.to), true
		}
		if s.from > at && s.from < to {
			to = s.from
		}
	}
	return at, to, false
}

func (g *datagram) add(s span) { g.parts = append(g.parts, s) }

func (g *datagram) whole() bool {
	if g.total == 0 || len(g.buf) < g.total {
		return false
	}
	for at := 0; at < g.total; {
		_, to, covered := g.next(at, g.total)
		if !covered {
			return false
		}
		at = to
	}
	return true
}
