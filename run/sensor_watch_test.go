package run

import (
	"errors"
	"strings"
	"testing"
	"time"

	"wardkeeper/know/device"
	"wardkeeper/know/device/fingerprint"
	"wardkeeper/ward"
)

func testWatcher(t *testing.T, out *strings.Builder, asJSON bool) *watcher {
	t.Helper()
	known, err := fingerprint.Load()
	if err != nil {
		t.Fatal(err)
	}
	return newWatcher(newPipeline(device.Options{Fingerprints: known}), out, asJSON)
}

// TestWatcherTells: a device is told of when sure or settled, once, and again only
// when what it is changes; also when evidence joined it to another.
func TestWatcherTells(t *testing.T) {
	now := time.Now()
	pump := ward.Device{ID: "aaaaaaaaaaaaaaaa", IPs: []string{"10.0.0.1"}, Confidence: 10}
	sure := pump
	sure.Category, sure.Maker, sure.Confidence = "infusion pump", "B. Braun", 80
	model := sure
	model.Model = "Space"
	joined := model
	joined.ID, joined.MACs = "bbbbbbbbbbbbbbbb", []string{"00:09:fb:00:00:01"}
	for _, c := range []struct {
		name  string
		steps []ward.Device
		after []time.Duration
		want  []string
	}{
		{"sure at once", []ward.Device{sure, sure}, []time.Duration{0, time.Hour}, []string{"new device aaaaaaaaaa: infusion pump, B. Braun, 10.0.0.1, 80 % sure"}},
		{"unsure is not told of", []ward.Device{pump, pump}, []time.Duration{0, settledTime / 2}, nil},
		{"unsure settles", []ward.Device{pump, pump, pump}, []time.Duration{0, settledTime, 2 * settledTime}, []string{"new device aaaaaaaaaa: –, –, 10.0.0.1, 10 % sure"}},
		{"changes", []ward.Device{sure, model}, []time.Duration{0, 1}, []string{"new device", "changed aaaaaaaaaa: model – → Space, 10.0.0.1, 80 % sure"}},
		{"joined", []ward.Device{model, joined, joined}, []time.Duration{0, 1, 2}, []string{"new device"}},
		{"joined and changed", []ward.Device{sure, joined}, []time.Duration{0, 1}, []string{"new device", "changed bbbbbbbbbb: model – → Space"}},
	} {
		var out strings.Builder
		w := testWatcher(t, &out, false)
		for i := range c.steps {
			d := c.steps[i]
			w.device(&d, w.forget(map[string]bool{d.ID: true}), now.Add(c.after[i]))
		}
		lines := strings.Split(strings.TrimSuffix(out.String(), "\n"), "\n")
		if out.Len() == 0 {
			lines = nil
		}
		if len(lines) != len(c.want) {
			t.Errorf("%s: %q", c.name, lines)
			continue
		}
		for i, want := range c.want {
			if !strings.Contains(lines[i], want) {
				t.Errorf("%s: %q, want %q", c.name, lines[i], want)
			}
		}
		if w.err != nil || len(w.told)+len(w.noticed) != 1 {
			t.Errorf("%s: %v, %d told, %d noticed", c.name, w.err, len(w.told), len(w.noticed))
		}
	}
}

func TestWatcherFinding(t *testing.T) {
	f := &ward.Finding{Kind: "finding", Rule: "PRIV-01", Title: "Names in the clear", Severity: ward.High,
		Evidence: []ward.Record{{Src: "10.0.0.1", Dst: "10.0.0.2", Capture: "eth1", Packet: 7}}}
	var out strings.Builder
	w := testWatcher(t, &out, false)
	w.finding(f)
	if !strings.HasSuffix(out.String(), " finding high: PRIV-01 Names in the clear (10.0.0.1 → 10.0.0.2, eth1 packet 7)\n") || w.findings != 1 {
		t.Errorf("%q", out.String())
	}
	out.Reset()
	w = testWatcher(t, &out, true)
	w.finding(f)
	w.look(time.Now())
	if !strings.HasPrefix(out.String(), `{"kind":"finding","rule":"PRIV-01"`) || strings.Count(out.String(), "\n") != 1 {
		t.Errorf("%q", out.String())
	}
}

type brokenWriter struct{}

var errBroken = errors.New("broken")

func (brokenWriter) Write([]byte) (int, error) { return 0, errBroken }

// TestWatcherStops: a writer that fails ends the watch.
func TestWatcherStops(t *testing.T) {
	known, err := fingerprint.Load()
	if err != nil {
		t.Fatal(err)
	}
	w := newWatcher(newPipeline(device.Options{Fingerprints: known}), brokenWriter{}, false)
	w.finding(&ward.Finding{})
	if err := w.Observe(nil); !errors.Is(err, errBroken) {
		t.Error(err)
	}
}
