package device

import (
	"net/netip"
	"strconv"
	"strings"

	"wardkeeper/ward"
)

// place is a site's zone.
type place struct{ site, zone string }

// atomKey names an atom: an address as seen (ip with the hardware address of its
// frames, or either), or a device that is only spoken of (sub).
type atomKey struct {
	place  uint16
	ip     netip.Addr
	mac    ward.MAC
	sub    string // "serial 1234", "eui64 …"
	parent uint32 // 1 + index of the atom that speaks for it, where the name needs that
}

// span is a stretch of time; zero is none.
type span struct{ first, last ward.Time }

func (s *span) add(t ward.Time) {
	if t == 0 {
		return
	}
	if s.first == 0 || t < s.first {
		s.first = t
	}
	if t > s.last {
		s.last = t
	}
}

func (s *span) join(t span) {
	s.add(t.first)
	s.add(t.last)
}

func (s span) overlaps(t span) bool { return s.first <= t.last && t.first <= s.last }

// evidence is one fact as it was seen first.
type evidence struct {
	field      ward.Field
	value      string
	from       string
	capture    string
	facet      string // the serial number that the same sighting stated
	packet     uint64
	time       ward.Time
	confidence uint8
}

// port is a known port that was used.
type port struct {
	portKey
	packet  uint64
	capture string
	time    ward.Time
}

type portKey struct {
	number uint16
	udp    bool
}

// parsePort reads "tcp/104".
func parsePort(s string) (portKey, bool) {
	transport, number, _ := strings.Cut(s, "/")
	n, err := strconv.ParseUint(number, 10, 16)
	return portKey{uint16(n), transport == "udp"}, err == nil
}

func (p portKey) name() string {
	if p.udp {
		return "udp/" + strconv.Itoa(int(p.number))
	}
	return "tcp/" + strconv.Itoa(int(p.number))
}

// atom is the smallest thing that evidence is about.
type atom struct {
	key       atomKey
	index     uint32
	seen      span
	spoke     bool // sent something, so it exists
	external  bool
	evidence  []evidence
	ports     []port // offered
	talks     []port // connected to
	protocols []string
	parents   []*atom // who spoke for it
	stated    stated  // the last serial number that it stated of its equipment
}

// stated lets what follows in the same packet be filed under the same serial number.
type stated struct {
	facet   string
	capture string
	packet  uint64
}

// binding is the statement that a hardware address holds an IP address.
type binding struct {
	place uint16
	ip    netip.Addr
	mac   ward.MAC
}

type bond struct{ during span }

func (inv *Inventory) place(site, zone string) uint16 {
	for i := range inv.places {
		if inv.places[i].zone == zone && inv.places[i].site == site {
			return uint16(i)
		}
	}
	if len(inv.places) >= maxZones {
		inv.limit("device.zones")
		return 0
	}
	inv.places = append(inv.places, place{site, zone})
	return uint16(len(inv.places) - 1)
}

// at returns the atom of an endpoint, or nil for groups and where a cap is hit. A
// group hardware address is a broadcast, whatever the IP address.
// weak says that it was only spoken to.
func (inv *Inventory) at(p uint16, e ward.Endpoint, weak bool) *atom {
	ip := e.IP
	if ip.Is4In6() || ip.Zone() != "" {
		ip = ip.Unmap().WithZone("")
	}
	mac := e.MAC
	if group(ip) || mac.Multicast() {
		return nil
	}
	if !ip.IsValid() && (mac.Zero() || virtual(mac)) {
		return nil
	}
	return inv.atom(atomKey{place: p, ip: ip, mac: mac}, weak)
}

