package wire

import (
	"bytes"
	"encoding/binary"
	"encoding/hex"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
)

func be16(v uint16) []byte { return binary.BigEndian.AppendUint16(nil, v) }

func join(parts ...[]byte) []byte { return bytes.Join(parts, nil) }

func unhex(t testing.TB, s string) []byte {
	t.Helper()
	b, err := hex.DecodeString(s)
	if err != nil {
		t.Fatal(err)
	}
	return b
}

// TestEncapsulations: whatever a mirror wraps a packet in, it is the same packet.
func TestEncapsulations(t *testing.T) {
	w := &wireTap{t: t}
	plain := w.udpPacket(1, 4000, 2, 5000, []byte("hello"))
	ipPacket, macs := plain[14:], plain[:12]
	outer := func(dport uint16, head []byte, inside []byte) []byte {
		return w.udpPacket(8, 4000, 9, dport, join(head, inside))
	}
	gre := func(t uint16, flags uint16, head, inside []byte) []byte {
		i := w.ip4(8, 9, layers.IPProtocolGRE)
		return w.serialize(eth(8, 9, layers.EthernetTypeIPv4), i, gopacket.Payload(join(be16(flags), be16(t), head, inside)))
	}
	llc := unhex(t, "aaaa030000000800")
	wifi := join(unhex(t, "08010000"), mac(9), mac(1), mac(2), be16(0), llc, ipPacket) // to DS
	qos := join(unhex(t, "88020000"), mac(2), mac(9), mac(1), be16(0), be16(0), llc, ipPacket)
	sub := join(mac(2), mac(1), be16(uint16(8+len(ipPacket))), llc, ipPacket)
	amsdu := join(unhex(t, "88020000"), mac(2), mac(9), mac(1), be16(0), []byte{0x80, 0}, sub)
	for _, c := range []struct {
		name string
		link int
		b    []byte
	}{
		{"ethernet", 1, plain},
		{"vlan", 1, join(macs, be16(etherVLAN), be16(7), be16(etherIP4), ipPacket)},
		{"qinq", 1, join(macs, be16(etherQinQ), be16(7), be16(etherVLAN), be16(8), be16(etherIP4), ipPacket)},
		{"mpls", 1, join(macs, be16(etherMPLS), unhex(t, "0001004000020040"), unhex(t, "00030140"), ipPacket)},
		{"mpls ethernet with control word", 1, join(macs, be16(etherMPLS), unhex(t, "00030140"), unhex(t, "00000000"), plain)},
		{"pppoe", 1, join(macs, be16(etherPPPoE), unhex(t, "110000010000"), be16(0x21), ipPacket)},
		{"sgt", 1, join(macs, be16(etherSGT), unhex(t, "010100010007"), be16(etherIP4), ipPacket)},
		{"802.1BR", 1, join(macs, be16(etherETag), unhex(t, "000000000000"), be16(etherIP4), ipPacket)},
		{"vn-tag", 1, join(macs, be16(etherVNTag), unhex(t, "00000000"), be16(etherIP4), ipPacket)},
		{"hsr", 1, join(macs, be16(etherHSR), unhex(t, "00340001"), be16(etherIP4), ipPacket)},
		{"prp trailer", 1, join(plain, unhex(t, "0001a03488fb"))},
		{"broker trailer", 1, join(plain, make([]byte, 16))},
		{"snap", 1, join(macs, be16(uint16(8+len(ipPacket))), llc, ipPacket)},
		{"cooked", linkSLL, join(unhex(t, "000000010006001c590000010000"), be16(etherIP4), ipPacket)},
		{"cooked v2", linkSLL2, join(be16(etherIP4), unhex(t, "0000000000020001"), unhex(t, "0006001c590000010000"), ipPacket)},
		{"raw", linkRaw, ipPacket},
		{"null", linkNull, join(unhex(t, "02000000"), ipPacket)},
		{"loop", linkLoop, join(unhex(t, "00000002"), ipPacket)},
		{"ppp", linkPPP, join(unhex(t, "ff030021"), ipPacket)},
		{"hdlc", linkCHDLC, join(unhex(t, "0f000800"), ipPacket)},
		{"wifi", linkWiFi, wifi},
		{"wifi qos", linkWiFi, qos},
		{"wifi a-msdu", linkWiFi, amsdu},
		{"radiotap", linkRadiotap, join(unhex(t, "0000080000000000"), wifi)},
		{"gre", 1, gre(etherIP4, 0, nil, ipPacket)},
		{"gre with key", 1, gre(etherIP4, 0x2000, make([]byte, 4), ipPacket)},
		{"erspan i", 1, gre(etherERSPAN2, 0, nil, plain)},
		{"erspan ii", 1, gre(etherERSPAN2, 0x1000, make([]byte, 4+8), plain)},
		{"erspan iii", 1, gre(etherERSPAN3, 0x1000, make([]byte, 4+12), plain)},
		{"erspan iii, platform header", 1, gre(etherERSPAN3, 0x1000, join(make([]byte, 4+11), []byte{1}, make([]byte, 8)), plain)},
		{"aruba gre", 1, gre(0x8200, 0, nil, wifi)},
		{"vxlan", 1, outer(4789, unhex(t, "0800000000000500"), plain)},
		{"geneve", 1, outer(6081, unhex(t, "0100655800000500")[:8], join(make([]byte, 4), plain))},
		{"tzsp", 1, outer(37008, unhex(t, "0100000101"), plain)},
		{"tzsp wifi", 1, outer(37008, unhex(t, "010000120a01c301"), wifi)},
		{"capwap", 1, outer(5247, unhex(t, "0010030000000000"), wifi)},
		{"capwap ethernet", 1, outer(5247, unhex(t, "0010020000000000"), plain)},
		{"ip in ip", 1, w.serialize(eth(8, 9, layers.EthernetTypeIPv4), w.ip4(8, 9, layers.IPProtocolIPv4), gopacket.Payload(ipPacket))},
	} {
		t.Run(c.name, func(t *testing.T) {
			w := &wireTap{t: t}
			w.add(c.link, c.b)
			r := w.run(Config{})
			if len(r.tapes) != 1 || r.tapes[0].up.String() != "hello" {
				t.Fatalf("not understood: %v %v", r.stats.NotDecoded, r.stats.Limits)
			}
			o := r.obs[len(r.obs)-1]
			if o.Src.IP.String() != "10.0.0.1" || o.Dst.Port != 5000 {
				t.Errorf("got %v → %v", o.Src, o.Dst)
			}
		})
	}
}

