package capture

import (
	"encoding/binary"
	"fmt"

	"wardkeeper/sense/wire"
	"wardkeeper/ward"
)

// pcap is the classic format.
type pcap struct {
	big  bool
	unit int64 // nanoseconds a fraction
	head int   // bytes of a record's header
	link int
	snap uint32
}

// newPcap reads a file header; nil if it is none.
func newPcap(b []byte) *pcap {
	p := &pcap{head: 16}
	for _, big := range []bool{false, true} {
		p.big = big
		switch p.u32(b) {
		case 0xa1b2c3d4:
			p.unit = 1000
		case 0xa1b23c4d:
			p.unit = 1
		case 0xa1b2cd34: // with 8 more bytes a record (Kuznetzov)
			p.unit, p.head = 1000, 24
		default:
			continue
		}
		if len(b) >= 24 {
			p.snap, p.link = p.u32(b[16:]), int(p.u32(b[20:])&0x0fffffff)
		}
		return p
	}
	return nil
}

func (p *pcap) u32(b []byte) uint32 {
	if p.big {
		return binary.BigEndian.Uint32(b)
	}
	return binary.LittleEndian.Uint32(b)
}

func (p *pcap) frame(f *file, b []byte, recs []wire.Record) ([]wire.Record, int, int, error) {
	at := 0
	for len(b)-at >= p.head {
		h := b[at:]
		size := int(p.u32(h[8:]))
		if size > maxRecord {
			return recs, at, 0, &FormatError{File: f.name, Packet: f.number, What: fmt.Sprintf("the next record claims %d bytes: damaged", size)}
		}
		end := p.head + size
		if len(h) < end {
			return recs, at, end, nil
		}
		f.number++
		t := ward.Time(int64(p.u32(h))*1e9 + int64(p.u32(h[4:]))*p.unit)
		recs = append(recs, wire.Record{Time: t, Link: p.link, Orig: max(int(p.u32(h[12:])), size), Data: h[p.head:end:end], Number: f.number})
		at += end
	}
	return recs, at, 0, nil
}
