package canary

import (
	"encoding/binary"
	"net"
	"net/netip"
	"os"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
)

// Link types that a Net writes.
const (
	Ethernet = 1
	HCI      = 201
	BLE      = 251
)

// Turn is what one side says.
type Turn struct {
	Down bool // the server says it
	B    []byte
}

// Up is a client's turn, Down a server's.
func Up(b ...[]byte) Turn   { return Turn{false, join(b...)} }
func Down(b ...[]byte) Turn { return Turn{true, join(b...)} }

// Net is a network on which every conversation has hosts of its own.
type Net struct {
	Frames   [][]byte
	Expected map[string]string // client's address (MAC or IP) → protocol that must be recognised

	host int
}

// NewNet returns a silent network.
func NewNet() *Net { return &Net{Expected: map[string]string{}} }

type pair struct {
	mac [2]net.HardwareAddr
	ip  [2]netip.Addr
}

// hosts returns a client and a server that nobody had before.
func (n *Net) hosts() pair {
	n.host++
	var p pair
	for i := range 2 {
		p.mac[i] = net.HardwareAddr{0x00, 0x04, byte(0x9f + i), byte(n.host >> 16), byte(n.host >> 8), byte(n.host)}
		p.ip[i] = netip.AddrFrom4([4]byte{10, byte(60 + i + 2*(n.host>>16)), byte(n.host >> 8), byte(n.host)})
	}
	return p
}

func (n *Net) expect(p pair, protocol string) {
	n.Expected[p.ip[0].String()] = protocol
}

func (n *Net) ethernet(p pair, dir int, l ...gopacket.SerializableLayer) {
	ip := &layers.IPv4{Version: 4, TTL: 64, Id: uint16(len(n.Frames)), SrcIP: p.ip[dir].AsSlice(), DstIP: p.ip[1-dir].AsSlice()}
	e := &layers.Ethernet{SrcMAC: p.mac[dir], DstMAC: p.mac[1-dir], EthernetType: layers.EthernetTypeIPv4}
	switch t := l[0].(type) {
	case *layers.TCP:
		ip.Protocol = layers.IPProtocolTCP
		check(t.SetNetworkLayerForChecksum(ip))
	case *layers.UDP:
		ip.Protocol = layers.IPProtocolUDP
		check(t.SetNetworkLayerForChecksum(ip))
	case *layers.ICMPv4:
		ip.Protocol = layers.IPProtocolICMPv4
	}
	b := gopacket.NewSerializeBuffer()
	check(gopacket.SerializeLayers(b, gopacket.SerializeOptions{FixLengths: true, ComputeChecksums: true}, append([]gopacket.SerializableLayer{e, ip}, l...)...))
	n.Frames = append(n.Frames, b.Bytes())
}

func check(err error) {
	if err != nil {
		panic(err) // the messages are our own
	}
}

const segment = 1400

// TCP adds a whole connection: handshake, turns, close.
func (n *Net) TCP(protocol string, port int, turns ...Turn) {
	p := n.hosts()
	n.expect(p, protocol)
	var seq [2]uint32
	send := func(dir int, t *layers.TCP, b []byte) {
		t.SrcPort, t.DstPort = layers.TCPPort(49000+n.host%10000), layers.TCPPort(port)
		if dir == 1 {
			t.SrcPort, t.DstPort = t.DstPort, t.SrcPort
		}
		t.Seq, t.Ack, t.Window = seq[dir], seq[1-dir], 0xffff
		n.ethernet(p, dir, t, gopacket.Payload(b))
		seq[dir] += uint32(len(b))
		if t.SYN || t.FIN {
			seq[dir]++
		}
	}
	send(0, &layers.TCP{SYN: true}, nil)
	send(1, &layers.TCP{SYN: true, ACK: true}, nil)
	send(0, &layers.TCP{ACK: true}, nil)
	for _, t := range turns {
		dir := 0
		if t.Down {
			dir = 1
		}
		for b := t.B; len(b) > 0; {
			k := min(len(b), segment)
			send(dir, &layers.TCP{ACK: true, PSH: true}, b[:k])
			b = b[k:]
		}
	}
	send(0, &layers.TCP{FIN: true, ACK: true}, nil)
	send(1, &layers.TCP{FIN: true, ACK: true}, nil)
	send(0, &layers.TCP{ACK: true}, nil)
}

// UDP adds datagrams between two hosts; from port 0 is any.
func (n *Net) UDP(protocol string, from, port int, turns ...Turn) {
	p := n.hosts()
	n.expect(p, protocol)
	if from == 0 {
		from = 49000 + n.host%10000
	}
	for _, t := range turns {
		u := &layers.UDP{SrcPort: layers.UDPPort(from), DstPort: layers.UDPPort(port)}
		dir := 0
		if t.Down {
			u.SrcPort, u.DstPort, dir = u.DstPort, u.SrcPort, 1
		}
		n.ethernet(p, dir, u, gopacket.Payload(t.B))
	}
}

// ICMP adds an echo request.
func (n *Net) ICMP(payload []byte) {
	p := n.hosts()
	n.expect(p, "icmp")
	n.ethernet(p, 0, &layers.ICMPv4{TypeCode: layers.CreateICMPv4TypeCode(8, 0), Id: 1, Seq: 1}, gopacket.Payload(payload))
}

// Link adds a frame of Ethernet with an EtherType, or of LLC for a type of 0.
func (n *Net) Link(protocol string, to net.HardwareAddr, kind uint16, payload []byte) {
	p := n.hosts()
	n.Expected[p.mac[0].String()] = protocol
	b := append(append([]byte{}, to...), p.mac[0]...)
	if kind == 0 {
		kind = uint16(len(payload))
	}
	n.Frames = append(n.Frames, append(binary.BigEndian.AppendUint16(b, kind), payload...))
}

// start is when the traffic begins; a packet each millisecond.
var start = time.Date(2031, 5, 17, 6, 0, 0, 0, time.UTC)

// WritePcap writes frames of a link type into a file.
func WritePcap(path string, link int, frames [][]byte) error {
	f, err := os.Create(path)
	if err != nil {
		return err
	}
	defer f.Close()
	w := pcapgo.NewWriter(f)
	if err := w.WriteFileHeader(262144, layers.LinkType(link)); err != nil {
		return err
	}
	for i, b := range frames {
		ci := gopacket.CaptureInfo{Timestamp: start.Add(time.Duration(i) * time.Millisecond), CaptureLength: len(b), Length: len(b)}
		if err := w.WritePacket(ci, b); err != nil {
			return err
		}
	}
	return f.Close()
}
