package detect

import (
	"cmp"
	"slices"

	"wardkeeper/know/device/category"
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
	all      []*running
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
	emit     func(*Hit) // made once: applying allocates nothing
}

type findingKey struct{ rule, key string }

type open struct {
	finding     ward.Finding
	first, last ward.Time
	medical     ward.Severity
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
		run.emit = func(h *Hit) { r.hit(run, r.current, h) }
		r.all = append(r.all, run)
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

// LimitsHit returns how often a cap of the runner or of a detector was reached.
func (r *Runner) LimitsHit() map[string]uint64 {
	m := map[string]uint64{}
	if r.Limits > 0 {
		m["detect.findings"] = r.Limits
	}
	for _, run := range r.all {
		if b, ok := run.detector.(Bounded); ok && b.Dropped() > 0 {
			m["detect."+run.spec.Rule] = b.Dropped()
		}
	}
	return m
}

func (r *Runner) hit(run *running, o *ward.Observation, h *Hit) {
	if f := h.joined; f != nil {
		f.join(o, h)
		return
	}
	k := findingKey{run.spec.Rule, h.Key}
	f := r.findings[k]
	fresh := f == nil
	if fresh {
		if len(r.findings) >= maxFindings {
			r.Limits++
			return
		}
		f = newFinding(run.spec, o, h)
		r.findings[k] = f
	}
	h.joined = f
	f.join(o, h)
	f.joinNames(o, h)
	if fresh && r.OnFinding != nil {
		g := r.show(f, nil)
		r.OnFinding(&g)
	}
}

func newFinding(s Spec, o *ward.Observation, h *Hit) *open {
	motives := h.Motives
	if len(motives) == 0 {
		motives = s.Motives
	}
	if len(motives) == 0 {
		motives = []ward.Motive{{Motive: "unknown"}}
	}
	return &open{first: o.Time, last: o.Time, finding: ward.Finding{Kind: "finding", Rule: s.Rule, ID: ward.FindingID(s.Rule, h.Key, o.Time),
		Title: cmp.Or(h.Title, s.Title), PatientHarm: cmp.Or(h.Harm, s.Harm), Advice: cmp.Or(h.Advice, s.Advice),
		Attack: s.Attack, Motives: motives, FirstSeen: o.Time.String()}}
}

func (f *open) join(o *ward.Observation, h *Hit) {
	g := &f.finding
	if h.Severity != g.Severity && Rank(h.Severity) > Rank(g.Severity) {
		g.Severity = h.Severity
		// The gravest hit names the finding.
		g.Title = cmp.Or(h.Title, g.Title)
	}
	if h.Medical != f.medical && Rank(h.Medical) > Rank(f.medical) {
		f.medical = h.Medical
	}
	g.Confidence = max(g.Confidence, h.Confidence)
	g.Count += max(h.Count, 1)
	f.last = max(f.last, o.Time)
	if len(g.Evidence) < maxEvidence && h.Says != "" {
		g.Evidence = append(g.Evidence, ward.Record{Time: o.Time.String(), Capture: o.Capture, Packet: o.Packet,
			Src: name(o.Src), Dst: name(o.Dst), Protocol: o.Protocol, Says: h.Says})
	}
}

func (f *open) joinNames(o *ward.Observation, h *Hit) {
	for _, e := range h.About {
		if p := (place{o.Zone, e}); len(f.about) < maxNames && !slices.Contains(f.about, p) {
			f.about = append(f.about, p)
		}
	}
	f.finding.Attackers = addNames(f.finding.Attackers, h.Attackers)
	f.finding.Victims = addNames(f.finding.Victims, h.Victims)
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

// Rank orders severities, mildest first; it is 0 for none.
func Rank(s ward.Severity) int { return slices.Index(order, s) }

// Findings returns all findings, most severe first, then by first evidence.
func (r *Runner) Findings() []ward.Finding {
	type shown struct {
		first   ward.Time
		finding ward.Finding
	}
	medical := map[string]bool{}
	all := make([]shown, 0, len(r.findings))
	for _, f := range r.findings {
		all = append(all, shown{f.first, r.show(f, medical)})
	}
	slices.SortFunc(all, func(a, b shown) int {
		return cmp.Or(-cmp.Compare(Rank(a.finding.Severity), Rank(b.finding.Severity)), cmp.Compare(a.first, b.first),
			cmp.Compare(a.finding.Rule, b.finding.Rule), cmp.Compare(a.finding.ID, b.finding.ID))
	})
	out := make([]ward.Finding, len(all))
	for i := range all {
		out[i] = all[i].finding
	}
	return out
}

// show returns the finding as it leaves, with the ids of its devices. Medical
// remembers which devices take part in care; it may be nil.
func (r *Runner) show(f *open, medical map[string]bool) ward.Finding {
	g := f.finding
	g.LastSeen = f.last.String()
	g.Attackers, g.Victims, g.Evidence = slices.Clone(g.Attackers), slices.Clone(g.Victims), slices.Clone(g.Evidence)
	for _, p := range f.about {
		g.Devices = addNames(g.Devices, []string{r.view.Device(p.zone, p.end)})
	}
	if Rank(f.medical) <= Rank(g.Severity) {
		return g
	}
	for _, id := range g.Devices {
		cares, known := medical[id]
		if !known {
			cares = category.Medical(r.view.Category(id))
			if medical != nil {
				medical[id] = cares
			}
		}
		if cares {
			g.Severity = f.medical
			break
		}
	}
	return g
}
