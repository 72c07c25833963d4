package privacy

import (
	"encoding/binary"
	"unicode"
	"unicode/utf8"

	"wardkeeper/sense"
)

// Caps of one text.
const (
	maxRaw    = 1024 // bytes looked at
	maxText   = 256  // bytes of it after decoding
	maxOut    = 128  // bytes that may be kept
	maxWords  = 64   // words; with more the whole string is replaced
	maxTokens = 4    // words replaced; with more the whole string is
)

// text is the working memory for one string; it is used again for the next.
type text struct {
	class sense.Class
	b     []byte // decoded
	low   []byte // the words in lower case, one after the other
	words []word
	runs  []run // of digits
	out   []byte
	cat   []byte
	cut   bool // b is only the string's beginning
	codes bool // b names characters by number: no digit may stay
}

// word is a maximal run of letters and digits.
type word struct {
	start, end     int // in text.b
	lows, lowe     int // in text.low
	letters        int
	digits         int
	ascii          bool
	keep, noDigits bool
	phrase         bool // kept as part of a known phrase
	marks          mark // of the whole word
}

func (t *text) of(w *word) []byte    { return t.b[w.start:w.end] }
func (t *text) lowOf(w *word) []byte { return t.low[w.lows:w.lowe] }

// clean computes what Text caches.
func (s *Scrubber) clean(class sense.Class, raw []byte) string {
	t := &s.text
	t.decode(class, raw)
	if len(t.b) == 0 {
		return ""
	}
	if !t.split(s.v) {
		return s.whole()
	}
	t.checkDigits()
	switch {
	case class == sense.ClassSerial:
		if !s.serial() {
			return s.whole()
		}
	case class == sense.ClassMaker && s.maker():
	case class == sense.ClassCode && s.code():
	default:
		s.judge()
	}
	return s.render()
}

// decode fills t.b with raw as clean UTF-8.
func (t *text) decode(class sense.Class, raw []byte) {
	t.class, t.b, t.cut, t.codes = class, t.b[:0], false, false
	if len(raw) > maxRaw {
		raw, t.cut = raw[:maxRaw], true
	}
	if order, ok := isUTF16(raw); ok {
		t.decode16(order, raw)
	} else {
		t.decode8(raw)
	}
	for len(t.b) > 0 && t.b[len(t.b)-1] == ' ' {
		t.b = t.b[:len(t.b)-1]
	}
}

func (t *text) decode16(order binary.ByteOrder, raw []byte) {
	for len(raw) > 0 {
		r := rune(raw[0]) // of the last, trimming may have cut the zero
		if len(raw) >= 2 {
			r = rune(order.Uint16(raw))
		}
		raw = raw[min(2, len(raw)):]
		if r >= 0xd800 && r < 0xe000 { // the planes above hold no vocabulary
			r = utf8.RuneError
		}
		if r != 0xfeff && !t.put(r) {
			return
		}
	}
}

func (t *text) decode8(raw []byte) {
	for i := 0; i < len(raw); {
		c := raw[i]
		if c == '%' && i+2 < len(raw) {
			if hi, lo := unhex(raw[i+1]), unhex(raw[i+2]); hi >= 0 && lo >= 0 {
				// One escape may hide another: its percent sign must not stay readable.
				if v := byte(hi<<4 | lo); v >= 0x80 || v == '%' {
					t.codes = true
					t.put(utf8.RuneError)
				} else {
					t.put(rune(v))
				}
				i += 3
				continue
			}
		}
		if i+1 < len(raw) {
			switch d := raw[i+1]; {
			case c == '&' && d == '#', c == '\\' && (d == 'u' || d == 'x' || d == 'U'), c == '=' && d == '?':
				t.codes = true
			}
		}
		r, n := utf8.DecodeRune(raw[i:])
		if r == utf8.RuneError && n <= 1 {
			r = rune(c) // Latin-1
			if r < 0xc0 {
				r = utf8.RuneError
			}
		}
		i += n
		if !t.put(r) {
			return
		}
	}
}

// put appends r as it may stand in the text; false when the text is full.
func (t *text) put(r rune) bool {
	if len(t.b) >= maxText {
		t.cut = true
		return false
	}
	switch {
	case r < 0x80 && letterOrDigit(byte(r)):
		t.b = append(t.b, byte(r))
	case r == '~': // ours
		t.b = append(t.b, '-')
	case r > ' ' && r < 0x7f:
		t.b = append(t.b, byte(r))
	case r >= 0x80 && (wordRune(r) || r == '°'):
		t.b = utf8.AppendRune(t.b, r)
	case unicode.Is(unicode.Cf, r) || unicode.Is(unicode.Variation_Selector, r):
		// invisible
	default:
		if n := len(t.b); n > 0 && t.b[n-1] != ' ' {
			t.b = append(t.b, ' ')
		}
	}
	return true
}

func wordRune(r rune) bool {
	if r < 0x80 {
		return letterOrDigit(byte(r))
	}
	return unicode.IsLetter(r) || unicode.IsMark(r) || unicode.IsNumber(r) || r == utf8.RuneError
}

func unhex(c byte) int {
	switch {
	case isDigit(c):
		return int(c - '0')
	case 'a' <= c|0x20 && c|0x20 <= 'f':
		return int(c|0x20-'a') + 10
	}
	return -1
}

