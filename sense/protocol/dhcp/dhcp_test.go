package dhcp

import (
	"bytes"
	"encoding/binary"
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
)

// The capture is busybox udhcpc and ISC dhclient talking to dnsmasq.
const capture = "testdata/dhcp.pcap"

func TestGolden(t *testing.T) {
	tr := sensetest.Load(t, capture)
	sensetest.Golden(t, tr, "testdata/dhcp.golden", Analyzers()...)
	sensetest.Robust(t, tr, Analyzers()...)
}

func TestCountsEqualTshark(t *testing.T) {
	tr := sensetest.Load(t, capture)
	for _, name := range []string{"dhcp", "dhcpv6"} {
		if got, want := sensetest.Count(tr, "act", name, Analyzers()...), sensetest.Tshark(t, capture, name); got != want {
			t.Errorf("%s: %d acts, tshark sees %d messages", name, got, want)
		}
	}
}

func TestCorpus(t *testing.T) {
	for _, file := range sensetest.Captures(t) {
		tr := sensetest.TryLoad(file)
		if tr == nil {
			continue
		}
		sensetest.Robust(t, tr, Analyzers()...)
		if strings.Contains(file, "dhcp-mud") || strings.Contains(file, "dhcp_discover") {
			if got, want := sensetest.Count(tr, "act", "dhcp", Analyzers()...), sensetest.Tshark(t, file, "dhcp"); got != want {
				t.Errorf("%s: %d acts, tshark sees %d messages", file, got, want)
			}
		}
	}
}

// request4 builds a message as relayed by 10.1.2.1.
func request4(op byte, options ...[]byte) []byte {
	b := make([]byte, fixedSize)
	b[0], b[1], b[2] = op, htypeEther, 6
	copy(b[24:], []byte{10, 1, 2, 1})
	copy(b[28:], []byte{0, 0x1c, 0x59, 1, 2, 3})
	b = binary.BigEndian.AppendUint32(b, magicCookie)
	return append(append(b, bytes.Join(options, nil)...), 255)
}

func option(code byte, value string) []byte {
	return append([]byte{code, byte(len(value))}, value...)
}

func play(port uint16, pieces ...sensetest.Piece) string {
	p := sensetest.Player{Analyzers: Analyzers()}
	return strings.Join(p.Play(sensetest.UDP(port, pieces...)), "\n")
}

func TestBehindARelay(t *testing.T) {
	out := play(67, sensetest.Up(request4(bootRequest, option(53, "\x03"), option(12, "ct-3"), option(60, "MSFT 5.0"), option(55, "\x01\x03\x06\x0f"),
		option(82, "\x01\x05Gi1/7\x02\x04sw-2"), option(81, "\x04\x00\x00\x04ct-3\x04ward\x00"), option(61, "\x01\x00\x09\xfb\x01\x02\x03"))))
	for _, want := range []string{
		`"verb":"REQUEST"`, `"relay":"10.1.2.1"`, `"value":"dhcp 1,3,6,15"`, `"value":"host(ct-3)"`, `"value":"host(ct-3.ward)"`, `"value":"department(Gi1/7)"`,
		`"value":"department(sw-2)"`, `"subject":{"key":"mac","value":"00:1c:59:01:02:03","behind":true}`, `"field":"location","value":"10.1.2.1"`,
		`"value":"software(MSFT 5.0)"`, `"value":"00:09:fb:01:02:03"`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
}

func TestOptionsThatDoNotFit(t *testing.T) {
	b := request4(bootRequest, option(53, "\x01"), []byte{12, 200, 'x'})
	if out := play(67, sensetest.Up(b)); !strings.Contains(out, "dhcp.malformed") || !strings.Contains(out, "DISCOVER") {
		t.Error(out)
	}
}

func TestOverload(t *testing.T) {
	b := request4(bootRequest, option(53, "\x01"), option(52, "\x03"))
	copy(b[108:], append(option(12, "in-file"), 255))
	copy(b[44:], append(option(60, "in-sname"), 255))
	if out := play(67, sensetest.Up(b)); !strings.Contains(out, "in-file") || !strings.Contains(out, "in-sname") {
		t.Error(out)
	}
}

// option6 is an option of RFC 8415 section 21.1.
func option6(code uint16, value string) []byte {
	b := binary.BigEndian.AppendUint16(nil, code)
	return append(binary.BigEndian.AppendUint16(b, uint16(len(value))), value...)
}

func TestRelayed6(t *testing.T) {
	inner := bytes.Join([][]byte{{1, 0, 0, 1}, option6(1, "\x00\x02\x00\x00\x00\x09abcd"), option6(39, "\x00\x04us-7\x00"), option6(16, "\x00\x00\x01\x37\x00\x08MSFT 5.0"),
		option6(6, "\x00\x17\x00\x18")}, nil)
	relayed := append([]byte{relayForward, 0}, make([]byte, 32)...)
	relayed[2], relayed[3], relayed[17], relayed[18], relayed[19], relayed[33] = 0xfd, 0x77, 9, 0xfe, 0x80, 7
	relayed = append(append(append(relayed, option6(79, "\x00\x01\x00\x1c\x59\x01\x02\x03")...), option6(18, "Gi1/7")...), option6(9, string(inner))...)
	out := play(547, sensetest.Up(relayed))
	for _, want := range []string{`"verb":"SOLICIT"`, `"relay":"fd77::9"`, `host(us-7)`, `software(MSFT 5.0)`, `"value":"Microsoft"`, `dhcp6 23,24`, `department(Gi1/7)`,
		`"subject":{"key":"mac","value":"00:1c:59:01:02:03","behind":true}`} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
}

func TestRelaysWithoutEnd(t *testing.T) {
	b := []byte{1, 0, 0, 1}
	for range 20 {
		b = append(append([]byte{relayForward, 0}, make([]byte, 32)...), option6(9, string(b))...)
	}
	if out := play(547, sensetest.Up(b)); out != "limit dhcpv6.relays 1" {
		t.Error(out)
	}
}

func TestForeignTraffic(t *testing.T) {
	for _, a := range Analyzers() {
		for _, b := range [][]byte{nil, []byte("GET / HTTP/1.1\r\n\r\n"), bytes.Repeat([]byte{0}, 300), bytes.Repeat([]byte{0xff}, 300)} {
			if a.Probe(sense.ToServer, b, 67) == sense.Yes || a.Probe(sense.ToServer, b, 547) == sense.Yes {
				t.Errorf("%s says yes to %q", a.Name, b)
			}
		}
	}
}

func TestNothingPastPrivacy(t *testing.T) {
	sensetest.Hidden(t, sensetest.Load(t, capture), []string{`ct-room`, `us-room`, `ward`, `udhcp`, `msft`}, Analyzers()...)
}

func TestForeignCaptures(t *testing.T) { sensetest.Foreign(t, nil, Analyzers()...) }

func FuzzDatagram(f *testing.F) {
	for _, c := range sensetest.Load(f, capture).Conversations {
		for _, p := range c.Pieces {
			f.Add(p.B)
		}
	}
	f.Add(request4(bootReply, option(53, "\x05"), option(82, "\x01\x01a")))
	f.Fuzz(func(_ *testing.T, b []byte) {
		for _, a := range Analyzers() {
			a.Probe(sense.ToServer, b, 547)
			sensetest.Datagram(a, b)
		}
	})
}
