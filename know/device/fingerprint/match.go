package fingerprint

import (
	"cmp"
	"slices"
	"strings"

	"wardkeeper/know/device/category"
	"wardkeeper/ward"
)

// Conclusion is what a rule makes of one piece of evidence.
type Conclusion struct {
	Field      ward.Field
	Value      string
	Confidence int    // that the rule is right if the evidence is
	Rule       string // "file/id"
}

// hit is a rule that matched.
type hit struct {
	rule        *rule
	captures    captures
	specificity int
	known       bool // the device's maker is known to be the rule's
}

// Match returns what follows from a value seen in a field, the most specific
// rule deciding each field (software may have several names). maker is what is
// known of the device's maker, "" if nothing: entries of other makers are then
// left out. The result is in a fixed order.
func (s *Set) Match(field ward.Field, value, maker string) []Conclusion {
	var hits []hit
	if byWord := s.texts[field]; byWord != nil {
		hits = s.findText(byWord, value, maker)
	} else {
		hits = s.findWhole(field, value)
	}
	if len(hits) == 0 {
		return nil
	}
	slices.SortStableFunc(hits, func(a, b hit) int {
		return cmp.Or(cmp.Compare(b.specificity, a.specificity), cmp.Compare(a.rule.order, b.rule.order))
	})
	hits = unambiguous(hits)
	var out []Conclusion
	for _, h := range hits {
		out = h.conclude(out, weight(field))
	}
	return out
}

func weight(f ward.Field) int {
	if w := textFields[f]; w != 0 {
		return w
	}
	return 100
}

func (s *Set) findText(byWord map[string][]compiled, value, maker string) []hit {
	var buf [maxTextWords]word
	words := split(buf[:0], value)
	if maker == "" {
		if m := s.makerIn(words, false); m != nil && !m.Component {
			maker = m.Name
		}
	}
	twin := s.twins[maker]
	var hits []hit
	for _, c := range byWord[""] {
		hits = c.try(hits, value, words, -1, maker, twin)
	}
	for i, w := range words {
		for _, c := range byWord[w.text] {
			hits = c.try(hits, value, words, i, maker, twin)
		}
	}
	return hits
}

// try adds a hit if the pattern matches with its first word at i (anywhere if i<0).
func (c *compiled) try(hits []hit, text string, words []word, i int, maker, twin string) []hit {
	own := c.rule.maker != "" && (c.rule.maker == maker || c.rule.maker == twin)
	if c.rule.maker != "" && !own && (maker != "" || c.needsMaker) {
		return hits
	}
	if i > 0 && c.start {
		return hits
	}
	var got captures
	var ok bool
	if i < 0 {
		got, ok = c.find(text, words)
	} else {
		got, ok = c.at(text, words, i)
	}
	if !ok {
		return hits
	}
	return append(hits, hit{c.rule, got, c.specificity, own})
}

func (s *Set) findWhole(field ward.Field, value string) []hit {
	value = fold(strings.TrimSpace(value))
	var hits []hit
	for _, r := range s.wholes[field][value] {
		hits = append(hits, hit{rule: r, specificity: 1000 + len(value)})
	}
	for _, b := range s.begins[field] {
		if strings.HasPrefix(value, b.text) {
			hits = append(hits, hit{rule: b.rule, specificity: len(b.text)})
		}
	}
	return hits
}

// unambiguous drops device entries of different makers that match the same text
// equally well: a name that two makers use says neither.
func unambiguous(hits []hit) []hit {
	first := slices.IndexFunc(hits, func(h hit) bool { return h.rule.device })
	if first < 0 || hits[first].known {
		return hits
	}
	for _, h := range hits[first+1:] {
		if h.rule.device && h.specificity == hits[first].specificity && h.rule.maker != hits[first].rule.maker {
			return slices.DeleteFunc(hits, func(h hit) bool { return h.rule.device })
		}
	}
	return hits
}

// conclude adds what h's rule says and no more specific one has said.
func (h *hit) conclude(out []Conclusion, weight int) []Conclusion {
	confidence := h.rule.confidence * weight / 100
	if h.rule.device && !h.known {
		confidence = confidence * 85 / 100 // the name alone
	}
	for _, y := range h.rule.says {
		value, ok := h.fill(y.value)
		if !ok {
			continue
		}
		if i := said(out, y.field, value); i >= 0 {
			if y.field == ward.FieldCategory && category.Refines(value, out[i].Value) { // "bms-server"
				out[i] = Conclusion{Field: y.field, Value: value, Confidence: confidence, Rule: h.rule.id}
			}
			continue
		}
		out = append(out, Conclusion{Field: y.field, Value: value, Confidence: confidence, Rule: h.rule.id})
	}
	return out
}

