// Package smtp reads SMTP (RFC 5321 sections 3 and 4, RFC 3030 for BDAT, RFC 3207
// for STARTTLS, RFC 4954 for AUTH): who mails to whom as tokens, logins, and the
// message, which is handed to a child analyzer.
package smtp

import (
	"bytes"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Analyzer returns the SMTP analyzer.
func Analyzer() sense.Analyzer {
	return sense.Analyzer{
		Name: "smtp", Doc: "SMTP (RFC 5321, RFC 3030, RFC 3207, RFC 4954)", Transports: sense.TCP, Ports: []uint16{25, 587, 2525},
		Probe: probe, NewStream: func(*sense.Context) sense.Stream { return &stream{} },
	}
}

// Caps.
const (
	maxLine       = 4096 // RFC 5321 section 4.5.3.1 allows 512 and extensions more
	maxMisfits    = 16
	maxRecipients = 5 // shown as attributes; all are counted
)

func mailPort(at uint16) bool { return at == 25 || at == 587 || at == 2525 }

func probe(dir sense.Dir, b []byte, at uint16) sense.Verdict {
	if dir == sense.ToClient {
		return probeReply(b, at)
	}
	for _, word := range [...]string{"EHLO ", "HELO ", "LHLO "} {
		n := min(len(b), len(word))
		if bytes.EqualFold(b[:n], []byte(word[:n])) {
			if n < len(word) {
				return sense.More
			}
			return sense.Yes
		}
	}
	return sense.No
}

// probeReply tells SMTP's greeting from FTP's.
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
	line, rest, whole := bytes.Cut(b, []byte{'\n'})
	switch {
	case !whole:
		return sense.More
	case containsFold(line, "smtp"), containsFold(line, "mail"):
		return sense.Yes
	case containsFold(line, "ftp"):
		return sense.No
	case mailPort(at):
		return sense.Yes
	case len(rest) < 3:
		return sense.More
	}
	return sense.No // a client's EHLO decides
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

var recipientNames = [maxRecipients]string{"recipient", "recipient_2", "recipient_3", "recipient_4", "recipient_5"}

// What the client's bytes are.
const (
	inCommands = iota
	inData     // a message that ends with a dot
	inChunk    // BDAT
	inAuth     // lines of an AUTH exchange
)

type stream struct {
	lines   [2]sense.Lines
	misfits [2]int
	state   uint8
	data    bool // DATA was sent and not refused
	body    body
	chunk   uint64 // bytes of BDAT that are to come
	last    bool

	mail    mail
	auth    login
	tls     bool // STARTTLS was sent
	greeted bool
	over    bool
}

// mail is a message on its way.
type mail struct {
	open       bool
	sent       bool // the message is over, its reply is awaited
	from       ward.Token
	recipients [maxRecipients]ward.Token
	count      uint64
	bytes      uint64
}

// Data implements sense.Stream.
func (s *stream) Data(c *sense.Context, dir sense.Dir, b []byte) {
	if dir == sense.ToClient {
		s.replies(c, b)
		return
	}
	for len(b) > 0 && !s.over {
		if s.data && s.state == inCommands {
			s.startData(c)
		}
		switch s.state {
		case inData:
			b = s.dataBytes(c, b)
			continue
		case inChunk:
			b = s.chunkBytes(c, b)
			continue
		}
		line, rest, ok := s.lines[dir].Next(c, b, maxLine, "smtp.line-bytes")
		if !ok {
			return
		}
		b = rest
		if s.state == inAuth {
			s.authLine(c, line)
			continue
		}
		s.fits(c, dir, s.command(c, line))
	}
}

func (s *stream) replies(c *sense.Context, b []byte) {
	for !s.over {
		line, rest, ok := s.lines[sense.ToClient].Next(c, b, maxLine, "smtp.line-bytes")
		if !ok {
			return
		}
		b = rest
		s.fits(c, sense.ToClient, s.reply(c, line))
	}
}

// fits gives up after too many lines that are no SMTP.
func (s *stream) fits(c *sense.Context, dir sense.Dir, known bool) {
	if known {
		s.misfits[dir] = 0
	} else if s.misfits[dir]++; s.misfits[dir] > maxMisfits {
		c.Anomaly(dir, "smtp.not-smtp", "lines that are no SMTP")
		s.end(c)
	}
}

// end gives the conversation up: it is encrypted from here, or no SMTP.
func (s *stream) end(c *sense.Context) {
	s.close(c)
	s.over = true
	c.Done()
}

func (s *stream) close(c *sense.Context) {
	s.body.close(c)
	s.flushMail(c, "")
	s.flushLogin(c, "")
}

// Gap implements sense.Stream.
func (s *stream) Gap(c *sense.Context, dir sense.Dir, n int64) {
	if dir == sense.ToClient {
		s.lines[dir].Gap()
		return
	}
	switch s.state {
	case inData:
		s.body.gap(c, n)
		return
	case inChunk:
		if n >= 0 && uint64(n) <= s.chunk {
			s.chunk -= uint64(n)
			s.body.gap(c, n)
			if s.chunk == 0 {
				s.chunkEnd(c)
			}
			return
		}
		s.body.close(c)
		s.state = inCommands
	case inAuth:
		s.state = inCommands
	}
	s.lines[dir].Gap()
}

// Close implements sense.Stream.
func (s *stream) Close(c *sense.Context) {
	if !s.over {
		s.close(c)
	}
	s.lines[0].Free(c)
	s.lines[1].Free(c)
}

// flushMail emits the mail that waits for its reply.
func (s *stream) flushMail(c *sense.Context, outcome string) {
	m := &s.mail
	if !m.open {
		return
	}
	if m.sent || m.count > 0 {
		a := c.Act(sense.ToServer, "mail")
		a.Outcome, a.Actor, a.Count, a.Bytes = outcome, m.from, m.count, m.bytes
		var attrs [maxRecipients]ward.Attr
		n := 0
		for _, t := range m.recipients {
			if !t.Zero() {
				attrs[n] = ward.Attr{Name: recipientNames[n], Value: t.String()}
				n++
			}
		}
		if n > 0 {
			a.Attrs = c.Attrs(attrs[:n]...)
		}
	}
	*m = mail{}
}
