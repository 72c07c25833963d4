package lldp

import (
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
)

// The captures are lldpd announcing itself in both protocols.
var captures = []string{"lldp", "cdp"}

func TestGolden(t *testing.T) {
	for _, name := range captures {
		tr := sensetest.Load(t, "testdata/"+name+".pcap")
		if len(tr.Frames) != sensetest.Tshark(t, "testdata/"+name+".pcap", name) {
			t.Errorf("%s: %d frames", name, len(tr.Frames))
		}
		sensetest.Golden(t, tr, "testdata/"+name+".golden", Analyzers()...)
		sensetest.Robust(t, tr, Analyzers()...)
	}
}

func TestCorpus(t *testing.T) {
	for _, file := range sensetest.Captures(t) {
		if tr := sensetest.TryLoad(file); tr != nil {
			sensetest.Robust(t, tr, Analyzers()...)
		}
	}
}

func play(t sense.FrameType, b string) string {
	p := sensetest.Player{Analyzers: Analyzers()}
	return strings.Join(p.Play(&sensetest.Trace{Frames: []sensetest.Frame{{Type: t, B: []byte(b), Time: 1}}}), "\n")
}

func tlvText(typ byte, v string) string { return string([]byte{typ << 1, byte(len(v))}) + v }

func TestInventory(t *testing.T) {
	out := play(sense.FrameLLDP, tlvText(1, "\x04\x00\x1c\x59\x01\x02\x03")+tlvText(2, "\x05eth0")+tlvText(3, "\x00\x78")+tlvText(5, "phone-3")+tlvText(7, "\x00\x24\x00\x20")+
		tlvText(127, "\x00\x12\xbb\x01\x00\x33\x03")+tlvText(127, "\x00\x12\xbb\x05rev B")+tlvText(127, "\x00\x12\xbb\x061.2")+tlvText(127, "\x00\x12\xbb\x0715.0")+
		tlvText(127, "\x00\x12\xbb\x08FOC1234X5YZ")+tlvText(127, "\x00\x12\xbb\x09Ascom")+tlvText(127, "\x00\x12\xbb\x0ai62")+tlvText(8, "\x05\x01\x0a\x00\x00\x07\x02\x00\x00\x00\x01\x00")+tlvText(0, ""))
	for _, want := range []string{"00:1c:59:01:02:03", "host(phone-3)", `"role","value":"phone"`, "version(1.2)", "version(15.0)", "serial(FOC1234X5YZ)", "maker(Ascom)", "model(i62)", "10.0.0.7",
		`"category","value":"phone"`} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
}

func TestMisfits(t *testing.T) {
	for in, want := range map[string]string{
		"":                           "lldp.malformed",
		"\x00\x00":                   "lldp.malformed",
		tlvText(1, "")[:1]:           "lldp.malformed",
		"\x02\x07\x04abcdef\x0a\xff": "lldp.malformed",
	} {
		if out := play(sense.FrameLLDP, in); !strings.Contains(out, want) {
			t.Errorf("%q: %s", in, out)
		}
	}
	if out := play(sense.FrameCDP, "\x02\xb4\x00\x00\x00\x01\x00\x03"); !strings.Contains(out, "cdp.malformed") {
		t.Error(out)
	}
	if out := play(sense.FrameLLDP, tlvText(1, "\x04abcdef")+strings.Repeat(tlvText(4, ""), 200)); !strings.Contains(out, "limit lldp.tlvs 1") {
		t.Error(out)
	}
}

func TestNothingPastPrivacy(t *testing.T) {
	for _, name := range captures {
		sensetest.Hidden(t, sensetest.Load(t, "testdata/"+name+".pcap"), []string{`2960`, `15.0`, `"vm"`, `amd64`}, Analyzers()...)
	}
}

func FuzzFrame(f *testing.F) {
	for _, name := range captures {
		for _, fr := range sensetest.Load(f, "testdata/"+name+".pcap").Frames {
			f.Add(string(fr.B))
		}
	}
	f.Fuzz(func(_ *testing.T, b string) {
		play(sense.FrameLLDP, b)
		play(sense.FrameCDP, b)
	})
}
