package device

import (
	"cmp"
	"net/netip"
	"slices"
	"strings"

	"wardkeeper/know/device/fingerprint"
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

// identity is a name under which a device is known on several addresses.
type identity struct {
	atom  *atom
	maker string
}

// identities joins atoms that bear the same lasting name.
func (c *clusters) identities() {
	names := map[string][]identity{}
	var order []string
	add := func(name string, a *atom, maker string) {
		if names[name] == nil {
			order = append(order, name)
		}
		names[name] = append(names[name], identity{a, maker})
	}
	for _, a := range c.atoms {
		site := c.inv.places[a.key.place].site
		for _, s := range c.serialsOf(a) {
			add("serial "+site+" "+strings.ToLower(s), a, c.maker(a, s))
		}
		for _, id := range uniqueIDs(a) {
			add(site+" "+id, a, "")
		}
		if host, model := c.hostModel(a); host != "" && model != "" {
			add("host "+site+" "+host+" "+model, a, "")
		}
	}
	for _, name := range order {
		c.merge(name, names[name])
	}
}

// serialsOf returns the serial numbers that an atom goes by.
func (c *clusters) serialsOf(a *atom) []string {
	if s, ok := strings.CutPrefix(a.key.sub, "serial "); ok && usableSerial(s) {
		return []string{s}
	}
	if a.key.sub != "" {
		for i := range a.evidence {
			if e := &a.evidence[i]; e.field == ward.FieldSerial && usableSerial(e.value) {
				return []string{e.value}
			}
		}
	}
	if c.split[a] {
		if c.keep[a] != "" {
			return []string{c.keep[a]}
		}
		return nil
	}
	return c.serials[a]
}

// maker returns the normalised maker that was stated with a serial number.
func (c *clusters) maker(a *atom, facet string) string {
	best, sure := "", uint8(0)
	for i := range a.evidence {
		e := &a.evidence[i]
		if e.field != ward.FieldMaker || e.confidence <= sure || a.key.sub == "" && facet != "" && e.facet != "" && e.facet != facet {
			continue
		}
		best, sure = c.normal(e.value, e.from), e.confidence
	}
	return best
}

// normal is the one name of a maker, "" for what is no name.
func (c *clusters) normal(maker, from string) string {
	if m, ok := c.makerOf(maker, from); ok {
		return m.Name
	}
	if n := fingerprint.Trim(maker); !strings.Contains(n, "~") {
		return n
	}
	return ""
}

// makerOf finds a maker by a name as the protocol field spells it.
func (c *clusters) makerOf(name, from string) (fingerprint.Maker, bool) {
	if clinical(from) {
		return c.inv.prints.ClinicalMaker(name)
	}
	return c.inv.prints.Maker(name)
}

// clinical reports whether a field is of a medical protocol.
func clinical(from string) bool {
	switch source(from) {
	case "dicom", "dicomweb", "hl7", "fhir", "astm", "poct1-a", "ws-discovery", "dpws", "sdc", "intellivue", "unity", "ble":
		return true
	}
	return false
}

// uniqueIDs returns identifiers that are made to be unique in the world.
func uniqueIDs(a *atom) []string {
	var out []string
	if strings.HasPrefix(a.key.sub, "eui64 ") || strings.HasPrefix(a.key.sub, "ble ") {
		out = append(out, strings.ToLower(a.key.sub))
	}
	for i := range a.evidence {
		e := &a.evidence[i]
		if e.field != ward.FieldFingerprint {
			continue
		}
		for _, kind := range [...]string{"eui64 ", "wsd-epr ", "upnp-udn "} {
			if id, ok := strings.CutPrefix(e.value, kind); ok && len(id) >= 8 {
				out = append(out, strings.ToLower(e.value))
			}
		}
	}
	return out
}

// hostModel returns the surest host name and model, folded, of an atom.
func (c *clusters) hostModel(a *atom) (host, model string) {
	if c.split[a] {
		return "", ""
	}
	var h, m uint8
	for i := range a.evidence {
		e := &a.evidence[i]
		switch {
		case e.field == ward.FieldHostname && e.confidence > max(h, 59) && usableHost(e.value):
			host, h = strings.ToLower(e.value), e.confidence
		case e.field == ward.FieldModel && e.confidence > max(m, 59) && !strings.HasPrefix(e.value, "~"):
			model, m = strings.ToLower(e.value), e.confidence
		}
	}
	return host, model
}

func usableHost(s string) bool {
	switch strings.ToLower(s) {
	case "localhost", "unknown", "none", "default", "workgroup", "raspberrypi", "android", "iphone", "ipad":
		return false
	}
	return len(s) >= 3
}

// maxSame is how many clusters may bear one name before it is taken for a default.
// maxBearers bounds the work for one serial number.
const (
	maxSame    = 4
	maxBearers = 64
)

// merge joins the bearers of one name, unless that would be wrong.
func (c *clusters) merge(name string, bearers []identity) {
	serial := strings.HasPrefix(name, "serial ")
	host := strings.HasPrefix(name, "host ")
	var kept []identity
	for _, b := range bearers {
		if !slices.ContainsFunc(kept, func(k identity) bool { return c.find(k.atom) == c.find(b.atom) && k.maker == b.maker }) {
			kept = append(kept, b)
		}
	}
	if len(kept) < 2 || host && len(kept) > maxSame || len(kept) > maxBearers {
		return
	}
	slices.SortStableFunc(kept, func(a, b identity) int { return cmp.Compare(a.atom.index, b.atom.index) })
	for i, a := range kept {
		for _, b := range kept[i+1:] {
			switch {
			case serial && !sameMaker(a.maker, b.maker, name):
			case c.conversing(a.atom, b.atom):
				if serial { // one of the two passes on what the other made
					c.split[c.relay(a.atom, b.atom)] = true // its copy of the evidence is left out
				}
			case host && c.conflicting(a.atom, b.atom):
			default:
				c.union(a.atom, b.atom)
			}
		}
	}
}

// sameMaker reports whether two bearers of one serial number can be the same
// device. A long number alone is enough where a maker is not known.
func sameMaker(a, b, name string) bool {
	if a != "" && b != "" {
		return a == b
	}
	return len(name)-strings.LastIndexByte(name, ' ') > 6
}

// conversing reports whether two atoms' devices talk to each other.
func (c *clusters) conversing(a, b *atom) bool {
	if a.key.sub != "" || b.key.sub != "" {
		return false
	}
	to := c.find(b)
	for _, n := range c.talk[c.base[a.index]] {
		if c.root(n) == to {
			return true
		}
	}
	return false
}

// relay returns which of two atoms passes on what the other made: the one that
// takes images in, else the later.
func (c *clusters) relay(a, b *atom) *atom {
	receives := func(x *atom) bool { return says(x, ward.FieldRole, "dicom storage scp") || archive(x) }
	if receives(a) && !receives(b) {
		return a
	}
	return b
}

// conflicting reports whether two atoms state different serial numbers.
func (c *clusters) conflicting(a, b *atom) bool {
	s, t := c.serials[a], c.serials[b]
	return len(s) > 0 && len(t) > 0 && !slices.ContainsFunc(s, func(x string) bool { return slices.Contains(t, x) })
}

// hl7Peers counts the devices that send HL7 to a cluster, and to which it sends.
func (c *clusters) hl7Peers(atoms []*atom) (in, out int) {
	if len(atoms) == 0 || atoms[0].index >= uint32(len(c.parent)) {
		return 0, 0
	}
	me := c.find(atoms[0])
	from, to := map[uint32]bool{}, map[uint32]bool{}
	for _, l := range c.hl7[me] {
		for i, e := range l.ends {
			if c.find(e) != me || c.find(l.ends[1-i]) == me {
				continue
			}
			if l.opened[1-i] > 0 {
				from[c.find(l.ends[1-i])] = true
			}
			if l.opened[i] > 0 {
				to[c.find(l.ends[1-i])] = true
			}
		}
	}
	return len(from), len(to)
}
