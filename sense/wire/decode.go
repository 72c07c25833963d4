package wire

import (
	"encoding/binary"
	"net/netip"
	"strconv"
	"time"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// IP protocol numbers.
const (
	protoICMP  = 1
	protoIPIP  = 4
	protoTCP   = 6
	protoUDP   = 17
	protoIP6   = 41
	protoGRE   = 47
	protoESP   = 50
	protoAH    = 51
	protoICMP6 = 58
)

// EtherTypes.
const (
	etherIP4     = 0x0800
	etherARP     = 0x0806
	etherTEB     = 0x6558 // transparent Ethernet bridging
	etherVLAN    = 0x8100
	etherIP6     = 0x86dd
	etherMPLS    = 0x8847
	etherMPLSMC  = 0x8848
	etherPPPoE   = 0x8864
	etherEAPOL   = 0x888e
	etherQinQ    = 0x88a8
	etherERSPAN2 = 0x88be
	etherLLDP    = 0x88cc
	etherMACsec  = 0x88e5
	etherPRP     = 0x88fb // trailer or supervision
	etherSGT     = 0x8909 // Cisco metadata
	etherVNTag   = 0x8926
	etherHSR     = 0x892f
	etherETag    = 0x893f // 802.1BR
	etherOldQinQ = 0x9100
	etherERSPAN3 = 0x22eb
	etherMin     = 0x0600 // below: 802.3 length
)

// Link types (LINKTYPE_ numbers).
const (
	linkNull     = 0
	linkEthernet = 1
	linkPPP      = 9
	linkRaw12    = 12
	linkRaw14    = 14
	linkPPPHDLC  = 50
	linkPPPEther = 51
	linkRaw      = 101
	linkCHDLC    = 104
	linkWiFi     = 105
	linkLoop     = 108
	linkSLL      = 113
	linkRadiotap = 127
	linkHCI      = 187
	linkHCIDir   = 201
	linkIP4      = 228
	linkIP6      = 229
	linkBLE      = 251
	linkBLEPHDR  = 256
	linkSLL2     = 276
)

// Caps of decoding.
const (
	maxDepth     = 8  // headers inside headers
	maxReasons   = 64 // reasons of NotDecoded
	checkFirst   = 256
	checkEvery   = 64
	jumboLength  = 9216 + 18
	leap         = time.Hour
	maxOffload   = 1 << 18                 // bytes of a packet before segmentation offload
	absurdBefore = ward.Time(631152000e9)  // 1990
	absurdAfter  = ward.Time(4102444800e9) // 2100
)

// decoder turns records into packets. One goroutine uses it.
type decoder struct {
	engine   *Engine
	index    uint64
	clock    ward.Time // of the last tick
	frags    fragments
	sources  []sourceState
	stats    Stats
	limits   map[string]uint64
	b        *batch
	rec      *Record
	depth    int
	template packet
}

// sourceState is what is known of one capture or interface.
type sourceState struct {
	name, iface                      string
	packets                          uint64
	badIP, badL4, jumbo, cut, absurd bool
	backwards                        bool
	stray                            bool
	last                             ward.Time
}

func newSource(src Source, i int) sourceState {
	s := sourceState{name: src.Name(i)}
	if named, ok := src.(interface{ Interface(int) string }); ok {
		s.iface = named.Interface(i)
	}
	return s
}

func newDecoder(e *Engine) *decoder {
	return &decoder{engine: e, limits: map[string]uint64{}, frags: newFragments(),
		stats: Stats{NotDecoded: map[string]uint64{}, Hidden: map[string]uint64{}}}
}

// record decodes one record into b.
func (d *decoder) record(b *batch, r, next *Record, src Source) {
	for r.Source >= len(d.sources) {
		d.sources = append(d.sources, newSource(src, len(d.sources)))
		names := make([]string, len(d.sources))
		for i := range names {
			names[i] = d.sources[i].name
		}
		d.engine.names.Store(&names)
	}
	d.b, d.rec, d.depth = b, r, 0
	d.index++
	at := r.Time
	if d.stray(r, next) {
		at = d.clock
	}
	d.tick(at)
	if r.Data == nil && r.Orig == 0 {
		return
	}
	s := &d.sources[r.Source]
	s.packets++
	d.stats.Packets++
	d.stats.Bytes += uint64(r.Orig)
	d.note(s, r)
	d.template = packet{time: at, index: d.index, number: r.Number, source: uint16(r.Source), wire: uint32(r.Orig)}
	d.link(r.Link, r.Data)
}

// tick tells all shards that the clock has passed another period.
func (d *decoder) tick(t ward.Time) {
	if d.clock == 0 {
		d.clock = t
		d.stats.First, d.stats.Last = t, t
		return
	}
	d.stats.Last = max(d.stats.Last, t)
	d.stats.First = min(d.stats.First, t)
	since := t.Sub(d.clock)
	if since < tickEvery && since > -tickEvery*10 {
		return
	}
	d.clock = t
	d.b.ticks = append(d.b.ticks, tick{t, d.index})
}

// stray reports a record whose time leaps away while the next one's does not: its
// clock was wrong for a moment, and must not end what goes on.
func (d *decoder) stray(r, next *Record) bool {
	return next != nil && d.clock != 0 && r.Time.Sub(d.clock).Abs() > leap && next.Time.Sub(d.clock).Abs() < leap
}

// note remembers, once a capture, what is odd about its records.
func (d *decoder) note(s *sourceState, r *Record) {
	if len(r.Data) < r.Orig {
		d.stats.Cut++
		d.once(&s.cut, s, r, "packets shortened by the snap length; what is missing shows as gaps")
	}
	if r.Orig > jumboLength {
		d.once(&s.jumbo, s, r, "packets larger than any frame: captured before segmentation offload")
	}
	if r.Time < absurdBefore || r.Time > absurdAfter {
		d.once(&s.absurd, s, r, "timestamps outside 1990 to 2100")
	}
	if at := d.clock; r.Time.Sub(at) > leap || at.Sub(r.Time) > leap {
		d.once(&s.stray, s, r, "a timestamp leaps away for one packet; it is taken for the time before")
	}
	if r.Time < s.last {
		d.once(&s.backwards, s, r, "timestamps run backwards")
	}
	s.last = r.Time
}

func (d *decoder) once(flag *bool, s *sourceState, r *Record, what string) {
	if *flag {
		return
	}
	*flag = true
	d.stats.Notes = append(d.stats.Notes, s.name+": "+what+" (first at packet "+strconv.FormatUint(r.Number, 10)+")")
}

// fail counts a record that cannot be decoded further.
func (d *decoder) fail(why string) {
	if _, ok := d.stats.NotDecoded[why]; !ok && len(d.stats.NotDecoded) >= maxReasons {
		why = "other"
	}
	d.stats.NotDecoded[why]++
}

// hide counts a record whose content is out of sight: a coverage gap.
func (d *decoder) hide(what string) { d.stats.Hidden[what]++ }

// link decodes by link type.
func (d *decoder) link(link int, b []byte) {
	switch link {
	case linkEthernet:
		d.ethernet(b)
	case linkRaw, linkRaw12, linkRaw14, linkIP4, linkIP6:
		d.ip(b)
	default:
		d.otherLink(link, b)
	}
}

func (d *decoder) ethernet(b []byte) {
	if len(b) < 14 {
		d.fail("short ethernet")
		return
	}
	d.macs(b[0:6], b[6:12])
	d.ether(binary.BigEndian.Uint16(b[12:]), b[14:])
}

// macs starts a frame: what an outer header said of addresses is not its own.
func (d *decoder) macs(dst, src []byte) {
	p := &d.template
	p.dstMAC, p.srcMAC = ward.MAC(dst), ward.MAC(src)
	p.src, p.dst = addr{}, addr{}
}

// ether decodes what an EtherType announces.
func (d *decoder) ether(t uint16, b []byte) {
	if t == etherIP4 {
		d.ip4(b)
		return
	}
	for range maxDepth {
		next, rest, ok := d.tag(t, b)
		if !ok {
			break
		}
		t, b = next, rest
	}
	switch {
	case t == etherIP4:
		d.ip4(b)
	case t == etherIP6:
		d.ip6(b)
	case t == etherARP:
		d.emitFrame(sense.FrameARP, b)
	case t == etherLLDP:
		d.emitFrame(sense.FrameLLDP, b)
	case t == etherEAPOL:
		d.emitFrame(sense.FrameEAPOL, b)
	case t == etherMPLS || t == etherMPLSMC:
		d.mpls(b)
	case t == etherPPPoE:
		d.pppoe(b)
	case t == etherTEB:
		d.inner(func() { d.ethernet(b) })
	case t == etherMACsec:
		d.hide("macsec")
	case t < etherMin:
		d.llc(b[:min(len(b), int(t))])
	default:
		d.fail("ethertype 0x" + strconv.FormatUint(uint64(t), 16))
	}
}

// tag removes one tag in front of the payload: VLAN, fabric or redundancy tags.
func (d *decoder) tag(t uint16, b []byte) (next uint16, rest []byte, ok bool) {
	n := 0
	switch t {
	case etherVLAN, etherQinQ, etherOldQinQ:
		n = 4
		if len(b) >= n {
			d.template.vlan = binary.BigEndian.Uint16(b) & 0xfff // the innermost one stands
		}
	case etherSGT, etherETag:
		n = 8
	case etherVNTag, etherHSR:
		n = 6
	default:
		return t, b, false
	}
	if len(b) < n {
		return t, b, false
	}
	return binary.BigEndian.Uint16(b[n-2:]), b[n:], true
}

// llc decodes 802.2, as 802.3 and Wi-Fi carry it.
func (d *decoder) llc(b []byte) {
	if len(b) < 8 || b[0] != 0xaa || b[1] != 0xaa || b[2] != 3 {
		d.fail("llc")
		return
	}
	oui, t := uint32(b[3])<<16|uint32(b[4])<<8|uint32(b[5]), binary.BigEndian.Uint16(b[6:])
	switch {
	case oui == 0x00000c && t == 0x2000:
		d.emitFrame(sense.FrameCDP, b[8:])
	case (oui == 0 || oui == 0x0000f8) && t >= etherMin:
		d.inner(func() { d.ether(t, b[8:]) })
	default:
		d.fail("llc snap")
	}
}

// inner decodes headers inside headers up to a depth.
func (d *decoder) inner(f func()) {
	if d.depth >= maxDepth {
		d.limits["wire.depth"]++
		return
	}
	d.depth++
	f()
	d.depth--
}

func (d *decoder) ip(b []byte) {
	if len(b) == 0 {
		d.fail("empty")
		return
	}
	switch b[0] >> 4 {
	case 4:
		d.ip4(b)
	case 6:
		d.ip6(b)
	default:
		d.fail("not ip")
	}
}

func mapped(p *addr, b []byte) {
	p[10], p[11] = 0xff, 0xff
	copy(p[12:], b[:4])
}

func (d *decoder) ip4(b []byte) {
	if len(b) < 20 || b[0]>>4 != 4 {
		d.fail("short ipv4")
		return
	}
	h := int(b[0]&15) * 4
	total := int(binary.BigEndian.Uint16(b[2:]))
	if total == 0 { // segmentation offload
		total = max(len(b), min(d.rec.Orig-(len(d.rec.Data)-len(b)), maxOffload))
	}
	if h < 20 || total < h || len(b) < h {
		d.fail("bad ipv4 length")
		return
	}
	if s := &d.sources[d.rec.Source]; !s.badIP && d.sampled(s) && checksum(b[:h], 0) != 0xffff {
		d.once(&s.badIP, s, d.rec, "bad IP header checksums")
	}
	p := &d.template
	p.v4 = true
	p.src, p.dst = addr{}, addr{}
	mapped(&p.src, b[12:])
	mapped(&p.dst, b[16:])
	p.ttl, p.ipid = b[8], uint32(binary.BigEndian.Uint16(b[4:]))
	frag := binary.BigEndian.Uint16(b[6:])
	missing := uint32(0)
	if total > len(b) {
		missing = uint32(total - len(b))
		total = len(b)
	}
	if frag&0x3fff != 0 {
		d.fragment(b[9], p.ipid, int(frag&0x1fff)*8, frag&0x2000 != 0, b[h:total], missing)
		return
	}
	d.above(b[9], b[h:total], missing)
}

func (d *decoder) ip6(b []byte) {
	if len(b) < 40 || b[0]>>4 != 6 {
		d.fail("short ipv6")
		return
	}
	p := &d.template
	p.v4, p.ipid = false, 0
	p.src, p.dst, p.ttl = addr(b[8:24]), addr(b[24:40]), b[7]
	total := int(binary.BigEndian.Uint16(b[4:]))
	next, b := b[6], b[40:]
	if total == 0 { // jumbogram or offload
		total = len(b)
	}
	missing := uint32(0)
	if total > len(b) {
		missing = uint32(total - len(b))
	} else {
		b = b[:total]
	}
	for range maxDepth * 2 {
		n := 0
		switch next {
		case 0, 43, 60, 135, 139, 140: // hop-by-hop, routing, destination options, mobility …
			if len(b) < 8 {
				d.fail("short ipv6 extension")
				return
			}
			n = int(b[1])*8 + 8
		case protoAH:
			if len(b) < 8 {
				d.fail("short ipv6 extension")
				return
			}
			n = int(b[1])*4 + 8
		case 44:
			if len(b) < 8 {
				d.fail("short ipv6 fragment")
				return
			}
			off := binary.BigEndian.Uint16(b[2:])
			id := binary.BigEndian.Uint32(b[4:])
			if off&0xfff9 == 0 { // atomic fragment
				next, b = b[0], b[8:]
				continue
			}
			d.fragment(b[0], id, int(off&0xfff8), off&1 != 0, b[8:], missing)
			return
		default:
			d.above(next, b, missing)
			return
		}
		if n > len(b) {
			d.fail("short ipv6 extension")
			return
		}
		next, b = b[0], b[n:]
	}
	d.fail("too many ipv6 extensions")
}

// above decodes what IP carries; missing bytes at its end were not captured.
func (d *decoder) above(proto uint8, b []byte, missing uint32) {
	p := &d.template
	p.proto, p.cut = proto, missing
	switch proto {
	case protoTCP:
		d.tcp(b)
	case protoUDP:
		d.udp(b)
	case protoICMP:
		d.emitIP(kindIP, b)
		d.emitFrame(sense.FrameICMP4, b)
	case protoICMP6:
		d.emitIP(kindIP, b)
		d.emitFrame(sense.FrameICMP6, b)
	case protoGRE:
		d.gre(b)
	case protoIPIP, protoIP6:
		d.inner(func() { d.ip(b) })
	case protoESP:
		d.hide("ipsec")
		d.emitIP(kindIP, b)
	case protoAH:
		if len(b) >= 12 {
			if n := int(b[1])*4 + 8; n <= len(b) {
				d.inner(func() { d.above(b[0], b[n:], missing) })
				return
			}
		}
		d.fail("short ah")
	default:
		d.emitIP(kindIP, b)
	}
}

func (d *decoder) tcp(b []byte) {
	if len(b) < 20 {
		d.fail("short tcp")
		return
	}
	h := int(b[12]>>4) * 4
	if h < 20 || h > len(b) {
		d.fail("bad tcp header length")
		return
	}
	p := &d.template
	d.checkL4(b)
	p.sport, p.dport = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	p.seq, p.ack = binary.BigEndian.Uint32(b[4:]), binary.BigEndian.Uint32(b[8:])
	p.flags = b[13]
	d.emitIP(kindTCP, b[h:])
}

func (d *decoder) udp(b []byte) {
	if len(b) < 8 {
		d.fail("short udp")
		return
	}
	p := &d.template
	p.sport, p.dport = binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	n := int(binary.BigEndian.Uint16(b[4:]))
	if n >= 8 && n < len(b) {
		b = b[:n]
	}
	if d.tunnelUDP(p.sport, p.dport, b[8:]) {
		return
	}
	d.checkL4(b)
	d.emitIP(kindUDP, b[8:])
}

// emitIP puts the template with this payload into the batch.
func (d *decoder) emitIP(k kind, payload []byte) {
	p := d.put()
	p.kind, p.payload = k, payload
	if k == kindIP {
		p.sport, p.dport = 0, 0
	}
	p.shard = shardOf(&p.src, &p.dst)
	d.b.add(p)
}

// emitFrame puts a frame for Link analyzers into the batch.
func (d *decoder) emitFrame(t sense.FrameType, payload []byte) {
	if len(d.engine.byFrame[t]) == 0 {
		return
	}
	p := d.put()
	p.kind, p.proto, p.payload = kindFrame, uint8(t), payload
	if p.src != (addr{}) {
		p.shard = shardOf(&p.src, &p.dst)
	} else {
		p.shard = shardOfMACs(p.srcMAC, p.dstMAC)
	}
	d.b.add(p)
}

func (d *decoder) put() *packet {
	d.b.packets = append(d.b.packets, d.template)
	p := &d.b.packets[len(d.b.packets)-1]
	p.zone = d.engine.zones.of(p.source, &d.sources[p.source], p.vlan)
	return p
}

// sampled says which packets have their checksums looked at.
func (d *decoder) sampled(s *sourceState) bool {
	return s.packets <= checkFirst || s.packets%checkEvery == 0
}

// checkL4 notes wrong TCP and UDP checksums, which segmentation offload leaves in
// captures made on the sending host. They are accepted.
func (d *decoder) checkL4(b []byte) {
	s := &d.sources[d.rec.Source]
	p := &d.template
	if s.badL4 || p.cut > 0 || !d.sampled(s) || p.proto == protoUDP && b[6] == 0 && b[7] == 0 {
		return
	}
	sum := uint32(p.proto) + uint32(len(b))
	for _, a := range [...]*addr{&p.src, &p.dst} {
		from := 0
		if p.v4 {
			from = 12
		}
		for i := from; i < 16; i += 2 {
			sum += uint32(a[i])<<8 | uint32(a[i+1])
		}
	}
	if checksum(b, sum) != 0xffff {
		d.once(&s.badL4, s, d.rec, "bad TCP or UDP checksums, as offloading network cards leave them; accepted")
	}
}

// checksum is the Internet checksum's sum (RFC 1071): 0xffff over correct data.
func checksum(b []byte, sum uint32) uint16 {
	for len(b) >= 2 {
		sum += uint32(b[0])<<8 | uint32(b[1])
		b = b[2:]
	}
	if len(b) == 1 {
		sum += uint32(b[0]) << 8
	}
	for sum > 0xffff {
		sum = sum&0xffff + sum>>16
	}
	return uint16(sum)
}

func address(a *addr) netip.Addr { return netip.AddrFrom16(*a).Unmap() }
