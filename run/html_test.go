package run

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"runtime"
	"strings"
	"syscall"
	"testing"

	"wardkeeper/know/device"
	"wardkeeper/sense/wire"
	"wardkeeper/ward"
)

func someResult() *Result {
	return &Result{Inputs: []string{"ward.pcap"}, Summary: ward.Summary{Packets: 3, Protocols: map[string]*ward.ProtocolCount{"hl7": {Flows: 1, Messages: map[string]uint64{"ACK": 2}}}},
		Devices: []ward.Device{{ID: "d1", Category: "CT", IPs: []string{"10.0.0.1"}}, {ID: "d2"}}, Links: []device.Link{{A: "d1", B: "d2", Protocol: "hl7", Messages: 2, Clear: true}},
		Findings:  []ward.Finding{{Rule: "PRIV-01", Title: "Patient data crosses", Severity: ward.Low, Count: 2, Devices: []string{"d1"}}},
		Anomalies: []AnomalyCount{{Code: "hl7.length", Detail: "too long", Count: 7, Capture: "ward.pcap", Packet: 2, Src: "10.0.0.1"}},
		Coverage:  []Coverage{{What: "packets inside macsec", Count: 4, Remedy: "mirror behind the switch"}},
		Stats: wire.Stats{First: 1_790_000_000_000_000_000, Last: 1_790_000_001_000_000_000, Notes: []string{"a note"}, Copies: 5,
			Offsets: []wire.Offset{{A: "east.pcap", B: "west.pcap", Packets: 2, Sum: 8000, Min: 3000, Max: 5000}}}}
}

func TestHTMLHoldsTheResult(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, []byte("old"), 0o644); err != nil {
		t.Fatal(err)
	}
	if err := someResult().writeHTML(path); err != nil {
		t.Fatal(err)
	}
	page, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	for _, want := range []string{"ward.pcap", "PRIV-01", "hl7.length", "too long", "packets inside macsec", "mirror behind the switch", "a note",
		"The clock of west.pcap runs 4µs ahead of that of east.pcap (2 packets seen by both, 3µs to 5µs).", "5 mirror copies", BuildInfo(), "HL7, in the clear"} {
		if !strings.Contains(string(page), want) {
			t.Errorf("the report does not say %q", want)
		}
	}
	info, err := os.Stat(path)
	if err != nil {
		t.Fatal(err)
	}
	if runtime.GOOS != "windows" && info.Mode().Perm() != 0o600 {
		t.Errorf("mode %v", info.Mode())
	}
	alone(t, path)
}

// alone fails when anything but the file lies in its directory.
func alone(t *testing.T, path string) {
	t.Helper()
	all, err := os.ReadDir(filepath.Dir(path))
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range all {
		if e.Name() != filepath.Base(path) {
			t.Errorf("%s was left behind", e.Name())
		}
	}
}

func TestHTMLThatCannotBeWritten(t *testing.T) {
	dir := t.TempDir()
	for _, c := range []struct{ path, want string }{
		{filepath.Join(dir, "none", "report.html"), "there is no directory " + filepath.Join(dir, "none")},
		{dir, "it exists and is not a file"},
	} {
		err := someResult().writeHTML(c.path)
		if err == nil || !strings.Contains(err.Error(), c.want) || !strings.Contains(err.Error(), c.path) {
			t.Errorf("%s: %v, want %s", c.path, err, c.want)
		}
	}
	if err := someResult().writeHTML(""); err != nil {
		t.Error(err)
	}
}

func TestHTMLThatFailsHalfway(t *testing.T) {
	path := filepath.Join(t.TempDir(), "report.html")
	if err := os.WriteFile(path, []byte("old"), 0o600); err != nil {
		t.Fatal(err)
	}
	err := writeWhole(path, func(w io.Writer) error {
		if _, err := io.WriteString(w, strings.Repeat("half", 100_000)); err != nil {
			return err
		}
		return &os.PathError{Op: "write", Path: "temporary", Err: syscall.ENOSPC}
	})
	if !errors.Is(err, syscall.ENOSPC) || strings.Contains(err.Error(), "temporary") {
		t.Errorf("%v", err)
	}
	if b, err := os.ReadFile(path); err != nil || string(b) != "old" {
		t.Errorf("the old report became %.20q, %v", b, err)
	}
	alone(t, path)
}
