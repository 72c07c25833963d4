// Package ftp reads FTP's control connection (RFC 959 sections 4 and 5, RFC 2389,
// RFC 2428, RFC 4217): logins, transfers and their data endpoints. A password is
// kept only as a token that tells the same one used twice.
package ftp

import (
	"bytes"
	"net/netip"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Analyzer returns the FTP analyzer.
func Analyzer() sense.Analyzer {
	return sense.Analyzer{
		Name: "ftp", Doc: "FTP control connection (RFC 959, RFC 2428, RFC 4217)", Transports: sense.TCP, Ports: []uint16{21, 2121},
		Probe: probe, NewStream: func(*sense.Context) sense.Stream { return &stream{} },
	}
}

const port = 21

// Caps.
const (
	maxLine    = 4096
	maxMisfits = 16 // lines in a row that are no FTP
)

func probe(dir sense.Dir, b []byte, at uint16) sense.Verdict {
	if dir == sense.ToClient {
		return probeReply(b, at)
	}
	verb, _, whole := bytes.Cut(b, []byte{'\n'})
	if len(verb) > maxLine || !printable(verb) {
		return sense.No
	}
	if !whole {
		if len(verb) < 5 || command(verb) != "" {
			return sense.More
		}
		return sense.No
	}
	// USER alone is POP3's too, and AUTH is SMTP's with other words.
	switch name := command(verb); {
	case name == "AUTH" && bytes.Contains(verb, []byte("TLS")), name == "PASV", name == "EPSV", name == "SYST", name == "FEAT":
		return sense.Yes
	case name != "" && at == port:
		return sense.Yes
	}
	return sense.No
}

// probeReply tells FTP's greeting from SMTP's: by what it says, by what the next
// reply's code is, or by the port.
func probeReply(b []byte, at uint16) sense.Verdict {
	const greeting = "220"
	if len(b) < 4 {
		if string(b) == greeting[:min(len(b), 3)] {
			return sense.More
		}
		return sense.No
	}
	if string(b[:3]) != greeting || b[3] != ' ' && b[3] != '-' {
		return sense.No
	}
	end := bytes.LastIndexByte(b, '\n')
	if end < 0 {
		return sense.More
	}
	whole := b[:end+1]
	if !printable(whole) {
		return sense.No
	}
	if containsFold(whole, "smtp") {
		return sense.No
	}
	if at == port || containsFold(whole, "ftp") || containsFold(whole, "file transfer") {
		return sense.Yes
	}
	for len(whole) > 0 {
		var line []byte
		line, whole, _ = bytes.Cut(whole, []byte{'\n'})
		if n, last := code(line); last && n != 220 {
			switch n {
			case 211, 215, 230, 234, 331, 332, 530:
				return sense.Yes
			}
			return sense.No
		}
	}
	return sense.More
}

func printable(b []byte) bool {
	for _, v := range b {
		if v < ' ' && v != '\r' && v != '\n' && v != '\t' || v == 0x7f {
			return false
		}
	}
	return true
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

// pending is the command that waits for its reply.
type pending struct {
	verb   string // "" for none
	object string
	attrs  [4]ward.Attr
	attrN  int
	secret ward.Token
}

func (p *pending) add(name, value string) {
	if value != "" && p.attrN < len(p.attrs) {
		p.attrs[p.attrN] = ward.Attr{Name: name, Value: value}
		p.attrN++
	}
}

type stream struct {
	lines   [2]sense.Lines
	misfits [2]int
	multi   int // code of a multi-line reply that goes on, 0 for none
	greeted bool

	user      ward.Token // named last
	anonymous bool
	loggedIn  bool
	wait      pending
	tls       bool           // AUTH was sent
	data      netip.AddrPort // where the next transfer's data goes
	mode      string         // active or passive
	renaming  string
	over      bool
}

// Data implements sense.Stream.
func (s *stream) Data(c *sense.Context, dir sense.Dir, b []byte) {
	for !s.over {
		line, rest, ok := s.lines[dir].Next(c, b, maxLine, "ftp.line-bytes")
		if !ok {
			return
		}
		b = rest
		known := false
		if dir == sense.ToServer {
			known = s.command(c, line)
		} else {
			known = s.reply(c, line)
		}
		if known {
			s.misfits[dir] = 0
		} else if s.misfits[dir]++; s.misfits[dir] > maxMisfits {
			c.Anomaly(dir, "ftp.not-ftp", "lines that are no FTP")
			s.end(c)
		}
	}
}

// end gives the conversation up: it is encrypted from here, or no FTP.
func (s *stream) end(c *sense.Context) {
	s.flush(c, "")
	s.over = true
	c.Done()
}

// Gap implements sense.Stream.
func (s *stream) Gap(_ *sense.Context, dir sense.Dir, _ int64) {
	s.lines[dir].Gap()
	if dir == sense.ToClient {
		s.multi = 0
	}
}

// Close implements sense.Stream.
func (s *stream) Close(c *sense.Context) {
	s.flush(c, "")
	s.lines[0].Free(c)
	s.lines[1].Free(c)
}

// flush emits the command that waits.
func (s *stream) flush(c *sense.Context, outcome string) {
	p := &s.wait
	if p.verb == "" {
		return
	}
	a := c.Act(sense.ToServer, p.verb)
	a.Object, a.Outcome, a.Actor = p.object, outcome, s.user
	if !p.secret.Zero() {
		p.add("secret", p.secret.String())
	}
	if p.attrN > 0 {
		a.Attrs = c.Attrs(p.attrs[:p.attrN]...)
	}
	*p = pending{}
}
