package privacy

import "regexp"

// code keeps a coded value whose shape shows its system: LOINC, NDC, ATC, ICD-10; or
// one whose system is named in it. A number alone is never a SNOMED CT code: one
// patient's number in some hundred would pass its check digit. False leaves the value
// to judge, which knows units and nomenclature.
func (s *Scrubber) code() bool {
	t := &s.text
	for i := range t.words {
		if t.words[i].marks&(person|month) != 0 || !t.words[i].ascii {
			return false
		}
	}
	if !t.systemCode() {
		return false
	}
	for i := range t.words {
		t.words[i].keep = true
	}
	return true
}

var codeShape = regexp.MustCompile(`^([A-Va-v][0-9]{2}[A-Za-z]{2}[0-9]{2}|[A-TV-Z][0-9][0-9A-Z]\.[0-9]{1,4}|[0-9]{4}-[0-9]{4}-[0-9]{2}|[0-9]{5}-[0-9]{3}-[0-9]{2}|[0-9]{5}-[0-9]{4}-[0-9]{1,2})$`)

func (t *text) systemCode() bool {
	b := t.b
	if len(b) > 24 {
		return false
	}
	return codeShape.Match(b) || loinc(b) || t.namedSystem()
}

// codeSystems may be named beside a number of up to eight digits.
var codeSystems = map[string]bool{"mdc": true, "rxnorm": true, "snomed": true, "sct": true, "loinc": true, "ndc": true, "dcm": true, "cvx": true, "atc": true}

func (t *text) namedSystem() bool {
	if len(t.words) != 2 {
		return false
	}
	for i := range t.words {
		number, system := &t.words[i], &t.words[1-i]
		name := string(t.lowOf(system))
		if number.letters == 0 && number.digits <= 8 && codeSystems[name] && !dated(t.of(number)) || (name == "snomed" || name == "sct") && snomed(t.of(number)) {
			return true
		}
	}
	return false
}

// loinc checks the check digit (mod 10) of a code as 8867-4.
func loinc(b []byte) bool {
	n := len(b)
	if n < 3 || n > 8 || b[n-2] != '-' || !isDigit(b[n-1]) {
		return false
	}
	sum := 0
	for i, j := n-3, 0; i >= 0; i, j = i-1, j+1 {
		if !isDigit(b[i]) {
			return false
		}
		d := int(b[i] - '0')
		if j%2 == 0 {
			if d *= 2; d > 9 {
				d -= 9
			}
		}
		sum += d
	}
	return (10-sum%10)%10 == int(b[n-1]-'0')
}

var (
	verhoeffD = [10]string{"0123456789", "1234067895", "2340178956", "3401289567", "4012395678", "5987604321", "6598710432", "7659821043", "8765932104", "9876543210"}
	verhoeffP = [8]string{"0123456789", "1576283094", "5803796142", "8916043527", "9453126870", "4286573901", "2793806415", "7046913258"}
)

// snomed checks partition and Verhoeff digit of a SNOMED CT identifier.
func snomed(b []byte) bool {
	n := len(b)
	if n < 8 || n > 18 || b[0] == '0' || date8(b) {
		return false // the few shorter identifiers look like dates and case numbers
	}
	c := byte('0')
	for i := range n {
		d := b[n-1-i]
		if !isDigit(d) {
			return false
		}
		c = verhoeffD[c-'0'][verhoeffP[i%8][d-'0']-'0']
	}
	switch string(b[n-3 : n-1]) {
	case "00", "01", "02", "10", "11", "12":
		return c == '0'
	}
	return false
}
