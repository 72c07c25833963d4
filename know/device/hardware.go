package device

import (
	"net/netip"

	"wardkeeper/ward"
)

// Bounds of what one hardware address may hold before it is taken for a router's.
const (
	maxMoves = 6  // addresses one after the other without proof
	maxHeld  = 16 // addresses with proof (more: it answers for others)
)

// hardware is what one hardware address was seen with on one segment.
type hardware struct {
	mac     ward.MAC
	place   uint16
	atoms   []*atom // with an IP address
	alone   *atom   // without
	router  bool
	foreign bool // carries public addresses
	proven  int
}

// hardware decides whose the hardware addresses are.
func (c *clusters) hardware() {
	type at struct {
		place uint16
		mac   ward.MAC
	}
	byMAC := map[at]*hardware{}
	var order []*hardware
	for _, a := range c.inv.atoms {
		if a.key.mac.Zero() || virtual(a.key.mac) {
			continue
		}
		k := at{a.key.place, a.key.mac}
		h := byMAC[k]
		if h == nil {
			h = &hardware{mac: a.key.mac, place: a.key.place}
			byMAC[k] = h
			order = append(order, h)
		}
		if a.key.ip.IsValid() {
			h.atoms = append(h.atoms, a)
		} else {
			h.alone = a
		}
	}
	for _, h := range order {
		c.judge(h)
	}
	c.sameHardware(order)
}

// judge decides which of a hardware address's IP addresses are its own.
func (c *clusters) judge(h *hardware) {
	var unproven []*atom
	for _, a := range h.atoms {
		during, ok := c.bonds[a.key]
		switch {
		case ok || a.key.ip.IsLinkLocalUnicast() && a.key.ip.Is6():
			c.owned[a.index], c.sure[a.index] = true, true
			a.seen.join(during)
			if a.key.ip.Is4() {
				h.proven++
			}
		case c.proven[address{a.key.place, a.key.ip}]:
			h.foreign = true // it passes on what another holds
		case a.external && !derived(a.key.ip, h.mac):
			h.foreign = h.foreign || a.key.ip.Is4()
			if a.key.ip.Is6() {
				unproven = append(unproven, a)
			}
		default:
			unproven = append(unproven, a)
		}
		h.router = h.router || says(a, ward.FieldRole, "router") || says(a, ward.FieldRole, "dhcp relay")
	}
	if h.alone != nil {
		h.router = h.router || says(h.alone, ward.FieldRole, "router")
	}
	if h.proven > maxHeld {
		h.router = true
		for _, a := range h.atoms {
			c.owned[a.index] = false
		}
	}
	c.guess(h, unproven)
}

// guess decides about addresses that nothing proves.
func (c *clusters) guess(h *hardware, unproven []*atom) {
	var four, six []*atom
	for _, a := range unproven {
		switch {
		case derived(a.key.ip, h.mac):
			c.owned[a.index], c.sure[a.index] = true, true
		case a.key.ip.Is4():
			four = append(four, a)
		default:
			six = append(six, a)
		}
	}
	if h.router || h.foreign {
		return
	}
	if h.proven == 0 && len(four) <= maxMoves && oneByOne(four) {
		for _, a := range four {
			c.owned[a.index] = true
		}
	}
	if len(six) <= maxMoves && len(four) <= maxMoves && (h.proven > 0 || len(four) > 0 && c.owned[four[0].index]) {
		for _, a := range six {
			c.owned[a.index] = true
		}
	}
}

// oneByOne reports whether no two addresses were in use at the same time: one
// device whose address changed, rather than several behind a router.
func oneByOne(list []*atom) bool {
	for i, a := range list {
		for _, b := range list[i+1:] {
			if a.seen.overlaps(b.seen) {
				return false
			}
		}
	}
	return true
}

// derived reports whether an IPv6 address was made from the hardware address
// (modified EUI-64, RFC 4291 appendix A).
func derived(ip netip.Addr, m ward.MAC) bool {
	if !ip.Is6() {
		return false
	}
	b := ip.As16()
	return b[8] == m[0]^2 && b[9] == m[1] && b[10] == m[2] && b[11] == 0xff && b[12] == 0xfe && b[13] == m[3] && b[14] == m[4] && b[15] == m[5]
}

// temporary reports an IPv6 address whose interface part looks random (RFC 8981,
// and RFC 7217, which looks the same).
func temporary(ip netip.Addr) bool {
	if !ip.Is6() {
		return false
	}
	b := ip.As16()
	if b[11] == 0xff && b[12] == 0xfe {
		return false
	}
	return b[8] != 0 || b[9] != 0 || b[10] != 0 // small numbers are given by hand or DHCPv6
}

func says(a *atom, f ward.Field, value string) bool {
	for i := range a.evidence {
		if a.evidence[i].field == f && a.evidence[i].value == value {
			return true
		}
	}
	return false
}

// sameHardware joins what holds the same hardware address: on one segment, and
// across segments where it is a global address that is proven on both.
func (c *clusters) sameHardware(order []*hardware) {
	type everywhere struct {
		site string
		mac  ward.MAC
	}
	global := map[everywhere]*atom{}
	for _, h := range order {
		var first *atom
		proven := h.alone != nil
		if h.alone != nil {
			first = h.alone
		}
		for _, a := range h.atoms {
			if !c.owned[a.index] {
				continue
			}
			proven = proven || c.sure[a.index]
			if first == nil {
				first = a
			}
			c.union(first, a)
		}
		if first == nil || !proven || h.mac.Local() {
			continue
		}
		k := everywhere{c.inv.places[h.place].site, h.mac}
		if g := global[k]; g != nil {
			c.union(g, first)
		} else {
			global[k] = first
		}
	}
}