// atom finds or makes an atom.
func (inv *Inventory) atom(k atomKey, weak bool) *atom {
	if a := inv.byKey[k]; a != nil {
		return a
	}
	external := k.ip.IsValid() && inv.public(k.ip)
	switch {
	case len(inv.atoms) >= inv.o.MaxAtoms:
		inv.limit("device.atoms")
		return nil
	case external && inv.outside >= maxExternal:
		inv.limit("device.external")
		return nil
	case weak && !external && inv.weak >= inv.o.MaxAtoms/4: // scans and floods must not crowd out devices
		inv.limit("device.silent")
		return nil
	}
	a := &atom{key: k, index: uint32(len(inv.atoms)), external: external}
	inv.atoms = append(inv.atoms, a)
	inv.byKey[k] = a
	if external {
		inv.outside++
	}
	if weak && !external {
		inv.weak++
	}
	inv.version++
	return a
}

func (inv *Inventory) public(ip netip.Addr) bool {
	if ip.IsPrivate() || ip.IsLoopback() || ip.IsLinkLocalUnicast() || ip.IsUnspecified() || shared.Contains(ip) {
		return false
	}
	for _, p := range inv.o.Internal {
		if p.Contains(ip) {
			return false
		}
	}
	return true
}

// shared is the space of carriers' translators (RFC 6598), which sites use, too.
var shared = netip.MustParsePrefix("100.64.0.0/10")

// group reports addresses that are nobody's: groups, broadcast, unspecified.
func group(ip netip.Addr) bool {
	return ip.IsValid() && (ip.IsMulticast() || ip.IsUnspecified() || ip == broadcast)
}

var broadcast = netip.AddrFrom4([4]byte{255, 255, 255, 255})

// virtual reports hardware addresses that routers and clusters share: VRRP and
// CARP (RFC 9568), HSRP, GLBP, Microsoft network load balancing.
func virtual(m ward.MAC) bool {
	switch {
	case m[0] == 0 && m[1] == 0 && m[2] == 0x5e && m[3] == 0 && (m[4] == 1 || m[4] == 2):
		return true
	case m[0] == 0 && m[1] == 0 && m[2] == 0x0c && m[3] == 7 && m[4] == 0xac:
		return true
	case m[0] == 0 && m[1] == 0 && m[2] == 0x0c && m[3] == 0x9f && m[4]&0xf0 == 0xf0:
		return true
	case m[0] == 0 && m[1] == 7 && m[2] == 0xb4 && m[3] == 0:
		return true
	}
	return m[0] == 2 && m[1] == 0xbf
}

func (a *atom) protocol(inv *Inventory, name string) {
	if name == "" {
		return
	}
	for _, p := range a.protocols {
		if p == name {
			return
		}
	}
	if len(a.protocols) >= maxProtocolsAtom {
		inv.limit("device.protocols")
		return
	}
	a.protocols = append(a.protocols, name)
	inv.version++
}

// sighting files evidence under whom it is about.
func (inv *Inventory) sighting(o *ward.Observation) {
	s := o.Sighting
	p := inv.place(o.Site, o.Zone)
	src := inv.at(p, o.Src, false)
	if src != nil {
		src.spoke = true
		src.seen.add(o.Time)
		src.protocol(inv, o.Protocol)
	}
	a := inv.subject(p, src, o)
	if a == nil {
		return
	}
	a.seen.add(o.Time)
	a.protocol(inv, o.Protocol)
	if s.Subject.Key == "" {
		a.spoke = true
	}
	facet := ""
	if s.Subject.Key == "" {
		for i := range s.Facts {
			if s.Facts[i].Field == ward.FieldSerial && usableSerial(s.Facts[i].Value) {
				facet = s.Facts[i].Value
			}
		}
		if facet != "" {
			a.stated = stated{facet, o.Capture, o.Packet}
		} else if aboutContent(s.From) && a.stated.packet == o.Packet && a.stated.capture == o.Capture {
			facet = a.stated.facet
		}
	}
	inv.bind(p, a, o)
	for i := range s.Facts {
		inv.keep(a, o, &s.Facts[i], facet)
	}
}

