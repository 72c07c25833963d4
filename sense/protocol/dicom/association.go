package dicom

import (
	"encoding/binary"

	"wardkeeper/format/dicom"
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// association is what both directions of a conversation share. Each fills in
// what it knows; nothing rests on the other.
type association struct {
	requestor  int8 // direction of who asked for the association plus 1, 0 unknown
	negotiated bool // a request or acceptance was seen
	accepted   bool // the acceptance was seen
	misused    bool // a message on a context that was not accepted was told
	ae         [2]string
	actor      ward.Token
	contexts   []presentation
	reversed   services // the requestor takes the SCP role for these
	status     uint16   // of the last response, and its name
	statusName string
	origin     [2]origin
	forward    [2]bool
}

// presentation is one presentation context.
type presentation struct {
	id       uint8
	accepted bool
	service  dicom.Service
	encoding dicom.Encoding
	syntax   string // name of the transfer syntax, "" if not known
}

// services is a set of dicom.Service.
type services uint16

func (s *services) add(v dicom.Service)     { *s |= 1 << v }
func (s services) has(v dicom.Service) bool { return s&(1<<v) != 0 }

// syntax returns the transfer syntax of a context; known is false where it was
// not negotiated before our eyes.
func (s *association) syntax(id uint8) (name string, e dicom.Encoding, known bool) {
	p := s.context(id)
	if p == nil {
		return "", dicom.UnknownEncoding, false
	}
	return p.syntax, p.encoding, p.encoding != dicom.UnknownEncoding
}

func (s *association) context(id uint8) *presentation {
	for i := range s.contexts {
		if s.contexts[i].id == id {
			return &s.contexts[i]
		}
	}
	return nil
}

func (s *association) addContext(c *sense.Context, id uint8) *presentation {
	if len(s.contexts) >= maxContexts {
		c.Limit("dicom.presentation-contexts")
		return nil
	}
	s.contexts = append(s.contexts, presentation{id: id})
	return &s.contexts[len(s.contexts)-1]
}

// outcome names a status and remembers the name.
func (s *association) outcome(status uint16) string {
	if s.statusName == "" || s.status != status {
		s.status, s.statusName = status, outcome(status)
	}
	return s.statusName
}

// pdu acts on a PDU that is not data.
func (s *stream) pdu(c *sense.Context, d sense.Dir, t dicom.PDUType, body []byte) {
	s.abandon(c, d)
	switch t {
	case dicom.AssociateRQ:
		s.association = association{requestor: int8(d) + 1, negotiated: true, contexts: s.contexts[:0]}
		s.associate(c, d, t, body)
	case dicom.AssociateAC:
		s.negotiated, s.accepted = true, true
		s.associate(c, d, t, body)
	case dicom.AssociateRJ:
		a := s.act(c, d, t)
		a.Reply, a.Outcome = true, "refused"
		a.Attrs = c.Attrs(ward.Attr{Name: "result", Value: rejectResult(body[1])}, ward.Attr{Name: "source", Value: rejectSource(body[2])},
			ward.Attr{Name: "reason", Value: rejectReason(body[2], body[3])})
		c.Sight(d, "dicom association", ward.Fact{Field: ward.FieldService, Value: "dicom", Confidence: 90})
	case dicom.ReleaseRQ:
		s.act(c, d, t)
	case dicom.ReleaseRP:
		a := s.act(c, d, t)
		a.Reply, a.Outcome = true, "ok"
	case dicom.Abort:
		s.abandon(c, d.Other())
		a := s.act(c, d, t)
		a.Outcome = "failed"
		a.Attrs = c.Attrs(ward.Attr{Name: "source", Value: abortSource(body[2])}, ward.Attr{Name: "reason", Value: decimal(uint64(body[3]))})
	}
}

// act emits the act of a PDU.
func (s *stream) act(c *sense.Context, d sense.Dir, t dicom.PDUType) *ward.Act {
	a := c.Act(d, t.String())
	a.SrcApp, a.DstApp, a.Actor = s.ae[d], s.ae[d.Other()], s.actor
	c.Message()
	return a
}

// contextBytes is about what a presentation context takes in a request.
const contextBytes = 60

// negotiation is what an association PDU says beyond its contexts.
type negotiation struct {
	contexts, accepted uint64
	services           services
	maxPDU             uint32
	class, version     []byte
	identity           string
	secret             bool
}

// associate reads an A-ASSOCIATE-RQ or -AC.
func (s *stream) associate(c *sense.Context, d sense.Dir, t dicom.PDUType, body []byte) {
	p, ok := dicom.ParseAssociate(body)
	if !ok {
		return // the framer asks for as many bytes
	}
	src, dst := p.Calling, p.Called
	if t == dicom.AssociateAC {
		src, dst = dst, src // echoed from the request
	}
	if t == dicom.AssociateRQ || s.ae[d] == "" {
		s.ae[d], s.ae[d.Other()] = c.Text(sense.ClassAE, src), c.Text(sense.ClassAE, dst)
	}
	var n negotiation
	items := p.Items()
	if s.contexts == nil {
		s.contexts = make([]presentation, 0, min(len(items)/contextBytes+1, maxContexts))
	}
	for {
		kind, v, ok := items.Next()
		if !ok {
			break
		}
		switch {
		case kind == dicom.ItemContextRQ && t == dicom.AssociateRQ:
			s.offer(c, v, &n)
		case kind == dicom.ItemContextAC && t == dicom.AssociateAC:
			s.accept(c, v, &n)
		case kind == dicom.ItemUser:
			s.user(c, v, t, &n)
		}
	}
	a := s.act(c, d, t)
	var at attributes
	a.Count = n.contexts
	if t == dicom.AssociateAC {
		a.Reply, a.Outcome = true, "ok"
		at.add("accepted", decimal(n.accepted))
	}
	at.add("implementation", c.Text(sense.ClassSoftware, n.version))
	at.add("max_pdu", decimal(uint64(n.maxPDU)))
	at.add("identity", n.identity)
	if n.secret {
		at.add("passcode", "clear")
	}
	a.Attrs = c.Attrs(at.a[:at.n]...)
	s.sight(c, d, t, &n)
}

// offer reads a presentation context of a request.
func (s *stream) offer(c *sense.Context, v []byte, n *negotiation) {
	pc, ok := dicom.ParseContext(v)
	if !ok {
		return
	}
	n.contexts++
	p := s.addContext(c, pc.ID)
	if p == nil {
		return
	}
	syntaxes, syntax := 0, []byte(nil)
	for {
		kind, uid, ok := pc.Items.Next()
		if !ok {
			break
		}
		switch kind {
		case dicom.ItemAbstractSyntax:
			_, p.service, _ = dicom.SOPClass(uid)
			n.services.add(p.service)
		case dicom.ItemTransferSyntax:
			syntaxes++
			syntax = uid
		}
	}
	if syntaxes == 1 { // of several, only the answer tells which
		p.setSyntax(c, syntax)
	}
}

func (p *presentation) setSyntax(c *sense.Context, uid []byte) {
	var ok bool
	if p.syntax, p.encoding, ok = dicom.TransferSyntax(uid); !ok {
		p.syntax = c.Text(sense.ClassCode, dicom.Trim(uid))
	}
}

// accept reads a presentation context of an acceptance.
func (s *stream) accept(c *sense.Context, v []byte, n *negotiation) {
	pc, ok := dicom.ParseContext(v)
	if !ok {
		return
	}
	n.contexts++
	p := s.context(pc.ID)
	if p == nil {
		if p = s.addContext(c, pc.ID); p == nil {
			return
		}
	}
	if p.accepted = pc.Result == 0; !p.accepted {
		return
	}
	n.accepted++
	n.services.add(p.service)
	for {
		kind, uid, ok := pc.Items.Next()
		if !ok {
			return
		}
		if kind == dicom.ItemTransferSyntax {
			p.setSyntax(c, uid)
		}
	}
}

// user reads the user information item.
func (s *stream) user(c *sense.Context, v []byte, t dicom.PDUType, n *negotiation) {
	for items := dicom.Items(v); ; {
		kind, v, ok := items.Next()
		if !ok {
			return
		}
		switch kind {
		case dicom.ItemMaxLength:
			if len(v) == 4 {
				n.maxPDU = binary.BigEndian.Uint32(v)
			}
		case dicom.ItemImplementation:
			n.class = dicom.Trim(v)
		case dicom.ItemVersionName:
			n.version = dicom.Trim(v)
		case dicom.ItemRole:
			if r, ok := dicom.ParseRole(v); ok && r.SCP && !r.SCU && t == dicom.AssociateRQ {
				_, service, _ := dicom.SOPClass(r.SOPClass)
				s.reversed.add(service)
			}
		case dicom.ItemUserIdentity:
			if u, ok := dicom.ParseUserIdentity(v); ok && t == dicom.AssociateRQ {
				n.identity, n.secret = identity(u.Type), u.Type == 2 && u.Secret
				if u.Type == 1 || u.Type == 2 {
					s.actor = c.Token(ward.TokenStaff, nil, u.Primary)
				}
			}
		}
	}
}

// sight emits what an association PDU tells of its sender.
func (s *stream) sight(c *sense.Context, d sense.Dir, t dicom.PDUType, n *negotiation) {
	from := "dicom calling AE"
	if t == dicom.AssociateAC {
		from = "dicom called AE"
		c.Sight(d, "dicom association", ward.Fact{Field: ward.FieldService, Value: "dicom", Confidence: 95})
	}
	c.Sight(d, from, ward.Fact{Field: ward.FieldAE, Value: s.ae[d], Confidence: 85})
	implementation(c, d, n.class, n.version)
	s.roles(c, d, t == dicom.AssociateRQ, n.services)
}

// implementation emits what names the software (PS3.7 annex D.3.3.2).
func implementation(c *sense.Context, d sense.Dir, class, version []byte) {
	var fingerprint, made string
	m, plain := dicom.Implementation(class)
	if plain {
		fingerprint = "dicom-impl " + string(class)
	} else if uid := c.Text(sense.ClassSoftware, class); uid != "" {
		fingerprint = "dicom-impl " + uid
	}
	if !m.Toolkit {
		made = m.Name
	}
	c.Sight(d, "dicom implementation",
		ward.Fact{Field: ward.FieldProduct, Value: c.Text(sense.ClassSoftware, version), Confidence: 70},
		ward.Fact{Field: ward.FieldFingerprint, Value: fingerprint, Confidence: 75},
		ward.Fact{Field: ward.FieldMaker, Value: made, Confidence: 50})
}

// roleNames are the roles of each service: of who uses it and who provides it.
var roleNames = [...][2]string{
	dicom.Verification:  {"dicom verification scu", "dicom verification scp"},
	dicom.Storage:       {"dicom storage scu", "dicom storage scp"},
	dicom.Query:         {"dicom query scu", "dicom query scp"},
	dicom.Worklist:      {"dicom worklist scu", "dicom worklist scp"},
	dicom.Move:          {"dicom retrieve scu", "dicom retrieve scp"},
	dicom.Get:           {"dicom retrieve scu", "dicom retrieve scp"},
	dicom.ProcedureStep: {"dicom procedure step scu", "dicom procedure step scp"},
	dicom.Commitment:    {"dicom storage commitment scu", "dicom storage commitment scp"},
	dicom.Print:         {"dicom print scu", "dicom print scp"},
	dicom.UnifiedStep:   {"dicom unified step scu", "dicom unified step scp"},
}

// Confidence in a role that was only asked for, and in one that was accepted.
const (
	offeredConfidence  = 45
	acceptedConfidence = 65
)

// roles emits the roles that the sender takes in the services named, and the kind
// of device that usually does.
func (s *stream) roles(c *sense.Context, d sense.Dir, requestor bool, named services) {
	scp, confidence := 1, uint8(acceptedConfidence)
	if requestor {
		scp, confidence = 0, offeredConfidence
	}
	var facts [8]ward.Fact
	n := 0
	for service := dicom.Verification; service <= dicom.UnifiedStep && n < len(facts); service++ {
		role := scp
		if s.reversed.has(service) {
			role = 1 - scp
		}
		if named.has(service) {
			facts[n] = ward.Fact{Field: ward.FieldRole, Value: roleNames[service][role], Confidence: confidence}
			n++
		}
	}
	c.Sight(d, "dicom presentation contexts", facts[:n]...)
	if requestor {
		return
	}
	kind := ""
	switch provides := named &^ s.reversed; {
	case provides.has(dicom.Query), provides.has(dicom.Move), provides.has(dicom.Get), provides.has(dicom.Commitment):
		kind = "PACS"
	case provides.has(dicom.Print):
		kind = "printer"
	}
	c.Sight(d, "dicom services offered", ward.Fact{Field: ward.FieldCategory, Value: kind, Confidence: 45})
}

// checkContext tells of a message on a context that was not accepted.
func (s *stream) checkContext(c *sense.Context, d sense.Dir, id uint8) {
	if !s.accepted || s.misused {
		return
	}
	if p := s.context(id); p == nil || !p.accepted {
		s.misused = true
		c.Anomaly(d, "dicom.context", "message on a presentation context that was not accepted")
	}
}
