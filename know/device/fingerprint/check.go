package fingerprint

import (
	"fmt"
	"slices"
	"strings"

	"wardkeeper/ward"
)

// Check runs every entry's examples and returns what does not hold. An example is
// "field: value"; it must lead to everything that the entry says, for a device
// entry to its category and maker. What stands under never must not.
func (s *Set) Check() []error { return s.check(s.rules) }

func (s *Set) check(rules []*rule) []error {
	var errs []error
	for _, r := range rules {
		for _, e := range r.examples {
			if err := s.checkExample(r, e); err != nil {
				errs = append(errs, fmt.Errorf("%s: example %q: %w", r.id, e, err))
			}
		}
		for _, e := range r.never {
			if got, err := s.runExample(e); err != nil || slices.ContainsFunc(got, func(c Conclusion) bool { return c.Rule == r.id }) {
				errs = append(errs, fmt.Errorf("%s: %q matches but is listed under never (%v)", r.id, e, err))
			}
		}
	}
	return errs
}

func (s *Set) runExample(e string) ([]Conclusion, error) {
	field, value, ok := strings.Cut(e, ":")
	if !ok {
		return nil, fmt.Errorf("want field: value")
	}
	maker := ""
	if f, m, ok := strings.Cut(field, "|"); ok { // "model|Philips: MX450"
		known, ok := s.Maker(m)
		if !ok {
			return nil, fmt.Errorf("unknown maker %q", m)
		}
		field, maker = f, known.Name
	}
	field = strings.TrimSpace(field)
	switch field {
	case "text":
		field = string(ward.FieldProduct)
	case "name":
		field = string(ward.FieldHostname)
	}
	return s.Match(ward.Field(field), strings.TrimSpace(value), maker), nil
}

func (s *Set) checkExample(r *rule, e string) error {
	got, err := s.runExample(e)
	if err != nil {
		return err
	}
	for _, y := range r.says {
		if r.device && y.field == ward.FieldModel || strings.HasPrefix(y.value, "<words>") {
			continue // an example may show any of the entry's models, or none
		}
		if !slices.ContainsFunc(got, func(c Conclusion) bool { return c.Field == y.field && sameBut(c.Value, y.value) }) {
			return fmt.Errorf("no %s %q in %v", y.field, y.value, got)
		}
	}
	return nil
}

// sameBut compares up to what was captured.
func sameBut(got, want string) bool {
	want, _, open := strings.Cut(want, "<")
	if open {
		return strings.HasPrefix(got, strings.TrimSpace(want))
	}
	return got == want
}