func TestIPv6Extensions(t *testing.T) {
	udp := join(be16(4000), be16(5000), be16(13), be16(0), []byte("hello"))
	head := func(next byte, n int) []byte {
		return join([]byte{0x60, 0, 0, 0}, be16(uint16(n)), []byte{next, 64}, unhex(t, "fd000000000000000000000000000001"), unhex(t, "fd000000000000000000000000000002"))
	}
	options := []byte{17, 0, 1, 4, 0, 0, 0, 0}
	frag := func(off uint16, more uint16, b []byte) []byte {
		return join(head(44, 8+len(b)), []byte{17, 0}, be16(off<<3|more), []byte{0, 0, 0, 9}, b)
	}
	for name, packets := range map[string][][]byte{
		"plain":    {join(head(17, len(udp)), udp)},
		"options":  {join(head(0, 8+len(udp)), options, udp)},
		"fragment": {frag(1, 0, udp[8:]), frag(0, 1, udp[:8])},
	} {
		w := &wireTap{t: t}
		for _, p := range packets {
			w.add(linkRaw, p)
		}
		r := w.run(Config{})
		if len(r.tapes) != 1 || r.tapes[0].up.String() != "hello" {
			t.Errorf("%s: not understood: %v", name, r.stats.NotDecoded)
		}
	}
}

