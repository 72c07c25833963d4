// Package icmp reads the control messages of IPv4 (RFC 792, RFC 950, RFC 1256) and
// IPv6 (RFC 4443): echoes and refusals, aggregated for each pair of hosts, and the
// messages that change a host's route. Neighbour discovery is package arp's.
package icmp

import (
	"net/netip"
	"time"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

const (
	// maxPairs is how many pairs of hosts a shard counts; reaching it forgets all.
	maxPairs = 8192
	// window is after how much silence a pair is counted anew.
	window     = 10 * time.Minute
	headerSize = 8
)

// Analyzer returns the analyzer.
func Analyzer() sense.Analyzer {
	return sense.Analyzer{
		Name: "icmp", Doc: "RFC 792, RFC 950, RFC 1256, RFC 4443", Transports: sense.Link,
		Frames:    []sense.FrameType{sense.FrameICMP4, sense.FrameICMP6},
		NewFrames: func(*sense.Context) sense.Frames { return &icmp{} },
	}
}

// kind is what a message is.
type kind struct {
	verb, object string
	reply        bool
}

func kind4(t, code byte) kind {
	switch t {
	case 0:
		return kind{"echo", "", true}
	case 3:
		return kind{"unreachable", unreachable4(code), true}
	case 5:
		return kind{"redirect", "", false}
	case 8:
		return kind{"echo", "", false}
	case 9:
		return kind{"router advertisement", "", false}
	case 11:
		return kind{"time exceeded", "", true}
	case 13:
		return kind{"timestamp", "", false}
	case 14:
		return kind{"timestamp", "", true}
	case 17:
		return kind{"address mask", "", false}
	case 18:
		return kind{"address mask", "", true}
	}
	return kind{}
}

func unreachable4(code byte) string {
	switch code {
	case 0, 6:
		return "network"
	case 1, 7:
		return "host"
	case 2:
		return "protocol"
	case 3:
		return "port"
	case 4:
		return "fragmentation needed"
	case 9, 10, 13:
		return "prohibited"
	}
	return "other"
}

func kind6(t, code byte) kind {
	switch t {
	case 1:
		return kind{"unreachable", unreachable6(code), true}
	case 2:
		return kind{"unreachable", "fragmentation needed", true}
	case 3:
		return kind{"time exceeded", "", true}
	case 128:
		return kind{"echo", "", false}
	case 129:
		return kind{"echo", "", true}
	}
	return kind{}
}

func unreachable6(code byte) string {
	switch code {
	case 0:
		return "network"
	case 1:
		return "prohibited"
	case 3:
		return "host"
	case 4:
		return "port"
	}
	return "other"
}

type pairKey struct {
	zone     string
	src, dst netip.Addr
	typ      byte
	code     byte
}

// pair counts the messages of one type between two hosts.
type pair struct {
	last          ward.Time
	count, next   uint64
	bytes, longer uint64
}

type icmp struct{ pairs map[pairKey]pair }

// Frame implements sense.Frames.
func (s *icmp) Frame(c *sense.Context, t sense.FrameType, _ sense.FrameInfo, b []byte) {
	const d = sense.ToServer
	if len(b) < 4 {
		c.Anomaly(d, "icmp.malformed", "shorter than a header")
		return
	}
	k := kind6(b[0], b[1])
	if t == sense.FrameICMP4 {
		k = kind4(b[0], b[1])
	}
	if k.verb == "" {
		return
	}
	if len(b) < headerSize {
		c.Anomaly(d, "icmp.malformed", "shorter than a header")
		return
	}
	c.Message()
	switch k.verb {
	case "redirect":
		a := c.Act(d, k.verb)
		a.Attrs = c.Attrs(ward.Attr{Name: "to", Value: c.IPText(netip.AddrFrom4([4]byte(b[4:8])))})
		return
	case "router advertisement":
		c.Act(d, k.verb)
		c.Sight(d, "icmp router advertisement", ward.Fact{Field: ward.FieldRole, Value: "router", Confidence: 80})
		return
	}
	src, dst := c.Ends()
	s.count(c, k, pairKey{c.Zone(), src.IP, dst.IP, b[0], b[1]}, uint64(len(b)-headerSize))
}

// count emits an act for the first message of a pair and then at each doubling,
// with how many there were and how many bytes they carried.
func (s *icmp) count(c *sense.Context, k kind, key pairKey, size uint64) {
	p, ok := s.pairs[key]
	if !ok || c.Time().Sub(p.last).Abs() > window {
		p = pair{next: 1}
		if !ok && (s.pairs == nil || len(s.pairs) >= maxPairs) {
			if s.pairs != nil {
				c.Limit("icmp.pairs")
			}
			s.pairs = map[pairKey]pair{}
		}
	}
	p.last = c.Time()
	p.count++
	p.bytes += size
	p.longer = max(p.longer, size)
	if p.count == p.next {
		p.next *= 2
		a := c.Act(sense.ToServer, k.verb)
		a.Object, a.Reply, a.Count, a.Bytes = k.object, k.reply, p.count, p.bytes
		a.Attrs = c.Attrs(ward.Attr{Name: "largest", Value: sizeClass(p.longer)})
	}
	s.pairs[key] = p
}

// sizeClass rounds up to a power of two.
func sizeClass(n uint64) string {
	names := [...]string{"64", "128", "256", "512", "1024", "2048", "4096", "8192", "16384", "32768"}
	for i, name := range names {
		if n <= 64<<i {
			return name
		}
	}
	return "65536"
}
