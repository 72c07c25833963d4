package bacnet

import (
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
	"wardkeeper/ward"
)

// The capture is node-bacnet talking to node-bacnet.
const capture = "testdata/bacnet.pcap"

func TestGolden(t *testing.T) {
	tr := sensetest.Load(t, capture)
	sensetest.Golden(t, tr, "testdata/bacnet.golden", Analyzer())
	sensetest.Robust(t, tr, Analyzer())
	if got, want := sensetest.Count(tr, "act", "bacnet", Analyzer()), sensetest.Tshark(t, capture, "bvlc"); got != want {
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
		if got := sensetest.Count(tr, "act", "bacnet", Analyzer()); got > 0 {
			t.Logf("%s: %d acts, tshark sees %d", file, got, sensetest.Tshark(t, file, "bvlc"))
		}
	}
}

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

func play(b []byte) string {
	p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}}
	return strings.Join(p.Play(sensetest.UDP(port, sensetest.Up(b))), "\n")
}

func TestBehindARouter(t *testing.T) {
	// I-Am of device 1234 on network 7, station 9, vendor 7, forwarded for 10.0.0.8.
	out := play(unhex("81040022 0a000008bac0 0128ffff00000701 09ff 1000 c4020004d2 2205c4 9103 2107"))
	for _, want := range []string{`"verb":"I-Am"`, `"device":"1234"`, `"subject":{"key":"bacnet","value":"device 1234","behind":true}`, `"value":"Siemens"`, "bacnet broadcast manager"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
}

func TestPasswordsNeverLeave(t *testing.T) {
	p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}}
	out := strings.Join(p.Play(sensetest.Load(t, capture)), "\n")
	if strings.Contains(out, "operator") || strings.Count(out, `"actor":"secret.1.`) != 2 {
		t.Error("a password is in the output or its token is not")
	}
	for _, want := range []string{`"verb":"DeviceCommunicationControl","object":"disable"`, `"verb":"ReinitializeDevice","object":"warmstart"`, `"verb":"WriteProperty","object":"analog-output"`, `"property":"present-value","priority":"8"`,
		"model(PXC4.E16)", "maker(Siemens Building Technologies Ltd.)", "version(02.20.87.41)", "host(AHU-OR-3)", "unknown-property"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s", want)
		}
	}
}

func TestForeignTraffic(t *testing.T) {
	for _, in := range []string{"", "81", "810b0004", "810b0008 00000000", "810b000c0120ffff00ff1008ff", "ffffffffffff", "474554202f20"} {
		if probe(sense.ToServer, unhex(in), port) == sense.Yes {
			t.Errorf("yes to %s", in)
		}
	}
}

func TestNothingPastPrivacy(t *testing.T) {
	sensetest.Hidden(t, sensetest.Load(t, capture), []string{`pxc4`, `02.20`, `4.7`, `ahu`, `building tech`, `operator`}, Analyzer())
}

func TestForeignCaptures(t *testing.T) { sensetest.Foreign(t, nil, Analyzer()) }

// fixed is a Privacy that costs nothing.
type fixed struct{ key [32]byte }

func (fixed) Token(ward.TokenKind, []byte, []byte) ward.Token { return ward.Token{} }
func (fixed) Text(sense.Class, []byte) string                 { return "text" }
func (f fixed) DigestKey() *[32]byte                          { return &f.key }

func TestNoAllocationPerMessage(t *testing.T) {
	c, out := sense.NewContext(fixed{}, 1<<20, nil), &sense.Output{}
	c.SetOutput(out)
	c.SetConversation("", "bacnet", ward.Endpoint{IP: netip.MustParseAddr("10.0.0.1"), Port: 4000}, ward.Endpoint{IP: netip.MustParseAddr("10.0.0.2"), Port: 47808}, false, nil)
	b := unhex("810a0011 0104 0275 010f 0c 00800004 1955")
	if n := testing.AllocsPerRun(200, func() { out.Reset(); bacnet{}.Datagram(c, sense.ToServer, b) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzDatagram(f *testing.F) {
	for _, c := range sensetest.Load(f, capture).Conversations {
		for _, p := range c.Pieces {
			f.Add(p.B)
		}
	}
	f.Fuzz(func(_ *testing.T, b []byte) {
		probe(sense.ToServer, b, port)
		sensetest.Datagram(Analyzer(), b)
	})
}
