package sqlite

import (
	"errors"
	"net/netip"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wardkeeper/ward"
)

func act(i int) ward.Observation {
	return ward.Observation{Kind: ward.KindAct, Time: ward.Time(i), Protocol: "hl7", Packet: uint64(i),
		Src: ward.Endpoint{IP: netip.AddrFrom4([4]byte{10, 0, 0, byte(i % 3)})}, Dst: ward.Endpoint{IP: netip.MustParseAddr("10.0.1.1")},
		Act: &ward.Act{Verb: "ORU^R01"}}
}

func write(t *testing.T, path string, n int, devices ...ward.Device) {
	t.Helper()
	s, err := Create(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := s.Begin(t.Context(), []string{"a.pcap"}, "test")
	if err != nil {
		t.Fatal(err)
	}
	for i := range n {
		if err := r.Observe([]ward.Observation{act(i)}); err != nil {
			t.Fatal(err)
		}
	}
	err = r.Finish(t.Context(), ward.Summary{Kind: "summary"}, devices, []Link{{A: "d1", B: "d2", Protocol: "hl7", Flows: 1, Bytes: 10, First: "1", Last: "2"}},
		[]ward.Finding{{ID: "f1", Rule: "PRIV-01", Devices: []string{"d1"}}})
	if err != nil {
		t.Fatal(err)
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
}

func TestReadBack(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ward.db")
	write(t, path, 2500, ward.Device{ID: "d1", Category: "pacs", IPs: []string{"10.0.0.1"}, FirstSeen: "2", LastSeen: "3", Confidence: 60, Protocols: []string{"dicom"}})
	write(t, path, 10, ward.Device{ID: "d1", Maker: "Orthanc", IPs: []string{"10.0.0.2"}, FirstSeen: "1", LastSeen: "2", Confidence: 50},
		ward.Device{ID: "d22", Category: "ct", Confidence: 20})
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	d, err := s.Device(t.Context(), "10.0.0.2")
	if err != nil {
		t.Fatal(err)
	}
	if d.Category != "pacs" || d.Maker != "Orthanc" || d.FirstSeen != "1" || d.LastSeen != "3" || !slices.Equal(d.IPs, []string{"10.0.0.1", "10.0.0.2"}) {
		t.Errorf("joined %+v", d)
	}
	for f, want := range map[Filter]int{{}: 2, {Category: "CT"}: 1, {Text: "orthanc"}: 1, {MinConfidence: 30}: 1, {Protocol: "dicom"}: 1, {Maker: "nobody"}: 0} {
		if got, err := s.Devices(t.Context(), f); err != nil || len(got) != want {
			t.Errorf("%+v: %d devices, want %d (%v)", f, len(got), want, err)
		}
	}
	if _, err := s.Device(t.Context(), "d"); !errors.Is(err, ErrNoDevice) {
		t.Errorf("ambiguous: %v", err)
	}
	links, err := s.Links(t.Context(), "d2")
	if err != nil || len(links) != 1 || links[0].Flows != 2 {
		t.Errorf("links %+v %v", links, err)
	}
	if f, err := s.Findings(t.Context(), "d1"); err != nil || len(f) != 1 {
		t.Errorf("findings %+v %v", f, err)
	}
	n := 0
	if err := s.Observations(t.Context(), []string{"10.0.0.2"}, func(o *ward.Observation) error { n++; return nil }); err != nil || n != 833+3 {
		t.Errorf("%d observations (%v)", n, err)
	}
}

func TestNotOurs(t *testing.T) {
	dir := t.TempDir()
	path := filepath.Join(dir, "notes.txt")
	if err := os.WriteFile(path, []byte(strings.Repeat("keep me ", 100)), 0o600); err != nil {
		t.Fatal(err)
	}
	if _, err := Create(t.Context(), path); !errors.Is(err, ErrNotOurs) {
		t.Errorf("got %v", err)
	}
	if b, _ := os.ReadFile(path); !strings.HasPrefix(string(b), "keep me") {
		t.Error("the file was touched")
	}
	if _, err := Open(t.Context(), filepath.Join(dir, "none.db")); err == nil || !strings.Contains(err.Error(), "does not exist") {
		t.Errorf("got %v", err)
	}
	if _, err := Create(t.Context(), filepath.Join(dir, "no", "such", "dir.db")); err == nil {
		t.Error("created in a missing directory")
	}
}

func TestFileIsPrivate(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ward.db")
	write(t, path, 1)
	st, err := os.Stat(path)
	if err != nil || st.Mode().Perm() != 0o600 {
		t.Errorf("%v %v", st.Mode(), err)
	}
}
