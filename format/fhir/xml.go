package fhir

import "bytes"

// XML reads the XML form of FHIR (R5 2.1.3) in pieces of any size: elements without
// their namespaces, and their "value" attributes. Text, comments, declarations and
// foreign entities are skipped; nothing is expanded but the five predefined
// entities and character references.
type XML struct {
	tree  Tree
	depth int
	state xmlState
	tag   []byte // the tag being read, without brackets
	cut   bool
	quote byte
	match int // of an end mark
	value []byte
	bad   bool
}

type xmlState uint8

const (
	inText xmlState = iota
	inTag
	inComment // <!-- … -->
	inSection // <![CDATA[ … ]]>
)

const maxTag = 1024 // bytes of a tag that are kept

// NewXML returns a reader that tells tree what it reads.
func NewXML(tree Tree) *XML { return &XML{tree: tree} }

// Bad reports that what came is not XML as FHIR uses it.
func (x *XML) Bad() bool { return x.bad }

// Write reads a piece.
func (x *XML) Write(b []byte) {
	for len(b) > 0 && !x.bad {
		b = b[x.step(b):]
	}
}

func (x *XML) step(b []byte) int {
	switch x.state {
	case inComment:
		return x.skipTo(b, "-->")
	case inSection:
		return x.skipTo(b, "]]>")
	case inTag:
		return x.inTag(b)
	}
	i := bytes.IndexByte(b, '<')
	if i < 0 {
		return len(b)
	}
	x.state, x.tag, x.cut, x.quote = inTag, x.tag[:0], false, 0
	return i + 1
}

// skipTo skips past an end mark that may come in pieces.
func (x *XML) skipTo(b []byte, mark string) int {
	for i, c := range b {
		switch {
		case c == mark[x.match]:
			if x.match++; x.match == len(mark) {
				x.match, x.state = 0, inText
				return i + 1
			}
		case c == mark[0]:
			if x.match != 2 { // "--->" and "]]]>" keep two of the mark
				x.match = 1
			}
		default:
			x.match = 0
		}
	}
	return len(b)
}

func (x *XML) inTag(b []byte) int {
	for i, c := range b {
		switch {
		case x.quote != 0:
			if c == x.quote {
				x.quote = 0
			}
		case c == '>':
			x.endTag()
			return i + 1
		case c == '"' || c == '\'':
			x.quote = c
		}
		if len(x.tag) < maxTag {
			x.tag = append(x.tag, c)
		} else {
			x.cut = true
		}
		switch string(x.tag) {
		case "!--":
			x.state, x.match = inComment, 0
			return i + 1
		case "![CDATA[":
			x.state, x.match = inSection, 0
			return i + 1
		}
	}
	return len(b)
}

func (x *XML) endTag() {
	x.state = inText
	t := x.tag
	switch {
	case len(t) == 0:
		x.bad = true
	case t[0] == '?' || t[0] == '!':
	case t[0] == '/':
		if x.depth--; x.depth < 0 {
			x.bad = true
			return
		}
		x.tree.Close()
	default:
		x.element(t)
	}
}

func (x *XML) element(t []byte) {
	empty := t[len(t)-1] == '/' && !x.cut
	if empty {
		t = t[:len(t)-1]
	}
	end := bytes.IndexAny(t, " \t\r\n")
	if end < 0 {
		end = len(t)
	}
	name := t[:end]
	if i := bytes.IndexByte(name, ':'); i >= 0 {
		name = name[i+1:]
	}
	v, found := x.attribute(t[end:], "value")
	if found {
		x.tree.Value(name, v, !x.cut && len(v) < MaxValue)
	}
	if x.depth >= maxDepth {
		x.bad = true
		return
	}
	x.tree.Open(name)
	for _, attr := range [...]string{"id", "url"} { // the two that FHIR keeps as attributes
		if v, ok := x.attribute(t[end:], attr); ok {
			x.tree.Value([]byte(attr), v, !x.cut && len(v) < MaxValue)
		}
	}
	if empty {
		x.tree.Close()
		return
	}
	x.depth++
}

// attribute returns an attribute's value with its references resolved.
func (x *XML) attribute(t []byte, name string) ([]byte, bool) {
	for {
		eq := bytes.IndexByte(t, '=')
		if eq < 0 {
			return nil, false
		}
		key := bytes.TrimSpace(t[:eq])
		t = bytes.TrimLeft(t[eq+1:], " \t\r\n")
		if len(t) == 0 || t[0] != '"' && t[0] != '\'' {
			return nil, false
		}
		end := bytes.IndexByte(t[1:], t[0])
		if end < 0 {
			return nil, false
		}
		v := t[1 : 1+end]
		t = t[end+2:]
		if string(key) == name {
			return x.unescape(v), true
		}
	}
}

func (x *XML) unescape(v []byte) []byte {
	if bytes.IndexByte(v, '&') < 0 {
		return v
	}
	out := x.value[:0]
	for len(v) > 0 {
		semi := -1
		if v[0] == '&' {
			semi = bytes.IndexByte(v[:min(len(v), 12)], ';')
		}
		if semi < 0 {
			out = append(out, v[0])
			v = v[1:]
			continue
		}
		out = appendReference(out, v[1:semi])
		v = v[semi+1:]
	}
	x.value = out
	return out
}

func appendReference(out, name []byte) []byte {
	switch string(name) {
	case "amp":
		return append(out, '&')
	case "lt":
		return append(out, '<')
	case "gt":
		return append(out, '>')
	case "quot":
		return append(out, '"')
	case "apos":
		return append(out, '\'')
	}
	if len(name) < 2 || name[0] != '#' {
		return append(out, '?')
	}
	digits, base := name[1:], rune(10)
	if digits[0]|0x20 == 'x' {
		digits, base = digits[1:], 16
	}
	var r rune
	for _, c := range digits {
		d := rune(hexValue(c))
		if d < 0 || d >= base || r > 0x10ffff {
			return append(out, '?')
		}
		r = r*base + d
	}
	return append(out, string(r)...)
}

func hexValue(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}
