package privacy

import (
	"embed"
	"fmt"
	"strings"
	"unicode/utf8"
)

//go:embed data/*.txt
var data embed.FS

// mark says what a word may be.
type mark uint16

const (
	general    mark = 1 << iota // kept in every class
	person                      // a name: kept nowhere, whatever else it is
	department                  // also names places of a hospital
	drug
	unit
	tld
	extension
	month
	part     // may be joined to other parts in one word
	generic  // says nothing in a company's name
	bed      // the number that follows is a bed's
	account  // a login that is no person's
	identity // a prefix of people's numbers
)

// Limits of a Vocabulary.
const (
	maxWord   = 40 // bytes of a word
	maxPhrase = 80 // bytes of a phrase
)

// Vocabulary is the set of words that may be kept. It is not changed after
// NewVocabulary and may be shared.
type Vocabulary struct {
	words map[string]mark
	// makers holds the names of makers, folded as by fold, without generic words:
	// kept in a maker's field even when made of people's names.
	makers map[string]bool
	// phrases holds names of products, folded: kept in a model's or software's field.
	phrases map[string]bool
}

// NewVocabulary returns the embedded vocabulary with the words of extra added:
// names of makers, models and products. The phrases they make are known too, but a
// person's name among their words is never known alone.
func NewVocabulary(extra ...[]string) (*Vocabulary, error) {
	v := &Vocabulary{words: make(map[string]mark, 16<<10), makers: map[string]bool{}, phrases: map[string]bool{}}
	for file, m := range map[string]mark{"names": person, "words": general, "departments": department, "drugs": drug, "units": unit, "parts": part} {
		err := v.lines(file, func(line string) {
			for w := range strings.FieldsSeq(line) {
				v.add(w, m)
			}
		})
		if err != nil {
			return nil, err
		}
	}
	if err := v.lines("misc", v.misc); err != nil {
		return nil, err
	}
	err := v.lines("makers", func(line string) {
		v.makers[v.core(line)] = true
		v.phrase(line)
	})
	if err != nil {
		return nil, err
	}
	for _, list := range extra {
		for _, s := range list {
			v.phrase(s)
		}
	}
	return v, nil
}

// AddMakers adds names of makers. Call it before the first use.
func (v *Vocabulary) AddMakers(names []string) {
	for _, s := range names {
		if c := v.core(s); c != "" {
			v.makers[c] = true
		}
		v.phrase(s)
	}
}

func (v *Vocabulary) lines(file string, each func(string)) error {
	b, err := data.ReadFile("data/" + file + ".txt")
	if err != nil {
		return fmt.Errorf("embedded vocabulary: %w", err)
	}
	for line := range strings.Lines(string(b)) {
		line = strings.TrimSpace(line)
		if line != "" && line[0] != '#' {
			each(line)
		}
	}
	return nil
}

var miscMarks = map[string]mark{"tld": tld, "extension": extension, "month": month, "generic": generic,
	"bed": bed, "account": account, "identity": identity}

func (v *Vocabulary) misc(line string) {
	kind, rest, _ := strings.Cut(strings.TrimPrefix(line, "["), "]")
	if kind == "pair" {
		v.phrases[fold(rest)] = true
		return
	}
	for w := range strings.FieldsSeq(rest) {
		v.add(w, miscMarks[kind])
	}
}

func (v *Vocabulary) add(w string, m mark) {
	if w = strings.ToLower(w); len(w) <= maxWord {
		v.words[w] |= m
	}
}

// phrase adds s and its words. Words of one letter are nothing to know, and a word
// made of digits alone only makes sense within its phrase.
func (v *Vocabulary) phrase(s string) {
	f := fold(s)
	if f == "" || len(f) > maxPhrase {
		return
	}
	v.phrases[f] = true
	for w := range strings.FieldsSeq(f) {
		if utf8.RuneCountInString(w) >= 2 && strings.Trim(w, "0123456789") != "" {
			v.add(w, general)
		}
	}
}

// core is a maker's folded name without the words that every company has.
func (v *Vocabulary) core(s string) string {
	f := fold(s)
	if len(f) > maxPhrase {
		return ""
	}
	var kept []string
	for w := range strings.FieldsSeq(f) {
		if v.words[w]&generic == 0 {
			kept = append(kept, w)
		}
	}
	if len(kept) == 0 {
		return f
	}
	return strings.Join(kept, " ")
}

// fold lowers s and puts one space for each run of what is not letter or digit.
func fold(s string) string {
	var b strings.Builder
	gap := false
	for _, r := range strings.ToLower(s) {
		if !wordRune(r) {
			gap = b.Len() > 0
			continue
		}
		if gap {
			b.WriteByte(' ')
			gap = false
		}
		b.WriteRune(r)
	}
	return b.String()
}
