package tftp

import (
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
)

// The capture is busybox tftp asking dnsmasq.
const capture = "testdata/tftp.pcap"

func TestGolden(t *testing.T) {
	tr := sensetest.Load(t, capture)
	sensetest.Golden(t, tr, "testdata/tftp.golden", Analyzer())
	sensetest.Robust(t, tr, Analyzer())
	if got, want := sensetest.Count(tr, "act", "tftp", Analyzer()), sensetest.Tshark(t, capture, "tftp.opcode <= 2"); got != want {
		t.Errorf("%d acts, tshark sees %d requests", got, want)
	}
}

func TestCorpus(t *testing.T) {
	for _, file := range sensetest.Captures(t) {
		if tr := sensetest.TryLoad(file); tr != nil {
			sensetest.Robust(t, tr, Analyzer())
		}
	}
}

func TestErrorOnTheSamePort(t *testing.T) {
	p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}}
	out := strings.Join(p.Play(sensetest.UDP(port, sensetest.Up([]byte("\x00\x01a.bin\x00NetASCII\x00")), sensetest.Down([]byte("\x00\x05\x00\x01no\x00")))), "\n")
	if !strings.Contains(out, `"mode":"netascii"`) || !strings.Contains(out, `"outcome":"not found"`) {
		t.Error(out)
	}
}

func TestForeignTraffic(t *testing.T) {
	for _, in := range []string{"", "\x00\x01", "\x00\x01\x00octet\x00", "\x00\x01a\x00octet", "\x00\x03a\x00octet\x00", "\x00\x01a\x00other\x00", "GET / HTTP/1.1\r\n\r\n", "\x00\x01" + strings.Repeat("a", 2000) + "\x00octet\x00"} {
		if probe(sense.ToServer, []byte(in), port) == sense.Yes {
			t.Errorf("yes to %.40q", in)
		}
	}
}

func TestNothingPastPrivacy(t *testing.T) {
	sensetest.Hidden(t, sensetest.Load(t, capture), []string{`config`, `up.bin`}, Analyzer())
}

func TestForeignCaptures(t *testing.T) { sensetest.Foreign(t, nil, Analyzer()) }

func FuzzDatagram(f *testing.F) {
	f.Add([]byte("\x00\x01a.bin\x00octet\x00tsize\x000\x00"))
	f.Add([]byte("\x00\x05\x00\x01no\x00"))
	f.Fuzz(func(_ *testing.T, b []byte) {
		probe(sense.ToServer, b, port)
		sensetest.Datagram(Analyzer(), b)
	})
}