// fill puts what was captured into a rule's value.
func (h *hit) fill(v string) (string, bool) {
	if strings.Contains(v, "<words>") && h.captures.words == "" {
		return "", false
	}
	v = strings.ReplaceAll(v, "<version>", h.captures.version)
	v = strings.ReplaceAll(v, "<words>", h.captures.words)
	return strings.TrimSpace(v), true
}

// said returns where out says something of f already, or -1. Software may have
// several names.
func said(out []Conclusion, f ward.Field, value string) int {
	return slices.IndexFunc(out, func(c Conclusion) bool {
		return c.Field == f && (f != ward.FieldSoftware || firstWord(c.Value) == firstWord(value))
	})
}

func firstWord(s string) string {
	w, _, _ := strings.Cut(s, " ")
	return fold(w)
}

// Maker returns who is meant by a maker's name as devices, registries and people
// spell it.
func (s *Set) Maker(name string) (Maker, bool) {
	var buf [maxTextWords]word
	if m := s.makerIn(split(buf[:0], name), true); m != nil {
		return *m, true
	}
	return Maker{}, false
}

// ClinicalMaker is Maker for names that medical protocols carry: a TOSHIBA that
// sends images is not the maker of laptops.
func (s *Set) ClinicalMaker(name string) (Maker, bool) {
	if m := s.clinical[whole(name)]; m != nil {
		return *m, true
	}
	return s.Maker(name)
}

// Namesake returns the medical maker that bears the name of another, "" if none.
func (s *Set) Namesake(maker string) string { return s.twins[maker] }

// whole folds a name, without its legal form, for comparing as one.
func whole(name string) string {
	var buf [maxTextWords]word
	words := split(buf[:0], name)
	var b strings.Builder
	for _, w := range words[:trimmed(words)] {
		b.WriteString(w.text)
		b.WriteByte(' ')
	}
	return b.String()
}

// makerIn finds the longest spelling at the start of words, else anywhere. With
// loose it may be any spelling's distinctive word; else only the start counts.
func (s *Set) makerIn(words []word, loose bool) *Maker {
	for i := range words {
		for _, sp := range s.spellings[words[i].text] { // longest first
			if i > 0 && !sp.loose {
				continue
			}
			if sp.at(words, i) {
				return sp.maker
			}
		}
		if !loose {
			break
		}
	}
	return nil
}

func (sp *spelling) at(words []word, i int) bool {
	if i+len(sp.words) > len(words) {
		return false
	}
	for j, w := range sp.words {
		if words[i+j].text != w {
			return false
		}
	}
	return !sp.whole || i == 0 && trimmed(words) == len(sp.words)
}

// Registrant returns who is meant by a name of the address registry. It is
// stricter than Maker: thousands of companies are called something like another.
func (s *Set) Registrant(name string) (Maker, bool) {
	var buf [maxTextWords]word
	words := split(buf[:0], name)
	if len(words) == 0 {
		return Maker{}, false
	}
	for _, sp := range s.spellings[words[0].text] {
		if sp.at(words, 0) && (len(sp.words) > 1 || len(sp.words[0]) >= 7 || trimmed(words) == 1) {
			return *sp.maker, true
		}
	}
	return Maker{}, false
}

// trimmed returns how many words are left without the legal form at the end.
func trimmed(words []word) int {
	n := len(words)
	for n > 1 && legal[words[n-1].text] {
		n--
	}
	return n
}

// legal are the words that registrants and devices add to a company's name.
var legal = map[string]bool{"inc": true, "ltd": true, "limited": true, "llc": true, "gmbh": true, "co": true, "corp": true, "corporation": true,
	"ag": true, "sa": true, "s": true, "a": true, "bv": true, "b": true, "v": true, "kg": true, "kgaa": true, "ab": true, "as": true, "oy": true, "spa": true, "srl": true,
	"pty": true, "plc": true, "company": true, "pte": true, "kk": true, "k": true, "aps": true, "nv": true, "n": true, "incorporated": true, "the": true, "p": true, "r": true, "l": true, "o": true}

// Trim cuts the legal form off a company's name that Maker does not know.
func Trim(name string) string {
	var buf [maxTextWords]word
	words := split(buf[:0], name)
	n := trimmed(words)
	if n == len(words) {
		return strings.TrimSpace(name)
	}
	return strings.TrimRight(name[:words[n-1].end], " ,.&")
}

// Ports returns the ports that some rule knows, as "tcp/104".
func (s *Set) Ports() []string {
	var out []string
	for _, f := range [...]ward.Field{FieldPort, FieldTalks} {
		for p := range s.wholes[f] {
			out = append(out, p)
		}
	}
	slices.Sort(out)
	return slices.Compact(out)
}
