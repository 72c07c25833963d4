// Package bacnet reads BACnet/IP: virtual link control (ANSI/ASHRAE 135 annex J),
// the network layer (clause 6) and application services (clauses 13 to 16, encoding
// of clause 20).
//
// A device behind a BACnet router has no address of its own here: it is sighted by
// its device instance, under the subject key "bacnet".
package bacnet

import (
	"encoding/binary"
	"net/netip"

	"wardkeeper/sense"
)

const (
	port = 47808
	// typeIP is the first octet of every BACnet/IP message, annex J.2.
	typeIP     = 0x81
	headerSize = 4
)

// Functions of annex J.2.
const (
	bvlcForwarded   = 4
	bvlcDistribute  = 9
	bvlcUnicast     = 10
	bvlcBroadcast   = 11
	maxBVLCFunction = 12
)

// Analyzer returns the analyzer.
func Analyzer() sense.Analyzer {
	return sense.Analyzer{
		Name: "bacnet", Doc: "ANSI/ASHRAE 135 annex J, clauses 6 and 20", Transports: sense.UDP, Ports: []uint16{port},
		Probe:        probe,
		NewDatagrams: func(*sense.Context) sense.Datagrams { return bacnet{} },
	}
}

func probe(_ sense.Dir, b []byte, _ uint16) sense.Verdict {
	if len(b) < headerSize || b[0] != typeIP || b[1] > maxBVLCFunction || int(binary.BigEndian.Uint16(b[2:])) != len(b) {
		return sense.No
	}
	f, ok := readFrame(b)
	if ok && (f.npdu == nil || f.npdu[0] == 1) {
		return sense.Yes
	}
	return sense.No
}

// frame is a message of the virtual link.
type frame struct {
	function byte
	npdu     []byte // nil where the function carries none
	origin   netip.Addr
}

func readFrame(b []byte) (f frame, ok bool) {
	if len(b) < headerSize || b[0] != typeIP {
		return f, false
	}
	n := int(binary.BigEndian.Uint16(b[2:]))
	if n < headerSize || n > len(b) {
		return f, false
	}
	f.function = b[1]
	switch f.function {
	case bvlcForwarded:
		if n < headerSize+6+2 {
			return f, false
		}
		f.origin, f.npdu = netip.AddrFrom4([4]byte(b[4:8])), b[headerSize+6:n]
	case bvlcDistribute, bvlcUnicast, bvlcBroadcast:
		if n < headerSize+2 {
			return f, false
		}
		f.npdu = b[headerSize:n]
	}
	return f, true
}

// network is what the network layer says, clause 6.2.
type network struct {
	message byte // of the network layer itself; 0xff where apdu is set
	apdu    []byte
	routed  bool // the source is on a network behind a router
}

func readNetwork(b []byte) (n network, ok bool) {
	if len(b) < 2 || b[0] != 1 {
		return n, false
	}
	control := b[1]
	b = b[2:]
	skip := func() bool { // network number, length, address
		if len(b) < 3 || len(b) < 3+int(b[2]) {
			return false
		}
		b = b[3+int(b[2]):]
		return true
	}
	if control&0x20 != 0 && !skip() {
		return n, false
	}
	if control&0x08 != 0 {
		n.routed = true
		if !skip() {
			return n, false
		}
	}
	if control&0x20 != 0 { // hop count
		if len(b) < 1 {
			return n, false
		}
		b = b[1:]
	}
	if len(b) < 1 {
		return n, false
	}
	if control&0x80 != 0 {
		n.message = b[0]
		return n, true
	}
	n.message, n.apdu = 0xff, b
	return n, true
}

// tagged is one tagged element, clause 20.2.1.
type tagged struct {
	number      byte
	context     bool
	open, close bool
	value       []byte
}

// next reads one element and returns what follows it.
func next(b []byte) (t tagged, rest []byte, ok bool) {
	if len(b) < 1 {
		return t, nil, false
	}
	t.number, t.context = b[0]>>4, b[0]&8 != 0
	kind := b[0] & 7
	b = b[1:]
	if t.number == 15 {
		if len(b) < 1 {
			return t, nil, false
		}
		t.number, b = b[0], b[1:]
	}
	switch {
	case t.context && kind == 6:
		t.open = true
		return t, b, true
	case t.context && kind == 7:
		t.close = true
		return t, b, true
	case !t.context && t.number == 1: // a boolean's value stands in the length
		return t, b, true
	}
	n := int(kind)
	if kind == 5 {
		if len(b) < 1 {
			return t, nil, false
		}
		n, b = int(b[0]), b[1:]
		switch {
		case n == 254 && len(b) >= 2:
			n, b = int(binary.BigEndian.Uint16(b)), b[2:]
		case n == 255 && len(b) >= 4:
			n, b = int(binary.BigEndian.Uint32(b)), b[4:]
		case n >= 254:
			return t, nil, false
		}
	}
	if n < 0 || n > len(b) {
		return t, nil, false
	}
	t.value = b[:n]
	return t, b[n:], true
}

// unsigned reads an unsigned or enumerated value of up to four octets.
func unsigned(v []byte) (n uint32, ok bool) {
	if len(v) == 0 || len(v) > 4 {
		return 0, false
	}
	for _, b := range v {
		n = n<<8 | uint32(b)
	}
	return n, true
}

// object is an object identifier, clause 20.2.14.
type object struct {
	kind     uint16
	instance uint32
}

const kindDevice = 8

func readObject(v []byte) (o object, ok bool) {
	if len(v) != 4 {
		return o, false
	}
	n := binary.BigEndian.Uint32(v)
	return object{uint16(n >> 22), n & 0x3fffff}, true
}
