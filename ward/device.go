package ward

// Named is a product with its version.
type Named struct {
	Name    string `json:"name"`
	Version string `json:"version,omitempty"`
}

// Evidence is one fact and where it was seen.
type Evidence struct {
	Field      string `json:"field"`
	Value      string `json:"value"`
	From       string `json:"from"`
	Capture    string `json:"capture,omitempty"`
	Packet     uint64 `json:"packet,omitempty"`
	Time       string `json:"time,omitempty"` // RFC 3339, UTC
	Confidence int    `json:"confidence"`     // 0 to 100
	// Contradicts is set where another source says otherwise with weight.
	Contradicts bool `json:"contradicts,omitempty"`
}

// Device is what sightings agree on. Slices are sorted.
type Device struct {
	Kind           string     `json:"kind"` // "device"
	ID             string     `json:"id"`
	Category       string     `json:"category,omitempty"`
	Maker          string     `json:"maker,omitempty"`
	Model          string     `json:"model,omitempty"`
	Serial         string     `json:"serial,omitempty"`
	Software       []Named    `json:"software,omitempty"`
	OS             string     `json:"os,omitempty"`
	Hostnames      []string   `json:"hostnames,omitempty"`
	MACs           []string   `json:"macs,omitempty"`
	IPs            []string   `json:"ips,omitempty"`
	AEs            []string   `json:"aes,omitempty"`
	Applications   []string   `json:"applications,omitempty"`
	Protocols      []string   `json:"protocols,omitempty"`
	Services       []string   `json:"services,omitempty"`
	Zone           string     `json:"zone,omitempty"`
	Department     string     `json:"department,omitempty"`
	Location       string     `json:"location,omitempty"`
	Behind         string     `json:"behind,omitempty"` // id of the gateway that hides it
	FirstSeen      string     `json:"first_seen"`
	LastSeen       string     `json:"last_seen"`
	Confidence     int        `json:"confidence"` // of the identity as a whole, 0 to 100
	Evidence       []Evidence `json:"evidence,omitempty"`
	Contradictions []string   `json:"contradictions,omitempty"` // fields that sources disagree on
}
