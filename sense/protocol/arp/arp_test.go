package arp

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"
	"time"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
	"wardkeeper/ward"
)

var captures = []string{"arp", "more"}

// The captures are Linux hosts, busybox arping and dnsmasq's router advertisements.
func TestGolden(t *testing.T) {
	for _, name := range captures {
		tr := sensetest.Load(t, "testdata/"+name+".pcap")
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

// packet builds an ARP packet of a sender.
func packet(op uint16, mac byte, ip, target string) []byte {
	b, _ := hex.DecodeString("0001080006040000001c590000" + "00" + "00000000" + "000000000000" + "00000000")
	binary.BigEndian.PutUint16(b[6:], op)
	b[13] = mac
	copy(b[14:], addr(ip))
	copy(b[24:], addr(target))
	return b
}

func addr(s string) []byte {
	b, _ := hex.DecodeString(s)
	return b
}

func play(frames ...sensetest.Frame) string {
	p := sensetest.Player{Analyzers: Analyzers()}
	return strings.Join(p.Play(&sensetest.Trace{Frames: frames}), "\n")
}

func frame(b []byte, at time.Duration) sensetest.Frame {
	return sensetest.Frame{Type: sense.FrameARP, Src: ward.Endpoint{MAC: ward.MAC(b[8:14])}, B: b, Time: ward.Time(time.Hour + at)}
}

func TestAddressMoves(t *testing.T) {
	out := play(frame(packet(opReply, 1, "0a000001", "0a000009"), 0), frame(packet(opReply, 2, "0a000001", "0a000009"), time.Second))
	if !strings.Contains(out, `"verb":"claim"`) || !strings.Contains(out, `"verb":"move","attributes":{"ip":"10.0.0.1","mac":"00:1c:59:00:00:02","from":"00:1c:59:00:00:01"}`) {
		t.Error(out)
	}
}

func TestAProbeClaimsNothing(t *testing.T) {
	if out := play(frame(packet(opRequest, 1, "00000000", "0a000009"), 0)); out != "" {
		t.Error(out)
	}
}

func TestAnnouncement(t *testing.T) {
	if out := play(frame(packet(opRequest, 1, "0a000009", "0a000009"), 0)); !strings.Contains(out, `"verb":"announce"`) {
		t.Error(out)
	}
}

func TestSenderOfAnotherAddress(t *testing.T) {
	f := frame(packet(opReply, 1, "0a000001", "0a000009"), 0)
	f.Src.MAC[5] = 7
	if out := play(f); !strings.Contains(out, `"verb":"answer for another"`) {
		t.Error(out)
	}
}

func TestSweep(t *testing.T) {
	var slow, fast []sensetest.Frame
	for i := range 100 {
		b := packet(opRequest, 1, "0a000001", hex.EncodeToString([]byte{10, 0, 0, byte(2 + i)}))
		fast = append(fast, frame(b, time.Duration(i)*10*time.Millisecond))
		slow = append(slow, frame(b, time.Duration(i)*5*time.Second))
	}
	if out := play(fast...); strings.Count(out, `"verb":"sweep"`) != 2 {
		t.Error(out)
	}
	if out := play(slow...); strings.Contains(out, `"verb":"sweep"`) {
		t.Error(out)
	}
}

func TestNoAllocationPerPacket(t *testing.T) {
	c, out := sense.NewContext(&sensetest.Plain{}, 1<<20, nil), &sense.Output{}
	c.SetOutput(out)
	c.SetConversation("", "arp", ward.Endpoint{MAC: ward.MAC{0, 0x1c, 0x59, 0, 0, 1}}, ward.Endpoint{}, false, nil)
	a := &arp{}
	b := packet(opReply, 1, "0a000001", "0a000009")
	if n := testing.AllocsPerRun(100, func() { out.Reset(); a.Frame(c, sense.FrameARP, sense.FrameInfo{}, b) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzFrame(f *testing.F) {
	for _, name := range captures {
		for _, fr := range sensetest.Load(f, "testdata/"+name+".pcap").Frames {
			f.Add(uint8(fr.Type), fr.B)
		}
	}
	f.Fuzz(func(t *testing.T, typ uint8, b []byte) {
		play(sensetest.Frame{Type: sense.FrameType(typ), B: b, Time: 1}, sensetest.Frame{Type: sense.FrameType(typ), B: b, Time: 2})
	})
}
