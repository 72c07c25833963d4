package privacy

import (
	"bytes"

	"wardkeeper/sense"
)

// run is a run of digits.
type run struct {
	start, end int  // in text.b
	word       int  // in text.words
	sep        byte // what joins it to the run before, 0 if letters are between
	aside      bool // a parenthesis opens before it
}

func (r *run) len() int { return r.end - r.start }

func (t *text) number(r *run) int {
	n := 0
	for _, c := range t.b[r.start:r.end] {
		if n = n*10 + int(c-'0'); n > 1e8 {
			return n
		}
	}
	return n
}

// maxRuns is how many runs of digits a text may have and keep any.
const maxRuns = 32

// limit says how many digits a class may keep.
type limit struct{ run, total int }

var limits = [...]limit{
	sense.ClassName:       {4, 4},
	sense.ClassHost:       {4, 4},
	sense.ClassAE:         {4, 4},
	sense.ClassApp:        {4, 4},
	sense.ClassMaker:      {4, 4},
	sense.ClassModel:      {4, 6},
	sense.ClassSoftware:   {5, 28},
	sense.ClassVersion:    {5, 28},
	sense.ClassSerial:     {24, 24}, // has its own rules
	sense.ClassPath:       {4, 4},
	sense.ClassDepartment: {4, 4},
	sense.ClassDrug:       {4, 6},
	sense.ClassCode:       {4, 6},
}

// Limits of versions.
const (
	maxVersionRun    = 5  // digits between two dots, as in 10.0.19041.1
	maxVersionDigits = 12 // of a dotted version
	maxPlainDigits   = 4  // of a number without dots
)

func (t *text) versions() bool {
	return t.class == sense.ClassSoftware || t.class == sense.ClassVersion
}

// checkDigits marks the words whose digits may not be kept.
func (t *text) checkDigits() {
	t.findRuns()
	if len(t.runs) == 0 {
		return
	}
	if len(t.runs) > maxRuns || t.codes {
		t.denyRuns(0, len(t.runs))
		return
	}
	t.checkTotal()
	for i := range t.runs {
		if t.lonelyYear(&t.runs[i]) {
			t.denyRuns(i, i+1)
		}
	}
	t.denyDates()
	if t.versions() {
		t.checkVersions()
	}
	t.denyMonths()
}

// checkTotal denies groups of digits with only separators between that exceed the
// class's limit, and all if the others together still do.
func (t *text) checkTotal() {
	l := limits[t.class]
	total := 0
	for i := 0; i < len(t.runs); {
		j, digits, long := i, 0, false
		for ; j < len(t.runs) && (j == i || t.runs[j].sep != 0); j++ {
			digits += t.runs[j].len()
			long = long || t.runs[j].len() > l.run && !t.build(j)
		}
		if long || digits > l.total {
			t.denyRuns(i, j)
		} else {
			total += digits
		}
		i = j
	}
	if total > l.total {
		t.denyRuns(0, len(t.runs))
	}
}

// build reports a number of five digits right after the word build, or one such as
// Windows builds have in a string about Windows.
func (t *text) build(i int) bool {
	r := &t.runs[i]
	w := &t.words[r.word]
	if r.len() != 5 || w.letters > 0 || r.word == 0 {
		return false
	}
	if string(t.lowOf(&t.words[r.word-1])) == "build" {
		return true
	}
	n := t.number(r)
	return n >= 10000 && n < 30000 && t.windows(0)
}

// windows reports a string about Windows whose numbers side by side may be its
// release and build: 2025 26100, R2 7601.
func (t *text) windows(digits int) bool {
	return digits <= 9 && string(t.lowOf(&t.words[0])) == "windows"
}

func (t *text) findRuns() {
	t.runs = t.runs[:0]
	last, letters, sep := -1, false, byte(0)
	for i := range t.words {
		w := &t.words[i]
		for j := w.start; j < w.end; j++ {
			c := t.b[j]
			if !isDigit(c) {
				letters = true
				continue
			}
			r := run{start: j, word: i}
			for j < w.end && isDigit(t.b[j]) {
				j++
			}
			r.end = j
			if last >= 0 && !letters {
				if sep = t.b[last]; r.start-last > 1 {
					sep = ' '
					r.aside = bytes.IndexByte(t.b[last:r.start], '(') >= 0
				}
				r.sep = sep
			}
			t.runs = append(t.runs, r)
			last, letters = r.end, false
			j--
		}
	}
}

func (t *text) denyRuns(from, to int) {
	for i := from; i < to; i++ {
		t.words[t.runs[i].word].noDigits = true
	}
}

// Years that could be one of birth or of a visit.
const firstYear, lastYear = 1880, 2039

func year(n int) bool { return firstYear <= n && n <= lastYear }

// lonelyYear reports a run that could be a year where none is welcome.
func (t *text) lonelyYear(r *run) bool {
	if r.len() != 4 || !year(t.number(r)) {
		return false
	}
	w := &t.words[r.word]
	switch t.class {
	case sense.ClassModel, sense.ClassSoftware, sense.ClassVersion:
		return w.letters == 0 && t.class == sense.ClassModel || t.number(r) < 2000 && r.sep != '.'
	case sense.ClassSerial, sense.ClassCode, sense.ClassDrug:
		return false
	}
	return true
}

