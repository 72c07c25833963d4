package device

import (
	"net/netip"
	"slices"
)

// clusters works out which atoms are one device.
type clusters struct {
	inv     *Inventory
	atoms   []*atom  // the inventory's, and one for each facet that was split off
	parent  []uint32 // union-find over atoms
	owned   []bool   // by atom: the hardware address is its own
	sure    []bool   // … and that is proven
	bonds   map[atomKey]span
	proven  map[address]bool // addresses that some hardware address holds for sure
	members map[uint32][]*atom
	hl7     map[uint32][]*link  // by cluster
	serials map[*atom][]string  // facets stated by the atom itself
	base    []uint32            // cluster of each atom before names were looked at
	talk    map[uint32][]uint32 // clusters that talk to each other, by base
	split   map[*atom]bool      // what it states of equipment is about others
	keep    map[*atom]string    // of what is split off, the serial number that is its own
	hidden  map[*atom][]*atom   // whom an atom speaks for
	rivals  map[binding][]*atom // proven holders of an address (mac is zero in the key)
}

func newClusters(inv *Inventory) *clusters {
	n := len(inv.atoms)
	c := &clusters{inv: inv, atoms: slices.Clone(inv.atoms), parent: make([]uint32, n), owned: make([]bool, n), sure: make([]bool, n), bonds: map[atomKey]span{}, proven: map[address]bool{},
		serials: map[*atom][]string{}, talk: map[uint32][]uint32{}, split: map[*atom]bool{}, keep: map[*atom]string{}, hidden: map[*atom][]*atom{}, rivals: map[binding][]*atom{}}
	for i := range c.parent {
		c.parent[i] = uint32(i)
	}
	for k, b := range inv.bound {
		c.bonds[atomKey{place: k.place, ip: k.ip, mac: k.mac}] = b.during
		c.proven[address{k.place, k.ip}] = true
	}
	c.hardware()
	c.addresses()
	c.facets()
	c.base = make([]uint32, len(c.parent))
	for i := range c.base {
		c.base[i] = c.root(uint32(i))
	}
	for _, l := range inv.links {
		x, y := c.find(l.ends[0]), c.find(l.ends[1])
		c.talk[x] = append(c.talk[x], y)
		c.talk[y] = append(c.talk[y], x)
	}
	c.identities()
	c.hl7 = map[uint32][]*link{}
	for _, l := range inv.links {
		if l.protocol == "hl7" {
			c.hl7[c.find(l.ends[0])] = append(c.hl7[c.find(l.ends[0])], l)
			c.hl7[c.find(l.ends[1])] = append(c.hl7[c.find(l.ends[1])], l)
		}
	}
	c.members = map[uint32][]*atom{}
	for _, a := range c.atoms {
		c.members[c.find(a)] = append(c.members[c.find(a)], a)
	}
	return c
}

func (c *clusters) find(a *atom) uint32 { return c.root(a.index) }

func (c *clusters) root(i uint32) uint32 {
	for c.parent[i] != i {
		c.parent[i] = c.parent[c.parent[i]]
		i = c.parent[i]
	}
	return i
}

// union keeps the lower index as root, which keeps the result independent of order.
func (c *clusters) union(a, b *atom) {
	x, y := c.find(a), c.find(b)
	if x > y {
		x, y = y, x
	}
	c.parent[y] = x
}

// address is an IP address in a zone.
type address struct {
	place uint16
	ip    netip.Addr
}

// addresses joins what was seen of one IP address without its own hardware
// address (behind a router, or spoken of) to whoever holds it.
func (c *clusters) addresses() {
	holders := map[address][]*atom{}
	var order []address
	var rest []*atom
	for _, a := range c.inv.atoms {
		if !a.key.ip.IsValid() {
			continue
		}
		if !c.owned[a.index] {
			rest = append(rest, a)
			continue
		}
		k := address{a.key.place, a.key.ip}
		if holders[k] == nil {
			order = append(order, k)
		}
		holders[k] = append(holders[k], a)
	}
	for _, k := range order {
		c.onlyProven(holders, k)
		for _, a := range holders[k] {
			if c.sure[a.index] {
				r := binding{place: k.place, ip: k.ip}
				c.rivals[r] = append(c.rivals[r], a)
			}
		}
	}
	first := map[address]*atom{}
	for _, a := range rest {
		k := address{a.key.place, a.key.ip}
		if h := holder(holders[k], a.seen); h != nil {
			c.union(h, a)
		} else if f := first[k]; f != nil {
			c.union(f, a)
		} else {
			first[k] = a
		}
	}
}

// onlyProven drops guessed holders of an address where another is proven: what
// was guessed then stood behind a router.
func (c *clusters) onlyProven(holders map[address][]*atom, k address) {
	list := holders[k]
	if len(list) < 2 || !slices.ContainsFunc(list, func(a *atom) bool { return c.sure[a.index] }) {
		return
	}
	holders[k] = slices.DeleteFunc(slices.Clone(list), func(a *atom) bool { return !c.sure[a.index] })
}

// holder returns who held an address at a time: the last that took it before, or
// the first of all.
func holder(list []*atom, during span) *atom {
	if len(list) == 0 {
		return nil
	}
	best := list[0]
	for _, a := range list[1:] {
		if a.seen.first <= during.first && (best.seen.first > during.first || a.seen.first > best.seen.first) {
			best = a
		}
	}
	return best
}
