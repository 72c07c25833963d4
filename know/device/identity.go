package device

import (
	"cmp"
	"slices"
	"strings"

	"wardkeeper/know/device/fingerprint"
	"wardkeeper/ward"
)

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
