package dns

import (
	"bytes"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// message says what a DNS message does and which names it gives to local addresses.
func message(c *sense.Context, protocol string, dir sense.Dir, b []byte) {
	h, ok := readHeader(b)
	if !ok {
		c.Anomaly(dir, "dns.malformed", "shorter than a header")
		return
	}
	verb := opcodeNames[h.opcode()]
	if verb == "" {
		c.Anomaly(dir, "dns.malformed", "opcode not assigned")
		return
	}
	a := say(c, protocol, dir, verb, &h, len(b))
	if h.response() {
		a.Outcome = rcodeNames[h.rcode()]
	}
	r := newRecords(b, &h)
	shape, answer := shape{}, ""
	server := ""
	for {
		rec, section, ok := r.next()
		if !ok {
			break
		}
		switch {
		case section == 0 && a.Object == "":
			a.Object = typeName(rec.typ)
			if !shape.read(c, b, rec.name) {
				c.Anomaly(dir, "dns.malformed", "a name that does not end")
			}
		case section > 0 && rec.typ == typeOPT && h.response():
			extendedRcode(a, b, &rec)
		case section == 1 && h.response() || section == 2 && h.opcode() == 5:
			if ip, ok := rec.address(b); ok {
				if answer == "" {
					answer = c.IPText(ip)
				}
				named(c, dir, b, &rec)
			} else if rec.typ == typePTR {
				pointed(c, dir, b, &rec)
			} else if rec.typ == typeTXT && rec.class == classCH {
				server = text(c, sense.ClassSoftware, b, &rec)
			}
		}
	}
	if r.bad {
		c.Anomaly(dir, "dns.malformed", "a record reaches past the end")
	} else if r.seen >= maxRecords {
		c.Limit("dns.records")
	}
	a.Count = uint64(h.an)
	a.Attrs = shape.attrs(c, answer)
	if protocol == "dns" && h.response() && (h.flags&0x0080 != 0 || h.flags&0x0400 != 0) {
		c.Sight(dir, "dns flags", ward.Fact{Field: ward.FieldRole, Value: "dns server", Confidence: 60})
		c.Sight(dir, "dns version.bind", ward.Fact{Field: ward.FieldProduct, Value: server, Confidence: 75})
	}
}

// extendedRcode adds the upper bits that an OPT record has (RFC 6891 section 6.1.3).
func extendedRcode(a *ward.Act, b []byte, rec *record) {
	switch high := b[rec.data-6]; {
	case high == 1 && a.Outcome == "ok":
		a.Outcome = "BADVERS"
	case high != 0:
		a.Outcome = "extended rcode"
	}
}

// named sights the name that an address record gives to a local address.
func named(c *sense.Context, dir sense.Dir, b []byte, rec *record) {
	ip, _ := rec.address(b)
	if !local(ip) || rec.class&0x7fff != classIN {
		return
	}
	if name, ok := appendName(c.Scratch(), b, rec.name); ok {
		c.SightOf(dir, ward.Subject{Key: "ip", Value: c.IPText(ip)}, "dns A",
			ward.Fact{Field: ward.FieldHostname, Value: c.Text(sense.ClassHost, name), Confidence: 60})
	}
}

// pointed sights the name that a reverse record gives to a local address.
func pointed(c *sense.Context, dir sense.Dir, b []byte, rec *record) {
	owner, ok := appendName(c.Scratch(), b, rec.name)
	if !ok {
		return
	}
	ip, ok := reverse(owner)
	if !ok || !local(ip) {
		return
	}
	if name, ok := appendName(c.Scratch(), b, rec.data); ok {
		c.SightOf(dir, ward.Subject{Key: "ip", Value: c.IPText(ip)}, "dns PTR",
			ward.Fact{Field: ward.FieldHostname, Value: c.Text(sense.ClassHost, name), Confidence: 60})
	}
}

// text returns what may be kept of a TXT record's first string.
func text(c *sense.Context, class sense.Class, b []byte, rec *record) string {
	if rec.length < 1 || 1+int(b[rec.data]) > rec.length {
		return ""
	}
	return c.Text(class, b[rec.data+1:rec.data+1+int(b[rec.data])])
}

// shape is what is said of a name instead of the name.
type shape struct {
	length, label        int
	entropy, domain, sub string
}

// read takes the shape of the name at off; false where it is malformed.
func (s *shape) read(c *sense.Context, b []byte, off int) bool {
	name, ok := appendName(c.Scratch(), b, off)
	if !ok {
		return false
	}
	s.length = len(name)
	for rest := name; len(rest) > 0; {
		var label []byte
		label, rest, _ = bytes.Cut(rest, []byte{'.'})
		s.label = max(s.label, len(label))
	}
	domain := name[domainStart(name):]
	sub := name[:max(0, len(name)-len(domain)-1)]
	s.entropy = entropy(sub)
	s.domain = c.Text(sense.ClassHost, domain)
	s.sub = c.Text(sense.ClassHost, sub)
	return true
}

// domainStart returns where the registered domain begins: the last two labels, or
// three below a country's short second level (co.uk, gv.at, com.au).
func domainStart(name []byte) int {
	top := bytes.LastIndexByte(name, '.')
	if top < 0 {
		return 0
	}
	second := bytes.LastIndexByte(name[:top], '.')
	if second < 0 {
		return 0
	}
	if len(name)-top-1 == 2 && top-second-1 <= 3 {
		second = bytes.LastIndexByte(name[:second], '.')
	}
	return second + 1
}

func (s *shape) attrs(c *sense.Context, answer string) []ward.Attr {
	if s.length == 0 {
		return nil
	}
	var kept [6]ward.Attr
	n := 0
	for _, a := range [...]ward.Attr{{Name: "length", Value: number(s.length)}, {Name: "label", Value: number(s.label)},
		{Name: "entropy", Value: s.entropy}, {Name: "domain", Value: s.domain}, {Name: "sub", Value: s.sub}, {Name: "answer", Value: answer}} {
		if a.Value != "" {
			kept[n] = a
			n++
		}
	}
	return c.Attrs(kept[:n]...)
}
