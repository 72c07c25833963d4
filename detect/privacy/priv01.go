// Package privacy detects patient data that is taken or exposed: the PRIV rules
// of the threat catalogue, one file a rule.
package privacy

import (
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"strings"

	"wardkeeper/detect"
	"wardkeeper/ward"
)

// maxPaths bounds the paths remembered; further ones are not reported again.
const maxPaths = 1 << 15

// path is who shows patient data to whom in which protocol.
type path struct {
	zone, protocol string
	src, dst       netip.Addr
}

// clearPaths finds acts that carried patient identity unencrypted: one finding a
// path, not one a message. It serves PRIV-01 and, towards public addresses, PRIV-02.
type clearPaths struct {
	spec   detect.Spec
	public bool
	seen   map[path]*detect.Hit
	last   path
	hit    *detect.Hit // of last
}

// CleartextInside is PRIV-01: patient data crosses the hospital's network in the clear.
func CleartextInside() detect.Detector {
	return &clearPaths{seen: map[path]*detect.Hit{}, spec: detect.Spec{
		Rule:  "PRIV-01",
		Title: "Patient data crosses the network in the clear",
		Harm:  "Anyone who can listen on this network can read who the patient is and what is done to them, and could change it unseen.",
		Advice: "Ask the owners of both systems to turn on encryption for this connection (DICOM TLS, HL7 over TLS, HTTPS), or keep it in a segment of its own. " +
			"Do not block the connection: care may depend on it.",
		Attack:       []ward.Technique{{Technique: "T1040", Matrix: "enterprise", Version: "19"}},
		Motives:      []ward.Motive{{Motive: "unknown"}},
		Inputs:       []ward.Kind{ward.KindAct},
		Silenced:     "Protocols that Wardkeeper does not read, and directions that the mirror does not show.",
		StateVersion: 1,
	}}
}

// CleartextOutside is PRIV-02 for what is seen in the clear: patient data leaves
// for a public address.
func CleartextOutside() detect.Detector {
	return &clearPaths{public: true, seen: map[path]*detect.Hit{}, spec: detect.Spec{
		Rule:  "PRIV-02",
		Title: "Patient data leaves the hospital in the clear",
		Harm:  "Patient data reaches a public network unencrypted; a partner's system, a mistake or a thief may be at the other end.",
		Advice: "Find out who runs the other end and whether it is an approved partner. If it is not, let privacy and security decide together how to close the " +
			"connection without stopping care that depends on the sender.",
		Attack:       []ward.Technique{{Technique: "T1041", Matrix: "enterprise", Version: "19"}, {Technique: "T1048.003", Matrix: "enterprise", Version: "19"}},
		Motives:      []ward.Motive{{Motive: "unknown"}},
		Inputs:       []ward.Kind{ward.KindAct},
		Silenced:     "Encrypted connections; partners reached through a proxy inside the hospital.",
		StateVersion: 1,
	}}
}

// Spec implements detect.Detector.
func (d *clearPaths) Spec() detect.Spec { return d.spec }

// Apply implements detect.Detector.
func (d *clearPaths) Apply(o *ward.Observation, _ detect.View, emit func(detect.Hit)) {
	if !o.Act.Clear || (outside(o.Dst) || outside(o.Src)) != d.public {
		return
	}
	p := path{zone: o.Zone, protocol: o.Protocol, src: o.Src.IP, dst: o.Dst.IP}
	if d.hit == nil || p != d.last {
		h := d.seen[p]
		if h == nil {
			if len(d.seen) >= maxPaths {
				return
			}
			h = d.describe(p, o)
			d.seen[p] = h
		}
		d.last, d.hit = p, h
	}
	emit(*d.hit)
}

// describe makes the hit that all further acts on the path repeat.
func (d *clearPaths) describe(p path, o *ward.Observation) *detect.Hit {
	h := &detect.Hit{
		Key:        p.zone + "|" + p.protocol + "|" + p.src.String() + "|" + p.dst.String(),
		Severity:   ward.Low,
		Confidence: 95,
		Title:      fmt.Sprintf("%s: %s from %s to %s", d.spec.Title, strings.ToUpper(p.protocol), p.src, p.dst),
		Says:       "a " + strings.ToUpper(p.protocol) + " message (" + o.Act.Verb + ") named a patient and was not encrypted",
		About:      []ward.Endpoint{o.Src, o.Dst},
		Victims:    []string{p.src.String()},
	}
	if d.public {
		h.Severity = ward.High
		h.Attackers = []string{p.dst.String()}
	}
	return h
}

// outside reports a public unicast address.
func outside(e ward.Endpoint) bool {
	ip := e.IP
	return ip.IsValid() && ip.IsGlobalUnicast() && !ip.IsPrivate() && !sharedSpace.Contains(ip)
}

// sharedSpace is carrier-grade NAT space (RFC 6598), used inside hospitals too.
var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")

// pathState is a path in a snapshot.
type pathState struct {
	Zone, Protocol string
	Src, Dst       netip.Addr
	Hit            detect.Hit
}

// Snapshot implements detect.Detector.
func (d *clearPaths) Snapshot() ([]byte, error) {
	state := make([]pathState, 0, len(d.seen))
	for p, h := range d.seen {
		state = append(state, pathState{p.zone, p.protocol, p.src, p.dst, *h})
	}
	slices.SortFunc(state, func(a, b pathState) int { return strings.Compare(a.Hit.Key, b.Hit.Key) })
	return json.Marshal(state)
}

// Restore implements detect.Detector.
func (d *clearPaths) Restore(b []byte) error {
	var state []pathState
	if err := json.Unmarshal(b, &state); err != nil {
		return fmt.Errorf("%s state: %w", d.spec.Rule, err)
	}
	d.seen, d.hit = map[path]*detect.Hit{}, nil
	for _, s := range state[:min(len(state), maxPaths)] {
		d.seen[path{s.Zone, s.Protocol, s.Src, s.Dst}] = &s.Hit
	}
	return nil
}
