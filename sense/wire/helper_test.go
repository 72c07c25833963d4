package wire

import (
	"bytes"
	"context"
	"fmt"
	"io"
	"net"
	"strings"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// sliceSource delivers packets made by a test.
type sliceSource struct {
	recs []Record
	at   int
	per  int // records a batch
}

func (s *sliceSource) Name(i int) string { return fmt.Sprint("if", i) }

func (s *sliceSource) Fill(_ []byte, recs []Record) ([]Record, error) {
	n := s.per
	if n == 0 {
		n = 7
	}
	for ; n > 0 && s.at < len(s.recs); n-- {
		recs = append(recs, s.recs[s.at])
		s.at++
	}
	if s.at == len(s.recs) {
		return recs, io.EOF
	}
	return recs, nil
}

var start = ward.TimeOf(time.Date(2026, 3, 1, 8, 0, 0, 0, time.UTC))

// wireTap builds packets, one millisecond apart.
type wireTap struct {
	t    testing.TB
	recs []Record
	id   uint16
	ms   int
	mod  func(*Record)
}

func (w *wireTap) add(link int, b []byte) {
	w.ms++
	r := Record{Time: start.Add(time.Duration(w.ms) * time.Millisecond), Link: link, Orig: len(b), Data: b, Number: uint64(len(w.recs) + 1)}
	if w.mod != nil {
		w.mod(&r)
	}
	w.recs = append(w.recs, r)
}

func (w *wireTap) serialize(l ...gopacket.SerializableLayer) []byte {
	w.t.Helper()
	buf := gopacket.NewSerializeBuffer()
	if err := gopacket.SerializeLayers(buf, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, l...); err != nil {
		w.t.Fatal(err)
	}
	return bytes.Clone(buf.Bytes())
}

func mac(n byte) net.HardwareAddr { return net.HardwareAddr{0, 0x1c, 0x59, 0, 0, n} }
func ip(n byte) net.IP            { return net.IP{10, 0, 0, n} }

func eth(a, b byte, t layers.EthernetType) *layers.Ethernet {
	return &layers.Ethernet{SrcMAC: mac(a), DstMAC: mac(b), EthernetType: t}
}

func (w *wireTap) ip4(a, b byte, proto layers.IPProtocol) *layers.IPv4 {
	w.id++
	return &layers.IPv4{Version: 4, TTL: 64, Id: w.id, Protocol: proto, SrcIP: ip(a), DstIP: ip(b)}
}

// tcpPacket is host a port ap to host b port bp.
func (w *wireTap) tcpPacket(a byte, ap uint16, b byte, bp uint16, seq, ack uint32, flags string, data []byte) []byte {
	i := w.ip4(a, b, layers.IPProtocolTCP)
	t := &layers.TCP{SrcPort: layers.TCPPort(ap), DstPort: layers.TCPPort(bp), Seq: seq, Ack: ack, Window: 8192,
		SYN: strings.Contains(flags, "S"), ACK: strings.Contains(flags, "A"), FIN: strings.Contains(flags, "F"), RST: strings.Contains(flags, "R")}
	if err := t.SetNetworkLayerForChecksum(i); err != nil {
		w.t.Fatal(err)
	}
	return w.serialize(eth(a, b, layers.EthernetTypeIPv4), i, t, gopacket.Payload(data))
}

func (w *wireTap) udpPacket(a byte, ap uint16, b byte, bp uint16, data []byte) []byte {
	i := w.ip4(a, b, layers.IPProtocolUDP)
	u := &layers.UDP{SrcPort: layers.UDPPort(ap), DstPort: layers.UDPPort(bp)}
	if err := u.SetNetworkLayerForChecksum(i); err != nil {
		w.t.Fatal(err)
	}
	return w.serialize(eth(a, b, layers.EthernetTypeIPv4), i, u, gopacket.Payload(data))
}

// tape is an analyzer that records what it is fed.
type tape struct {
	up, down bytes.Buffer
	log      []string
	order    []sense.Dir // of what was fed
	closed   int
}

func (t *tape) Data(_ *sense.Context, d sense.Dir, b []byte) {
	t.order = append(t.order, d)
	if d == sense.ToServer {
		t.up.Write(b)
		return
	}
	t.down.Write(b)
}

func (t *tape) Gap(_ *sense.Context, d sense.Dir, n int64) {
	t.log = append(t.log, fmt.Sprintf("gap %d %d", d, n))
	if d == sense.ToServer && n > 0 {
		t.up.WriteString(strings.Repeat("?", int(n)))
	}
}

func (t *tape) Datagram(c *sense.Context, d sense.Dir, b []byte) { t.Data(c, d, b) }
func (t *tape) Close(*sense.Context)                             { t.closed++ }

// result is what an engine made of a tap.
type result struct {
	tapes []*tape
	obs   []ward.Observation
	stats Stats
}

func (r *result) flows() []*ward.Flow {
	var out []*ward.Flow
	for i := range r.obs {
		if r.obs[i].Flow != nil {
			out = append(out, r.obs[i].Flow)
		}
	}
	return out
}

func (r *result) anomalies() []string {
	var out []string
	for i := range r.obs {
		if r.obs[i].Anomaly != nil {
			out = append(out, r.obs[i].Anomaly.Code)
		}
	}
	return out
}

func (r *result) Observe(b []ward.Observation) error {
	for i := range b {
		r.obs = append(r.obs, b[i].Clone())
	}
	return nil
}

// run plays the tap through an engine whose one analyzer takes everything. One
// worker, so that tapes are in order.
func (w *wireTap) run(cfg Config) *result {
	w.t.Helper()
	r := &result{}
	make := func(*sense.Context) *tape {
		t := &tape{}
		r.tapes = append(r.tapes, t)
		return t
	}
	cfg.Analyzers = append(cfg.Analyzers, sense.Analyzer{Name: "tape", Transports: sense.TCP | sense.UDP,
		Probe:        func(_ sense.Dir, b []byte, _ uint16) sense.Verdict { return sense.Yes },
		NewStream:    func(c *sense.Context) sense.Stream { return make(c) },
		NewDatagrams: func(c *sense.Context) sense.Datagrams { return make(c) }})
	cfg.Privacy = func(int) sense.Privacy { return &noPrivacy{} }
	if cfg.Workers == 0 {
		cfg.Workers = 1
	}
	e, err := NewEngine(cfg)
	if err != nil {
		w.t.Fatal(err)
	}
	r.stats, err = e.Run(context.Background(), &sliceSource{recs: w.recs}, r)
	if err != nil {
		w.t.Fatal(err)
	}
	return r
}
