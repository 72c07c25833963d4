package hostage

import (
	"time"

	"wardkeeper/detect"
	"wardkeeper/ward"
)

// Caps of HOST-02.
const (
	maxAttackers = 4096
	maxTargets   = 64 // remembered of one attacker
	spreads      = 3  // targets of one attacker that make a worm
	wormMemory   = 24 * time.Hour
)

// exploits are the shapes that only exploits of MS17-010 have.
var exploits = []detect.Misuse{
	{Code: "smb.ms17-010-probe", Severity: ward.Medium, Confidence: 70, Title: "Someone found the flaw that WannaCry used, at",
		Says: "asked for what only an unpatched file server answers so, and it did"},
	{Code: "smb.eternalblue", Severity: ward.High, Confidence: 95, Title: "Attack with EternalBlue, the exploit of WannaCry, against",
		Says: "continued a transaction in the way that EternalBlue does"},
	{Code: "smb.eternalromance", Severity: ward.High, Confidence: 95, Title: "Attack with EternalRomance, an exploit of file sharing, against",
		Says: "wrote into an open transaction, as EternalRomance does"},
	{Code: "smb.nt-rename", Severity: ward.High, Confidence: 80, Title: "Attack with EternalChampion, an exploit of file sharing, against",
		Says: "sent a rename transaction that no client sends"},
	{Code: "smb.doublepulsar-ping", Severity: ward.High, Confidence: 80, Title: "Someone knocks at the DoublePulsar backdoor of",
		Says: "sent a request that only asks for the DoublePulsar backdoor"},
	{Code: "smb.doublepulsar", Severity: ward.Critical, Confidence: 95, Title: "The DoublePulsar backdoor answers: an attack succeeded against",
		Says: "answered as an installed DoublePulsar backdoor", FromVictim: true},
}

type host struct{ Zone, Host string }

// reach is whom a host attacked, and whether it was attacked itself.
type reach struct {
	Targets detect.Set[string]
	Victim  bool
}

// worm is HOST-02.
type worm struct {
	state struct{ Hosts detect.Table[host, reach] }
}

// Worm is HOST-02: a worm spreads by the exploits of SMB 1.
func Worm() detect.Detector {
	d := &worm{}
	d.state.Hosts.Max, d.state.Hosts.Keep = maxAttackers, wormMemory
	return d
}

// Spec implements detect.Detector.
func (*worm) Spec() detect.Spec {
	return detect.Spec{
		Rule:  "HOST-02",
		Title: "A worm spreads among devices",
		Harm:  "Devices that are reached may be encrypted or crash within minutes: pumps' servers, scanners and monitors can stop while patients depend on them.",
		Advice: "Call the incident team and clinical engineering at once. Close file sharing (port 445) between segments first; separate the attacking computer " +
			"when its user confirms that no patient depends on it. Leave attacked medical devices running until their clinical owner has a replacement or is ready to do without.",
		Attack: []ward.Technique{{Technique: "T1210", Matrix: "enterprise", Version: "19"}, {Technique: "T1570", Matrix: "enterprise", Version: "19"},
			{Technique: "T0866", Matrix: "ics", Version: "19"}},
		Motives: []ward.Motive{{Motive: "money", Reason: "these exploits mostly carry ransomware"}, {Motive: "disruption", Reason: "they also carried wipers"}},
		Inputs:  []ward.Kind{ward.KindAnomaly},
		Silenced: "Exploits within encrypted SMB 3, worms that use stolen passwords instead of a flaw, and captures that show one direction only " +
			"(whether an attack succeeded is in the answer).",
		StateVersion: 1,
	}
}

// Apply implements detect.Detector.
func (d *worm) Apply(o *ward.Observation, _ detect.View, emit func(*detect.Hit)) {
	m := detect.Find(exploits, o.Anomaly.Code)
	if m == nil {
		return
	}
	h := m.Hit(o)
	attacker, victim := h.Attackers[0], h.Victims[0]
	h.Key = o.Zone + "|" + attacker
	if v := d.state.Hosts.Use(host{o.Zone, victim}, o.Time); v != nil {
		v.Victim = true
	}
	if a := d.state.Hosts.Use(host{o.Zone, attacker}, o.Time); a != nil && m.Code != "smb.ms17-010-probe" {
		a.Targets.Add(victim, maxTargets)
		switch {
		case a.Victim:
			h.Severity, h.Title = ward.Critical, "A worm spreads: "+attacker+", which was attacked itself, now attacks others"
		case len(a.Targets) >= spreads:
			h.Severity, h.Title = ward.Critical, "A worm spreads from "+attacker+" to several devices"
		}
	}
	emit(h)
}

// Snapshot implements detect.Detector.
func (d *worm) Snapshot() ([]byte, error) { return detect.Save(&d.state) }

// Restore implements detect.Detector.
func (d *worm) Restore(b []byte) error { return detect.Load("HOST-02", b, &d.state) }

// Dropped implements detect.Bounded.
func (d *worm) Dropped() uint64 { return d.state.Hosts.Dropped }
