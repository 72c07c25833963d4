package atna

import "bytes"

// scanner walks over start and end tags of XML without building anything. It
// knows no namespaces beyond cutting prefixes off, and no entities beyond the five
// of XML and character references; a document type is not accepted, so nothing
// expands.
type scanner struct {
	b    []byte
	tags int
}

// tag is one tag: name and attributes point into the document.
type tag struct {
	name  []byte
	attrs []byte
	end   bool
	empty bool // <x/>
}

// next returns the next tag; ok is false at the end or at a misfit.
func (s *scanner) next() (t tag, ok bool) {
	for {
		i := bytes.IndexByte(s.b, '<')
		if i < 0 || i+1 >= len(s.b) || s.tags >= maxTags {
			return t, false
		}
		s.b = s.b[i+1:]
		s.tags++
		switch s.b[0] {
		case '?':
			if !s.after("?>") {
				return t, false
			}
			continue
		case '!':
			switch {
			case bytes.HasPrefix(s.b, []byte("!--")):
				ok = s.after("-->")
			case bytes.HasPrefix(s.b, []byte("![CDATA[")):
				ok = s.after("]]>")
			}
			if !ok {
				return t, false
			}
			continue
		}
		return s.tag()
	}
}

func (s *scanner) after(mark string) bool {
	i := bytes.Index(s.b, []byte(mark))
	if i < 0 {
		return false
	}
	s.b = s.b[i+len(mark):]
	return true
}

// tag reads up to the closing angle, which may also stand in a quoted value.
func (s *scanner) tag() (t tag, ok bool) {
	quote, n := byte(0), -1
	for i, c := range s.b {
		if quote != 0 {
			if c == quote {
				quote = 0
			}
			continue
		}
		if c == '"' || c == '\'' {
			quote = c
		} else if c == '>' {
			n = i
			break
		} else if c == '<' {
			return t, false
		}
	}
	if n < 0 {
		return t, false
	}
	in := s.b[:n]
	s.b = s.b[n+1:]
	if len(in) > 0 && in[0] == '/' {
		t.end, in = true, in[1:]
	} else if len(in) > 0 && in[len(in)-1] == '/' {
		t.empty, in = true, in[:len(in)-1]
	}
	if i := bytes.IndexAny(in, " \t\r\n"); i >= 0 {
		in, t.attrs = in[:i], in[i:]
	}
	t.name = in[bytes.IndexByte(in, ':')+1:]
	return t, len(in) > 0
}

// attr returns the next attribute of a tag.
func (t *tag) attr() (name, value []byte, ok bool) {
	b := bytes.TrimLeft(t.attrs, " \t\r\n")
	eq := bytes.IndexByte(b, '=')
	if eq < 0 {
		return nil, nil, false
	}
	name = bytes.TrimRight(b[:eq], " \t\r\n")
	b = bytes.TrimLeft(b[eq+1:], " \t\r\n")
	if len(b) < 2 || b[0] != '"' && b[0] != '\'' {
		return nil, nil, false
	}
	end := bytes.IndexByte(b[1:], b[0])
	if end < 0 {
		return nil, nil, false
	}
	t.attrs = b[end+2:]
	return name, unescape(b[1 : 1+end]), true
}

// unescape resolves references; without any it copies nothing.
func unescape(b []byte) []byte {
	i := bytes.IndexByte(b, '&')
	if i < 0 {
		return b
	}
	out := append(make([]byte, 0, len(b)), b[:i]...)
	for b = b[i:]; len(b) > 0; {
		if b[0] == '&' {
			if end := bytes.IndexByte(b[:min(len(b), maxReference)], ';'); end > 0 {
				if r, ok := reference(b[1:end]); ok {
					out = append(out, string(r)...)
					b = b[end+1:]
					continue
				}
			}
		}
		out = append(out, b[0])
		b = b[1:]
	}
	return out
}

func reference(b []byte) (rune, bool) {
	switch string(b) {
	case "amp":
		return '&', true
	case "lt":
		return '<', true
	case "gt":
		return '>', true
	case "quot":
		return '"', true
	case "apos":
		return '\'', true
	}
	if len(b) < 2 || b[0] != '#' {
		return 0, false
	}
	base, digits := rune(10), b[1:]
	if b[1] == 'x' {
		base, digits = 16, b[2:]
	}
	r := rune(0)
	for _, c := range digits {
		d := rune(99)
		switch {
		case c >= '0' && c <= '9':
			d = rune(c - '0')
		case c >= 'a' && c <= 'f':
			d = rune(c-'a') + 10
		case c >= 'A' && c <= 'F':
			d = rune(c-'A') + 10
		}
		if d >= base {
			return 0, false
		}
		r = r*base + d
	}
	return r, len(digits) > 0
}
