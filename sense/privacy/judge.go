package privacy

import (
	"strings"

	"wardkeeper/sense"
)

// allowed says which marks make a word vocabulary in a class.
var allowed = [...]mark{
	sense.ClassName:       general | department,
	sense.ClassHost:       general | department | part | tld | account,
	sense.ClassAE:         general | department | part | account,
	sense.ClassApp:        general | department | part | generic | account,
	sense.ClassMaker:      general | generic,
	sense.ClassModel:      general | generic | part,
	sense.ClassSoftware:   general | generic | part | extension,
	sense.ClassVersion:    general | part,
	sense.ClassSerial:     0,
	sense.ClassPath:       general | department | part | extension | account,
	sense.ClassDepartment: general | department,
	sense.ClassDrug:       drug | unit,
	sense.ClassCode:       general | unit | drug,
}

// judge decides word by word.
func (s *Scrubber) judge() {
	t := &s.text
	s.phrases()
	for i := range t.words {
		w := &t.words[i]
		w.keep = w.phrase || w.ascii && s.known(w) || !w.ascii && w.digits == 0 && w.marks&person == 0 && w.marks&allowed[t.class] != 0
	}
	t.keepShort()
	t.dropBeds()
	t.dropSpelling()
	s.makerFirst()
}

// known decides about one word of ASCII letters and digits.
func (s *Scrubber) known(w *word) bool {
	t := &s.text
	if w.digits > 0 && w.noDigits {
		return false
	}
	if w.letters == 0 {
		return true
	}
	if w.marks&person != 0 {
		return false
	}
	if w.marks&allowed[t.class] != 0 {
		return true
	}
	if w.digits > 0 {
		return s.lettersKnown(w) || shapes(t.class) && s.shape(w)
	}
	return s.lettersKnown(w)
}

// shapes says in which classes a word may be kept for its shape.
func shapes(c sense.Class) bool {
	return c == sense.ClassModel || c == sense.ClassSoftware || c == sense.ClassVersion || c == sense.ClassCode
}

// maxLetterRuns is how many runs of letters a word with digits may have.
const maxLetterRuns = 3

// lettersKnown reports whether each run of letters in w is vocabulary.
func (s *Scrubber) lettersKnown(w *word) bool {
	t := &s.text
	low, raw := t.lowOf(w), t.of(w)
	runs, weak := 0, false
	for i := 0; i < len(low); {
		j := i
		for j < len(low) && !isDigit(low[j]) {
			j++
		}
		weak = weak || j-i == 1
		if j > i {
			if runs++; runs > maxLetterRuns || !s.part(low[i:j], raw[i:j], runs) {
				return false
			}
		}
		for j < len(low) && isDigit(low[j]) {
			j++
		}
		i = j
	}
	return !weak && runs <= 1 || !encodedText(raw)
}

// part decides about letters without digits.
func (s *Scrubber) part(low, raw []byte, runs int) bool {
	class := s.text.class
	m := s.v.words[string(low)]
	switch {
	case m&person != 0:
		return false
	case m&allowed[class] != 0:
		return true
	case len(low) == 1:
		return runs <= 2
	case class == sense.ClassDrug || class == sense.ClassCode || class == sense.ClassName:
		return false
	}
	return s.camel(low, raw) || s.compound(low, 0, 0, false)
}

// camel reports whether MainRoom is made of known words.
func (s *Scrubber) camel(low, raw []byte) bool {
	start, pieces := 0, 0
	for i := 1; i <= len(raw); i++ {
		if i < len(raw) && !(upper(raw[i]) && (!upper(raw[i-1]) || i+1 < len(raw) && !upper(raw[i+1]))) {
			continue
		}
		m := s.v.words[string(low[start:i])]
		short := i-start < 2 || i-start == 2 && (start > 0 || !upper(raw[1])) // CTRoom
		if short || m&person != 0 || m&allowed[s.text.class]&^tld == 0 || s.echo.has(low[start:i]) {
			return false
		}
		start = i
		pieces++
	}
	return pieces > 1 && !encodedText(raw)
}

