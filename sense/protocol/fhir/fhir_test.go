package fhir

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
)

func TestCaptures(t *testing.T) {
	sensetest.Testdata(t, []string{"MRN-700123", "MRN-700124", "1961-02-03", "Ada", "Sample", "ORD-5501", "IP-4711", "bundle.json"}, sensetest.HTTP(), Analyzer())
}

// exchange is a request with a body and its response.
func exchange(method, target, contentType, body string, status int, answer string) *sensetest.Trace {
	return sensetest.TCP(80,
		sensetest.Up(fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: h\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", method, target, contentType, len(body), body)),
		sensetest.Down(fmt.Appendf(nil, "HTTP/1.1 %d X\r\nContent-Type: application/fhir+json\r\nContent-Length: %d\r\n\r\n%s", status, len(answer), answer)))
}

func play(tr *sensetest.Trace) []string {
	p := sensetest.Player{Analyzers: []sense.Analyzer{sensetest.HTTP(), Analyzer()}}
	var out []string
	for _, l := range p.Play(tr) {
		if i := strings.Index(l, `"protocol":`); i >= 0 {
			l = l[:strings.Index(l, `,"capture"`)] + "," + l[i:]
		}
		out = append(out, l)
	}
	return out
}

func find(t *testing.T, lines []string, words ...string) string {
	t.Helper()
	for _, l := range lines {
		all := true
		for _, w := range words {
			all = all && strings.Contains(l, w)
		}
		if all {
			return l
		}
	}
	t.Errorf("no line with %q in\n%s", words, strings.Join(lines, "\n"))
	return ""
}

func TestCalls(t *testing.T) {
	tests := []struct{ method, target, want string }{
		{"GET", "/fhir/Patient/17", `"verb":"read","object":"Patient"`},
		{"GET", "/Patient/17/Observation?code=x", `"verb":"search","object":"Observation"`},
		{"GET", "/fhir/Observation?patient=Patient/17&date=ge2020", `"verb":"search","object":"Observation"`},
		{"GET", "/base/r4/MedicationRequest/4/_history/2", `"verb":"history","object":"MedicationRequest"`},
		{"POST", "/fhir/Patient/_search", `"verb":"search","object":"Patient"`},
		{"POST", "/fhir/Observation", `"verb":"create","object":"Observation"`},
		{"POST", "/fhir", `"verb":"batch"`},
		{"PATCH", "/fhir/Device/4", `"verb":"patch","object":"Device"`},
		{"DELETE", "/fhir/Patient/4", `"verb":"delete","object":"Patient"`},
		{"GET", "/fhir/metadata", `"verb":"capabilities"`},
		{"GET", "/fhir/$export", `"verb":"$export","attributes":{"level":"system"}`},
		{"GET", "/fhir/Group/7/$export?_type=Patient", `"verb":"$export","object":"Group","attributes":{"level":"group","parameters":"1"}`},
		{"POST", "/fhir/$Ada-Example", `"verb":"operation"`},
		{"GET", "/fhir/Ada%20Example", `"verb":"search"`},
	}
	for _, tt := range tests {
		find(t, play(exchange(tt.method, tt.target, "", "", 200, "")), `"protocol":"fhir"`, tt.want)
	}
}

func TestPatients(t *testing.T) {
	byID := find(t, play(exchange("GET", "/fhir/Patient/17", "", "", 200, "")), `"verb":"read"`, `"clear":true`)
	token := byID[strings.Index(byID, `"patient":`):][:40]
	for _, target := range []string{"/fhir/Observation?patient=17", "/fhir/Observation?subject=Patient%2F17", "/fhir/Patient/17/$everything", "/fhir/Patient?_id=17", "/fhir/Patient/17/Condition"} {
		find(t, play(exchange("GET", target, "", "", 200, "")), `"protocol":"fhir"`, token)
	}
	body := `{"resourceType":"Patient","id":"9","identifier":[{"value":"other"},{"type":{"coding":[{"code":"MR"}]},"system":"urn:x","value":"M1"}]}`
	written := find(t, play(exchange("POST", "/fhir/Patient", "application/fhir+json", body, 201, "")), `"verb":"create"`, `"patient-id"`)
	number := written[strings.Index(written, `"patient":`):][:40]
	for _, target := range []string{"/fhir/Patient?identifier=urn:x%7CM1", "/fhir/Condition?patient.identifier=urn:x|M1"} {
		find(t, play(exchange("GET", target, "", "", 200, "")), `"protocol":"fhir"`, `"by":"identifier"`, number)
	}
	find(t, play(exchange("GET", "/fhir/Patient?family=Example", "", "", 200, "")), `"by":"name"`, `"clear":true`)
	find(t, play(exchange("POST", "/fhir/Patient/_search", "application/x-www-form-urlencoded", "identifier=urn:x%7CM1", 200, "")), `"by":"identifier"`, number)
}

func TestBundle(t *testing.T) {
	var b strings.Builder
	b.WriteString(`{"resourceType":"Bundle","type":"searchset","total":500,"entry":[`)
	for i := range 3 {
		fmt.Fprintf(&b, `{"resource":{"resourceType":"Patient","id":"p%d","identifier":[{"system":"s","value":"n%d"}]}},`, i, i)
	}
	b.WriteString(`{"resource":{"resourceType":"Observation","subject":{"reference":"Patient/p1"}}}]}`)
	lines := play(exchange("GET", "/fhir/Patient?_count=3", "", "", 200, b.String()))
	find(t, lines, `"reply":true`, `"count":4`, `"patients":"3"`, `"clear":true`)
	n := 0
	for _, l := range lines {
		if strings.Contains(l, `"verb":"entry"`) {
			n++
		}
	}
	if n != 3 {
		t.Errorf("%d patients told apart, want 3: the observation's subject is one of them", n)
	}
	write := `{"resourceType":"Bundle","type":"transaction","entry":[{"resource":{"resourceType":"MedicationRequest","status":"active","dosageInstruction":[{"doseAndRate":[{"doseRange":{"low":{"value":1,"unit":"mg"},"high":{"value":2,"unit":"mg"}}}]}]},"request":{"method":"POST","url":"MedicationRequest"}}]}`
	lines = play(exchange("POST", "/fhir", "application/fhir+json", write, 200, ""))
	find(t, lines, `"verb":"transaction"`, `"object":"Bundle"`, `"count":1`)
	find(t, lines, `"kind":"dose"`, `"quantity":"dose-low","value":"1","unit":"code(mg)"`)
	find(t, lines, `"kind":"dose"`, `"quantity":"dose-high","value":"2"`)
}

func TestDoses(t *testing.T) {
	given := `{"resourceType":"MedicationAdministration","status":"in-progress","medicationCodeableConcept":{"coding":[{"code":"7052"}],"text":"Morphin"},"subject":{"reference":"Patient/17"},` +
		`"effectivePeriod":{"start":"2026-11-23T10:15:00+01:00"},"request":{"reference":"MedicationRequest/mr1"},"device":[{"reference":"Device/pump-3"}],"dosage":{"text":"Ada gets","dose":{"value":2.50,"code":"mg"},"rateQuantity":{"value":"5","unit":"mL/h"}}}`
	lines := play(exchange("PUT", "/fhir/MedicationAdministration/4", "application/json", given, 200, given))
	d := find(t, lines, `"kind":"dose"`, `"quantity":"dose","value":"2.50","unit":"code(mg)"`, `"state":"running"`, `"therapy":"infusion"`, `"drug":"drug(Morphin)"`, `"device":"serial(pump-3)"`, `"at":"2026-11-23T09:15:00Z"`)
	order := d[strings.Index(d, `"order":`):][:40]
	find(t, lines, `"quantity":"rate","value":"5","unit":"code(mL/h)"`)
	if n := len(lines); n != 5 {
		t.Errorf("%d lines, want 5: the response restates and doses nobody\n%s", n, strings.Join(lines, "\n"))
	}
	ordered := `{"resourceType":"MedicationRequest","id":"mr1","status":"active","dosageInstruction":[{"doseQuantity":{"value":1e1,"unit":"mg"}},{"doseAndRate":[{"rateRatio":{"numerator":{"value":5,"unit":"mL"},"denominator":{"value":2,"unit":"h"}}}]}]}`
	lines = play(exchange("POST", "/fhir/MedicationRequest", "application/fhir+json", ordered, 201, ""))
	find(t, lines, `"state":"ordered"`, `"value":"1e1"`, order)
	find(t, lines, `"quantity":"rate"`, `"unit":"code(mL)/2 code(h)"`)
}

func TestDevices(t *testing.T) {
	implant := `{"resourceType":"Device","patient":{"reference":"Patient/17"},"manufacturer":"Medtronic","serialNumber":"IMP-1","udiCarrier":[{"deviceIdentifier":"0123","carrierHRF":"(21)IMP-1"}]}`
	l := find(t, play(exchange("PUT", "/fhir/Device/4", "application/fhir+json", implant, 200, "")), `"kind":"sighting"`, `"maker(Medtronic)"`, `"value":"serial.1.`, `"behind":true`)
	if strings.Contains(l, "IMP-1") {
		t.Error("an implant's serial is the patient's: ", l)
	}
	xml := `<Device xmlns="http://hl7.org/fhir"><contained><Patient><name><family value="Ada"/></name></Patient></contained><manufacturer value="A &amp; B"/><serialNumber value="S&#49;"/><version><value value="3.2"/></version></Device>`
	find(t, play(exchange("PUT", "/fhir/Device/4", "application/fhir+xml", xml, 200, "")), `"serial(S1)"`, `maker(A \u0026 B)`, `"version(3.2)"`)
	find(t, play(exchange("POST", "/fhir/Observation", "application/fhir+json", `{"device":{"reference":"Device/m-5"},"resourceType":"Observation"}`, 200, "")), `"device":"serial(m-5)"`)
	find(t, play(exchange("GET", "/fhir/metadata", "", "", 200, `{"resourceType":"CapabilityStatement","software":{"name":"HAPI FHIR Server","version":"6.2.1"}}`)), `"software(HAPI FHIR Server 6.2.1)"`)
}

func TestAudit(t *testing.T) {
	event := `{"resourceType":"AuditEvent","type":{"code":"rest"},"subtype":[{"code":"search"}],"action":"R","recorded":"2026-11-23T10:15:00Z","outcome":"0",` +
		`"agent":[{"who":{"display":"x"}},{"altId":"nurse7","requestor":true,"name":"Ada"}],"entity":[{"what":{"reference":"Patient/17"}}]}`
	find(t, play(exchange("POST", "/fhir/AuditEvent", "application/fhir+json", event, 201, "")), `"verb":"audit"`, `"object":"code(search)"`, `"outcome":"ok"`, `"actor":"staff`, `"patient":"patient`, `"action":"read"`)
}

func TestWants(t *testing.T) {
	for _, tt := range []struct {
		ct, target string
		want       bool
	}{
		{"application/fhir+json; charset=utf-8", "/x", true}, {"application/json+fhir", "", true}, {"application/fhir+ndjson", "/files/1", true},
		{"", "/index.html", false}, {"", "/Group/7", false}, {"", "/r4/Patient", true}, {"application/json", "/Observation/3", true},
		{"text/html", "/fhir/Patient", false}, {"", "/Patient.html", false}, {"application/json", "/api/users", false},
	} {
		if got := wants(&sense.Envelope{ContentType: []byte(tt.ct), Target: []byte(tt.target)}); got != tt.want {
			t.Errorf("%q %q: %v", tt.ct, tt.target, got)
		}
	}
}

// TestSamples reads the sample bundles of the corpus through a request each.
func TestSamples(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(sensetest.Corpus(t), "fhir/*/*/*/*.json"))
	if len(files) == 0 {
		t.Skip("no samples")
	}
	for _, file := range files {
		body, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		lines := play(exchange("POST", "/fhir", "application/fhir+json", string(body), 200, ""))
		var bundle struct{ Entry []json.RawMessage }
		if err := json.Unmarshal(body, &bundle); err != nil {
			t.Fatal(err)
		}
		find(t, lines, `"object":"Bundle"`, `"clear":true`, fmt.Sprintf(`"count":%d`, len(bundle.Entry)), `"patient":"patient`)
		for _, l := range lines {
			if strings.Contains(l, "anomaly") || strings.Contains(l, `"kind":"dose"`) && !strings.Contains(l, `"patient":"patient`) {
				t.Errorf("%s: %s", file, l)
			}
		}
	}
}

