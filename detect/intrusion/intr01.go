package intrusion

import (
	"fmt"
	"net/netip"
	"strconv"
	"time"

	"wardkeeper/detect"
	"wardkeeper/ward"
)

// Caps and thresholds of INTR-01.
const (
	maxSources  = 8192
	maxProbed   = 64 // targets remembered of one source
	scanWindow  = 10 * time.Minute
	manyHosts   = 25 // on one port, without an answer
	manyPorts   = 20 // of one host, without an answer
	manyTitles  = 5  // DICOM application titles that were refused
	manyAgents  = 10 // SNMP agents walked with the password "public"
	manyAsked   = 64 // addresses asked for by ARP in a minute
	fewPackets  = 8  // a connection that carried nothing has no more
	notAnswered = "without an answer"
)

// source is who looks for what: a port on many hosts, or ports of one host.
type source struct {
	Zone, What string
	From, To   netip.Addr
	Port       uint16
}

// probed is what a source looked at.
type probed struct {
	Since ward.Time
	Hosts detect.Set[netip.Addr]
	Ports detect.Set[uint16]
	Names detect.Set[string]
}

// reconnaissance is INTR-01.
type reconnaissance struct {
	walker, walked netip.Addr // of the last walk, to pass over repetition fast
	state          struct {
		Sources detect.Table[source, probed]
	}
}

// Reconnaissance is INTR-01: someone looks around.
func Reconnaissance() detect.Detector {
	d := &reconnaissance{}
	d.state.Sources.Max, d.state.Sources.Keep = maxSources, scanWindow
	return d
}

// Spec implements detect.Detector.
func (*reconnaissance) Spec() detect.Spec {
	return detect.Spec{
		Rule:  "INTR-01",
		Title: "Someone is looking for devices and services",
		Harm:  "Attackers look around before they strike, and scans alone have frozen infusion pumps, monitors and analysers.",
		Advice: "Find out who uses the source. If it is the hospital's own scanner, declare it and keep it away from medical segments; " +
			"if nobody knows it, have the network team contain it, after its user confirms that no patient depends on it.",
		Attack: []ward.Technique{{Technique: "T1046", Matrix: "enterprise", Version: "19"}, {Technique: "T1018", Matrix: "enterprise", Version: "19"},
			{Technique: "T0846", Matrix: "ics", Version: "19"}},
		Inputs: []ward.Kind{ward.KindFlow, ward.KindAct},
		Silenced: "Scans slower than some twenty targets in ten minutes, scans by UDP and ping, and whoever asks only for what is there. " +
			"A management system whose targets are mostly switched off looks like a scanner.",
		StateVersion: 1,
	}
}

// Apply implements detect.Detector.
func (d *reconnaissance) Apply(o *ward.Observation, _ detect.View, emit func(*detect.Hit)) {
	if o.Kind == ward.KindFlow {
		if o.Flow.Transport == "tcp" && cameToNothing(o.Flow) && o.Dst.IP.IsValid() {
			d.knock(o, emit)
		}
		return
	}
	switch o.Protocol {
	case "dicom":
		if o.Act.Verb == "A-ASSOCIATE-RJ" {
			d.refused(o, emit)
		}
	case "snmp":
		if a := o.Act; !a.Reply && (a.Verb == "GetNextRequest" || a.Verb == "GetBulkRequest") {
			d.walk(o, emit)
		}
	case "arp", "ndp":
		if a := o.Act; a.Verb == "sweep" && a.Count >= manyAsked {
			who := o.Src.MAC.String()
			emit(&detect.Hit{Key: o.Zone + "|arp|" + who, Severity: ward.Low, Confidence: 50, Title: "Many addresses of a segment are asked for by " + who,
				Says: fmt.Sprintf("asked for %d addresses within a minute; a router does so when someone behind it scans", a.Count), Attackers: []string{who}})
		}
	}
}

// cameToNothing reports a connection that was refused, not answered or dropped at
// once, seen from its start. One that carried data was answered even if a mirror
// shows only one direction.
func cameToNothing(f *ward.Flow) bool {
	return f.BytesTo == 0 && f.BytesFrom == 0 && !f.Midstream && f.Part == 0 && f.PacketsTo > 0 && f.PacketsTo <= fewPackets &&
		f.State != "closed" && f.State != "open"
}

// find returns what a source looked at in the current window.
func (d *reconnaissance) find(k source, now, began ward.Time) *probed {
	p := d.state.Sources.Use(k, now)
	if p != nil && (p.Since == 0 || began.Sub(p.Since) > scanWindow) {
		*p = probed{Since: began}
	}
	return p
}

