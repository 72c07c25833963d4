package capture

import (
	"encoding/binary"
	"fmt"
	"math"
	"math/bits"

	"wardkeeper/ward"
)

// Block types.
const (
	blockSection    = 0x0a0d0d0a
	blockInterface  = 1
	blockPacket     = 2 // obsolete
	blockSimple     = 3
	blockStatistics = 5
	blockEnhanced   = 6

	byteOrderMagic = 0x1a2b3c4d
	blockFrame     = 12 // type and length before a block's body, length after
)

// frameBlocks goes through the blocks of a pcapng and frames their packets. Blocks
// of other types (comments, names, decryption secrets ...) are passed over.
func frameBlocks(r *Reader, b []byte, recs []Record) (f framed) {
	for f.records < len(recs) {
		rest := b[f.consumed:]
		if len(rest) < blockFrame {
			f.need = blockFrame
			return f
		}
		if binary.BigEndian.Uint32(rest) == blockSection {
			switch {
			case binary.LittleEndian.Uint32(rest[8:]) == byteOrderMagic:
				r.order = binary.LittleEndian
			case binary.BigEndian.Uint32(rest[8:]) == byteOrderMagic:
				r.order = binary.BigEndian
			default:
				f.what = "a section begins without a known byte order: the file is damaged from here on"
				return f
			}
		}
		size := r.order.Uint32(rest[4:])
		if size > maxRecord {
			f.what = tooLarge(uint64(size))
			return f
		}
		size = (size + 3) &^ 3 // some programs leave the padding out of the length
		if size < blockFrame {
			f.what = fmt.Sprintf("is in a block of %d bytes: the file is damaged from here on", size)
			return f
		}
		if f.need = int(size); f.need > len(rest) {
			return f
		}
		block := rest[:size:size]
		if end := r.order.Uint32(block[size-4:]); (end+3)&^3 != size {
			f.what = "is in a block whose two lengths differ: the file is damaged from here on"
			return f
		}
		packet, what := r.block(r.order.Uint32(block), block[8:size-4], &recs[f.records])
		if what != "" {
			f.what = what
			return f
		}
		if packet {
			r.number++
			recs[f.records].Number = r.number
			recs[f.records].Capture = 0
			f.records++
		}
		f.consumed += int(size)
	}
	return f
}

// block reads one block's body. It reports whether that was a packet, or what is wrong.
func (r *Reader) block(kind uint32, b []byte, rec *Record) (packet bool, what string) {
	switch kind {
	case blockSection:
		if len(b) < 16 {
			return false, "a section's header is too short: the file is damaged from here on"
		}
		if v := r.order.Uint16(b[4:]); v != 1 {
			return false, fmt.Sprintf("is in a pcapng section of version %d: only version 1 is known", v)
		}
		r.section = len(r.interfaces)
	case blockInterface:
		return false, r.addInterface(b)
	case blockStatistics:
		r.statistics(b)
	case blockEnhanced:
		if len(b) < 20 {
			return false, shortBlock
		}
		return r.packet(rec, r.order.Uint32(b), uint64(r.order.Uint32(b[4:]))<<32|uint64(r.order.Uint32(b[8:])),
			r.order.Uint32(b[12:]), r.order.Uint32(b[16:]), b[20:])
	case blockPacket:
		if len(b) < 20 {
			return false, shortBlock
		}
		packet, what = r.packet(rec, uint32(r.order.Uint16(b)), uint64(r.order.Uint32(b[4:]))<<32|uint64(r.order.Uint32(b[8:])),
			r.order.Uint32(b[12:]), r.order.Uint32(b[16:]), b[20:])
		if drops := r.order.Uint16(b[2:]); packet && drops != math.MaxUint16 {
			r.interfaces[rec.Interface].Dropped += uint64(drops)
		}
		return packet, what
	case blockSimple:
		return r.simple(rec, b)
	}
	return false, ""
}

const (
	shortBlock  = "is in a block too short for it: the file is damaged from here on"
	noInterface = "came from an interface that the file does not describe: the file is damaged from here on"
)

func (r *Reader) packet(rec *Record, iface uint32, stamp uint64, size, orig uint32, data []byte) (bool, string) {
	if uint64(iface) >= uint64(len(r.interfaces)-r.section) {
		return false, noInterface
	}
	if uint64(size) > uint64(len(data)) {
		return false, shortBlock
	}
	rec.Interface = r.section + int(iface)
	i := &r.interfaces[rec.Interface]
	t, ok := i.clock.time(stamp)
	if !ok {
		r.badTimes++
		t = r.last
	}
	r.last = t
	rec.Time, rec.Link, rec.Orig, rec.Data = t, i.Link, int(orig), data[:size:size]
	return true, ""
}

