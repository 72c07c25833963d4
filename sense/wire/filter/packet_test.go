package filter

import (
	"encoding/binary"
	"net/netip"
	"os"
	"testing"

	"wardkeeper/sense/wire"
	"wardkeeper/sense/wire/capture"
)

// padding makes every test packet long enough for every question: on shorter ones
// the order of questions, which tcpdump's optimiser chooses, decides.
const padding = 160

type bytes []byte

func ether(dst, src string, typ uint16, payload bytes) bytes {
	return append(append(append(bytes(nil), mustMAC(dst)...), mustMAC(src)...), tag(typ, payload)...)
}

func mustMAC(s string) bytes {
	m := make(bytes, 6)
	for i := range m {
		for _, c := range []byte(s[i*3 : i*3+2]) {
			d := c - '0'
			if c >= 'a' {
				d = c - 'a' + 10
			}
			m[i] = m[i]<<4 | d
		}
	}
	return m
}

func tag(typ uint16, payload bytes) bytes {
	return append(binary.BigEndian.AppendUint16(nil, typ), payload...)
}

func vlanTag(id, next uint16, payload bytes) bytes {
	return append(binary.BigEndian.AppendUint16(nil, id|0x6000), tag(next, payload)...)
}

func ip4(proto byte, src, dst string, fragment uint16, options int, payload bytes) bytes {
	b := make(bytes, 20+options)
	b[0] = 0x40 | byte(len(b)/4)
	binary.BigEndian.PutUint16(b[2:], uint16(len(b)+len(payload)))
	binary.BigEndian.PutUint16(b[6:], fragment)
	b[8], b[9] = 64, proto
	copy(b[12:], netip.MustParseAddr(src).AsSlice())
	copy(b[16:], netip.MustParseAddr(dst).AsSlice())
	return append(b, payload...)
}

func ip6(next byte, src, dst string, payload bytes) bytes {
	b := make(bytes, 40)
	b[0], b[6], b[7] = 0x60, next, 64
	binary.BigEndian.PutUint16(b[4:], uint16(len(payload)))
	copy(b[8:], netip.MustParseAddr(src).AsSlice())
	copy(b[24:], netip.MustParseAddr(dst).AsSlice())
	return append(b, payload...)
}

func ports(src, dst uint16) bytes {
	b := make(bytes, 24)
	binary.BigEndian.PutUint16(b, src)
	binary.BigEndian.PutUint16(b[2:], dst)
	b[12] = 0x50
	return b
}

func arp(src, dst string) bytes {
	b := bytes{0, 1, 8, 0, 6, 4, 0, 1}
	b = append(b, mustMAC("00:09:fb:00:00:01")...)
	b = append(b, netip.MustParseAddr(src).AsSlice()...)
	b = append(b, 0, 0, 0, 0, 0, 0)
	return append(b, netip.MustParseAddr(dst).AsSlice()...)
}

// The vocabulary of packets and of random expressions, small enough to meet.
var (
	macs   = []string{"00:09:fb:00:00:01", "02:00:00:00:00:02", "ff:ff:ff:ff:ff:ff", "01:00:5e:00:00:fb"}
	hosts4 = []string{"10.0.0.1", "10.0.0.2", "192.168.1.7"}
	hosts6 = []string{"fe80::1", "fd00::2"}
	number = []uint16{80, 443, 104, 2575}
)

// network returns packets without their link layer, by EtherType.
func network() map[uint16][]bytes {
	out := map[uint16][]bytes{}
	add := func(typ uint16, b bytes) { out[typ] = append(out[typ], b) }
	for i, a := range hosts4 {
		b := hosts4[(i+1)%len(hosts4)]
		for _, proto := range []byte{6, 17, 132, 1, 47} {
			for k, p := range number {
				seg := ports(p, number[(k+1)%len(number)])
				add(etherIP4, ip4(proto, a, b, 0x4000, 0, seg))
				add(etherIP4, ip4(proto, a, b, 0, 12, seg))
			}
			add(etherIP4, ip4(proto, a, b, 0x2000, 0, ports(80, 104)))
			add(etherIP4, ip4(proto, a, b, 0x0010, 0, ports(80, 104)))
		}
		add(etherIP4, ip4(6, a, a, 0, 0, ports(80, 80)))
		add(etherARP, arp(a, b))
		add(etherRARP, arp(b, a))
	}
	for _, proto := range []byte{6, 17, 132, 58, 44} {
		for k, p := range number {
			seg := ports(p, number[(k+1)%len(number)])
			add(etherIP6, ip6(proto, hosts6[k%2], hosts6[(k+1)%2], seg))
		}
		add(etherIP6, ip6(44, hosts6[0], hosts6[1], append(bytes{proto, 0, 0, 1, 0, 0, 0, 1}, ports(80, 443)...)))
	}
	add(0x88cc, ports(1, 2))
	add(0x0026, ports(0x4242, 3))
	return out
}

// handmade returns Ethernet packets: plain, tagged, doubly and triply tagged.
func handmade() []bytes {
	var out []bytes
	i := 0
	for typ, list := range network() {
		for _, b := range list {
			i++
			dst, src := macs[i%len(macs)], macs[(i/2)%2]
			out = append(out, ether(dst, src, typ, b),
				ether(dst, src, etherVLAN, vlanTag(uint16(10+i%2), typ, b)),
				ether(dst, src, etherQinQ, vlanTag(10, etherVLAN, vlanTag(uint16(10+i%2), typ, b))),
				ether(dst, src, etherOld, vlanTag(11, etherVLAN, vlanTag(10, etherVLAN, vlanTag(11, typ, b)))))
		}
	}
	for i := range out {
		out[i] = padded(out[i])
	}
	return out
}

func padded(b bytes) bytes {
	for len(b) < padding {
		b = append(b, 0)
	}
	return b
}

// corpus returns Ethernet packets of the site's captures, a few of each.
func corpus(t testing.TB) []bytes {
	dir := os.Getenv("WARDKEEPER_CORPUS")
	if dir == "" {
		if os.Getenv("CI") == "true" {
			t.Fatal("WARDKEEPER_CORPUS is not set")
		}
		t.Log("WARDKEEPER_CORPUS is not set: hand-made packets only")
		return nil
	}
	var out []bytes
	for _, d := range subdirs(t, dir) {
		src, err := capture.Open([]string{d}, nil)
		if err != nil {
			continue // no captures in it
		}
		out = append(out, sample(src)...)
	}
	if len(out) == 0 {
		t.Fatalf("no packets under %s", dir)
	}
	return out
}

func subdirs(t testing.TB, dir string) []string {
	out := []string{dir}
	for i := 0; i < len(out); i++ {
		entries, err := os.ReadDir(out[i])
		if err != nil {
			t.Fatal(err)
		}
		for _, e := range entries {
			if e.IsDir() {
				out = append(out, out[i]+"/"+e.Name())
			}
		}
	}
	return out
}

// sample takes packets of a source at growing distances.
func sample(src *capture.Source) []bytes {
	var out []bytes
	buf := make([]byte, 1<<20)
	for n, next := 0, 0; len(out) < 2000; {
		recs, err := src.Fill(buf, nil)
		for _, r := range recs {
			if n++; n >= next && r.Link == linkEthernet && len(r.Data) >= 14 {
				out = append(out, padded(append(bytes(nil), r.Data...)))
				next = n + 1 + n/200
			}
		}
		if err != nil {
			break
		}
	}
	return out
}

var _ wire.Source = (*Source)(nil)
