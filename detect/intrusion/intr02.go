package intrusion

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"wardkeeper/detect"
	"wardkeeper/ward"
)

// Caps and thresholds of INTR-02.
const (
	maxGuessers     = 8192
	maxTried        = 32 // accounts or secrets remembered of one guesser
	guessWindow     = 10 * time.Minute
	manySecrets     = 6  // different passwords: more than typos
	manyAccounts    = 5  // different accounts from one source
	manyFailures    = 20 // where neither is to be seen
	manyCommunities = 6  // different SNMP communities to one agent
)

// attempt is who tries to log in where.
type attempt struct {
	Zone, Protocol string
	Client, Server netip.Addr
}

// tried is what one source tried at one server.
type tried struct {
	Since    ward.Time
	Failures uint64
	Accounts detect.Set[ward.Token]
	Secrets  detect.Set[string]
	Told     bool
}

// guessing is INTR-02.
type guessing struct {
	polled netip.Addr // who sent the last SNMP request, and its community
	asked  ward.Token
	state  struct {
		Attempts   detect.Table[attempt, tried]
		Identities detect.Table[conversation, struct{}] // DICOM requests with a user identity
	}
}

type conversation struct {
	Zone           string
	Client, Server netip.AddrPort
}

// PasswordGuessing is INTR-02.
func PasswordGuessing() detect.Detector {
	d := &guessing{}
	d.state.Attempts.Max, d.state.Attempts.Keep = maxGuessers, guessWindow
	d.state.Identities.Max, d.state.Identities.Keep = 1024, time.Minute
	return d
}

// Spec implements detect.Detector.
func (*guessing) Spec() detect.Spec {
	return detect.Spec{
		Rule:  "INTR-02",
		Title: "Someone is guessing passwords",
		Harm:  "When a guess succeeds, the attacker can use the system as its user can: read patients' data, change orders or settings, or stop it.",
		Advice: "Find out who uses the source. Where it is a program with an old password, correct that; else separate the source from the network, after its user " +
			"confirms that no patient depends on it, and have the tried accounts' passwords changed. Do not lock clinical accounts without telling the ward.",
		Attack: []ward.Technique{{Technique: "T1110", Matrix: "enterprise", Version: "19"}, {Technique: "T0859", Matrix: "ics", Version: "19"}},
		Inputs: []ward.Kind{ward.KindAct},
		Silenced: "SSH, RDP and whatever else encrypts the log-in; web log-in forms; guesses slower than a few in ten minutes; " +
			"many accounts tried over HTTP, which a proxy for many users does too.",
		StateVersion: 1,
	}
}

// Apply implements detect.Detector.
func (d *guessing) Apply(o *ward.Observation, _ detect.View, emit func(*detect.Hit)) {
	a := o.Act
	switch o.Protocol {
	case "ftp", "telnet", "smtp", "smb":
		if a.Verb == "login" {
			d.login(o, o.Src, o.Dst, a.Outcome == "ok", a.Outcome == "failed", emit)
		}
	case "vnc":
		if a.Verb == "connect" {
			d.login(o, o.Src, o.Dst, a.Outcome == "ok", a.Outcome == "failed", emit)
		}
	case "ldap":
		if a.Verb == "bind" {
			d.login(o, o.Src, o.Dst, a.Outcome == "ok", a.Outcome == "invalid credentials", emit)
		}
	case "kerberos":
		switch a.Verb {
		case "AS-REP":
			d.login(o, o.Dst, o.Src, true, false, emit)
		case "KRB-ERROR":
			d.login(o, o.Dst, o.Src, false, a.Outcome == "preauthentication failed" || a.Outcome == "client unknown", emit)
		}
	case "http":
		if !a.Actor.Zero() && !a.Reply {
			d.web(o, emit)
		}
	case "snmp":
		if a.Actor.Kind == ward.TokenSecret && !a.Reply {
			d.community(o, emit)
		}
	case "dicom":
		d.dicom(o, emit)
	}
}

func (d *guessing) dicom(o *ward.Observation, emit func(*detect.Hit)) {
	switch o.Act.Verb {
	case "A-ASSOCIATE-RQ":
		if detect.Attr(o.Act, "identity") != "" {
			d.state.Identities.Use(conversation{o.Zone, port(o.Src), port(o.Dst)}, o.Time)
		}
	case "A-ASSOCIATE-RJ":
		k := conversation{o.Zone, port(o.Dst), port(o.Src)}
		if d.state.Identities.Get(k, o.Time) != nil {
			d.state.Identities.Delete(k)
			d.login(o, o.Dst, o.Src, false, true, emit)
		}
	}
}

func port(e ward.Endpoint) netip.AddrPort { return netip.AddrPortFrom(e.IP, e.Port) }

// find returns what a client tried at a server in the current window.
func (d *guessing) find(o *ward.Observation, client, server ward.Endpoint) *tried {
	t := d.state.Attempts.Use(attempt{o.Zone, o.Protocol, client.IP, server.IP}, o.Time)
	if t != nil && (t.Since == 0 || o.Time.Sub(t.Since) > guessWindow && !t.Told) {
		*t = tried{Since: o.Time}
	}
	return t
}

