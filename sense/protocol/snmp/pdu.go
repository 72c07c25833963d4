package snmp

import (
	"encoding/binary"
	"strconv"

	"wardkeeper/format/ber"
	"wardkeeper/format/pen"
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// maxBindings is how many variables of one message are looked at.
const maxBindings = 1024

// pduNames are verbs by the low bits of the PDU's tag.
var pduNames = [...]string{"GetRequest", "GetNextRequest", "Response", "SetRequest", "Trap", "GetBulkRequest", "InformRequest", "SNMPv2-Trap", "Report"}

const (
	pduResponse = 2
	pduTrap1    = 4
	pduInform   = 6
	pduTrap2    = 7
	pduReport   = 8
)

var errorNames = [...]string{"ok", "tooBig", "noSuchName", "badValue", "readOnly", "genErr", "noAccess", "wrongType", "wrongLength", "wrongEncoding", "wrongValue",
	"noCreation", "inconsistentValue", "resourceUnavailable", "commitFailed", "undoFailed", "authorizationError", "notWritable", "inconsistentName"}

type agent struct{}

func (agent) Close(*sense.Context) {}

// Datagram implements sense.Datagrams.
func (agent) Datagram(c *sense.Context, dir sense.Dir, b []byte) {
	m, ok := open(b)
	if !ok {
		c.Anomaly(dir, "snmp.malformed", "no SNMP message")
		return
	}
	if m.version == version3 {
		message3(c, dir, &m)
		return
	}
	community, ok := m.rest.Take(ber.OctetString)
	if !ok {
		c.Anomaly(dir, "snmp.malformed", "no community")
		return
	}
	s := said{version: m.version}
	switch string(community) { // compared in clear: these two are everybody's
	case "public":
		s.community = "public"
	case "private":
		s.community = "private"
	default:
		s.community = "other"
		s.actor = c.Token(ward.TokenSecret, nil, community)
	}
	pdu(c, dir, &m.rest, &s)
}

// said is what the wrapping of a PDU tells.
type said struct {
	version   int
	community string // "public", "private" or "other"; "" in version 3
	security  string // version 3: noAuthNoPriv, authNoPriv, authPriv
	actor     ward.Token
}

// service names what an agent that answers offers.
func (s *said) service() string {
	switch {
	case s.version == version1 && s.community == "public":
		return "snmp v1 community public"
	case s.version == version1 && s.community == "private":
		return "snmp v1 community private"
	case s.version == version1:
		return "snmp v1"
	case s.version == version2c && s.community == "public":
		return "snmp v2c community public"
	case s.version == version2c && s.community == "private":
		return "snmp v2c community private"
	case s.version == version2c:
		return "snmp v2c"
	case s.security == "noAuthNoPriv":
		return "snmp v3 no authentication"
	}
	return "snmp v3"
}

// act emits the act of a message.
func (s *said) act(c *sense.Context, dir sense.Dir, verb string) *ward.Act {
	a := c.Act(dir, verb)
	c.Message()
	a.Actor = s.actor
	second := ward.Attr{Name: "community", Value: s.community}
	if s.version == version3 {
		second = ward.Attr{Name: "security", Value: s.security}
	}
	a.Attrs = c.Attrs(ward.Attr{Name: "version", Value: versionNames[s.version]}, second)
	return a
}

// pdu reads a PDU, RFC 3416 section 3 and RFC 1157 section 4.1.6 for its trap.
func pdu(c *sense.Context, dir sense.Dir, r *ber.Reader, s *said) {
	tag, body, ok := r.Next()
	kind := int(tag) - 0xa0
	if !ok || kind < 0 || kind >= len(pduNames) {
		c.Anomaly(dir, "snmp.malformed", "no PDU")
		return
	}
	a := s.act(c, dir, pduNames[kind])
	in := ber.Reader{B: body}
	if kind == pduTrap1 {
		trap1(c, dir, &in, a)
	} else if !header(&in, a, kind) {
		c.Anomaly(dir, "snmp.malformed", "a PDU's header does not fit")
		return
	}
	// A response that refuses only echoes what was asked.
	answers := kind == pduResponse && a.Outcome == "ok" || kind == pduTrap1 || kind == pduInform || kind == pduTrap2
	roles(c, dir, kind, s)
	list, ok := in.Take(ber.Sequence)
	if !ok {
		c.Anomaly(dir, "snmp.malformed", "no variable bindings")
		return
	}
	bindings(c, dir, list, a, answers)
}

// header reads request ID, error status and error index.
func header(in *ber.Reader, a *ward.Act, kind int) bool {
	_, ok := in.Take(ber.Integer)
	status, ok2 := in.Take(ber.Integer)
	_, ok3 := in.Take(ber.Integer)
	if !ok || !ok2 || !ok3 {
		return false
	}
	if kind == pduResponse || kind == pduReport {
		a.Reply = true
		if n, ok := ber.Int(status); ok && n >= 0 && n < int64(len(errorNames)) {
			a.Outcome = errorNames[n]
		} else {
			a.Outcome = "error"
		}
	}
	return true
}

// roles sights who is agent and who manager.
func roles(c *sense.Context, dir sense.Dir, kind int, s *said) {
	switch kind {
	case pduResponse:
		c.Sight(dir, "snmp response", fact(ward.FieldRole, "snmp agent", 70), fact(ward.FieldService, s.service(), 95))
	case pduTrap1, pduTrap2, pduInform:
		c.Sight(dir, "snmp trap", fact(ward.FieldRole, "snmp agent", 60))
	case pduReport:
	default:
		c.Sight(dir, "snmp request", fact(ward.FieldRole, "snmp manager", 50))
	}
}

// trap1 reads the fields that only version 1's trap has.
func trap1(c *sense.Context, dir sense.Dir, in *ber.Reader, a *ward.Act) {
	enterprise, _ := in.Take(ber.OID)
	maker(c, dir, "snmp trap enterprise", enterprise, 60)
	in.Next() // agent-addr: may be behind a proxy, so not sighted
	generic, _ := in.Take(ber.Integer)
	if n, ok := ber.Int(generic); ok && n >= 0 && n < int64(len(genericTraps)) {
		a.Outcome = genericTraps[n]
	}
	in.Take(ber.Integer) // specific trap
	in.Next()            // time stamp
}

var genericTraps = [...]string{"coldStart", "warmStart", "linkDown", "linkUp", "authenticationFailure", "egpNeighborLoss", "enterpriseSpecific"}

// bindings walks over the variables. The first names the act's object.
func bindings(c *sense.Context, dir sense.Dir, list []byte, a *ward.Act, answers bool) {
	r := ber.Reader{B: list}
	for a.Count < maxBindings {
		_, vb, ok := r.Next()
		if !ok {
			break
		}
		in := ber.Reader{B: vb}
		oid, ok := in.Take(ber.OID)
		if !ok {
			c.Anomaly(dir, "snmp.malformed", "a variable without a name")
			return
		}
		a.Count++
		if a.Object == "" {
			a.Object = objectName(oid)
		}
		if tag, value, ok := in.Next(); ok && answers && len(value) > 0 {
			variable(c, dir, oid, tag, value)
		}
	}
	if len(r.B) > 0 && a.Count >= maxBindings {
		c.Limit("snmp.bindings")
	}
}

// message3 reads version 3's wrapping, RFC 3412 section 6 and RFC 3414 section 2.4.
func message3(c *sense.Context, dir sense.Dir, m *message) {
	global, ok := m.rest.Take(ber.Sequence)
	g := ber.Reader{B: global}
	g.Take(ber.Integer)
	g.Take(ber.Integer)
	flags, ok2 := g.Take(ber.OctetString)
	params, ok3 := m.rest.Take(ber.OctetString)
	if !ok || !ok2 || !ok3 || len(flags) != 1 {
		c.Anomaly(dir, "snmp.malformed", "a version 3 header does not fit")
		return
	}
	s := said{version: version3, security: securityNames[flags[0]&3]}
	usm, _ := ber.Inner(params, ber.Sequence)
	u := ber.Reader{B: usm}
	engine, _ := u.Take(ber.OctetString)
	u.Take(ber.Integer)
	u.Take(ber.Integer)
	user, _ := u.Take(ber.OctetString)
	s.actor = c.Token(ward.TokenStaff, nil, user)
	if flags[0]&2 != 0 {
		s.act(c, dir, "encrypted")
		if dir == sense.ToClient {
			c.Sight(dir, "snmp response", fact(ward.FieldRole, "snmp agent", 70), fact(ward.FieldService, s.service(), 95))
			engineID(c, dir, engine)
		}
		return
	}
	scoped, ok := m.rest.Take(ber.Sequence)
	sc := ber.Reader{B: scoped}
	_, ok2 = sc.Take(ber.OctetString)
	_, ok3 = sc.Take(ber.OctetString)
	if !ok || !ok2 || !ok3 {
		c.Anomaly(dir, "snmp.malformed", "no scoped PDU")
		return
	}
	if len(sc.B) > 0 && (sc.B[0] == 0xa0+pduResponse || sc.B[0] == 0xa0+pduReport) {
		engineID(c, dir, engine)
	}
	pdu(c, dir, &sc, &s)
}

var securityNames = [4]string{"noAuthNoPriv", "authNoPriv", "privNoAuth", "authPriv"}

// engineID sights what an agent's engine identifier holds, RFC 3411 section 5.
func engineID(c *sense.Context, dir sense.Dir, e []byte) {
	if len(e) < 5 || e[0]&0x80 == 0 {
		return
	}
	mac := ""
	if e[4] == 3 && len(e) == 11 {
		mac = c.MACText(ward.MAC(e[5:11]))
	}
	c.Sight(dir, "snmp engine ID", fact(ward.FieldMaker, pen.Maker(binary.BigEndian.Uint32(e)&0x7fffffff), 60), fact(ward.FieldMAC, mac, 80))
}

// enterprises is 1.3.6.1.4.1.
const enterprises = "\x2b\x06\x01\x04\x01"

// enterprise returns the enterprise number in an object identifier.
func enterprise(oid []byte) (uint32, bool) {
	if len(oid) <= len(enterprises) || string(oid[:len(enterprises)]) != enterprises {
		return 0, false
	}
	n := uint64(0)
	for i, b := range oid[len(enterprises):] {
		if i == 5 {
			return 0, false
		}
		n = n<<7 | uint64(b&0x7f)
		if b&0x80 == 0 {
			return uint32(n), n <= 1<<32-1
		}
	}
	return 0, false
}

// maker sights who registered the enterprise number in an object identifier, and
// the whole identifier as a fingerprint.
func maker(c *sense.Context, dir sense.Dir, from string, oid []byte, confidence uint8) {
	n, ok := enterprise(oid)
	if !ok {
		return
	}
	c.Sight(dir, from, fact(ward.FieldMaker, pen.Maker(n), confidence), fact(ward.FieldFingerprint, oidText(c, oid), confidence))
}

// maxOID is the longest object identifier that becomes a fingerprint.
const maxOID = 32

// oidText returns "snmp-oid 1.3.6.1.4.1.9.1.516".
func oidText(c *sense.Context, oid []byte) string {
	if len(oid) > maxOID {
		return ""
	}
	dst := append(c.Scratch(), "snmp-oid 1.3"...)
	n := uint64(0)
	for _, b := range oid[1:] {
		if n > 1<<25 {
			return "" // no such number is registered
		}
		n = n<<7 | uint64(b&0x7f)
		if b&0x80 == 0 {
			dst = strconv.AppendUint(append(dst, '.'), n, 10)
			n = 0
		}
	}
	return string(dst)
}

func fact(f ward.Field, value string, confidence uint8) ward.Fact {
	return ward.Fact{Field: f, Value: value, Confidence: confidence}
}
