package hl7

import (
	"bytes"

	"wardkeeper/format/hl7"
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// maxPatients bounds the count of PID segments that a batch-like message states.
const maxPatients = 1 << 20

// parser reads the segments of one direction.
type parser struct {
	s       *stream
	dir     sense.Dir
	head    header
	m       message
	t       *therapy // made when a message states therapy or devices
	scratch []byte   // for values with escape sequences

	patient, visit, actor memo

	batch    uint32 // messages since BHS
	batching bool
	ei       [64]byte // OBR-2 or OBR-3, to be made a token when asked for
	nEI      uint8
	told     uint32       // bits, see sight.go
	attrs    [8]ward.Attr // of the message; here, so that no message clears them

	sources, targets, software, equip, devices, units seen
}

// message is what the current message said so far.
type message struct {
	active   bool // an MSH was read
	reply    bool
	clear    bool
	refused  bool // RXA-20: not given
	code     ack
	software uint8  // SFT segments
	reports  uint32 // OBR segments
	bytes    uint64
	control  ward.DoseState // what ORC-1 means, "" for a plain order

	message, patient, visit, order, actor ward.Token

	latest     ward.Token // patient of the last PID, where there are several
	group      ward.Token // order of the last ORC or OBR
	at         ward.Time  // OBR-7
	patients   uint32
	nAttrs     uint8
	department string // of the devices, PV1-3
}

// attr adds a detail to the message's Act.
func (p *parser) attr(name, value string) {
	if value != "" && int(p.m.nAttrs) < len(p.attrs) {
		p.attrs[p.m.nAttrs] = ward.Attr{Name: name, Value: value}
		p.m.nAttrs++
	}
}

// segment reads one segment; size includes its terminator.
func (p *parser) segment(c *sense.Context, seg []byte, size uint64) {
	if !p.m.active {
		p.envelope(c, seg, size)
		return
	}
	p.m.bytes += size
	if (len(seg) < 4 || seg[3] != p.head.d.Sep) && !hl7.IsHeader(seg) {
		return // blank, or text that broke over a line: never looked at
	}
	switch hl7.ID(seg) {
	case hl7.PID:
		p.pid(c, seg)
	case hl7.PV1:
		p.pv1(c, seg)
	case hl7.EVN:
		p.evn(c, seg)
	case hl7.ORC:
		p.orc(c, seg)
	case hl7.OBR:
		p.obr(c, seg)
	case hl7.OBX:
		p.obx(c, seg)
	case hl7.MSA:
		p.msa(c, seg)
	case hl7.ERR:
		p.err(c, seg)
	case hl7.MRG:
		p.mrg(c, seg)
	case hl7.SFT:
		p.sft(c, seg)
	case hl7.PRT:
		p.prt(c, seg)
	case hl7.DEV:
		p.dev(c, seg)
	case hl7.RXO, hl7.RXE, hl7.RXG, hl7.RXA, hl7.RXR:
		p.pharmacy(c, hl7.ID(seg), seg)
	case hl7.MSH, hl7.FHS, hl7.BHS, hl7.FTS, hl7.BTS:
		p.m.bytes -= size
		p.finish(c)
		p.envelope(c, seg, size)
	}
}

// envelope reads what starts and ends messages and batches.
func (p *parser) envelope(c *sense.Context, seg []byte, size uint64) {
	switch hl7.ID(seg) {
	case hl7.MSH:
		if !hl7.IsHeader(seg) {
			return
		}
		p.msh(c, seg)
		p.m.bytes = size
	case hl7.BHS:
		p.batch, p.batching = 0, true
		if d, ok := hl7.ParseDelims(seg); ok && p.head.d.Sep == 0 {
			p.head.d = d
		}
	case hl7.BTS:
		p.trailer(c, seg)
	}
}

// finish emits the message, if there is one.
func (p *parser) finish(c *sense.Context) {
	m := &p.m
	if !m.active {
		return
	}
	h := &p.head
	p.answer(c)
	a := c.Act(p.dir, h.verb)
	a.Object = h.profile
	a.Outcome = m.code.outcome()
	a.Reply = m.reply
	a.Actor, a.Patient, a.Visit, a.Order, a.Message = m.actor, m.patient, m.visit, m.order, m.message
	a.SrcApp, a.DstApp = h.src, h.dst
	a.Bytes, a.Clear = m.bytes, m.clear
	if m.patients > 1 {
		a.Count = uint64(m.patients)
	}
	if m.nAttrs > 0 {
		a.Attrs = c.Attrs(p.attrs[:m.nAttrs]...)
	}
	c.Message()
	if p.t != nil {
		p.t.emit(c, p)
	}
	p.sightRoles(c)
	p.batch++
	*m, p.nEI = message{}, 0
}

// abandon forgets the message.
func (p *parser) abandon() {
	p.m, p.nEI = message{}, 0
	if p.t != nil {
		p.t.reset()
	}
}

// trailer checks the count that BTS-1 states.
func (p *parser) trailer(c *sense.Context, seg []byte) {
	n, ok := hl7.Number(p.head.d.Field(seg, 1))
	if p.batching && ok && n != p.batch {
		c.Anomaly(p.dir, "hl7.batch-count", "BTS-1 differs from the number of messages")
	}
	p.batching = false
}

// plain undoes escape sequences and HL7's explicit null. The result is valid
// until the next call.
func (p *parser) plain(v []byte) []byte {
	if len(v) == 2 && v[0] == '"' && v[1] == '"' {
		return nil
	}
	if !p.head.d.Escaped(v) {
		return v
	}
	p.scratch = p.head.d.Unescape(p.scratch[:0], v)
	return p.scratch
}

// trimmed is plain for identifiers.
func (p *parser) trimmed(v []byte) []byte {
	v = p.plain(v)
	if len(v) > 0 && v[0] > ' ' && v[len(v)-1] > ' ' {
		return v
	}
	return bytes.TrimSpace(v)
}

// namespace takes the authority out of an HD: its namespace, or the universal ID
// where there is none.
func (p *parser) namespace(hd []byte) []byte {
	if p.head.d.Sub == 0 || len(hd) == 0 {
		return hd
	}
	ns, rest := cut(hd, p.head.d.Sub)
	if len(ns) == 0 {
		ns, _ = cut(rest, p.head.d.Sub)
	}
	return ns
}

func (p *parser) pid(c *sense.Context, seg []byte) {
	sep := p.head.d.Sep
	i := hl7.Nth(seg, sep, 3)
	if i < 0 {
		return
	}
	list, rest := cut(seg[i+1:], sep)
	id, authority := p.choose(list)
	if len(id) == 0 { // PID-2, external ID; PID-4, alternate ID
		if id, authority = p.choose(p.head.d.Field(seg, 2)); len(id) == 0 {
			alternate, _ := cut(rest, sep)
			id, authority = p.choose(alternate)
		}
	}
	m := &p.m
	m.latest = p.patient.token(c, ward.TokenPatient, authority, id)
	m.clear = m.clear || len(id) > 0 || named(rest, sep)
	if m.patients == 0 {
		m.patient = m.latest
	}
	m.patients = min(m.patients+1, maxPatients)
}

// named reports whether PID-5 (name), PID-7 (birth) or PID-11 (address) is
// stated; b starts with PID-4.
func named(b []byte, sep byte) bool {
	for n := 4; n <= 11; n++ {
		var f []byte
		f, b = cut(b, sep)
		if len(f) > 0 && (n == 5 || n == 7 || n == 11) {
			return true
		}
	}
	return false
}

// choose takes the medical record number (type MR) out of a list of identifiers
// (CX), else the first, with the authority that assigned it.
func (p *parser) choose(list []byte) (id, authority []byte) {
	var first [5][]byte
	rest := p.head.d.Components(list, first[:])
	chosen := &first
	if len(rest) > 0 && !recordNumber(first[4]) {
		for more := rest; len(more) > 0; {
			var f [5][]byte
			if more = p.head.d.Components(more, f[:]); recordNumber(f[4]) {
				chosen = &f
				break
			}
		}
	}
	return p.trimmed(chosen[0]), p.namespace(chosen[3])
}

// recordNumber reports identifier type MR (table 0203), which some write MRN.
func recordNumber(t []byte) bool {
	return len(t) >= 2 && t[0] == 'M' && t[1] == 'R' && (len(t) == 2 || len(t) == 3 && t[2] == 'N')
}

func (p *parser) pv1(c *sense.Context, seg []byte) {
	if p.head.profile != "" {
		point := p.head.d.Component(p.head.d.Field(seg, 3), 1)
		p.m.department = c.Text(sense.ClassDepartment, p.trimmed(point))
	}
	i := hl7.Nth(seg, p.head.d.Sep, 19)
	if i < 0 || i+1 == len(seg) || seg[i+1] == p.head.d.Sep || !p.m.visit.Zero() {
		return
	}
	visit, _ := cut(seg[i+1:], p.head.d.Sep)
	var f [4][]byte
	p.head.d.Components(visit, f[:])
	p.m.visit = p.visit.token(c, ward.TokenVisit, p.namespace(f[3]), p.trimmed(f[0]))
}

// evn takes the operator (EVN-5) for who did it.
func (p *parser) evn(c *sense.Context, seg []byte) {
	if i := hl7.Nth(seg, p.head.d.Sep, 5); i >= 0 {
		operator, _ := cut(seg[i+1:], p.head.d.Sep)
		p.person(c, operator)
	}
}

// person takes an XCN for the act's actor, unless one is known.
func (p *parser) person(c *sense.Context, xcn []byte) {
	if len(xcn) == 0 || !p.m.actor.Zero() {
		return
	}
	var f [1][]byte
	p.head.d.Components(xcn, f[:])
	p.m.actor = p.actor.token(c, ward.TokenStaff, nil, p.trimmed(f[0]))
}

// mrg names the identifier that is merged away.
func (p *parser) mrg(c *sense.Context, seg []byte) {
	id, authority := p.choose(p.head.d.Field(seg, 1))
	p.attr("merged", c.Token(ward.TokenPatient, authority, id).String())
	p.m.clear = p.m.clear || len(id) > 0
}

// err takes the coded reason of a refusal, ERR-3 (before v2.5 ERR-1.4), and, of
// devices, the vendor's code, ERR-5.
func (p *parser) err(c *sense.Context, seg []byte) {
	d := &p.head.d
	code := d.Component(d.Field(seg, 3), 1)
	if len(code) == 0 {
		code = d.SubComponent(d.Component(d.Field(seg, 1), 4), 1)
	}
	p.attr("error", codeText(c, code))
	p.attr("vendor-error", codeText(c, d.Component(d.Field(seg, 5), 1)))
}

// codeText is a code of a closed table as text: a short number as it stands, all
// else as privacy allows.
func codeText(c *sense.Context, code []byte) string {
	return c.Text(sense.ClassCode, bytes.TrimSpace(code))
}
