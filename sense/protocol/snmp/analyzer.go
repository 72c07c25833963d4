// Package snmp reads the simple network management protocol: versions 1 (RFC 1157
// section 4), 2c (RFC 1901, RFC 3416 section 3) and 3 (RFC 3412 section 6, RFC
// 3414 section 2.4).
//
// Communities are credentials: "public" and "private" are told by comparing, any
// other leaves as a secret's token. Of what agents answer, only objects that name
// equipment are looked at; sysContact is a person and is not.
package snmp

import (
	"wardkeeper/format/ber"
	"wardkeeper/sense"
)

const (
	portAgent = 161
	portTrap  = 162
)

// Analyzer returns the analyzer.
func Analyzer() sense.Analyzer {
	return sense.Analyzer{
		Name: "snmp", Doc: "RFC 1157 section 4, RFC 3416 section 3, RFC 3412 section 6, RFC 3414 section 2.4", Transports: sense.UDP,
		Ports:        []uint16{portAgent, portTrap},
		Probe:        probe,
		NewDatagrams: func(*sense.Context) sense.Datagrams { return agent{} },
	}
}

// probe wants a sequence that fills the datagram, a known version and what must
// follow it.
func probe(_ sense.Dir, b []byte, port uint16) sense.Verdict {
	m, ok := open(b)
	if !ok || len(m.rest.B) == 0 {
		return sense.No
	}
	next := m.rest.B[0]
	if m.version == version3 && next == ber.Sequence || m.version != version3 && next == ber.OctetString {
		return sense.Yes
	}
	return sense.No
}

// Versions as the message states them.
const (
	version1  = 0
	version2c = 1
	version3  = 3
)

var versionNames = [...]string{version1: "v1", version2c: "v2c", version3: "v3"}

// message is an opened message.
type message struct {
	version int
	rest    ber.Reader
}

func open(b []byte) (m message, ok bool) {
	tag, header, total := ber.Header(b)
	if tag != ber.Sequence || total <= 0 || total > len(b) {
		return m, false
	}
	m.rest.B = b[header:total]
	v, ok := m.rest.Take(ber.Integer)
	n, fits := ber.Int(v)
	if !ok || !fits || n != version1 && n != version2c && n != version3 {
		return m, false
	}
	m.version = int(n)
	return m, true
}
