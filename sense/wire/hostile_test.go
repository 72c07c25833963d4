package wire

import (
	"slices"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// TestForgedFIN: an end behind what was delivered does not end the analysis.
func TestForgedFIN(t *testing.T) {
	k := newTalk(t, 100)
	k.open().at(0, strings.Repeat("a", 900)).back(0, strings.Repeat("b", 900))
	k.flags(300, "FA")
	k.add(1, k.tcpPacket(2, 80, 1, 4000, k.isnB+300, k.isn+1, "FA", nil))
	k.at(900, "after")
	r := k.run(Config{})
	if !strings.HasSuffix(r.tapes[0].up.String(), "after") {
		t.Error("forged FINs ended the analysis")
	}
	if got := r.anomalies(); !slices.Equal(got, []string{"tcp.fin-out-of-window", "tcp.fin-out-of-window"}) {
		t.Errorf("anomalies %v", got)
	}
}

// TestPortsUsedAgainAfterPickUp: a SYN long after the packets of a conversation
// that was older than the capture opens a new one.
func TestPortsUsedAgainAfterPickUp(t *testing.T) {
	k := newTalk(t, 900000)
	k.at(0, "old")
	k.ms += 5000
	k.isn = 100
	k.open().at(0, "new")
	r := k.run(Config{})
	if len(r.tapes) != 2 || r.tapes[1].up.String() != "new" {
		t.Fatalf("%d streams", len(r.tapes))
	}
}

// TestRetransmissionWithOtherHeader: a new window or acknowledgement makes no
// difference to the bytes.
func TestRetransmissionWithOtherHeader(t *testing.T) {
	k := newTalk(t, 100)
	k.open().at(0, strings.Repeat("x", 700))
	k.isnB += 50
	k.at(0, strings.Repeat("x", 700))
	if a := k.run(Config{}).anomalies(); len(a) > 0 {
		t.Errorf("anomalies %v", a)
	}
}

// TestStrayTimestamp: one packet from the next century does not end what goes on.
func TestStrayTimestamp(t *testing.T) {
	k := newTalk(t, 100)
	k.open().at(0, "abc")
	k.mod = func(r *Record) { r.Time = r.Time.Add(80 * 365 * 24 * time.Hour) }
	k.at(3, "def")
	k.mod = nil
	k.at(6, "ghi")
	r := k.run(Config{})
	if len(r.flows()) != 1 || r.tapes[0].up.String() != "abcdefghi" {
		t.Errorf("%d flow records", len(r.flows()))
	}
	if r.stats.Last.Sub(r.stats.First) > time.Hour {
		t.Errorf("the capture is said to last %v", r.stats.Last.Sub(r.stats.First))
	}
}

// frameTape records who frames come from.
type frameTape struct{ from []ward.Endpoint }

func (f *frameTape) Frame(c *sense.Context, _ sense.FrameType, _ sense.FrameInfo, _ []byte) {
	f.from = append(f.from, c.Sender(sense.ToServer))
}

// TestTunnelledFrame: a frame inside a tunnel does not inherit the tunnel's addresses.
func TestTunnelledFrame(t *testing.T) {
	w := &wireTap{t: t}
	lldp := join(mac(1), mac(2), be16(etherLLDP), make([]byte, 50))
	w.add(1, w.serialize(eth(8, 9, layers.EthernetTypeIPv4), w.ip4(8, 9, layers.IPProtocolGRE),
		gopacket.Payload(join(be16(0x1000), be16(etherERSPAN2), make([]byte, 12), lldp))))
	tape := &frameTape{}
	w.run(Config{Analyzers: []sense.Analyzer{{Name: "lldp", Frames: []sense.FrameType{sense.FrameLLDP},
		NewFrames: func(*sense.Context) sense.Frames { return tape }}}})
	if len(tape.from) != 1 || tape.from[0].IP.IsValid() {
		t.Errorf("from %v", tape.from)
	}
}

// TestSparse: a record a second costs no more than others, however many shards.
func TestSparse(t *testing.T) {
	w := &wireTap{t: t}
	p := w.udpPacket(1, 4000, 2, 5000, []byte("hello"))
	for i := range 20000 {
		w.recs = append(w.recs, Record{Time: start.Add(time.Duration(i) * time.Second), Link: 1, Orig: len(p), Data: p, Number: uint64(i + 1)})
	}
	e, err := NewEngine(Config{Privacy: noPrivacyFor, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Run(t.Context(), &sliceSource{recs: w.recs, per: 20000}, &result{}); err != nil {
		t.Fatal(err)
	}
	made := 0
	for _, s := range e.shards {
		if s != nil {
			made++
		}
	}
	if made != 1 {
		t.Errorf("%d shards were made for one pair of hosts", made)
	}
}