// subject returns the atom that a sighting is about.
func (inv *Inventory) subject(p uint16, src *atom, o *ward.Observation) *atom {
	sub := o.Sighting.Subject
	switch sub.Key {
	case "":
		return src
	case "ip":
		ip := inv.ip(sub.Value)
		if !ip.IsValid() {
			return nil
		}
		if ip == o.Src.IP && src != nil {
			return src
		}
		return inv.at(p, ward.Endpoint{IP: ip}, true)
	case "mac":
		m := inv.mac(sub.Value)
		if m.Zero() || m.Multicast() {
			return nil
		}
		a := inv.at(p, ward.Endpoint{MAC: m}, false)
		if a != nil {
			a.spoke = true
		}
		return a
	}
	if sub.Value == "" {
		return src
	}
	k := atomKey{place: p, sub: sub.Key + " " + sub.Value}
	if src != nil && (sub.Key == "serial" || !sub.Behind) {
		k.parent = src.index + 1
	}
	a := inv.atom(k, false)
	if a == nil {
		return nil
	}
	a.spoke = true
	if src != nil && !contains(a.parents, src) && len(a.parents) < maxParents {
		a.parents = append(a.parents, src)
		inv.version++
	}
	return a
}

// maxParents bounds by how many others a hidden device is spoken for.
const maxParents = 8

func contains(list []*atom, a *atom) bool {
	for _, b := range list {
		if a == b {
			return true
		}
	}
	return false
}

// bind notes that a hardware address holds an IP address, where ARP, NDP or DHCP
// says so.
func (inv *Inventory) bind(p uint16, a *atom, o *ward.Observation) {
	if !bindsAddresses(o.Sighting.From) {
		return
	}
	mac, ip := a.key.mac, a.key.ip
	for i := range o.Sighting.Facts {
		switch f := &o.Sighting.Facts[i]; f.Field {
		case ward.FieldMAC:
			mac = inv.mac(f.Value)
		case ward.FieldIP:
			ip = inv.ip(f.Value)
		}
	}
	if mac.Zero() || !ip.IsValid() || group(ip) || virtual(mac) {
		return
	}
	k := binding{p, ip, mac}
	b := inv.bound[k]
	if b == nil {
		if len(inv.bound) >= inv.o.MaxAtoms {
			inv.limit("device.bindings")
			return
		}
		b = &bond{}
		inv.bound[k] = b
		inv.version++
		inv.at(p, ward.Endpoint{IP: ip, MAC: mac}, true)
	}
	b.during.add(o.Time)
}

func bindsAddresses(from string) bool {
	return strings.HasPrefix(from, "arp") || strings.HasPrefix(from, "ndp") || strings.HasPrefix(from, "dhcp")
}

// keep adds one fact to an atom, within its limits.
func (inv *Inventory) keep(a *atom, o *ward.Observation, f *ward.Fact, facet string) {
	if f.Value == "" {
		return
	}
	from := o.Sighting.From
	same := 0
	for i := range a.evidence {
		e := &a.evidence[i]
		if e.field != f.Field {
			continue
		}
		if e.value == f.Value && e.from == from && e.facet == facet {
			if f.Confidence > e.confidence {
				e.confidence = f.Confidence
				inv.version++
			}
			return
		}
		same++
	}
	if same >= maxEvidenceField || len(a.evidence) >= maxEvidenceAtom || inv.kept >= inv.o.MaxEvidence {
		inv.limit("device.evidence")
		return
	}
	inv.kept++
	inv.version++
	a.evidence = append(a.evidence, evidence{field: f.Field, value: f.Value, from: from, capture: o.Capture, facet: facet,
		packet: o.Packet, time: o.Time, confidence: min(f.Confidence, 99)})
}

// usableSerial reports whether a serial number can tell devices apart.
func usableSerial(s string) bool {
	s = strings.TrimSpace(s)
	if len(s) < 3 {
		return false
	}
	switch strings.ToLower(s) {
	case "none", "unknown", "n/a", "na", "null", "serial", "default", "not available", "to be filled by o.e.m.", "system serial number", "default string", "0123456789", "123456789", "12345", "123456", "test":
		return false
	}
	return strings.Trim(s, "0-. xX") != ""
}
