package snmp

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
	"wardkeeper/ward"
)

// The capture is net-snmp's tools asking its agent in all three versions.
const capture = "testdata/snmp.pcap"

func TestGolden(t *testing.T) {
	tr := sensetest.Load(t, capture)
	sensetest.Golden(t, tr, "testdata/snmp.golden", Analyzer())
	sensetest.Robust(t, tr, Analyzer())
}

func TestCountsEqualTshark(t *testing.T) {
	got := sensetest.Count(sensetest.Load(t, capture), "act", "snmp", Analyzer())
	if want := sensetest.Tshark(t, capture, "snmp && !icmp"); got != want {
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
		if strings.Contains(file, "/snmp/") {
			if got, want := sensetest.Count(tr, "act", "snmp", Analyzer()), sensetest.Tshark(t, file, "snmp && udp && !icmp"); got != want {
				t.Errorf("%s: %d acts, tshark sees %d messages", file, got, want)
			}
		}
	}
}

func TestCommunitiesNeverLeave(t *testing.T) {
	p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}}
	out := strings.Join(p.Play(sensetest.Load(t, capture)), "\n")
	for _, secret := range []string{"s3cret-ward", "wardro", "jane", "Jane"} {
		if strings.Contains(out, secret) {
			t.Errorf("%s is in the output", secret)
		}
	}
	for _, want := range []string{`"community":"public"`, `"community":"other"`, `"actor":"secret.1.`, `"actor":"staff.1.`, "snmp v2c community public", "snmp v1 community public",
		`"security":"authPriv"`, `"verb":"encrypted"`, "software(HP ETHERNET MULTI-ENVIRONMENT", "department(Radiology room 3)", `"value":"HP"`} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s", want)
		}
	}
}

func TestEnterprise(t *testing.T) {
	for in, want := range map[string]uint32{"2b06010401098104": 9, "2b06010401be4708": 8007, "2b060104018fffffff7f": 1<<32 - 1, "2b06010401": 0, "2b0601040190ffffff7f": 0, "2b06010401ffffffffff7f": 0, "2b0601020109": 0} {
		b, _ := hex.DecodeString(in)
		if got, ok := enterprise(b); got != want && ok || ok != (want > 0) {
			t.Errorf("%s: %d %v", in, got, ok)
		}
	}
}

func TestOIDText(t *testing.T) {
	c := sense.NewContext(&sensetest.Plain{}, 1<<20, nil)
	b, _ := hex.DecodeString("2b06010401098404")
	if got := oidText(c, b); got != "snmp-oid 1.3.6.1.4.1.9.516" {
		t.Error(got)
	}
}

func TestForeignTraffic(t *testing.T) {
	a := Analyzer()
	for _, b := range [][]byte{nil, []byte("0"), []byte("GET / HTTP/1.1\r\n\r\n"), bytes.Repeat([]byte{0}, 60), bytes.Repeat([]byte{0x30}, 60),
		[]byte("\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00"), // LDAP bind
	} {
		if a.Probe(sense.ToServer, b, portAgent) == sense.Yes {
			t.Errorf("yes to %q", b)
		}
	}
}

// fixed is a Privacy that costs nothing.
type fixed struct{ key [32]byte }

func (fixed) Token(ward.TokenKind, []byte, []byte) ward.Token { return ward.Token{} }
func (fixed) Text(sense.Class, []byte) string                 { return "text" }
func (f fixed) DigestKey() *[32]byte                          { return &f.key }

func TestNoAllocationPerMessage(t *testing.T) {
	c, out := sense.NewContext(fixed{}, 1<<20, nil), &sense.Output{}
	c.SetOutput(out)
	c.SetConversation("", "snmp", ward.Endpoint{IP: netip.MustParseAddr("10.0.0.1"), Port: 4000}, ward.Endpoint{IP: netip.MustParseAddr("10.0.0.2"), Port: 161}, false, nil)
	p := sensetest.Load(t, capture).Conversations[0].Pieces[0]
	if n := testing.AllocsPerRun(200, func() { out.Reset(); agent{}.Datagram(c, p.Dir, p.B) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkWalk(b *testing.B) {
	tr := sensetest.Load(b, capture)
	c, out := sense.NewContext(fixed{}, 1<<20, nil), &sense.Output{}
	c.SetOutput(out)
	c.SetConversation("", "snmp", ward.Endpoint{IP: netip.MustParseAddr("10.0.0.1"), Port: 4000}, ward.Endpoint{IP: netip.MustParseAddr("10.0.0.2"), Port: 161}, false, nil)
	b.ReportAllocs()
	for b.Loop() {
		for _, conv := range tr.Conversations {
			for _, p := range conv.Pieces {
				out.Reset()
				agent{}.Datagram(c, p.Dir, p.B)
			}
		}
	}
}

func TestNothingPastPrivacy(t *testing.T) {
	sensetest.Hidden(t, sensetest.Load(t, capture), []string{`printer-3`, `jane`, `ward`, `radiology`, `jetdirect`, `ups-3`, `xeon`, `s3cret`}, Analyzer())
}

func TestForeignCaptures(t *testing.T) { sensetest.Foreign(t, nil, Analyzer()) }

func FuzzDatagram(f *testing.F) {
	for _, c := range sensetest.Load(f, capture).Conversations {
		for _, p := range c.Pieces {
			f.Add(p.B)
		}
	}
	f.Fuzz(func(_ *testing.T, b []byte) {
		Analyzer().Probe(sense.ToServer, b, 9)
		sensetest.Datagram(Analyzer(), b)
	})
}
