package filter

import (
	"encoding/binary"
	"fmt"

	"golang.org/x/net/bpf"
)

// Numbers of link types and EtherTypes.
const (
	linkNull     = 0
	linkEthernet = 1
	linkRaw12    = 12
	linkRaw14    = 14
	linkRaw      = 101
	linkLoop     = 108
	linkSLL      = 113
	linkIP4      = 228
	linkIP6      = 229
	linkSLL2     = 276

	etherIP4  = 0x0800
	etherARP  = 0x0806
	etherRARP = 0x8035
	etherVLAN = 0x8100
	etherQinQ = 0x88a8
	etherOld  = 0x9100
	etherIP6  = 0x86dd
	maxLLC    = 1500 // up to here the field is a length

	protoFragment = 44 // IPv6 extension header
)

// layout says where a link type has its fields.
type layout struct {
	etherType int  // offset of the EtherType; -1: the IP version says it
	payload   int  // offset of the network layer
	ethernet  bool // has hardware addresses and VLAN tags
	stripped  bool // live: the kernel took the outer VLAN tag off the packet
}

func layoutOf(link int) (layout, error) {
	switch link {
	case linkEthernet:
		return layout{etherType: 12, payload: 14, ethernet: true}, nil
	case linkSLL:
		return layout{etherType: 14, payload: 16}, nil
	case linkSLL2:
		return layout{etherType: 0, payload: 20}, nil
	case linkNull, linkLoop:
		return layout{etherType: -1, payload: 4}, nil
	case linkRaw, linkRaw12, linkRaw14, linkIP4, linkIP6:
		return layout{etherType: -1}, nil
	}
	return layout{}, fmt.Errorf("filter: cannot look into packets of link type %d", link)
}

// cond is a condition made of tests of packet bytes.
type cond struct {
	op   kind // kindAnd, kindOr, kindNot; else a test
	kids []cond
	test test
}

const kindTest kind = 255

// test loads a value and compares it.
type test struct {
	extension bpf.Extension // instead of bytes, if set
	extended  bool
	size, off int
	header    int // if indexed: offset of the IPv4 header whose length is added
	indexed   bool
	mask      uint32 // 0: all
	is        bpf.JumpTest
	value     uint32
}

func all(kids ...cond) cond  { return cond{op: kindAnd, kids: kids} }
func some(kids ...cond) cond { return cond{op: kindOr, kids: kids} }
func not(c cond) cond        { return cond{op: kindNot, kids: []cond{c}} }
func check(t test) cond      { return cond{op: kindTest, test: t} }

func equal(size, off int, value uint32) cond {
	return check(test{size: size, off: off, is: bpf.JumpEqual, value: value})
}

func masked(size, off int, mask, value uint32) cond {
	return check(test{size: size, off: off, mask: mask, is: bpf.JumpEqual, value: value})
}

// lowerer turns nodes into conditions for one layout.
type lowerer struct {
	layout
	err error
}

func (l *lowerer) node(n *node) cond {
	switch n.kind {
	case kindAnd:
		return all(l.node(n.a), l.node(n.b))
	case kindOr:
		return some(l.node(n.a), l.node(n.b))
	case kindNot:
		return not(l.node(n.a))
	case kindLess:
		return check(test{extended: true, extension: bpf.ExtLen, is: bpf.JumpLessOrEqual, value: n.lo})
	case kindGreater:
		return check(test{extended: true, extension: bpf.ExtLen, is: bpf.JumpGreaterOrEqual, value: n.lo})
	case kindHost:
		return l.host(n)
	case kindPort:
		return l.port(n)
	case kindProto:
		return l.protocol(n)
	case kindEtherProto:
		return l.type_(n, n.lo)
	case kindVLAN:
		return l.vlan(n)
	}
	return l.hardware(n)
}

// shift is how far vlan keywords before a node move what it looks at.
func (l *lowerer) shift(n *node) int {
	if l.stripped && n.depth > 0 {
		return 4 * (n.depth - 1)
	}
	return 4 * n.depth
}

// at is the offset of a byte of the network layer.
func (l *lowerer) at(n *node, off int) int { return l.payload + l.shift(n) + off }

// type_ asks for an EtherType.
func (l *lowerer) type_(n *node, v uint32) cond {
	if l.etherType >= 0 {
		return equal(2, l.etherType+l.shift(n), v)
	}
	switch v {
	case etherIP4:
		return masked(1, l.payload, 0xf0, 0x40)
	case etherIP6:
		return masked(1, l.payload, 0xf0, 0x60)
	}
	return some() // never
}

func (l *lowerer) needEthernet(what string) bool {
	if !l.ethernet && l.err == nil {
		l.err = fmt.Errorf("filter: %q needs Ethernet packets, these have no Ethernet header", what)
	}
	return l.ethernet
}

