package device

import (
	"cmp"
	"encoding/binary"
	"net/netip"
	"slices"

	"wardkeeper/ward"
)

// Link is who talks to whom in one protocol. A opened most of the conversations.
// An end is a device's id, "external ADDRESS" for a public address, or "address
// ADDRESS" for one that was spoken to and never answered.
type Link struct {
	A, B        string
	Protocol    string // "" where it was not recognised
	Flows       uint64
	Bytes       uint64 // payload, both ways
	Messages    uint64
	Clear       bool // patient identity went unencrypted
	First, Last ward.Time
}

// link counts between two atoms, lower index first.
type link struct {
	ends     [2]*atom
	protocol string
	flows    uint64
	bytes    uint64
	messages uint64
	acts     uint64
	opened   [2]uint64 // by which end
	clear    bool
	during   span
}

type linkKey struct {
	lo, hi   uint32
	protocol string
}

// cached is what the last observation with the same endpoints led to.
type cached struct {
	src, dst       netip.Addr
	smac, dmac     ward.MAC
	protocol       string
	site, zone     string
	conversationOf conversation
	set            bool
}

// conversation is the two ends of an observation and their link. from is the
// source's place in link.ends.
type conversation struct {
	src, dst *atom
	link     *link
	from     int
}

// cacheSize is how many conversations are found without a map; a power of two.
const cacheSize = 1 << 10

// conversation finds or makes the atoms and the link of an observation.
func (inv *Inventory) conversation(o *ward.Observation) *conversation {
	c := &inv.cache[slot(o)]
	if c.set && c.src == o.Src.IP && c.dst == o.Dst.IP && c.smac == o.Src.MAC && c.dmac == o.Dst.MAC &&
		c.protocol == o.Protocol && c.zone == o.Zone && c.site == o.Site {
		return &c.conversationOf
	}
	*c = cached{src: o.Src.IP, dst: o.Dst.IP, smac: o.Src.MAC, dmac: o.Dst.MAC, protocol: o.Protocol, zone: o.Zone, site: o.Site}
	p := inv.place(o.Site, o.Zone)
	src, dst := inv.at(p, o.Src, !speaks(o)), inv.at(p, o.Dst, o.Flow != nil && o.Flow.PacketsFrom == 0)
	c.conversationOf = conversation{src: src, dst: dst}
	// What a cap refused is asked again next time.
	c.set = src != nil && dst != nil || group(o.Dst.IP) || o.Dst.MAC.Multicast()
	if src != nil {
		src.protocol(inv, o.Protocol)
	}
	if src == nil || dst == nil {
		return &c.conversationOf
	}
	if o.Protocol != "" {
		dst.protocol(inv, o.Protocol)
	}
	lo, hi := src, dst
	if lo.index > hi.index {
		lo, hi = hi, lo
		c.conversationOf.from = 1
	}
	c.conversationOf.link = inv.link(lo, hi, o.Protocol)
	return &c.conversationOf
}

// speaks reports whether an observation proves that its source exists: a lone
// packet, as in a flood of forged ones, does not.
func speaks(o *ward.Observation) bool {
	return o.Flow == nil || o.Flow.PacketsFrom > 0 || o.Flow.BytesTo > 0
}

func (inv *Inventory) link(lo, hi *atom, protocol string) *link {
	k := linkKey{lo.index, hi.index, protocol}
	if l := inv.byLink[k]; l != nil {
		return l
	}
	if len(inv.links) >= inv.o.MaxLinks {
		inv.limit("device.links")
		return nil
	}
	l := &link{ends: [2]*atom{lo, hi}, protocol: protocol}
	inv.links = append(inv.links, l)
	inv.byLink[k] = l
	inv.version++
	return l
}

// slot is where an observation's conversation is cached.
func slot(o *ward.Observation) uint32 {
	a, b := o.Src.IP.As16(), o.Dst.IP.As16()
	h := binary.LittleEndian.Uint32(a[12:])*0x9e3779b1 ^ binary.LittleEndian.Uint32(b[12:])*0x85ebca6b
	h ^= uint32(len(o.Protocol)) * 0xc2b2ae35
	if o.Protocol != "" {
		h ^= uint32(o.Protocol[0]) * 0x27d4eb2f
	}
	return (h ^ h>>15) * 0x2c1b3c6d >> 7 & (cacheSize - 1)
}

// Links returns who talks to whom, in a fixed order.
func (inv *Inventory) Links() []Link {
	v := inv.resolve()
	sum := map[[3]string]*Link{}
	opened := map[[3]string]int64{}
	for _, l := range inv.links {
		a, b := v.name(l.ends[0]), v.name(l.ends[1])
		forward := int64(l.opened[0]) - int64(l.opened[1])
		if a > b {
			a, b, forward = b, a, -forward
		}
		k := [3]string{a, b, l.protocol}
		s := sum[k]
		if s == nil {
			s = &Link{A: a, B: b, Protocol: l.protocol, First: l.during.first, Last: l.during.last}
			sum[k] = s
		}
		opened[k] += forward
		s.Flows += l.flows
		s.Bytes += l.bytes
		s.Messages += max(l.messages, l.acts)
		s.Clear = s.Clear || l.clear
		d := span{s.First, s.Last}
		d.join(l.during)
		s.First, s.Last = d.first, d.last
	}
	out := make([]Link, 0, len(sum))
	for k, s := range sum {
		if opened[k] < 0 {
			s.A, s.B = s.B, s.A
		}
		out = append(out, *s)
	}
	slices.SortFunc(out, func(x, y Link) int {
		return cmp.Or(cmp.Compare(x.A, y.A), cmp.Compare(x.B, y.B), cmp.Compare(x.Protocol, y.Protocol))
	})
	return out
}
