package privacy

import (
	"encoding/binary"
	"math/bits"

	"wardkeeper/ward"
)

// Caps of an echo.
const (
	echoSize   = 2048 // identities remembered, oldest forgotten first
	echoSlots  = 4096 // of its hash table, a power of two
	askedSlots = 8192
	minEcho    = 3 // letters and digits of a value that is remembered
	minDigits  = 5 // digits that are remembered without the letters around them
	maxEcho    = 96
	maxAccount = 8 // letters of the longest generic login
)

// echo remembers identities that were lately seen, as keyed hashes of their letters
// and digits in lower case without separators and leading zeros, and which such
// hashes the cached texts depend on.
type echo struct {
	seed  uint64   // from the key, so that the same input gives the same answers
	ring  []uint64 // nil until the first identity
	next  int
	slots []uint64
	asked hashSet
}

// add remembers an identity and reports whether a cached text may keep it.
func (e *echo) add(v *Vocabulary, kind ward.TokenKind, value []byte) bool {
	if e.ring == nil {
		e.ring, e.slots = make([]uint64, echoSize), make([]uint64, echoSlots)
	}
	stale := false
	var buf [maxEcho]byte
	whole := squeeze(buf[:0], value)
	put := func(b []byte) {
		if len(b) < minEcho || len(b) <= maxAccount && !isDigit(b[0]) && v.words[string(b)]&account != 0 {
			return
		}
		stale = e.put(e.hash(b)) || stale
	}
	put(whole)
	if d := digitCore(whole); len(d) >= minDigits && len(d) < len(whole) {
		put(d)
	}
	// Components: of a name at any separator, else at HL7's and DICOM's.
	start := 0
	for i := 0; i <= len(value); i++ {
		if i < len(value) && !splits(kind, value[i]) {
			continue
		}
		if i-start >= minEcho && i-start < len(value) {
			put(squeeze(buf[:0], value[start:i]))
		}
		start = i + 1
	}
	return stale
}

func splits(kind ward.TokenKind, c byte) bool {
	if c == '^' || c == '&' || c == '=' || c == '|' {
		return true
	}
	return (kind == ward.TokenName || kind == ward.TokenStaff) && c < 0x80 && !letterOrDigit(c)
}

func (e *echo) hash(b []byte) uint64 {
	h := e.seed ^ uint64(len(b))
	for ; len(b) >= 8; b = b[8:] {
		h = mix(h ^ binary.LittleEndian.Uint64(b))
	}
	var tail [8]byte
	copy(tail[:], b)
	return mix(h ^ binary.LittleEndian.Uint64(tail[:]))
}

func mix(x uint64) uint64 {
	hi, lo := bits.Mul64(x^0x9e3779b97f4a7c15, 0xd6e8feb86659fd93)
	return hi ^ lo
}

// put adds h and reports whether it is new and was asked for.
func (e *echo) put(h uint64) bool {
	h |= 1 // zero marks an empty slot
	if e.find(h) {
		return false
	}
	if gone := e.ring[e.next]; gone != 0 {
		e.remove(gone)
	}
	e.ring[e.next] = h
	e.next = (e.next + 1) % echoSize
	i := h >> 1 % echoSlots
	for e.slots[i] != 0 {
		i = (i + 1) % echoSlots
	}
	e.slots[i] = h
	return e.asked.has(h)
}

func (e *echo) find(h uint64) bool {
	for i := h >> 1 % echoSlots; e.slots[i] != 0; i = (i + 1) % echoSlots {
		if e.slots[i] == h {
			return true
		}
	}
	return false
}

// remove deletes h and moves up what collided with it (linear probing).
func (e *echo) remove(h uint64) {
	i := h >> 1 % echoSlots
	for e.slots[i] != h {
		if e.slots[i] == 0 {
			return
		}
		i = (i + 1) % echoSlots
	}
	for j := (i + 1) % echoSlots; e.slots[j] != 0; j = (j + 1) % echoSlots {
		home := e.slots[j] >> 1 % echoSlots
		if (j-home)%echoSlots >= (j-i)%echoSlots {
			e.slots[i] = e.slots[j]
			i = j
		}
	}
	e.slots[i] = 0
}

// has reports whether the squeezed value was lately an identity, and notes that an
// answer depends on it.
func (e *echo) has(b []byte) bool {
	if len(b) < minEcho {
		return false
	}
	h := e.hash(b) | 1
	e.asked.add(h)
	return e.ring != nil && e.find(h)
}

// squeeze appends value's letters and digits in lower case without leading zeros.
func squeeze(b, value []byte) []byte {
	for _, c := range value {
		if len(b) == cap(b) || len(b) == maxEcho {
			break
		}
		if c >= 0x80 || letterOrDigit(c) && (c != '0' || len(b) > 0) {
			b = append(b, lower(c))
		}
	}
	return b
}

// digitCore returns the longest run of digits, without leading zeros.
func digitCore(b []byte) []byte {
	var best []byte
	for i := 0; i < len(b); i++ {
		j := i
		for j < len(b) && isDigit(b[j]) {
			j++
		}
		k := i
		for k < j && b[k] == '0' {
			k++
		}
		if j-k > len(best) {
			best = b[k:j]
		}
		i = j
	}
	return best
}

func isDigit(c byte) bool       { return '0' <= c && c <= '9' }
func isLetter(c byte) bool      { return 'a' <= c|0x20 && c|0x20 <= 'z' }
func letterOrDigit(c byte) bool { return isDigit(c) || isLetter(c) }

// hashSet is a bounded set of the upper halves of hashes: it may answer yes wrongly,
// which costs a cache, and does so for all when it is full.
type hashSet struct {
	slots []uint32
	n     int
}

func (s *hashSet) full() bool { return s.n >= askedSlots/2 }

func (s *hashSet) reset() {
	clear(s.slots)
	s.n = 0
}

func (s *hashSet) add(hash uint64) {
	if s.full() {
		return
	}
	if s.slots == nil {
		s.slots = make([]uint32, askedSlots)
	}
	h := uint32(hash>>32) | 1
	i := h >> 1 % askedSlots
	for s.slots[i] != 0 {
		if s.slots[i] == h {
			return
		}
		i = (i + 1) % askedSlots
	}
	s.slots[i] = h
	s.n++
}

func (s *hashSet) has(hash uint64) bool {
	if s.full() {
		return true
	}
	if s.slots == nil {
		return false
	}
	h := uint32(hash>>32) | 1
	for i := h >> 1 % askedSlots; s.slots[i] != 0; i = (i + 1) % askedSlots {
		if s.slots[i] == h {
			return true
		}
	}
	return false
}
