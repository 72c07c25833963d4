// Package syslog reads log messages in the form of RFC 5424 section 6 and in that
// of RFC 3164 section 4, as loosely as the latter is written. It copies nothing.
package syslog

import "bytes"

// MaxMessage is the longest message that is read; RFC 5424 section 6.1 demands
// 2,048 octets, audit trails 32,768.
const MaxMessage = 64 << 10

// Message is a message in its parts, which point into what was parsed. Absent
// parts are empty.
type Message struct {
	Facility, Severity int
	// Version is 1 for RFC 5424 and 0 for RFC 3164.
	Version               int
	Time, Host, App, Proc []byte
	ID                    []byte // MSGID
	Data                  []byte // structured data with its brackets
	Text                  []byte
}

// Parse reads one message. ok is false where even the priority is missing.
func Parse(b []byte) (m Message, ok bool) {
	pri, rest, ok := priority(b)
	if !ok {
		return m, false
	}
	m.Facility, m.Severity = pri/8, pri%8
	if len(rest) > 2 && rest[0] == '1' && rest[1] == ' ' && m.modern(rest[2:]) {
		return m, true
	}
	m = Message{Facility: pri / 8, Severity: pri % 8}
	m.legacy(rest)
	return m, true
}

// priority reads <0> to <191>.
func priority(b []byte) (pri int, rest []byte, ok bool) {
	if len(b) < 3 || b[0] != '<' {
		return 0, nil, false
	}
	for i := 1; i < len(b) && i <= 4; i++ {
		switch c := b[i]; {
		case c == '>':
			return pri, b[i+1:], i > 1 && pri <= 191
		case c < '0' || c > '9':
			return 0, nil, false
		default:
			pri = pri*10 + int(c-'0')
		}
	}
	return 0, nil, false
}

// modern reads what follows the version, RFC 5424 section 6.2.
func (m *Message) modern(b []byte) bool {
	m.Version = 1
	for _, field := range [...]*[]byte{&m.Time, &m.Host, &m.App, &m.Proc, &m.ID} {
		i := bytes.IndexByte(b, ' ')
		if i <= 0 {
			return false
		}
		if i != 1 || b[0] != '-' {
			*field = b[:i]
		}
		b = b[i+1:]
	}
	if len(b) == 0 || b[0] != '-' && b[0] != '[' {
		return false
	}
	n := 1
	if b[0] == '[' {
		if n = elements(b); n < 0 {
			return false
		}
		m.Data = b[:n]
	}
	if len(b) > n && b[n] != ' ' {
		return false
	}
	if len(b) > n {
		m.Text = bytes.TrimPrefix(b[n+1:], []byte("\ufeff"))
	}
	return true
}

// elements returns the length of the structured data that b starts with, or -1.
func elements(b []byte) int {
	i := 0
	for i < len(b) && b[i] == '[' {
		n := element(b[i:])
		if n < 0 {
			return -1
		}
		i += n
	}
	return i
}

func element(b []byte) int {
	quoted := false
	for i := 1; i < len(b); i++ {
		switch {
		case quoted && b[i] == '\\':
			i++
		case b[i] == '"':
			quoted = !quoted
		case !quoted && b[i] == ']':
			return i + 1
		}
	}
	return -1
}

// Param returns the value of the parameter in the first element with the
// identifier, still escaped; nil if there is none.
func (m *Message) Param(id, name string) []byte {
	for d := m.Data; len(d) > 0; {
		n := element(d)
		if n < 0 {
			return nil
		}
		e := d[1 : n-1]
		d = d[n:]
		if len(e) > len(id) && string(e[:len(id)]) == id && e[len(id)] == ' ' {
			return param(e[len(id)+1:], name)
		}
	}
	return nil
}

func param(e []byte, name string) []byte {
	for {
		eq := bytes.Index(e, []byte(`="`))
		if eq < 0 {
			return nil
		}
		key, rest := bytes.TrimLeft(e[:eq], " "), e[eq+2:]
		i := 0
		for i < len(rest) && rest[i] != '"' {
			if rest[i] == '\\' {
				i++
			}
			i++
		}
		if i >= len(rest) {
			return nil
		}
		if string(key) == name {
			return rest[:i]
		}
		e = rest[i+1:]
	}
}

// legacy reads what follows the priority in the old form: a time, a host, a tag.
// Any of them may be missing, and nobody says so.
func (m *Message) legacy(b []byte) {
	n := stamp(b)
	if n == 0 {
		m.tag(b)
		return
	}
	m.Time, b = b[:n], bytes.TrimLeft(b[n:], " ")
	if i := bytes.IndexByte(b, ' '); i > 0 && plainHost(b[:i]) {
		m.Host, b = b[:i], b[i+1:]
	}
	m.tag(b)
}

// stamp returns the length of a time such as "Nov  3 06:07:08", also with the year
// or parts of a second that some devices add, or one of RFC 3339; 0 for none.
func stamp(b []byte) int {
	const classic = "Jan  1 00:00:00"
	if len(b) >= len(classic) && month(b) && b[3] == ' ' && b[6] == ' ' {
		if clock(b[7:]) {
			return len(classic)
		}
		if len(b) >= 20 && b[11] == ' ' && clock(b[12:]) { // Nov  3 2026 06:07:08
			return 20
		}
	}
	if len(b) >= 20 && b[4] == '-' && b[7] == '-' && b[10] == 'T' && clock(b[11:]) {
		if i := bytes.IndexByte(b, ' '); i > 0 && i <= 35 {
			return i
		}
	}
	return 0
}

func month(b []byte) bool {
	const months = "JanFebMarAprMayJunJulAugSepOctNovDec"
	for i := 0; i < len(months); i += 3 {
		if string(b[:3]) == months[i:i+3] {
			return true
		}
	}
	return false
}

func clock(b []byte) bool {
	return len(b) >= 8 && b[2] == ':' && b[5] == ':' && digit(b[0]) && digit(b[1]) && digit(b[3]) && digit(b[4]) && digit(b[6]) && digit(b[7])
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// plainHost tells a host from the tag of a message that has no host.
func plainHost(b []byte) bool {
	for i, c := range b {
		if c == '[' || c == '%' || c == ':' && i == len(b)-1 {
			return false
		}
	}
	return true
}

// maxTag is RFC 3164's 32 characters, widened for what programs do.
const maxTag = 64

// tag splits "program[123]: text".
func (m *Message) tag(b []byte) {
	m.Text = b
	for i, c := range b[:min(len(b), maxTag)] {
		switch {
		case c == ':':
			m.App, m.Text = b[:i], bytes.TrimLeft(b[i+1:], " ")
			return
		case c == '[' && i > 0:
			if j := bytes.IndexByte(b[i:], ']'); j > 0 && j < maxTag {
				m.App, m.Proc = b[:i], b[i+1:i+j]
				m.Text = bytes.TrimLeft(bytes.TrimPrefix(b[i+j+1:], []byte{':'}), " ")
			}
			return
		case c <= ' ' || c >= 0x7f || c == ']' || c == '=' || c == '"':
			return
		}
	}
}
