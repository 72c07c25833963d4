package arp

import (
	"encoding/binary"
	"net/netip"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// arpSize is that of an ARP packet for Ethernet and IPv4.
const arpSize = 28

// Operations, RFC 826.
const (
	opRequest = 1
	opReply   = 2
)

type arp struct {
	claims claims
	sweeps sweeps
}

// Frame implements sense.Frames.
func (s *arp) Frame(c *sense.Context, _ sense.FrameType, _ sense.FrameInfo, b []byte) {
	const d = sense.ToServer
	if len(b) < arpSize || binary.BigEndian.Uint16(b[2:]) != 0x0800 || b[4] != 6 || b[5] != 4 {
		c.Anomaly(d, "arp.malformed", "not an ARP packet for IPv4 on Ethernet")
		return
	}
	op := binary.BigEndian.Uint16(b[6:])
	if op != opRequest && op != opReply {
		c.Anomaly(d, "arp.operation", "neither request nor reply")
		return
	}
	c.Message()
	mac, ip := ward.MAC(b[8:14]), netip.AddrFrom4([4]byte(b[14:18]))
	target := netip.AddrFrom4([4]byte(b[24:28]))
	if from := c.Sender(d).MAC; !from.Zero() && !mac.Zero() && from != mac {
		// Proxy ARP and some redundancy protocols do this, and so does spoofing.
		a := c.Act(d, "answer for another")
		a.Attrs = c.Attrs(ward.Attr{Name: "ip", Value: c.IPText(ip)}, ward.Attr{Name: "mac", Value: c.MACText(mac)})
	}
	s.claims.stated(c, "arp sender", ip, mac, ip == target)
	if op == opRequest && ip != target {
		s.sweeps.asked(c, mac, target)
	}
}
