package dicomweb

import (
	"fmt"
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
)

func TestCaptures(t *testing.T) {
	sensetest.Testdata(t, []string{"MRN-700123", "19610203", "Example", "73219", "CT01", "1.2.826"}, sensetest.HTTP(), Analyzer())
}

func TestTargets(t *testing.T) {
	const uid, orthanc = "1.2.826.0.1.3680043.9.1", "17299fb7-33d20e77-9b29c705-417a45f6-b7e2f4c0"
	for _, tt := range []struct{ method, target, verb, object string }{
		{"GET", "/dicom-web/studies?PatientID=1", "QIDO-RS", "study"},
		{"GET", "/studies", "QIDO-RS", "study"},
		{"GET", "/rs/studies/" + uid + "/series", "QIDO-RS", "series"},
		{"GET", "/rs/studies/" + uid, "WADO-RS", "study"},
		{"GET", "/studies/" + orthanc, "WADO-RS", "study"},
		{"GET", "/x/studies/" + uid + "/series/" + uid + "/instances/" + uid + "/frames/1", "WADO-RS", "frames"},
		{"GET", "/x/studies/" + uid + "/metadata", "WADO-RS", "metadata"},
		{"POST", "/dicom-web/studies", "STOW-RS", "study"},
		{"POST", "/instances", "STOW-RS", "instance"},
		{"DELETE", "/studies/" + uid, "DELETE", "study"},
		{"POST", "/rs/workitems", "UPS-RS", "workitem"},
		{"GET", "/wado?requestType=WADO&studyUID=" + uid + "&objectUID=" + uid, "WADO-URI", "instance"},
		{"GET", "/api/series/list", "", "series"},
		{"GET", "/case/studies/hospital", "", "study"},
		{"GET", "/cloud/instances/i-0af3", "", "instance"},
		{"GET", "/index.html", "", ""},
	} {
		if got := parseTarget(tt.method, []byte(tt.target)); got.verb != tt.verb || got.object != tt.object {
			t.Errorf("%s %s: %q %q, want %q %q", tt.method, tt.target, got.verb, got.object, tt.verb, tt.object)
		}
	}
}

func TestWants(t *testing.T) {
	for _, tt := range []struct {
		ct, target string
		part       int
		want       bool
	}{
		{"application/dicom+json", "/x", 0, true},
		{"multipart/related; type=\"application/dicom\"; boundary=x", "/x", 0, true},
		{"application/dicom", "/instances", 0, false}, // left to the analyzer of instances
		{"application/dicom", "/studies", 1, false},
		{"text/html", "/studies", 0, false},
		{"", "/studies", 0, true},
	} {
		if got := wants(&sense.Envelope{Method: "POST", ContentType: []byte(tt.ct), Target: []byte(tt.target), Part: tt.part}); got != tt.want {
			t.Errorf("%q %q: %v", tt.ct, tt.target, got)
		}
	}
}

// play feeds one request and its response.
func play(method, target, answerType, answer string, status int) string {
	p := sensetest.Player{Analyzers: []sense.Analyzer{sensetest.HTTP(), Analyzer()}}
	return strings.Join(p.Play(sensetest.TCP(8042,
		sensetest.Up(fmt.Appendf(nil, "%s %s HTTP/1.1\r\nHost: h\r\n\r\n", method, target)),
		sensetest.Down(fmt.Appendf(nil, "HTTP/1.1 %d X\r\nContent-Type: %s\r\nContent-Length: %d\r\n\r\n%s", status, answerType, len(answer), answer)))), "\n")
}

func TestModel(t *testing.T) {
	dataset := func(patient, serial string) string {
		return `{"00080060":{"vr":"CS","Value":["CT"]},"00080070":{"vr":"LO","Value":["SIEMENS"]},"00081090":{"vr":"LO","Value":["Force"]},` +
			`"00100010":{"vr":"PN","Value":[{"Alphabetic":"Example^Ada"}]},"00100020":{"vr":"LO","Value":["` + patient + `"]},"00181000":{"vr":"LO","Value":["` + serial + `"]},"00181020":{"vr":"LO","Value":["VA50","x"]}}`
	}
	got := play("GET", "/rs/studies?PatientName=Example", "application/dicom+json", "["+dataset("A", "S1")+","+dataset("B", "S1")+","+dataset("A", "S2")+"]", 200)
	for _, want := range []string{
		`"count":3,"bytes":916,"clear":true,"attributes":{"patients":"2"}`, `"by":"name"`, `{"key":"serial","value":"serial(S1)","behind":true}`, `serial(S2)`,
		`maker(SIEMENS)`, `model(Force)`, `version(VA50)`, `"field":"modality","value":"CT"`, `"verb":"entry"`,
	} {
		if !strings.Contains(got, want) {
			t.Errorf("no %s in\n%s", want, got)
		}
	}
	if strings.Contains(got, "Example") {
		t.Error("a name was kept")
	}
	stored := play("POST", "/rs/studies", "application/dicom+json", `{"00081199":{"vr":"SQ","Value":[{"00081150":{"vr":"UI","Value":["1.2"]}},{}]},"00081198":{"vr":"SQ","Value":[{}]}}`, 202)
	if !strings.Contains(stored, `"outcome":"failed","reply":true,"count":3`) {
		t.Error("STOW response: ", stored)
	}
}

func FuzzChild(f *testing.F) {
	f.Add([]byte(`[{"00100020":{"vr":"LO","Value":["1"]}}]`), "/studies?PatientID=1%2")
	f.Add([]byte(`{"00081199":{"Value":[{}]}}`), "/studies/1.2.3/series/4.5.6")
	f.Fuzz(func(t *testing.T, body []byte, target string) {
		whole := fuzzed(body, target, len(body)+1)
		if cut := fuzzed(body, target, 1); cut != whole {
			t.Errorf("whole\n%s\ncut\n%s", whole, cut)
		}
	})
}

// fuzzed gives a child its body in pieces of n bytes.
func fuzzed(body []byte, target string, n int) string {
	c := sense.NewContext(&sensetest.Plain{}, 1<<20, nil)
	out := &sense.Output{}
	c.SetOutput(out)
	talk := sensetest.TCP(80).Conversations[0]
	c.SetConversation("", "http", talk.Client, talk.Server, false, nil)
	e := &sense.Envelope{Parent: "http", Method: "GET", Target: []byte(target), Response: true, Status: 200, ContentType: []byte("application/dicom+json")}
	h := newChild(c, e)
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
