// Package rdp reads how a Remote Desktop connection begins: X.224 connection
// request and confirm over TPKT (RFC 1006 section 6, MS-RDPBCGR sections 2.2.1.1
// and 2.2.1.2) and, where nothing encrypts it, the client's core data (section
// 2.2.1.3.2).
package rdp

import (
	"bytes"
	"encoding/binary"
	"strconv"
	"unicode/utf16"
	"unicode/utf8"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Analyzer returns the RDP analyzer.
func Analyzer() sense.Analyzer {
	return sense.Analyzer{
		Name: "rdp", Doc: "Remote Desktop connection sequence (MS-RDPBCGR section 1.3.1)", Transports: sense.TCP, Ports: []uint16{3389},
		Probe: probe, NewStream: func(*sense.Context) sense.Stream { return &stream{} },
	}
}

const port = 3389

// Caps.
const maxPacket = 1 << 14 // one TPKT packet that is read

// Sizes and types of MS-RDPBCGR 2.2.1.1.1 and 2.2.1.2.
const (
	tpktHeader = 4
	x224Header = 7
	tpduCR     = 0xe0
	tpduCC     = 0xd0
	tpduData   = 0xf0
	negRequest = 1
	negReply   = 2
	negFailure = 3
	negLength  = 8
)

// Security protocols, 2.2.1.1.1.
const (
	protoTLS    = 1
	protoNLA    = 2 // CredSSP
	protoRDSTLS = 4
	protoNLAEx  = 8
	protoAAD    = 16
)

func probe(dir sense.Dir, b []byte, at uint16) sense.Verdict {
	if len(b) > 0 && b[0] != 3 || len(b) > 1 && b[1] != 0 {
		return sense.No
	}
	if len(b) < tpktHeader+x224Header {
		return sense.More
	}
	total, li := int(binary.BigEndian.Uint16(b[2:])), int(b[4])
	want := byte(tpduCR)
	if dir == sense.ToClient {
		want = tpduCC
	}
	if b[5] != want || total != li+5 || total > 1024 {
		return sense.No
	}
	// ISO transport is S7's and others' too: RDP shows in what follows.
	rest := b[tpktHeader+x224Header:]
	switch {
	case li == x224Header-1:
		return verdict(at == port)
	case len(rest) < 4:
		return sense.More
	case dir == sense.ToClient:
		return verdict((rest[0] == negReply || rest[0] == negFailure) && rest[2] == negLength && rest[3] == 0)
	}
	return verdict(rest[0] == negRequest && rest[2] == negLength && rest[3] == 0 ||
		bytes.HasPrefix(rest, []byte("Cook")) || bytes.HasPrefix(rest, []byte("tsv:")) || at == port && total > 300)
}

func verdict(ok bool) sense.Verdict {
	if ok {
		return sense.Yes
	}
	return sense.No
}

type stream struct {
	frames    [2]sense.Framer
	lost      [2]bool
	requested bool // a CR was seen
	confirmed bool
	offered   uint32
	chosen    uint32
	failure   uint32
	user      ward.Token
	done      bool // act emitted
	over      bool
}

// Data implements sense.Stream.
func (s *stream) Data(c *sense.Context, dir sense.Dir, b []byte) {
	for !s.over && !s.lost[dir] {
		msg, rest, v := s.frames[dir].Next(c, b, maxPacket, "rdp.packet-bytes", packetSize)
		switch v {
		case sense.More:
			return
		case sense.No:
			s.misfit(c, dir)
			return
		}
		b = rest
		s.packet(c, dir, msg)
	}
}

// packetSize reads RFC 1006's length.
func packetSize(b []byte) int {
	if b[0] != 3 || len(b) > 1 && b[1] != 0 {
		return -1
	}
	if len(b) < tpktHeader {
		return 0
	}
	if n := int(binary.BigEndian.Uint16(b[2:])); n >= tpktHeader+3 {
		return n
	}
	return -1
}

// misfit ends a direction: TLS follows the negotiation, or it is no RDP.
func (s *stream) misfit(c *sense.Context, dir sense.Dir) {
	s.lost[dir] = true
	if !s.confirmed && !s.requested {
		c.Anomaly(dir, "rdp.bad-packet", "bytes that are no TPKT packet before the negotiation")
	}
	if s.lost[dir.Other()] || s.requested {
		s.end(c)
	}
}

func (s *stream) packet(c *sense.Context, dir sense.Dir, b []byte) {
	if len(b) < tpktHeader+2 {
		return
	}
	li, kind, x := int(b[4]), b[5]&0xf0, b[tpktHeader:]
	switch {
	case kind == tpduCR && dir == sense.ToServer && li >= x224Header-1 && li < len(x):
		s.request(c, x[x224Header:li+1])
	case kind == tpduCC && dir == sense.ToClient && li >= x224Header-1 && li < len(x):
		s.confirm(c, x[x224Header:li+1])
	case kind == tpduData && dir == sense.ToServer && len(x) > 3:
		s.clientData(c, x[3:])
		s.end(c)
	}
}

// request reads the cookie and the protocols that the client offers.
func (s *stream) request(c *sense.Context, b []byte) {
	s.requested = true
	c.Message()
	const cookie = "Cookie: mstshash="
	if line, rest, ok := bytes.Cut(b, []byte("\r\n")); ok {
		if name, ok := bytes.CutPrefix(line, []byte(cookie)); ok {
			s.user = c.Token(ward.TokenStaff, nil, name)
		}
		b = rest
	}
	if len(b) >= negLength && b[0] == negRequest {
		s.offered = binary.LittleEndian.Uint32(b[4:])
	}
}

// confirm reads which protocol the server chose.
func (s *stream) confirm(c *sense.Context, b []byte) {
	if s.confirmed {
		return
	}
	s.confirmed = true
	c.Message()
	service := ""
	if len(b) >= negLength && b[0] == negFailure {
		s.failure = binary.LittleEndian.Uint32(b[4:])
	} else {
		if len(b) >= negLength && b[0] == negReply {
			s.chosen = binary.LittleEndian.Uint32(b[4:])
		}
		if s.chosen&(protoNLA|protoNLAEx|protoRDSTLS|protoAAD) == 0 {
			service = "rdp no nla"
		}
	}
	c.Sight(sense.ToClient, "rdp negotiation",
		ward.Fact{Field: ward.FieldService, Value: "rdp", Confidence: 95},
		ward.Fact{Field: ward.FieldService, Value: service, Confidence: 90})
	if s.chosen != 0 || s.failure != 0 {
		s.end(c)
	}
}

// protocolName names a choice of security.
func protocolName(p uint32) string {
	switch {
	case p&protoNLAEx != 0:
		return "nla extended"
	case p&protoNLA != 0:
		return "nla"
	case p&protoAAD != 0:
		return "azure ad"
	case p&protoRDSTLS != 0:
		return "rdstls"
	case p&protoTLS != 0:
		return "tls"
	}
	return "rdp"
}

// failureName names 2.2.1.2.2's codes.
func failureName(code uint32) string {
	switch code {
	case 1:
		return "tls required by server"
	case 2:
		return "tls not allowed by server"
	case 3:
		return "no certificate on server"
	case 4:
		return "inconsistent flags"
	case 5:
		return "nla required by server"
	case 6:
		return "tls with user authentication required"
	}
	return strconv.FormatUint(uint64(code), 10)
}

// end emits what is known of the connection and stops: the rest is encrypted, or
// the desktop itself.
func (s *stream) end(c *sense.Context) {
	s.emit(c)
	s.over = true
	c.Done()
}

func (s *stream) emit(c *sense.Context) {
	if s.done || !s.requested && !s.confirmed {
		return
	}
	s.done = true
	a := c.Act(sense.ToServer, "connect")
	a.Actor = s.user
	var attrs [3]ward.Attr
	n := 0
	add := func(name, value string) {
		attrs[n] = ward.Attr{Name: name, Value: value}
		n++
	}
	if s.requested {
		add("offered", protocolName(s.offered))
	}
	switch {
	case s.failure != 0:
		a.Outcome = "refused"
		add("failure", failureName(s.failure))
	case s.confirmed:
		a.Outcome = "ok"
		add("security", protocolName(s.chosen))
	}
	a.Attrs = c.Attrs(attrs[:n]...)
}

// clientData looks for the client core data in an MCS Connect-Initial: its name
// and build (2.2.1.3.2).
func (s *stream) clientData(c *sense.Context, b []byte) {
	const (
		nameAt, nameBytes = 24, 32
		buildAt           = 20
	)
	i := bytes.Index(b, []byte("Duca")) // the key of T.124's client-to-server block
	if i < 0 || len(b) < 2 || b[0] != 0x7f || b[1] != 0x65 {
		return
	}
	b = b[i+4:]
	i = bytes.Index(b[:min(len(b), 8)], []byte{0x01, 0xc0}) // CS_CORE
	if i < 0 || len(b)-i < nameAt+nameBytes {
		return
	}
	b = b[i:]
	var mem [3 * nameBytes / 2]byte
	name := mem[:0]
	for u := b[nameAt : nameAt+nameBytes]; len(u) >= 2; u = u[2:] {
		v := rune(binary.LittleEndian.Uint16(u))
		if v == 0 {
			break
		}
		if utf16.IsSurrogate(v) {
			v = utf8.RuneError
		}
		name = utf8.AppendRune(name, v)
	}
	c.Sight(sense.ToServer, "rdp client core data",
		ward.Fact{Field: ward.FieldHostname, Value: c.Text(sense.ClassHost, name), Confidence: 85},
		ward.Fact{Field: ward.FieldOS, Value: windowsBuild(binary.LittleEndian.Uint32(b[buildAt:])), Confidence: 50})
}

// windowsBuild names the Windows whose own client says this build.
func windowsBuild(n uint32) string {
	switch {
	case n == 2195:
		return "Windows 2000"
	case n == 2600:
		return "Windows XP"
	case n == 3790:
		return "Windows Server 2003"
	case n >= 6000 && n <= 6003:
		return "Windows Vista"
	case n == 7600 || n == 7601:
		return "Windows 7"
	case n == 9200:
		return "Windows 8"
	case n == 9600:
		return "Windows 8.1"
	case n >= 10240 && n < 22000:
		return "Windows 10"
	case n >= 22000 && n < 30000:
		return "Windows 11"
	}
	return ""
}

// Gap implements sense.Stream.
func (s *stream) Gap(c *sense.Context, dir sense.Dir, n int64) {
	if !s.over && !s.frames[dir].Gap(n) {
		s.lost[dir] = true
	}
}

// Close implements sense.Stream.
func (s *stream) Close(c *sense.Context) {
	s.emit(c)
	s.frames[0].Free(c)
	s.frames[1].Free(c)
}
