package wire

import (
	"net/netip"
	"strconv"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// flow is one conversation in a shard's table.
type flow struct {
	key        flowKey
	hash       uint32
	list       listID
	prev, next *flow

	clientB   bool // the client is the key's end b
	guessed   bool // who is client was guessed
	midstream bool
	skip      bool // counted, but neither kept nor fed
	waits     bool // listed as holding segments
	seen      [2]bool
	state     string
	source    uint16
	number    uint64 // of its first packet
	vlan      uint16

	start, last, partStart ward.Time
	queued                 ward.Time // when it was put into its list
	part                   uint32
	mac                    [2]ward.MAC // client, server
	packets, bytes         [2]uint64
	missing                [2]uint64
	wire, copies, messages uint64
	isn                    [2]uint32
	syn                    [2]bool

	tcp      *tcpState
	app      *app
	probe    *probing
	vantages []ward.Vantage
}

// Flow states as they leave.
const (
	stateNew     = "new"
	stateOpen    = "open"
	stateClosed  = "closed"
	stateReset   = "reset"
	stateTimeout = "timeout"
	stateEvicted = "evicted"
)

// listID names the queue that a flow waits in to be forgotten.
type listID uint8

const (
	listNew    listID = iota // seen from one side or without data: first to go
	listUDP                  // datagrams and other protocols
	listOpen                 // established TCP
	listClosed               // ended, lingering for late packets
	lists
)

// flowList is a queue, least recently queued first.
type flowList struct{ head, tail *flow }

func (l *flowList) push(f *flow) {
	f.prev, f.next = l.tail, nil
	if l.tail != nil {
		l.tail.next = f
	} else {
		l.head = f
	}
	l.tail = f
}

func (l *flowList) remove(f *flow) {
	if f.prev != nil {
		f.prev.next = f.next
	} else {
		l.head = f.next
	}
	if f.next != nil {
		f.next.prev = f.prev
	} else {
		l.tail = f.prev
	}
	f.prev, f.next = nil, nil
}

// dir returns the direction of a packet sent by end b or a.
func (f *flow) dir(fromB bool) sense.Dir {
	if fromB == f.clientB {
		return sense.ToServer
	}
	return sense.ToClient
}

// turn exchanges client and server, when the guess proves wrong.
func (f *flow) turn() {
	f.clientB = !f.clientB
	f.mac[0], f.mac[1] = f.mac[1], f.mac[0]
	f.packets[0], f.packets[1] = f.packets[1], f.packets[0]
	f.bytes[0], f.bytes[1] = f.bytes[1], f.bytes[0]
	f.missing[0], f.missing[1] = f.missing[1], f.missing[0]
	f.seen[0], f.seen[1] = f.seen[1], f.seen[0]
	f.isn[0], f.isn[1] = f.isn[1], f.isn[0]
	f.syn[0], f.syn[1] = f.syn[1], f.syn[0]
	if f.tcp != nil {
		f.tcp.half[0], f.tcp.half[1] = f.tcp.half[1], f.tcp.half[0]
	}
	if f.probe != nil {
		f.probe.turn()
	}
}

// ends returns client and server.
func (f *flow) ends() (client, server ward.Endpoint) {
	a := ward.Endpoint{IP: netip.AddrFrom16(f.key.a).Unmap(), Port: f.key.ap}
	b := ward.Endpoint{IP: netip.AddrFrom16(f.key.b).Unmap(), Port: f.key.bp}
	if f.clientB {
		a, b = b, a
	}
	a.MAC, b.MAC = f.mac[0], f.mac[1]
	return a, b
}

func (f *flow) zone() uint16 { return f.key.zone }

func (f *flow) serverPort() uint16 {
	if f.clientB {
		return f.key.ap
	}
	return f.key.bp
}

// transport names the protocol above IP.
func transport(proto uint8) string {
	switch proto {
	case protoTCP:
		return "tcp"
	case protoUDP:
		return "udp"
	case protoICMP:
		return "icmp"
	case protoICMP6:
		return "icmp6"
	}
	return "ip/" + strconv.Itoa(int(proto))
}

// maxVantages is how many places a flow remembers having been seen at.
const maxVantages = 8

// vantage counts a packet for the place that showed it. Most flows are seen at one
// place only, for which nothing is kept.
func (f *flow) vantage(p *packet) {
	if f.vantages == nil {
		if p.source == f.source && p.vlan == f.vlan {
			return
		}
		f.vantages = append(f.vantages, ward.Vantage{Interface: f.source, VLAN: f.vlan, Packets: f.packets[0] + f.packets[1]})
	}
	for i := range f.vantages {
		if v := &f.vantages[i]; v.Interface == p.source && v.VLAN == p.vlan {
			v.Packets++
			return
		}
	}
	if len(f.vantages) < maxVantages {
		f.vantages = append(f.vantages, ward.Vantage{Interface: p.source, VLAN: p.vlan, Packets: 1})
	}
}
