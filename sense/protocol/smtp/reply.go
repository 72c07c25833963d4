package smtp

import (
	"bytes"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// reply takes a server's line; it reports whether it is SMTP.
func (s *stream) reply(c *sense.Context, line []byte) bool {
	if len(line) < 3 {
		return false
	}
	n := 0
	for _, v := range line[:3] {
		if v < '0' || v > '9' {
			return false
		}
		n = n*10 + int(v-'0')
	}
	if len(line) > 3 && line[3] == '-' { // more lines follow
		s.greet(c, n, line[4:])
		return true
	}
	if len(line) > 3 && line[3] != ' ' || n < 200 || n > 599 {
		return false
	}
	c.Message()
	if len(line) > 4 {
		s.greet(c, n, line[4:])
	}
	s.answer(c, n)
	return true
}

// greet takes the server's first words: its name, then what it is.
func (s *stream) greet(c *sense.Context, n int, said []byte) {
	if s.greeted {
		return
	}
	s.greeted = true
	if n != 220 {
		return
	}
	name, product, _ := bytes.Cut(bytes.TrimSpace(said), []byte{' '})
	host := ""
	if bytes.IndexByte(name, '.') > 0 {
		host = c.Text(sense.ClassHost, name)
	} else {
		product = said
	}
	c.Sight(sense.ToClient, "smtp greeting",
		ward.Fact{Field: ward.FieldHostname, Value: host, Confidence: 60},
		ward.Fact{Field: ward.FieldProduct, Value: c.Text(sense.ClassSoftware, bytes.TrimSpace(product)), Confidence: 70},
		ward.Fact{Field: ward.FieldService, Value: "smtp", Confidence: 95},
		ward.Fact{Field: ward.FieldRole, Value: "mail server", Confidence: 60})
}

// answer takes a whole reply to what waits for one.
func (s *stream) answer(c *sense.Context, n int) {
	failed := n >= 400
	switch {
	case s.tls:
		s.tls = false
		if n == 220 {
			s.end(c)
		}
	case s.auth.wait && n != 334:
		s.state = inCommands
		outcome := "ok"
		if failed {
			outcome = "failed"
		}
		s.flushLogin(c, outcome)
	case s.auth.wait:
		s.state = inAuth // another challenge
	case s.mail.sent:
		outcome := "ok"
		if failed {
			outcome = "refused"
		}
		s.flushMail(c, outcome)
	case s.data && failed:
		s.data = false
		s.flushMail(c, "refused")
	}
}