// maxPersonal is how many digits a telephone number in groups has.
const maxPersonal = 10

// denyDates denies what could be a date, a telephone number or a social security
// number, whatever its separators.
func (t *text) denyDates() {
	for i := range t.runs {
		var digits [maxPersonal + 1]byte
		n := 0
		for j := i; j < len(t.runs) && (j == i || t.runs[j].sep != 0); j++ {
			r := &t.runs[j]
			if n+r.len() > len(digits)-1 {
				break
			}
			n += copy(digits[n:], t.b[r.start:r.end])
			if t.versions() && n <= 6 && t.dottedOn(i, j) {
				continue // 01.05.00.1 is no date, nor is a part of it
			}
			if date8(digits[:n]) || t.dateParts(t.runs[i:j+1]) || t.personal(t.runs[i:j+1]) {
				t.denyRuns(i, j+1)
			}
		}
	}
}

// dottedOn reports that runs i to j are only a part of a dotted version.
func (t *text) dottedOn(i, j int) bool {
	return t.runs[i].sep == '.' || j+1 < len(t.runs) && t.runs[j+1].sep == '.' && !t.runs[j+1].aside
}

// date8 reports eight digits that are a date in one of the usual orders.
func date8(d []byte) bool {
	if len(d) != 8 {
		return false
	}
	n := func(from, to int) int {
		v := 0
		for _, c := range d[from:to] {
			v = v*10 + int(c-'0')
		}
		return v
	}
	return year(n(0, 4)) && (day(n(6, 8), n(4, 6)) || day(n(4, 6), n(6, 8))) ||
		year(n(4, 8)) && (day(n(0, 2), n(2, 4)) || day(n(2, 4), n(0, 2)))
}

func day(d, m int) bool { return d >= 1 && d <= 31 && m >= 1 && m <= 12 }

// dateParts reports two or three numbers that are a date.
func (t *text) dateParts(r []run) bool {
	for i := range r {
		if r[i].len() > 4 || r[i].len() == 3 {
			return false
		}
	}
	switch len(r) {
	case 2: // day and month; in versions 10.12 is common
		a, b := t.number(&r[0]), t.number(&r[1])
		if t.versions() {
			return r[1].sep != '.' && r[0].len() == 2 && r[1].len() == 2 && (day(a, b) || day(b, a))
		}
		if t.class == sense.ClassDrug || t.class == sense.ClassModel || t.class == sense.ClassCode {
			return r[1].sep != '.' && r[0].len() == 4 && year(a) || r[1].len() == 4 && year(b) && r[1].sep != '.'
		}
		return r[0].len() == 2 && r[1].len() == 2 && (day(a, b) || day(b, a))
	case 3:
		a, b, c := t.number(&r[0]), t.number(&r[1]), t.number(&r[2])
		switch {
		case r[0].len() == 4:
			return year(a) && r[1].len() <= 2 && r[2].len() <= 2 && (day(b, c) || day(c, b))
		case r[2].len() == 4:
			return year(c) && r[0].len() <= 2 && r[1].len() <= 2 && (day(a, b) || day(b, a))
		case r[1].len() == 4:
			return false
		}
		if !day(a, b) && !day(b, a) && !day(b, c) && !day(c, b) {
			return false
		}
		if r[1].sep != r[2].sep {
			return false
		}
		dotted := r[1].sep == '.'
		padded := r[0].len() == 2 && r[1].len() == 2 && r[2].len() == 2
		return padded || !dotted || !t.versions()
	}
	return false
}

// personal reports the shapes of telephone and social security numbers.
func (t *text) personal(r []run) bool {
	switch len(r) {
	case 2:
		return r[0].len() == 3 && r[1].len() == 4
	case 3:
		a, b, c := r[0].len(), r[1].len(), r[2].len()
		return a == 3 && (b == 2 || b == 3) && c == 4
	}
	return false
}

// checkVersions denies what is too long to be a version: undotted numbers of five
// digits, dotted ones of more than twelve.
func (t *text) checkVersions() {
	for i := 0; i < len(t.runs); {
		j, digits, dots, long := i, 0, false, false
		for ; j < len(t.runs) && (j == i || t.runs[j].sep != 0 && !t.runs[j].aside); j++ {
			if j > i && t.runs[j].sep == '.' {
				dots = true
			}
			digits += t.runs[j].len()
			long = long || t.runs[j].len() > maxPlainDigits && !t.build(j)
		}
		if digits > maxVersionDigits || !dots && (long || digits > maxPlainDigits && j-i > 1 && !t.windows(digits)) {
			t.denyRuns(i, j)
		}
		i = j
	}
}

// denyMonths denies the numbers beside a month's name.
func (t *text) denyMonths() {
	for i := range t.words {
		if t.words[i].marks&month == 0 {
			continue
		}
		for j := max(0, i-2); j <= i+2 && j < len(t.words); j++ {
			w := &t.words[j]
			w.noDigits = w.noDigits || w.digits > 0 && !(t.versions() && t.dotted(w))
		}
	}
}

// dotted reports a word that a dot joins to another number.
func (t *text) dotted(w *word) bool {
	return w.start > 1 && t.b[w.start-1] == '.' && isDigit(t.b[w.start-2]) ||
		w.end+1 < len(t.b) && t.b[w.end] == '.' && isDigit(t.b[w.end+1])
}
