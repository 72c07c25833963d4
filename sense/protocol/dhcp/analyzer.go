// Package dhcp reads the dynamic host configuration protocol for IPv4 (RFC 2131,
// options of RFC 2132, relay information of RFC 3046, names of RFC 4702) and for
// IPv6 (RFC 8415, relays with section 9, names of RFC 4704).
//
// What a client says of itself is sighted about its hardware address, since behind
// a relay the sender is the relay.
package dhcp

import (
	"encoding/binary"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Ports of both ends.
const (
	portServer4 = 67
	portClient4 = 68
	portClient6 = 546
	portServer6 = 547
)

// Analyzers returns the analyzers dhcp and dhcpv6.
func Analyzers() []sense.Analyzer {
	return []sense.Analyzer{
		{
			Name: "dhcp", Doc: "RFC 2131 section 2, RFC 2132, RFC 3046, RFC 4702", Transports: sense.UDP, Ports: []uint16{portServer4, portClient4},
			Probe:        probe4,
			NewDatagrams: func(*sense.Context) sense.Datagrams { return v4{} },
		},
		{
			Name: "dhcpv6", Doc: "RFC 8415 sections 8 and 9, RFC 4704", Transports: sense.UDP, Ports: []uint16{portServer6, portClient6},
			Probe:        probe6,
			NewDatagrams: func(*sense.Context) sense.Datagrams { return v6{} },
		},
	}
}

// probe4 knows the magic cookie; plain BOOTP needs its port too.
func probe4(_ sense.Dir, b []byte, port uint16) sense.Verdict {
	if len(b) < fixedSize || b[0] != bootRequest && b[0] != bootReply || b[2] > 16 {
		return sense.No
	}
	if len(b) >= fixedSize+4 && binary.BigEndian.Uint32(b[fixedSize:]) == magicCookie || port == portServer4 || port == portClient4 {
		return sense.Yes
	}
	return sense.No
}

func probe6(_ sense.Dir, b []byte, port uint16) sense.Verdict {
	if port != portServer6 && port != portClient6 || len(b) < 4 || messageNames6[min(int(b[0]), len(messageNames6)-1)] == "" {
		return sense.No
	}
	return sense.Yes
}

// attrs collects the attributes of an act that are not empty.
type attrs struct {
	a [8]ward.Attr
	n int
}

func (a *attrs) add(name, value string) {
	if value != "" && a.n < len(a.a) {
		a.a[a.n] = ward.Attr{Name: name, Value: value}
		a.n++
	}
}

func (a *attrs) of(c *sense.Context) []ward.Attr {
	if a.n == 0 {
		return nil
	}
	return c.Attrs(a.a[:a.n]...)
}

// fact is short for a sighted fact.
func fact(f ward.Field, value string, confidence uint8) ward.Fact {
	return ward.Fact{Field: f, Value: value, Confidence: confidence}
}
