// Package disruption detects what stops care by stopping devices and networks: the
// DISR rules of the threat catalogue, one file a rule.
package disruption

import (
	"fmt"
	"net/netip"
	"strings"
	"time"

	"wardkeeper/detect"
	"wardkeeper/ward"
)

// Caps and thresholds of DISR-04.
const (
	maxAddresses = 8192
	maxClients   = 8192
	maxNames     = 32 // remembered of one answerer
	maxTaken     = 16 // addresses remembered of one taker
	moveWindow   = 5 * time.Minute
	manyMoves    = 3 // a failover and its way back are two
	manyNames    = 4 // names that one host answers for with its own address
	offerWindow  = 10 * time.Second
	serverMemory = 30 * 24 * time.Hour
)

type (
	zoned  struct{ Zone, Value string }
	holder struct { // of an address
		Now    string    // the hardware address that claimed it last
		Since  ward.Time // of the moves that are counted
		Moves  int
		Owners detect.Set[string] // hardware addresses that claimed it
	}
	offer struct { // the last one that a client got
		At                  ward.Time
		Server, Router, DNS string
	}
	answerer struct{ Names detect.Set[string] }
	taker    struct{ Taken detect.Set[string] }
)

// impersonation is DISR-04.
type impersonation struct {
	state struct {
		Addresses detect.Table[zoned, holder]
		Takers    detect.Table[zoned, taker]     // by hardware address
		Gateways  detect.Table[zoned, struct{}]  // addresses that DHCP names as routers
		Offers    detect.Table[zoned, offer]     // by client
		Servers   detect.Table[zoned, ward.Time] // DHCP servers, since when
		Answers   detect.Table[zoned, answerer]  // by address
	}
}

// Impersonation is DISR-04: someone on the network passes for someone else.
func Impersonation() detect.Detector {
	d := &impersonation{}
	s := &d.state
	s.Addresses.Max, s.Addresses.Keep = maxAddresses, moveWindow
	s.Takers.Max, s.Takers.Keep = maxAddresses, moveWindow
	s.Gateways.Max, s.Gateways.Keep = 1024, serverMemory
	s.Offers.Max, s.Offers.Keep = maxClients, offerWindow
	s.Servers.Max, s.Servers.Keep = 1024, serverMemory
	s.Answers.Max, s.Answers.Keep = maxAddresses, moveWindow
	return d
}

// Spec implements detect.Detector.
func (*impersonation) Spec() detect.Spec {
	return detect.Spec{
		Rule:  "DISR-04",
		Title: "Someone on the network passes for someone else",
		Harm:  "Data between devices can be read, changed or held up: monitors lose their central station, pumps their server, and passwords are stolen.",
		Advice: "Have the network team find the switch port of the hardware address that is named and contain it, after its user confirms that no patient depends " +
			"on it. Two devices set to one address look the same: ask clinical engineering whether one was just installed.",
		Attack: []ward.Technique{{Technique: "T1557", Matrix: "enterprise", Version: "19"}, {Technique: "T0830", Matrix: "ics", Version: "19"}},
		Inputs: []ward.Kind{ward.KindAct},
		Silenced: "Segments whose broadcasts no mirror shows, a taken address whose owner stays silent, forged DNS answers, " +
			"and takeovers behind the virtual addresses of router redundancy.",
		StateVersion: 1,
	}
}

// Apply implements detect.Detector.
func (d *impersonation) Apply(o *ward.Observation, _ detect.View, emit func(*detect.Hit)) {
	switch o.Protocol {
	case "arp", "ndp":
		switch o.Act.Verb {
		case "claim", "announce", "move":
			d.claimed(o, emit)
		}
	case "dhcp":
		if o.Act.Verb == "OFFER" {
			d.offered(o, emit)
		}
	case "llmnr", "nbns":
		if o.Act.Reply && o.Act.Outcome == "ok" {
			d.answered(o, emit)
		}
	}
}

// redundant are hardware addresses that move between machines on purpose: VRRP and
// CARP (RFC 9568), HSRP, GLBP, Microsoft's load balancing.
var redundant = []string{"00:00:5e:00:01:", "00:00:5e:00:02:", "00:00:0c:07:ac:", "00:00:0c:9f:f", "00:05:73:a0:0", "00:07:b4:00:", "02:bf:", "03:bf:"}

func virtual(mac string) bool {
	for _, p := range redundant {
		if strings.HasPrefix(mac, p) {
			return true
		}
	}
	return false
}

// siblings reports addresses that a maker gave to ports of one machine: bonded ports
// and multi-homed hosts answer for one address with either.
func siblings(a, b string) bool {
	return len(a) == len(b) && len(a) > 2 && a[:len(a)-2] == b[:len(b)-2]
}