func TestFragments(t *testing.T) {
	w := &wireTap{t: t}
	payload := bytes.Repeat([]byte("0123456789abcdef"), 200)
	whole := w.udpPacket(1, 4000, 2, 5000, payload)
	body := whole[34:]
	frag := func(from, to int, more bool) []byte {
		i := w.ip4(1, 2, layers.IPProtocolUDP)
		i.Id, i.FragOffset = 77, uint16(from/8)
		if more {
			i.Flags = layers.IPv4MoreFragments
		}
		return w.serialize(eth(1, 2, layers.EthernetTypeIPv4), i, gopacket.Payload(body[from:to]))
	}
	w.add(1, frag(1600, len(body), false))
	w.add(1, frag(0, 808, true))
	w.add(1, frag(800, 1600, true)) // overlaps by 8 equal bytes
	r := w.run(Config{})
	if len(r.tapes) != 1 || !bytes.Equal(r.tapes[0].up.Bytes(), payload) {
		t.Fatalf("not reassembled: %v", r.stats)
	}
	if r.stats.FragmentOverlaps != 0 {
		t.Error("equal overlap reported")
	}
}

func TestMirrorCopies(t *testing.T) {
	w := &wireTap{t: t}
	p := w.udpPacket(1, 4000, 2, 5000, []byte("hello"))
	w.add(1, p)
	tagged := join(p[:6], mac(99), be16(etherVLAN), be16(7), p[12:])
	tagged[14+4+8] = 63 // TTL, one hop on
	w.mod = func(r *Record) { r.Source = 1; r.Time = r.Time.Add(3 * time.Millisecond) }
	w.add(1, tagged)
	w.mod = nil
	w.ms += 500
	w.add(1, p) // half a second later it is no copy
	r := w.run(Config{})
	if got := r.tapes[0].up.String(); got != "hellohello" {
		t.Errorf("fed %q", got)
	}
	f := r.flows()[0]
	if f.Copies != 1 || f.PacketsTo != 2 || len(f.Vantages) != 2 {
		t.Errorf("flow %+v", f)
	}
	if len(r.stats.Offsets) != 1 || r.stats.Offsets[0].Mean() != 4*time.Millisecond {
		t.Errorf("offsets %+v", r.stats.Offsets)
	}
}

func TestZones(t *testing.T) {
	w := &wireTap{t: t}
	p := w.udpPacket(1, 4000, 2, 5000, []byte("hello"))
	for _, v := range []uint16{10, 20} {
		w.add(1, join(p[:12], be16(etherVLAN), be16(v), p[12:]))
		w.ms += 1000
	}
	r := w.run(Config{Zones: []ZoneRule{{VLANs: []uint16{10}, Zone: "north"}, {VLANs: []uint16{20}, Zone: "south"}}})
	if len(r.flows()) != 2 {
		t.Errorf("%d flows, want one a zone", len(r.flows()))
	}
}

func TestHidden(t *testing.T) {
	w := &wireTap{t: t}
	w.add(1, join(mac(1), mac(2), be16(etherMACsec), make([]byte, 40)))
	w.add(1, w.serialize(eth(8, 9, layers.EthernetTypeIPv4), w.ip4(8, 9, layers.IPProtocolESP), gopacket.Payload(make([]byte, 40))))
	r := w.run(Config{})
	if r.stats.Hidden["macsec"] != 1 || r.stats.Hidden["ipsec"] != 1 {
		t.Errorf("hidden %v", r.stats.Hidden)
	}
}

func TestBadChecksumsNotedOnce(t *testing.T) {
	w := &wireTap{t: t}
	for range 5 {
		p := w.udpPacket(1, 4000, 2, 5000, []byte("hello"))
		p[42] ^= 1
		w.add(1, p)
	}
	r := w.run(Config{})
	if len(r.stats.Notes) != 1 || r.tapes[0].up.Len() != 25 {
		t.Errorf("notes %v", r.stats.Notes)
	}
}

// FuzzDecode: no bytes of any link type make the decoder panic.
func FuzzDecode(f *testing.F) {
	w := &wireTap{t: f}
	f.Add(1, w.udpPacket(1, 4000, 2, 5000, []byte("hello")))
	f.Add(1, w.tcpPacket(1, 4000, 2, 80, 1, 2, "A", []byte("hello")))
	f.Add(105, make([]byte, 60))
	f.Fuzz(func(t *testing.T, link int, b []byte) {
		w := &wireTap{t: t}
		w.add(link, b)
		w.add(link, b)
		w.run(Config{})
	})
}
