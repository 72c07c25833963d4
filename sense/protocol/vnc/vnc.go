// Package vnc reads how a Remote Framebuffer session begins (RFC 6143 sections
// 7.1 to 7.3): versions, security types, whether the login succeeded, and the
// desktop's name.
package vnc

import (
	"encoding/binary"
	"strconv"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Analyzer returns the VNC analyzer.
func Analyzer() sense.Analyzer {
	return sense.Analyzer{
		Name: "vnc", Doc: "Remote Framebuffer handshake (RFC 6143)", Transports: sense.TCP, Ports: []uint16{5900, 5901, 5902},
		Probe: probe, NewStream: func(*sense.Context) sense.Stream { return &stream{security: -1} },
	}
}

// Caps.
const (
	maxMessage = 4096 // of the handshake
	versionLen = 12   // "RFB 003.008\n"
)

// Security types, RFC 6143 section 7.1.2 and IANA's registry.
const (
	secInvalid  = 0
	secNone     = 1
	secPassword = 2
)

func probe(_ sense.Dir, b []byte, _ uint16) sense.Verdict {
	if !versionLike(b) {
		return sense.No
	}
	if len(b) < versionLen {
		return sense.More
	}
	return sense.Yes
}

// versionLike reports whether b is the start of a version message.
func versionLike(b []byte) bool {
	const form = "RFB ddd.ddd\n"
	for i, v := range b[:min(len(b), len(form))] {
		if form[i] == 'd' && (v < '0' || v > '9') || form[i] != 'd' && v != form[i] {
			return false
		}
	}
	return true
}

// What a direction says next.
const (
	awaitVersion = iota
	awaitTypes   // server: types offered (3.7 on)
	awaitType    // server: the type (3.3)
	awaitChoice  // client: the type chosen
	awaitChallenge
	awaitResponse
	awaitResult
	awaitReason
	awaitClientInit
	awaitServerInit
	finished
)

type stream struct {
	frames   [2]sense.Framer
	state    [2]uint8
	minor    [2]int // of the version; 0 while not known
	security int    // chosen, -1 while not known
	outcome  string
	desktop  string
	done     bool
}

// Data implements sense.Stream.
func (s *stream) Data(c *sense.Context, dir sense.Dir, b []byte) {
	for {
		size := s.size(dir)
		if size == nil {
			return
		}
		msg, rest, v := s.frames[dir].Next(c, b, maxMessage, "vnc.message-bytes", size)
		switch v {
		case sense.More:
			return
		case sense.No:
			if !c.Midstream() {
				c.Anomaly(dir, "vnc.bad-handshake", "bytes that do not fit the handshake")
			}
			s.end(c)
			return
		}
		b = rest
		s.message(c, dir, msg)
	}
}

// size returns how the next message of a direction tells its length, nil when
// nothing more is read of it.
func (s *stream) size(dir sense.Dir) func([]byte) int {
	switch s.state[dir] {
	case awaitVersion:
		return sizeVersion
	case awaitTypes:
		return func(b []byte) int { return 1 + int(b[0]) }
	case awaitType, awaitResult:
		return func([]byte) int { return 4 }
	case awaitChoice, awaitClientInit:
		return func([]byte) int { return 1 }
	case awaitChallenge, awaitResponse:
		return func([]byte) int { return 16 }
	case awaitReason:
		return func(b []byte) int { return sizeText(b, 0) }
	case awaitServerInit:
		return func(b []byte) int { return sizeText(b, 20) }
	}
	return nil
}

func sizeVersion(b []byte) int {
	if !versionLike(b) {
		return -1
	}
	return versionLen
}

// sizeText is the size of a message whose text's length stands at offset at.
func sizeText(b []byte, at int) int {
	if len(b) < at+4 {
		return 0
	}
	n := binary.BigEndian.Uint32(b[at:])
	if n > 1<<20 {
		return -1
	}
	return at + 4 + int(n)
}

func (s *stream) message(c *sense.Context, dir sense.Dir, b []byte) {
	c.Message()
	switch s.state[dir] {
	case awaitVersion:
		s.version(c, dir, b)
	case awaitTypes:
		s.types(c, b[1:])
	case awaitType:
		s.choose(c, int(min(binary.BigEndian.Uint32(b), 255)))
		s.sightSecurity(c, s.security == secNone)
	case awaitChoice:
		s.choose(c, int(b[0]))
	case awaitChallenge:
		s.state[dir] = awaitResult
	case awaitResponse:
		s.state[dir] = awaitClientInit
	case awaitResult:
		s.result(c, binary.BigEndian.Uint32(b))
	case awaitReason:
		s.outcome = "refused"
		s.end(c)
	case awaitClientInit:
		s.state[dir] = finished
	case awaitServerInit:
		s.desktop = c.Text(sense.ClassName, b[24:])
		s.outcome = "ok"
		s.end(c)
	}
}

func (s *stream) version(c *sense.Context, dir sense.Dir, b []byte) {
	minor := int(b[8]-'0')*100 + int(b[9]-'0')*10 + int(b[10]-'0')
	s.minor[dir] = max(minor, 1)
	if dir == sense.ToServer {
		s.state[dir] = awaitChoice
		if minor < 7 { // the server decides alone
			s.state[dir] = awaitClientInit
			if s.state[sense.ToClient] == awaitTypes {
				s.state[sense.ToClient] = awaitType
			}
			if s.security == secPassword {
				s.state[dir] = awaitResponse
			}
		}
		return
	}
	product := ""
	if minor == 889 {
		product = "Apple Remote Desktop"
	}
	s.state[dir] = awaitTypes
	if m := s.minor[sense.ToServer]; minor < 7 || m > 0 && m < 7 {
		s.state[dir] = awaitType
	}
	c.Sight(dir, "vnc version",
		ward.Fact{Field: ward.FieldService, Value: "vnc", Confidence: 95},
		ward.Fact{Field: ward.FieldProduct, Value: product, Confidence: 80})
}

// types takes the server's list; an empty one is followed by a reason.
func (s *stream) types(c *sense.Context, list []byte) {
	if len(list) == 0 {
		s.state[sense.ToClient] = awaitReason
		return
	}
	none := false
	for _, t := range list {
		none = none || t == secNone
	}
	s.sightSecurity(c, none)
	t := s.security
	if t < 0 { // the client's choice is seen later, or not at all
		t = int(list[0])
	}
	s.state[sense.ToClient] = s.afterTypes(t)
}

// afterTypes is what the server says once security type t is agreed on.
func (s *stream) afterTypes(t int) uint8 {
	m := s.minor[sense.ToServer]
	switch {
	case t == secInvalid:
		return awaitReason
	case t == secNone && m > 0 && m < 8: // before 3.8 no result is sent for None
		return awaitServerInit
	case t == secNone:
		return awaitResult
	case t == secPassword:
		return awaitChallenge
	}
	return finished
}

func (s *stream) sightSecurity(c *sense.Context, none bool) {
	if none {
		c.Sight(sense.ToClient, "vnc security types", ward.Fact{Field: ward.FieldService, Value: "vnc no auth", Confidence: 95})
	}
}

// choose takes the security type that the session will use.
func (s *stream) choose(c *sense.Context, t int) {
	s.security = t
	if s.state[sense.ToClient] != awaitVersion && s.state[sense.ToClient] != awaitTypes {
		s.state[sense.ToClient] = s.afterTypes(t)
	}
	switch t {
	case secInvalid:
	case secNone:
		s.state[sense.ToServer] = awaitClientInit
	case secPassword:
		s.state[sense.ToServer] = awaitResponse
	default: // TLS and others of their own making
		s.end(c)
	}
}

func (s *stream) result(c *sense.Context, n uint32) {
	if n == 0 {
		s.outcome = "ok"
		s.state[sense.ToClient] = awaitServerInit
		return
	}
	s.outcome = "failed"
	s.end(c)
}

// end emits the connection and stops: what follows is the screen, or encrypted.
func (s *stream) end(c *sense.Context) {
	s.emit(c)
	s.state = [2]uint8{finished, finished}
	c.Done()
}

func (s *stream) emit(c *sense.Context) {
	if s.done || s.minor == [2]int{} {
		return
	}
	s.done = true
	a := c.Act(sense.ToServer, "connect")
	a.Outcome = s.outcome
	attrs := make([]ward.Attr, 0, 4)
	if m := s.minor[sense.ToServer]; m > 0 {
		attrs = append(attrs, ward.Attr{Name: "client_version", Value: "3." + strconv.Itoa(m)})
	}
	if m := s.minor[sense.ToClient]; m > 0 {
		attrs = append(attrs, ward.Attr{Name: "server_version", Value: "3." + strconv.Itoa(m)})
	}
	if s.security >= 0 {
		attrs = append(attrs, ward.Attr{Name: "security", Value: securityName(s.security)})
	}
	if s.desktop != "" {
		attrs = append(attrs, ward.Attr{Name: "desktop", Value: s.desktop})
	}
	a.Attrs = c.Attrs(attrs...)
}

// securityName names a type of IANA's "RFB Security Types".
func securityName(t int) string {
	switch t {
	case secInvalid:
		return "invalid"
	case secNone:
		return "none"
	case secPassword:
		return "vnc password"
	case 5, 6, 13, 129, 130, 133:
		return "ra2"
	case 16:
		return "tight"
	case 17:
		return "ultra"
	case 18:
		return "tls"
	case 19:
		return "vencrypt"
	case 20:
		return "sasl"
	case 21:
		return "md5"
	case 30, 33, 35, 36:
		return "apple"
	case 113:
		return "ms-logon"
	}
	return strconv.Itoa(t)
}

// Gap implements sense.Stream.
func (s *stream) Gap(c *sense.Context, dir sense.Dir, _ int64) {
	if s.state[dir] != finished {
		s.end(c)
	}
}

// Close implements sense.Stream.
func (s *stream) Close(c *sense.Context) {
	s.emit(c)
	s.frames[0].Free(c)
	s.frames[1].Free(c)
}
