// Package telnet reads Telnet (RFC 854, RFC 855): option negotiation, the banner
// before the login prompt, and who logs in. What is typed is looked at only until
// the login is over; a password is kept only as a token that tells the same one
// used twice.
package telnet

import (
	"bytes"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Analyzer returns the Telnet analyzer.
func Analyzer() sense.Analyzer {
	return sense.Analyzer{
		Name: "telnet", Doc: "Telnet (RFC 854, RFC 855, RFC 2941, RFC 2946)", Transports: sense.TCP, Ports: []uint16{23, 2323},
		Probe: probe, NewStream: func(*sense.Context) sense.Stream { return &stream{} },
	}
}

// Commands, RFC 854.
const (
	cmdSE   = 240
	cmdSB   = 250
	cmdWILL = 251
	cmdDONT = 254
	cmdIAC  = 255
)

// Options that end what can be read.
const (
	optEncrypt  = 38 // RFC 2946
	optStartTLS = 46
)

// Caps.
const (
	maxText = 1 << 15 // bytes of one direction read before a login is given up
	maxLine = 256     // of a prompt or what is typed
)

const port = 23

func probe(dir sense.Dir, b []byte, at uint16) sense.Verdict {
	n := 0 // negotiations in a row
	rest := b
	for len(rest) >= 3 && rest[0] == cmdIAC && rest[1] >= cmdWILL && rest[1] <= cmdDONT && (rest[2] < 50 || rest[2] == 255) {
		n++
		rest = rest[3:]
	}
	switch {
	case n >= 2 || n == 1 && at == port:
		return sense.Yes
	case n == 1 && len(rest) > 0 && rest[0] != cmdIAC:
		return sense.No
	case len(rest) == 0 || rest[0] == cmdIAC && len(rest) < 3 && (len(rest) < 2 || rest[1] >= cmdWILL && rest[1] < cmdIAC):
		return sense.More
	case n == 0 && at == port && dir == sense.ToClient && prompt(b) != promptNone:
		return sense.Yes
	case n == 0 && at == port && dir == sense.ToClient && rest[0] < 0x80:
		return sense.More
	}
	return sense.No
}

// Prompts that matter.
type promptKind uint8

const (
	promptNone promptKind = iota
	promptUser
	promptPassword
)

// prompt reports which prompt the end of b is.
func prompt(b []byte) promptKind {
	b = bytes.TrimRight(b, " ")
	switch {
	case endsFold(b, "last login:"):
		return promptNone
	case endsFold(b, "login:"), endsFold(b, "username:"), endsFold(b, "user:"), endsFold(b, "user name:"):
		return promptUser
	case endsFold(b, "password:"), endsFold(b, "passwd:"):
		return promptPassword
	}
	return promptNone
}

func endsFold(b []byte, word string) bool {
	return len(b) >= len(word) && bytes.EqualFold(b[len(b)-len(word):], []byte(word))
}

// Where in a command a direction is.
const (
	stText = iota
	stIAC
	stOption
	stSub       // option number of a subnegotiation follows
	stSubText   // within one
	stSubIAC    // IAC within one
	stSubFollow // within START_TLS
)

// side is the state of one direction.
type side struct {
	state  uint8
	cmd    byte
	line   [maxLine]byte
	n      int
	longer bool // the line did not fit
	read   int
	cr     bool
}

// Steps of a login.
const (
	stepStart = iota
	stepUser
	stepPassword
	stepVerdict
)

type stream struct {
	sides  [2]side
	step   uint8
	asked  bool // negotiation or prompt seen from the server
	banner string
	user   ward.Token
	secret ward.Token
	over   bool
}

// Data implements sense.Stream.
func (s *stream) Data(c *sense.Context, dir sense.Dir, b []byte) {
	d := &s.sides[dir]
	for _, v := range b {
		if s.over {
			return
		}
		s.octet(c, dir, d, v)
	}
}

func (s *stream) octet(c *sense.Context, dir sense.Dir, d *side, v byte) {
	switch d.state {
	case stText:
		if v == cmdIAC {
			d.state = stIAC
			return
		}
		s.text(c, dir, d, v)
	case stIAC:
		d.cmd, d.state = v, stText
		switch {
		case v == cmdIAC:
			s.text(c, dir, d, v)
		case v == cmdSB:
			d.state = stSub
		case v >= cmdWILL && v <= cmdDONT:
			d.state = stOption
		}
	case stOption:
		d.state = stText
		c.Message()
		s.sightService(c, dir)
	case stSub:
		d.state = stSubText
		if v == optStartTLS {
			d.state = stSubFollow
		}
		if v == optEncrypt {
			s.end(c)
		}
	case stSubFollow: // FOLLOWS: a TLS hello comes next
		d.state = stSubText
		if v == 1 {
			s.end(c)
		}
	case stSubText:
		if v == cmdIAC {
			d.state = stSubIAC
		}
	case stSubIAC:
		d.state = stSubText
		if v == cmdSE {
			d.state = stText
		}
	}
}

func (s *stream) sightService(c *sense.Context, dir sense.Dir) {
	if dir == sense.ToClient && !s.asked {
		s.asked = true
		c.Sight(dir, "telnet", ward.Fact{Field: ward.FieldService, Value: "telnet", Confidence: 95})
	}
}

// text takes one byte of text.
func (s *stream) text(c *sense.Context, dir sense.Dir, d *side, v byte) {
	if d.read++; d.read > maxText {
		c.Limit("telnet.login-text")
		s.end(c)
		return
	}
	if dir == sense.ToServer {
		s.typed(c, d, v)
	} else {
		s.shown(c, d, v)
	}
}

// typed collects what the client types into lines.
func (s *stream) typed(c *sense.Context, d *side, v byte) {
	wasCR := d.cr
	d.cr = v == '\r'
	switch {
	case (v == '\n' || v == 0) && wasCR: // CR LF and CR NUL are one end of line
	case v == '\r' || v == '\n':
		s.entered(c, bytes.TrimSpace(d.line[:d.n]))
		d.n, d.longer = 0, false
	case v == 8 || v == 0x7f:
		d.n = max(0, d.n-1)
	default:
		d.add(v)
	}
}

func (d *side) add(v byte) {
	if d.n < len(d.line) {
		d.line[d.n] = v
		d.n++
		return
	}
	d.longer = true
}

func (s *stream) entered(c *sense.Context, line []byte) {
	switch s.step {
	case stepUser:
		if len(line) > 0 {
			s.user = c.Token(ward.TokenStaff, nil, line)
		}
	case stepPassword:
		s.secret = c.Token(ward.TokenSecret, nil, line)
		s.step = stepVerdict
		s.sides[sense.ToClient].n = 0
	}
}

// shown looks at what the server writes: banner, prompts, the login's outcome.
func (s *stream) shown(c *sense.Context, d *side, v byte) {
	switch {
	case v == '\n' || v == '\r':
		s.line(c, d.line[:d.n])
		d.n, d.longer = 0, false
		return
	case v < ' ':
		return
	}
	d.add(v)
	if s.step == stepVerdict && (v == ' ' || v == '>' || v == '#') && shellPrompt(d.line[:d.n]) {
		s.login(c, "ok")
		s.end(c)
		return
	}
	if v != ':' {
		return
	}
	switch prompt(d.line[:d.n]) {
	case promptUser:
		s.sightService(c, sense.ToClient)
		if s.step == stepVerdict {
			s.login(c, "failed")
		}
		s.sightBanner(c)
		s.step = stepUser
	case promptPassword:
		s.sightService(c, sense.ToClient)
		if s.step == stepVerdict {
			s.login(c, "failed")
		}
		s.sightBanner(c)
		s.step = stepPassword
	}
}

// shellPrompt reports a line that ends as prompts do.
func shellPrompt(line []byte) bool {
	line = bytes.TrimRight(line, " ")
	return len(line) > 0 && bytes.IndexByte([]byte("$#>%"), line[len(line)-1]) >= 0
}

// line takes a whole line of the server's.
func (s *stream) line(c *sense.Context, line []byte) {
	line = bytes.TrimSpace(line)
	if len(line) == 0 {
		return
	}
	switch s.step {
	case stepStart: // the last line before the prompt names the system most often
		s.banner = c.Text(sense.ClassSoftware, line)
	case stepVerdict:
		for _, word := range [...]string{"incorrect", "fail", "denied", "invalid", "bad ", "wrong", "error"} {
			if containsFold(line, word) {
				s.login(c, "failed")
				s.step = stepStart
				return
			}
		}
		s.login(c, "ok")
		s.end(c)
		// What greets who got in names the system, as uname does.
		c.Sight(sense.ToClient, "telnet greeting", ward.Fact{Field: ward.FieldProduct, Value: c.Text(sense.ClassSoftware, line), Confidence: 50})
	}
}

// containsFold looks for a lower-case word in b whatever its case.
func containsFold(b []byte, word string) bool {
	for i := 0; i+len(word) <= len(b); i++ {
		if bytes.EqualFold(b[i:i+len(word)], []byte(word)) {
			return true
		}
	}
	return false
}

// sightBanner says what stood before the first prompt.
func (s *stream) sightBanner(c *sense.Context) {
	c.Sight(sense.ToClient, "telnet banner", ward.Fact{Field: ward.FieldProduct, Value: s.banner, Confidence: 60})
	s.banner = ""
}

// login emits a login attempt.
func (s *stream) login(c *sense.Context, outcome string) {
	if s.step != stepVerdict {
		return
	}
	c.Message()
	a := c.Act(sense.ToServer, "login")
	a.Outcome, a.Actor = outcome, s.user
	if !s.secret.Zero() {
		a.Attrs = c.Attrs(ward.Attr{Name: "secret", Value: s.secret.String()})
	}
	s.step, s.user, s.secret = stepStart, ward.Token{}, ward.Token{}
}

// end stops reading: the login is over or encrypted.
func (s *stream) end(c *sense.Context) {
	s.over = true
	c.Done()
}

// Gap implements sense.Stream.
func (s *stream) Gap(c *sense.Context, dir sense.Dir, _ int64) {
	d := &s.sides[dir]
	d.state, d.n = stText, 0
	if dir == sense.ToServer && s.step != stepVerdict {
		s.step = stepStart // a part of a name or password is not it
	}
}

// Close implements sense.Stream.
func (s *stream) Close(c *sense.Context) {
	if !s.over {
		s.login(c, "")
	}
}
