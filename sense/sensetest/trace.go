package sensetest

import (
	"bytes"
	"encoding/binary"
	"io"
	"net/netip"
	"os"
	"testing"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Piece is consecutive bytes of one direction, or a datagram.
type Piece struct {
	Dir  sense.Dir
	B    []byte
	Time ward.Time
}

// Conversation is one TCP or UDP conversation in order.
type Conversation struct {
	TCP            bool
	Client, Server ward.Endpoint
	Pieces         []Piece
}

// Frame is one frame without ports.
type Frame struct {
	Type     sense.FrameType
	Info     sense.FrameInfo
	Src, Dst ward.Endpoint
	B        []byte
	Time     ward.Time
}

// Trace is what a capture holds.
type Trace struct {
	Conversations []*Conversation
	Frames        []Frame
}

// TCP builds a conversation from pieces, for traffic written by hand.
func TCP(port uint16, pieces ...Piece) *Trace { return talk(true, port, pieces) }

// UDP likewise.
func UDP(port uint16, pieces ...Piece) *Trace { return talk(false, port, pieces) }

func talk(tcp bool, port uint16, pieces []Piece) *Trace {
	c := &Conversation{TCP: tcp, Pieces: pieces,
		Client: ward.Endpoint{IP: netip.MustParseAddr("10.0.0.1"), Port: 40000, MAC: ward.MAC{0, 0x1c, 0x59, 0, 0, 1}},
		Server: ward.Endpoint{IP: netip.MustParseAddr("10.0.0.2"), Port: port, MAC: ward.MAC{0, 9, 0xfb, 0, 0, 2}}}
	for i := range c.Pieces {
		if c.Pieces[i].Time == 0 {
			c.Pieces[i].Time = ward.TimeOf(time.Date(2026, 1, 2, 3, 4, 5, 0, time.UTC)).Add(time.Duration(i) * time.Millisecond)
		}
	}
	return &Trace{Conversations: []*Conversation{c}}
}

// Up is a piece from client to server, Down one back.
func Up(b []byte) Piece   { return Piece{Dir: sense.ToServer, B: b} }
func Down(b []byte) Piece { return Piece{Dir: sense.ToClient, B: b} }

type source interface {
	ReadPacketData() ([]byte, gopacket.CaptureInfo, error)
}

// Load reads a pcap or pcapng file. Its TCP reassembly is plain: in order, first
// copy wins, no gaps; use clean captures.
func Load(t testing.TB, file string) *Trace {
	t.Helper()
	l, err := load(file)
	if err != nil {
		t.Fatalf("%s: %v", file, err)
	}
	return l.trace
}

func load(file string) (*loader, error) {
	data, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	var src source
	var link layers.LinkType
	if len(data) > 4 && binary.BigEndian.Uint32(data) == 0x0a0d0d0a {
		r, err := pcapgo.NewNgReader(bytes.NewReader(data), pcapgo.DefaultNgReaderOptions)
		if err != nil {
			return nil, err
		}
		src, link = r, r.LinkType()
	} else {
		r, err := pcapgo.NewReader(bytes.NewReader(data))
		if err != nil {
			return nil, err
		}
		src, link = r, layers.LinkType(r.LinkType())
	}
	l := &loader{trace: &Trace{}, flows: map[flowKey]*flowState{}}
	for {
		b, ci, err := src.ReadPacketData()
		if err == io.EOF {
			return l, nil
		}
		if err != nil {
			return l, err
		}
		l.packet(b, link, ward.TimeOf(ci.Timestamp))
	}
}

type flowKey struct{ src, dst netip.AddrPort }

type flowState struct {
	conv *Conversation
	dir  sense.Dir
	next uint32
	have bool
	wait map[uint32][]byte
}

type loader struct {
	trace *Trace
	flows map[flowKey]*flowState
}

func (l *loader) packet(b []byte, link layers.LinkType, at ward.Time) {
	switch link {
	case 251:
		l.trace.Frames = append(l.trace.Frames, Frame{Type: sense.FrameBLE, B: b, Time: at})
		return
	case 256:
		if len(b) > 10 {
			flags := binary.LittleEndian.Uint16(b[8:])
			l.trace.Frames = append(l.trace.Frames, Frame{Type: sense.FrameBLE, B: b[10:], Time: at,
				Info: sense.FrameInfo{Channel: b[0], Decrypted: flags&8 != 0, CRCValid: flags&0x800 != 0}})
		}
		return
	case 201:
		if len(b) > 4 {
			l.trace.Frames = append(l.trace.Frames, Frame{Type: sense.FrameHCI, B: b[4:], Time: at, Info: sense.FrameInfo{ToHost: b[3] == 1}})
		}
		return
	}
	p := gopacket.NewPacket(b, link, gopacket.NoCopy)
	var src, dst ward.Endpoint
	if e, ok := p.Layer(layers.LayerTypeEthernet).(*layers.Ethernet); ok {
		copy(src.MAC[:], e.SrcMAC)
		copy(dst.MAC[:], e.DstMAC)
		switch e.EthernetType {
		case layers.EthernetTypeARP:
			l.frame(sense.FrameARP, src, dst, e.Payload, at)
		case layers.EthernetTypeLinkLayerDiscovery:
			l.frame(sense.FrameLLDP, src, dst, e.Payload, at)
		}
		if len(e.Payload) > 8 && bytes.HasPrefix(e.Payload, []byte{0xaa, 0xaa, 3, 0, 0, 0xc, 0x20, 0}) {
			l.frame(sense.FrameCDP, src, dst, e.Payload[8:], at)
		}
	}
	if n := p.NetworkLayer(); n != nil {
		src.IP, _ = netip.AddrFromSlice(n.NetworkFlow().Src().Raw())
		dst.IP, _ = netip.AddrFromSlice(n.NetworkFlow().Dst().Raw())
	}
	if i, ok := p.Layer(layers.LayerTypeICMPv4).(*layers.ICMPv4); ok {
		l.frame(sense.FrameICMP4, src, dst, append(i.Contents, i.Payload...), at)
	}
	if i, ok := p.Layer(layers.LayerTypeICMPv6).(*layers.ICMPv6); ok {
		l.frame(sense.FrameICMP6, src, dst, append(i.Contents, i.Payload...), at)
	}
	switch t := p.TransportLayer().(type) {
	case *layers.UDP:
		src.Port, dst.Port = uint16(t.SrcPort), uint16(t.DstPort)
		f := l.flow(src, dst, false)
		f.conv.Pieces = append(f.conv.Pieces, Piece{f.dir, t.Payload, at})
	case *layers.TCP:
		src.Port, dst.Port = uint16(t.SrcPort), uint16(t.DstPort)
		f := l.flow(src, dst, true)
		f.segment(t, at)
	}
}

func (l *loader) frame(t sense.FrameType, src, dst ward.Endpoint, b []byte, at ward.Time) {
	l.trace.Frames = append(l.trace.Frames, Frame{Type: t, Src: src, Dst: dst, B: b, Time: at})
}

func (l *loader) flow(src, dst ward.Endpoint, tcp bool) *flowState {
	a, b := netip.AddrPortFrom(src.IP, src.Port), netip.AddrPortFrom(dst.IP, dst.Port)
	if f := l.flows[flowKey{a, b}]; f != nil && f.conv.TCP == tcp {
		return f
	}
	c := &Conversation{TCP: tcp, Client: src, Server: dst}
	l.trace.Conversations = append(l.trace.Conversations, c)
	to := &flowState{conv: c, dir: sense.ToServer, wait: map[uint32][]byte{}}
	l.flows[flowKey{a, b}] = to
	l.flows[flowKey{b, a}] = &flowState{conv: c, dir: sense.ToClient, wait: map[uint32][]byte{}}
	return to
}

func (f *flowState) segment(t *layers.TCP, at ward.Time) {
	if t.SYN {
		f.next, f.have = t.Seq+1, true
		return
	}
	if len(t.Payload) == 0 {
		return
	}
	if !f.have {
		f.next, f.have = t.Seq, true
	}
	f.wait[t.Seq] = t.Payload
	for progress := true; progress; {
		progress = false
		for seq, b := range f.wait {
			ahead := int32(seq - f.next)
			if ahead > 0 {
				continue
			}
			delete(f.wait, seq)
			progress = true
			if skip := int(-ahead); skip < len(b) {
				f.conv.Pieces = append(f.conv.Pieces, Piece{f.dir, b[skip:], at})
				f.next += uint32(len(b) - skip)
			}
		}
	}
}
