// Package syslog reads log messages on the wire: over UDP (RFC 5426), over TCP with
// octet counting or line ends (RFC 6587 section 3.4), in the forms of RFC 5424 and
// RFC 3164. The text of a message is never kept, except that audit messages of
// health systems (DICOM PS3.15 section A.5, RFC 3881) are read for who did what to
// whom, as tokens.
package syslog

import (
	"bytes"

	"wardkeeper/format/syslog"
	"wardkeeper/sense"
)

const (
	portUDP = 514
	portTCP = 601
)

// Analyzer returns the analyzer.
func Analyzer() sense.Analyzer {
	return sense.Analyzer{
		Name: "syslog", Doc: "RFC 5424 section 6, RFC 3164 section 4, RFC 6587 section 3.4, DICOM PS3.15 section A.5", Transports: sense.UDP | sense.TCP,
		Ports:        []uint16{portUDP, portTCP},
		Probe:        probe,
		NewDatagrams: func(*sense.Context) sense.Datagrams { return &datagrams{} },
		NewStream:    func(*sense.Context) sense.Stream { return &stream{} },
	}
}

// probe takes a message with a time or version anywhere, a bare priority only on
// syslog's ports.
func probe(_ sense.Dir, b []byte, port uint16) sense.Verdict {
	if n, header := counted(b); header > 0 && n > 0 {
		b = b[header:min(len(b), header+n)]
	} else if header == 0 && len(b) < maxCount+1 {
		return sense.More
	}
	if len(b) == 0 {
		return sense.More
	}
	if b[0] != '<' {
		return sense.No
	}
	line, _, whole := bytes.Cut(b, []byte{'\n'})
	m, ok := syslog.Parse(line)
	switch {
	case !ok && len(b) < 5 && !whole:
		return sense.More
	case !ok || !printable(line):
		return sense.No
	case m.Version == 1 || len(m.Time) > 0 || port == portUDP || port == portTCP:
		return sense.Yes
	case len(b) < 128 && !whole:
		return sense.More
	}
	return sense.No
}

func printable(b []byte) bool {
	for _, c := range b {
		if c < ' ' && c != '\t' && c != '\r' && c != 0 && c != 0x1b {
			return false
		}
	}
	return true
}

// maxCount is how many digits an octet count may have.
const maxCount = 6

// counted reads "123 " of octet counting. header is the digits' and space's
// length: 0 when more bytes are needed, negative when it is none.
func counted(b []byte) (n, header int) {
	for i, c := range b {
		switch {
		case c == ' ' && i > 0:
			return n, i + 1
		case c < '0' || c > '9' || i >= maxCount || i == 0 && c == '0':
			return 0, -1
		}
		n = n*10 + int(c-'0')
	}
	return 0, 0
}

// size is that of a counted message with its count.
func size(b []byte) int {
	n, header := counted(b)
	if header <= 0 {
		return header
	}
	return header + n
}

type datagrams struct{ reader reader }

// Datagram implements sense.Datagrams.
func (d *datagrams) Datagram(c *sense.Context, dir sense.Dir, b []byte) { d.reader.message(c, dir, b) }

// Close implements sense.Datagrams.
func (d *datagrams) Close(*sense.Context) {}

// How a direction's messages are told apart.
const (
	unknown = iota
	lines
	counts
	hunting
)

// huntWant is enough to recognise the start of a message.
const huntWant = 16

type stream struct {
	reader reader
	mode   [2]int
	lines  [2]sense.Lines
	frames [2]sense.Framer
	hunt   [2]sense.Hunter
}

// Data implements sense.Stream.
func (s *stream) Data(c *sense.Context, dir sense.Dir, b []byte) {
	for len(b) > 0 {
		switch s.mode[dir] {
		case unknown:
			s.choose(dir, b[0])
		case hunting:
			head, rest, ok := s.hunt[dir].Next(c, b, huntWant, "syslog.resync-bytes", start)
			if !ok {
				return
			}
			s.choose(dir, head[0])
			s.Data(c, dir, head) // shorter each time
			b = rest
		default:
			b = s.feed(c, dir, b)
		}
	}
}

func (s *stream) choose(dir sense.Dir, first byte) {
	switch {
	case first == '<' || first == '\n':
		s.mode[dir] = lines
	case first >= '1' && first <= '9':
		s.mode[dir] = counts
	default:
		s.mode[dir] = hunting
	}
}

// start recognises a counted message, or a line end before a message.
func start(b []byte) sense.Verdict {
	if len(b) == 0 {
		return sense.More
	}
	if b[0] == '\n' {
		b = b[1:]
	} else if _, header := counted(b); header > 1 {
		b = b[header:]
	} else if header == 0 {
		return sense.More
	} else {
		return sense.No
	}
	if len(b) < 5 {
		return sense.More
	}
	if _, ok := syslog.Parse(b[:5]); ok {
		return sense.Yes
	}
	return sense.No
}

// feed reads messages until b is used up; where one does not begin as it must, it
// returns the bytes in which to look for the next.
func (s *stream) feed(c *sense.Context, dir sense.Dir, b []byte) []byte {
	for {
		var m, rest []byte
		if s.mode[dir] == lines {
			line, r, ok := s.lines[dir].Next(c, b, syslog.MaxMessage, "syslog.message-bytes")
			if !ok {
				return nil
			}
			m, rest = line, r
		} else {
			frame, r, v := s.frames[dir].Next(c, b, syslog.MaxMessage, "syslog.message-bytes", size)
			if v == sense.No {
				c.Anomaly(dir, "syslog.framing", "no octet count where one must be")
				s.mode[dir] = hunting
				s.Data(c, dir, frame)
				return r
			}
			if v != sense.Yes {
				return nil
			}
			_, header := counted(frame)
			m, rest = frame[header:], r
		}
		if len(m) > 0 {
			s.reader.message(c, dir, m)
		}
		b = rest
	}
}

// Gap implements sense.Stream.
func (s *stream) Gap(_ *sense.Context, dir sense.Dir, n int64) {
	switch {
	case s.mode[dir] == lines:
		s.lines[dir].Gap()
	case s.mode[dir] != counts || !s.frames[dir].Gap(n):
		s.mode[dir] = hunting
	}
}

// Close implements sense.Stream.
func (s *stream) Close(c *sense.Context) {
	for i := range s.lines {
		s.lines[i].Free(c)
		s.frames[i].Free(c)
		s.hunt[i].Free(c)
	}
}