func upper(c byte) bool { return 'A' <= c && c <= 'Z' }

// Limits of a compound.
const (
	maxParts    = 3
	maxCompound = 24
)

// compound reports whether low[at:] is made of parts, a longer one among all.
func (s *Scrubber) compound(low []byte, at, parts int, long bool) bool {
	if at == len(low) {
		return parts > 1 && long
	}
	if parts == maxParts || len(low) > maxCompound {
		return false
	}
	for end := len(low); end >= at+2; end-- {
		short := end-at == 2
		if short && at > 0 && end < len(low) {
			continue
		}
		p := low[at:end]
		if s.v.words[string(p)]&(part|person) == part && s.compound(low, end, parts+1, long || !short) && !s.echo.has(p) {
			return true
		}
	}
	return false
}

// Limits of a model's shape.
const (
	maxShapeLetters = 4
	maxShapeDigits  = 4
)

// shape reports a word that names a model or version: MX800, 840S, VB10A, 9p1, E11.
func (s *Scrubber) shape(w *word) bool {
	t := &s.text
	low, raw := t.lowOf(w), t.of(w)
	var kind [4]bool // is it a run of letters
	var at [5]int
	n := 0
	for i := 0; i < len(low); {
		if n == len(kind) {
			return false
		}
		j, letters := i, !isDigit(low[i])
		for j < len(low) && !isDigit(low[j]) == letters {
			j++
		}
		kind[n], at[n] = letters, i
		n++
		at[n], i = j, j
	}
	size := func(i int) int { return at[i+1] - at[i] }
	for i := range n {
		r := low[at[i]:at[i+1]]
		if kind[i] {
			m := s.v.words[string(r)]
			if len(r) > maxShapeLetters || m&(month|identity) != 0 || m&person != 0 && len(r) > 2 || !oneCase(raw[at[i]:at[i+1]], i == 0) {
				return false
			}
		} else if len(r) > maxShapeDigits || len(r) == 4 && i > 0 && size(i-1) > 1 && yearText(r) {
			return false
		}
	}
	if encodedText(raw) {
		return false
	}
	last := size(n - 1)
	switch {
	case n == 2 && kind[0]: // MX800
		return true
	case n == 2: // 840S
		return last <= 3
	case n == 3 && kind[0]: // M8105A, VB10A
		return last <= 2
	case n == 3: // 9p1, 12rc2
		return size(0) <= 3 && size(1) <= 2 && last <= 3
	case n == 4 && kind[0]: // E11C1
		return size(0) <= 2 && size(1) <= 2 && size(2) == 1 && last <= 2
	}
	return false
}

func yearText(d []byte) bool {
	return year(int(d[0]-'0')*1000 + int(d[1]-'0')*100 + int(d[2]-'0')*10 + int(d[3]-'0'))
}

// oneCase reports letters of one case; a word's beginning may be as in "iE33" or "Cx50".
func oneCase(b []byte, first bool) bool {
	for i := 1; i < len(b); i++ {
		if upper(b[i]) != upper(b[i-1]) && !(first && i == 1) {
			return false
		}
	}
	return true
}

// phrases marks words that together are a known product's name.
func (s *Scrubber) phrases() {
	t := &s.text
	if t.class != sense.ClassModel && t.class != sense.ClassSoftware && t.class != sense.ClassMaker {
		return
	}
	const maxPhraseWords = 5
	for i := range t.words {
		t.cat = t.cat[:0]
		for j := i; j < len(t.words) && j-i < maxPhraseWords; j++ {
			if j > i {
				t.cat = append(t.cat, ' ')
			}
			t.cat = append(t.cat, t.lowOf(&t.words[j])...)
			if !s.v.phrases[string(t.cat)] || j == i && (t.words[i].marks&person != 0 || t.words[i].noDigits) {
				continue
			}
			for k := i; k <= j; k++ {
				t.words[k].phrase = true
			}
		}
	}
}