func (d *guessing) login(o *ward.Observation, client, server ward.Endpoint, ok, failed bool, emit func(*detect.Hit)) {
	switch {
	case failed:
		t := d.find(o, client, server)
		if t == nil {
			return
		}
		t.Failures++
		if !o.Act.Actor.Zero() {
			t.Accounts.Add(o.Act.Actor, maxTried)
		}
		if s := detect.Attr(o.Act, "secret"); s != "" {
			t.Secrets.Add(s, maxTried)
		}
		if says, sure := t.verdict(); says != "" {
			d.emit(o, client, server, t, says, sure, emit)
		}
	case ok && d.state.Attempts.Len() > 0:
		t := d.state.Attempts.Get(attempt{o.Zone, o.Protocol, client.IP, server.IP}, o.Time)
		if t == nil || !t.Told {
			return
		}
		h := d.hit(o, client, server, "a log-in succeeded after many that failed", 80)
		h.Severity, h.Medical = ward.High, ward.High
		h.Title = "A password was guessed at " + detect.Host(server) + " (" + strings.ToUpper(o.Protocol) + ")"
		emit(h)
	}
}

// verdict says why failures are guesses, "" if they are not.
func (t *tried) verdict() (says string, sure int) {
	switch {
	case len(t.Secrets) >= manySecrets:
		return fmt.Sprintf("log-ins failed with %d different passwords so far", len(t.Secrets)), 85
	case len(t.Accounts) >= manyAccounts:
		return fmt.Sprintf("log-ins failed for %d different accounts so far", len(t.Accounts)), 85
	case len(t.Secrets) == 0 && t.Failures >= manyFailures:
		return fmt.Sprintf("%d log-ins failed in a few minutes; a program with an old password does that too", t.Failures), 55
	}
	return "", 0
}

// web sees requests with HTTP Basic: many passwords for few accounts, because a
// proxy for many users brings as many accounts as passwords.
func (d *guessing) web(o *ward.Observation, emit func(*detect.Hit)) {
	s := detect.Attr(o.Act, "credential")
	if s == "" {
		return
	}
	if t := d.find(o, o.Src, o.Dst); t != nil {
		t.Accounts.Add(o.Act.Actor, maxTried)
		if t.Secrets.Add(s, maxTried) && len(t.Secrets) >= manySecrets && len(t.Accounts)*3 <= len(t.Secrets) {
			t.Failures = uint64(len(t.Secrets))
			d.emit(o, o.Src, o.Dst, t, fmt.Sprintf("%d different passwords were tried so far", len(t.Secrets)), 80, emit)
		}
	}
}

// community sees SNMP requests. A manager that polls with one community passes fast.
func (d *guessing) community(o *ward.Observation, emit func(*detect.Hit)) {
	if o.Src.IP == d.polled && o.Act.Actor == d.asked {
		return
	}
	d.polled, d.asked = o.Src.IP, o.Act.Actor
	if t := d.find(o, o.Src, o.Dst); t != nil && t.Accounts.Add(o.Act.Actor, maxTried) && len(t.Accounts) >= manyCommunities {
		t.Failures = uint64(len(t.Accounts))
		d.emit(o, o.Src, o.Dst, t, fmt.Sprintf("%d different communities were tried so far", len(t.Accounts)), 85, emit)
	}
}

// emit tells of guesses; the first time it counts those before.
func (d *guessing) emit(o *ward.Observation, client, server ward.Endpoint, t *tried, says string, sure int, emit func(*detect.Hit)) {
	h := d.hit(o, client, server, says, sure)
	if !t.Told {
		t.Told, h.Count = true, t.Failures
	}
	emit(h)
}

func (d *guessing) hit(o *ward.Observation, client, server ward.Endpoint, says string, sure int) *detect.Hit {
	h := &detect.Hit{Key: o.Zone + "|" + o.Protocol + "|" + detect.Host(client) + "|" + detect.Host(server),
		Severity: ward.Medium, Medical: ward.High, Confidence: sure,
		Title: fmt.Sprintf("Passwords are being guessed at %s (%s)", detect.Host(server), strings.ToUpper(o.Protocol)), Says: says,
		Attackers: []string{detect.Host(client)}, Victims: []string{detect.Host(server)}, About: []ward.Endpoint{server}}
	if sure < 60 {
		h.Severity, h.Medical = ward.Low, ward.Medium
	}
	return h
}

// Snapshot implements detect.Detector.
func (d *guessing) Snapshot() ([]byte, error) { return detect.Save(&d.state) }

// Restore implements detect.Detector.
func (d *guessing) Restore(b []byte) error { return detect.Load("INTR-02", b, &d.state) }

// Dropped implements detect.Bounded.
func (d *guessing) Dropped() uint64 { return d.state.Attempts.Dropped + d.state.Identities.Dropped }