func FuzzChild(f *testing.F) {
	f.Add([]byte(`{"resourceType":"Bundle","entry":[{"resource":{"resourceType":"Patient","id":"1"}}]}`), "/fhir/Patient?identifier=a|b", true)
	f.Add([]byte(`<Bundle><entry><resource><Device><serialNumber value="&#x41;"/></Device></resource></entry></Bundle>`), "/Patient/1/$everything", false)
	f.Add([]byte(`{"resourceType":"MedicationRequest","dosageInstruction":[{"doseAndRate":[{"doseQuantity":{"value":1}}]}]}`), "/", false)
	f.Fuzz(func(t *testing.T, body []byte, target string, reply bool) {
		whole := fuzzed(body, target, reply, len(body)+1)
		if cut := fuzzed(body, target, reply, 1); cut != whole {
			t.Errorf("whole\n%s\ncut\n%s", whole, cut)
		}
	})
}

// fuzzed gives a child its body in pieces of n bytes.
func fuzzed(body []byte, target string, reply bool, n int) string {
	c := sense.NewContext(&sensetest.Plain{}, 1<<20, nil)
	out := &sense.Output{}
	c.SetOutput(out)
	talk := sensetest.TCP(80).Conversations[0]
	c.SetConversation("", "http", talk.Client, talk.Server, false, nil)
	h := newChild(c, &sense.Envelope{Parent: "http", Method: "POST", Target: []byte(target), Response: reply, ContentType: []byte("application/fhir+json")})
	for len(body) > 0 {
		k := min(n, len(body))
		h.Data(c, body[:k])
		body = body[k:]
	}
	h.Close(c)
	var b []byte
	for i := range out.Obs {
		b = append(out.Obs[i].AppendJSON(b), '\n')
	}
	return string(b)
}
