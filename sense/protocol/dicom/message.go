package dicom

import (
	"wardkeeper/format/dicom"
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// message is a command whose data set is still to come, and what is reused
// between messages.
type message struct {
	pending bool   // a data set is to follow
	matches uint64 // of the current query
	reading bool   // it has begun
	request
	content *content // made with the first data set
}

// request is what is kept of a command until its data set is complete. Strings
// are vocabulary or cleaned.
type request struct {
	field      dicom.Field
	context    uint8
	service    dicom.Service
	object     string
	outcome    string
	target     string
	originator string
	instance   ward.Token
	uid        [64]byte // of the instance as the command names it
	nuid       int
	event      uint16 // event or action type
	count      uint64
	failed     uint64
}

// attributes collects the attributes of an act.
type attributes struct {
	a [8]ward.Attr
	n int
}

func (a *attributes) add(name, value string) {
	if value != "" && a.n < len(a.a) {
		a.a[a.n] = ward.Attr{Name: name, Value: value}
		a.n++
	}
}

// command collects a command set and acts on it.
func (s *stream) command(c *sense.Context, d sense.Dir, e *dicom.Event) {
	h := &s.half[d]
	if e.First && h.drop {
		h.buf.Reset()
		h.drop, h.unsure = false, true
	}
	b, ok := h.whole(c, e, e.End && e.Last, maxCommand, "dicom.command-bytes")
	if !ok {
		return
	}
	s.abandon(c, d)
	unsure := h.unsure
	h.unsure = false
	cmd, ok := dicom.ParseCommand(b)
	if ok {
		s.perform(c, d, &cmd, e.Context)
	} else if !unsure {
		c.Anomaly(d, "dicom.command", "command set cannot be read")
	}
	h.buf.Reset()
}

// perform keeps what a command says and emits its act, unless a data set follows.
func (s *stream) perform(c *sense.Context, d sense.Dir, cmd *dicom.Command, context uint8) {
	s.checkContext(c, d, context)
	m := &s.half[d].message
	r := &m.request
	*r = request{field: cmd.Field, context: context, event: cmd.EventType | cmd.ActionType}
	r.object, r.service = sopClass(c, cmd.SOPClass)
	r.target = c.Text(sense.ClassAE, cmd.MoveDestination)
	r.originator = c.Text(sense.ClassAE, cmd.MoveOriginator)
	if len(cmd.SOPInstance) > 0 {
		r.instance = c.Token(ward.TokenInstance, nil, cmd.SOPInstance)
		r.nuid = copy(r.uid[:], cmd.SOPInstance)
	}
	if cmd.HasStatus {
		r.outcome = s.outcome(cmd.Status)
	}
	if cmd.HasSubOps {
		r.count = uint64(cmd.SubOperations[1])
		r.failed = uint64(cmd.SubOperations[2])
	}
	if cmd.Field == dicom.CFind.Reply() {
		r.count = m.matched(cmd.Status)
	}
	if m.pending = cmd.DataSet; !m.pending {
		s.emit(c, d, true)
	}
}

// matched counts the matches of a query, and returns them with its last response.
func (m *message) matched(status uint16) uint64 {
	if status == 0xFF00 || status == 0xFF01 {
		m.matches++
		return 0
	}
	n := m.matches
	m.matches = 0
	return n
}

// dataSet reads a fragment of the data set that the last command announced.
func (s *stream) dataSet(c *sense.Context, d sense.Dir, e *dicom.Event) {
	m := &s.half[d].message
	if !m.pending {
		return
	}
	if !m.reading {
		m.reading = true
		if m.content == nil {
			m.content = &content{}
		}
		_, encoding, _ := s.syntax(m.context)
		m.content.begin(m.reads(), encoding)
	}
	m.content.write(c, e.Bytes)
	if e.End && e.Last {
		s.emit(c, d, true)
	}
}

// reads tells what is of interest in the data set of a command.
func (r *request) reads() interest {
	switch r.field {
	case dicom.CStore:
		return wantDigest | wantEquipment
	case dicom.CFind, dicom.CMove, dicom.CGet:
		return wantQuery
	case dicom.NCreate, dicom.NSet:
		if r.service == dicom.ProcedureStep {
			return wantEquipment
		}
	case dicom.NGet.Reply():
		if r.service == dicom.Print {
			return wantEquipment
		}
	}
	return 0
}

// abandon gives up a message whose data set is not complete: what its command
// said still holds.
func (s *stream) abandon(c *sense.Context, d sense.Dir) {
	if s.half[d].message.pending {
		c.Limit("dicom.incomplete-message")
		s.emit(c, d, false)
	}
}

// emit makes the act of a message.
func (s *stream) emit(c *sense.Context, d sense.Dir, complete bool) {
	m := &s.half[d].message
	verb := m.field.String()
	if verb == "" {
		verb = "DIMSE"
		c.Anomaly(d, "dicom.command", "command field is not known")
	}
	a := c.Act(d, verb)
	a.Reply = m.field.Response()
	a.Object, a.Outcome, a.Target, a.Instance, a.Count = m.object, m.outcome, m.target, m.instance, m.count
	a.SrcApp, a.DstApp, a.Actor = s.ae[d], s.ae[d.Other()], s.actor
	c.Message()

	var at attributes
	if m.originator != "" {
		at.add("move_originator", m.originator)
	}
	if m.failed > 0 {
		at.add("failed", decimal(m.failed))
	}
	switch m.field {
	case dicom.NEventReport:
		at.add("event", decimal(uint64(m.event)))
	case dicom.NAction:
		at.add("action", decimal(uint64(m.event)))
	}
	if m.reading {
		s.finish(c, d, a, &at, complete)
	} else if m.pending {
		at.add("dataset", "incomplete")
	}
	if !s.negotiated {
		at.add("contexts", "unknown")
	}
	a.Attrs = c.Attrs(at.a[:at.n]...)
	m.pending, m.reading = false, false
}

// finish puts what the data set says into the act, and emits what else it tells.
func (s *stream) finish(c *sense.Context, d sense.Dir, a *ward.Act, at *attributes, complete bool) {
	m := &s.half[d].message
	x := m.content
	name, _, known := s.syntax(m.context)
	at.add("transfer_syntax", name)
	x.finish(c, complete)
	x.describe(c, a, at)
	switch {
	case !complete:
		at.add("dataset", "incomplete")
	case !known && x.fault == dicom.NoFault:
		at.add("dataset", "guessed")
	case x.fault != dicom.NoFault:
		at.add("dataset", "malformed")
		if known {
			c.Anomaly(d, "dicom.dataset", x.fault.String())
		}
	}
	if m.field == dicom.CStore && complete {
		if x.nuid > 0 && m.nuid > 0 && string(x.uid[:x.nuid]) != string(m.uid[:m.nuid]) {
			c.Anomaly(d, "dicom.instance-mismatch", "command and data set name different instances")
		}
		s.forwards(d, m.originator != "", x)
	}
	if complete {
		x.sight(c, d, s.forward[d])
		x.emitDoses(c, d, a.Patient, a.Instance)
	}
	x.end(c)
}

// forwards notes that the sender passes on what others made: it was asked to
// move or send it, or several devices' instances come over one association.
func (s *stream) forwards(d sense.Dir, moved bool, x *content) {
	o := x.origin()
	switch {
	case moved, x.contributed, s.requestor != 0 && s.requestor != int8(d)+1,
		s.origin[d] != (origin{}) && s.origin[d] != o:
		s.forward[d] = true
	}
	s.origin[d] = o
}
