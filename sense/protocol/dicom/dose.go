package dicom

import (
	"wardkeeper/format/dicom"
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Caps of the doses of one instance.
const (
	maxDoses  = 512
	maxScopes = 4 // depth of the items that doses stand in
)

// quantity says what a tag of an RT object means.
type quantity struct {
	name, unit string
	state      ward.DoseState
}

// quantityOf returns the meaning of a tag; its name is "" if it holds no dose.
// Dose Reference, Fraction Group and Beam modules: PS3.3 C.8.8.10 to C.8.8.14;
// treatment records: C.8.8.16 to C.8.8.24.
func quantityOf(t dicom.Tag) quantity {
	switch t {
	case dicom.DeliveryWarningDose:
		return quantity{"delivery-warning-dose", "Gy", ward.DoseSet}
	case dicom.DeliveryMaximumDose:
		return quantity{"delivery-maximum-dose", "Gy", ward.DoseSet}
	case dicom.TargetMinimumDose:
		return quantity{"target-minimum-dose", "Gy", ward.DoseSet}
	case dicom.TargetPrescriptionDose:
		return quantity{"target-prescription-dose", "Gy", ward.DoseSet}
	case dicom.TargetMaximumDose:
		return quantity{"target-maximum-dose", "Gy", ward.DoseSet}
	case dicom.OrganAtRiskMaximumDose:
		return quantity{"organ-at-risk-maximum-dose", "Gy", ward.DoseSet}
	case dicom.FractionsPlanned:
		return quantity{"fractions-planned", "", ward.DoseSet}
	case dicom.NumberOfBeams:
		return quantity{"beams", "", ward.DoseSet}
	case dicom.BeamDose:
		return quantity{"beam-dose", "Gy", ward.DoseSet}
	case dicom.BeamMeterset:
		return quantity{"beam-meterset", "", ward.DoseSet}
	case dicom.FinalCumulativeMeterset:
		return quantity{"final-cumulative-meterset-weight", "", ward.DoseSet}
	case dicom.NominalBeamEnergy:
		return quantity{"nominal-beam-energy", "MV", ward.DoseSet}
	case dicom.DoseRateSet:
		return quantity{"dose-rate-set", "MU/min", ward.DoseSet}
	case dicom.SpecifiedPrimaryMeterset:
		return quantity{"specified-meterset", "", ward.DoseSet}
	case dicom.DeliveredPrimaryMeterset:
		return quantity{"delivered-meterset", "", ward.DoseDelivered}
	case dicom.MeasuredDoseValue:
		return quantity{"measured-dose", "Gy", ward.DoseDelivered}
	case dicom.CalculatedDoseValue:
		return quantity{"calculated-dose", "Gy", ward.DoseDelivered}
	case dicom.CumulativeDose:
		return quantity{"cumulative-dose", "Gy", ward.DoseDelivered}
	case dicom.FractionsDelivered:
		return quantity{"fractions-delivered", "", ward.DoseDelivered}
	}
	return quantity{}
}

// meterset reports the quantities that are in the dosimeter's unit.
func meterset(t dicom.Tag) bool {
	return t == dicom.BeamMeterset || t == dicom.SpecifiedPrimaryMeterset || t == dicom.DeliveredPrimaryMeterset
}

// isDose reports the elements that the reading of doses needs.
func isDose(t dicom.Tag) bool {
	switch t {
	case dicom.BeamNumber, dicom.ReferencedBeamNumber, dicom.DoseReferenceNumber, dicom.FractionGroupNumber,
		dicom.CalculatedDoseNumber, dicom.MeasuredDoseNumber, dicom.ReferencedDoseReferenceNum,
		dicom.PrimaryDosimeterUnit, dicom.TreatmentMachineName:
		return true
	}
	return quantityOf(t).name != ""
}

// decimalText is a decimal string (DS or IS) as stated.
type decimalText struct {
	b [16]byte
	n uint8
}

func (t *decimalText) String() string { return string(t.b[:t.n]) }

// maxWhole is how many digits a dose may have before its point unless it is round:
// longer ones are identifiers or dates in the wrong place.
const maxWhole = 5

// parse keeps v if it is one decimal number (PS3.5 6.2, DS and IS) that no
// identifier, date or telephone number looks like.
func (t *decimalText) parse(v []byte) bool {
	if len(v) == 0 || len(v) > len(t.b) {
		return false
	}
	rest := sign(v)
	whole, zeros := digits(rest)
	rest = rest[whole:]
	fraction := 0
	if len(rest) > 0 && rest[0] == '.' {
		fraction, _ = digits(rest[1:])
		rest = rest[1+fraction:]
	}
	if whole+fraction == 0 || whole > maxWhole && zeros < 3 || !exponent(rest) {
		return false
	}
	*t = decimalText{}
	t.n = uint8(copy(t.b[:], v))
	return true
}

func sign(v []byte) []byte {
	if len(v) > 0 && (v[0] == '+' || v[0] == '-') {
		return v[1:]
	}
	return v
}

// digits counts the digits that v begins with and the zeros at their end.
func digits(v []byte) (n, zeros int) {
	for n < len(v) && '0' <= v[n] && v[n] <= '9' {
		if zeros++; v[n] != '0' {
			zeros = 0
		}
		n++
	}
	return n, zeros
}

// exponent reports whether v is nothing or an exponent of at most two digits.
func exponent(v []byte) bool {
	if len(v) == 0 {
		return true
	}
	if v[0]|0x20 != 'e' {
		return false
	}
	v = sign(v[1:])
	n, _ := digits(v)
	return n == len(v) && n >= 1 && n <= 2
}

// dose is one quantity, with the numbers of the items it stands in.
type dose struct {
	tag           dicom.Tag
	value         decimalText
	beam, group   decimalText
	reference     decimalText
	unit, machine string
}

// scope is an item of a sequence around the current element.
type scope struct {
	start         int // first of its doses
	number        decimalText
	unit, machine string
}

// doses collects the doses of one instance.
type doses struct {
	list    []dose
	machine string // of the treatment record
	unit    string // of its metersets
	scopes  [maxScopes]scope
	energy  decimalText // last of the beam's control points
	rate    decimalText
	full    bool
}

func (x doses) empty() doses { return doses{list: x.list[:0]} }

// item is told where items begin and end.
func (x *doses) item(sequence dicom.Tag, depth int, begin bool) {
	if depth < 1 || depth > maxScopes {
		return
	}
	s := &x.scopes[depth-1]
	if begin {
		*s = scope{start: len(x.list)}
		if sequence == dicom.Beams || sequence == dicom.IonBeams {
			x.energy, x.rate = decimalText{}, decimalText{}
		}
		return
	}
	inside := x.list[min(s.start, len(x.list)):]
	switch sequence {
	case dicom.TreatmentMachines:
		x.machine = s.machine
	case dicom.Beams, dicom.IonBeams:
		for i := range inside {
			inside[i].beam = s.number
		}
		x.beam(s)
	case dicom.ReferencedBeams, dicom.TreatmentSessionBeams, dicom.TreatmentSessionIonBeams:
		for i := range inside {
			inside[i].beam = s.number
		}
	case dicom.FractionGroups:
		for i := range inside {
			inside[i].group = s.number
		}
	case dicom.DoseReferences, dicom.CalculatedDoseReferences, dicom.MeasuredDoseReferences, dicom.SummaryDoseReferences:
		for i := range inside {
			inside[i].reference = s.number
		}
	}
}

// beam gives the doses of a beam, stated before it, its unit and machine.
func (x *doses) beam(s *scope) {
	if s.number.n == 0 || s.unit == "" && s.machine == "" {
		return
	}
	for i := range x.list {
		o := &x.list[i]
		if o.beam != s.number {
			continue
		}
		o.machine = s.machine
		if o.tag == dicom.BeamMeterset {
			o.unit = s.unit
		}
	}
}

// value sees an element that isDose named.
func (x *doses) value(c *sense.Context, e *dicom.Element, v []byte) {
	var none scope
	s := &none
	if e.Depth >= 1 && e.Depth <= maxScopes {
		s = &x.scopes[e.Depth-1]
	}
	switch e.Tag {
	case dicom.PrimaryDosimeterUnit:
		if u := string(v); u == "MU" || u == "MINUTE" || u == "NP" {
			s.unit = u
			if e.Depth == 0 {
				x.unit = u
			}
		}
		return
	case dicom.TreatmentMachineName:
		s.machine = c.Text(sense.ClassAE, v)
		return
	}
	var n decimalText
	if !n.parse(v) {
		return
	}
	if quantityOf(e.Tag).name == "" {
		s.number = n
		return
	}
	// Control points repeat what does not change.
	switch e.Tag {
	case dicom.NominalBeamEnergy:
		if x.energy == n {
			return
		}
		x.energy = n
	case dicom.DoseRateSet:
		if x.rate == n {
			return
		}
		x.rate = n
	}
	if len(x.list) >= maxDoses {
		if !x.full {
			x.full = true
			c.Limit("dicom.doses")
		}
		return
	}
	x.list = append(x.list, dose{tag: e.Tag, value: n})
}

// emitDoses emits the doses of an instance whose act is a.
func (x *content) emitDoses(c *sense.Context, d sense.Dir, patient, plan ward.Token) {
	for i := range x.dose.list {
		o := &x.dose.list[i]
		q := quantityOf(o.tag)
		b := c.Dose(d)
		b.State, b.Therapy, b.Quantity, b.Unit = q.state, "radiotherapy", q.name, q.unit
		b.Patient, b.Plan = patient, plan
		b.Channel, b.Code, b.Value = o.beam.String(), o.tag.String(), o.value.String()
		if b.Device = o.machine; b.Device == "" {
			b.Device = x.dose.machine
		}
		if o.unit != "" {
			b.Unit = o.unit
		} else if meterset(o.tag) {
			b.Unit = x.dose.unit
		}
		var at attributes
		at.add("fraction_group", o.group.String())
		at.add("dose_reference", o.reference.String())
		b.Attrs = c.Attrs(at.a[:at.n]...)
	}
}
