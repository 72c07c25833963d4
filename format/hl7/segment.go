package hl7

import "bytes"

// Segment IDs that readers ask for, as ID returns them.
const (
	MSH = 'M'<<16 | 'S'<<8 | 'H'
	FHS = 'F'<<16 | 'H'<<8 | 'S'
	BHS = 'B'<<16 | 'H'<<8 | 'S'
	BTS = 'B'<<16 | 'T'<<8 | 'S'
	FTS = 'F'<<16 | 'T'<<8 | 'S'
	MSA = 'M'<<16 | 'S'<<8 | 'A'
	ERR = 'E'<<16 | 'R'<<8 | 'R'
	SFT = 'S'<<16 | 'F'<<8 | 'T'
	EVN = 'E'<<16 | 'V'<<8 | 'N'
	PID = 'P'<<16 | 'I'<<8 | 'D'
	PV1 = 'P'<<16 | 'V'<<8 | '1'
	MRG = 'M'<<16 | 'R'<<8 | 'G'
	ORC = 'O'<<16 | 'R'<<8 | 'C'
	OBR = 'O'<<16 | 'B'<<8 | 'R'
	OBX = 'O'<<16 | 'B'<<8 | 'X'
	PRT = 'P'<<16 | 'R'<<8 | 'T'
	DEV = 'D'<<16 | 'E'<<8 | 'V'
	RXO = 'R'<<16 | 'X'<<8 | 'O'
	RXE = 'R'<<16 | 'X'<<8 | 'E'
	RXG = 'R'<<16 | 'X'<<8 | 'G'
	RXA = 'R'<<16 | 'X'<<8 | 'A'
	RXR = 'R'<<16 | 'X'<<8 | 'R'
	QRD = 'Q'<<16 | 'R'<<8 | 'D'
	QPD = 'Q'<<16 | 'P'<<8 | 'D'
)

// ID returns the three letters of a segment's name as a number, 0 if it is too
// short to have one.
func ID(seg []byte) uint32 {
	if len(seg) < 3 {
		return 0
	}
	return uint32(seg[0])<<16 | uint32(seg[1])<<8 | uint32(seg[2])
}

// NextSegment cuts the first segment off b, without its terminator. Empty lines
// are skipped; seg is empty only when nothing is left.
func NextSegment(b []byte) (seg, rest []byte) {
	for len(b) > 0 {
		i := IndexEither(b, '\r', '\n')
		if i < 0 {
			return b, nil
		}
		seg, b = b[:i], b[i+1:]
		if len(seg) > 0 {
			return seg, b
		}
	}
	return nil, nil
}

// Field returns field n of a segment, nil if it has none. Fields count as the
// standard counts them: MSH-1 is the separator itself, so MSH-3 is the first
// field behind the encoding characters.
func (d *Delims) Field(seg []byte, n int) []byte {
	if IsHeader(seg) {
		switch n {
		case 0, 1:
			return seg[3:4]
		}
		n--
	}
	i := 0
	if n > 0 {
		i = Nth(seg, d.Sep, n)
		if i < 0 {
			return nil
		}
		i++
	}
	return upTo(seg[i:], d.Sep)
}

// Fields cuts a whole segment in one pass: dst[i] becomes what Field(seg, i)
// returns (for a header segment Field(seg, i+1)). It returns how many were there.
func (d *Delims) Fields(seg []byte, dst [][]byte) int {
	n := 0
	for n < len(dst) {
		i := bytes.IndexByte(seg, d.Sep)
		if i < 0 {
			dst[n] = seg
			n++
			break
		}
		dst[n], seg = seg[:i], seg[i+1:]
		n++
	}
	for i := n; i < len(dst); i++ {
		dst[i] = nil
	}
	return n
}

// Component returns component n (from 1) of a field or repetition.
func (d *Delims) Component(field []byte, n int) []byte { return part(field, d.Comp, n) }

// SubComponent returns subcomponent n (from 1) of a component.
func (d *Delims) SubComponent(component []byte, n int) []byte { return part(component, d.Sub, n) }

// Repetition cuts the first repetition off a field.
func (d *Delims) Repetition(field []byte) (first, rest []byte) {
	if d.Rep == 0 {
		return field, nil
	}
	if i := bytes.IndexByte(field, d.Rep); i >= 0 {
		return field[:i], field[i+1:]
	}
	return field, nil
}

func upTo(b []byte, sep byte) []byte {
	for i, c := range b {
		if c == sep {
			return b[:i]
		}
	}
	return b
}

func part(b []byte, sep byte, n int) []byte {
	if sep == 0 {
		if n == 1 {
			return b
		}
		return nil
	}
	start := 0
	for i, c := range b {
		if c != sep {
			continue
		}
		if n--; n == 0 {
			return b[start:i]
		}
		start = i + 1
	}
	if n == 1 {
		return b[start:]
	}
	return nil
}
