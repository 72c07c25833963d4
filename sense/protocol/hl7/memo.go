package hl7

import (
	"bytes"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// memo remembers the last token of a kind in a stream: what follows each other
// (admission, orders, results) mostly concerns one patient, and comparing is much
// cheaper than a keyed digest.
type memo struct {
	tok  ward.Token
	na   uint8 // length of the authority
	nv   uint8
	have bool
	raw  [44]byte // authority, then value
}

func (m *memo) token(c *sense.Context, kind ward.TokenKind, authority, value []byte) ward.Token {
	if m.have && int(m.na) == len(authority) && int(m.nv) == len(value) &&
		bytes.Equal(m.raw[:m.na], authority) && bytes.Equal(m.raw[m.na:m.na+m.nv], value) {
		return m.tok
	}
	t := c.Token(kind, authority, value)
	if len(authority)+len(value) <= len(m.raw) {
		m.tok, m.have = t, true
		m.na, m.nv = uint8(len(authority)), uint8(len(value))
		copy(m.raw[:], authority)
		copy(m.raw[m.na:], value)
	}
	return t
}
