package dhcp

import (
	"encoding/binary"
	"net/netip"
	"strconv"

	"wardkeeper/format/pen"
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// The fixed part, RFC 2131 section 2.
const (
	fixedSize   = 236
	bootRequest = 1
	bootReply   = 2
	magicCookie = 0x63825363
	htypeEther  = 1
)

// maxParameters is how long a parameter request list may be; the option's length
// octet bounds it as well.
const maxParameters = 255

var messageNames4 = [...]string{1: "DISCOVER", 2: "OFFER", 3: "REQUEST", 4: "DECLINE", 5: "ACK", 6: "NAK", 7: "RELEASE", 8: "INFORM",
	9: "FORCERENEW", 10: "LEASEQUERY", 11: "LEASEUNASSIGNED", 12: "LEASEUNKNOWN", 13: "LEASEACTIVE"}

// options4 holds the options that are looked at, as they stood in the message.
type options4 struct {
	typ                                          byte
	host, domain, params, vendor, client, fqdn   []byte
	relay, mud, vendorClass                      []byte
	server, router, dns, ntp, tftp, wins, wanted netip.Addr
}

// read walks the options of one field; overload is option 52's value. It reports
// whether they fit.
func (o *options4) read(b []byte) (overload byte, ok bool) {
	for len(b) > 0 {
		code := b[0]
		if code == 255 {
			return overload, true
		}
		if code == 0 {
			b = b[1:]
			continue
		}
		if len(b) < 2 || 2+int(b[1]) > len(b) {
			return overload, false
		}
		v := b[2 : 2+int(b[1])]
		b = b[2+len(v):]
		switch code {
		case 3:
			o.router = first4(v)
		case 6:
			o.dns = first4(v)
		case 12:
			o.host = v
		case 15:
			o.domain = v
		case 42:
			o.ntp = first4(v)
		case 44:
			o.wins = first4(v)
		case 50:
			o.wanted = first4(v)
		case 52:
			if len(v) == 1 {
				overload = v[0]
			}
		case 53:
			if len(v) == 1 {
				o.typ = v[0]
			}
		case 54:
			o.server = first4(v)
		case 55:
			o.params = v
		case 60:
			o.vendor = v
		case 61:
			o.client = v
		case 81:
			o.fqdn = v
		case 82:
			o.relay = v
		case 124:
			o.vendorClass = v
		case 150:
			o.tftp = first4(v)
		case 161:
			o.mud = v
		}
	}
	return overload, true
}

func first4(v []byte) netip.Addr {
	if len(v) < 4 {
		return netip.Addr{}
	}
	ip := netip.AddrFrom4([4]byte(v[:4]))
	if ip.IsUnspecified() {
		return netip.Addr{}
	}
	return ip
}

type v4 struct{}

func (v4) Close(*sense.Context) {}

func (v4) Datagram(c *sense.Context, dir sense.Dir, b []byte) {
	if len(b) < fixedSize || b[0] != bootRequest && b[0] != bootReply {
		c.Anomaly(dir, "dhcp.malformed", "no BOOTP header")
		return
	}
	var o options4
	ok := true
	if len(b) >= fixedSize+4 && binary.BigEndian.Uint32(b[fixedSize:]) == magicCookie {
		var overload byte
		overload, ok = o.read(b[fixedSize+4:])
		if overload&1 != 0 {
			_, fits := o.read(b[108:236]) // file
			ok = ok && fits
		}
		if overload&2 != 0 {
			_, fits := o.read(b[44:108]) // sname
			ok = ok && fits
		}
	}
	if !ok {
		c.Anomaly(dir, "dhcp.malformed", "an option reaches past the end")
	}
	m := message4{b: b, o: &o, giaddr: first4(b[24:28])}
	if b[1] == htypeEther && b[2] == 6 {
		m.mac = ward.MAC(b[28:34])
	}
	m.act(c, dir)
	if b[0] == bootRequest {
		m.client(c, dir)
	} else {
		m.server(c, dir)
	}
}

// message4 is a message with what was read of it.
type message4 struct {
	b      []byte
	o      *options4
	giaddr netip.Addr
	mac    ward.MAC
}

func (m *message4) act(c *sense.Context, dir sense.Dir) {
	verb := ""
	if int(m.o.typ) < len(messageNames4) {
		verb = messageNames4[m.o.typ]
	}
	if verb == "" {
		verb = "BOOTREQUEST"
		if m.b[0] == bootReply {
			verb = "BOOTREPLY"
		}
	}
	a := c.Act(dir, verb)
	c.Message()
	a.Reply = m.b[0] == bootReply
	switch verb {
	case "ACK":
		a.Outcome = "ok"
	case "NAK":
		a.Outcome = "refused"
	}
	var at attrs
	at.add("mac", c.MACText(m.mac))
	if a.Reply {
		at.add("ip", c.IPText(first4(m.b[16:20])))
		at.add("server", c.IPText(m.o.server))
		at.add("router", c.IPText(m.o.router))
		at.add("dns", c.IPText(m.o.dns))
	} else {
		at.add("ip", c.IPText(m.o.wanted))
		at.add("client", clientText(c, m.o.client, m.mac))
	}
	at.add("relay", c.IPText(m.giaddr))
	a.Attrs = at.of(c)
}

// clientText returns the pseudonym of a client identifier that is not simply the
// hardware address.
func clientText(c *sense.Context, id []byte, mac ward.MAC) string {
	if len(id) == 0 || len(id) == 7 && id[0] == htypeEther && ward.MAC(id[1:7]) == mac {
		return ""
	}
	return c.Token(ward.TokenName, []byte("dhcp client identifier"), id).String()
}

// client sights what a client says of itself.
func (m *message4) client(c *sense.Context, dir sense.Dir) {
	if m.mac.Zero() {
		return
	}
	o, s := m.o, ward.Subject{Key: "mac", Value: c.MACText(m.mac), Behind: m.giaddr.IsValid()}
	c.SightOf(dir, s, "dhcp chaddr", fact(ward.FieldMAC, s.Value, 90), fact(ward.FieldRole, "dhcp client", 60),
		fact(ward.FieldIP, c.IPText(first4(m.b[12:16])), 85))
	c.SightOf(dir, s, "dhcp option 12", fact(ward.FieldHostname, c.Text(sense.ClassHost, o.host), 90))
	c.SightOf(dir, s, "dhcp option 81", fact(ward.FieldHostname, fqdn4(c, o.fqdn), 90))
	if len(o.params) > 0 && len(o.params) <= maxParameters {
		c.SightOf(dir, s, "dhcp option 55", fact(ward.FieldFingerprint, parameters(c.Scratch(), o.params), 60))
	}
	c.SightOf(dir, s, "dhcp option 60", fact(ward.FieldProduct, c.Text(sense.ClassSoftware, o.vendor), 75))
	c.SightOf(dir, s, "dhcp option 161", fact(ward.FieldProduct, c.Text(sense.ClassPath, o.mud), 60))
	if len(o.vendorClass) >= 4 {
		c.SightOf(dir, s, "dhcp option 124", fact(ward.FieldMaker, pen.Maker(binary.BigEndian.Uint32(o.vendorClass)), 60))
	}
	if id := o.client; len(id) == 7 && id[0] == htypeEther && ward.MAC(id[1:7]) != m.mac {
		c.SightOf(dir, s, "dhcp option 61", fact(ward.FieldMAC, c.MACText(ward.MAC(id[1:7])), 50))
	}
	m.location(c, dir, s)
}

// location sights where the client sits as its relay says.
func (m *message4) location(c *sense.Context, dir sense.Dir, s ward.Subject) {
	if m.giaddr.IsValid() {
		c.SightOf(dir, s, "dhcp giaddr", fact(ward.FieldLocation, c.IPText(m.giaddr), 80))
		c.SightOf(dir, ward.Subject{Key: "ip", Value: c.IPText(m.giaddr)}, "dhcp giaddr", fact(ward.FieldRole, "dhcp relay", 70))
	}
	for r := m.o.relay; len(r) >= 2 && 2+int(r[1]) <= len(r); r = r[2+int(r[1]):] {
		v := r[2 : 2+int(r[1])]
		switch r[0] {
		case 1:
			c.SightOf(dir, s, "dhcp option 82 circuit", fact(ward.FieldLocation, c.Text(sense.ClassDepartment, v), 70))
		case 2:
			c.SightOf(dir, s, "dhcp option 82 remote", fact(ward.FieldLocation, c.Text(sense.ClassDepartment, v), 60))
		}
	}
}

// server sights the server and what it hands out.
func (m *message4) server(c *sense.Context, dir sense.Dir) {
	o, sender := m.o, c.Sender(dir)
	if o.server.IsValid() {
		c.SightOf(dir, ward.Subject{Key: "ip", Value: c.IPText(o.server), Behind: sender.IP != o.server}, "dhcp option 54", fact(ward.FieldRole, "dhcp server", 85))
	}
	named := func(ip netip.Addr, from, role string) {
		if ip.IsValid() {
			c.SightOf(dir, ward.Subject{Key: "ip", Value: c.IPText(ip)}, from, fact(ward.FieldRole, role, 60))
		}
	}
	named(o.router, "dhcp option 3", "router")
	named(o.dns, "dhcp option 6", "dns server")
	named(o.ntp, "dhcp option 42", "ntp server")
	named(o.wins, "dhcp option 44", "wins server")
	named(o.tftp, "dhcp option 150", "tftp server")
	yiaddr := first4(m.b[16:20])
	if m.mac.Zero() || o.typ != 5 && o.typ != 0 {
		return
	}
	s := ward.Subject{Key: "mac", Value: c.MACText(m.mac), Behind: m.giaddr.IsValid()}
	if yiaddr.IsValid() {
		c.SightOf(dir, s, "dhcp yiaddr", fact(ward.FieldIP, c.IPText(yiaddr), 95), fact(ward.FieldMAC, s.Value, 90))
	}
	if o.typ == 5 { // a server may assign the name
		c.SightOf(dir, s, "dhcp option 12 of the server", fact(ward.FieldHostname, c.Text(sense.ClassHost, o.host), 80))
	}
	if yiaddr.IsValid() && m.giaddr.IsValid() {
		m.location(c, dir, s)
	}
}

// fqdn4 returns what may be kept of option 81's name, RFC 4702 section 2: bit E
// says that it is in the form of DNS messages.
func fqdn4(c *sense.Context, v []byte) string {
	if len(v) <= 3 {
		return ""
	}
	if v[0]&4 == 0 {
		return c.Text(sense.ClassHost, v[3:])
	}
	return c.Text(sense.ClassHost, labels(c.Scratch(), v[3:]))
}

// labels appends an uncompressed DNS name, as far as it is sound.
func labels(dst, v []byte) []byte {
	for len(v) > 0 && v[0] != 0 && v[0] < 64 && 1+int(v[0]) <= len(v) {
		if len(dst) > 0 {
			dst = append(dst, '.')
		}
		dst = append(dst, v[1:1+int(v[0])]...)
		v = v[1+int(v[0]):]
	}
	return dst
}

// parameters returns the fingerprint of a parameter request list.
func parameters(dst, v []byte) string {
	dst = append(dst, "dhcp "...)
	for i, p := range v {
		if i > 0 {
			dst = append(dst, ',')
		}
		dst = strconv.AppendUint(dst, uint64(p), 10)
	}
	return string(dst)
}
