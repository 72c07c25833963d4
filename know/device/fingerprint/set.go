package fingerprint

import (
	"errors"
	"fmt"
	"maps"
	"slices"
	"strings"

	"wardkeeper/ward"
)

// Maker is a manufacturer under its one name.
type Maker struct {
	Name      string
	Component bool   // of network cards and boards: says nothing of the device around them
	Software  bool   // of software that runs on others' machines
	Category  string // what its devices most likely are, "" if that varies
}

// Fields of evidence that exist only here, beside ward's.
const (
	FieldPort       ward.Field = "port"       // "tcp/104", offered and used
	FieldTalks      ward.Field = "talks"      // "tcp/104", a port that the subject connects to
	FieldRegistrant ward.Field = "registrant" // of the hardware address
)

// textFields are searched for words; the others are compared whole.
var textFields = map[ward.Field]int{ // with how much a match in the field counts, in per cent
	ward.FieldModel: 95, ward.FieldProduct: 85, ward.FieldSoftware: 85, ward.FieldFirmware: 85, ward.FieldOS: 90, ward.FieldMaker: 80,
	ward.FieldApplication: 70, ward.FieldHostname: 60, ward.FieldAE: 60, FieldRegistrant: 60,
}

// wholeFields are compared whole, or by their beginning where the pattern ends in *.
var wholeFields = []ward.Field{ward.FieldFingerprint, ward.FieldModality, ward.FieldRole, ward.FieldService, FieldPort, FieldTalks, ward.FieldUDI}

// modelFields are where a device entry's models are looked for.
var modelFields = []ward.Field{ward.FieldModel, ward.FieldProduct, ward.FieldSoftware, ward.FieldApplication, ward.FieldAE, ward.FieldHostname}

// sayable are the fields that a rule may conclude.
var sayable = []ward.Field{ward.FieldCategory, ward.FieldMaker, ward.FieldModel, ward.FieldOS, ward.FieldSoftware, ward.FieldFirmware}

// says is one thing that a rule concludes; value may hold <version> and <words>.
type says struct {
	field ward.Field
	value string
}

// rule is a compiled entry.
type rule struct {
	id         string
	says       []says
	confidence int
	device     bool   // of a device entry
	maker      string // of a device entry: the device's known maker must not be another
	order      int
	examples   []string
	never      []string
}

type compiled struct {
	pattern
	rule *rule
}

type spelling struct {
	words []string
	maker *Maker
	loose bool // may stand anywhere, not only first
	whole bool // must be the whole name, written with =
}

// Set is a loaded collection. It is immutable and safe for concurrent use.
type Set struct {
	makers    map[string]*Maker
	clinical  map[string]*Maker     // by a whole name that means another maker in medical protocols
	twins     map[string]string     // from a maker's name to that of its medical namesake
	spellings map[string][]spelling // by first word
	texts     map[ward.Field]map[string][]compiled
	wholes    map[ward.Field]map[string][]*rule
	begins    map[ward.Field][]beginning // sorted by text
	rules     []*rule
	words     map[string]struct{}
	names     map[string]struct{}
	models    []string
}

type beginning struct {
	text string
	rule *rule
}

func newSet() *Set {
	return &Set{
		makers: map[string]*Maker{}, clinical: map[string]*Maker{}, twins: map[string]string{}, spellings: map[string][]spelling{},
		texts: map[ward.Field]map[string][]compiled{}, wholes: map[ward.Field]map[string][]*rule{}, begins: map[ward.Field][]beginning{},
		words: map[string]struct{}{}, names: map[string]struct{}{},
	}
}

func (s *Set) addMaker(e *makerEntry) error {
	if e.Name == "" {
		return errors.New("no name")
	}
	if err := checkCategory(e.Category); err != nil {
		return err
	}
	m := s.makers[e.Name]
	if m == nil {
		m = &Maker{Name: e.Name, Component: e.Component, Software: e.Software, Category: e.Category}
		s.makers[e.Name] = m
	}
	for _, raw := range e.Clinical {
		s.clinical[whole(raw)] = m
	}
	for _, raw := range append([]string{e.Name}, e.Spellings...) {
		var sp spelling
		raw, sp.whole = cutPrefix(raw, "=")
		letters := 0
		for _, w := range split(nil, raw) {
			sp.words = append(sp.words, w.text)
			letters = max(letters, len(w.text))
			s.learn(w.text)
		}
		if len(sp.words) == 0 {
			return fmt.Errorf("spelling %q has no word", raw)
		}
		sp.maker, sp.loose = m, letters >= 6 && !sp.whole
		s.spellings[sp.words[0]] = append(s.spellings[sp.words[0]], sp)
	}
	return nil
}

