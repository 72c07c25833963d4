package fhir

import (
	"time"

	"wardkeeper/format/fhir"
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// sightDevice says what a Device resource states. The device itself is somewhere
// behind the sender. What is fitted to a patient is told apart by token only.
func sightDevice(c *sense.Context, d sense.Dir, r *fhir.Resource) {
	serial := ""
	switch {
	case r.Subject.Reference != nil || r.Subject.Value != nil:
		serial = c.Token(ward.TokenSerial, r.Maker, deviceNumber(r)).String()
	default:
		serial = c.Text(sense.ClassSerial, deviceNumber(r))
	}
	if serial == "" {
		return
	}
	facts := [8]ward.Fact{
		{Field: ward.FieldMaker, Value: c.Text(sense.ClassMaker, r.Maker), Confidence: 90},
		{Field: ward.FieldModel, Value: c.Text(sense.ClassModel, model(r)), Confidence: 90},
		{Field: ward.FieldUDI, Value: c.Text(sense.ClassCode, r.UDI), Confidence: 95},
	}
	n := 3
	if r.Serial != nil {
		facts[n] = ward.Fact{Field: ward.FieldSerial, Value: serial, Confidence: 95}
		n++
	}
	for _, v := range r.Versions {
		if n < len(facts) {
			facts[n] = ward.Fact{Field: ward.FieldFirmware, Value: c.Text(sense.ClassVersion, v), Confidence: 80}
			n++
		}
	}
	c.SightOf(d, ward.Subject{Key: "serial", Value: serial, Behind: true}, "fhir Device", facts[:n]...)
}

func deviceNumber(r *fhir.Resource) []byte {
	if r.Serial == nil && len(r.Identifiers) > 0 {
		return r.Identifiers[0].Value
	}
	return r.Serial
}

func model(r *fhir.Resource) []byte {
	if r.Model == nil {
		return r.DeviceName
	}
	return r.Model
}

// medication turns what is ordered or given into doses. Only what is written
// counts: reading an order does not order it again.
func (h *child) medication(c *sense.Context, r *fhir.Resource) {
	if h.reply || h.method == "GET" {
		return
	}
	therapy := "medication"
	for i := range r.Doses {
		if r.Doses[i].Quantity == "rate" {
			therapy = "infusion"
		}
	}
	drug := firstOf(r.Code.Display, r.Code.Text, r.Code.Code)
	for i := range r.Doses {
		in := &r.Doses[i]
		if !isDecimal(in.Value) {
			continue
		}
		if h.doses++; h.doses > maxDoses {
			c.Limit("fhir.doses")
			return
		}
		d := c.DoseAs("fhir", h.dir)
		d.State, d.Therapy = doseState(r), therapy
		d.Patient = h.refToken(c, &r.Subject)
		d.Order = orderToken(c, r)
		d.Visit = c.Token(ward.TokenVisit, []byte("fhir:Encounter"), idOf(r.Encounter.Reference, "Encounter/"))
		d.Device = c.Text(sense.ClassSerial, lastSegment(r.Device.Reference))
		d.Drug = c.Text(sense.ClassDrug, drug)
		d.Quantity, d.Value, d.Unit = in.Quantity, string(in.Value), unit(c, in)
		d.At = parseTime(r.When)
		if r.Code.Code != nil {
			d.Attrs = c.Attrs(ward.Attr{Name: "drug-code", Value: c.Text(sense.ClassCode, r.Code.Code)})
		}
	}
}

// orderToken names the order: the request that an administration answers, else the
// resource's own number or id.
func orderToken(c *sense.Context, r *fhir.Resource) ward.Token {
	if len(r.Request.Value) > 0 {
		return c.Token(ward.TokenOrder, r.Request.System, r.Request.Value)
	}
	if r.Request.Reference != nil {
		return c.Token(ward.TokenOrder, []byte("fhir:MedicationRequest"), lastSegment(r.Request.Reference))
	}
	if r.Type == "MedicationAdministration" {
		return ward.Token{}
	}
	if len(r.Identifiers) > 0 && len(r.Identifiers[0].Value) > 0 {
		return c.Token(ward.TokenOrder, r.Identifiers[0].System, r.Identifiers[0].Value)
	}
	return c.Token(ward.TokenOrder, []byte("fhir:MedicationRequest"), r.ID)
}

func doseState(r *fhir.Resource) ward.DoseState {
	given := r.Type == "MedicationAdministration"
	switch string(r.Status) {
	case "on-hold":
		return ward.DosePaused
	case "stopped", "ended":
		return ward.DoseEnded
	case "cancelled", "not-done", "entered-in-error":
		return ward.DoseCancelled
	case "completed":
		if given {
			return ward.DoseDelivered
		}
		return ward.DoseEnded
	}
	if given {
		return ward.DoseRunning
	}
	return ward.DoseOrdered
}

// unit returns "mg" or, for a ratio, "mL/h" and "mg/24 h".
func unit(c *sense.Context, d *fhir.Dose) string {
	u := c.Text(sense.ClassCode, firstOf(d.Code, d.Unit))
	per := firstOf(d.PerID, d.PerUnit)
	if per == nil {
		return u
	}
	u += "/"
	if isDecimal(d.PerValue) && string(d.PerValue) != "1" {
		u += string(d.PerValue) + " "
	}
	return u + c.Text(sense.ClassCode, per)
}

func firstOf(texts ...fhir.Text) fhir.Text {
	for _, t := range texts {
		if len(t) > 0 {
			return t
		}
	}
	return nil
}

const maxDecimal = 24 // characters of a decimal

// isDecimal reports a plain decimal, which is then kept as it was written.
func isDecimal(b []byte) bool {
	digits := 0
	for i, c := range b {
		switch {
		case c >= '0' && c <= '9':
			digits++
		case c == '-' && i == 0, c == '.', c == 'e', c == 'E', c == '+' && i > 0:
		default:
			return false
		}
	}
	return digits > 0 && len(b) <= maxDecimal
}

// parseTime reads a FHIR dateTime (R4 section 2.24.0.1) that has a time of day.
func parseTime(b []byte) ward.Time {
	if len(b) > 40 {
		return 0
	}
	t, err := time.Parse(time.RFC3339, string(b))
	if err != nil || t.Year() < 1900 || t.Year() > 2200 {
		return 0
	}
	return ward.TimeOf(t)
}

// audit repeats what an AuditEvent says (R4 section 6.4; ATNA, PS3.15 A.5).
func (h *child) audit(c *sense.Context, r *fhir.Resource) {
	if h.audits++; h.audits > maxAudits {
		c.Limit("fhir.audits")
		return
	}
	a := c.ActAs("fhir", h.dir, "audit")
	a.Reply = h.reply
	a.Object = c.Text(sense.ClassCode, firstOf(r.SubType.Code, r.Code.Code))
	a.Outcome = auditOutcome(r.Outcome)
	for i := range r.Agents {
		if t := agentToken(c, &r.Agents[i]); !t.Zero() && (a.Actor.Zero() || r.Agents[i].Requestor) {
			a.Actor = t
		}
	}
	for i := range r.Entities {
		if t := h.refToken(c, &r.Entities[i]); !t.Zero() {
			a.Patient, a.Clear = t, true
			break
		}
	}
	if action := auditAction(r.Action); action != "" {
		a.Attrs = c.Attrs(ward.Attr{Name: "action", Value: action})
	}
}

func agentToken(c *sense.Context, a *fhir.Agent) ward.Token {
	switch {
	case len(a.Who.Value) > 0:
		return c.Token(ward.TokenStaff, a.Who.System, a.Who.Value)
	case len(a.Alt) > 0:
		return c.Token(ward.TokenStaff, nil, a.Alt)
	}
	return c.Token(ward.TokenStaff, []byte("fhir:Practitioner"), idOf(a.Who.Reference, "Practitioner/"))
}

func auditAction(b []byte) string {
	switch string(b) {
	case "C":
		return "create"
	case "R":
		return "read"
	case "U":
		return "update"
	case "D":
		return "delete"
	case "E":
		return "execute"
	}
	return ""
}

func auditOutcome(b []byte) string {
	switch string(b) {
	case "0":
		return "ok"
	case "4", "8", "12":
		return "failed"
	}
	return ""
}
