package dicomweb

import (
	"strconv"

	"wardkeeper/format/fhir"
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// child reads one request or response.
type child struct {
	c      *sense.Context // of the current call
	dir    sense.Dir
	reply  bool
	status int
	length int64

	verb, object    string
	study, instance ward.Token
	patient         ward.Token
	person          bool
	by              string

	json  *fhir.JSON
	model model
}

func newChild(c *sense.Context, e *sense.Envelope) sense.Child {
	t := parseTarget(e.Method, e.Target)
	h := &child{dir: e.Dir, reply: e.Response, status: e.Status, length: e.Length, verb: t.verb, object: t.object}
	if h.verb == "" {
		h.verb = "DICOMweb"
	}
	h.study = c.Token(ward.TokenStudy, nil, t.study)
	switch {
	case t.sop != nil:
		h.instance = c.Token(ward.TokenInstance, nil, t.sop)
	default:
		h.instance = c.Token(ward.TokenInstance, nil, t.series)
	}
	h.query(c, t.query)
	role := "dicomweb client"
	if e.Response {
		role = "dicomweb server"
	}
	c.Sight(e.Dir, "dicomweb", ward.Fact{Field: ward.FieldRole, Value: role, Confidence: 60})
	if containsFold(e.ContentType, "json") {
		h.json = fhir.NewJSON(&h.model)
		h.model.dataset = h.dataset
	}
	return h
}

// query reads search keys (PS3.18 section 8.3.4): keywords or tags.
func (h *child) query(c *sense.Context, q []byte) {
	for _, k := range [...]struct{ name, tag, by string }{
		{"PatientID", "00100020", "patient id"},
		{"PatientName", "00100010", "name"},
		{"PatientBirthDate", "00100030", "birthdate"},
		{"AccessionNumber", "00080050", "accession"},
		{"StudyInstanceUID", "0020000D", "study"},
	} {
		v := param(q, k.name)
		if v == nil {
			if v = param(q, k.tag); v == nil {
				continue
			}
		}
		if h.by == "" {
			h.by = k.by
		}
		v = plainValue(v)
		switch k.tag {
		case "00100020":
			h.patient, h.person = c.Token(ward.TokenPatient, plainValue(param(q, "IssuerOfPatientID")), v), true
		case "0020000D", "00080050":
			if h.study.Zero() {
				h.study = c.Token(ward.TokenStudy, nil, v)
			}
		default:
			h.person = true
		}
	}
}

// Data implements sense.Child.
func (h *child) Data(c *sense.Context, b []byte) {
	if h.json != nil {
		h.c = c
		h.json.Write(b)
		h.c = nil
	}
}

// Gap implements sense.Child: what follows a gap cannot be placed.
func (h *child) Gap(*sense.Context, int64) { h.json = nil }

// Close implements sense.Child.
func (h *child) Close(c *sense.Context) {
	if h.json != nil && h.json.Bad() {
		c.Anomaly(h.dir, "dicomweb.content", "body is not the JSON that it says it is")
	}
	a := c.ActAs("dicomweb", h.dir, h.verb)
	a.Object, a.Reply, a.Bytes, a.Count = h.object, h.reply, uint64(max(h.length, 0)), h.model.count
	a.Study, a.Instance, a.Patient = h.study, h.instance, h.patient
	if n := h.model.stored + h.model.refused; n > 0 {
		a.Count = n
	}
	if h.reply {
		a.Outcome = h.outcome()
		if len(h.model.patients) == 1 {
			a.Patient = h.model.patients[0]
		}
	}
	a.Clear = h.person && !h.reply || h.model.person
	var attrs [2]ward.Attr
	n := 0
	if h.by != "" && !h.reply {
		attrs[n] = ward.Attr{Name: "by", Value: h.by}
		n++
	}
	if many := len(h.model.patients); many > 1 {
		attrs[n] = ward.Attr{Name: "patients", Value: strconv.Itoa(many)}
		n++
	}
	if n > 0 {
		a.Attrs = c.Attrs(attrs[:n]...)
	}
	if len(h.model.patients) > 1 {
		for _, t := range h.model.patients {
			e := c.ActAs("dicomweb", h.dir, "entry")
			e.Object, e.Reply, e.Patient, e.Clear = "patient", h.reply, t, true
		}
	}
	c.Message()
}

func (h *child) outcome() string {
	switch {
	case h.status == 0:
		return ""
	case h.status == 202 && h.model.refused == 0:
		return "pending"
	case h.status == 401 || h.status == 403:
		return "refused"
	case h.status >= 400 || h.model.refused > 0:
		return "failed"
	}
	return "ok"
}

// dataset takes one object of the JSON model as it ends.
func (h *child) dataset(m *model) {
	c := h.c
	if id := m.value(tagPatientID); id != nil {
		m.person = true
		m.notePatient(c, c.Token(ward.TokenPatient, m.value(tagIssuer), id))
	}
	if h.study.Zero() && m.count == 1 {
		h.study = c.Token(ward.TokenStudy, nil, m.value(tagStudyUID))
	}
	serial := c.Text(sense.ClassSerial, m.value(tagSerial))
	if serial == "" {
		return // equipment that cannot be told apart
	}
	c.SightOf(h.dir, ward.Subject{Key: "serial", Value: serial, Behind: true}, "dicomweb (0018,1000)",
		ward.Fact{Field: ward.FieldSerial, Value: serial, Confidence: 85},
		ward.Fact{Field: ward.FieldMaker, Value: c.Text(sense.ClassMaker, m.value(tagMaker)), Confidence: 85},
		ward.Fact{Field: ward.FieldModel, Value: c.Text(sense.ClassModel, m.value(tagModel)), Confidence: 85},
		ward.Fact{Field: ward.FieldFirmware, Value: c.Text(sense.ClassVersion, m.value(tagSoftware)), Confidence: 70},
		ward.Fact{Field: ward.FieldAE, Value: c.Text(sense.ClassAE, m.value(tagStation)), Confidence: 50},
		ward.Fact{Field: ward.FieldDepartment, Value: c.Text(sense.ClassDepartment, m.value(tagDepartment)), Confidence: 60},
		ward.Fact{Field: ward.FieldModality, Value: modality(m.value(tagModality)), Confidence: 85})
}

// modality returns a known modality code (PS3.3 section C.7.3.1.1.1).
func modality(b []byte) string {
	for _, m := range [...]string{"CT", "MR", "US", "CR", "DX", "XA", "RF", "MG", "NM", "PT", "RTPLAN", "RTDOSE", "RTSTRUCT", "RTIMAGE", "RTRECORD",
		"ECG", "ES", "OP", "OPT", "SM", "SC", "OT", "PX", "IO", "IVUS", "BMD", "SR", "PR", "KO", "SEG", "HD", "EPS", "GM", "XC"} {
		if string(b) == m {
			return m
		}
	}
	return ""
}
