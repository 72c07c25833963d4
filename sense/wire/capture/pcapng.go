package capture

import (
	"encoding/binary"
	"fmt"

	"wardkeeper/sense/wire"
	"wardkeeper/ward"
)

// Block types.
const (
	blockSection   = 0x0a0d0d0a
	blockInterface = 1
	blockPacket    = 2 // obsolete
	blockSimple    = 3
	blockEnhanced  = 6
)

// pcapng frames blocks; of what is not packets or interfaces nothing is kept.
type pcapng struct {
	big  bool
	base int // first interface of the current section in file.ifaces
	last ward.Time
}

func (p *pcapng) u32(b []byte) uint32 {
	if p.big {
		return binary.BigEndian.Uint32(b)
	}
	return binary.LittleEndian.Uint32(b)
}

func (p *pcapng) u16(b []byte) uint16 {
	if p.big {
		return binary.BigEndian.Uint16(b)
	}
	return binary.LittleEndian.Uint16(b)
}

func (p *pcapng) frame(f *file, b []byte, recs []wire.Record) ([]wire.Record, int, int, error) {
	at := 0
	damaged := func(what string) ([]wire.Record, int, int, error) {
		return recs, at, 0, &FormatError{File: f.name, Packet: f.number, What: what}
	}
	for len(b)-at >= 12 {
		h := b[at:]
		section := binary.BigEndian.Uint32(h) == blockSection
		if section {
			switch binary.BigEndian.Uint32(h[8:]) {
			case 0x1a2b3c4d:
				p.big = true
			case 0x4d3c2b1a:
				p.big = false
			default:
				return damaged("a section has no byte-order mark: damaged")
			}
		}
		size := int(p.u32(h[4:]))
		if size < 12 || size%4 != 0 || size > maxRecord {
			return damaged(fmt.Sprintf("the next block claims %d bytes: damaged", size))
		}
		if len(h) < size {
			return recs, at, size, nil
		}
		body := h[8 : size-4 : size-4]
		var err error
		switch t := p.u32(h); {
		case section:
			p.base = len(f.ifaces)
		case t == blockInterface:
			err = p.describe(f, body)
		case t == blockEnhanced || t == blockPacket || t == blockSimple:
			recs, err = p.packet(f, t, body, recs)
		}
		if err != nil {
			return recs, at, 0, err
		}
		at += size
	}
	return recs, at, 0, nil
}

func (p *pcapng) describe(f *file, b []byte) error {
	if len(b) < 8 {
		return &FormatError{File: f.name, Packet: f.number, What: "an interface block is cut short: damaged"}
	}
	if len(f.ifaces) >= maxInterfaces {
		return &FormatError{File: f.name, Packet: f.number, What: fmt.Sprintf("more than %d interfaces", maxInterfaces)}
	}
	i := iface{link: int(p.u16(b)), snap: p.u32(b[4:]), perTick: 1000}
	b = b[8:]
	for len(b) >= 4 {
		code, n := p.u16(b), int(p.u16(b[2:]))
		b = b[4:]
		if code == 0 || n > len(b) {
			break
		}
		v := b[:n]
		switch {
		case code == 2:
			i.name = string(v[:min(n, 64)])
		case code == 9 && n == 1:
			i.resolution(v[0])
		case code == 14 && n == 8:
			lo, hi := p.u32(v), p.u32(v[4:])
			if p.big {
				lo, hi = hi, lo
			}
			i.offset = int64(uint64(hi)<<32 | uint64(lo))
		}
		b = b[min(len(b), (n+3)&^3):]
	}
	f.ifaces = append(f.ifaces, i)
	return nil
}

// resolution reads if_tsresol: a negative power of 10, or of 2 with the top bit.
func (i *iface) resolution(v byte) {
	e := uint64(v & 0x7f)
	i.perTick, i.ticks = 0, 1
	switch {
	case v&0x80 != 0 && e < 63:
		i.ticks = 1 << e
	case v&0x80 == 0 && e <= 9:
		i.perTick = 1
		for ; e < 9; e++ {
			i.perTick *= 10
		}
	case v&0x80 == 0 && e <= 18:
		for ; e > 0; e-- {
			i.ticks *= 10
		}
	default:
		i.perTick = 1000
	}
}

func (p *pcapng) packet(f *file, t uint32, b []byte, recs []wire.Record) ([]wire.Record, error) {
	bad := func(what string) ([]wire.Record, error) {
		return recs, &FormatError{File: f.name, Packet: f.number, What: what + ": damaged"}
	}
	head := 20
	if t == blockSimple {
		head = 4
	}
	if len(b) < head {
		return bad("a packet block is cut short")
	}
	id := 0
	switch t {
	case blockEnhanced:
		id = int(p.u32(b))
	case blockPacket:
		id = int(p.u16(b))
	}
	if id >= len(f.ifaces)-p.base {
		return bad(fmt.Sprintf("a packet names interface %d, which was not described", id))
	}
	i := &f.ifaces[p.base+id]
	var size, orig int
	when := p.last // simple blocks have no time
	if t == blockSimple {
		orig = int(p.u32(b))
		size = min(orig, len(b)-head)
		if i.snap > 0 {
			size = min(size, int(i.snap))
		}
	} else {
		size, orig = int(p.u32(b[12:])), int(p.u32(b[16:]))
		when = i.stamp(uint64(p.u32(b[4:]))<<32 | uint64(p.u32(b[8:])))
	}
	if size > len(b)-head {
		return bad("a packet is longer than its block")
	}
	p.last = when
	f.number++
	return append(recs, wire.Record{Time: when, Source: p.base + id, Link: i.link, Orig: max(orig, size), Data: b[head : head+size : head+size], Number: f.number}), nil
}
