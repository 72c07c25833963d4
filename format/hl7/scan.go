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
	for ; i+8 <= len(b); i += 8 {
		z := zeroes(binary.LittleEndian.Uint64(b[i:]) ^ pattern)
		c := bits.OnesCount64(z)
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
