package ble

import (
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
	"wardkeeper/ward"
)

func TestGolden(t *testing.T) {
	for name, tr := range map[string]*sensetest.Trace{"pump": pump(), "paired": paired(), "hci": hciPump()} {
		link := uint32(251)
		if name == "hci" {
			link = 201
		}
		writePcap(t, name, link, tr)
		if _, err := os.Stat("testdata"); err != nil {
			t.Fatal(err)
		}
		sensetest.Golden(t, tr, "testdata/"+name+".golden", Analyzer())
		sensetest.Robust(t, tr, Analyzer())
	}
}

func play(tr *sensetest.Trace) []string {
	p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}}
	return p.Play(tr)
}

// TestPump looks for what matters in the pump's session.
func TestPump(t *testing.T) {
	out := strings.Join(play(pump()), "\n")
	for _, want := range []string{
		`"state":"sent","therapy":"insulin"`, `"quantity":"bolus-fast","value":"2.5","unit":"IU"`,
		`"state":"set"`, `"quantity":"max-bolus","value":"25.0"`, `"quantity":"temporary-basal-rate","value":"1.20","unit":"IU/h"`,
		`"state":"refused"`, `"ble.e2e-replay"`, `"ble.e2e-crc"`, `"value":"insulin pump"`, `"quantity":"glucose","value":"56","unit":"mg/dL"`, `"value":"NaN"`,
		`"value":"maker(Acme Diabetes)"`, `"value":"Medtronic"`, `"quantity":"reservoir-remaining","value":"120"`,
	} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s", want)
		}
	}
	for _, secret := range []string{"SN123456", "d6151413", "d6:15", "c6:05"} {
		if strings.Contains(out, secret) {
			t.Errorf("%s got out", secret)
		}
	}
	if !strings.Contains(out, "name(Doe Jane-7)") {
		t.Error("the name was not given to Text")
	}
}

// TestRepeat: a retransmission counts once.
func TestRepeat(t *testing.T) {
	tr := pump()
	var twice sensetest.Trace
	for _, f := range tr.Frames {
		twice.Frames = append(twice.Frames, f, f)
	}
	once, again := play(tr), play(&twice)
	if len(once) != len(again) {
		t.Errorf("%d observations, %d with every frame twice", len(once), len(again))
	}
}

func TestDamaged(t *testing.T) {
	tr := pump()
	f := &tr.Frames[0]
	f.B = append([]byte{}, f.B...)
	f.B[12] ^= 1
	if out := strings.Join(play(tr), "\n"); !strings.Contains(out, "limit ble.damaged-frames 1") {
		t.Error("a damaged frame was believed")
	}
}

func TestSFloat(t *testing.T) {
	for v, want := range map[uint16]string{
		0x0019: "25", 0xf019: "2.5", 0xe078: "1.20", 0xd001: "0.001", 0x1019: "250", 0xf7ff & 0x0fff: "NaN", 0x0800: "NRes", 0x07fe: "INF",
		0x0802: "-INF", 0x0801: "reserved", 0x0000: "0", 0xf000: "0.0", 0x0fff: "-1", 0xffff: "-0.1", 0x8001: "0.00000001", 0x77fd: "20450000000",
	} {
		if got := sfloat(v); got != want {
			t.Errorf("%#04x: %q, want %q", v, got, want)
		}
	}
}

func TestCRC16(t *testing.T) { // the check value of CRC-16/MCRF4XX
	if got := crc16([]byte("123456789")); got != 0x6f91 {
		t.Errorf("%#x", got)
	}
}

func TestPairMethod(t *testing.T) {
	for _, x := range []struct {
		a, b, auth byte
		secure     bool
		want       string
	}{
		{ioNone, ioBoth, authMITM, true, "just works"}, {ioYesNo, ioYesNo, authMITM, true, "numeric comparison"}, {ioYesNo, ioYesNo, authMITM, false, "just works"},
		{ioKeyboard, ioYesNo, authMITM, false, "passkey"}, {ioBoth, ioBoth, 0, true, "just works"}, {ioBoth, ioBoth, authMITM, false, "passkey"},
	} {
		if got := pairMethod(&[7]byte{1, x.a, 0, x.auth}, []byte{2, x.b, 0, x.auth}, x.secure); got != x.want {
			t.Errorf("%+v: %s", x, got)
		}
	}
}

