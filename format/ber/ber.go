// Package ber reads the ASN.1 Basic Encoding Rules (ITU-T X.690 section 8) as far
// as LDAP and Kerberos need them: definite lengths, in short and long form,
// minimal or not. It copies nothing and never panics.
package ber

// Tags that both protocols use.
const (
	Integer     = 0x02
	OctetString = 0x04
	OID         = 0x06
	Enumerated  = 0x0a
	Sequence    = 0x30
	Set         = 0x31
)

// Context returns the constructed context-specific tag [n].
func Context(n byte) byte { return 0xa0 | n }

// maxLength is the most that a length may say: more is a misfit.
const maxLength = 1 << 30

// Header reads a tag and length. total is the element's whole length: 0 when more
// bytes are needed to know, negative when b starts no element of this kind.
func Header(b []byte) (tag byte, header, total int) {
	if len(b) < 2 {
		return 0, 0, 0
	}
	tag = b[0]
	if tag&0x1f == 0x1f { // tags of more than one byte are used by neither
		return 0, 0, -1
	}
	if b[1] < 0x80 {
		return tag, 2, 2 + int(b[1])
	}
	n := int(b[1] & 0x7f)
	if n == 0 || n > 4 {
		return 0, 0, -1
	}
	if len(b) < 2+n {
		return 0, 0, 0
	}
	length := 0
	for _, v := range b[2 : 2+n] {
		length = length<<8 | int(v)
	}
	if length > maxLength {
		return 0, 0, -1
	}
	return tag, 2 + n, 2 + n + length
}

// Reader walks through the elements in b.
type Reader struct{ B []byte }

// Next returns the next element; ok is false at the end or at a misfit.
func (r *Reader) Next() (tag byte, value []byte, ok bool) {
	tag, header, total := Header(r.B)
	if total <= 0 || total > len(r.B) {
		r.B = nil
		return 0, nil, false
	}
	value = r.B[header:total]
	r.B = r.B[total:]
	return tag, value, true
}

// Take returns the next element's value if it has this tag; otherwise it leaves
// it and returns nil, false: an optional element that is absent.
func (r *Reader) Take(tag byte) ([]byte, bool) {
	if len(r.B) == 0 || r.B[0] != tag {
		return nil, false
	}
	_, value, ok := r.Next()
	return value, ok
}

// Find returns the value of the first remaining element with this tag and leaves
// the reader after it.
func (r *Reader) Find(tag byte) ([]byte, bool) {
	for {
		t, value, ok := r.Next()
		if !ok {
			return nil, false
		}
		if t == tag {
			return value, true
		}
	}
}

// Inner returns the value of the element with this tag that is all that b holds
// at its start (an explicit tag's content).
func Inner(b []byte, tag byte) ([]byte, bool) {
	r := Reader{b}
	return r.Take(tag)
}

// Int reads the value of an INTEGER or ENUMERATED of at most eight bytes.
func Int(value []byte) (int64, bool) {
	if len(value) == 0 || len(value) > 8 {
		return 0, false
	}
	v := int64(int8(value[0]))
	for _, b := range value[1:] {
		v = v<<8 | int64(b)
	}
	return v, true
}
