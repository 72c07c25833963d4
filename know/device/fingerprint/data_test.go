package fingerprint

import "testing"

func TestExamples(t *testing.T) {
	s, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	for _, err := range s.Check() {
		t.Error(err)
	}
	t.Logf("%d rules, %d makers, %d models, %d words", s.Rules(), len(s.Makers()), len(s.Models()), len(s.Words()))
}
