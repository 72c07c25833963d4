package fhir

import (
	"bytes"
	"strconv"

	"wardkeeper/format/fhir"
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Caps of one message.
const (
	maxPatients = 64      // different patients told apart
	maxForm     = 4 << 10 // bytes of a search sent as a form
	maxAudits   = 1 << 10
	maxDoses    = 1 << 10
)

// child reads one request or response.
type child struct {
	c      *sense.Context // of the current call
	dir    sense.Dir
	reply  bool
	method string
	status int
	length int64
	call   call

	json *fhir.JSON
	xml  *fhir.XML
	form sense.Buffer
	kind content

	col      *fhir.Collector
	rootType string
	entries  int
	total    uint64
	batch    string // a Bundle's type, where it is a write
	patients []known
	alias    ward.Token // logical id of the one Patient that this is
	person   bool
	device   string
	doses    int
	audits   int
}

type content uint8

const (
	notYet content = iota
	asJSON
	asXML
	asForm
	asNothing
)

// known is a patient met in a message: by number, by logical id and by what the
// message itself calls them.
type known struct{ token, id, url ward.Token }

func newChild(c *sense.Context, e *sense.Envelope) sense.Child {
	h := &child{dir: e.Dir, reply: e.Response, method: e.Method, status: e.Status, length: e.Length}
	h.call = parseCall(c, e.Method, e.Target)
	if containsFold(e.ContentType, "x-www-form-urlencoded") {
		h.kind = asForm
	}
	role := "fhir client"
	if e.Response {
		role = "fhir server"
	}
	if isFHIRType(e.ContentType) {
		c.Sight(e.Dir, "fhir content type", ward.Fact{Field: ward.FieldRole, Value: role, Confidence: 60})
	}
	return h
}

// Data implements sense.Child.
func (h *child) Data(c *sense.Context, b []byte) {
	h.c = c
	if h.kind == notYet {
		if b = skipBlank(b); len(b) == 0 {
			return
		}
		h.begin(b[0])
	}
	switch h.kind {
	case asJSON:
		h.json.Write(b)
	case asXML:
		h.xml.Write(b)
	case asForm:
		room := maxForm - h.form.Len()
		h.form.Append(c, b[:min(len(b), room)], maxForm, "fhir.form-bytes")
	}
	h.c = nil
}

// skipBlank skips white space and a byte order mark, which may come in pieces.
func skipBlank(b []byte) []byte {
	for len(b) > 0 && (b[0] <= ' ' || b[0] == 0xef || b[0] == 0xbb || b[0] == 0xbf) {
		b = b[1:]
	}
	return b
}

func (h *child) begin(first byte) {
	h.col = fhir.NewCollector(h.resource)
	switch first {
	case '{', '[':
		h.kind, h.json = asJSON, fhir.NewJSON(h.col)
	case '<':
		h.kind, h.xml = asXML, fhir.NewXML(h.col)
	default:
		h.kind = asNothing
	}
}

// Gap implements sense.Child: what follows a gap cannot be placed.
func (h *child) Gap(*sense.Context, int64) { h.kind = asNothing }

// Close implements sense.Child: now all that the act says is known.
func (h *child) Close(c *sense.Context) {
	if h.kind == asForm && h.call.verb == "search" {
		h.call.query(c, h.form.Bytes())
	}
	h.form.Free(c)
	if h.json != nil && h.json.Bad() || h.xml != nil && h.xml.Bad() {
		c.Anomaly(h.dir, "fhir.content", "body is not the JSON or XML that it says it is")
	}
	if h.col != nil && h.col.Cut > 0 {
		c.Limit("fhir.values")
	}
	if !h.reply && h.batch != "" && h.call.verb == "batch" {
		h.call.verb = h.batch
	}
	h.act(c)
	if len(h.patients) > 1 {
		for _, p := range h.patients {
			a := c.ActAs("fhir", h.dir, "entry")
			a.Object, a.Reply, a.Patient, a.Clear = "Patient", h.reply, p.token, true
		}
	}
	c.Message()
}

func (h *child) act(c *sense.Context) {
	a := c.ActAs("fhir", h.dir, h.call.verb)
	a.Object, a.Reply, a.Bytes = h.call.object, h.reply, uint64(max(h.length, 0))
	if a.Object == "" {
		a.Object = h.rootType
	}
	if h.status > 0 {
		a.Outcome = outcome(h.status)
	}
	a.Count = h.total
	if h.entries > 0 {
		a.Count = uint64(h.entries)
	}
	switch {
	case len(h.patients) == 1:
		a.Patient = h.patients[0].token
	case len(h.patients) == 0:
		a.Patient = h.call.patient
	}
	a.Clear = h.person || h.call.person && !h.reply || !a.Patient.Zero() || len(h.patients) > 0
	h.attrs(c, a)
}

func (h *child) attrs(c *sense.Context, a *ward.Act) {
	var attrs [6]ward.Attr
	n := 0
	add := func(name, value string) {
		if value != "" {
			attrs[n] = ward.Attr{Name: name, Value: value}
			n++
		}
	}
	add("level", h.call.level)
	if !h.reply {
		add("by", h.call.by)
		if h.call.params > 0 {
			add("parameters", strconv.Itoa(h.call.params))
		}
	}
	if len(h.patients) > 1 {
		add("patients", strconv.Itoa(len(h.patients)))
	}
	add("patient-id", h.alias.String())
	add("device", h.device)
	if n > 0 {
		a.Attrs = c.Attrs(attrs[:n]...)
	}
}

func outcome(status int) string {
	switch {
	case status == 202:
		return "pending"
	case status < 400:
		return "ok"
	case status == 401 || status == 403:
		return "refused"
	}
	return "failed"
}

// resource takes a resource as it ends.
func (h *child) resource(r *fhir.Resource) {
	c := h.c
	if r.Depth == 0 {
		h.root(r)
	}
	h.patient(c, r)
	switch r.Type {
	case "Device":
		sightDevice(c, h.dir, r)
	case "CapabilityStatement", "Conformance":
		if r.Software != nil && h.reply {
			c.Sight(h.dir, "fhir CapabilityStatement.software", ward.Fact{Field: ward.FieldSoftware,
				Value: c.Text(sense.ClassSoftware, bytes.TrimSpace(append(append(bytes.Clone(r.Software), ' '), r.SoftwareVersion...))), Confidence: 90})
		}
	case "Observation", "DeviceMetric":
		if h.device == "" {
			h.device = c.Text(sense.ClassSerial, lastSegment(r.Device.Reference))
		}
	case "MedicationRequest", "MedicationOrder", "MedicationAdministration":
		h.medication(c, r)
	case "AuditEvent":
		h.audit(c, r)
	}
}

func (h *child) root(r *fhir.Resource) {
	h.rootType = r.Type
	if r.Type != "Bundle" {
		return
	}
	h.entries = r.Entries
	if n, err := strconv.ParseUint(string(r.Total), 10, 32); err == nil {
		h.total = n
	}
	switch string(r.BundleType) {
	case "transaction", "transaction-response":
		h.batch = "transaction"
	case "message":
		h.batch = "message"
	case "document":
		h.batch = "document"
	}
}

// patient notes whose resource it is.
func (h *child) patient(c *sense.Context, r *fhir.Resource) {
	switch r.Type {
	case "Patient":
		p := known{token: patientToken(c, r), id: c.Token(ward.TokenPatient, patientIDs, r.ID), url: c.Token(ward.TokenPatient, patientIDs, r.FullURL)}
		if p.token.Zero() {
			p.token = p.id
		} else if r.Depth == 0 {
			h.alias = p.id
		}
		h.person = h.person || r.Personal || len(r.Identifiers) > 0
		h.note(c, p)
	case "RelatedPerson", "Person":
		h.person = h.person || r.Personal
	}
	if t := h.refToken(c, &r.Subject); !t.Zero() {
		h.note(c, known{token: t, id: t})
	}
}

// note remembers a patient once.
func (h *child) note(c *sense.Context, p known) {
	if p.token.Zero() {
		return
	}
	for _, q := range h.patients {
		if q.token == p.token || q.id == p.id && !p.id.Zero() {
			return
		}
	}
	if len(h.patients) == maxPatients {
		c.Limit("fhir.patients")
		return
	}
	h.patients = append(h.patients, p)
}

// refToken is whom a reference names: by number, or by what the message said of
// that logical id, or by the id itself.
func (h *child) refToken(c *sense.Context, ref *fhir.Ref) ward.Token {
	if len(ref.Value) > 0 {
		return c.Token(ward.TokenPatient, ref.System, ref.Value)
	}
	local := bytes.HasPrefix(ref.Reference, []byte("urn:"))
	id := idOf(ref.Reference, "Patient/")
	if local {
		id = ref.Reference
	}
	if id == nil {
		return ward.Token{}
	}
	t := c.Token(ward.TokenPatient, patientIDs, id)
	for _, p := range h.patients {
		if p.id == t || p.url == t {
			return p.token
		}
	}
	if local { // it may be anything
		return ward.Token{}
	}
	return t
}

// patientToken takes the medical record number, else the first identifier.
func patientToken(c *sense.Context, r *fhir.Resource) ward.Token {
	var best *fhir.Identifier
	for i := range r.Identifiers {
		id := &r.Identifiers[i]
		if len(id.Value) > 0 && (best == nil || string(id.Type) == "MR" && string(best.Type) != "MR") {
			best = id
		}
	}
	if best == nil {
		return ward.Token{}
	}
	return c.Token(ward.TokenPatient, best.System, best.Value)
}

// idOf returns the logical id in a reference to a resource of the given kind.
func idOf(ref []byte, kind string) []byte {
	i := bytes.LastIndex(ref, []byte(kind))
	if i < 0 || i > 0 && ref[i-1] != '/' {
		return nil
	}
	id, _, _ := bytes.Cut(ref[i+len(kind):], []byte{'/'}) // without version
	if len(id) == 0 {
		return nil
	}
	return id
}

func lastSegment(ref []byte) []byte {
	return ref[bytes.LastIndexByte(ref, '/')+1:]
}
