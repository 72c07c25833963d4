package run

import (
	"cmp"
	"fmt"
	"io"
	"slices"
	"strings"
	"sync"
	"time"

	"github.com/dustin/go-humanize"

	"wardkeeper/sense/wire/live"
	"wardkeeper/ward"
)

// When a device is told of.
const (
	sureEnough  = 50 // percent, at once
	settledTime = time.Minute
)

// watcher tells of devices and findings while a pipeline runs.
type watcher struct {
	mu       sync.Mutex // guards what follows: observations come on one goroutine, time on another
	pipeline *pipeline
	out      io.Writer
	lines    *jsonLines // nil: text
	told     map[string]*toldDevice
	noticed  map[string]time.Time // not yet told of
	findings int
	err      error // of the writer
}

// toldDevice is a device as it was last told of.
type toldDevice struct {
	category, maker, model string
	addresses              []string
}

func newWatcher(p *pipeline, out io.Writer, asJSON bool) *watcher {
	w := &watcher{pipeline: p, out: out, told: map[string]*toldDevice{}, noticed: map[string]time.Time{}}
	if asJSON {
		w.lines = newJSONLines(out)
		p.also = append(p.also, w.lines.observe)
	}
	p.runner.OnFinding = w.finding
	return w
}

// Observe implements ward.Sink.
func (w *watcher) Observe(batch []ward.Observation) error {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.err != nil {
		return w.err
	}
	return w.pipeline.Observe(batch)
}

// watch looks for news from time to time until stop is called.
func (w *watcher) watch(src *live.Source, notes io.Writer) (stop func()) {
	done, idle := make(chan struct{}), make(chan struct{})
	go func() {
		defer close(idle)
		look := time.NewTimer(lookEvery)
		status := time.NewTicker(statusEvery)
		defer look.Stop()
		defer status.Stop()
		n := &statusLine{src: src, out: notes, terminal: isTerminal(notes), at: time.Now()}
		for {
			select {
			case <-done:
				w.look(time.Now())
				return
			case <-look.C:
				began := time.Now()
				w.look(began)
				n.dropped()
				look.Reset(max(lookEvery, lookShare*time.Since(began)))
			case now := <-status.C:
				n.line(now, w)
			}
		}
	}()
	return func() { close(done); <-idle }
}

// look tells of devices that are new or changed.
func (w *watcher) look(now time.Time) {
	w.mu.Lock()
	defer w.mu.Unlock()
	devices := w.pipeline.inventory.Devices()
	here := make(map[string]bool, len(devices))
	for i := range devices {
		here[devices[i].ID] = true
	}
	lost := w.forget(here)
	for i := range devices {
		w.device(&devices[i], lost, now)
	}
	if w.lines != nil {
		w.err = cmp.Or(w.err, w.lines.flush())
	}
}

// forget removes devices that are no more, because evidence joined them to others,
// and returns them by address.
func (w *watcher) forget(here map[string]bool) map[string]*toldDevice {
	lost := map[string]*toldDevice{}
	for id, t := range w.told {
		if here[id] {
			continue
		}
		for _, a := range t.addresses {
			lost[a] = t
		}
		delete(w.told, id)
	}
	for id := range w.noticed {
		if !here[id] {
			delete(w.noticed, id)
		}
	}
	return lost
}

func (w *watcher) device(d *ward.Device, lost map[string]*toldDevice, now time.Time) {
	t := w.told[d.ID]
	addresses := slices.Concat(d.MACs, d.IPs)
	if t == nil {
		for _, a := range addresses {
			t = cmp.Or(t, lost[a])
		}
	}
	if t == nil {
		if _, ok := w.noticed[d.ID]; !ok {
			w.noticed[d.ID] = now
		}
		if d.Confidence < sureEnough && now.Sub(w.noticed[d.ID]) < settledTime {
			return
		}
		delete(w.noticed, d.ID)
		t = &toldDevice{}
		w.tell(d, "new device", nil)
	} else if changes := t.changes(d); changes != nil {
		w.tell(d, "changed", changes)
	}
	w.told[d.ID] = &toldDevice{d.Category, d.Maker, d.Model, addresses}
}

// changes lists what is known differently now.
func (t *toldDevice) changes(d *ward.Device) []string {
	var out []string
	for _, c := range [...]struct{ what, was, is string }{{"category", t.category, d.Category}, {"maker", t.maker, d.Maker}, {"model", t.model, d.Model}} {
		if c.was != c.is {
			out = append(out, fmt.Sprintf("%s %s → %s", c.what, or(c.was), or(c.is)))
		}
	}
	return out
}

func (w *watcher) tell(d *ward.Device, what string, changes []string) {
	if w.lines != nil {
		w.lines.object(d)
		return
	}
	parts := []string{or(d.Category), or(strings.TrimSpace(d.Maker + " " + d.Model)), or(addressesOf(d))}
	if names := namesOf(d); names != "" {
		parts = append(parts, names)
	}
	if changes != nil {
		parts = append(changes, or(addressesOf(d)))
	}
	w.line("%s %s: %s, %d %% sure", what, short(d.ID), strings.Join(parts, ", "), d.Confidence)
}

// finding tells of a new finding. Observe holds the lock.
func (w *watcher) finding(f *ward.Finding) {
	w.findings++
	if w.lines != nil {
		w.lines.object(f)
		return
	}
	says := ""
	if len(f.Evidence) > 0 {
		e := f.Evidence[0]
		says = fmt.Sprintf(" (%s → %s, %s packet %d)", e.Src, e.Dst, e.Capture, e.Packet)
	}
	w.line("finding %s: %s %s%s", f.Severity, f.Rule, f.Title, says)
}

func (w *watcher) line(format string, args ...any) {
	stamp := time.Now().UTC().Format("2006-01-02T15:04:05Z ")
	if _, err := fmt.Fprintf(w.out, stamp+format+"\n", args...); err != nil {
		w.err = cmp.Or(w.err, err)
	}
}

// statusLine is the line that shows that a sensor is alive.
type statusLine struct {
	src      *live.Source
	out      io.Writer
	terminal bool
	at       time.Time
	packets  uint64
	warned   bool
}

func (s *statusLine) line(now time.Time, w *watcher) {
	if !s.terminal {
		return
	}
	w.mu.Lock()
	devices, findings := len(w.told), w.findings
	w.mu.Unlock()
	packets := s.src.Packets()
	rate := float64(packets-s.packets) / max(now.Sub(s.at).Seconds(), 1e-3)
	s.packets, s.at = packets, now
	fmt.Fprintf(s.out, "%s %s packets/s, %d devices, %d findings, %s packets dropped by the kernel\n", now.UTC().Format("15:04Z"),
		humanize.CommafWithDigits(rate, 0), devices, findings, humanize.Comma(int64(s.src.Dropped())))
}

// dropped warns once.
func (s *statusLine) dropped() {
	if n := s.src.Dropped(); n > 0 && !s.warned {
		s.warned = true
		fmt.Fprintf(s.out, "wardkeeper: the kernel dropped %s packets so far because the ring was full; a larger one: --ring\n", humanize.Comma(int64(n)))
	}
}
