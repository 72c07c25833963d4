// Package astm reads laboratory instrument messages: records of ASTM E1394-97
// (CLSI LIS02-A2, chapters 5 delimiters and 6 to 14 record types) and frames of
// ASTM E1381-02 (CLSI LIS01-A2, 6.3 frames and 6.3.1.2 checksum).
//
// Nothing is copied or allocated: fields are parts of the slice that was given.
package astm

import "bytes"

// Control characters of E1381.
const (
	STX = 0x02
	ETX = 0x03
	EOT = 0x04
	ENQ = 0x05
	ACK = 0x06
	NAK = 0x15
	ETB = 0x17
)

// Delims are the delimiters that a header record declares. Zero means none.
type Delims struct {
	Field, Repeat, Component, Escape byte
}

// Standard returns the usual delimiters, |\^&.
func Standard() Delims { return Delims{'|', '\\', '^', '&'} }

// ParseDelims reads the delimiters of a header record, "H|\^&…".
func ParseDelims(record []byte) (Delims, bool) {
	if len(record) < 5 || record[0] != 'H' {
		return Delims{}, false
	}
	for _, c := range record[1:5] {
		if !delimiter(c) {
			return Delims{}, false
		}
	}
	return Delims{record[1], record[2], record[3], record[4]}, true
}

func delimiter(c byte) bool {
	return c > ' ' && c < 0x7f && !(c >= '0' && c <= '9') && !(c >= 'A' && c <= 'Z') && !(c >= 'a' && c <= 'z')
}

// Type returns a record's type letter, 0 if it has none: H header, P patient, O
// order, R result, C comment, Q request, M manufacturer, S scientific, L end.
func (d Delims) Type(record []byte) byte {
	if len(record) == 0 || len(record) > 1 && record[1] != d.Field {
		return 0
	}
	switch c := record[0]; c {
	case 'H', 'P', 'O', 'R', 'C', 'Q', 'M', 'S', 'L':
		return c
	}
	return 0
}

// Fields cuts a record: dst[i] becomes field i+1 as the standard counts (the type
// is field 1), nil where there is none. In a header the delimiters are field 2.
func (d Delims) Fields(record []byte, dst [][]byte) {
	for i := range dst {
		if record == nil {
			dst[i] = nil
			continue
		}
		n := bytes.IndexByte(record, d.Field)
		if n < 0 {
			dst[i], record = record, nil
			continue
		}
		dst[i], record = record[:n], record[n+1:]
	}
}

// Part returns component n (from 1) of a field's first repetition.
func (d Delims) Part(field []byte, n int) []byte {
	if i := bytes.IndexByte(field, d.Repeat); i >= 0 {
		field = field[:i]
	}
	for ; n > 1; n-- {
		i := bytes.IndexByte(field, d.Component)
		if i < 0 {
			return nil
		}
		field = field[i+1:]
	}
	if i := bytes.IndexByte(field, d.Component); i >= 0 {
		field = field[:i]
	}
	return field
}

// Checksum is the sum of the bytes from the frame number through ETB or ETX.
func Checksum(b []byte) (sum byte) {
	for _, c := range b {
		sum += c
	}
	return sum
}

// Hex reads a checksum's two digits.
func Hex(a, b byte) (byte, bool) {
	x, y := digit(a), digit(b)
	return x<<4 | y, x < 16 && y < 16
}

func digit(c byte) byte {
	switch {
	case c >= '0' && c <= '9':
		return c - '0'
	case c >= 'A' && c <= 'F':
		return c - 'A' + 10
	case c >= 'a' && c <= 'f':
		return c - 'a' + 10
	}
	return 255
}
