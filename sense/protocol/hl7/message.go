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
	told     uint32 // bits, see sight.go

	sources, targets, software, equip, devices seen
}

// message is what the current message said so far.
type message struct {
	active   bool // an MSH was read
	reply    bool
	clear    bool
	refused  bool // RXA-20: not given
	code     ack
	software uint8 // SFT segments
	bytes    uint64
	control  ward.DoseState // what ORC-1 means, "" for a plain order

	message, patient, visit, order, actor ward.Token

	latest     ward.Token // patient of the last PID, where there are several
	group      ward.Token // order of the last ORC or OBR
	at         ward.Time  // OBR-7
	patients   uint32
	department string // of the devices, PV1-3
	attrs      [8]ward.Attr
	nAttrs     int
}

// attr adds a detail to the message's Act.
func (m *message) attr(name, value string) {
	if value != "" && m.nAttrs < len(m.attrs) {
		m.attrs[m.nAttrs] = ward.Attr{Name: name, Value: value}
		m.nAttrs++
	}
}

// segment reads one segment; size includes its terminator.
func (p *parser) segment(c *sense.Context, seg []byte, size uint64) {
	id := hl7.ID(seg)
	if id == 0 || len(seg) > 3 && seg[3] != p.head.d.Sep && !hl7.IsHeader(seg) {
		p.m.bytes += size // blank, or text that broke over a line: never looked at
		return
	}
	switch id {
	case hl7.MSH:
		p.finish(c)
		p.msh(c, seg)
		p.m.bytes = size
		return
	case hl7.BHS:
		p.finish(c)
		p.batch, p.batching = 0, true
		return
	case hl7.BTS:
		p.finish(c)
		p.trailer(c, seg)
		return
	case hl7.FHS, hl7.FTS:
		p.finish(c)
		return
	}
	p.m.bytes += size
	if p.m.active {
		p.content(c, id, seg)
	}
}

func (p *parser) content(c *sense.Context, id uint32, seg []byte) {
	switch id {
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
		p.pharmacy(c, id, seg)
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
		a.Attrs = c.Attrs(m.attrs[:m.nAttrs]...)
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
	for len(v) > 0 && v[0] <= ' ' {
		v = v[1:]
	}
	for len(v) > 0 && v[len(v)-1] <= ' ' {
		v = v[:len(v)-1]
	}
	return v
}

// identifier cuts a CX or EI: the number and the namespace that assigned it, or
// the universal ID where there is no namespace. authority is component at.
func (p *parser) identifier(f []byte, at int) (value, authority []byte) {
	d := &p.head.d
	authority = d.Component(f, at)
	if ns := d.SubComponent(authority, 1); len(ns) > 0 {
		authority = ns
	} else {
		authority = d.SubComponent(authority, 2)
	}
	return p.trimmed(d.Component(f, 1)), authority
}

func (p *parser) pid(c *sense.Context, seg []byte) {
	sep := p.head.d.Sep
	i := hl7.Nth(seg, sep, 2)
	if i < 0 {
		return
	}
	external, rest := cut(seg[i+1:], sep)
	list, rest := cut(rest, sep)
	chosen := p.choose(list)
	if len(chosen) == 0 {
		chosen, _ = p.head.d.Repetition(external)
	}
	if len(chosen) == 0 { // PID-4, alternate patient ID
		alternate, _ := cut(rest, sep)
		chosen, _ = p.head.d.Repetition(alternate)
	}
	m := &p.m
	id, authority := p.identifier(chosen, 4)
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

// choose takes the medical record number (type MR) of a list of identifiers, else
// the first.
func (p *parser) choose(list []byte) []byte {
	d := &p.head.d
	first, rest := d.Repetition(list)
	for one := first; ; {
		if t := d.Component(one, 5); len(t) >= 2 && t[0] == 'M' && t[1] == 'R' && (len(t) == 2 || len(t) == 3 && t[2] == 'N') {
			return one
		}
		if len(rest) == 0 {
			return first
		}
		one, rest = d.Repetition(rest)
	}
}

func (p *parser) pv1(c *sense.Context, seg []byte) {
	if p.head.profile != "" {
		ward := p.head.d.Component(p.head.d.Field(seg, 3), 1)
		p.m.department = c.Text(sense.ClassDepartment, p.trimmed(ward))
	}
	i := hl7.Nth(seg, p.head.d.Sep, 19)
	if i < 0 || !p.m.visit.Zero() {
		return
	}
	visit, _ := cut(seg[i+1:], p.head.d.Sep)
	if len(visit) == 0 {
		return
	}
	visit, _ = p.head.d.Repetition(visit)
	id, authority := p.identifier(visit, 4)
	p.m.visit = p.visit.token(c, ward.TokenVisit, authority, id)
}

// evn takes the operator (EVN-5) for who did it.
func (p *parser) evn(c *sense.Context, seg []byte) { p.person(c, p.head.d.Field(seg, 5)) }

// person takes an XCN for the act's actor, unless one is known.
func (p *parser) person(c *sense.Context, xcn []byte) {
	if len(xcn) == 0 || !p.m.actor.Zero() {
		return
	}
	xcn, _ = p.head.d.Repetition(xcn)
	p.m.actor = p.actor.token(c, ward.TokenStaff, nil, p.trimmed(p.head.d.Component(xcn, 1)))
}

// orderToken makes the token of an EI in ORC-2/3 or OBR-2/3.
func (p *parser) orderToken(c *sense.Context, placer, filler []byte) ward.Token {
	ei := placer
	if len(ei) == 0 {
		ei = filler
	}
	if len(ei) == 0 {
		return ward.Token{}
	}
	ei, _ = p.head.d.Repetition(ei)
	id, authority := p.identifier(ei, 2)
	return c.Token(ward.TokenOrder, authority, id)
}

func (p *parser) orc(c *sense.Context, seg []byte) {
	sep := p.head.d.Sep
	control, rest := cut(after(seg, sep), sep)
	placer, rest := cut(rest, sep)
	filler, rest := cut(rest, sep)
	var order ward.Token
	if p.m.order.Zero() || p.pharmaceutical() {
		order = p.orderToken(c, placer, filler)
	}
	if p.pharmaceutical() {
		p.nextOrder(c, control, order)
	}
	if p.m.order.Zero() {
		p.m.order, p.m.group = order, order
	}
	if p.m.actor.Zero() && p.head.kind != kindResult {
		if i := hl7.Nth(rest, sep, 6); i >= 0 { // ORC-10 entered by, ORC-12 ordered by
			by, more := cut(rest[i+1:], sep)
			if len(by) == 0 {
				by, _ = cut(after(more, sep), sep)
			}
			p.person(c, by)
		}
	}
}

// mrg names the identifier that is merged away.
func (p *parser) mrg(c *sense.Context, seg []byte) {
	id, authority := p.identifier(p.choose(p.head.d.Field(seg, 1)), 4)
	p.m.attr("merged", c.Token(ward.TokenPatient, authority, id).String())
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
	p.m.attr("error", codeText(c, code))
	p.m.attr("vendor-error", codeText(c, d.Component(d.Field(seg, 5), 1)))
}

// codeText is a code of a closed table as text: a short number as it stands, all
// else as privacy allows.
func codeText(c *sense.Context, code []byte) string {
	return c.Text(sense.ClassCode, bytes.TrimSpace(code))
}
