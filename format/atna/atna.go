// Package atna reads audit messages of health systems: DICOM PS3.15 section A.5
// and RFC 3881 section 5, which name the same things a little differently.
package atna

import "errors"

// Caps of one message.
const (
	maxTags         = 4096
	maxParticipants = 16
	maxObjects      = 32
	maxReference    = 12 // characters of a character reference
)

// ErrNotAudit is returned for what is no audit message.
var ErrNotAudit = errors.New("not an audit message")

// Participant is an ActiveParticipant.
type Participant struct {
	UserID, AlternativeID, NetworkID []byte
	Role                             []byte // first RoleIDCode
	Requestor                        bool
	NetworkType                      byte // '1' name, '2' IP address, 0 not stated
}

// Object is a ParticipantObjectIdentification.
type Object struct {
	ID, IDType []byte
	Type       []byte // 1 person, 2 system object, 3 organization
	Role       []byte // 1 patient, 3 report, 24 query …
}

// Message is what is read of an audit message. Values point into the document or
// hold it unescaped; Reset it to use it again.
type Message struct {
	EventID, EventType []byte // codes
	Action, Outcome    []byte
	Participants       []Participant
	SourceID           []byte
	Objects            []Object
	// Truncated says that there were more participants or objects.
	Truncated bool
}

// Reset empties m and keeps its memory.
func (m *Message) Reset() {
	*m = Message{Participants: m.Participants[:0], Objects: m.Objects[:0]}
}

// Parse reads a document into m, which it resets.
func Parse(doc []byte, m *Message) error {
	m.Reset()
	s := scanner{b: doc}
	t, ok := s.next()
	if !ok || t.end || string(t.name) != "AuditMessage" {
		return ErrNotAudit
	}
	var in byte // 'p' in a participant, 'o' in an object
	for {
		t, ok := s.next()
		if !ok {
			break
		}
		if t.end {
			switch string(t.name) {
			case "ActiveParticipant", "ParticipantObjectIdentification":
				in = 0
			case "AuditMessage":
				return m.check()
			}
			continue
		}
		switch string(t.name) {
		case "EventIdentification":
			m.event(&t)
		case "EventID":
			m.EventID = code(&t)
		case "EventTypeCode":
			if m.EventType == nil {
				m.EventType = code(&t)
			}
		case "ActiveParticipant":
			in = m.participant(&t)
		case "RoleIDCode":
			if p := len(m.Participants) - 1; in == 'p' && p >= 0 && m.Participants[p].Role == nil {
				m.Participants[p].Role = code(&t)
			}
		case "AuditSourceIdentification":
			m.source(&t)
		case "ParticipantObjectIdentification":
			in = m.object(&t)
		case "ParticipantObjectIDTypeCode":
			if o := len(m.Objects) - 1; in == 'o' && o >= 0 {
				m.Objects[o].IDType = code(&t)
			}
		}
	}
	return m.check()
}

func (m *Message) check() error {
	if m.EventID == nil {
		return ErrNotAudit
	}
	return nil
}

// code returns a coded value's code: csd-code in DICOM, code in RFC 3881.
func code(t *tag) []byte {
	for {
		name, value, ok := t.attr()
		if !ok {
			return nil
		}
		if string(name) == "csd-code" || string(name) == "code" {
			return value
		}
	}
}

func (m *Message) event(t *tag) {
	for {
		name, value, ok := t.attr()
		if !ok {
			return
		}
		switch string(name) {
		case "EventActionCode":
			m.Action = value
		case "EventOutcomeIndicator":
			m.Outcome = value
		}
	}
}

func (m *Message) participant(t *tag) byte {
	if len(m.Participants) >= maxParticipants {
		m.Truncated = true
		return 0
	}
	var p Participant
	for {
		name, value, ok := t.attr()
		if !ok {
			break
		}
		switch string(name) {
		case "UserID":
			p.UserID = value
		case "AlternativeUserID":
			p.AlternativeID = value
		case "NetworkAccessPointID":
			p.NetworkID = value
		case "NetworkAccessPointTypeCode":
			if len(value) == 1 {
				p.NetworkType = value[0]
			}
		case "UserIsRequestor":
			p.Requestor = string(value) == "true" || string(value) == "1"
		}
	}
	m.Participants = append(m.Participants, p)
	return 'p'
}

func (m *Message) source(t *tag) {
	for {
		name, value, ok := t.attr()
		if !ok {
			return
		}
		if string(name) == "AuditSourceID" && m.SourceID == nil {
			m.SourceID = value
		}
	}
}

func (m *Message) object(t *tag) byte {
	if len(m.Objects) >= maxObjects {
		m.Truncated = true
		return 0
	}
	var o Object
	for {
		name, value, ok := t.attr()
		if !ok {
			break
		}
		switch string(name) {
		case "ParticipantObjectID":
			o.ID = value
		case "ParticipantObjectTypeCode":
			o.Type = value
		case "ParticipantObjectTypeCodeRole":
			o.Role = value
		}
	}
	m.Objects = append(m.Objects, o)
	return 'o'
}

// Patient reports whether the object is a patient and returns the identifier and
// who assigned it, from the form of HL7's CX (PS3.15 section A.5.2.7).
func (o *Object) Patient() (authority, id []byte, ok bool) {
	if string(o.Type) != "1" || string(o.Role) != "1" {
		return nil, nil, false
	}
	id = o.ID
	field := 0
	start := 0
	for i := 0; i <= len(o.ID); i++ {
		if i < len(o.ID) && o.ID[i] != '^' {
			continue
		}
		switch field {
		case 0:
			id = o.ID[:i]
		case 3:
			authority = o.ID[start:i]
			for j, c := range authority {
				if c == '&' {
					authority = authority[:j]
					break
				}
			}
		}
		field++
		start = i + 1
	}
	return authority, id, len(id) > 0
}
