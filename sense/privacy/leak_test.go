package privacy

import (
	"bytes"
	"encoding/base64"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"slices"
	"strings"
	"testing"
	"time"
	"unicode"
	"unicode/utf8"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// planter makes identities and the strings that they stand in.
type planter struct {
	*rand.Rand
	words, names []string
}

func newPlanter(v *Vocabulary, seed uint64) *planter {
	p := &planter{Rand: rand.New(rand.NewPCG(seed, 1))}
	for w, m := range v.words {
		switch {
		case m&person != 0 && len(w) >= 5:
			p.names = append(p.names, w)
		case m&general != 0 && m&month == 0 && !strings.ContainsAny(w, "0123456789") && !hidesName(v, w):
			p.words = append(p.words, w)
		}
	}
	slices.Sort(p.words)
	slices.Sort(p.names)
	return p
}

// hidesName finds the nancy in pregnancy.
func hidesName(v *Vocabulary, w string) bool {
	for i := range w {
		for j := i + 5; j <= len(w); j++ {
			if v.words[w[i:j]]&person != 0 {
				return true
			}
		}
	}
	return false
}

func (p *planter) pick(s ...string) string { return s[p.IntN(len(s))] }

// name is of the stop-list or made up.
func (p *planter) name() string {
	n := p.names[p.IntN(len(p.names))]
	if p.IntN(2) == 0 {
		n = ""
		for range 3 + p.IntN(2) {
			n += p.pick("z", "kr", "v", "sl", "br", "w", "q", "x", "tz") + p.pick("a", "e", "i", "o", "u", "y", "ø", "ü")
		}
	}
	switch p.IntN(3) {
	case 0:
		return strings.ToUpper(n)
	case 1:
		return strings.ToUpper(n[:1]) + n[1:]
	}
	return n
}

func (p *planter) number() string {
	n := p.pick("", "", "H", "MRN", "P-")
	for range 6 + p.IntN(5) {
		n += string(rune('0' + p.IntN(10)))
	}
	return n
}

func (p *planter) date() string {
	d := time.Date(1900+p.IntN(130), time.Month(1+p.IntN(12)), 1+p.IntN(28), 12, 0, 0, 0, time.UTC)
	return d.Format(p.pick("20060102", "2006-01-02", "2006.01.02", "2006/01/02", "02.01.2006", "2.1.2006", "01/02/2006", "1/2/2006",
		"02012006", "01022006", "02/01/06", "1/2/06", "02.01.06", "060102", "02 Jan 2006", "2-JAN-2006", "January 2, 2006", "2006 01 02",
		"20060102120000", "2006-01-02T15:04:05Z", "02-01-2006"))
}

// around is a piece of a string that names nobody.
func (p *planter) around() string {
	s := p.words[p.IntN(len(p.words))]
	switch p.IntN(5) {
	case 0:
		s += fmt.Sprint(p.IntN(100)) + "v" // no digit beside the secret: 63.16.07.52 is a version
	case 1:
		s = strings.ToUpper(s)
	case 2:
		return ""
	}
	return s
}

func (p *planter) put(what string) string {
	sep := func() string { return p.pick("-", "_", ".", " ", "^", "/", "@", ", ", "=", "\\") }
	return p.around() + sep() + p.around() + sep() + what + sep() + p.around()
}

func plain(s string) string {
	return strings.Map(func(r rune) rune {
		if unicode.IsLetter(r) || unicode.IsDigit(r) {
			return unicode.ToLower(r)
		}
		return -1
	}, s)
}

// withoutTokens puts one letter for each token, whose own letters mean nothing.
func withoutTokens(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		if s[i] == '~' {
			b.WriteRune('ʘ') // a letter, so that what stood around it stays apart
			i += shortTokenSize - 1
			continue
		}
		b.WriteByte(s[i])
	}
	return b.String()
}

func checkNoLeak(t *testing.T, s *Scrubber, raw, secret string) {
	t.Helper()
	for class := sense.ClassName; class <= sense.ClassCode; class++ {
		out := withoutTokens(s.Text(class, []byte(raw)))
		if strings.Contains(plain(out), plain(secret)) {
			t.Errorf("class %s: %q of %q shows %q", classNames[class], out, raw, secret)
		}
	}
}

