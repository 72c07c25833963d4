package astm

import (
	"bytes"

	"wardkeeper/format/astm"
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// message is a header record to its terminator, and what a direction remembers.
type message struct {
	dir sense.Dir
	d   astm.Delims

	active                   bool
	orders, results, queries bool
	patients                 uint64
	size                     uint64
	clear                    bool
	outcome                  string
	src, dst                 string

	message, patient, order, actor ward.Token

	kept
}

// kept is what outlives a message: what was told already.
type kept struct {
	roles      uint8 // of verbs, as bits
	sender     []byte
	instrument string
}

// reset forgets the message.
func (m *message) reset() {
	*m = message{dir: m.dir, d: m.d, kept: m.kept}
}

// read takes one record and reports whether it ends the message.
func (m *message) read(c *sense.Context, r []byte) bool {
	if d, ok := astm.ParseDelims(r); ok && (len(r) == 5 || r[5] == d.Field) {
		m.finish(c)
		m.d = d
		m.header(c, r)
		return false
	}
	t := m.d.Type(r)
	if !m.active || t == 0 {
		return false
	}
	m.size += uint64(len(r)) + 1
	var f [14][]byte
	m.d.Fields(r, f[:])
	switch t {
	case 'P':
		m.person(c, f[:])
	case 'O':
		m.orders = true
		m.ordered(c, f[2])
	case 'R':
		m.results = true
		if m.actor.Zero() {
			m.actor = c.Token(ward.TokenStaff, nil, bytes.TrimSpace(m.d.Part(f[10], 1)))
		}
		m.instrumentOf(c, f[13])
	case 'Q':
		m.queries = true
		id := m.d.Part(f[2], 2) // patient^specimen
		if len(id) == 0 {
			id = m.d.Part(f[2], 1)
		}
		m.ordered(c, id)
	case 'L':
		m.outcome = ending(m.d.Part(f[2], 1))
		return true
	}
	return false
}

// header reads H: 3 control ID, 5 sender, 10 receiver. Field 4 is a password and
// is not looked at.
func (m *message) header(c *sense.Context, r []byte) {
	var f [14][]byte
	m.d.Fields(r, f[:])
	m.active, m.size = true, uint64(len(r))+1
	m.message = c.Token(ward.TokenMessage, nil, bytes.TrimSpace(f[2]))
	sender := m.d.Part(f[4], 1)
	m.src = c.Text(sense.ClassApp, bytes.TrimSpace(sender))
	m.dst = c.Text(sense.ClassApp, bytes.TrimSpace(m.d.Part(f[9], 1)))
	if bytes.Equal(f[4], m.sender) {
		return
	}
	m.sender = append(m.sender[:0], f[4]...)
	c.Sight(m.dir, "astm H-5", m.facts(c, f[4])...)
	if m.dst != "" {
		c.Sight(m.dir.Other(), "astm H-10", ward.Fact{Field: ward.FieldApplication, Value: m.dst, Confidence: 50})
	}
}

// facts reads the sender's name: product first, and among its further components,
// whose order every maker chooses, a version and a serial number by their form.
func (m *message) facts(c *sense.Context, sender []byte) []ward.Fact {
	name := bytes.TrimSpace(m.d.Part(sender, 1))
	facts := []ward.Fact{
		{Field: ward.FieldApplication, Value: m.src, Confidence: 75},
		{Field: ward.FieldProduct, Value: c.Text(sense.ClassModel, name), Confidence: 75},
	}
	for n := 2; n <= 6; n++ {
		switch part := bytes.TrimSpace(m.d.Part(sender, n)); {
		case version(part):
			if name := c.Text(sense.ClassSoftware, name); name != "" {
				facts = append(facts, ward.Fact{Field: ward.FieldSoftware, Value: name + " " + c.Text(sense.ClassVersion, part), Confidence: 75})
			}
		case serial(part):
			facts = append(facts, ward.Fact{Field: ward.FieldSerial, Value: c.Text(sense.ClassSerial, part), Confidence: 60})
		case len(part) > 1:
			facts = append(facts, ward.Fact{Field: ward.FieldModel, Value: c.Text(sense.ClassModel, part), Confidence: 50})
		}
	}
	return facts
}

// version reports a form like 2.4.0 or V01.12.
func version(b []byte) bool {
	digits, points := 0, 0
	for i, x := range b {
		switch {
		case x >= '0' && x <= '9':
			digits++
		case x == '.' && i > 0:
			points++
		case i == 0 && (x == 'v' || x == 'V'):
		default:
			return false
		}
	}
	return digits > 1 && points > 0
}

// serial reports a form like 909YAXH02692: one word with many digits.
func serial(b []byte) bool {
	digits := 0
	for _, x := range b {
		switch {
		case x >= '0' && x <= '9':
			digits++
		case x == '-', x >= 'A' && x <= 'Z', x >= 'a' && x <= 'z':
		default:
			return false
		}
	}
	return digits >= 5
}

// person reads P: 3 practice's, 4 laboratory's, 5 third patient ID, 6 name, 8 birth.
func (m *message) person(c *sense.Context, f [][]byte) {
	m.patients++
	var id []byte
	for _, n := range [...]int{2, 3, 4} {
		if id = bytes.TrimSpace(m.d.Part(f[n], 1)); len(id) > 0 {
			break
		}
	}
	m.clear = m.clear || len(id) > 0 || len(f[5]) > 0 || len(f[7]) > 0
	if m.patient.Zero() {
		m.patient = c.Token(ward.TokenPatient, nil, id)
	}
}

func (m *message) ordered(c *sense.Context, specimen []byte) {
	if m.order.Zero() {
		m.order = c.Token(ward.TokenOrder, nil, bytes.TrimSpace(m.d.Part(specimen, 1)))
	}
}

// instrumentOf reads R-14, the instrument that measured: not always the sender,
// which may be middleware for many.
func (m *message) instrumentOf(c *sense.Context, f []byte) {
	id := bytes.TrimSpace(m.d.Part(f, 1))
	if len(id) == 0 {
		return
	}
	text := c.Text(sense.ClassSerial, id)
	if text == m.instrument {
		return
	}
	m.instrument = text
	c.SightOf(m.dir, ward.Subject{Key: "serial", Value: text, Behind: true}, "astm R-14",
		ward.Fact{Field: ward.FieldCategory, Value: "analyser", Confidence: 70},
		ward.Fact{Field: ward.FieldSerial, Value: text, Confidence: 50})
}

// ending is what the terminator says (L-3).
func ending(b []byte) string {
	if len(b) == 0 {
		return "ok"
	}
	switch b[0] {
	case 'T', 'R', 'E', 'Q':
		return "failed"
	}
	return "ok"
}

// The verbs, and what sending them says of a box. Results come from an analyser or
// from middleware in front of it, orders from the laboratory's system.
var verbs = [...]struct {
	name, role, category string
	confidence           uint8
}{
	{"message", "", "", 0},
	{"result", "astm result sender", "analyser", 50},
	{"order", "astm order sender", "LIS", 50},
	{"query", "astm query client", "analyser", 55},
}

// finish emits the message, if there is one.
func (m *message) finish(c *sense.Context) {
	if !m.active {
		return
	}
	n := 0
	switch {
	case m.results:
		n = 1
	case m.queries:
		n = 3
	case m.orders:
		n = 2
	}
	a := c.Act(m.dir, verbs[n].name)
	a.Outcome = m.outcome
	a.Patient, a.Order, a.Message, a.Actor = m.patient, m.order, m.message, m.actor
	a.SrcApp, a.DstApp, a.Bytes, a.Clear = m.src, m.dst, m.size, m.clear
	if m.patients > 1 {
		a.Count = m.patients
	}
	c.Message()
	if bit := uint8(1) << n; n > 0 && m.roles&bit == 0 {
		m.roles |= bit
		c.Sight(m.dir, "astm records", ward.Fact{Field: ward.FieldRole, Value: verbs[n].role, Confidence: 55},
			ward.Fact{Field: ward.FieldCategory, Value: verbs[n].category, Confidence: verbs[n].confidence})
		if n == 1 {
			c.Sight(m.dir.Other(), "astm records", ward.Fact{Field: ward.FieldRole, Value: "astm result receiver", Confidence: 55},
				ward.Fact{Field: ward.FieldCategory, Value: "LIS", Confidence: 45})
		}
	}
	m.reset()
}