// claimed sees who says to hold an address. One that goes to and fro has two
// claimants at a time, which no failover does.
func (d *impersonation) claimed(o *ward.Observation, emit func(*detect.Hit)) {
	ip, mac := detect.Attr(o.Act, "ip"), detect.Attr(o.Act, "mac")
	if ip == "" || mac == "" || virtual(mac) {
		return
	}
	a := d.state.Addresses.Use(zoned{o.Zone, ip}, o.Time)
	if a == nil {
		return
	}
	if a.Now == "" {
		a.Now = detect.Attr(o.Act, "from")
	}
	from := a.Now
	a.Now = mac
	if from == "" || from == mac || siblings(from, mac) || virtual(from) {
		return
	}
	if a.Since == 0 || o.Time.Sub(a.Since) > moveWindow {
		*a = holder{Since: o.Time, Now: mac, Owners: detect.Set[string]{from}}
	}
	a.Moves++
	a.Owners.Add(mac, maxTaken)
	taken := 0
	if t := d.state.Takers.Use(zoned{o.Zone, a.newcomer()}, o.Time); t != nil {
		t.Taken.Add(ip, maxTaken)
		taken = len(t.Taken)
	}
	if a.Moves < manyMoves {
		return
	}
	h := &detect.Hit{Key: o.Zone + "|address|" + ip, Severity: ward.Medium, Medical: ward.High, Confidence: 70,
		Title: "Two machines claim the address " + ip, Says: fmt.Sprintf("%s claims an address that %s claimed before; it changed hands %d times so far", mac, from, a.Moves),
		Attackers: []string{a.newcomer()}, Victims: []string{ip}, About: holderOf(ip)}
	if a.Moves == manyMoves {
		h.Count = manyMoves
	}
	switch {
	case d.state.Gateways.Get(zoned{o.Zone, ip}, o.Time) != nil:
		h.Severity, h.Confidence, h.Title = ward.High, 85, "A machine passes for the gateway "+ip
	case taken > 1:
		h.Severity, h.Confidence, h.Title = ward.High, 85, "One machine passes for several others, among them "+ip
	}
	emit(h)
}

// holderOf is the endpoint of an address without a hardware one: that is in dispute.
func holderOf(ip string) []ward.Endpoint {
	if a, err := netip.ParseAddr(ip); err == nil {
		return []ward.Endpoint{{IP: a}}
	}
	return nil
}

// newcomer is the hardware address that did not hold the address first.
func (h *holder) newcomer() string {
	if len(h.Owners) > 1 {
		return h.Owners[1]
	}
	return ""
}

// offered sees DHCP servers. Two that answer one request differently are not a
// failover pair: one of them sends the client elsewhere.
func (d *impersonation) offered(o *ward.Observation, emit func(*detect.Hit)) {
	server, router, dns := detect.Attr(o.Act, "server"), detect.Attr(o.Act, "router"), detect.Attr(o.Act, "dns")
	client := detect.Attr(o.Act, "mac")
	if server == "" || client == "" {
		return
	}
	since := d.state.Servers.Use(zoned{o.Zone, server}, o.Time)
	if since != nil && *since == 0 {
		*since = o.Time
	}
	last := d.state.Offers.Use(zoned{o.Zone, client}, o.Time)
	if last == nil || since == nil {
		return
	}
	before := *last
	*last = offer{o.Time, server, router, dns}
	differs := before.Server != "" && before.Server != server && (before.Router != router || before.DNS != dns) && o.Time.Sub(before.At) <= offerWindow
	if !differs {
		if before.Server == "" || before.Server == server {
			d.gateway(o, router)
		}
		return
	}
	rogue, rightful := server, before.Server
	if first := d.state.Servers.Get(zoned{o.Zone, before.Server}, o.Time); first == nil || *first > *since {
		rogue, rightful = before.Server, server
	}
	emit(&detect.Hit{Key: o.Zone + "|dhcp|" + rogue, Severity: ward.Medium, Confidence: 75, Title: "A second DHCP server answers: " + rogue,
		Says:      fmt.Sprintf("offers of %s and %s to one client name different gateways or name servers", rogue, rightful),
		Attackers: []string{rogue}, Victims: []string{detect.Host(ward.Endpoint{IP: o.Dst.IP, MAC: o.Dst.MAC})}})
}

// gateway notes what an undisputed offer names as the router.
func (d *impersonation) gateway(o *ward.Observation, router string) {
	if router != "" {
		d.state.Gateways.Use(zoned{o.Zone, router}, o.Time)
	}
}

// answered sees a host answer for names with its own address; a computer has one or
// two of them, and a name server answers with the addresses of others.
func (d *impersonation) answered(o *ward.Observation, emit func(*detect.Hit)) {
	a := o.Act
	own := detect.Host(o.Src)
	if o.Protocol == "nbns" && a.Verb != "query" || detect.Attr(a, "answer") != own {
		return
	}
	name := detect.Attr(a, "name")
	if name == "" {
		name = detect.Attr(a, "sub") + "." + detect.Attr(a, "domain")
	}
	s := d.state.Answers.Use(zoned{o.Zone, own}, o.Time)
	if s == nil || !s.Names.Add(strings.ToLower(name), maxNames) || len(s.Names) < manyNames {
		return
	}
	h := &detect.Hit{Key: o.Zone + "|names|" + own, Severity: ward.High, Confidence: 85, Title: own + " answers to the names of others",
		Says:      fmt.Sprintf("answered to %d different names with its own address so far", len(s.Names)),
		Attackers: []string{own}, Victims: []string{detect.Host(o.Dst)}, About: []ward.Endpoint{o.Src}}
	if len(s.Names) == manyNames {
		h.Count = manyNames
	}
	emit(h)
}

// Snapshot implements detect.Detector.
func (d *impersonation) Snapshot() ([]byte, error) { return detect.Save(&d.state) }

// Restore implements detect.Detector.
func (d *impersonation) Restore(b []byte) error { return detect.Load("DISR-04", b, &d.state) }

// Dropped implements detect.Bounded.
func (d *impersonation) Dropped() uint64 {
	s := &d.state
	return s.Addresses.Dropped + s.Takers.Dropped + s.Gateways.Dropped + s.Offers.Dropped + s.Servers.Dropped + s.Answers.Dropped
}