func TestNoIdentityLeaks(t *testing.T) {
	s := scrubber(t)
	rounds := 5000
	if testing.Short() {
		rounds = 500
	}
	p := newPlanter(s.v, 1)
	for range rounds {
		given, family := p.name(), p.name()
		both := p.pick(family+"^"+given, given+" "+family, family+", "+given, given+"."+family, family+"-"+given, given+family)
		raw := p.put(both)
		checkNoLeak(t, s, raw, given)
		checkNoLeak(t, s, raw, family)

		date := p.date()
		checkNoLeak(t, s, p.put(date), date)

		// A number could be a device's serial until it was seen as a patient's.
		number := p.number()
		s.Token(ward.TokenPatient, nil, []byte(number))
		checkNoLeak(t, s, p.put(number), number)
		checkNoLeak(t, s, number, number)

		for _, id := range []string{family, number} {
			if len(id) < 5 {
				continue
			}
			for _, coded := range []string{hex.EncodeToString([]byte(id)), strings.ToUpper(hex.EncodeToString([]byte(id))),
				base64.StdEncoding.EncodeToString([]byte(id)), base64.RawURLEncoding.EncodeToString([]byte(id))} {
				checkNoLeak(t, s, p.put(coded), coded)
				checkNoLeak(t, s, coded, coded)
			}
		}
		spelled := strings.Join(strings.Split(plain(family), ""), p.pick("-", " ", "."))
		checkNoLeak(t, s, spelled, family)
		half := len(family) / 2
		if utf8.ValidString(family[:half]) {
			split := family[:half] + p.pick("-", " ", ".", "_") + family[half:]
			s.Token(ward.TokenName, nil, []byte(family))
			checkNoLeak(t, s, p.put(split), family)
		}
		if t.Failed() {
			return
		}
	}
}

func FuzzText(f *testing.F) {
	for i, s := range []string{"SSH-2.0-OpenSSH_9.2p1", "p\x00a\x00c\x00s\x00", "/a/%41%25", "29.02.1980", "\xff\xfe\x00", "é́a\u202e", `\u0041&#65;=?x`} {
		f.Add([]byte(s), uint8(i), uint8(3))
	}
	const secret = "Zelinskovic"
	s := scrubber(f)
	f.Fuzz(func(t *testing.T, raw []byte, class, at uint8) {
		c := sense.Class(class % uint8(sense.ClassCode+1))
		s.forget()
		first := s.Text(c, raw)
		if len(first) > maxOut || !utf8.ValidString(first) {
			t.Fatalf("%q: bad output %q", raw, first)
		}
		for _, r := range first {
			if unicode.IsControl(r) {
				t.Fatalf("%q: control character in %q", raw, first)
			}
		}
		s.forget()
		if again := s.Text(c, raw); again != first {
			t.Fatalf("%q: first %q, then %q", raw, first, again)
		}
		if order, ok := isUTF16(raw); ok || order != nil {
			return
		}
		i := min(int(at), len(raw))
		planted := slices.Concat(raw[:i], []byte(secret), raw[i:])
		if out := withoutTokens(s.Text(c, planted)); strings.Contains(plain(out), plain(secret)) {
			t.Fatalf("%q shows in %q", planted, out)
		}
		s.Token(ward.TokenPatient, nil, raw)
		if out := withoutTokens(s.Text(c, raw)); len(plain(out)) >= minEcho+2 && bytes.Contains([]byte(plain(out)), []byte(plain(string(raw)))) && plain(out)[0] != '0' && isASCII(raw) {
			var buf [maxEcho]byte
			if w := squeeze(buf[:0], raw); len(w) < maxEcho && s.v.words[string(w)]&account == 0 {
				t.Fatalf("identity %q is kept as %q", raw, out)
			}
		}
	})
}

func isASCII(b []byte) bool {
	for _, c := range b {
		if c >= 0x80 || c < ' ' || c == '%' {
			return false
		}
	}
	return true
}
