package smtp

import (
	"bytes"

	"wardkeeper/sense"
)

// body passes a message on to a child and finds its end (RFC 5321 section 4.5.2).
type body struct {
	child sense.Child
	tried bool
	mid   bool // within a line
	tail  uint8
}

// What of "CRLF . CRLF" stands at the end of the bytes seen, at a line's start.
const (
	tailNone  = iota
	tailDot   // "."
	tailDotCR // ".\r"
)

func (b *body) open(c *sense.Context, n int64) {
	if b.tried {
		return
	}
	b.tried = true
	b.child = c.Child(&sense.Envelope{Parent: "smtp", Dir: sense.ToServer, ContentType: []byte("message/rfc822"), Length: n})
}

func (b *body) write(c *sense.Context, p []byte) {
	if b.child != nil && len(p) > 0 {
		b.child.Data(c, p)
	}
}

func (b *body) gap(c *sense.Context, n int64) {
	if b.child != nil {
		b.child.Gap(c, n)
	}
	b.mid, b.tail = true, tailNone // what follows is taken for the middle of a line
}

func (b *body) close(c *sense.Context) {
	if b.child != nil {
		b.child.Close(c)
	}
	*b = body{}
}

// feed takes message bytes up to the lone dot; it returns how many bytes of p it
// used, how many of them were the message's, and whether that was its end.
func (b *body) feed(c *sense.Context, p []byte) (used int, own uint64, end bool) {
	start := 0 // of what is not yet written
	for i := 0; i < len(p); {
		switch {
		case b.tail == tailDot && p[i] == '\r':
			b.tail = tailDotCR
			i++
			start = i
		case b.tail != tailNone && p[i] == '\n': // some end with a bare LF
			return i + 1, own, true
		case b.tail == tailDotCR: // the CR was the message's
			b.write(c, []byte{'\r'})
			own++
			b.tail, b.mid = tailNone, true
		case b.tail == tailDot: // a stuffed dot: dropped
			b.tail, b.mid = tailNone, true
		case !b.mid && p[i] == '.':
			b.write(c, p[start:i])
			own += uint64(i - start)
			b.tail = tailDot
			i++
			start = i
		default:
			n := bytes.IndexByte(p[i:], '\n')
			if n < 0 {
				b.mid = true
				i = len(p)
				break
			}
			b.mid = false
			i += n + 1
		}
	}
	b.write(c, p[start:])
	return len(p), own + uint64(len(p)-start), false
}

// startData begins a message after DATA.
func (s *stream) startData(c *sense.Context) {
	s.data = false
	s.state = inData
	s.body.open(c, -1)
}

func (s *stream) dataBytes(c *sense.Context, b []byte) []byte {
	used, own, end := s.body.feed(c, b)
	s.mail.bytes += own
	if end {
		s.body.close(c)
		s.mail.sent = true
		s.state = inCommands
		c.Message()
	}
	return b[used:]
}

func (s *stream) chunkBytes(c *sense.Context, b []byte) []byte {
	n := int(min(s.chunk, uint64(len(b))))
	s.body.write(c, b[:n])
	s.mail.bytes += uint64(n)
	if s.chunk -= uint64(n); s.chunk == 0 {
		s.chunkEnd(c)
	}
	return b[n:]
}

func (s *stream) chunkEnd(c *sense.Context) {
	s.state = inCommands
	if s.last {
		s.body.close(c)
		s.mail.sent = true
		c.Message()
	}
}
