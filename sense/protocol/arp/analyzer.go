// Package arp reads address resolution: ARP (RFC 826, RFC 5227 for probes and
// announcements) and IPv6 neighbour discovery (RFC 4861 section 4).
//
// It sights which hardware address holds which address, and says who claims one,
// who takes one over, who sweeps and who advertises itself as a router.
package arp

import (
	"net/netip"
	"strconv"
	"time"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Caps of one shard's state. Reaching one forgets everything and is counted.
const (
	maxClaims  = 8192
	maxSenders = 4096
)

const (
	restate     = 15 * time.Second // a claim that holds is said again after this: two that claim one address are often read by different shards
	sweepWindow = time.Minute
	sweepLeast  = 32 // distinct targets within the window
)

// Analyzers returns the analyzers arp and ndp.
func Analyzers() []sense.Analyzer {
	return []sense.Analyzer{
		{
			Name: "arp", Doc: "RFC 826, RFC 5227", Transports: sense.Link, Frames: []sense.FrameType{sense.FrameARP},
			NewFrames: func(*sense.Context) sense.Frames { return &arp{} },
		},
		{
			Name: "ndp", Doc: "RFC 4861 section 4", Transports: sense.Link, Frames: []sense.FrameType{sense.FrameICMP6},
			NewFrames: func(*sense.Context) sense.Frames { return &ndp{} },
		},
	}
}

type claimKey struct {
	zone string
	ip   netip.Addr
}

type claim struct {
	mac  ward.MAC
	said ward.Time
}

// claims remembers who holds which address.
type claims struct{ known map[claimKey]claim }

// stated handles the statement that mac holds ip. Acts: "claim" for one that is
// new to this shard or was not said for a while, "announce" for an unasked one,
// "move" where another held the address.
func (k *claims) stated(c *sense.Context, from string, ip netip.Addr, mac ward.MAC, unasked bool) {
	if !ip.IsValid() || ip.IsUnspecified() || ip.IsMulticast() || mac.Zero() || mac.Multicast() {
		return
	}
	c.SightOf(sense.ToServer, ward.Subject{Key: "mac", Value: c.MACText(mac)}, from,
		ward.Fact{Field: ward.FieldIP, Value: c.IPText(ip), Confidence: 85}, ward.Fact{Field: ward.FieldMAC, Value: c.MACText(mac), Confidence: 90})
	key := claimKey{c.Zone(), ip}
	old, known := k.known[key]
	held := known && old.mac == mac
	if held && c.Time().Sub(old.said) < restate {
		return
	}
	verb := "claim"
	was := ward.Attr{}
	switch {
	case known && !held:
		verb, was = "move", ward.Attr{Name: "from", Value: c.MACText(old.mac)}
	case unasked:
		verb = "announce"
	}
	a := c.Act(sense.ToServer, verb)
	a.Attrs = c.Attrs(ward.Attr{Name: "ip", Value: c.IPText(ip)}, ward.Attr{Name: "mac", Value: c.MACText(mac)}, was)
	if was.Name == "" {
		a.Attrs = a.Attrs[:2]
	}
	if k.known == nil || len(k.known) >= maxClaims {
		if k.known != nil {
			c.Limit("arp.claims")
		}
		k.known = map[claimKey]claim{}
	}
	k.known[key] = claim{mac, c.Time()}
}

// sweepBits is the size of the set in which targets are counted; hashing into it
// undercounts a little, which only makes a sweep look smaller.
const sweepBits = 1024

type senderKey struct {
	zone string
	mac  ward.MAC
}

type sender struct {
	since ward.Time
	next  int // say so at this many
	count int
	seen  [sweepBits / 64]uint64
}

// sweeps counts how many addresses each sender asks for.
type sweeps struct{ senders map[senderKey]*sender }

// asked emits a "sweep" at 32 distinct targets in a minute and at each doubling.
func (s *sweeps) asked(c *sense.Context, mac ward.MAC, target netip.Addr) {
	key := senderKey{c.Zone(), mac}
	e := s.senders[key]
	if e == nil {
		if s.senders == nil || len(s.senders) >= maxSenders {
			if s.senders != nil {
				c.Limit("arp.senders")
			}
			s.senders = map[senderKey]*sender{}
		}
		e = &sender{since: c.Time(), next: sweepLeast}
		s.senders[key] = e
	}
	if c.Time().Sub(e.since).Abs() > sweepWindow {
		*e = sender{since: c.Time(), next: sweepLeast}
	}
	b := target.As16()
	h := uint32(2166136261)
	for _, v := range b {
		h = (h ^ uint32(v)) * 16777619
	}
	h ^= h >> 15
	bit := h % sweepBits
	if e.seen[bit/64]&(1<<(bit%64)) != 0 {
		return
	}
	e.seen[bit/64] |= 1 << (bit % 64)
	if e.count++; e.count < e.next {
		return
	}
	e.next *= 2
	a := c.Act(sense.ToServer, "sweep")
	a.Object, a.Count = "addresses", uint64(e.count)
	a.Attrs = c.Attrs(ward.Attr{Name: "seconds", Value: strconv.Itoa(int(c.Time().Sub(e.since).Abs().Seconds()))})
}
