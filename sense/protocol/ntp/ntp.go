// Package ntp reads the network time protocol: versions 1 to 4 (RFC 5905 section
// 7.3), control messages of mode 6 (RFC 9327 section 2) and the private messages
// of mode 7, by which servers were made to flood others.
package ntp

import (
	"bytes"
	"encoding/binary"
	"net/netip"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

const (
	port        = 123
	timeSize    = 48 // modes 1 to 5
	controlSize = 12
	privateSize = 8
)

// Analyzer returns the analyzer.
func Analyzer() sense.Analyzer {
	return sense.Analyzer{
		Name: "ntp", Doc: "RFC 5905 section 7.3, RFC 9327 section 2", Transports: sense.UDP, Ports: []uint16{port},
		Probe:        probe,
		NewDatagrams: func(*sense.Context) sense.Datagrams { return ntp{} },
	}
}

// probe needs the port: the protocol has no mark of its own.
func probe(_ sense.Dir, b []byte, p uint16) sense.Verdict {
	if p == port && fits(b) {
		return sense.Yes
	}
	return sense.No
}

func fits(b []byte) bool {
	if len(b) < privateSize || version(b) < 1 || version(b) > 4 {
		return false
	}
	switch mode(b) {
	case 0: // reserved; version 1 has no modes
		return version(b) == 1 && len(b) >= timeSize
	case 6:
		return len(b) >= controlSize
	case 7:
		return true
	}
	return len(b) >= timeSize
}

func version(b []byte) byte { return b[0] >> 3 & 7 }
func mode(b []byte) byte    { return b[0] & 7 }

var (
	verbs    = [8]string{"client", "symmetric active", "symmetric passive", "client", "server", "broadcast", "control", "private"}
	versions = [...]string{"0", "1", "2", "3", "4"}
	strata   = [...]string{"0", "1", "2", "3", "4", "5", "6", "7", "8", "9", "10", "11", "12", "13", "14", "15", "16"}
	// opcodes of mode 6.
	opcodes = [...]string{1: "read status", 2: "read variables", 3: "write variables", 4: "read clock", 5: "write clock", 6: "set trap", 7: "asynchronous", 8: "configure", 9: "export", 10: "read mru", 11: "read ordlist", 12: "request nonce", 31: "unset trap"}
	// requests of mode 7 that were abused; others by no name.
	requests = map[byte]string{0: "peer list", 1: "peer list sum", 16: "restrict list", 20: "monitor list", 42: "monitor list"}
	// references are the identifiers of stratum 1 that RFC 5905 figure 12 assigns.
	references = map[string]string{"GOES": "GOES", "GPS\x00": "GPS", "GAL\x00": "GAL", "PPS\x00": "PPS", "IRIG": "IRIG", "WWVB": "WWVB", "DCF\x00": "DCF", "HBG\x00": "HBG", "MSF\x00": "MSF", "JJY\x00": "JJY", "LORC": "LORC", "TDF\x00": "TDF", "CHU\x00": "CHU", "WWV\x00": "WWV", "WWVH": "WWVH", "NIST": "NIST", "ACTS": "ACTS", "USNO": "USNO", "PTB\x00": "PTB", "LOCL": "LOCL", "GNSS": "GNSS", "PTP\x00": "PTP"}
	// kisses are those of RFC 5905 figure 13 that refuse service.
	kisses = map[string]string{"DENY": "DENY", "RSTR": "RSTR", "RATE": "RATE"}
)

type ntp struct{}

func (ntp) Close(*sense.Context) {}

// Datagram implements sense.Datagrams.
func (ntp) Datagram(c *sense.Context, dir sense.Dir, b []byte) {
	if !fits(b) {
		c.Anomaly(dir, "ntp.malformed", "does not fit its mode")
		return
	}
	m := mode(b)
	if m == 0 && dir == sense.ToClient {
		m = 4
	}
	a := c.Act(dir, verbs[m])
	c.Message()
	a.Bytes = uint64(len(b))
	switch m {
	case 6:
		control(c, dir, b, a)
	case 7:
		private(c, dir, b, a)
	default:
		clock(c, dir, m, b, a)
	}
}

// clock reads the message by which time is told.
func clock(c *sense.Context, dir sense.Dir, m byte, b []byte, a *ward.Act) {
	a.Reply = m == 2 || m == 4
	stratum := b[1]
	if m == 0 || m == 3 { // a client's stratum is not the clock's that it serves
		a.Attrs = c.Attrs(ward.Attr{Name: "version", Value: versions[version(b)]})
		c.Sight(dir, "ntp mode", ward.Fact{Field: ward.FieldRole, Value: "ntp client", Confidence: 60})
		return
	}
	if a.Reply {
		a.Outcome = "ok"
	}
	reference := ""
	switch {
	case stratum == 0:
		if kiss := kisses[string(b[12:16])]; kiss != "" {
			a.Outcome = kiss
		}
	case stratum == 1:
		reference = references[string(b[12:16])]
	case b[0]>>6 == 3:
		a.Outcome = "not synchronised"
	default:
		upstream(c, dir, b[12:16])
	}
	attrs := [3]ward.Attr{{Name: "version", Value: versions[version(b)]}}
	n := 1
	if int(stratum) < len(strata) {
		attrs[n] = ward.Attr{Name: "stratum", Value: strata[stratum]}
		n++
	}
	if reference != "" {
		attrs[n] = ward.Attr{Name: "reference", Value: reference}
		n++
	}
	a.Attrs = c.Attrs(attrs[:n]...)
	if m == 4 || m == 5 {
		c.Sight(dir, "ntp mode", ward.Fact{Field: ward.FieldRole, Value: "ntp server", Confidence: 80})
	}
}

// upstream sights the site's own server from which a server takes its time. For
// IPv6 the identifier is a digest, which hardly ever reads as a private address.
func upstream(c *sense.Context, dir sense.Dir, id []byte) {
	if ip := netip.AddrFrom4([4]byte(id)); ip.IsPrivate() {
		c.SightOf(dir, ward.Subject{Key: "ip", Value: c.IPText(ip)}, "ntp reference ID", ward.Fact{Field: ward.FieldRole, Value: "ntp server", Confidence: 40})
	}
}

// control reads mode 6. Answers to "read variables" name the program.
func control(c *sense.Context, dir sense.Dir, b []byte, a *ward.Act) {
	op := b[1] & 0x1f
	a.Reply = b[1]&0x80 != 0
	if a.Object = "other"; int(op) < len(opcodes) && opcodes[op] != "" {
		a.Object = opcodes[op]
	}
	if !a.Reply {
		return
	}
	if a.Outcome = "ok"; b[1]&0x40 != 0 {
		a.Outcome = "failed"
	}
	n := int(binary.BigEndian.Uint16(b[10:]))
	if op != 2 || n > len(b)-controlSize || binary.BigEndian.Uint16(b[8:]) != 0 {
		return // another fragment, cut in the middle of a variable
	}
	for rest := b[controlSize : controlSize+n]; len(rest) > 0; {
		var v []byte
		v, rest = variable(rest)
		key, value, _ := bytes.Cut(bytes.TrimSpace(v), []byte{'='})
		value = bytes.Trim(value, `"`)
		switch string(key) {
		case "version":
			c.Sight(dir, "ntp version", ward.Fact{Field: ward.FieldProduct, Value: c.Text(sense.ClassSoftware, value), Confidence: 80})
		case "system":
			c.Sight(dir, "ntp system", ward.Fact{Field: ward.FieldOS, Value: c.Text(sense.ClassSoftware, value), Confidence: 80})
		}
	}
}

// variable splits off the first of a list; commas in quotes do not separate.
func variable(b []byte) (first, rest []byte) {
	quoted := false
	for i, ch := range b {
		switch {
		case ch == '"':
			quoted = !quoted
		case ch == ',' && !quoted:
			return b[:i], b[i+1:]
		}
	}
	return b, nil
}

// private reads mode 7 of ntpd, see its ntp_request.h.
func private(c *sense.Context, dir sense.Dir, b []byte, a *ward.Act) {
	a.Reply = b[0]&0x80 != 0
	if a.Object = requests[b[3]]; a.Object == "" {
		a.Object = "other"
	}
	if a.Reply {
		a.Outcome = "ok"
		if b[4]>>4 != 0 {
			a.Outcome = "failed"
		} else {
			c.Sight(dir, "ntp mode 7", ward.Fact{Field: ward.FieldService, Value: "ntp mode 7", Confidence: 90})
		}
	}
}
