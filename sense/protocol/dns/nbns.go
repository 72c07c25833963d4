package dns

import (
	"bytes"
	"encoding/binary"
	"net/netip"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// netbiosName is the length of a NetBIOS name with its suffix, RFC 1001 section 14.1.
const netbiosName = 16

// isNetBIOS reports whether the name at off begins with an encoded NetBIOS name.
func isNetBIOS(b []byte, off int) bool {
	_, ok := decodeNetBIOS(b, off)
	return ok
}

// decodeNetBIOS reads the first label at off: two letters A to P for each octet.
// A name may be given by a pointer to the question's.
func decodeNetBIOS(b []byte, off int) (name [netbiosName]byte, ok bool) {
	if off+1 < len(b) && b[off] >= 0xc0 {
		off = int(b[off]&0x3f)<<8 | int(b[off+1])
	}
	if off+1+2*netbiosName > len(b) || b[off] != 2*netbiosName {
		return name, false
	}
	for i := range name {
		hi, lo := b[off+1+2*i]-'A', b[off+2+2*i]-'A'
		if hi > 15 || lo > 15 {
			return name, false
		}
		name[i] = hi<<4 | lo
	}
	return name, true
}

// suffix says what a NetBIOS name's last octet stands for.
type suffix struct {
	name string // as the act's object
	role string // of who owns a name with it
	host bool   // the name is a host's
}

// suffixOf knows the suffixes that Microsoft assigned. 03 may be a person's login.
func suffixOf(b byte, group bool) suffix {
	switch {
	case b == 0x00 && group:
		return suffix{name: "domain"}
	case b == 0x00:
		return suffix{name: "workstation", role: "workstation", host: true}
	case b == 0x01 && group:
		return suffix{name: "browser"}
	case b == 0x03:
		return suffix{name: "messenger"}
	case b == 0x06:
		return suffix{name: "remote access server", role: "remote access server", host: true}
	case b == 0x1b:
		return suffix{name: "domain master browser", role: "domain controller"}
	case b == 0x1c:
		return suffix{name: "domain controllers", role: "domain controller"}
	case b == 0x1d:
		return suffix{name: "master browser"}
	case b == 0x1e:
		return suffix{name: "browser elections"}
	case b == 0x20:
		return suffix{name: "file server", role: "file server", host: true}
	}
	return suffix{name: "other suffix"}
}

// nbns analyses the NetBIOS name service.
type nbns struct{}

func (nbns) Close(*sense.Context) {}

func (nbns) Datagram(c *sense.Context, dir sense.Dir, b []byte) {
	h, ok := readHeader(b)
	if !ok || netbiosOpcodes[h.opcode()] == "" {
		c.Anomaly(dir, "nbns.malformed", "no header")
		return
	}
	verb := netbiosOpcodes[h.opcode()]
	a := say(c, "nbns", dir, verb, &h, len(b))
	if h.response() {
		a.Outcome = netbiosRcodes[h.rcode()]
	}
	a.Count = uint64(h.an)
	claim := !h.response() && h.opcode() != 0 && h.opcode() != 6
	r := newRecords(b, &h)
	for first := true; ; first = false {
		rec, section, ok := r.next()
		if !ok {
			break
		}
		name, named := decodeNetBIOS(b, rec.name)
		group := section > 0 && rec.typ == typeNB && rec.length >= 6 && b[rec.data]&0x80 != 0
		s := suffixOf(name[netbiosName-1], group)
		if first && named {
			if a.Object = s.name; rec.typ == typeSRV {
				a.Object = "node status"
			}
			a.Attrs = c.Attrs(ward.Attr{Name: "name", Value: hostText(c, &name)}, ward.Attr{Name: "answer"})
		}
		switch {
		case section == 0 || !named:
		case rec.typ == typeSRV && h.response():
			nodeStatus(c, dir, b[rec.data:rec.data+rec.length])
		case rec.typ == typeNB && rec.length >= 6 && (claim || h.response() && h.opcode() == 0 && h.rcode() == 0):
			ip := netip.AddrFrom4([4]byte(b[rec.data+2 : rec.data+6]))
			a.Attrs[1].Value = c.IPText(ip)
			owns(c, dir, ip, &name, s, claim)
		}
	}
	if r.bad {
		c.Anomaly(dir, "nbns.malformed", "a record reaches past the end")
	}
	if n := len(a.Attrs); n == 2 && a.Attrs[1].Value == "" {
		a.Attrs = a.Attrs[:1]
	}
}

// hostText returns what may be kept of a NetBIOS name without suffix and padding.
func hostText(c *sense.Context, name *[netbiosName]byte) string {
	n := append(c.Scratch(), bytes.TrimRight(name[:netbiosName-1], " \x00")...)
	return c.Text(sense.ClassHost, n)
}

// owns sights who holds a name: the sender, where it claims it, or who an answer
// names.
func owns(c *sense.Context, dir sense.Dir, ip netip.Addr, name *[netbiosName]byte, s suffix, claim bool) {
	subject, confidence := ward.Subject{Key: "ip", Value: c.IPText(ip)}, uint8(75)
	if claim {
		subject, confidence = ward.Subject{}, 85
	} else if !local(ip) {
		return
	}
	host := ""
	if s.host {
		host = hostText(c, name)
	}
	c.SightOf(dir, subject, "nbns name", ward.Fact{Field: ward.FieldHostname, Value: host, Confidence: confidence},
		ward.Fact{Field: ward.FieldRole, Value: s.role, Confidence: 60})
}

// nodeStatus sights the sender's own name table, RFC 1002 section 4.2.18.
func nodeStatus(c *sense.Context, dir sense.Dir, data []byte) {
	const entry = netbiosName + 2
	if len(data) == 0 || 1+int(data[0])*entry > len(data) {
		return
	}
	n := int(data[0])
	for i := range n {
		e := data[1+i*entry:]
		flags := binary.BigEndian.Uint16(e[netbiosName:])
		name := [netbiosName]byte(e[:netbiosName])
		s := suffixOf(name[netbiosName-1], flags&0x8000 != 0)
		host := ""
		if s.host {
			host = hostText(c, &name)
		}
		c.Sight(dir, "nbns node status", ward.Fact{Field: ward.FieldHostname, Value: host, Confidence: 90},
			ward.Fact{Field: ward.FieldRole, Value: s.role, Confidence: 60})
	}
	if rest := data[1+n*entry:]; len(rest) >= 6 {
		c.Sight(dir, "nbns unit id", ward.Fact{Field: ward.FieldMAC, Value: c.MACText(ward.MAC(rest[:6])), Confidence: 85})
	}
}