// simple reads a Simple Packet Block: it has no time, so it gets that of the packet
// before.
func (r *Reader) simple(rec *Record, b []byte) (bool, string) {
	if len(r.interfaces) == r.section {
		return false, noInterface
	}
	if len(b) < 4 {
		return false, shortBlock
	}
	i := &r.interfaces[r.section]
	orig := r.order.Uint32(b)
	size := uint64(orig)
	if i.Snaplen > 0 {
		size = min(size, uint64(i.Snaplen))
	}
	if size > uint64(len(b)-4) {
		return false, shortBlock
	}
	rec.Interface, rec.Time, rec.Link, rec.Orig = r.section, r.last, i.Link, int(orig)
	rec.Data = b[4 : 4+size : 4+size]
	return true, ""
}

// Options that are read.
const (
	optionEnd       = 0
	ifName          = 2
	ifDescription   = 3
	ifResolution    = 9
	ifOffset        = 14
	statReceived    = 4
	statDropped     = 5
	statSystemDrops = 7
)

func (r *Reader) addInterface(b []byte) (what string) {
	if len(b) < 8 {
		return "an interface's description is too short: the file is damaged from here on"
	}
	if len(r.interfaces) >= maxInterfaces {
		return fmt.Sprintf("the file has more than %d interfaces", maxInterfaces)
	}
	i := Interface{Link: int(r.order.Uint16(b)), clock: clock{digits: 6}}
	if snap := r.order.Uint32(b[4:]); snap <= maxRecord {
		i.Snaplen = int(snap)
	}
	r.options(b[8:], func(code uint16, v []byte) {
		switch {
		case code == ifName:
			i.Name = string(v[:min(len(v), maxName)])
		case code == ifDescription:
			i.Description = string(v[:min(len(v), maxName)])
		case code == ifResolution && len(v) >= 1:
			i.clock.digits, i.clock.binary = v[0]&0x7f, v[0]&0x80 != 0
		case code == ifOffset && len(v) >= 8:
			i.clock.offset = int64(r.order.Uint64(v))
		}
	})
	r.interfaces = append(r.interfaces, i)
	return ""
}

func (r *Reader) statistics(b []byte) {
	if len(b) < 12 {
		return
	}
	iface := uint64(r.order.Uint32(b))
	if iface >= uint64(len(r.interfaces)-r.section) {
		return
	}
	i := &r.interfaces[r.section+int(iface)]
	var dropped uint64
	r.options(b[12:], func(code uint16, v []byte) {
		if len(v) < 8 {
			return
		}
		switch n := r.order.Uint64(v); code {
		case statReceived:
			i.Received = n
		case statDropped, statSystemDrops:
			dropped += n
		}
	})
	i.Dropped = max(i.Dropped, dropped)
}

// options calls each for every option; damaged ones end the list.
func (r *Reader) options(b []byte, each func(code uint16, value []byte)) {
	for len(b) >= 4 {
		code, n := r.order.Uint16(b), int(r.order.Uint16(b[2:]))
		if b = b[4:]; code == optionEnd || n > len(b) {
			return
		}
		each(code, b[:n])
		b = b[min(len(b), (n+3)&^3):]
	}
}

// clock says what an interface's time stamps count.
type clock struct {
	digits byte // stamps are in 10^-digits seconds, or 2^-digits
	binary bool
	offset int64 // seconds to be added
}

// time converts a stamp; false if the result is before 1970 or after 2262.
func (c *clock) time(stamp uint64) (ward.Time, bool) {
	var ns uint64
	switch {
	case c.binary && c.digits > 63:
		ns = 0
	case c.binary:
		hi, lo := bits.Mul64(stamp, 1e9)
		if hi>>c.digits != 0 {
			return 0, false
		}
		ns = lo>>c.digits | hi<<(64-c.digits)
	case c.digits <= 9:
		hi, lo := bits.Mul64(stamp, power10(9-c.digits))
		if hi != 0 {
			return 0, false
		}
		ns = lo
	case c.digits <= 28:
		ns = stamp / power10(c.digits-9)
	}
	if ns > math.MaxInt64 {
		return 0, false
	}
	if c.offset != 0 {
		const most = math.MaxInt64 / 1_000_000_000
		if c.offset > most || c.offset < -most {
			return 0, false
		}
		t := c.offset*1e9 + int64(ns)
		if t < 0 || c.offset > 0 && t < int64(ns) {
			return 0, false
		}
		return ward.Time(t), true
	}
	return ward.Time(ns), true
}

func power10(n byte) uint64 {
	p := uint64(1)
	for range n {
		p *= 10
	}
	return p
}
