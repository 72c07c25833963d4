package dhcp

import (
	"encoding/binary"
	"net/netip"
	"strconv"

	"wardkeeper/format/pen"
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// maxRelays is how deep relays may nest, HOP_COUNT_LIMIT of RFC 8415 section 7.6.
const maxRelays = 8

var messageNames6 = [...]string{1: "SOLICIT", 2: "ADVERTISE", 3: "REQUEST", 4: "CONFIRM", 5: "RENEW", 6: "REBIND", 7: "REPLY", 8: "RELEASE", 9: "DECLINE",
	10: "RECONFIGURE", 11: "INFORMATION-REQUEST", 12: "RELAY-FORW", 13: "RELAY-REPL", 14: "LEASEQUERY", 15: "LEASEQUERY-REPLY", 16: ""}

const (
	relayForward = 12
	relayReply   = 13
)

// options6 holds the options that are looked at.
type options6 struct {
	client, server, request, vendorClass, fqdn []byte
	interfaceID, remoteID, linkAddress, inner  []byte
	address, dns                               netip.Addr
	status                                     int
	mud                                        []byte
}

func (o *options6) read(b []byte, depth int) bool {
	for len(b) > 0 {
		if len(b) < 4 {
			return false
		}
		code, n := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		if 4+n > len(b) {
			return false
		}
		v := b[4 : 4+n]
		b = b[4+n:]
		switch code {
		case 1:
			o.client = v
		case 2:
			o.server = v
		case 3: // IA_NA: IAID, T1, T2, options
			if len(v) > 12 && depth == 0 && !o.read(v[12:], depth+1) {
				return false
			}
		case 5: // IAADDR
			if len(v) >= 16 {
				o.address = netip.AddrFrom16([16]byte(v[:16]))
			}
		case 6:
			o.request = v
		case 9:
			o.inner = v
		case 13:
			if len(v) >= 2 && o.status == 0 {
				o.status = int(binary.BigEndian.Uint16(v))
			}
		case 16:
			o.vendorClass = v
		case 18:
			o.interfaceID = v
		case 23:
			if len(v) >= 16 {
				o.dns = netip.AddrFrom16([16]byte(v[:16]))
			}
		case 37:
			o.remoteID = v
		case 39:
			o.fqdn = v
		case 79:
			o.linkAddress = v
		case 112:
			o.mud = v
		}
	}
	return true
}

// relay is what the outermost relay says of the client.
type relay struct {
	peer                netip.Addr
	mac                 ward.MAC
	interfaceID, remote []byte
	link                netip.Addr
	seen                bool
}

type v6 struct{}

func (v6) Close(*sense.Context) {}

func (v6) Datagram(c *sense.Context, dir sense.Dir, b []byte) {
	var r relay
	for range maxRelays {
		if len(b) < 4 || int(b[0]) >= len(messageNames6) || messageNames6[b[0]] == "" {
			c.Anomaly(dir, "dhcpv6.malformed", "no header")
			return
		}
		var o options6
		if b[0] != relayForward && b[0] != relayReply {
			if !o.read(b[4:], 0) {
				c.Anomaly(dir, "dhcpv6.malformed", "an option reaches past the end")
			}
			message6(c, dir, b[0], &o, &r)
			return
		}
		if len(b) < 34 || !o.read(b[34:], 0) || o.inner == nil {
			c.Anomaly(dir, "dhcpv6.malformed", "a relayed message does not fit")
			return
		}
		// The innermost relay is the one that saw the client.
		r.seen, r.link, r.peer = true, netip.AddrFrom16([16]byte(b[2:18])), netip.AddrFrom16([16]byte(b[18:34]))
		r.interfaceID, r.remote = o.interfaceID, o.remoteID
		if l := o.linkAddress; len(l) == 8 && binary.BigEndian.Uint16(l) == htypeEther {
			r.mac = ward.MAC(l[2:8])
		}
		b = o.inner
	}
	c.Limit("dhcpv6.relays")
}

func message6(c *sense.Context, dir sense.Dir, typ byte, o *options6, r *relay) {
	a := c.Act(dir, messageNames6[typ])
	c.Message()
	a.Reply = typ == 2 || typ == 7 || typ == 10 || typ == 15
	if a.Reply {
		a.Outcome = "ok"
		if o.status != 0 {
			a.Outcome = "status " + strconv.Itoa(o.status)
		}
	}
	mac := duidMAC(o.client)
	var at attrs
	at.add("mac", c.MACText(mac))
	at.add("ip", c.IPText(o.address))
	if a.Reply {
		at.add("server", c.Token(ward.TokenName, []byte("duid"), o.server).String())
		at.add("dns", c.IPText(o.dns))
	} else {
		at.add("client", c.Token(ward.TokenName, []byte("duid"), o.client).String())
	}
	if r.seen {
		at.add("relay", c.IPText(r.link))
	}
	a.Attrs = at.of(c)
	s := subject6(c, dir, a.Reply, mac, r)
	if a.Reply {
		server6(c, dir, typ, o, r, s)
	} else {
		client6(c, dir, o, r, s, mac)
	}
}

// subject6 says who the client is: by the hardware address that a relay saw, by
// the address that the message came from or goes to, or by that in its DUID.
func subject6(c *sense.Context, dir sense.Dir, reply bool, mac ward.MAC, r *relay) ward.Subject {
	switch {
	case !r.mac.Zero():
		return ward.Subject{Key: "mac", Value: c.MACText(r.mac), Behind: true}
	case r.seen && r.peer.IsValid() && !mac.Zero():
		return ward.Subject{Key: "mac", Value: c.MACText(mac), Behind: true}
	case r.seen:
		return ward.Subject{Key: "ip", Value: c.IPText(r.peer), Behind: true}
	case reply:
		return ward.Subject{Key: "ip", Value: c.IPText(c.Sender(dir.Other()).IP)}
	}
	return ward.Subject{}
}

func client6(c *sense.Context, dir sense.Dir, o *options6, r *relay, s ward.Subject, mac ward.MAC) {
	// A DUID keeps the address of the first network card, which may have gone.
	c.SightOf(dir, s, "dhcpv6 option 1", fact(ward.FieldMAC, c.MACText(mac), 50), fact(ward.FieldRole, "dhcp client", 60))
	if len(o.client) >= 6 && binary.BigEndian.Uint16(o.client) == 2 {
		c.SightOf(dir, s, "dhcpv6 option 1", fact(ward.FieldMaker, pen.Maker(binary.BigEndian.Uint32(o.client[2:])), 40))
	}
	if len(o.fqdn) > 1 {
		c.SightOf(dir, s, "dhcpv6 option 39", fact(ward.FieldHostname, c.Text(sense.ClassHost, labels(c.Scratch(), o.fqdn[1:])), 90))
	}
	if v := o.vendorClass; len(v) >= 4 {
		product := ""
		if len(v) > 6 && 6+int(binary.BigEndian.Uint16(v[4:])) <= len(v) {
			product = c.Text(sense.ClassSoftware, v[6:6+int(binary.BigEndian.Uint16(v[4:]))])
		}
		c.SightOf(dir, s, "dhcpv6 option 16", fact(ward.FieldProduct, product, 75), fact(ward.FieldMaker, pen.Maker(binary.BigEndian.Uint32(v)), 50))
	}
	if n := len(o.request); n >= 2 && n <= 2*maxParameters {
		dst := append(c.Scratch(), "dhcp6 "...)
		for i := 0; i+1 < n; i += 2 {
			if i > 0 {
				dst = append(dst, ',')
			}
			dst = strconv.AppendUint(dst, uint64(binary.BigEndian.Uint16(o.request[i:])), 10)
		}
		c.SightOf(dir, s, "dhcpv6 option 6", fact(ward.FieldFingerprint, string(dst), 60))
	}
	c.SightOf(dir, s, "dhcpv6 option 112", fact(ward.FieldProduct, c.Text(sense.ClassPath, o.mud), 60))
	location6(c, dir, s, r)
}

func location6(c *sense.Context, dir sense.Dir, s ward.Subject, r *relay) {
	if !r.seen {
		return
	}
	if !r.link.IsUnspecified() {
		c.SightOf(dir, s, "dhcpv6 link-address", fact(ward.FieldLocation, c.IPText(r.link), 80))
	}
	c.SightOf(dir, s, "dhcpv6 option 18", fact(ward.FieldLocation, c.Text(sense.ClassDepartment, r.interfaceID), 70))
	if len(r.remote) > 4 {
		c.SightOf(dir, s, "dhcpv6 option 37", fact(ward.FieldLocation, c.Text(sense.ClassDepartment, r.remote[4:]), 60))
	}
}

func server6(c *sense.Context, dir sense.Dir, typ byte, o *options6, r *relay, s ward.Subject) {
	if !r.seen {
		c.Sight(dir, "dhcpv6 message type", fact(ward.FieldRole, "dhcp server", 80))
	}
	if o.dns.IsValid() {
		c.SightOf(dir, ward.Subject{Key: "ip", Value: c.IPText(o.dns)}, "dhcpv6 option 23", fact(ward.FieldRole, "dns server", 60))
	}
	if typ == 7 && o.address.IsValid() {
		c.SightOf(dir, s, "dhcpv6 IA address", fact(ward.FieldIP, c.IPText(o.address), 95))
		location6(c, dir, s, r)
	}
}

// duidMAC returns the hardware address in a DUID of type LLT or LL, RFC 8415
// section 11.
func duidMAC(d []byte) ward.MAC {
	switch {
	case len(d) == 14 && binary.BigEndian.Uint32(d) == 1<<16|htypeEther:
		return ward.MAC(d[8:14])
	case len(d) == 10 && binary.BigEndian.Uint32(d) == 3<<16|htypeEther:
		return ward.MAC(d[4:10])
	}
	return ward.MAC{}
}