// maker keeps a maker's field that is a known maker, also one called like a person.
func (s *Scrubber) maker() bool {
	t := &s.text
	t.cat = t.cat[:0]
	for i := range t.words {
		w := &t.words[i]
		if w.marks&generic != 0 {
			continue
		}
		if len(t.cat) > 0 {
			t.cat = append(t.cat, ' ')
		}
		t.cat = append(t.cat, t.lowOf(w)...)
	}
	if len(t.cat) == 0 || !s.v.makers[string(t.cat)] {
		return false
	}
	for i := range t.words {
		t.words[i].keep, t.words[i].phrase = true, true
	}
	return true
}

// makerFirst keeps a maker called like a person in front of what is certainly a
// product: HAMILTON-C6.
func (s *Scrubber) makerFirst() {
	t := &s.text
	if t.class != sense.ClassModel && t.class != sense.ClassSoftware || len(t.words) < 2 {
		return
	}
	w := &t.words[0]
	if w.keep || w.marks&person == 0 || !s.v.makers[string(t.lowOf(w))] {
		return
	}
	product := false
	for i := 1; i < len(t.words); i++ {
		if !t.words[i].keep {
			return
		}
		product = product || t.words[i].letters > 0
	}
	w.keep, w.phrase = product, product
}

// maxShort is how many words of two or three capitals a model may have.
const maxShort = 2

// keepShort keeps what stands in models as FX-8322 or Medstation ES: two capitals
// beside a known word, or three joined to a number.
func (t *text) keepShort() {
	if t.class != sense.ClassModel && t.class != sense.ClassSoftware {
		return
	}
	short := 0
	for i := range t.words {
		w := &t.words[i]
		if w.keep || w.digits > 0 || !w.ascii || w.letters < 2 || w.letters > 3 || w.marks&(person|month|identity) != 0 || !capitals(t.of(w)) {
			continue
		}
		before := i > 0 && t.words[i-1].keep
		after := i+1 < len(t.words) && t.words[i+1].keep
		number := i+1 < len(t.words) && t.words[i+1].digits > 0 && t.words[i+1].start == w.end+1
		if short++; short <= maxShort && (w.letters == 2 && (before || after) || after && number) {
			w.keep = true
		}
	}
}

func capitals(b []byte) bool {
	for _, c := range b {
		if !upper(c) {
			return false
		}
	}
	return true
}

// dropBeds drops what follows the word bed.
func (t *text) dropBeds() {
	switch t.class {
	case sense.ClassModel, sense.ClassSoftware, sense.ClassVersion, sense.ClassMaker, sense.ClassDrug, sense.ClassCode:
		return
	}
	for i := range t.words {
		w := &t.words[i]
		if w.letters > 0 && w.digits > 0 && bedNumber(t.lowOf(w)) {
			w.keep = false
		}
		if w.marks&bed != 0 && i+1 < len(t.words) {
			if n := &t.words[i+1]; n.digits > 0 || n.letters == 1 {
				n.keep = false
			}
		}
	}
}

func bedNumber(low []byte) bool {
	w := strings.TrimRight(string(low), "0123456789")
	return w != string(low) && (strings.HasSuffix(w, "bed") || strings.HasSuffix(w, "bett"))
}

// maxSingles is how many single letters may stand in a row, so that S-M-I-T-H does not.
const maxSingles = 2

func (t *text) dropSpelling() {
	for i := 0; i < len(t.words); {
		j := i
		for j < len(t.words) && t.words[j].letters == 1 {
			j++
		}
		if j-i > maxSingles {
			for ; i < j; i++ {
				t.words[i].keep = false
			}
		}
		i = j + 1
	}
}