func (s *Set) addDevice(e *deviceEntry, id string) error {
	if e.Category == "" || len(e.Models) == 0 {
		return errors.New("category and models must be given")
	}
	if len(e.Examples) == 0 {
		return errors.New("no examples")
	}
	if err := checkCategory(e.Category); err != nil {
		return err
	}
	for i, m := range e.Models {
		name, patterns, ok := strings.Cut(m, ": ")
		if name = strings.TrimSpace(name); !ok {
			patterns = name
			name = strings.TrimPrefix(name, "!")
		}
		r := &rule{id: id, device: true, maker: e.Maker, confidence: 95, order: len(s.rules)}
		r.says = append(r.says, says{ward.FieldCategory, e.Category}, says{ward.FieldModel, name})
		if e.Maker != "" {
			r.says = append(r.says, says{ward.FieldMaker, e.Maker})
		}
		if i == 0 {
			r.examples, r.never = e.Examples, e.Never
		}
		s.models = append(s.models, name)
		s.learnText(name)
		s.rules = append(s.rules, r)
		for _, text := range strings.Split(patterns, "|") {
			p, err := parsePattern(text)
			if err != nil {
				return err
			}
			p.needsMaker = p.needsMaker || p.short()
			for _, f := range modelFields {
				s.index(f, p, r)
			}
		}
	}
	return nil
}

func (s *Set) addRule(e *ruleEntry, file string) error {
	if e.ID == "" || len(e.When) == 0 || len(e.Says) == 0 {
		return errors.New("id, when and says must be given")
	}
	if len(e.Examples) == 0 {
		return errors.New("no examples")
	}
	if e.Confidence < 1 || e.Confidence > 99 {
		return errors.New("confidence must be 1 to 99")
	}
	r := &rule{id: file + "/" + e.ID, confidence: e.Confidence, order: len(s.rules), examples: e.Examples, never: e.Never}
	for _, k := range slices.Sorted(maps.Keys(e.Says)) {
		if !slices.Contains(sayable, ward.Field(k)) {
			return fmt.Errorf("says: %q cannot be concluded", k)
		}
		r.says = append(r.says, says{ward.Field(k), e.Says[k]})
		s.learnText(e.Says[k])
	}
	if err := checkCategory(e.Says[string(ward.FieldCategory)]); err != nil {
		return err
	}
	s.rules = append(s.rules, r)
	for _, k := range slices.Sorted(maps.Keys(e.When)) {
		if err := s.addWhen(k, e.When[k], r); err != nil {
			return err
		}
	}
	return nil
}

func (s *Set) addWhen(key string, patterns []string, r *rule) error {
	fields := []ward.Field{ward.Field(key)}
	switch key {
	case "text": // any place where devices say what they are
		fields = []ward.Field{ward.FieldModel, ward.FieldProduct, ward.FieldSoftware, ward.FieldOS}
	case "name":
		fields = []ward.Field{ward.FieldHostname, ward.FieldAE, ward.FieldApplication}
	}
	for _, text := range patterns {
		if slices.Contains(wholeFields, fields[0]) {
			s.indexWhole(fields[0], fold(strings.TrimSpace(text)), r)
			continue
		}
		if textFields[fields[0]] == 0 {
			return fmt.Errorf("when: unknown field %q", key)
		}
		p, err := parsePattern(text)
		if err != nil {
			return err
		}
		for _, f := range fields {
			s.index(f, p, r)
		}
	}
	return nil
}

func (s *Set) index(f ward.Field, p pattern, r *rule) {
	first := ""
	if p.parts[0].kind == exact {
		first = p.parts[0].text
	}
	if s.texts[f] == nil {
		s.texts[f] = map[string][]compiled{}
	}
	s.texts[f][first] = append(s.texts[f][first], compiled{p, r})
	for _, w := range p.parts {
		if w.kind == exact {
			s.learn(w.text)
		}
	}
}

func (s *Set) indexWhole(f ward.Field, text string, r *rule) {
	if t, ok := strings.CutSuffix(text, "*"); ok {
		s.begins[f] = append(s.begins[f], beginning{t, r})
		return
	}
	if s.wholes[f] == nil {
		s.wholes[f] = map[string][]*rule{}
	}
	s.wholes[f][text] = append(s.wholes[f][text], r)
}

// finish checks what needs all files: makers that entries name, and examples.
func (s *Set) finish() error {
	for _, r := range s.rules {
		for _, y := range r.says {
			if y.field == ward.FieldMaker && !strings.Contains(y.value, "<") && s.makers[y.value] == nil {
				return fmt.Errorf("fingerprint: %s: maker %q has no entry", r.id, y.value)
			}
		}
	}
	for _, list := range s.spellings {
		slices.SortStableFunc(list, func(a, b spelling) int { return len(b.words) - len(a.words) })
	}
	for name, m := range s.clinical {
		if n := s.makerIn(split(nil, name), true); n != nil && n != m {
			s.twins[n.Name] = m.Name
		}
	}
	return nil
}
