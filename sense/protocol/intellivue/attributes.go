package intellivue

import (
	"bytes"
	"net/netip"
	"unicode/utf8"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Attribute identifiers of the object partition.
const (
	attrAlarmsPatient   = 2306
	attrAlarmsTechnical = 2308
	attrModel           = 2344
	attrProduction      = 2349
	attrCompound        = 2379
	attrNumeric         = 2384
	attrBirth           = 2392
	attrPatientID       = 2394
	attrFamily          = 2396
	attrGiven           = 2397
	attrSampleCompound  = 2407
	attrSample          = 2414
	attrSystemID        = 2436
	attrAddress         = 61696
	attrProtocols       = 61697
)

// patient collects what one object says of a patient.
type patient struct {
	id, family, given, birth []byte
}

// attributes reads an attribute list: count, length, then id, length, value each.
func (x *export) attributes(c *sense.Context, dir sense.Dir, b []byte, from string) {
	if len(b) < 4 {
		return
	}
	b = b[4:]
	var p patient
	for len(b) >= 4 {
		id, n := be.Uint16(b), int(be.Uint16(b[2:]))
		if n > len(b)-4 {
			x.anomaly(c, dir, "intellivue.attribute", "attribute is longer than its list")
			break
		}
		x.attribute(c, dir, id, b[4:4+n], &p, from)
		b = b[4+n:]
	}
	x.told(c, dir, &p)
}

func (x *export) attribute(c *sense.Context, dir sense.Dir, id uint16, v []byte, p *patient, from string) {
	switch id {
	case attrNumeric:
		x.numbers++
	case attrCompound:
		if len(v) >= 2 {
			x.numbers += uint64(be.Uint16(v))
		}
	case attrSample, attrSampleCompound:
		x.waves++
	case attrAlarmsPatient, attrAlarmsTechnical:
		x.alarms++
	case attrModel:
		maker, rest := label(v)
		model, _ := label(rest)
		c.Sight(dir, "intellivue system model", ward.Fact{Field: ward.FieldMaker, Value: c.Text(sense.ClassMaker, trim(maker)), Confidence: 92},
			ward.Fact{Field: ward.FieldModel, Value: c.Text(sense.ClassModel, trim(model)), Confidence: 92})
	case attrSystemID:
		if mac, _ := label(v); len(mac) == 6 {
			c.Sight(dir, "intellivue system id", ward.Fact{Field: ward.FieldMAC, Value: ward.MAC(mac).String(), Confidence: 90})
		}
	case attrProduction:
		production(c, dir, v)
	case attrAddress:
		if len(v) >= 10 {
			c.Sight(dir, from+" address", ward.Fact{Field: ward.FieldMAC, Value: ward.MAC(v[:6]).String(), Confidence: 90},
				ward.Fact{Field: ward.FieldIP, Value: netip.AddrFrom4([4]byte(v[6:10])).String(), Confidence: 85})
		}
	case attrProtocols:
		c.Sight(dir, from+" protocols", ward.Fact{Field: ward.FieldService, Value: "intellivue data export", Confidence: 90})
	case attrPatientID:
		p.id = text(v)
	case attrFamily:
		p.family = text(v)
	case attrGiven:
		p.given = text(v)
	case attrBirth:
		if len(v) >= 4 && (v[0] != 0 || v[1] != 0) && v[0] != 0xff {
			p.birth = v[:4]
		}
	}
}

// label reads a VariableLabel: length, octets.
func label(b []byte) (v, rest []byte) {
	if len(b) < 2 {
		return nil, nil
	}
	n := min(int(be.Uint16(b)), len(b)-2)
	return b[2 : 2+n], b[2+n:]
}

// trim drops the zeros that pad a label of text.
func trim(b []byte) []byte { return bytes.TrimRight(b, "\x00 ") }

// Parts of a production specification.
const (
	specSerial   = 1
	specSoftware = 4
	specFirmware = 5
)

// production reads ProductionSpec: count, length, then kind, component, label each.
func production(c *sense.Context, dir sense.Dir, v []byte) {
	if len(v) < 4 {
		return
	}
	const from = "intellivue production specification"
	for v = v[4:]; len(v) >= 6; {
		kind, component := be.Uint16(v), be.Uint16(v[2:])
		var value []byte
		value, v = label(v[4:])
		value = trim(value)
		switch kind {
		case specSerial:
			if component <= 1 { // of the product itself, not of a part
				c.Sight(dir, from, ward.Fact{Field: ward.FieldSerial, Value: c.Text(sense.ClassSerial, value), Confidence: 92})
			}
		case specSoftware:
			c.Sight(dir, from, ward.Fact{Field: ward.FieldSoftware, Value: c.Text(sense.ClassVersion, value), Confidence: 90})
		case specFirmware:
			c.Sight(dir, from, ward.Fact{Field: ward.FieldFirmware, Value: c.Text(sense.ClassVersion, value), Confidence: 90})
		}
	}
}

// maxText is the most of a name that is looked at, in octets.
const maxText = 256

// text reads a String: length, UTF-16 characters, a zero at the end.
func text(b []byte) []byte {
	if len(b) < 2 {
		return nil
	}
	n := min(int(be.Uint16(b)), len(b)-2, maxText)
	var out []byte
	for b = b[2 : 2+n]; len(b) >= 2; b = b[2:] {
		if r := rune(be.Uint16(b)); r != 0 {
			out = utf8.AppendRune(out, r)
		}
	}
	return out
}

// told says that a patient's identity was sent in clear, once for each patient.
// Where no number is given, name and date of birth stand for it.
func (x *export) told(c *sense.Context, dir sense.Dir, p *patient) {
	var who ward.Token
	switch {
	case len(p.id) > 0:
		who = c.Token(ward.TokenPatient, nil, p.id)
	case len(p.family)+len(p.given) > 0:
		all := append(append(append([]byte{}, p.family...), '^'), p.given...)
		who = c.Token(ward.TokenPatient, []byte("intellivue name"), append(append(all, '^'), p.birth...))
	default:
		return
	}
	for _, t := range x.patients {
		if t == who {
			return
		}
	}
	if len(x.patients) >= maxPatients {
		c.Limit("intellivue.patients")
		x.patients = x.patients[:0]
	}
	x.patients = append(x.patients, who)
	a := c.Act(dir, "demographics")
	a.Object, a.Patient, a.Clear = "patient", who, true
}