// split finds the words; false if there are too many.
func (t *text) split(v *Vocabulary) bool {
	t.words, t.low = t.words[:0], t.low[:0]
	var w word
	in := false
	end := func(at int) {
		if in {
			w.end, w.lowe, in = at, len(t.low), false
			w.marks = v.words[string(t.lowOf(&w))]
			t.words = append(t.words, w)
		}
	}
	for i := 0; i < len(t.b); {
		r, n := rune(t.b[i]), 1
		if r >= 0x80 {
			r, n = utf8.DecodeRune(t.b[i:])
		}
		if !wordRune(r) {
			end(i)
			i += n
			continue
		}
		if !in {
			w, in = word{start: i, lows: len(t.low), ascii: true}, true
		}
		switch {
		case r >= 0x80:
			w.ascii = false
			w.letters++
			t.low = utf8.AppendRune(t.low, unicode.ToLower(r))
		case isDigit(byte(r)):
			w.digits++
			t.low = append(t.low, byte(r))
		default:
			w.letters++
			t.low = append(t.low, lower(byte(r)))
		}
		i += n
	}
	if t.cut { // the last word may be half of one
		in = false
		if w.end == 0 {
			t.b = t.b[:w.start]
		}
	}
	end(len(t.b))
	return len(t.words) <= maxWords
}

// whole replaces the string by one token.
func (s *Scrubber) whole() string {
	t := &s.text
	t.cat = t.cat[:0]
	for _, c := range t.b {
		t.cat = append(t.cat, lower(c))
	}
	t.out = s.shortToken(t.out[:0], t.cat)
	return string(t.out)
}

// render writes what is kept and tokens for the rest.
func (s *Scrubber) render() string {
	t := &s.text
	s.dropEchoes()
	kept, dropped := 0, 0
	for i := range t.words {
		switch w := &t.words[i]; {
		case w.keep:
			kept++
		case i == 0 || !t.joined(i-1, i):
			dropped++
		}
	}
	if dropped > 0 && (kept == 0 || dropped > maxTokens || wholeOnly(t.class)) {
		return s.whole()
	}
	t.out = t.out[:0]
	at := 0
	for i := 0; i < len(t.words); i++ {
		w := &t.words[i]
		t.separators(at, w.start)
		first := w.start
		for !w.keep && i+1 < len(t.words) && t.joined(i, i+1) {
			i++
			w = &t.words[i]
		}
		at = w.end
		if w.keep {
			if len(t.out)+at-first > maxOut {
				return string(t.out)
			}
			t.out = append(t.out, t.b[first:at]...)
			continue
		}
		if len(t.out)+shortTokenSize > maxOut {
			return string(t.out)
		}
		t.cat = t.cat[:0]
		for _, c := range t.b[first:at] {
			t.cat = append(t.cat, lower(c))
		}
		t.out = s.shortToken(t.out, t.cat)
	}
	t.separators(at, len(t.b))
	return string(t.out)
}

func wholeOnly(c sense.Class) bool {
	return c == sense.ClassName || c == sense.ClassDrug || c == sense.ClassSerial
}

// joined reports whether two dropped neighbours are parts of one number, and so
// become one token.
func (t *text) joined(i, j int) bool {
	a, b := &t.words[i], &t.words[j]
	return !a.keep && !b.keep && a.letters == 0 && b.letters == 0 && b.start-a.end <= 2
}

func (t *text) separators(from, to int) {
	for i := from; i < to; {
		_, n := utf8.DecodeRune(t.b[i:])
		if len(t.out)+n > maxOut {
			return
		}
		t.out = append(t.out, t.b[i:i+n]...)
		i += n
	}
}

// dropEchoes drops every word that was lately an identity, alone or together with
// its neighbours.
func (s *Scrubber) dropEchoes() {
	t := &s.text
	var buf [maxEcho]byte
	if s.echo.has(squeeze(buf[:0], t.b)) {
		for i := range t.words {
			t.words[i].keep = false
		}
		return
	}
	for i := range t.words {
		w := &t.words[i]
		if !w.keep {
			continue
		}
		one := squeeze(buf[:0], t.lowOf(w))
		d := digitCore(one)
		hit := s.echo.has(one) || len(d) >= minDigits && len(d) < len(one) && s.echo.has(d)
		if w.letters > 0 && w.digits > 0 {
			hit = s.lettersEcho(one) || hit
		}
		if hit {
			w.keep = false
			continue
		}
		s.together(i)
	}
}

// lettersEcho looks at the letters of a word that mixes them with digits.
func (s *Scrubber) lettersEcho(b []byte) bool {
	hit := false
	for i := 0; i < len(b); i++ {
		j := i
		for j < len(b) && !isDigit(b[j]) {
			j++
		}
		if j-i < len(b) && s.echo.has(b[i:j]) {
			hit = true
		}
		i = j
	}
	return hit
}

// maxTogether is how many neighbouring words are looked at as one.
const maxTogether = 4

// together drops word i and the kept words before it if they spell a name or
// identity when read together, as CAR-TER.
func (s *Scrubber) together(i int) {
	t := &s.text
	for first := i - 1; first >= 0 && i-first < maxTogether && t.words[first].keep; first-- {
		t.cat = t.cat[:0]
		for k := first; k <= i; k++ {
			t.cat = append(t.cat, t.lowOf(&t.words[k])...)
		}
		if len(t.cat) > maxEcho {
			return
		}
		var buf [maxEcho]byte
		name := len(t.cat) >= 4 && s.v.words[string(t.cat)]&person != 0 && !t.words[i].phrase
		if s.echo.has(squeeze(buf[:0], t.cat)) || name {
			for k := first; k <= i; k++ {
				t.words[k].keep = false
			}
			return
		}
	}
}
