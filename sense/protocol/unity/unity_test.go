package unity

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
)

// rwhat builds a discovery message after the published layout.
func rwhat(location, patient string) []byte {
	b := make([]byte, 88)
	copy(b, []byte{1, 4, 0, 0, 10, 9, 8, 7, 0x5a, 0x40, 0xcd, 0xc0})
	copy(b[rwhatUnit:], location)
	copy(b[rwhatName:rwhatCount], patient)
	b[rwhatCount] = 7
	copy(b[rwhatServices:], []byte{0, 3, 7, 0xd0, 0, 0x11, 0, 0x20, 0, 9, 7, 0xd0, 0, 0x13, 0x0b, 0xb8, 0, 0x1c, 0x0b, 0xb9, 0, 0xd, 7, 0xd0, 0, 0xc, 7, 0xd0})
	return b
}

func timeSync() []byte {
	b := make([]byte, timeLen)
	copy(b[timeIP:], []byte{10, 9, 8, 1})
	copy(b[timeUnit:], "CCU|CIC1")
	binary.BigEndian.PutUint32(b[timeAt:], 3976000000)
	return b
}

func play(tr *sensetest.Trace) string {
	p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}}
	return strings.Join(p.Play(tr), "\n")
}

func TestGolden(t *testing.T) {
	for name, tr := range map[string]*sensetest.Trace{
		"rwhat": sensetest.UDP(rwhatPort, sensetest.Up(rwhat("ICU|BED-02", "DOE,JANE")), sensetest.Up(rwhat("ICU|BED-02", "DOE,JANE")),
			sensetest.Up(rwhat("ICU|BED-02", "")), sensetest.Up(bytes.Repeat([]byte{9}, 88))),
		"time": sensetest.UDP(timePort, sensetest.Up(timeSync())),
	} {
		sensetest.Golden(t, tr, "testdata/"+name+".golden", Analyzer())
		sensetest.Robust(t, tr, Analyzer())
	}
}

func TestPrivacy(t *testing.T) {
	out := play(sensetest.UDP(rwhatPort, sensetest.Up(rwhat("ICU|BED-02", "DOE,JANE")))) + play(sensetest.UDP(timePort, sensetest.Up(timeSync())))
	for _, secret := range []string{"DOE", "JANE", "BED", "CIC1"} {
		if strings.Contains(out, secret) {
			t.Errorf("%s got out", secret)
		}
	}
	for _, want := range []string{"department(ICU)", "department(CCU)", `"clear":true`} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s", want)
		}
	}
}

func TestForeign(t *testing.T) {
	if probe(sense.ToServer, rwhat("ICU|1", ""), 7001) == sense.Yes {
		t.Error("recognised without its port")
	}
	for _, b := range [][]byte{nil, make([]byte, 64), make([]byte, 88), []byte("\x01\x04\x00\x00 hello world, this is some text | and more, and more, and more text"), bytes.Repeat([]byte("|"), 88)} {
		for _, port := range []uint16{timePort, rwhatPort} {
			if probe(sense.ToServer, b, port) == sense.Yes {
				t.Errorf("%q taken for CARESCAPE", b)
			}
		}
	}
}

func FuzzDatagram(f *testing.F) {
	f.Add(rwhat("ICU|BED-02", "DOE,JANE"))
	f.Add(timeSync())
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, l := range sensetest.Datagram(Analyzer(), b) {
			if !strings.HasPrefix(l, "limit ") && !json.Valid([]byte(l)) {
				t.Error("not JSON:", l)
			}
		}
	})
}
