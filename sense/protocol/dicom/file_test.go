package dicom

import (
	"encoding/json"
	"fmt"
	"io/fs"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wardkeeper/format/dicom"
	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
	"wardkeeper/ward"
)

// readFile gives a file to the child analyzer, cut by cut, and returns what it says.
func readFile(t testing.TB, b []byte, cut func([]byte) [][]byte) []seen {
	t.Helper()
	c := sense.NewContext(&sensetest.Plain{}, sensetest.Budget, nil)
	out := &sense.Output{}
	c.SetOutput(out)
	conv := sensetest.TCP(80).Conversations[0]
	c.SetConversation("", "http", conv.Client, conv.Server, false, nil)
	e := &sense.Envelope{Parent: "http", Dir: sense.ToClient, Response: true, ContentType: []byte("application/dicom"), Length: -1}
	a := Analyzer()
	if !a.WantsChild(e) {
		t.Fatal("not wanted")
	}
	f := a.NewChild(c, e)
	if cut == nil {
		cut = func(b []byte) [][]byte { return [][]byte{b} }
	}
	for _, p := range cut(b) {
		f.Data(c, p)
	}
	f.Close(c)
	var all []seen
	for i := range out.Obs {
		if out.Obs[i].Kind == ward.KindAct && out.Obs[i].Protocol != "dicom" {
			t.Errorf("protocol %s", out.Obs[i].Protocol)
		}
		var s seen
		if err := json.Unmarshal(out.Obs[i].AppendJSON(nil), &s); err != nil {
			t.Fatal(err)
		}
		all = append(all, s)
	}
	return all
}

func p10(preamble, syntax string, data []byte) []byte {
	b := append([]byte(preamble), make([]byte, dicom.PreambleBytes-len(preamble))...)
	b = append(b, "DICM"...)
	b = append(b, element(dicom.ExplicitLE, 0x00020002, "UI", ctStorage)...)
	b = append(b, element(dicom.ExplicitLE, dicom.TransferSyntaxUID, "UI", syntax)...)
	b = append(b, element(dicom.ExplicitLE, 0x00020102, "OW", strings.Repeat("x", 300))...)
	return append(b, data...)
}

func TestFile(t *testing.T) {
	data := ctInstance(dicom.ImplicitLE, "1.2.9", ramp)
	b := p10("II*\x00", implicit, data)
	want := readFile(t, b, nil)
	s := one(t, want, "file")
	if s.Object != "CT Image Storage" || s.Patient == "" || !s.Clear || s.Bytes != uint64(len(data)) || s.Attributes["transfer_syntax"] != "Implicit VR Little Endian" {
		t.Errorf("%+v", s)
	}
	for _, o := range want {
		if o.Kind == "anomaly" || o.Kind == "sighting" && !o.Subject.Behind {
			t.Errorf("%+v", o)
		}
	}
	for seed := range uint64(10) {
		cut := sensetest.Random(seed)
		if seed == 0 {
			cut = sensetest.EveryByte
		}
		if got := readFile(t, b, cut); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Fatalf("cut %d: %+v", seed, got)
		}
	}
	sent := one(t, play(t, sensetest.Player{}, send(ctStorage, implicit, storeCommand("1.2.9"), data, 700)), "C-STORE")
	if sent.Header != s.Header || sent.Pixels != s.Pixels {
		t.Errorf("the same instance has other digests when sent: %+v, %+v", sent, s)
	}
}

func TestFilePreamble(t *testing.T) {
	data := ctInstance(dicom.ExplicitLE, "1.2.9", ramp)
	for preamble, bad := range map[string]bool{"MZ\x90\x00": true, "\x7fELF": true, "#!/bin/sh": true, "\xca\xfe\xba\xbe": true, "\xcf\xfa\xed\xfe": true,
		"": false, "II*\x00": false, "MM\x00*": false} {
		n := 0
		for _, s := range readFile(t, p10(preamble, explicit, data), nil) {
			if s.Verb == "dicom.preamble-executable" {
				n++
			}
		}
		if (n == 1) != bad {
			t.Errorf("%q: %d anomalies", preamble, n)
		}
	}
}

func TestFileOther(t *testing.T) {
	one(t, readFile(t, []byte(strings.Repeat("not DICOM at all ", 30)), nil), "dicom.not-dicom")
	one(t, readFile(t, ctInstance(dicom.ExplicitLE, "1.2.9", ramp), nil), "file") // a data set without meta information
	cut := one(t, readFile(t, p10("", explicit, ctInstance(dicom.ExplicitLE, "1.2.9", ramp))[:900], nil), "file")
	if cut.Attributes["dataset"] != "malformed" {
		t.Errorf("%+v", cut)
	}
	if got := readFile(t, nil, nil); len(got) > 0 {
		t.Errorf("%+v", got)
	}
}

func TestWantsFile(t *testing.T) {
	for name, tt := range map[string]struct {
		kind, target string
		want         bool
	}{
		"type":      {"application/dicom", "", true},
		"parameter": {"Application/DICOM; transfer-syntax=*", "/studies/1", true},
		"json":      {"application/dicom+json", "", false},
		"name":      {"", `share\IMG1.DCM`, true},
		"query":     {"", "/a.dcm?x=1", true},
		"other":     {"text/html", "/index.html", false},
	} {
		if got := wantsFile(&sense.Envelope{ContentType: []byte(tt.kind), Target: []byte(tt.target)}); got != tt.want {
			t.Errorf("%s: %v", name, got)
		}
	}
}

// TestCorpusFiles reads real files.
func TestCorpusFiles(t *testing.T) {
	n := 0
	err := filepath.WalkDir(filepath.Join(sensetest.Corpus(t), "dicom"), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".dcm") {
			return err
		}
		b, err := os.ReadFile(path)
		if err != nil {
			return err
		}
		n++
		want := readFile(t, b, nil)
		s := one(t, want, "file")
		if s.Object == "" || s.Header == "" || s.Pixels == "" || s.Patient == "" || s.Attributes["dataset"] != "" {
			t.Errorf("%s: %+v", path, s)
		}
		if got := readFile(t, b, sensetest.Random(1)); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("%s: differs when cut", path)
		}
		return nil
	})
	if err != nil || n == 0 {
		t.Fatal(n, err)
	}
}
