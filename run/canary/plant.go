package canary

import (
	"maps"
	"slices"
	"strings"
)

// Plant gives out identities for fields and remembers where each went.
type Plant struct {
	Round  int       // turns the forms, so that in len(Forms) rounds every field has had each
	One    *Identity // the same person everywhere, nil for a new one in each field
	Finder *Finder
	Fields map[string]map[string]bool // protocol → its fields

	protocol string
	n        int // identities given out
	at       int // fields of the protocol in this round
}

// NewPlant returns a plant whose identities f looks for.
func NewPlant(f *Finder) *Plant { return &Plant{Finder: f, Fields: map[string]map[string]bool{}} }

// In begins the fields of a protocol.
func (p *Plant) In(protocol string) {
	p.protocol, p.at = protocol, 0
	if p.Fields[protocol] == nil {
		p.Fields[protocol] = map[string]bool{}
	}
}

func (p *Plant) identity(field string) *Identity {
	p.Fields[p.protocol][field] = true
	if p.One != nil {
		return p.One
	}
	id := New(p.n)
	p.n++
	return &id
}

func (p *Plant) write(field string, fits func(Form, string) bool) string {
	id := p.identity(field)
	p.at++
	for i := range Forms {
		f := Forms[(p.Round+p.at+i)%len(Forms)]
		text := f.Write(id)
		if !fits(f, text) {
			continue
		}
		if p.One == nil {
			p.Finder.Add(p.protocol+" "+field+" ("+f.Name+")", plantedIn(id, text)...)
		}
		return text
	}
	panic("canary: no form fits " + p.protocol + " " + field)
}

// plantedIn are the needles of the parts that the text holds.
func plantedIn(id *Identity, text string) []string {
	low := strings.ToLower(text)
	digits := onlyDigits(low)
	var out []string
	dated := false
	for _, f := range dates {
		dated = dated || strings.Contains(low, strings.ToLower(id.Birth.Format(f)))
	}
	for i, n := range id.Needles(false) {
		isDate := i >= 12
		if isDate && dated || !isDate && (strings.Contains(low, n) || len(onlyDigits(n)) > 6 && strings.Contains(digits, onlyDigits(n))) {
			out = append(out, n)
		}
	}
	return out
}

func onlyDigits(s string) string {
	return strings.Map(func(r rune) rune {
		if r < '0' || r > '9' {
			return -1
		}
		return r
	}, s)
}

// V is a field's value, in any form.
func (p *Plant) V(field string) string {
	return p.write(field, func(Form, string) bool { return true })
}

// Word is a value that may stand in a host name.
func (p *Plant) Word(field string) string {
	return p.write(field, func(f Form, _ string) bool { return f.Host })
}

// Short is a value of at most n bytes.
func (p *Plant) Short(field string, n int) string {
	return p.write(field, func(_ Form, s string) bool { return len(s) <= n })
}

// Fill puts a value for each {field} in the text, and a word for each {=field}.
func (p *Plant) Fill(text string) string {
	var b strings.Builder
	for {
		before, rest, ok := strings.Cut(text, "{")
		b.WriteString(before)
		if !ok {
			return b.String()
		}
		field, after, ok := strings.Cut(rest, "}")
		if !ok || field == "" || strings.ContainsAny(field, "\"\n{:;") {
			b.WriteString("{")
			text = rest
			continue
		}
		if w, ok := strings.CutPrefix(field, "="); ok {
			b.WriteString(p.Word(w))
		} else {
			b.WriteString(p.V(field))
		}
		text = after
	}
}

// Table lists the fields of each protocol, for reviewers.
func (p *Plant) Table() string {
	var b strings.Builder
	for _, proto := range slices.Sorted(maps.Keys(p.Fields)) {
		b.WriteString(proto + ":")
		for _, f := range slices.Sorted(maps.Keys(p.Fields[proto])) {
			b.WriteString(" " + f)
		}
		b.WriteString("\n")
	}
	return b.String()
}
