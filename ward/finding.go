package ward

import (
	"crypto/sha256"
	"encoding/hex"
)

// Severity is harm to patients times how sure we are.
type Severity string

// The severities, mildest first.
const (
	Info     Severity = "info"
	Low      Severity = "low"
	Medium   Severity = "medium"
	High     Severity = "high"
	Critical Severity = "critical"
)

// Technique is an ATT&CK technique. Matrix is "enterprise" or "ics".
type Technique struct {
	Technique string `json:"technique"`
	Matrix    string `json:"matrix"`
	Version   string `json:"version"`
}

// Motive is why someone would do this, with the evidence that fits.
type Motive struct {
	Motive string `json:"motive"` // money, disruption, harm, statement, curiosity, unknown
	Reason string `json:"reason,omitempty"`
}

// Record is one piece of a finding's evidence, to be opened in Wireshark.
type Record struct {
	Time     string `json:"time"`
	Capture  string `json:"capture,omitempty"`
	Packet   uint64 `json:"packet,omitempty"`
	Src      string `json:"src,omitempty"`
	Dst      string `json:"dst,omitempty"`
	Protocol string `json:"protocol,omitempty"`
	Says     string `json:"says"` // in plain words, without identities
}

// Finding is what a detector concludes.
type Finding struct {
	Kind        string      `json:"kind"` // "finding"
	Rule        string      `json:"rule"` // as in the threat catalogue: PRIV-01
	ID          string      `json:"id"`
	Title       string      `json:"title"`
	Severity    Severity    `json:"severity"`
	Confidence  int         `json:"confidence"` // 0 to 100
	PatientHarm string      `json:"patient_harm"`
	Devices     []string    `json:"devices,omitempty"`
	Attackers   []string    `json:"attackers,omitempty"`
	Victims     []string    `json:"victims,omitempty"`
	Attack      []Technique `json:"attack,omitempty"`
	Motives     []Motive    `json:"motives,omitempty"`
	Advice      string      `json:"advice"`
	Evidence    []Record    `json:"evidence,omitempty"`
	FirstSeen   string      `json:"first_seen"`
	LastSeen    string      `json:"last_seen"`
	Count       uint64      `json:"count"`
}

// FindingID derives the identifier of a finding's instance from its rule, the
// stable key of what it is about and the time of its first evidence. It does not
// depend on file names, packet numbers or the order of workers.
func FindingID(rule, key string, first Time) string {
	h := sha256.New()
	for _, s := range [...]string{"finding/1", rule, key, first.String()} {
		h.Write([]byte(s))
		h.Write([]byte{0})
	}
	return "f" + hex.EncodeToString(h.Sum(nil)[:12])
}
