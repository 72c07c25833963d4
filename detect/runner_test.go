package detect

import (
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"wardkeeper/ward"
)

type fixed map[string]string

func (fixed) Device(_ string, e ward.Endpoint) string { return e.IP.String() }
func (v fixed) Category(id string) string             { return v[id] }

// says emits one hit for each act: the act's verb is its key.
type says struct {
	hit func(o *ward.Observation) *Hit
}

func (says) Spec() Spec {
	return Spec{Rule: "TEST-01", Title: "a title", Harm: "harm", Advice: "advice", Inputs: []ward.Kind{ward.KindAct}}
}
func (d says) Apply(o *ward.Observation, _ View, emit func(*Hit)) { emit(d.hit(o)) }
func (says) Snapshot() ([]byte, error)                            { return nil, nil }
func (says) Restore([]byte) error                                 { return nil }

func acts(n int) []ward.Observation {
	all := make([]ward.Observation, n)
	for i := range all {
		all[i] = ward.Observation{Kind: ward.KindAct, Time: ward.Time(i + 1), Packet: uint64(i), Act: &ward.Act{Verb: "x"},
			Src: ward.Endpoint{IP: netip.AddrFrom4([4]byte{10, 0, byte(i >> 8), byte(i)})}}
	}
	return all
}

func TestHitsJoin(t *testing.T) {
	r := NewRunner(fixed{}, []Detector{says{func(o *ward.Observation) *Hit {
		return &Hit{Key: "k", Severity: ward.Low, Says: "said", Attackers: []string{o.Src.IP.String()}, About: []ward.Endpoint{o.Src}}
	}}})
	told := 0
	r.OnFinding = func(f *ward.Finding) { told++ }
	r.Observe(acts(100))
	r.Observe([]ward.Observation{{Kind: ward.KindTick, Time: 200}, {Kind: ward.KindFlow, Flow: &ward.Flow{}}})
	f := r.Findings()
	if len(f) != 1 || told != 1 {
		t.Fatalf("%d findings, told of %d", len(f), told)
	}
	g := f[0]
	if g.Count != 100 || len(g.Evidence) != maxEvidence || len(g.Attackers) != maxNames || len(g.Devices) != maxNames ||
		g.FirstSeen != ward.Time(1).String() || g.LastSeen != ward.Time(100).String() || g.Motives[0].Motive != "unknown" || g.Title != "a title" {
		t.Errorf("%+v", g)
	}
}

// A hit that is kept and emitted again joins the same finding as others of its key.
func TestKeptHit(t *testing.T) {
	kept := &Hit{Key: "k", Severity: ward.Low, Says: "said"}
	r := NewRunner(fixed{}, []Detector{says{func(o *ward.Observation) *Hit {
		if o.Packet%3 == 0 {
			return &Hit{Key: "k", Severity: ward.High, Title: "worse", Attackers: []string{"a"}}
		}
		return kept
	}}})
	r.Observe(acts(9))
	if f := r.Findings(); len(f) != 1 || f[0].Count != 9 || f[0].Severity != ward.High || f[0].Title != "worse" || len(f[0].Attackers) != 1 {
		t.Errorf("%+v", f)
	}
}

func TestMedicalSeverity(t *testing.T) {
	r := NewRunner(fixed{"10.0.0.0": "infusion pump", "10.0.0.1": "printer", "10.0.0.3": "CT"}, []Detector{says{func(o *ward.Observation) *Hit {
		h := &Hit{Key: o.Src.IP.String(), Severity: ward.Low, Medical: ward.Medium, About: []ward.Endpoint{o.Src}}
		if o.Packet == 3 {
			h.Medical = ward.Info // never lowers
		}
		return h
	}}})
	r.Observe(acts(4))
	var got []string
	for _, f := range r.Findings() {
		got = append(got, f.Devices[0]+" "+string(f.Severity))
	}
	if want := "10.0.0.0 medium,10.0.0.1 low,10.0.0.2 low,10.0.0.3 low"; strings.Join(got, ",") != want {
		t.Errorf("%v, want %s", got, want)
	}
}

func TestFindingsAreBounded(t *testing.T) {
	n := 0
	r := NewRunner(fixed{}, []Detector{says{func(*ward.Observation) *Hit { n++; return &Hit{Key: fmt.Sprint(n), Severity: ward.Low} }}})
	r.Observe(acts(maxFindings + 10))
	if len(r.Findings()) != maxFindings || r.LimitsHit()["detect.findings"] != 10 {
		t.Errorf("%d findings, %v dropped", len(r.Findings()), r.LimitsHit())
	}
}
