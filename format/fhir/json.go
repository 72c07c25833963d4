package fhir

import "bytes"

// Tree takes a document as a tree: JSON objects and XML elements open and close,
// JSON scalars and XML "value" attributes are values. The elements of an array
// come one by one under the array's name. Slices are only valid during the call.
type Tree interface {
	Open(name []byte)
	Value(name, value []byte, whole bool) // whole is false where value was cut
	Close()
}

// Caps of the readers.
const (
	MaxValue = 512 // bytes of a value or name that are kept
	maxDepth = 64  // levels; a document that is deeper is given up
)

// JSON reads JSON texts (RFC 8259), one or several after another, in pieces of any
// size. It is lenient: what matters is the tree, not the validity of numbers.
type JSON struct {
	tree   Tree
	levels []level
	state  jsonState
	value  []byte // string or bare word being read
	cut    bool
	isKey  bool
	hex    int // digits of \u still to come
	rune   rune
	high   rune // high surrogate that waits for its low one
	bad    bool
}

type level struct {
	array bool
	name  []byte // of the member being read; for an array the array's name
}

type jsonState uint8

const (
	between jsonState = iota
	inString
	inEscape
	inHex
	inBare
)

// NewJSON returns a reader that tells tree what it reads.
func NewJSON(tree Tree) *JSON { return &JSON{tree: tree} }

// Bad reports that what came is not JSON; the rest is ignored.
func (j *JSON) Bad() bool { return j.bad }

// Write reads a piece.
func (j *JSON) Write(b []byte) {
	for len(b) > 0 && !j.bad {
		b = b[j.step(b):]
	}
}

func (j *JSON) step(b []byte) int {
	switch j.state {
	case inString:
		i := indexEither(b)
		if i < 0 {
			j.keep(b)
			return len(b)
		}
		j.keep(b[:i])
		if b[i] == '"' {
			j.endString()
		} else {
			j.state = inEscape
		}
		return i + 1
	case inEscape:
		j.escape(b[0])
		return 1
	case inHex:
		j.hexDigit(b[0])
		return 1
	case inBare:
		i := 0
		for i < len(b) && isBare(b[i]) {
			i++
		}
		j.keep(b[:i])
		if i < len(b) {
			j.endBare()
		}
		return i
	}
	return j.token(b)
}

// indexEither finds the first quote or backslash: byte by byte where it is near,
// by two fast scans in long content (attachments).
func indexEither(b []byte) int {
	const near = 32
	for i, c := range b[:min(len(b), near)] {
		if c == '"' || c == '\\' {
			return i
		}
	}
	q := bytes.IndexByte(b, '"')
	if q >= 0 {
		b = b[:q]
	}
	if e := bytes.IndexByte(b, '\\'); e >= 0 {
		return e
	}
	return q
}

func (j *JSON) token(b []byte) int {
	switch c := b[0]; c {
	case ' ', '\t', '\r', '\n', ',', ':', 0xef, 0xbb, 0xbf, 0x1e:
	case '{', '[':
		j.open(c == '[')
	case '}', ']':
		j.close(c == ']')
	case '"':
		j.value, j.cut, j.state, j.high = j.value[:0], false, inString, 0
	default:
		if !isBare(c) || len(j.levels) == 0 {
			j.bad = true
			return 1
		}
		j.value, j.cut, j.state = j.value[:0], false, inBare
		return 0
	}
	return 1
}

func isBare(c byte) bool {
	return c >= '0' && c <= '9' || c >= 'a' && c <= 'z' || c >= 'A' && c <= 'Z' || c == '-' || c == '+' || c == '.'
}

func (j *JSON) open(array bool) {
	if len(j.levels) >= maxDepth {
		j.bad = true
		return
	}
	name := j.name()
	if !array {
		j.tree.Open(name)
	}
	n := len(j.levels)
	if n < cap(j.levels) {
		j.levels = j.levels[:n+1]
	} else {
		j.levels = append(j.levels, level{})
	}
	l := &j.levels[n]
	l.array, l.name = array, l.name[:0]
	if array {
		l.name = append(l.name, name...)
	}
	j.isKey = !array
}

func (j *JSON) close(array bool) {
	n := len(j.levels)
	if n == 0 || j.levels[n-1].array != array {
		j.bad = true
		return
	}
	j.levels = j.levels[:n-1]
	if !array {
		j.tree.Close()
	}
	j.next()
}

// next prepares for what follows a value.
func (j *JSON) next() {
	n := len(j.levels)
	j.isKey = n > 0 && !j.levels[n-1].array
}

// name of the value that begins now; empty at the root.
func (j *JSON) name() []byte {
	if n := len(j.levels); n > 0 {
		return j.levels[n-1].name
	}
	return nil
}

func (j *JSON) keep(b []byte) {
	room := MaxValue - len(j.value)
	if len(b) > room {
		b, j.cut = b[:room], true
	}
	j.value = append(j.value, b...)
}

func (j *JSON) endString() {
	j.state = between
	n := len(j.levels)
	if n == 0 {
		j.bad = true
		return
	}
	if j.isKey {
		j.levels[n-1].name = append(j.levels[n-1].name[:0], j.value...)
		j.isKey = false
		return
	}
	j.tree.Value(j.name(), j.value, !j.cut)
	j.next()
}

func (j *JSON) endBare() {
	j.state = between
	if j.isKey {
		j.bad = true
		return
	}
	if string(j.value) != "null" {
		j.tree.Value(j.name(), j.value, !j.cut)
	}
	j.next()
}

func (j *JSON) escape(c byte) {
	j.state = inString
	switch c {
	case 'u':
		j.state, j.hex, j.rune = inHex, 4, 0
		return
	case 'n':
		c = '\n'
	case 't':
		c = '\t'
	case 'r':
		c = '\r'
	case 'b', 'f':
		c = ' '
	}
	j.keep([]byte{c})
}

func (j *JSON) hexDigit(c byte) {
	switch {
	case c >= '0' && c <= '9':
		c -= '0'
	case c >= 'a' && c <= 'f':
		c -= 'a' - 10
	case c >= 'A' && c <= 'F':
		c -= 'A' - 10
	default:
		j.bad = true
		return
	}
	j.rune = j.rune<<4 | rune(c)
	if j.hex--; j.hex > 0 {
		return
	}
	j.state = inString
	r := j.rune
	switch {
	case r >= 0xd800 && r < 0xdc00:
		j.high = r
		return
	case r >= 0xdc00 && r < 0xe000 && j.high != 0:
		r = 0x10000 + (j.high-0xd800)<<10 + (r - 0xdc00)
	}
	j.high = 0
	j.keep([]byte(string(r)))
}
