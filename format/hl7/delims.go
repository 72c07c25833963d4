package hl7

// Delims are a message's delimiters, MSH-1 and MSH-2. A zero byte means that the
// message declares none.
type Delims struct {
	Sep, Comp, Rep, Esc, Sub byte
}

// Standard returns the delimiters that the standard recommends: |^~\&.
func Standard() Delims { return Delims{'|', '^', '~', '\\', '&'} }

// IsHeader reports whether a segment declares delimiters: MSH, FHS or BHS.
func IsHeader(seg []byte) bool {
	if len(seg) < 4 {
		return false
	}
	switch ID(seg) {
	case MSH, FHS, BHS:
		return delimiter(seg[3])
	}
	return false
}

// ParseDelims reads the delimiters that a header segment declares. Encoding
// characters that are missing or absurd count as not declared.
func ParseDelims(seg []byte) (Delims, bool) {
	if !IsHeader(seg) {
		return Delims{}, false
	}
	d := Delims{Sep: seg[3]}
	for i, p := range [...]*byte{&d.Comp, &d.Rep, &d.Esc, &d.Sub} {
		at := 4 + i
		if at >= len(seg) || seg[at] == d.Sep || !delimiter(seg[at]) {
			break
		}
		*p = seg[at]
	}
	return d, true
}

// delimiter reports whether b may delimit: printable, and no letter or digit.
func delimiter(b byte) bool {
	switch {
	case b <= ' ' || b >= 0x7f:
		return false
	case b >= '0' && b <= '9', b >= 'A' && b <= 'Z', b >= 'a' && b <= 'z':
		return false
	}
	return true
}
