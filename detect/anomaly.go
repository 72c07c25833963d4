package detect

import "wardkeeper/ward"

// Misuse is what an anomaly with a code means.
type Misuse struct {
	Code       string
	Severity   ward.Severity
	Confidence int
	Title      string // followed by the victim's address
	Says       string
	FromVictim bool // the victim's answer shows it
}

// Find returns the misuse with a code, nil if it is not in the table.
func Find(table []Misuse, code string) *Misuse {
	for i := range table {
		if table[i].Code == code {
			return &table[i]
		}
	}
	return nil
}

// Sides returns who did it to whom.
func (m *Misuse) Sides(o *ward.Observation) (attacker, victim ward.Endpoint) {
	if m.FromVictim {
		return o.Dst, o.Src
	}
	return o.Src, o.Dst
}

// Hit describes an anomaly between two hosts.
func (m *Misuse) Hit(o *ward.Observation) *Hit {
	attacker, victim := m.Sides(o)
	return &Hit{
		Key: o.Zone + "|" + Host(attacker) + "|" + Host(victim), Severity: m.Severity, Confidence: m.Confidence,
		Title: m.Title + " " + Host(victim), Says: m.Says,
		Attackers: []string{Host(attacker)}, Victims: []string{Host(victim)},
		// Only the victim: who the attacker is stands beside it.
		About: []ward.Endpoint{victim}, Count: o.Anomaly.Count,
	}
}

// misused is a detector for anomalies that mean one thing each. It keeps nothing.
type misused struct {
	spec  Spec
	table []Misuse
}

// OnMisuse returns a detector that reports the anomalies in a table, one finding
// for each pair of hosts.
func OnMisuse(s Spec, table []Misuse) Detector { return &misused{s, table} }

// Spec implements Detector.
func (d *misused) Spec() Spec { return d.spec }

// Apply implements Detector.
func (d *misused) Apply(o *ward.Observation, _ View, emit func(*Hit)) {
	if m := Find(d.table, o.Anomaly.Code); m != nil {
		emit(m.Hit(o))
	}
}

// Snapshot implements Detector.
func (d *misused) Snapshot() ([]byte, error) { return nil, nil }

// Restore implements Detector.
func (d *misused) Restore([]byte) error { return nil }
