package detect

import (
	"cmp"
	"slices"

	"wardkeeper/ward"
)

// Caps of the runner.
const (
	maxFindings = 1 << 16 // instances
	maxEvidence = 10      // records of one finding: the first ones
	maxNames    = 64      // devices, attackers, victims of one finding
)

// Runner feeds detectors and joins what they say into findings.
type Runner struct {
	view     View
	current  *ward.Observation
	byKind   [16][]*running
	findings map[findingKey]*open
	// Limits counts findings dropped because there were too many.
	Limits uint64
	// OnFinding, if set, is told of each new finding.
	OnFinding func(*ward.Finding)
}

type running struct {
	detector Detector
	spec     Spec
	emit     func(Hit) // made once: applying allocates nothing
}

type findingKey struct{ rule, key string }

type open struct {
	finding     ward.Finding
	first, last ward.Time
	about       []place
}

// place is an endpoint in its zone.
type place struct {
	zone string
	end  ward.Endpoint
}

// NewRunner runs the detectors over observations.
func NewRunner(v View, detectors []Detector) *Runner {
	r := &Runner{view: v, findings: map[findingKey]*open{}}
	for _, d := range detectors {
		run := &running{detector: d, spec: d.Spec()}
		run.emit = func(h Hit) { r.hit(run, r.current, h) }
		for _, k := range run.spec.Inputs {
			r.byKind[k] = append(r.byKind[k], run)
		}
	}
	return r
}

// Observe applies the detectors to observations in their final order.
func (r *Runner) Observe(batch []ward.Observation) {
	for i := range batch {
		r.current = &batch[i]
		for _, run := range r.byKind[r.current.Kind] {
			run.detector.Apply(r.current, r.view, run.emit)
		}
	}
}

func (r *Runner) hit(run *running, o *ward.Observation, h Hit) {
	k := findingKey{run.spec.Rule, h.Key}
	f := r.findings[k]
	if f == nil {
		if len(r.findings) >= maxFindings {
			r.Limits++
			return
		}
		f = newFinding(run.spec, o, h)
		r.findings[k] = f
		defer func() {
			if r.OnFinding != nil {
				g := r.show(f)
				r.OnFinding(&g)
			}
		}()
	}
	f.join(o, h)
}

func newFinding(s Spec, o *ward.Observation, h Hit) *open {
	motives := h.Motives
	if len(motives) == 0 {
		motives = s.Motives
	}
	if len(motives) == 0 {
		motives = []ward.Motive{{Motive: "unknown"}}
	}
	return &open{first: o.Time, finding: ward.Finding{Kind: "finding", Rule: s.Rule, ID: ward.FindingID(s.Rule, h.Key, o.Time),
		Title: cmp.Or(h.Title, s.Title), PatientHarm: s.Harm, Advice: s.Advice, Attack: s.Attack, Motives: motives,
		FirstSeen: o.Time.String()}}
}

func (f *open) join(o *ward.Observation, h Hit) {
	g := &f.finding
	if rank(h.Severity) > rank(g.Severity) {
		g.Severity = h.Severity
	}
	g.Confidence = max(g.Confidence, h.Confidence)
	g.Count += max(h.Count, 1)
	f.last = max(f.last, o.Time)
	g.LastSeen = f.last.String()
	for _, e := range h.About {
		if p := (place{o.Zone, e}); len(f.about) < maxNames && !slices.Contains(f.about, p) {
			f.about = append(f.about, p)
		}
	}
	g.Attackers = addNames(g.Attackers, h.Attackers)
	g.Victims = addNames(g.Victims, h.Victims)
	if len(g.Evidence) < maxEvidence && h.Says != "" {
		g.Evidence = append(g.Evidence, ward.Record{Time: o.Time.String(), Capture: o.Capture, Packet: o.Packet,
			Src: name(o.Src), Dst: name(o.Dst), Protocol: o.Protocol, Says: h.Says})
	}
}

func name(e ward.Endpoint) string {
	if e.IP.IsValid() {
		return e.IP.String()
	}
	return e.MAC.String()
}

func addNames(have, more []string) []string {
	for _, n := range more {
		if n != "" && len(have) < maxNames && !slices.Contains(have, n) {
			have = append(have, n)
		}
	}
	return have
}

var order = []ward.Severity{"", ward.Info, ward.Low, ward.Medium, ward.High, ward.Critical}

func rank(s ward.Severity) int { return slices.Index(order, s) }

// Findings returns all findings, most severe first, then by first evidence.
func (r *Runner) Findings() []ward.Finding {
	all := make([]*open, 0, len(r.findings))
	for _, f := range r.findings {
		all = append(all, f)
	}
	slices.SortFunc(all, func(a, b *open) int {
		return cmp.Or(-cmp.Compare(rank(a.finding.Severity), rank(b.finding.Severity)), cmp.Compare(a.first, b.first),
			cmp.Compare(a.finding.Rule, b.finding.Rule), cmp.Compare(a.finding.ID, b.finding.ID))
	})
	out := make([]ward.Finding, len(all))
	for i, f := range all {
		out[i] = r.show(f)
	}
	return out
}

// show returns the finding as it leaves, with the ids of its devices.
func (r *Runner) show(f *open) ward.Finding {
	g := f.finding
	for _, p := range f.about {
		g.Devices = addNames(g.Devices, []string{r.view.Device(p.zone, p.end)})
	}
	return g
}
