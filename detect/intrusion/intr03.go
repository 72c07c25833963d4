package intrusion

import (
	"fmt"
	"net/netip"
	"slices"
	"strings"
	"time"

	"wardkeeper/detect"
	"wardkeeper/ward"
)

// Caps of INTR-03.
const (
	maxSecrets      = 4096
	maxHolders      = 64 // devices remembered of one credential
	sharedBy        = 3  // devices that make a credential a shared one
	secretMemory    = 30 * 24 * time.Hour
	sshHostKey      = "ssh-hostkey "
	defaultWriteKey = "private"
)

// secret is a credential: a pseudonym of one, or a host key's digest.
type secret struct{ Zone, Kind, Value string }

// holders are the devices that accept a secret.
type holders struct {
	Hosts detect.Set[string]
	MACs  detect.Set[ward.MAC]
}

// seenSecret is what was used where in the act before, to pass over repetition fast.
type seenSecret struct {
	ip    netip.Addr
	actor ward.Token
	value string
}

// sharedSecrets is INTR-03.
type sharedSecrets struct {
	last  seenSecret
	state struct{ Secrets detect.Table[secret, holders] }
}

// SharedSecret is INTR-03: a default or shared credential is in use.
func SharedSecret() detect.Detector {
	d := &sharedSecrets{}
	d.state.Secrets.Max, d.state.Secrets.Keep = maxSecrets, secretMemory
	return d
}

// Spec implements detect.Detector.
func (*sharedSecrets) Spec() detect.Spec {
	return detect.Spec{
		Rule:  "INTR-03",
		Title: "A default or shared credential is in use",
		Harm:  "Who learns the credential of one device, often from its manual, holds all of them and can change what they do.",
		Advice: "Ask the maker how each device gets a credential of its own, and change them with clinical engineering so that no partner is locked out. " +
			careful,
		Attack: []ward.Technique{{Technique: "T1078.001", Matrix: "enterprise", Version: "19"}, {Technique: "T0812", Matrix: "ics", Version: "19"}},
		Inputs: []ward.Kind{ward.KindSighting, ward.KindAct},
		Silenced: "Credentials inside encrypted connections. One device with three or more addresses looks like three. " +
			"The read password \"public\" of SNMP is reported as INTR-09.",
		StateVersion: 1,
	}
}

// Apply implements detect.Detector.
func (d *sharedSecrets) Apply(o *ward.Observation, _ detect.View, emit func(*detect.Hit)) {
	if o.Kind == ward.KindSighting {
		for i := range o.Sighting.Facts {
			if f := &o.Sighting.Facts[i]; f.Field == ward.FieldFingerprint && o.Protocol == "ssh" && strings.HasPrefix(f.Value, sshHostKey) {
				d.held(o, o.Src, secret{o.Zone, "ssh host key", f.Value[len(sshHostKey):]}, emit)
			}
		}
		return
	}
	a := o.Act
	switch o.Protocol {
	case "telnet", "ftp":
		if a.Verb == "login" && a.Outcome == "ok" && detect.Attr(a, "user") != "anonymous" {
			d.login(o, "secret", emit)
		}
	case "http":
		// A request has no outcome yet; a wrong credential is used on many servers by a guesser only.
		if !a.Actor.Zero() && !a.Reply {
			d.login(o, "credential", emit)
		}
	case "snmp":
		if a.Reply && a.Outcome == "ok" && detect.Attr(a, "community") == defaultWriteKey {
			emit(&detect.Hit{Key: o.Zone + "|snmp|" + detect.Host(o.Src), Severity: ward.Medium, Confidence: 85,
				Title:   "SNMP accepts the password \"private\", which may allow changes: " + detect.Host(o.Src),
				Says:    "answered to the SNMP community private, the usual default for writing",
				Victims: []string{detect.Host(o.Src)}, About: []ward.Endpoint{o.Src}})
		}
	}
}

func (d *sharedSecrets) login(o *ward.Observation, attr string, emit func(*detect.Hit)) {
	v := detect.Attr(o.Act, attr)
	if now := (seenSecret{o.Dst.IP, o.Act.Actor, v}); v != "" && v != "none" && now != d.last {
		d.last = now
		d.held(o, o.Dst, secret{o.Zone, o.Protocol + " password", o.Act.Actor.String() + " " + v}, emit)
	}
}

// held notes that a device accepts a secret, and tells when enough do.
func (d *sharedSecrets) held(o *ward.Observation, e ward.Endpoint, k secret, emit func(*detect.Hit)) {
	h := d.state.Secrets.Use(k, o.Time)
	if h == nil {
		return
	}
	host := detect.Host(e)
	if slices.Contains(h.Hosts, host) || !h.Hosts.Add(host, maxHolders) {
		return
	}
	h.MACs.Add(e.MAC, maxHolders)
	if len(h.Hosts) < sharedBy {
		return
	}
	// Behind a router all have one hardware address, and so has a machine with
	// several network addresses.
	sure := 60
	if len(h.MACs) >= sharedBy {
		sure = 85
	}
	emit(&detect.Hit{Key: k.Zone + "|" + k.Kind + "|" + k.Value, Severity: ward.Low, Medical: ward.Medium, Confidence: sure,
		Title: fmt.Sprintf("One %s opens several devices", k.Kind), Says: fmt.Sprintf("the same %s was in use on %d devices", k.Kind, len(h.Hosts)),
		Victims: h.Hosts, About: endpoints(h.Hosts)})
}

// endpoints turns addresses into what devices are looked up by.
func endpoints(hosts []string) (all []ward.Endpoint) {
	for _, h := range hosts {
		if ip, err := netip.ParseAddr(h); err == nil {
			all = append(all, ward.Endpoint{IP: ip})
		}
	}
	return all
}

// Snapshot implements detect.Detector.
func (d *sharedSecrets) Snapshot() ([]byte, error) { return detect.Save(&d.state) }

// Restore implements detect.Detector.
func (d *sharedSecrets) Restore(b []byte) error { return detect.Load("INTR-03", b, &d.state) }

// Dropped implements detect.Bounded.
func (d *sharedSecrets) Dropped() uint64 { return d.state.Secrets.Dropped }
