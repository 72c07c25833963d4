package icmp

import (
	"net/netip"
	"strings"
	"testing"
	"time"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
	"wardkeeper/ward"
)

// The capture is iputils' ping between Linux hosts.
const capture = "testdata/icmp.pcap"

func TestGolden(t *testing.T) {
	tr := sensetest.Load(t, capture)
	sensetest.Golden(t, tr, "testdata/icmp.golden", Analyzer())
	sensetest.Robust(t, tr, Analyzer())
}

func TestCorpus(t *testing.T) {
	for _, file := range sensetest.Captures(t) {
		if tr := sensetest.TryLoad(file); tr != nil {
			sensetest.Robust(t, tr, Analyzer())
		}
	}
}

func play(frames ...sensetest.Frame) string {
	p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}}
	return strings.Join(p.Play(&sensetest.Trace{Frames: frames}), "\n")
}

func echo(i int, gap time.Duration) sensetest.Frame {
	return sensetest.Frame{Type: sense.FrameICMP4, B: append([]byte{8, 0, 0, 0, 0, 1, 0, byte(i)}, make([]byte, 56)...), Time: ward.Time(time.Hour + time.Duration(i)*gap),
		Src: ward.Endpoint{IP: netip.MustParseAddr("10.0.0.1")}, Dst: ward.Endpoint{IP: netip.MustParseAddr("10.0.0.2")}}
}

func TestEchoesAreCounted(t *testing.T) {
	var fast, slow []sensetest.Frame
	for i := range 100 {
		fast, slow = append(fast, echo(i, time.Second)), append(slow, echo(i, time.Hour))
	}
	out := play(fast...)
	if strings.Count(out, `"verb":"echo"`) != 7 || !strings.Contains(out, `"count":64,"bytes":3584`) {
		t.Error(out)
	}
	if n := strings.Count(play(slow...), `"count":1,`); n != 100 {
		t.Error(n)
	}
}

func TestRoutes(t *testing.T) {
	f := echo(0, 0)
	f.B = []byte{5, 1, 0, 0, 10, 0, 0, 9, 0x45}
	if out := play(f); !strings.Contains(out, `"verb":"redirect","attributes":{"to":"10.0.0.9"}`) {
		t.Error(out)
	}
	f.B = []byte{9, 0, 0, 0, 1, 2, 0, 30}
	if out := play(f); !strings.Contains(out, `"value":"router"`) {
		t.Error(out)
	}
	f.B = []byte{3, 3, 0, 0, 0, 0, 0, 0}
	if out := play(f); !strings.Contains(out, `"verb":"unreachable","object":"port"`) {
		t.Error(out)
	}
	f.B = []byte{8, 0, 0}
	if out := play(f); !strings.Contains(out, "icmp.malformed") {
		t.Error(out)
	}
}

func TestNoAllocationPerPacket(t *testing.T) {
	c, out := sense.NewContext(&sensetest.Plain{}, 1<<20, nil), &sense.Output{}
	c.SetOutput(out)
	f := echo(0, 0)
	c.SetConversation("", "icmp", f.Src, f.Dst, false, nil)
	s := &icmp{}
	if n := testing.AllocsPerRun(100, func() { out.Reset(); s.Frame(c, sense.FrameICMP4, sense.FrameInfo{}, f.B) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzFrame(f *testing.F) {
	for _, fr := range sensetest.Load(f, capture).Frames {
		f.Add(uint8(fr.Type), fr.B)
	}
	f.Fuzz(func(_ *testing.T, typ uint8, b []byte) {
		play(sensetest.Frame{Type: sense.FrameType(typ), B: b, Time: 1}, sensetest.Frame{Type: sense.FrameType(typ), B: b, Time: 2})
	})
}
