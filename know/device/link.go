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

// pairKey names a conversation's two ends and protocol, in one direction. It holds
// no pointers, which makes it quick to look up.
type pairKey struct {
	src, dst        [16]byte
	smac, dmac      ward.MAC
	place, protocol uint16
}

// conversation is the two ends of an observation and their link. from is the
// source's place in link.ends.
type conversation struct {
	src, dst *atom
	link     *link
	from     int
}

// cached is a conversation that was seen lately.
type cached struct {
	src, dst   netip.Addr
	smac, dmac ward.MAC
	protocol   string
	site, zone string
	is         *conversation
}

// cacheSize is how many conversations are found without hashing their ends; a power of two.
const cacheSize = 1 << 11

// conversation finds or makes the atoms and the link of an observation.
func (inv *Inventory) conversation(o *ward.Observation) *conversation {
	c := &inv.cache[slot(o)]
	if c.is != nil && c.src == o.Src.IP && c.dst == o.Dst.IP && c.smac == o.Src.MAC && c.dmac == o.Dst.MAC &&
		c.protocol == o.Protocol && c.zone == o.Zone && c.site == o.Site {
		return c.is
	}
	k := pairKey{src: o.Src.IP.As16(), dst: o.Dst.IP.As16(), smac: o.Src.MAC, dmac: o.Dst.MAC, place: inv.place(o.Site, o.Zone), protocol: inv.protocol(o.Protocol)}
	is := inv.pairs[k]
	if is == nil {
		is = inv.newConversation(o, k)
	}
	*c = cached{src: o.Src.IP, dst: o.Dst.IP, smac: o.Src.MAC, dmac: o.Dst.MAC, protocol: o.Protocol, zone: o.Zone, site: o.Site, is: is}
	return is
}

// newConversation remembers a conversation unless a cap refuses one of its ends:
// then it is asked for again.
func (inv *Inventory) newConversation(o *ward.Observation, k pairKey) *conversation {
	src, dst := inv.at(k.place, o.Src, !speaks(o)), inv.at(k.place, o.Dst, o.Flow != nil && o.Flow.PacketsFrom == 0)
	is := &conversation{src: src, dst: dst}
	if src != nil {
		src.protocol(inv, o.Protocol)
	}
	if src != nil && dst != nil {
		dst.protocol(inv, o.Protocol)
		lo, hi := src, dst
		if lo.index > hi.index {
			lo, hi = hi, lo
			is.from = 1
		}
		is.link = inv.link(lo, hi, o.Protocol)
	}
	toGroup := src != nil && (group(o.Dst.IP) || o.Dst.MAC.Multicast())
	if is.link == nil && !toGroup {
		return is
	}
	if len(inv.pairs) >= 4*inv.o.MaxLinks {
		inv.limit("device.pairs")
		return is
	}
	inv.pairs[k] = is
	return is
}

// protocol numbers the protocols' names, which are few.
func (inv *Inventory) protocol(name string) uint16 {
	for i, n := range inv.protocols {
		if n == name {
			return uint16(i)
		}
	}
	if len(inv.protocols) >= maxZones {
		inv.limit("device.protocol-names")
		return 0
	}
	inv.protocols = append(inv.protocols, name)
	return uint16(len(inv.protocols) - 1)
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
