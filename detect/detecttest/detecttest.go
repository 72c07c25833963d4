// Package detecttest tells stories to detectors: text files of observations and of
// the findings that must come of them, or none.
//
//	# A telnet server on a ward.
//	device 10.1.2.9 infusion pump
//	zone icu
//	+0s 10.1.2.9:23 > 10.1.1.5:40000 telnet sighting telnet service=telnet@95
//	repeat 40 every 250ms
//	+5s 10.1.1.5:4{i} > 10.1.2.9:23 telnet act login outcome=failed actor=staff:alice .secret=s{i}
//	+60s tick
//	expect INTR-09 medium count=1 title="Telnet" victims=10.1.2.9
//
// A line begins with its offset from the start (2026-03-02T08:00:00Z, or what "at"
// says), then "SRC > DST PROTOCOL KIND WHAT field=value …"; addresses are ip, ip:port
// or [ip6]:port, each with /mac, or "-". Lines are put in the order of their times. A token is "kind:text". A detail of an act
// begins with a dot. "silent" expects nothing; "any order" says that the order of
// the lines does not matter, which is then tried.
//
// Each story is told whole, with Snapshot and Restore at many places in it, in
// other orders where it allows them, and from many addresses at once to see that
// state is bounded.
package detecttest

import (
	"encoding/json"
	"fmt"
	"math/rand/v2"
	"net/netip"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"testing"

	"wardkeeper/detect"
	"wardkeeper/ward"
)

const (
	maxCuts      = 40      // places in a story where it is tried to go on from a snapshot
	orders       = 20      // other orders tried
	crowd        = 60_000  // observations told to see that state is bounded
	maxState     = 8 << 20 // bytes of a snapshot after that
	maxFileState = 1 << 20 // bytes of a snapshot after one story
)

// Stories tells each detector the stories in dir named for its rule, such as
// intr09-telnet.story. Each must have one that fires and one that stays silent.
func Stories(t *testing.T, dir string, detectors ...func() detect.Detector) {
	t.Helper()
	files, err := filepath.Glob(filepath.Join(dir, "*.story"))
	if err != nil {
		t.Fatal(err)
	}
	told := map[string]bool{}
	for _, make := range detectors {
		spec := make().Spec()
		checkSpec(t, spec)
		fires, silent := 0, 0
		prefix := strings.ToLower(strings.ReplaceAll(spec.Rule, "-", "")) + "-"
		for _, file := range files {
			if !strings.HasPrefix(filepath.Base(file), prefix) {
				continue
			}
			told[file] = true
			s, err := ReadStory(file)
			if err != nil {
				t.Error(err)
				continue
			}
			if len(s.Expect) > 0 {
				fires++
			} else {
				silent++
			}
			t.Run(filepath.Base(file), func(t *testing.T) { Tell(t, s, make) })
		}
		if fires == 0 || silent == 0 {
			t.Errorf("%s: %d stories that fire, %d that stay silent", spec.Rule, fires, silent)
		}
	}
	for _, file := range files {
		if !told[file] {
			t.Errorf("%s: no detector for it", file)
		}
	}
}

func checkSpec(t *testing.T, s detect.Spec) {
	t.Helper()
	if s.Title == "" || s.Harm == "" || s.Advice == "" || s.Silenced == "" || len(s.Attack) == 0 || len(s.Inputs) == 0 || s.StateVersion == 0 {
		t.Errorf("%s: the spec is not complete", s.Rule)
	}
}

// Tell tells one story in all ways.
func Tell(t *testing.T, s *Story, make func() detect.Detector) {
	whole := run(t, s, s.Observations, make, -1)
	compare(t, s, whole)
	for _, f := range whole {
		if a := strings.ToLower(f.Advice); strings.Contains(a, "unplug") || f.PatientHarm == "" || a == "" {
			t.Errorf("advice or harm will not do: %q, %q", f.Advice, f.PatientHarm)
		}
	}
	want := text(whole)
	step := max(1, len(s.Observations)/maxCuts)
	for cut := 0; cut <= len(s.Observations); cut += step {
		if got := text(run(t, s, s.Observations, make, cut)); got != want {
			t.Fatalf("restarted before observation %d:\n%s\nwant\n%s", cut+1, got, want)
		}
	}
	if s.AnyOrder {
		otherOrders(t, s, make, whole)
	}
	bounded(t, s, make)
}

// changing lets a detector be replaced as by a restart while the findings stay.
type changing struct{ detect.Detector }

