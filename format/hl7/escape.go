package hl7

import "bytes"

// Escaped reports whether a value holds an escape sequence or might.
func (d *Delims) Escaped(v []byte) bool {
	return d.Esc != 0 && bytes.IndexByte(v, d.Esc) >= 0
}

// Unescape appends v to dst with its escape sequences undone: \F\ \S\ \T\ \R\ \E\
// \P\ become delimiters, \Xhh..\ bytes, and formatting (\.br\, \H\, \N\, \Cxxyy\,
// \Mxxyyzz\, \Z..\) disappears. What is no sequence stays as it is.
func (d *Delims) Unescape(dst, v []byte) []byte {
	if d.Esc == 0 {
		return append(dst, v...)
	}
	for {
		i := bytes.IndexByte(v, d.Esc)
		if i < 0 {
			return append(dst, v...)
		}
		dst = append(dst, v[:i]...)
		n := bytes.IndexByte(v[i+1:], d.Esc)
		if n < 0 {
			return append(dst, v[i:]...)
		}
		dst = d.sequence(dst, v[i+1:i+1+n])
		v = v[i+n+2:]
	}
}

func (d *Delims) sequence(dst, s []byte) []byte {
	if len(s) == 0 {
		return append(dst, d.Esc, d.Esc)
	}
	switch s[0] {
	case 'X':
		for h := s[1:]; len(h) >= 2; h = h[2:] {
			a, b := hex(h[0]), hex(h[1])
			if a > 15 || b > 15 {
				break
			}
			dst = append(dst, a<<4|b)
		}
		return dst
	case '.', 'C', 'M', 'Z', 'H', 'N':
		return dst
	}
	if len(s) == 1 {
		switch s[0] {
		case 'F':
			return append(dst, d.Sep)
		case 'S':
			return append(dst, d.Comp)
		case 'T':
			return append(dst, d.Sub)
		case 'R':
			return append(dst, d.Rep)
		case 'E':
			return append(dst, d.Esc)
		case 'P':
			return append(dst, '#')
		}
	}
	dst = append(dst, d.Esc)
	dst = append(dst, s...)
	return append(dst, d.Esc)
}

func hex(c byte) byte {
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
