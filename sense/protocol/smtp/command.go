package smtp

import (
	"bytes"
	"encoding/base64"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// login is an AUTH exchange (RFC 4954).
type login struct {
	wait      bool // for the reply
	mechanism string
	step      int
	user      ward.Token
	secret    ward.Token
}

// command takes a client's line; it reports whether it is SMTP.
func (s *stream) command(c *sense.Context, line []byte) bool {
	word, arg, _ := bytes.Cut(line, []byte{' '})
	arg = bytes.TrimSpace(arg)
	verb := verbOf(word)
	if verb == "" {
		return len(line) == 0
	}
	c.Message()
	switch verb {
	case "EHLO", "HELO", "LHLO":
		s.flushMail(c, "")
		s.hello(c, arg)
	case "MAIL":
		s.flushMail(c, "")
		s.mail = mail{open: true, from: c.Token(ward.TokenStaff, nil, address(arg))}
	case "RCPT":
		s.mail.open = true
		if s.mail.count < maxRecipients {
			s.mail.recipients[s.mail.count] = c.Token(ward.TokenStaff, nil, address(arg))
		}
		s.mail.count++
	case "DATA":
		s.mail.open = true
		s.data = true
	case "BDAT":
		return s.chunked(c, arg)
	case "RSET", "QUIT":
		s.flushMail(c, "")
	case "STARTTLS":
		s.tls = true
	case "AUTH":
		s.startAuth(c, arg)
	}
	return true
}

// verbOf returns the command in upper case; "" for none.
func verbOf(word []byte) string {
	for _, v := range [...]string{"EHLO", "HELO", "LHLO", "MAIL", "RCPT", "DATA", "BDAT", "RSET", "QUIT", "STARTTLS", "AUTH",
		"NOOP", "VRFY", "EXPN", "HELP", "ETRN", "XCLIENT", "XFORWARD", "SIZE"} {
		if bytes.EqualFold(word, []byte(v)) {
			return v
		}
	}
	return ""
}

// hello takes the name by which the client calls itself.
func (s *stream) hello(c *sense.Context, arg []byte) {
	if len(arg) > 0 && arg[0] != '[' {
		c.Sight(sense.ToServer, "smtp hello", ward.Fact{Field: ward.FieldHostname, Value: c.Text(sense.ClassHost, arg), Confidence: 50})
	}
}

// address returns what stands in the angle brackets of FROM:<> and TO:<>.
func address(arg []byte) []byte {
	i := bytes.IndexByte(arg, '<')
	if j := bytes.LastIndexByte(arg, '>'); i >= 0 && j > i {
		return arg[i+1 : j]
	}
	if _, after, ok := bytes.Cut(arg, []byte{':'}); ok {
		return after
	}
	return arg
}

// chunked takes BDAT (RFC 3030).
func (s *stream) chunked(c *sense.Context, arg []byte) bool {
	size, last, _ := bytes.Cut(arg, []byte{' '})
	var n uint64
	for _, v := range size {
		if v < '0' || v > '9' || n > 1<<40 {
			c.Anomaly(sense.ToServer, "smtp.bad-chunk", "BDAT without a usable size")
			return false
		}
		n = n*10 + uint64(v-'0')
	}
	s.mail.open = true
	s.last = bytes.EqualFold(bytes.TrimSpace(last), []byte("LAST"))
	s.chunk = n
	s.body.open(c, -1)
	s.state = inChunk
	if n == 0 {
		s.chunkEnd(c)
	}
	return true
}

// mechanisms of SASL that are met.
func mechanism(b []byte) string {
	for _, m := range [...]string{"PLAIN", "LOGIN", "CRAM-MD5", "DIGEST-MD5", "XOAUTH2", "OAUTHBEARER", "NTLM", "GSSAPI", "SCRAM-SHA-1", "SCRAM-SHA-256", "EXTERNAL"} {
		if bytes.EqualFold(b, []byte(m)) {
			return m
		}
	}
	return "other"
}

func (s *stream) startAuth(c *sense.Context, arg []byte) {
	s.flushLogin(c, "")
	name, initial, has := bytes.Cut(arg, []byte{' '})
	s.auth = login{wait: true, mechanism: mechanism(name)}
	s.state = inAuth
	if has {
		s.authLine(c, bytes.TrimSpace(initial))
	}
}

// authLine takes one line of the exchange. Of secrets only a token is made.
func (s *stream) authLine(c *sense.Context, line []byte) {
	a := &s.auth
	var mem [256]byte
	said := mem[:0]
	if n := base64.StdEncoding.DecodedLen(len(line)); n <= len(mem) {
		if k, err := base64.StdEncoding.Decode(mem[:], line); err == nil {
			said = mem[:k]
		}
	}
	more := false
	switch a.mechanism {
	case "PLAIN": // authorize-id NUL user NUL password, RFC 4616
		if f := bytes.SplitN(said, []byte{0}, 3); len(f) == 3 {
			a.user, a.secret = c.Token(ward.TokenStaff, nil, f[1]), c.Token(ward.TokenSecret, nil, f[2])
		}
	case "LOGIN":
		if a.step == 0 {
			a.user = c.Token(ward.TokenStaff, nil, said)
			more = true
		} else {
			a.secret = c.Token(ward.TokenSecret, nil, said)
		}
	case "CRAM-MD5": // user SP digest
		if i := bytes.LastIndexByte(said, ' '); i > 0 {
			a.user = c.Token(ward.TokenStaff, nil, said[:i])
		}
	}
	a.step++
	if !more {
		s.state = inCommands
	}
	clear(mem[:])
}

func (s *stream) flushLogin(c *sense.Context, outcome string) {
	if !s.auth.wait {
		return
	}
	a := c.Act(sense.ToServer, "login")
	a.Outcome, a.Actor = outcome, s.auth.user
	attrs := [2]ward.Attr{{Name: "mechanism", Value: s.auth.mechanism}, {Name: "secret", Value: s.auth.secret.String()}}
	n := 2
	if s.auth.secret.Zero() {
		n = 1
	}
	a.Attrs = c.Attrs(attrs[:n]...)
	s.auth = login{}
}