// TestCorpus reads real pairings; the counts are Wireshark's.
func TestCorpus(t *testing.T) {
	dir := os.Getenv("WARDKEEPER_CORPUS")
	if dir == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("WARDKEEPER_CORPUS is not set in CI")
		}
		t.Skip("WARDKEEPER_CORPUS is not set")
	}
	files, err := filepath.Glob(filepath.Join(dir, "medical-pcap/mikeryan+crackle/tests/*/*.pcap"))
	if err != nil || len(files) == 0 {
		t.Fatal("no captures", err)
	}
	for _, f := range files {
		tr := loadPPI(t, f)
		out := strings.Join(play(tr), "\n")
		for _, want := range []string{`"verb":"connect"`, `"verb":"pair"`, `"generation":"legacy"`, `"verb":"encrypted"`, `"ble advertising"`} {
			if !strings.Contains(out, want) {
				t.Errorf("%s: no %s", f, want)
			}
		}
		if _, n, ok := strings.Cut(out, "limit ble.damaged-frames "); ok && n != "1" { // one capture has one
			t.Errorf("%s: %s frames were taken for damaged", f, n)
		}
		sensetest.Robust(t, tr, Analyzer())
	}
}

// loadPPI reads a capture whose packets have a PPI header, which gopacket does
// not skip.
func loadPPI(t *testing.T, file string) *sensetest.Trace {
	b, err := os.ReadFile(file)
	if err != nil {
		t.Fatal(err)
	}
	tr := &sensetest.Trace{}
	for b = b[24:]; len(b) >= 16; {
		n := int(binary.LittleEndian.Uint32(b[8:]))
		p := b[16 : 16+n]
		p = p[binary.LittleEndian.Uint16(p[2:]):]
		tr.Frames = append(tr.Frames, sensetest.Frame{Type: sense.FrameBLE, B: p, Time: ward.Time(len(tr.Frames) + 1)})
		b = b[16+n:]
	}
	return tr
}

// TestBounded: many connections do not stay.
func TestBounded(t *testing.T) {
	a := &air{}
	for i := range 1000 {
		a.put(0x10000000+uint32(i), 0, []byte{llidStart, 8, 20, 0, 4, 0, 0x12, 1, 0, 2})
	}
	c := sense.NewContext(&sensetest.Plain{}, 1<<20, nil)
	var out sense.Output
	c.SetOutput(&out)
	r := Analyzer().NewFrames(c).(*radio)
	for _, f := range a.frames {
		r.Frame(c, f.Type, f.Info, f.B)
	}
	if len(r.conns) > maxConns || c.Limits()["ble.connections"] == 0 {
		t.Errorf("%d connections held", len(r.conns))
	}
}

func FuzzFrames(f *testing.F) {
	for _, tr := range []*sensetest.Trace{pump(), paired(), hciPump()} {
		for _, x := range tr.Frames {
			f.Add(x.B, x.Type == sense.FrameHCI)
		}
	}
	setup := pump().Frames[:24]
	f.Fuzz(func(t *testing.T, b []byte, hci bool) {
		tr := &sensetest.Trace{Frames: append([]sensetest.Frame{}, setup...)}
		kind := sense.FrameBLE
		if hci {
			kind = sense.FrameHCI
		}
		for len(b) > 0 { // several frames, each led by its length
			n := min(int(b[0])+1, len(b))
			tr.Frames = append(tr.Frames, sensetest.Frame{Type: kind, B: b[1:n], Info: sense.FrameInfo{CRCValid: true}, Time: 1})
			b = b[n:]
		}
		for _, l := range play(tr) {
			if !strings.HasPrefix(l, "limit ") && !json.Valid([]byte(l)) {
				t.Error("not JSON:", l)
			}
		}
	})
}
