package dns

import (
	"encoding/binary"
	"net/netip"
)

const (
	headerSize = 12
	// maxName is the longest name, RFC 1035 section 3.1.
	maxName = 255
	// maxJumps is how many compression pointers a name may follow. Pointers must
	// also lead backwards, so names always end.
	maxJumps = 16
	// maxRecords is how many records of one message are looked at.
	maxRecords = 4096
)

// Record types that are looked into.
const (
	typeA     = 1
	typeNS    = 2
	typeCNAME = 5
	typePTR   = 12
	typeHINFO = 13
	typeTXT   = 16
	typeAAAA  = 28
	typeNB    = 32
	typeSRV   = 33 // NBSTAT in NetBIOS
	typeOPT   = 41
)

const (
	classIN = 1
	classCH = 3
)

// header is the fixed part, RFC 1035 section 4.1.1.
type header struct {
	id, flags      uint16
	qd, an, ns, ar int
}

func (h *header) response() bool { return h.flags&0x8000 != 0 }
func (h *header) opcode() int    { return int(h.flags >> 11 & 15) }
func (h *header) rcode() int     { return int(h.flags & 15) }

func readHeader(b []byte) (h header, ok bool) {
	if len(b) < headerSize {
		return h, false
	}
	return header{
		id: binary.BigEndian.Uint16(b), flags: binary.BigEndian.Uint16(b[2:]),
		qd: int(binary.BigEndian.Uint16(b[4:])), an: int(binary.BigEndian.Uint16(b[6:])),
		ns: int(binary.BigEndian.Uint16(b[8:])), ar: int(binary.BigEndian.Uint16(b[10:])),
	}, true
}

// skipName returns where the name at off ends, or -1.
func skipName(b []byte, off int) int {
	for off < len(b) {
		n := int(b[off])
		switch {
		case n == 0:
			return off + 1
		case n >= 0xc0:
			if off+2 > len(b) {
				return -1
			}
			return off + 2
		case n > 63:
			return -1
		}
		off += 1 + n
	}
	return -1
}

// appendName appends the name at off in lower case with dots between its labels;
// ok is false for one that is malformed.
func appendName(dst, b []byte, off int) (name []byte, ok bool) {
	start, limit, jumps := len(dst), off+1, 0
	for {
		if off >= len(b) {
			return dst, false
		}
		n := int(b[off])
		switch {
		case n == 0:
			return dst, true
		case n >= 0xc0:
			if off+2 > len(b) {
				return dst, false
			}
			to := n&0x3f<<8 | int(b[off+1])
			if jumps++; jumps > maxJumps || to >= limit {
				return dst, false
			}
			off, limit = to, to
			continue
		case n > 63 || off+1+n > len(b) || len(dst)-start+1+n > maxName:
			return dst, false
		}
		if len(dst) > start {
			dst = append(dst, '.')
		}
		for _, c := range b[off+1 : off+1+n] {
			if c >= 'A' && c <= 'Z' {
				c |= 0x20
			}
			dst = append(dst, c)
		}
		off += 1 + n
	}
}

// record is one resource record; name and data are offsets in the message.
type record struct {
	name, data int
	typ, class uint16
	length     int
}

// records walks over the questions and records of a message.
type records struct {
	b       []byte
	off     int
	section [4]int // how many are left: questions, answers, authority, additional
	seen    int
	bad     bool
}

func newRecords(b []byte, h *header) records {
	return records{b: b, off: headerSize, section: [4]int{h.qd, h.an, h.ns, h.ar}}
}

// next returns the next question (0) or record and the section it stands in; ok
// is false at the end, with r.bad set at a misfit.
func (r *records) next() (rec record, section int, ok bool) {
	for section < 4 && r.section[section] == 0 {
		section++
	}
	if section == 4 || r.seen >= maxRecords {
		return rec, section, false
	}
	r.section[section]--
	r.seen++
	end := skipName(r.b, r.off)
	fixed := 10
	if section == 0 {
		fixed = 4
	}
	if end < 0 || end+fixed > len(r.b) {
		r.bad = true
		return rec, section, false
	}
	rec = record{name: r.off, typ: binary.BigEndian.Uint16(r.b[end:]), class: binary.BigEndian.Uint16(r.b[end+2:]), data: end + fixed}
	if section > 0 {
		rec.length = int(binary.BigEndian.Uint16(r.b[end+8:]))
	}
	r.off = rec.data + rec.length
	if r.off > len(r.b) {
		r.bad = true
		return rec, section, false
	}
	return rec, section, true
}

// whole reports whether b is one message from its first to its last byte.
func whole(b []byte, h *header) bool {
	r := newRecords(b, h)
	for {
		if _, _, ok := r.next(); !ok {
			return !r.bad && r.off == len(b)
		}
	}
}

// address returns the address in an A or AAAA record.
func (r *record) address(b []byte) (netip.Addr, bool) {
	if r.typ == typeA && r.length == 4 || r.typ == typeAAAA && r.length == 16 {
		return netip.AddrFromSlice(b[r.data : r.data+r.length])
	}
	return netip.Addr{}, false
}

// local reports whether an address is one of the site's own.
func local(ip netip.Addr) bool { return ip.IsPrivate() || ip.IsLinkLocalUnicast() }

// reverse returns the address that a name below in-addr.arpa or ip6.arpa stands
// for (RFC 1035 section 3.5, RFC 3596 section 2.5).
func reverse(name []byte) (netip.Addr, bool) {
	if n, ok := cutSuffix(name, ".in-addr.arpa"); ok {
		var a [4]byte
		i := 3
		digits, v := 0, 0
		for k := 0; k <= len(n); k++ {
			if k == len(n) || n[k] == '.' {
				if digits == 0 || v > 255 || i < 0 {
					return netip.Addr{}, false
				}
				a[i] = byte(v)
				i--
				digits, v = 0, 0
				continue
			}
			if n[k] < '0' || n[k] > '9' || digits == 3 {
				return netip.Addr{}, false
			}
			v = v*10 + int(n[k]-'0')
			digits++
		}
		return netip.AddrFrom4(a), i == -1
	}
	n, ok := cutSuffix(name, ".ip6.arpa")
	if !ok || len(n) != 63 {
		return netip.Addr{}, false
	}
	var a [16]byte
	for k := range 32 {
		v := unhex(n[2*k])
		if v < 0 || k < 31 && n[2*k+1] != '.' {
			return netip.Addr{}, false
		}
		a[15-k/2] |= byte(v) << (4 * (k & 1))
	}
	return netip.AddrFrom16(a), true
}

func cutSuffix(b []byte, s string) ([]byte, bool) {
	if n := len(b) - len(s); n >= 0 && string(b[n:]) == s {
		return b[:n], true
	}
	return b, false
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	}
	return -1
}