func (d *reconnaissance) knock(o *ward.Observation, emit func(*detect.Hit)) {
	began := o.Flow.Start
	if p := d.find(source{Zone: o.Zone, What: "port", From: o.Src.IP, Port: o.Dst.Port}, o.Time, began); p != nil && p.Hosts.Add(o.Dst.IP, maxProbed) && len(p.Hosts) >= manyHosts {
		port := strconv.Itoa(int(o.Dst.Port))
		h := d.hit(o, "port "+port, p.Hosts, len(p.Hosts), manyHosts)
		h.Title = fmt.Sprintf("%s looks for devices that answer on port %s", detect.Host(o.Src), port)
		h.Says = fmt.Sprintf("knocked at port %s of %d devices so far %s", port, len(p.Hosts), notAnswered)
		emit(h)
	}
	if p := d.find(source{Zone: o.Zone, What: "host", From: o.Src.IP, To: o.Dst.IP}, o.Time, began); p != nil && p.Ports.Add(o.Dst.Port, maxProbed) && len(p.Ports) >= manyPorts {
		h := d.hit(o, "host "+detect.Host(o.Dst), nil, len(p.Ports), manyPorts)
		h.Title = fmt.Sprintf("%s tries the ports of %s", detect.Host(o.Src), detect.Host(o.Dst))
		h.Says = fmt.Sprintf("knocked at %d ports so far %s", len(p.Ports), notAnswered)
		emit(h)
	}
}

// hit tells of a target that is new to a source. The first hit brings those before.
func (d *reconnaissance) hit(o *ward.Observation, what string, hosts []netip.Addr, n, least int) *detect.Hit {
	h := &detect.Hit{Key: o.Zone + "|" + detect.Host(o.Src) + "|" + what, Severity: ward.Medium, Confidence: 75,
		Attackers: []string{detect.Host(o.Src)}, Victims: []string{detect.Host(o.Dst)}, About: []ward.Endpoint{o.Src}}
	if n == least {
		h.Count = uint64(n)
		for _, ip := range hosts {
			h.Victims = append(h.Victims, ip.String())
		}
	}
	return h
}

// refused sees a DICOM association turned away: many titles tried are guesses.
func (d *reconnaissance) refused(o *ward.Observation, emit func(*detect.Hit)) {
	p := d.find(source{Zone: o.Zone, What: "ae", From: o.Dst.IP}, o.Time, o.Time)
	if p == nil || !p.Names.Add(o.Act.SrcApp+" "+o.Act.DstApp, maxProbed) || len(p.Names) < manyTitles {
		return
	}
	client, server := detect.Host(o.Dst), detect.Host(o.Src)
	h := &detect.Hit{Key: o.Zone + "|" + client + "|ae", Severity: ward.Medium, Confidence: 85, Title: client + " guesses DICOM application titles",
		Says: fmt.Sprintf("associations under %d different pairs of titles were refused so far", len(p.Names)), Attackers: []string{client}, Victims: []string{server},
		About: []ward.Endpoint{{IP: o.Dst.IP, MAC: o.Dst.MAC}}}
	if len(p.Names) == manyTitles {
		h.Count = manyTitles
	}
	emit(h)
}

// walk sees an agent read through with the password that everybody tries first; a
// management system has one of its own.
func (d *reconnaissance) walk(o *ward.Observation, emit func(*detect.Hit)) {
	if o.Src.IP == d.walker && o.Dst.IP == d.walked || detect.Attr(o.Act, "community") != "public" {
		return
	}
	d.walker, d.walked = o.Src.IP, o.Dst.IP
	p := d.find(source{Zone: o.Zone, What: "snmp", From: o.Src.IP}, o.Time, o.Time)
	if p == nil || !p.Hosts.Add(o.Dst.IP, maxProbed) || len(p.Hosts) < manyAgents {
		return
	}
	h := d.hit(o, "snmp", p.Hosts, len(p.Hosts), manyAgents)
	h.Severity, h.Confidence = ward.Low, 60
	h.Title = detect.Host(o.Src) + " reads management data of many devices with the password \"public\""
	h.Says = fmt.Sprintf("walked %d devices so far with the SNMP community public", len(p.Hosts))
	emit(h)
}

// Snapshot implements detect.Detector.
func (d *reconnaissance) Snapshot() ([]byte, error) { return detect.Save(&d.state) }

// Restore implements detect.Detector.
func (d *reconnaissance) Restore(b []byte) error { return detect.Load("INTR-01", b, &d.state) }

// Dropped implements detect.Bounded.
func (d *reconnaissance) Dropped() uint64 { return d.state.Sources.Dropped }
