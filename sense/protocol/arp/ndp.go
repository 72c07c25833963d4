package arp

import (
	"encoding/binary"
	"net/netip"
	"strconv"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Message types of RFC 4861 section 4.
const (
	typeRouterSolicit   = 133
	typeRouterAdvert    = 134
	typeNeighborSolicit = 135
	typeNeighborAdvert  = 136
	typeRedirect        = 137
)

// Options of RFC 4861 section 4.6 and RFC 8106.
const (
	optionSourceLink = 1
	optionTargetLink = 2
	optionPrefix     = 3
	optionMTU        = 5
	optionDNS        = 25
)

type ndp struct {
	claims claims
	sweeps sweeps
}

// Frame implements sense.Frames.
func (s *ndp) Frame(c *sense.Context, _ sense.FrameType, _ sense.FrameInfo, b []byte) {
	if len(b) < 8 || b[1] != 0 {
		return
	}
	src := c.Sender(sense.ToServer).IP
	switch b[0] {
	case typeRouterSolicit:
		s.options(c, b[8:], src, netip.Addr{}, false)
	case typeRouterAdvert:
		s.routerAdvert(c, b, src)
	case typeNeighborSolicit:
		if len(b) >= 24 {
			target := netip.AddrFrom16([16]byte(b[8:24]))
			s.options(c, b[24:], src, target, false)
			if !src.IsUnspecified() {
				s.sweeps.asked(c, c.Sender(sense.ToServer).MAC, target)
			}
		}
	case typeNeighborAdvert:
		if len(b) >= 24 {
			solicited := b[4]&0x40 != 0
			s.options(c, b[24:], src, netip.AddrFrom16([16]byte(b[8:24])), !solicited)
			if b[4]&0x80 != 0 {
				c.Sight(sense.ToServer, "ndp router flag", ward.Fact{Field: ward.FieldRole, Value: "router", Confidence: 80})
			}
		}
	case typeRedirect:
		if len(b) >= 40 {
			a := c.Act(sense.ToServer, "redirect")
			a.Attrs = c.Attrs(ward.Attr{Name: "to", Value: c.IPText(netip.AddrFrom16([16]byte(b[8:24])))},
				ward.Attr{Name: "ip", Value: c.IPText(netip.AddrFrom16([16]byte(b[24:40])))})
		}
	default:
		return
	}
	c.Message()
}

// found is what the options of a message hold.
type found struct {
	source, target ward.MAC
	prefix         netip.Prefix
	dns            netip.Addr
	mtu            uint32
	bad            bool
}

func readOptions(b []byte) (f found) {
	for len(b) > 0 {
		if len(b) < 8 || b[1] == 0 || int(b[1])*8 > len(b) {
			f.bad = true
			return f
		}
		o := b[:int(b[1])*8]
		b = b[len(o):]
		switch {
		case o[0] == optionSourceLink && len(o) == 8:
			f.source = ward.MAC(o[2:8])
		case o[0] == optionTargetLink && len(o) == 8:
			f.target = ward.MAC(o[2:8])
		case o[0] == optionPrefix && len(o) == 32 && o[2] <= 128:
			f.prefix = netip.PrefixFrom(netip.AddrFrom16([16]byte(o[16:32])), int(o[2]))
		case o[0] == optionDNS && len(o) >= 24:
			f.dns = netip.AddrFrom16([16]byte(o[8:24]))
		case o[0] == optionMTU && len(o) == 8:
			f.mtu = binary.BigEndian.Uint32(o[4:])
		}
	}
	return f
}

// options states the link-layer addresses in a message: the source's is src's,
// the target's belongs to target.
func (s *ndp) options(c *sense.Context, b []byte, src, target netip.Addr, unasked bool) found {
	f := readOptions(b)
	if f.bad {
		c.Anomaly(sense.ToServer, "ndp.malformed", "an option's length does not fit")
	}
	s.claims.stated(c, "ndp source link-layer address", src, f.source, false)
	s.claims.stated(c, "ndp target link-layer address", target, f.target, unasked)
	return f
}

// routerAdvert says who wants to be a router, RFC 4861 section 4.2.
func (s *ndp) routerAdvert(c *sense.Context, b []byte, src netip.Addr) {
	if len(b) < 16 {
		c.Anomaly(sense.ToServer, "ndp.malformed", "router advertisement too short")
		return
	}
	f := s.options(c, b[16:], src, netip.Addr{}, false)
	lifetime := int(binary.BigEndian.Uint16(b[6:]))
	a := c.Act(sense.ToServer, "router advertisement")
	attrs := [4]ward.Attr{{Name: "lifetime", Value: strconv.Itoa(lifetime)}}
	n := 1
	if f.prefix.IsValid() {
		attrs[n] = ward.Attr{Name: "prefix", Value: f.prefix.String()}
		n++
	}
	if f.dns.IsValid() {
		attrs[n] = ward.Attr{Name: "dns", Value: c.IPText(f.dns)}
		n++
		c.SightOf(sense.ToServer, ward.Subject{Key: "ip", Value: c.IPText(f.dns)}, "ndp recursive dns server",
			ward.Fact{Field: ward.FieldRole, Value: "dns server", Confidence: 60})
	}
	if f.mtu > 0 {
		attrs[n] = ward.Attr{Name: "mtu", Value: strconv.Itoa(int(f.mtu))}
		n++
	}
	a.Attrs = c.Attrs(attrs[:n]...)
	if lifetime > 0 {
		c.Sight(sense.ToServer, "ndp router advertisement", ward.Fact{Field: ward.FieldRole, Value: "router", Confidence: 85})
	}
}
