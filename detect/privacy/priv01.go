// Package privacy detects patient data that is taken or exposed: the PRIV rules
// of the threat catalogue, one file a rule.
package privacy

import (
	"fmt"
	"net/netip"
	"strings"

	"wardkeeper/detect"
	"wardkeeper/ward"
)

// maxPaths bounds the paths whose hits are kept; when it is reached they are made
// again, which costs time and nothing else.
const maxPaths = 1 << 14

// path is who shows patient data to whom in which protocol.
type path struct {
	zone, protocol string
	src, dst       end
}

// end is an address: the network's, or the hardware's where there is no other.
type end struct {
	ip  netip.Addr
	mac ward.MAC
}

func endOf(e ward.Endpoint) end {
	if e.IP.IsValid() {
		return end{ip: e.IP}
	}
	return end{mac: e.MAC}
}

func (e end) String() string { return detect.Host(ward.Endpoint{IP: e.ip, MAC: e.mac}) }

// recent is how many paths are found again without a map.
const recent = 128

// clearPaths finds acts that carried patient identity unencrypted: one finding a
// path, not one a message. It serves PRIV-01 and, towards public addresses, PRIV-02.
type clearPaths struct {
	spec   detect.Spec
	public bool
	seen   map[path]*detect.Hit // nil for a path that is the other rule's
	last   [recent]slot
}

// slot is a path between network addresses that was lately used.
type slot struct {
	src, dst       netip.Addr
	zone, protocol string
	hit            *detect.Hit
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
		StateVersion: 2,
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
		Silenced:     "Encrypted connections; partners reached through a proxy inside the hospital; a partner whose public addresses are the site's neighbours.",
		StateVersion: 2,
	}}
}

// Spec implements detect.Detector.
func (d *clearPaths) Spec() detect.Spec { return d.spec }

// Apply implements detect.Detector.
func (d *clearPaths) Apply(o *ward.Observation, _ detect.View, emit func(*detect.Hit)) {
	if !o.Act.Clear {
		return
	}
	if !o.Src.IP.IsValid() || !o.Dst.IP.IsValid() {
		if h := d.find(o); h != nil {
			emit(h)
		}
		return
	}
	s := &d.last[spread(o.Src.IP, o.Dst.IP)]
	if s.src != o.Src.IP || s.dst != o.Dst.IP || s.protocol != o.Protocol || s.zone != o.Zone {
		*s = slot{o.Src.IP, o.Dst.IP, o.Zone, o.Protocol, d.find(o)}
	}
	if s.hit != nil {
		emit(s.hit)
	}
}

// spread tells paths between neighbours apart; a clash costs a look into the map.
func spread(src, dst netip.Addr) uint8 {
	a, b := src.As16(), dst.As16()
	return (a[15]*31 + b[15]*7 + a[14]*5 + b[14]) % recent
}

// find returns what the path's acts emit, nil if that is not this rule's.
func (d *clearPaths) find(o *ward.Observation) *detect.Hit {
	p := path{zone: o.Zone, protocol: o.Protocol, src: endOf(o.Src), dst: endOf(o.Dst)}
	h, known := d.seen[p]
	if known {
		return h
	}
	if len(d.seen) >= maxPaths {
		clear(d.seen)
	}
	if crossesPublic(o.Src.IP, o.Dst.IP) == d.public {
		h = d.describe(p, o)
	}
	d.seen[p] = h
	return h
}

// describe makes the hit that all further acts on the path repeat.
func (d *clearPaths) describe(p path, o *ward.Observation) *detect.Hit {
	src, dst, protocol := p.src.String(), p.dst.String(), strings.ToUpper(p.protocol)
	h := &detect.Hit{
		Key:        p.zone + "|" + p.protocol + "|" + src + "|" + dst,
		Severity:   ward.Low,
		Confidence: 95,
		Title:      fmt.Sprintf("%s: %s from %s to %s", d.spec.Title, protocol, src, dst),
		Says:       protocol + " named a patient and was not encrypted",
		About:      []ward.Endpoint{o.Src, o.Dst},
		Victims:    []string{src},
	}
	switch {
	case !d.public:
	case public(o.Dst.IP):
		h.Severity, h.Attackers = ward.High, []string{dst}
	default:
		h.Severity, h.Victims = ward.Medium, []string{dst}
		h.Title = fmt.Sprintf("Patient data comes from a public address in the clear: %s from %s to %s", protocol, src, dst)
	}
	return h
}

// crossesPublic reports that one end is a public address which is not of the other
// end's own block: some hospitals use public addresses inside.
func crossesPublic(a, b netip.Addr) bool {
	if !public(a) && !public(b) {
		return false
	}
	return !a.IsValid() || !b.IsValid() || !siteBlock(a).Contains(b.Unmap())
}

// siteBlock is the least that a site which owns addresses is given.
func siteBlock(a netip.Addr) netip.Prefix {
	bits := 48
	if a = a.Unmap(); a.Is4() {
		bits = 24
	}
	p, _ := a.Prefix(bits) // cannot fail: the address is valid
	return p
}

// public reports a public unicast address.
func public(ip netip.Addr) bool {
	ip = ip.Unmap()
	return ip.IsGlobalUnicast() && !ip.IsPrivate() && !sharedSpace.Contains(ip)
}

// sharedSpace is carrier-grade NAT space (RFC 6598), used inside hospitals too.
var sharedSpace = netip.MustParsePrefix("100.64.0.0/10")

// Snapshot implements detect.Detector: what is kept is only there for speed.
func (d *clearPaths) Snapshot() ([]byte, error) { return nil, nil }

// Restore implements detect.Detector.
func (d *clearPaths) Restore([]byte) error { return nil }
