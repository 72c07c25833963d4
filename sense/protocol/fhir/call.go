package fhir

import (
	"bytes"
	"strconv"

	"wardkeeper/format/fhir"
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Caps of a request target.
const (
	maxSegments = 16
	maxParams   = 64
	maxParam    = 512 // bytes of a parameter's value
)

// patientIDs is the authority of logical ids, which are not the numbers on a
// wristband: "Patient/17" must not meet record number 17.
var patientIDs = []byte("fhir:Patient")

// call is an interaction of the RESTful API.
type call struct {
	verb    string // vocabulary: read, search, $export …
	object  string // resource type
	level   string // of $export: system, patient, group
	patient ward.Token
	by      string // the search parameter that names a person
	params  int
	person  bool // target carries a person's name, birth date or number
}

// parseCall reads method and target.
func parseCall(c *sense.Context, method string, target []byte) call {
	path, query := splitTarget(target)
	var k call
	var id []byte
	history, search := false, false
	for n := 0; n < maxSegments && len(path) > 0; n++ {
		var seg []byte
		seg, path = nextSegment(path)
		switch name := fhir.Known(seg); {
		case len(seg) == 0:
		case name != "":
			if k.object == "Patient" && len(id) > 0 { // compartment: Patient/17/Observation
				k.patient = c.Token(ward.TokenPatient, patientIDs, id)
			}
			k.object, id = name, nil
		case seg[0] == '$':
			k.verb = operation(seg)
		case string(seg) == "metadata":
			k.verb = "capabilities"
		case string(seg) == "_search":
			search = true
		case string(seg) == "_history":
			history = true
		case k.object != "" && id == nil:
			id = seg
		}
	}
	if k.object == "Patient" && len(id) > 0 {
		k.patient = c.Token(ward.TokenPatient, patientIDs, id)
	}
	if k.verb == "" {
		k.verb = verbOf(method, k.object != "", id != nil, history, search)
	}
	if k.verb == "$export" {
		k.level = exportLevel(k.object)
	}
	k.query(c, query)
	return k
}

func verbOf(method string, typed, id, history, search bool) string {
	switch {
	case search:
		return "search"
	case history && method == "GET":
		return "history"
	}
	switch method {
	case "GET", "HEAD":
		if id {
			return "read"
		}
		return "search"
	case "POST":
		if typed {
			return "create"
		}
		return "batch"
	case "PUT":
		return "update"
	case "PATCH":
		return "patch"
	case "DELETE":
		return "delete"
	case "":
		return "response"
	}
	return "other"
}

func operation(seg []byte) string {
	for _, o := range [...]string{"$export", "$everything", "$match", "$validate", "$process-message", "$document", "$expand", "$lookup", "$translate",
		"$lastn", "$stats", "$merge", "$expunge", "$reindex", "$import", "$graphql", "$validate-code", "$submit", "$summary", "$purge"} {
		if equalFold(seg, o) {
			return o
		}
	}
	return "operation"
}

func exportLevel(object string) string {
	switch object {
	case "Patient":
		return "patient"
	case "Group":
		return "group"
	}
	return "system"
}

// query reads search parameters (R4 section 3.2). Of their values only whom they
// name is used.
func (k *call) query(c *sense.Context, q []byte) {
	for len(q) > 0 && k.params < maxParams {
		var pair []byte
		pair, q, _ = bytes.Cut(q, []byte{'&'})
		name, value, _ := bytes.Cut(pair, []byte{'='})
		if len(name) == 0 {
			continue
		}
		k.params++
		k.param(c, name, value)
	}
}

func (k *call) param(c *sense.Context, name, value []byte) {
	name, _, _ = bytes.Cut(name, []byte{':'}) // modifier
	var buf [maxParam]byte
	value = unescape(buf[:0], value)
	by := ""
	switch string(name) {
	case "identifier":
		by = "identifier"
		if k.object == "Patient" || k.object == "" {
			k.setPatient(c, value)
		}
	case "patient.identifier", "subject.identifier", "patient:identifier", "subject:identifier":
		by = "identifier"
		k.setPatient(c, value)
	case "patient", "subject":
		by = "patient"
		if i := bytes.LastIndexByte(value, '/'); i >= 0 {
			value = value[i+1:]
		}
		k.setToken(c.Token(ward.TokenPatient, patientIDs, value))
	case "_id":
		if k.object == "Patient" {
			by = "id"
			k.setToken(c.Token(ward.TokenPatient, patientIDs, value))
		}
	case "name", "family", "given", "phonetic", "patient.name", "subject.name", "patient.family":
		by = "name"
	case "birthdate", "patient.birthdate", "birth-date":
		by = "birthdate"
	case "phone", "email", "telecom", "address", "address-city", "address-postalcode":
		by = "contact"
	}
	if by != "" {
		k.person = true
		if k.by == "" {
			k.by = by
		}
	}
}

// setPatient takes a token parameter, "system|value" or "value".
func (k *call) setPatient(c *sense.Context, v []byte) {
	system, number, ok := bytes.Cut(v, []byte{'|'})
	if !ok {
		system, number = nil, v
	}
	k.setToken(c.Token(ward.TokenPatient, system, number))
}

func (k *call) setToken(t ward.Token) {
	if k.patient.Zero() {
		k.patient = t
	}
}

// unescape undoes percent-encoding into dst, up to its capacity.
func unescape(dst, b []byte) []byte {
	for i := 0; i < len(b) && len(dst) < cap(dst); i++ {
		ch := b[i]
		switch {
		case ch == '+':
			ch = ' '
		case ch == '%' && i+2 < len(b):
			if v, err := strconv.ParseUint(string(b[i+1:i+3]), 16, 8); err == nil {
				ch = byte(v)
				i += 2
			}
		}
		dst = append(dst, ch)
	}
	return dst
}
