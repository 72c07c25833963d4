package privacy

import (
	"bytes"
	"encoding/binary"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Caps of a Scrubber. Over all a site's 64 shards they bound its memory.
const (
	maxCached   = 512     // texts remembered in each of two generations
	maxCacheKey = 160     // bytes of a text that is worth remembering
	maxScratch  = 4 << 10 // bytes kept for hashing between calls
	maxPairs    = 4096    // rotation pairs waiting to be taken
)

// Pair is one value's tokens of two epochs.
type Pair struct{ Old, New ward.Token }

// Scrubber implements sense.Privacy for one shard. It is not safe for concurrent use.
type Scrubber struct {
	v        *Vocabulary
	number   uint16
	digest   *[keySize]byte
	macs     [purposes]*cmac
	previous *Scrubber // the old epoch in a rotation's overlap
	pairs    []Pair
	paired   map[ward.Token]struct{}
	scratch  []byte

	young, old [sense.ClassCode + 1]map[string]string
	cached     int
	echo       echo
	text       text
}

var _ sense.Privacy = (*Scrubber)(nil)

// Scrubber returns the privacy of one shard.
func (k *Keeper) Scrubber(v *Vocabulary) *Scrubber {
	s := newScrubber(k.current(), v)
	if k.Overlap() {
		s.previous = newScrubber(&k.epochs[0], v)
		s.paired = map[ward.Token]struct{}{}
	}
	return s
}

func newScrubber(e *epoch, v *Vocabulary) *Scrubber {
	s := &Scrubber{v: v, number: e.number, digest: e.key(forDigest)}
	for p := range purposes {
		s.macs[p] = newCMAC(e.key(p))
	}
	s.echo.seed = binary.LittleEndian.Uint64(e.key(forEcho)[:])
	return s
}

// DigestKey implements sense.Privacy.
func (s *Scrubber) DigestKey() *[32]byte { return s.digest }

// Token implements sense.Privacy. A patient's, visit's, order's, staff member's or
// named person's value is remembered for a while, so that Text keeps it nowhere.
func (s *Scrubber) Token(kind ward.TokenKind, authority, value []byte) ward.Token {
	value, authority = trim(value), trim(authority)
	if len(value) == 0 || kind == ward.TokenNone {
		return ward.Token{}
	}
	t := s.tokenOf(kind, authority, value)
	if s.previous != nil {
		s.pair(s.previous.tokenOf(kind, authority, value), t)
	}
	switch kind {
	case ward.TokenPatient, ward.TokenVisit, ward.TokenOrder, ward.TokenSerial, ward.TokenStaff, ward.TokenName:
		if s.echo.add(s.v, kind, value) {
			s.forget()
		}
	}
	return t
}

func (s *Scrubber) pair(old, now ward.Token) {
	if _, ok := s.paired[now]; ok || len(s.pairs) >= maxPairs {
		return
	}
	if len(s.paired) >= maxPairs {
		clear(s.paired)
	}
	s.paired[now] = struct{}{}
	s.pairs = append(s.pairs, Pair{old, now})
}

// TakePairs returns the pairs of old and new tokens since the last call; in a
// rotation's overlap they must be passed on with the observations.
func (s *Scrubber) TakePairs() []Pair {
	p := s.pairs
	s.pairs = nil
	return p
}

func (s *Scrubber) tokenOf(kind ward.TokenKind, authority, value []byte) ward.Token {
	b := append(s.scratch[:0], byte(kind))
	b = binary.BigEndian.AppendUint32(b, uint32(len(authority)))
	for _, c := range authority {
		b = append(b, lower(c))
	}
	b = append(b, value...)
	sum := s.macs[purposeOf(kind)].sum(b)
	if s.scratch = b; cap(b) > maxScratch {
		s.scratch = nil
	}
	return ward.Token{Kind: kind, Epoch: s.number, Sum: sum}
}

// Text implements sense.Privacy.
//
// A string is first decoded (UTF-16, percent escapes), invisible and control
// characters are dropped, and 256 bytes of it are looked at. Then:
//
//   - A word is kept if it is vocabulary of its class and no person's name. Words
//     joined without separator (PUMPGW, MainRoom) are kept if all their parts are.
//   - Names, drugs and serials are kept whole or not at all.
//   - Of a name (of host, application, path, department ...) at most four digits
//     are kept, none that could be a year, a day and month, or a bed's number.
//   - Models and software keep words such as MX800, 9.2p1 or VB10: up to four
//     letters and four digits, and dotted versions of up to twelve digits.
//   - Nothing that could be a date, a telephone or social security number is kept.
//     Dates are denied in any order and with any separator, except that a version
//     may look like 5.10.42 (its numbers not all written with two digits) and a year
//     from 2000 on may stand alone in a software's name (Windows Server 2019).
//   - An IP address is no host name: it has its own place in an observation.
//   - Serials need letters and three digits in a serial's shape.
//   - Whatever was recently seen as an identity (see Token) is kept nowhere, even
//     where it is vocabulary, whatever its case, separators and leading zeros.
//
// Everything else is replaced by short tokens; a string of which nothing or little
// remains becomes one.
func (s *Scrubber) Text(class sense.Class, raw []byte) string {
	raw = trim(raw)
	if len(raw) == 0 {
		return ""
	}
	if class > sense.ClassCode {
		class = sense.ClassName
	}
	if len(raw) > maxCacheKey {
		return s.clean(class, raw)
	}
	if t, ok := s.young[class][string(raw)]; ok {
		return t
	}
	t, ok := s.old[class][string(raw)]
	if !ok {
		t = s.clean(class, raw)
	}
	if s.cached >= maxCached {
		s.old, s.young, s.cached = s.young, [sense.ClassCode + 1]map[string]string{}, 0
		if s.echo.asked.full() { // what the older generation asked was dropped with it
			s.forget()
		}
	}
	if s.young[class] == nil {
		s.young[class] = map[string]string{}
	}
	s.young[class][string(raw)] = t
	s.cached++
	return t
}

// forget empties the cache: an answer in it may keep what is now an identity.
func (s *Scrubber) forget() {
	clear(s.young[:])
	clear(s.old[:])
	s.cached = 0
	s.echo.asked.reset()
}

// shortToken appends "~" and ten characters for a word that is not kept.
func (s *Scrubber) shortToken(b, word []byte) []byte {
	t := s.tokenOf(ward.TokenName, nil, trim(word))
	const digits = "0123456789abcdefghjkmnpqrstvwxyz" // as ward.Token's text
	bits := binary.BigEndian.Uint64(t.Sum[:])
	b = append(b, '~')
	for i := range 10 {
		b = append(b, digits[bits>>(59-5*i)&31])
	}
	return b
}

const shortTokenSize = 11

// trim cuts white space, controls and NUL at both ends.
func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] <= ' ' || b[0] == 0x7f) {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] <= ' ' || b[len(b)-1] == 0x7f) {
		b = b[:len(b)-1]
	}
	return b
}

func lower(c byte) byte {
	if 'A' <= c && c <= 'Z' {
		return c + 'a' - 'A'
	}
	return c
}

// isUTF16 guesses whether b is UTF-16 and in which byte order.
func isUTF16(b []byte) (order binary.ByteOrder, ok bool) {
	switch {
	case bytes.HasPrefix(b, []byte{0xff, 0xfe}):
		return binary.LittleEndian, true
	case bytes.HasPrefix(b, []byte{0xfe, 0xff}):
		return binary.BigEndian, true
	}
	var zeros [2]int
	for i, c := range b {
		if c == 0 {
			zeros[i&1]++
		}
	}
	half := len(b) / 2
	switch {
	case half >= 2 && zeros[1] > half/2 && zeros[0] == 0:
		return binary.LittleEndian, true
	case half >= 2 && zeros[0] > half/2 && zeros[1] == 0:
		return binary.BigEndian, true
	}
	return nil, false
}
