package hl7

import (
	"bytes"

	"wardkeeper/format/hl7"
	"wardkeeper/sense"
)

// header is what the MSH of a direction said last. All but time, type and control
// ID are the same in message after message, so they are read anew only when their
// bytes differ.
type header struct {
	d      hl7.Delims
	np, ns uint8     // lengths of what is compared
	prefix [200]byte // MSH-1 to MSH-6 with the separator behind
	suffix [200]byte // from MSH-11
	known  bool      // suffix was read
	typed  [2]typed  // MSH-9 of late
	older  uint8     // which of typed to give up next

	src, dst   string
	verb       string
	kind       kind
	profile    string
	processing byte
	eui        [16]byte // MSH-3's EUI-64 where it states one
	hasEUI     bool
}

// typed is a message type that was met.
type typed struct {
	n    uint8
	raw  [31]byte
	verb string
	kind kind
}

// cut returns what is before the first sep and what is behind it.
func cut(b []byte, sep byte) (field, rest []byte) {
	if i := bytes.IndexByte(b, sep); i >= 0 {
		return b[:i], b[i+1:]
	}
	return b, nil
}

// msh starts a message.
func (p *parser) msh(c *sense.Context, seg []byte) {
	h := &p.head
	rest := seg
	if h.np > 0 && bytes.HasPrefix(seg, h.prefix[:h.np]) {
		rest = seg[h.np:]
	} else {
		rest = p.sender(c, seg)
	}
	sep := h.d.Sep
	if i := hl7.Nth(rest, sep, 2); i >= 0 {
		rest = rest[i+1:]
	} else {
		rest = nil
	}
	typ, rest := cut(rest, sep)
	control, rest := cut(rest, sep)
	p.messageType(typ)
	if !h.known || !bytes.Equal(rest, h.suffix[:h.ns]) {
		p.environment(c, rest)
	}
	m := &p.m
	m.active = true
	if h.kind != kindAck {
		var dup string
		m.message, dup = p.s.sent[p.dir].add(c, p.trimmed(control))
		if dup != "" {
			p.attr("duplicate", dup)
		}
	}
}

// sender reads MSH-1 to MSH-6 and returns what follows.
func (p *parser) sender(c *sense.Context, seg []byte) []byte {
	h := &p.head
	d, _ := hl7.ParseDelims(seg)
	if d != h.d {
		h.typed, h.known = [2]typed{}, false
	}
	h.d, h.np, h.hasEUI = d, 0, false
	rest := seg
	if i := hl7.Nth(seg, d.Sep, 6); i >= 0 {
		rest = seg[i+1:]
		if i < len(h.prefix) {
			h.np = uint8(copy(h.prefix[:], seg[:i+1]))
		}
	} else {
		rest = nil
	}
	app := d.Field(seg, 3)
	h.src = c.Text(sense.ClassApp, p.plain(d.Component(app, 1)))
	h.dst = c.Text(sense.ClassApp, p.plain(d.Component(d.Field(seg, 5), 1)))
	if id := d.Component(app, 2); len(id) == 16 && hex16(id) && bytes.HasPrefix(d.Component(app, 3), []byte("EUI")) {
		h.hasEUI = true
		copy(h.eui[:], id)
	}
	p.sightApps(c)
	return rest
}

// messageType reads MSH-9.
func (p *parser) messageType(typ []byte) {
	h := &p.head
	for i := range h.typed {
		if t := &h.typed[i]; int(t.n) == len(typ) && t.verb != "" && bytes.Equal(typ, t.raw[:t.n]) {
			h.verb, h.kind = t.verb, t.kind
			return
		}
	}
	h.verb, h.kind = verbOf(h.d.Component(typ, 1), h.d.Component(typ, 2), h.d.Component(typ, 3))
	if t := &h.typed[h.older]; len(typ) <= len(t.raw) {
		t.n, t.verb, t.kind = uint8(copy(t.raw[:], typ)), h.verb, h.kind
		h.older ^= 1
	}
}

// environment reads MSH-11 and what follows: b starts with MSH-11.
func (p *parser) environment(c *sense.Context, b []byte) {
	h := &p.head
	before := h.processing
	h.known = len(b) <= len(h.suffix)
	if h.known {
		h.ns = uint8(copy(h.suffix[:], b))
	}
	var f [11][]byte // MSH-11 to MSH-21
	h.d.Fields(b, f[:])
	h.profile = profileOf(f[10])
	h.processing = 0
	if id := h.d.Component(f[0], 1); len(id) == 1 && (id[0] == 'P' || id[0] == 'T' || id[0] == 'D') {
		h.processing = id[0]
	}
	if before == 'P' && (h.processing == 'T' || h.processing == 'D') && p.once(saidProcessing) {
		c.Anomaly(p.dir, "hl7.test-among-production", "processing ID T or D after P on one connection")
	}
}

func hex16(b []byte) bool {
	for _, c := range b {
		if !(c >= '0' && c <= '9' || c >= 'A' && c <= 'F' || c >= 'a' && c <= 'f') {
			return false
		}
	}
	return len(b) == 16
}

// profiles tell an IHE transaction by what senders write into MSH-21, whose names
// and OIDs differ between them. The first that fits counts.
var profiles = [...]struct{ mark, name string }{
	{"ACM", "PCD-04"}, {"PCD_004", "PCD-04"}, {"PCD_04", "PCD-04"},
	{"PIV", "PCD-03"}, {"RGV_O15", "PCD-03"}, {"PCD_003", "PCD-03"}, {"PCD_03", "PCD-03"},
	{"IDCO", "PCD-09"}, {"PCD_009", "PCD-09"}, {"PCD_09", "PCD-09"},
	{"IPEC", "PCD-10"}, {"PCD_010", "PCD-10"}, {"PCD_10", "PCD-10"},
	{"PCD_015", "PCD-15"}, {"PCD_15", "PCD-15"},
	{"PCD_001", "PCD-01"}, {"PCD_01", "PCD-01"}, {"IHE_DEC", "PCD-01"}, {"DEC_001", "PCD-01"}, {"ORU-R01 2006", "PCD-01"}, {"PCD ORU-R01", "PCD-01"},
	{"19376.1.6.1.1.1", "PCD-01"}, {"19376.1.6.1.3.1", "PCD-03"}, {"19376.1.6.1.4.1", "PCD-04"}, {"19376.1.6.1.9.1", "PCD-09"}, {"19376.1.6.1.10.1", "PCD-10"},
	{"19376.1.6.4.1", "PCD-01"}, {"19376.1.6.4.4", "PCD-04"},
}

func profileOf(msh21 []byte) string {
	if len(msh21) == 0 {
		return ""
	}
	for i := range profiles {
		if bytes.Contains(msh21, []byte(profiles[i].mark)) {
			return profiles[i].name
		}
	}
	return ""
}
