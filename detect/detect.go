// Package detect is the contract of detectors and what runs them.
//
// A detector sees observations in their final order and read-only views of what is
// known; never bytes, the wall clock or the order of a map. Timers fire on Tick
// observations. Its state is keyed and bounded.
package detect

import (
	"wardkeeper/ward"
)

// Spec describes a rule. It is shown in the pages as it stands here.
type Spec struct {
	Rule    string // stable ID of the threat catalogue: "PRIV-01"
	Title   string // in plain language
	Harm    string // what it means for the patient
	Advice  string // what to do, with its clinical caution
	Attack  []ward.Technique
	Motives []ward.Motive
	Inputs  []ward.Kind
	// Silenced says what would silence the rule wrongly: its blind spots.
	Silenced string
	// StateVersion changes when Snapshot's format or meaning does: state is then
	// rebuilt by replay.
	StateVersion int
}

// View is what a detector may know of the device behind an endpoint.
type View interface {
	// Device returns the id of the device that holds the endpoint, "" if unknown.
	Device(zone string, e ward.Endpoint) string
	// Category returns the category of a device, "" if unknown.
	Category(id string) string
}

// Detector watches for one rule. Apply gets only the kinds of Spec.Inputs.
type Detector interface {
	Spec() Spec
	// The Hit is read before emit returns.
	Apply(o *ward.Observation, v View, emit func(*Hit))
	// Snapshot returns the state, Restore replaces it.
	Snapshot() ([]byte, error)
	Restore([]byte) error
}

// Bounded is a Detector that had to turn something away because its state was full.
type Bounded interface {
	// Dropped returns how often.
	Dropped() uint64
}

// Hit is one time that a rule fires. Hits with the same Key join one finding.
//
// A detector may keep a Hit and emit it again: that joins cheaply, because then only
// its severity, confidence, count and evidence are looked at.
type Hit struct {
	Key      string // stable: what it is about, without file names or packet numbers
	Severity ward.Severity
	// Medical, if set, is the severity where a device that it is about takes part in
	// care. It is decided when the finding is shown: who a device is comes out late.
	Medical    ward.Severity
	Confidence int
	Title      string // "" takes the spec's, as do the next two
	Harm       string
	Advice     string
	Says       string // evidence in plain words, without identities
	Attackers  []string
	Victims    []string
	// About lists whom it is about; they become device ids when the finding is
	// shown, because what is known of an address may change until then.
	About   []ward.Endpoint
	Motives []ward.Motive
	Count   uint64 // 0 counts as 1

	joined *open // the finding that it joined before
}
