// Package intrusion detects how attackers get in and move, and what makes it easy:
// the INTR rules of the threat catalogue, one file a rule.
package intrusion

import (
	"fmt"
	"net/netip"

	"wardkeeper/detect"
	"wardkeeper/ward"
)

// Caps of INTR-09. What is kept is only there for speed: when a cap is reached it
// is made again.
const (
	maxWeakHosts = 1 << 13
	leastSure    = 50 // confidence that a fact must have
)

// oldSystem is the weakness of an operating system past its support; its hits are
// told apart by the system's name.
var oldSystem = weakness{
	title:    "An operating system without security updates is in use",
	severity: ward.Medium,
	harm:     "Flaws that are found in this system are never mended. Ransomware and worms that use them can stop the device, and with it the care that it gives.",
	advice: "Ask the maker for a supported version or for its compensating measures. Until then let only the partners that the device needs reach it, " +
		"after clinical engineering has named them.",
	says: "the system calls itself %s, for which security updates ended on %s",
}

// weakHost is a service or the operating system of a host.
type weakHost struct {
	zone, what string
	system     bool
	ip         netip.Addr
	mac        ward.MAC
	subject    ward.Subject
}

// weakServices is INTR-09.
type weakServices struct {
	byService map[string]*weakness
	hits      map[weakHost]*dated
	last      weakHost
	lastHit   *dated
}

// dated is a hit that holds from a time on.
type dated struct {
	after ward.Time
	hit   *detect.Hit // nil for what is not weak
}

// WeakService is INTR-09: a weak service is exposed, a system is past its support.
func WeakService() detect.Detector {
	d := &weakServices{byService: map[string]*weakness{}, hits: map[weakHost]*dated{}}
	for i := range weaknesses {
		for _, s := range weaknesses[i].services {
			d.byService[s] = &weaknesses[i]
		}
	}
	return d
}

// Spec implements detect.Detector.
func (d *weakServices) Spec() detect.Spec {
	return detect.Spec{
		Rule:   "INTR-09",
		Title:  "A weak service is exposed",
		Harm:   "An attacker on the network can take over the device or read what it says.",
		Advice: "Plan with the maker and clinical engineering how to turn the service off or protect it. " + careful,
		Attack: []ward.Technique{{Technique: "T1210", Matrix: "enterprise", Version: "19"}, {Technique: "T0866", Matrix: "ics", Version: "19"}},
		Inputs: []ward.Kind{ward.KindSighting, ward.KindAct},
		Silenced: "Services that nobody used while Wardkeeper watched, what happens inside encrypted connections, " +
			"and systems that do not say their version.",
		StateVersion: 1,
	}
}

// Apply implements detect.Detector.
func (d *weakServices) Apply(o *ward.Observation, _ detect.View, emit func(*detect.Hit)) {
	if o.Kind == ward.KindAct {
		// HTTP Basic: only a request with a credential names its actor.
		if a := o.Act; o.Protocol == "http" && a.Actor.Kind == ward.TokenStaff && !a.Reply && detect.Attr(a, "auth") == "basic" {
			d.emit(o, o.Dst, ward.Subject{}, basicInClear, false, emit)
		}
		return
	}
	for i := range o.Sighting.Facts {
		f := &o.Sighting.Facts[i]
		if f.Confidence < leastSure {
			continue
		}
		switch f.Field {
		case ward.FieldService:
			if d.byService[f.Value] != nil {
				d.emit(o, o.Src, o.Sighting.Subject, f.Value, false, emit)
			}
		case ward.FieldOS:
			d.emit(o, o.Src, o.Sighting.Subject, f.Value, true, emit)
		}
	}
}

func (d *weakServices) emit(o *ward.Observation, e ward.Endpoint, s ward.Subject, what string, system bool, emit func(*detect.Hit)) {
	k := weakHost{zone: o.Zone, what: what, system: system, ip: e.IP, subject: s}
	if !e.IP.IsValid() {
		k.mac = e.MAC
	}
	h := d.lastHit
	if h == nil || k != d.last {
		if h = d.hits[k]; h == nil {
			if len(d.hits) >= maxWeakHosts {
				clear(d.hits)
			}
			h = d.describe(&k, e)
			d.hits[k] = h
		}
		d.last, d.lastHit = k, h
	}
	if h.hit != nil && o.Time > h.after {
		emit(h.hit)
	}
}

// describe makes what a host's weakness emits.
func (d *weakServices) describe(k *weakHost, e ward.Endpoint) *dated {
	w, what, after := d.byService[k.what], k.what, ward.Time(0)
	says := ""
	if k.system {
		ends, known := endOfSupport(k.what)
		if !known {
			return &dated{}
		}
		w, after, says = &oldSystem, ward.TimeOf(ends), fmt.Sprintf(oldSystem.says, k.what, ends.Format("2 January 2006"))
		what = "os" // one finding for all the names that one host gives its system
	} else {
		says = w.says
	}
	e, host := about(e, k.subject)
	return &dated{after: after, hit: &detect.Hit{
		Key: k.zone + "|" + host + "|" + what, Severity: w.severity, Medical: w.medical, Confidence: 90,
		Title: w.title + ": " + host, Harm: w.harm, Advice: w.advice, Says: says, Victims: []string{host}, About: []ward.Endpoint{e},
	}}
}

// about returns where a sighting's subject is and how to call it.
func about(e ward.Endpoint, s ward.Subject) (ward.Endpoint, string) {
	switch s.Key {
	case "":
	case "ip":
		if ip, err := netip.ParseAddr(s.Value); err == nil {
			return ward.Endpoint{IP: ip}, ip.String()
		}
	default:
		if !e.IP.IsValid() || s.Behind {
			return e, s.Value
		}
	}
	return e, detect.Host(e)
}

// Snapshot implements detect.Detector: what is kept is only there for speed.
func (d *weakServices) Snapshot() ([]byte, error) { return nil, nil }

// Restore implements detect.Detector.
func (d *weakServices) Restore([]byte) error { return nil }
