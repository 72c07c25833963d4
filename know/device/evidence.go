package device

import (
	"cmp"
	"slices"
	"strings"

	"wardkeeper/know/device/category"
	"wardkeeper/ward"
)

// evidence lists what the identity rests on, the surest first within each field.
func (p *profile) evidence() {
	d := &p.device
	settled := map[ward.Field]string{ward.FieldCategory: d.Category, ward.FieldMaker: d.Maker, ward.FieldModel: d.Model, ward.FieldSerial: d.Serial}
	for i := range p.clues {
		e := &p.clues[i]
		v := ward.Evidence{Field: string(e.field), Value: e.value, From: e.from, Capture: e.capture, Packet: e.packet, Confidence: int(e.confidence)}
		if e.time != 0 {
			v.Time = e.time.String()
		}
		if want := settled[e.field]; want != "" && e.confidence >= 50 {
			v.Contradicts = !p.agrees(e, want)
		}
		d.Evidence = append(d.Evidence, v)
	}
	slices.SortStableFunc(d.Evidence, func(a, b ward.Evidence) int {
		return cmp.Or(cmp.Compare(fieldOrder(a.Field), fieldOrder(b.Field)), -cmp.Compare(a.Confidence, b.Confidence),
			cmp.Compare(a.Value, b.Value), cmp.Compare(a.From, b.From), cmp.Compare(a.Packet, b.Packet))
	})
	d.Evidence = slices.CompactFunc(d.Evidence, func(a, b ward.Evidence) bool {
		return a.Field == b.Field && a.Value == b.Value && a.From == b.From
	})
	if len(d.Evidence) > maxShownEvidence {
		d.Evidence = d.Evidence[:maxShownEvidence]
		p.cut = true
	}
}

func (p *profile) agrees(e *clue, want string) bool {
	switch e.field {
	case ward.FieldMaker:
		n := p.c.normal(e.value, e.from)
		return n == want || e.value == want || p.inv.prints.Namesake(n) == want
	case ward.FieldCategory:
		return e.value == want || category.Refines(e.value, want) || category.Refines(want, e.value)
	case ward.FieldModel:
		return e.basis == ward.FieldModel || sameModel(e.value, want) || !usableModel(e.value)
	default:
		return strings.EqualFold(e.value, want)
	}
}

var fieldsShown = []string{"category", "maker", "model", "serial", "udi", "software", "firmware", "os", "hostname", "ae", "application", "modality",
	"product", "role", "service", "port", "talks", "mac", "ip", "registrant", "fingerprint", "department", "location"}

func fieldOrder(f string) int {
	if i := slices.Index(fieldsShown, f); i >= 0 {
		return i
	}
	return len(fieldsShown)
}
