package hl7

import (
	"bytes"

	"wardkeeper/format/hl7"
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Caps of what one message may state before it is told in parts.
const (
	maxDoses = 128     // waiting to be told
	maxParts = 16      // VMDs and channels of a device
	maxText  = 1 << 12 // bytes of their values
)

// span is a place in therapy.text.
type span struct{ from, to uint16 }

// pending is a dose whose drug, device or state may still follow in the message.
type pending struct {
	what                 string
	code                 string
	state                ward.DoseState
	therapy              string
	patient, order       ward.Token
	value                span
	choice               string // a coded value
	channel              span
	vmd, chn             uint16
	placed               bool // vmd and chn are known
	unit, drug, device   string
	drugCode, route, way string
	at                   ward.Time
}

// therapy collects what a message says of doses and devices.
type therapy struct {
	doses []pending
	text  []byte
	start int // first dose of the current order or device

	// the current order
	drug, drugCode, route string
	device                string // of the order that an answer is for
	rate, insulin         bool
	encoded               bool // RXE was read: RXO says the same less exactly

	// the current device, see device.go
	open  bool
	mds   uint32
	parts []part

	event ward.DoseState // what an event message says of its device
}

func (p *parser) therapy() *therapy {
	if p.t == nil {
		p.t = &therapy{}
	}
	return p.t
}

func (t *therapy) reset() {
	t.doses, t.text, t.start = t.doses[:0], t.text[:0], 0
	t.forget()
	t.open, t.mds, t.parts, t.event = false, 0, t.parts[:0], ""
}

// forget leaves the current order.
func (t *therapy) forget() {
	t.drug, t.drugCode, t.route, t.device, t.rate, t.insulin, t.encoded = "", "", "", "", false, false, false
}

// add takes a dose; what does not fit is told at once with what is known.
func (t *therapy) add(c *sense.Context, p *parser) *pending {
	if len(t.doses) == maxDoses || len(t.text) > maxText {
		c.Limit("hl7.doses-at-once")
		t.settle(c, p)
		t.tell(c, p)
	}
	t.doses = append(t.doses, pending{patient: p.m.latest, at: p.m.at})
	return &t.doses[len(t.doses)-1]
}

func (t *therapy) keep(b []byte) span {
	from := len(t.text)
	t.text = append(t.text, b...)
	return span{uint16(from), uint16(len(t.text))}
}

// settle completes the doses of the order or device that ends here.
func (t *therapy) settle(c *sense.Context, p *parser) {
	if p.pharmaceutical() {
		t.settleOrder(c, p)
	} else {
		t.settleDevice(c, p)
	}
	t.start = len(t.doses)
}

// emit tells everything at the end of the message.
func (t *therapy) emit(c *sense.Context, p *parser) {
	t.settle(c, p)
	t.tell(c, p)
	t.reset()
}

func (t *therapy) tell(c *sense.Context, p *parser) {
	if len(t.doses) == 0 {
		return
	}
	text := string(t.text) // one allocation for all values
	for i := range t.doses {
		e := &t.doses[i]
		d := c.Dose(p.dir)
		d.State, d.Therapy = e.state, e.therapy
		d.Patient, d.Order, d.Visit, d.Message = e.patient, e.order, p.m.visit, p.m.message
		d.Device, d.Channel = e.device, text[e.channel.from:e.channel.to]
		d.Drug, d.Code, d.Quantity = e.drug, e.code, e.what
		d.Value, d.Unit, d.At = text[e.value.from:e.value.to], e.unit, e.at
		var attrs [4]ward.Attr
		n := 0
		for _, a := range [...]ward.Attr{{Name: "value", Value: e.choice}, {Name: "mode", Value: e.way}, {Name: "drug-code", Value: e.drugCode}, {Name: "route", Value: e.route}} {
			if a.Value != "" {
				attrs[n] = a
				n++
			}
		}
		if n > 0 {
			d.Attrs = c.Attrs(attrs[:n]...)
		}
	}
	t.doses, t.text, t.start = t.doses[:0], t.text[:0], 0
}

// orderState is what ORC-1 (table 0119) means for a dose; "" for a plain order.
func orderState(control []byte) ward.DoseState {
	if len(control) != 2 {
		return ""
	}
	switch string(control) {
	case "CA", "OC", "CR":
		return ward.DoseCancelled
	case "DC", "OD", "DR", "DF":
		return ward.DoseEnded
	case "XO", "XX", "XR", "RP", "RO", "RU", "RQ", "CH", "PA":
		return ward.DoseChanged
	case "HD", "OH", "HR":
		return ward.DosePaused
	case "UA", "UM", "UX":
		return ward.DoseRefused
	}
	return ""
}

// pharmaceutical reports whether the message's RX segments are to be told.
func (p *parser) pharmaceutical() bool {
	switch p.head.kind {
	case kindOrder, kindPharmacy, kindGive, kindGiveReply, kindAdmin, kindVaccination:
		return true
	}
	return false
}

// nextOrder starts a new order at an ORC.
func (p *parser) nextOrder(c *sense.Context, control []byte, order ward.Token) {
	if t := p.t; t != nil {
		t.settle(c, p)
		t.forget()
	}
	p.m.control, p.m.group, p.m.refused = orderState(control), order, false
	if k := p.head.kind; p.m.control != "" && (k == kindPharmacy || k == kindGive) || k == kindGiveReply {
		p.therapy() // told even if no RX segment follows
	}
}

// settleOrder completes the doses of one order.
func (t *therapy) settleOrder(c *sense.Context, p *parser) {
	m := &p.m
	bare := len(t.doses) == t.start
	if bare && (m.group.Zero() || !(m.control != "" && p.head.kind != kindOrder || p.head.kind == kindGiveReply)) {
		return
	}
	if bare {
		t.add(c, p)
	}
	for i := range t.parts {
		t.parts[i].named()
	}
	device := t.device
	if i := t.identified(); i >= 0 {
		device = t.parts[i].device
	}
	for i := t.start; i < len(t.doses); i++ {
		e := &t.doses[i]
		e.order, e.device = m.group, device
		if e.code == "" { // not an OBX of the order, which names itself
			e.drug, e.drugCode, e.route = t.drug, t.drugCode, t.route
		}
		e.state = p.doseState()
		e.therapy = t.heal(p.head.kind)
	}
	if p.head.kind == kindGive {
		p.s.remember(give{message: m.message, patient: m.latest, visit: m.visit, order: m.group, device: device, drug: t.drug, heal: t.heal(p.head.kind)})
	}
	t.sightParts(c, p, p.dir.Other())
	t.parts, t.open = t.parts[:0], false
}

// heal names the therapy of the current order.
func (t *therapy) heal(k kind) string {
	switch {
	case t.insulin:
		return "insulin"
	case t.rate || k == kindGive || k == kindGiveReply:
		return "infusion"
	}
	return "medication"
}

// doseState is the state that a pharmacy message gives its doses.
func (p *parser) doseState() ward.DoseState {
	switch {
	case p.head.kind == kindGiveReply:
		return p.m.code.accepts()
	case p.m.control != "":
		return p.m.control
	case p.m.refused:
		return ward.DoseRefused
	}
	switch p.head.kind {
	case kindGive:
		return ward.DoseSent
	case kindAdmin, kindVaccination:
		return ward.DoseDelivered
	}
	return ward.DoseOrdered
}

// accepts is what an answer means for the infusion order it answers.
func (a ack) accepts() ward.DoseState {
	switch a {
	case ackAE, ackAR, ackCE, ackCR:
		return ward.DoseRefused
	}
	return ward.DoseAccepted
}

// answer tells that an infusion order was accepted or refused by a plain
// acknowledgement. A commit (CA) only says that it arrived.
func (p *parser) answer(c *sense.Context) {
	m := &p.m
	if !m.reply || len(p.s.gives) == 0 || m.code == ackCA || m.code == ackNone {
		return
	}
	g := p.s.recall(m.message)
	if g == nil {
		return
	}
	if p.head.kind != kindAck {
		t := p.therapy() // the answer need not repeat what it answers
		first(&t.drug, g.drug)
		first(&t.device, g.device)
		t.insulin = t.insulin || g.heal == "insulin"
		if m.visit.Zero() {
			m.visit = g.visit
		}
		if m.group.Zero() {
			m.group, m.order = g.order, g.order
		}
		if m.latest.Zero() {
			m.latest, m.patient = g.patient, g.patient
		}
		return
	}
	d := c.Dose(p.dir)
	d.State, d.Therapy, d.Patient, d.Order, d.Visit, d.Message = m.code.accepts(), g.heal, g.patient, g.order, g.visit, m.message
	d.Device, d.Drug = g.device, g.drug
}

// pharmacy reads RXO, RXE, RXG, RXA and RXR (chapter 4A).
func (p *parser) pharmacy(c *sense.Context, id uint32, seg []byte) {
	if !p.pharmaceutical() {
		return
	}
	t, k := p.therapy(), p.head.kind
	var f [36][]byte
	p.head.d.Fields(seg, f[:])
	switch {
	case id == hl7.RXR:
		if t.route == "" {
			t.route = route(c, p.plain(p.head.d.Component(f[1], 1)))
		}
	case id == hl7.RXO && (k == kindOrder || k == kindPharmacy) && !t.encoded:
		t.medicine(c, p, f[1])
		t.amounts(c, p, f[2], f[3], f[4], f[18], f[19])
		t.speed(c, p, f[20:23], 1)
	case id == hl7.RXE && (k == kindOrder || k == kindPharmacy):
		t.doses, t.encoded, t.drug, t.insulin, t.rate = t.doses[:t.start], true, "", false, false
		t.medicine(c, p, f[2])
		t.amounts(c, p, f[3], f[4], f[5], f[25], f[26])
		t.speed(c, p, f[22:25], 1)
	case id == hl7.RXG && (k == kindGive || k == kindGiveReply):
		t.medicine(c, p, f[4])
		t.amounts(c, p, f[5], f[6], f[7], nil, nil)
		if at := t.speed(c, p, f[14:19], 1); at >= 0 {
			at += 14
			t.amount(c, p, "strength", f[at+2], f[at+3])
		} else {
			t.amount(c, p, "strength", f[17], f[18])
		}
		t.amount(c, p, "strength-volume", f[23], f[24])
	case id == hl7.RXA && (k == kindAdmin || k == kindVaccination):
		t.medicine(c, p, f[5])
		if s := string(f[20]); s == "RE" || s == "NA" {
			p.m.refused = true
		}
		t.amounts(c, p, f[6], nil, f[7], f[13], f[14])
		p.person(c, f[10])
	}
}

// medicine reads a drug (CWE): text and code.
func (t *therapy) medicine(c *sense.Context, p *parser, f []byte) {
	d := &p.head.d
	code, text := d.Component(f, 1), d.Component(f, 2)
	if len(text) == 0 {
		text = d.Component(f, 5)
	}
	if len(text) > 0 {
		t.drug = c.Text(sense.ClassDrug, p.plain(text))
		t.drugCode = c.Text(sense.ClassCode, p.plain(code))
	} else {
		t.drug, t.drugCode = c.Text(sense.ClassDrug, p.plain(code)), ""
		text = code
	}
	t.insulin = insulin(text)
}

// insulin reports whether a drug's name is one of insulin's.
func insulin(name []byte) bool {
	var low [96]byte
	name = low[:copy(low[:], name)]
	for i, c := range name {
		if c >= 'A' && c <= 'Z' {
			name[i] = c | 0x20
		}
	}
	for _, s := range [...]string{"insulin", "lispro", "aspart", "glargine", "glulisine", "detemir", "degludec"} {
		if bytes.Contains(name, []byte(s)) {
			return true
		}
	}
	return false
}

func (t *therapy) amounts(c *sense.Context, p *parser, least, most, unit, strength, strengthUnit []byte) {
	t.amount(c, p, "dose", least, unit)
	if !bytes.Equal(least, most) {
		t.amount(c, p, "dose-max", most, unit)
	}
	t.amount(c, p, "strength", strength, strengthUnit)
}

func (t *therapy) amount(c *sense.Context, p *parser, what string, value, u []byte) bool {
	v, ok := hl7.Decimal(value)
	if !ok {
		return false
	}
	e := t.add(c, p)
	e.what, e.unit, e.value = what, unit(c, &p.head.d, u), t.keep(v)
	return true
}

// speed reads a rate and its unit, which stand at f[at] and f[at+1], or one to
// either side with senders that miscount; the unit tells. It returns where they
// were, -1 if nowhere.
func (t *therapy) speed(c *sense.Context, p *parser, f [][]byte, at int) int {
	for _, i := range [...]int{at, at - 1, at + 1} {
		if i < 0 || i+1 >= len(f) || !perTime(c, &p.head.d, f[i+1]) {
			continue
		}
		if t.amount(c, p, "rate", f[i], f[i+1]) {
			t.rate = true
			return i
		}
	}
	if at+1 < len(f) && len(f[at+1]) > 0 && t.amount(c, p, "rate", f[at], f[at+1]) { // a unit we do not know
		t.rate = true
		return at
	}
	return -1
}
