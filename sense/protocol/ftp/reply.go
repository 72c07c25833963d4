package ftp

import (
	"bytes"
	"net/netip"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// code reads a reply's code; last is false for a line that others follow.
func code(line []byte) (n int, last bool) {
	if len(line) < 3 {
		return 0, false
	}
	for _, v := range line[:3] {
		if v < '0' || v > '9' {
			return 0, false
		}
		n = n*10 + int(v-'0')
	}
	if n < 100 || n > 659 {
		return 0, false
	}
	return n, len(line) == 3 || line[3] == ' ' || line[3] == '\r' || line[3] == '\n'
}

// reply takes a server's line; it reports whether it is FTP.
func (s *stream) reply(c *sense.Context, line []byte) bool {
	n, last := code(line)
	if s.multi != 0 { // RFC 959 section 4.2: until the code stands with a space
		if n != s.multi || !last {
			return true
		}
		s.multi = 0
		s.answer(c, n, nil)
		return true
	}
	if n == 0 {
		return false
	}
	var said []byte
	if len(line) > 4 {
		said = line[4:]
	}
	if !last {
		if len(line) < 4 || line[3] != '-' {
			return false
		}
		s.multi = n
		s.greet(c, n, said)
		return true
	}
	c.Message()
	s.greet(c, n, said)
	s.answer(c, n, said)
	return true
}

// greet takes the server's first words.
func (s *stream) greet(c *sense.Context, n int, said []byte) {
	if s.greeted || n != 220 {
		return
	}
	s.greeted = true
	c.Sight(sense.ToClient, "ftp greeting",
		ward.Fact{Field: ward.FieldProduct, Value: c.Text(sense.ClassSoftware, bytes.TrimSpace(said)), Confidence: 70},
		ward.Fact{Field: ward.FieldService, Value: "ftp", Confidence: 95})
}

// answer takes a whole reply to the command that waits.
func (s *stream) answer(c *sense.Context, n int, said []byte) {
	switch n {
	case 227:
		if at, ok := sixNumbers(afterParenthesis(said)); ok {
			s.passive(at)
		}
		return
	case 229:
		if f := bytes.Split(afterParenthesis(said), []byte{'|'}); len(f) >= 4 {
			if p, ok := number(f[3]); ok {
				_, server := c.Ends()
				s.passive(netip.AddrPortFrom(server.IP.Unmap(), p))
			}
		}
		return
	case 215:
		s.system(c, said)
		return
	case 230:
		s.login(c)
	}
	switch {
	case n < 200: // more is to come
	case s.wait.verb == "login" && n/100 == 3: // an account is asked for
	case s.tls && (n == 234 || n == 334):
		s.flush(c, "ok")
		s.over = true
		c.Done()
	case n < 400:
		s.flush(c, "ok")
	default:
		s.tls = false
		s.flush(c, "failed")
	}
}

// afterParenthesis skips a reply's words: they may hold digits or bars.
func afterParenthesis(b []byte) []byte {
	if i := bytes.IndexByte(b, '('); i >= 0 {
		return b[i+1:]
	}
	return b
}

func (s *stream) passive(at netip.AddrPort) { s.data, s.mode = at, "passive" }

// login notes who got in; with no password asked for, the user name was enough.
func (s *stream) login(c *sense.Context) {
	if s.loggedIn {
		return
	}
	s.loggedIn = true
	if s.anonymous {
		c.Sight(sense.ToClient, "ftp login", ward.Fact{Field: ward.FieldService, Value: "ftp anonymous", Confidence: 95})
	}
	if s.wait.verb == "" {
		s.wait = pending{verb: "login"}
		s.wait.add("password", "none")
	}
}

// system reads SYST's answer, whose first word is of RFC 943's list.
func (s *stream) system(c *sense.Context, said []byte) {
	os := ""
	switch {
	case bytes.HasPrefix(said, []byte("Windows_NT")):
		os = "Windows"
	case bytes.HasPrefix(said, []byte("VMS")):
		os = "VMS"
	case bytes.HasPrefix(said, []byte("VxWorks")):
		os = "VxWorks"
	case bytes.HasPrefix(said, []byte("OS/400")):
		os = "OS/400"
	}
	// UNIX is what every server says: it tells nothing.
	c.Sight(sense.ToClient, "ftp system", ward.Fact{Field: ward.FieldOS, Value: os, Confidence: 50})
}
