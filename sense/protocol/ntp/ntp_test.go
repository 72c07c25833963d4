package ntp

import (
	"bytes"
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
)

// The capture is two chronyd.
const capture = "testdata/ntp.pcap"

func TestGolden(t *testing.T) {
	tr := sensetest.Load(t, capture)
	sensetest.Golden(t, tr, "testdata/ntp.golden", Analyzer())
	sensetest.Robust(t, tr, Analyzer())
	if got, want := sensetest.Count(tr, "act", "ntp", Analyzer()), sensetest.Tshark(t, capture, "ntp"); got != want {
		t.Errorf("%d acts, tshark sees %d messages", got, want)
	}
}

func TestCorpus(t *testing.T) {
	for _, file := range sensetest.Captures(t) {
		tr := sensetest.TryLoad(file)
		if tr == nil {
			continue
		}
		sensetest.Robust(t, tr, Analyzer())
		if strings.Contains(file, "/ntp/") {
			if got, want := sensetest.Count(tr, "act", "ntp", Analyzer()), sensetest.Tshark(t, file, "ntp"); got != want {
				t.Errorf("%s: %d acts, tshark sees %d messages", file, got, want)
			}
		}
	}
}

func play(pieces ...sensetest.Piece) string {
	p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}}
	return strings.Join(p.Play(sensetest.UDP(port, pieces...)), "\n")
}

func TestControl(t *testing.T) {
	vars := `version="ntpd 4.2.8p15@1.3728-o Wed Sep 23 11:46:38 UTC 2020 (1)", processor="x86_64", system="Linux/5.10.0-8-amd64", leap=0`
	b := append([]byte{0x16, 0x82, 0, 1, 6, 0x15, 0, 0, 0, 0, 0, byte(len(vars))}, vars...)
	out := play(sensetest.Down(b))
	for _, want := range []string{`"object":"read variables"`, "software(ntpd 4.2.8p15@", "software(Linux/5.10.0-8-amd64)"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
}

func TestPrivate(t *testing.T) {
	out := play(sensetest.Up([]byte{0x17, 0, 3, 0x2a, 0, 0, 0, 0}), sensetest.Down(append([]byte{0x97, 0, 3, 0x2a, 0, 6, 0, 72}, make([]byte, 432)...)))
	if strings.Count(out, `"verb":"private","object":"monitor list"`) != 2 || !strings.Contains(out, "ntp mode 7") {
		t.Error(out)
	}
}

func TestForeignTraffic(t *testing.T) {
	for _, b := range [][]byte{nil, {0x23}, bytes.Repeat([]byte{0}, 48), []byte("GET / HTTP/1.1\r\n\r\n"), bytes.Repeat([]byte{0xff}, 48)} {
		if probe(sense.ToServer, b, port) == sense.Yes {
			t.Errorf("yes to %q", b)
		}
	}
}

func TestForeignCaptures(t *testing.T) { sensetest.Foreign(t, nil, Analyzer()) }

func FuzzDatagram(f *testing.F) {
	for _, c := range sensetest.Load(f, capture).Conversations {
		for _, p := range c.Pieces {
			f.Add(p.B)
		}
	}
	f.Add([]byte{0x16, 0x82, 0, 1, 6, 0x15, 0, 0, 0, 0, 0, 4, 'a', '=', '"', ','})
	f.Fuzz(func(_ *testing.T, b []byte) {
		probe(sense.ToServer, b, port)
		sensetest.Datagram(Analyzer(), b)
	})
}