func (l *lowerer) vlan(n *node) cond {
	if !l.needEthernet("vlan") {
		return some()
	}
	if l.stripped && n.depth == 0 {
		if n.any {
			return all() // this program runs for such packets only
		}
		return check(test{extended: true, extension: bpf.ExtVLANTag, mask: 0xfff, is: bpf.JumpEqual, value: n.lo})
	}
	tag := some(l.type_(n, etherVLAN), l.type_(n, etherQinQ), l.type_(n, etherOld))
	if n.any {
		return tag
	}
	return all(tag, masked(2, l.at(n, 0), 0xfff, n.lo))
}

func (l *lowerer) hardware(n *node) cond {
	switch n.kind {
	case kindMulticast:
		if !l.needEthernet("multicast") {
			return some()
		}
		return check(test{size: 1, is: bpf.JumpBitsSet, value: 1})
	case kindBroadcast:
		if !l.needEthernet("broadcast") {
			return some()
		}
		return mac(0, [6]byte{255, 255, 255, 255, 255, 255})
	}
	if !l.needEthernet("ether host") {
		return some()
	}
	return ends(n.dir, mac(6, n.mac), mac(0, n.mac))
}

func mac(off int, m [6]byte) cond {
	return all(equal(4, off+2, binary.BigEndian.Uint32(m[2:])), equal(2, off, uint32(binary.BigEndian.Uint16(m[:]))))
}

// ends joins the questions of the two ends.
func ends(d dir, src, dst cond) cond {
	switch d {
	case dirSrc:
		return src
	case dirDst:
		return dst
	case dirBoth:
		return all(src, dst)
	}
	return some(src, dst)
}

func (l *lowerer) host(n *node) cond {
	if n.prefix.Addr().Is6() {
		return all(l.type_(n, etherIP6), ends(n.dir, l.words(n, 8), l.words(n, 24)))
	}
	one := func(proto string, etherType uint32, src, dst int) cond {
		if n.proto != "" && n.proto != proto {
			return some()
		}
		return all(l.type_(n, etherType), ends(n.dir, l.words(n, src), l.words(n, dst)))
	}
	return some(one("ip", etherIP4, 12, 16), one("arp", etherARP, 14, 24), one("rarp", etherRARP, 14, 24))
}

// words compares an address under its mask.
func (l *lowerer) words(n *node, off int) cond {
	bits := n.prefix.Bits()
	b := n.prefix.Addr().AsSlice()
	out := all()
	for i := 0; i < len(b) && bits > 0; i += 4 {
		mask := ^uint32(0) << (32 - min(bits, 32))
		out.kids = append(out.kids, masked(4, l.at(n, off+i), mask, binary.BigEndian.Uint32(b[i:])))
		bits -= 32
	}
	return out
}

func (l *lowerer) protocol(n *node) cond {
	v4 := all(l.type_(n, etherIP4), equal(1, l.at(n, 9), n.lo))
	next := l.at(n, 6)
	v6 := all(l.type_(n, etherIP6), some(equal(1, next, n.lo), all(equal(1, next, protoFragment), equal(1, l.at(n, 40), n.lo))))
	switch n.proto {
	case "ip":
		return v4
	case "ip6":
		return v6
	}
	return some(v4, v6)
}

func (l *lowerer) port(n *node) cond {
	protos := func(off int) cond {
		if n.proto != "" {
			return equal(1, off, ipNumbers[n.proto])
		}
		return some(equal(1, off, ipNumbers["sctp"]), equal(1, off, ipNumbers["tcp"]), equal(1, off, ipNumbers["udp"]))
	}
	unfragmented := not(check(test{size: 2, off: l.at(n, 6), is: bpf.JumpBitsSet, value: 0x1fff}))
	v4 := all(l.type_(n, etherIP4), protos(l.at(n, 9)), unfragmented,
		ends(n.dir, l.within(n, test{size: 2, off: l.at(n, 0), indexed: true}), l.within(n, test{size: 2, off: l.at(n, 2), indexed: true})))
	v6 := all(l.type_(n, etherIP6), protos(l.at(n, 6)),
		ends(n.dir, l.within(n, test{size: 2, off: l.at(n, 40)}), l.within(n, test{size: 2, off: l.at(n, 42)})))
	return some(v6, v4)
}

// within asks whether a port lies in the node's range.
func (l *lowerer) within(n *node, t test) cond {
	t.header = l.at(n, 0)
	if n.lo == n.hi {
		t.is, t.value = bpf.JumpEqual, n.lo
		return check(t)
	}
	low, high := t, t
	low.is, low.value = bpf.JumpGreaterOrEqual, n.lo
	high.is, high.value = bpf.JumpLessOrEqual, n.hi
	return all(check(low), check(high))
}
