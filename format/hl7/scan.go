package hl7

import (
	"encoding/binary"
	"math/bits"
)

const (
	ones  = 0x0101010101010101
	lows  = 0x7f7f7f7f7f7f7f7f
	highs = 0x8080808080808080
)

// zeroes returns a word whose top bit of each byte tells where x has a zero byte,
// exactly (the shorter well-known form may also hit the byte above a zero).
func zeroes(x uint64) uint64 { return ^((x&lows + lows) | x | lows) }

// Nth returns where sep occurs for the n-th time (from 1) in b, or -1. It looks at
// eight bytes at once, which for the short fields of a segment is several times
// as fast as finding one separator after the other.
func Nth(b []byte, sep byte, n int) int {
	pattern := uint64(sep) * ones
	i := 0
	for ; i <= len(b)-8; i += 8 {
		z := zeroes(binary.LittleEndian.Uint64(b[i:i+8:len(b)]) ^ pattern)
		c := int((z >> 7) * ones >> 56) // how many; quicker than the population count that may be missing
		if c < n {
			n -= c
			continue
		}
		for ; n > 1; n-- {
			z &= z - 1
		}
		return i + bits.TrailingZeros64(z)>>3
	}
	for ; i < len(b); i++ {
		if b[i] == sep {
			if n--; n == 0 {
				return i
			}
		}
	}
	return -1
}

// Components cuts the first repetition of a field in one pass: dst[i] becomes
// component i+1, nil where there is none. rest holds the further repetitions.
func (d *Delims) Components(field []byte, dst [][]byte) (rest []byte) {
	comp, rep := d.Comp, d.Rep
	if comp == 0 {
		comp = d.Sep // cannot occur in a field
	}
	if rep == 0 {
		rep = d.Sep
	}
	pc, pr := uint64(comp)*ones, uint64(rep)*ones
	n, start, i := 0, 0, 0
	end := len(field)
	for ; i <= len(field)-8; i += 8 {
		w := binary.LittleEndian.Uint64(field[i : i+8 : len(field)])
		for z := zeroes(w^pc) | zeroes(w^pr); z != 0; z &= z - 1 {
			at := i + bits.TrailingZeros64(z)>>3
			if field[at] == rep {
				end, rest = at, field[at+1:]
				i = len(field)
				break
			}
			if n < len(dst) {
				dst[n] = field[start:at]
				n++
			}
			start = at + 1
		}
	}
	for ; i < len(field); i++ {
		if field[i] == rep {
			end, rest = i, field[i+1:]
			break
		}
		if field[i] == comp {
			if n < len(dst) {
				dst[n] = field[start:i]
				n++
			}
			start = i + 1
		}
	}
	if n < len(dst) {
		dst[n] = field[start:end]
		n++
	}
	for ; n < len(dst); n++ {
		dst[n] = nil
	}
	return rest
}

// IndexEither returns where a or c occurs first in b, or -1.
func IndexEither(b []byte, a, c byte) int {
	pa, pc := uint64(a)*ones, uint64(c)*ones
	i := 0
	for ; i+8 <= len(b); i += 8 {
		w := binary.LittleEndian.Uint64(b[i:])
		if z := (zeroes(w^pa) | zeroes(w^pc)) & highs; z != 0 {
			return i + bits.TrailingZeros64(z)>>3
		}
	}
	for ; i < len(b); i++ {
		if b[i] == a || b[i] == c {
			return i
		}
	}
	return -1
}