func run(t *testing.T, s *Story, all []ward.Observation, make func() detect.Detector, cut int) []ward.Finding {
	t.Helper()
	d := &changing{make()}
	r := detect.NewRunner(view(s.Categories), []detect.Detector{d})
	for i := range all {
		if i == cut {
			state, err := d.Snapshot()
			if err != nil {
				t.Fatal(err)
			}
			d.Detector = make()
			if err := d.Restore(state); err != nil {
				t.Fatal(err)
			}
			if again, _ := d.Snapshot(); string(again) != string(state) {
				t.Fatalf("a restored state differs:\n%s\nwant\n%s", again, state)
			}
		}
		r.Observe(all[i : i+1])
	}
	if state, err := d.Snapshot(); err != nil || len(state) > maxFileState {
		t.Fatalf("%d bytes of state, %v", len(state), err)
	}
	return r.Findings()
}

func text(findings []ward.Finding) string {
	b, err := json.MarshalIndent(findings, "", " ")
	if err != nil {
		return err.Error()
	}
	return string(b)
}

// view knows the devices that the story names.
type view map[string]string

func (v view) Device(_ string, e ward.Endpoint) string { return "device " + detect.Host(e) }

func (v view) Category(id string) string { return v[strings.TrimPrefix(id, "device ")] }

func (e Expectation) fits(f *ward.Finding) bool {
	same := func(want, got string) bool { return want == "" || want == got }
	return e.Rule == f.Rule && e.Severity == string(f.Severity) && same(e.Count, strconv.FormatUint(f.Count, 10)) &&
		strings.Contains(f.Title, e.Title) && same(e.Attackers, strings.Join(f.Attackers, ",")) &&
		same(e.Victims, strings.Join(f.Victims, ",")) && same(e.Confidence, strconv.Itoa(f.Confidence))
}

func compare(t *testing.T, s *Story, findings []ward.Finding) {
	t.Helper()
	left := slices.Clone(findings)
	for _, e := range s.Expect {
		i := slices.IndexFunc(left, func(f ward.Finding) bool { return e.fits(&f) })
		if i < 0 {
			t.Errorf("missing: %+v", e)
			continue
		}
		left = slices.Delete(left, i, i+1)
	}
	if t.Failed() || len(left) > 0 {
		t.Errorf("%d findings not expected; all of them:\n%s", len(left), text(findings))
	}
}

// otherOrders shuffles the observations over the same times.
func otherOrders(t *testing.T, s *Story, make func() detect.Detector, whole []ward.Finding) {
	t.Helper()
	r := rand.New(rand.NewPCG(1, 2))
	for range orders {
		all := slices.Clone(s.Observations)
		r.Shuffle(len(all), func(i, j int) { all[i], all[j] = all[j], all[i] })
		for i := range all {
			all[i].Time = s.Observations[i].Time
		}
		if got, want := essence(run(t, s, all, make, -1)), essence(whole); got != want {
			t.Fatalf("in another order:\n%s\nwant\n%s", got, want)
		}
	}
}

// essence is what of findings does not depend on order.
func essence(findings []ward.Finding) string {
	var lines []string
	for _, f := range findings {
		slices.Sort(f.Attackers)
		slices.Sort(f.Victims)
		lines = append(lines, fmt.Sprint(f.Rule, f.Severity, f.Title, f.Count, f.Confidence, f.Attackers, f.Victims))
	}
	slices.Sort(lines)
	return strings.Join(lines, "\n")
}

// bounded tells the story from ever other addresses.
func bounded(t *testing.T, s *Story, make func() detect.Detector) {
	t.Helper()
	if len(s.Observations) == 0 {
		return
	}
	d := make()
	r := detect.NewRunner(view{}, []detect.Detector{d})
	for told := 0; told < crowd; told += len(s.Observations) {
		all := slices.Clone(s.Observations)
		for i := range all {
			all[i].Src, all[i].Dst = moved(all[i].Src, told), moved(all[i].Dst, told)
		}
		r.Observe(all)
	}
	if state, err := d.Snapshot(); err != nil || len(state) > maxState {
		t.Errorf("%d bytes of state after %d observations, %v", len(state), crowd, err)
	}
}

// moved changes an address to one of its kind.
func moved(e ward.Endpoint, by int) ward.Endpoint {
	if !e.MAC.Zero() {
		e.MAC[1], e.MAC[2], e.MAC[3] = byte(by), byte(by>>8), byte(by>>16)
	}
	if e.IP.IsValid() {
		b := e.IP.As16()
		b[13], b[14] = b[13]+byte(by>>8), b[14]+byte(by)
		e.IP = netip.AddrFrom16(b).Unmap()
	}
	return e
}

// Idle fails if Apply allocates for observations that lead to nothing.
func Idle(t *testing.T, d detect.Detector, all ...ward.Observation) {
	t.Helper()
	emit, nobody := func(*detect.Hit) {}, view{}
	for i := range all {
		if !slices.Contains(d.Spec().Inputs, all[i].Kind) {
			continue
		}
		if n := testing.AllocsPerRun(100, func() { d.Apply(&all[i], nobody, emit) }); n > 0 {
			t.Errorf("%s: %v allocations for %s %s", d.Spec().Rule, n, all[i].Protocol, all[i].Kind)
		}
	}
}
