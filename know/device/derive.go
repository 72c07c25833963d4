package device

import (
	"strings"

	"wardkeeper/know/device/category"
	"wardkeeper/know/device/fingerprint"
	"wardkeeper/ward"
)

// makers finds the maker as far as it is stated, to match models with.
func (p *profile) makers() {
	p.maker = ""
	if b := weigh(p.makerClaims()); len(b) > 0 && b[0].p >= weighty {
		p.maker = b[0].value
	}
}

func (p *profile) makerClaims() []claim {
	var out []claim
	for i := range p.clues {
		e := &p.clues[i]
		confidence := int(e.confidence)
		switch e.field {
		case ward.FieldMaker:
			name := e.value
			if m, ok := p.c.makerOf(e.value, e.from); ok && !e.derived {
				name = m.Name
				if m.Software {
					confidence = confidence * softwareMaker / 100
				}
				if m.Component {
					continue
				}
			} else if !ok {
				if strings.HasPrefix(e.from, "tls certificate") {
					continue // the organisation that runs it
				}
				if name = fingerprint.Trim(e.value); strings.Contains(name, "~") || name == "" {
					continue
				}
			}
			out = append(out, claim{name, source(e.from), confidence})
		case fingerprint.FieldRegistrant:
			m, ok := p.inv.prints.Registrant(e.value)
			switch {
			case ok && m.Component:
				continue
			case ok:
				out = append(out, claim{m.Name, "oui", confidence * boardMaker / 100})
			default:
				out = append(out, claim{fingerprint.Trim(e.value), "oui", confidence * unknownMaker / 100})
			}
		}
	}
	return out
}

// derive adds what the fingerprints make of each clue, knowing the maker.
func (p *profile) derive() {
	store := p.stores()
	apps := len(p.device.Applications)
	for i := range len(p.clues) {
		e := p.clues[i]
		for _, c := range p.inv.prints.Match(e.field, e.value, p.maker) {
			confidence := c.Confidence * min(int(e.confidence)+10, 100) / 100
			switch {
			case e.field == ward.FieldModality && store:
				confidence = confidence * contentOfStore / 100
			case e.field == ward.FieldApplication && apps >= manyApps && c.Value != category.InterfaceEngine:
				confidence = confidence * manyNames / 100
			}
			p.conclude(&e, c.Field, c.Value, confidence, "fingerprint "+c.Rule+" of ")
		}
		p.usual(&e)
		if e.field == ward.FieldProduct {
			if m, ok := p.inv.prints.Registrant(e.value); ok && !m.Software && !m.Component {
				p.conclude(&e, ward.FieldMaker, m.Name, int(e.confidence)*unknownMaker/100, "name in ")
			}
		}
	}
	if in, out := p.c.hl7Peers(p.atoms); in >= manyApps && out > 0 {
		e := evidence{field: ward.FieldRole, from: "hl7 conversations", confidence: 60}
		p.conclude(&clue{evidence: e}, ward.FieldCategory, category.InterfaceEngine, 55, "passing on ")
	}
	if apps >= manyApps {
		e := evidence{field: ward.FieldApplication, from: "hl7 applications", confidence: 55}
		p.conclude(&clue{evidence: e}, ward.FieldCategory, category.InterfaceEngine, 55, "number of ")
	}
}

func (p *profile) conclude(e *clue, f ward.Field, value string, confidence int, how string) {
	n := *e
	n.field, n.value, n.from, n.confidence = f, value, how+e.from, uint8(min(confidence, 99))
	n.derived, n.basis = true, e.field
	p.clues = append(p.clues, n)
}

// usual adds what a maker usually makes.
func (p *profile) usual(e *clue) {
	switch e.field {
	case ward.FieldMaker:
		if m, ok := p.c.makerOf(e.value, e.from); ok && m.Category != "" {
			p.conclude(e, ward.FieldCategory, m.Category, int(e.confidence)*makersUsual/100, "usual product of ")
		}
	case fingerprint.FieldRegistrant:
		if m, ok := p.inv.prints.Registrant(e.value); ok && m.Category != "" {
			p.conclude(e, ward.FieldCategory, m.Category, int(e.confidence)*makersUsual/100, "usual product of ")
		}
	}
}

// stores reports whether the device keeps images that others make.
func (p *profile) stores() bool {
	kinds := map[string]bool{}
	for i := range p.clues {
		e := &p.clues[i]
		switch {
		case e.field == ward.FieldModality:
			for _, c := range p.inv.prints.Match(e.field, e.value, "") {
				kinds[c.Value] = true
			}
		case e.field == ward.FieldRole && (e.value == "dicom query scp" || e.value == "dicom retrieve scp"):
			return true
		}
	}
	return len(kinds) > 2
}

// origin is the source of a clue: what follows from a field has that field's.
func (e *clue) origin() string {
	from := e.from
	if e.derived {
		if i := strings.Index(from, " of "); i >= 0 {
			from = from[i+4:]
		} else {
			from = strings.TrimPrefix(strings.TrimPrefix(from, "name in "), "passing on ")
		}
		if e.basis == ward.FieldModality {
			return source(from)
		}
		// A name, a banner and a role are different evidence though one protocol carries them.
		return source(from) + " " + string(e.basis)
	}
	return source(from)
}

func (p *profile) claims(f ward.Field) []claim {
	var out []claim
	for i := range p.clues {
		if e := &p.clues[i]; e.field == f {
			out = append(out, claim{e.value, e.origin(), int(e.confidence)})
		}
	}
	return out
}
