package ldap

import (
	"bytes"

	"wardkeeper/format/ber"
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// request is an operation that waits for its result.
type request struct {
	id      int64
	verb    string // "" for a free place
	object  string
	domain  string
	actor   ward.Token
	entries uint64
	root    bool // search for the server's own entry
	tls     bool
	sasl    bool
	attrs   [4]ward.Attr
	n       int
}

func (q *request) add(name, value string) {
	if value != "" && q.n < len(q.attrs) {
		q.attrs[q.n] = ward.Attr{Name: name, Value: value}
		q.n++
	}
}

func (s *stream) request(c *sense.Context, id int64, tag byte, op []byte) {
	r := ber.Reader{B: op}
	switch tag {
	case bindRequest:
		s.bind(c, id, r)
	case searchRequest:
		s.search(c, id, r)
	case modifyRequest:
		s.change(c, id, "modify", r)
	case addRequest:
		s.change(c, id, "add", r)
	case delRequest:
		q := s.expect(c, id, "delete")
		q.domain = domain(c, op)
	case renameRequest:
		s.change(c, id, "rename", r)
	case compareRequest:
		s.change(c, id, "compare", r)
	case extRequest:
		s.extended(c, id, r)
	case unbindRequest:
		s.user, s.bound = ward.Token{}, false
	}
}

// expect makes an operation wait; the oldest gives way.
func (s *stream) expect(c *sense.Context, id int64, verb string) *request {
	q := &s.pending[s.next%maxPending]
	s.next++
	if q.verb != "" {
		c.Limit("ldap.pending")
		emit(c, q, "")
	}
	*q = request{id: id, verb: verb, actor: s.user}
	return q
}

// find returns the operation with this message ID.
func (s *stream) find(id int64) *request {
	for i := range s.pending {
		if q := &s.pending[i]; q.verb != "" && q.id == id {
			return q
		}
	}
	return nil
}

// emit says what became of an operation and frees its place.
func emit(c *sense.Context, q *request, outcome string) {
	a := c.Act(sense.ToServer, q.verb)
	a.Object, a.Outcome, a.Actor, a.Count, a.Target = q.object, outcome, q.actor, q.entries, q.domain
	if q.n > 0 {
		a.Attrs = c.Attrs(q.attrs[:q.n]...)
	}
	*q = request{}
}

// flush emits what got no result, in order of asking.
func (s *stream) flush(c *sense.Context) {
	for i := range s.pending {
		if q := &s.pending[(s.next+i)%maxPending]; q.verb != "" {
			emit(c, q, "")
		}
	}
}

// bind reads RFC 4511 section 4.2. The password is not even made a token of: only
// that one crossed the network in the clear is said.
func (s *stream) bind(c *sense.Context, id int64, r ber.Reader) {
	r.Take(ber.Integer)
	dn, _ := r.Take(ber.OctetString)
	const simple, sasl, sicilyNegotiate, sicilyResponse = 0x80, 0xa3, 0x8a, 0x8b
	tag, credentials, _ := r.Next()
	s.user = c.Token(ward.TokenStaff, nil, dn)
	q := s.expect(c, id, "bind")
	switch tag {
	case simple:
		q.add("method", "simple")
		switch {
		case len(credentials) > 0:
			q.add("clear_password", "yes")
			c.Sight(sense.ToClient, "ldap bind", ward.Fact{Field: ward.FieldService, Value: "ldap clear password", Confidence: 80})
		case len(dn) == 0:
			q.add("anonymous", "yes")
		}
	case sasl:
		q.sasl = true
		f := ber.Reader{B: credentials}
		name, _ := f.Take(ber.OctetString)
		q.add("method", "sasl")
		q.add("mechanism", mechanism(name))
	case sicilyNegotiate, sicilyResponse, 0x89: // MS-ADTS section 5.1.1.1.3
		q.sasl = true
		q.add("method", "ntlm")
	}
}

// mechanism returns SASL's registered name, else "other".
func mechanism(b []byte) string {
	for _, m := range [...]string{"GSS-SPNEGO", "GSSAPI", "EXTERNAL", "PLAIN", "DIGEST-MD5", "CRAM-MD5", "NTLM", "SRP",
		"SCRAM-SHA-1", "SCRAM-SHA-256", "LOGIN", "OAUTHBEARER"} {
		if string(b) == m {
			return m
		}
	}
	return "other"
}

// search reads section 4.5.1.
func (s *stream) search(c *sense.Context, id int64, r ber.Reader) {
	base, _ := r.Take(ber.OctetString)
	scope, _ := r.Take(ber.Enumerated)
	r.Take(ber.Enumerated) // aliases
	r.Take(ber.Integer)    // size limit
	r.Take(ber.Integer)    // time limit
	r.Take(0x01)           // types only
	rest := r.B
	r.Next()
	filter := rest[:len(rest)-len(r.B)]
	wanted, _ := r.Take(ber.Sequence)
	q := s.expect(c, id, "search")
	q.domain = domain(c, base)
	level, _ := ber.Int(scope)
	q.root = len(base) == 0 && level == 0
	if q.root {
		q.object = "root dse"
	}
	if level >= 0 && level < int64(len(scopes)) {
		q.add("scope", scopes[level])
	}
	q.add("filter", interest(filter))
	q.add("attributes", interest(wanted))
}

var scopes = [...]string{"base", "one", "subtree"}

// interest names what attackers look for in a directory, where a filter or a list
// of attributes mentions it; "" otherwise.
func interest(b []byte) string {
	for _, name := range [...]string{"servicePrincipalName", "userAccountControl", "msDS-AllowedToDelegateTo", "ms-Mcs-AdmPwd", "msLAPS-Password",
		"adminCount", "userPassword", "unixUserPassword", "sAMAccountName", "dNSHostName", "trustedDomain", "groupPolicyContainer", "objectSid"} {
		for i := 0; i+len(name) <= len(b); i++ {
			if bytes.EqualFold(b[i:i+len(name)], []byte(name)) {
				return name
			}
		}
	}
	return ""
}

// change takes an operation that starts with the entry's name.
func (s *stream) change(c *sense.Context, id int64, verb string, r ber.Reader) {
	dn, _ := r.Take(ber.OctetString)
	q := s.expect(c, id, verb)
	q.domain = domain(c, dn)
	if verb == "modify" {
		q.add("attributes", interest(r.B))
	}
}

// extended reads section 4.12.
func (s *stream) extended(c *sense.Context, id int64, r ber.Reader) {
	oid, _ := r.Take(0x80)
	q := s.expect(c, id, "extended")
	switch string(oid) {
	case "1.3.6.1.4.1.1466.20037":
		q.object, q.tls = "start tls", true
	case "1.3.6.1.4.1.4203.1.11.1":
		q.object = "password modify"
	case "1.3.6.1.4.1.4203.1.11.3":
		q.object = "who am i"
	case "1.3.6.1.1.8":
		q.object = "cancel"
	default:
		q.object = "other"
	}
}

// domain returns the DNS domain that a DN ends with (RFC 2247): its dc parts. The
// rest names people and is left out.
func domain(c *sense.Context, dn []byte) string {
	var mem [128]byte
	out := mem[:0]
	for len(dn) > 0 {
		var part []byte
		part, dn, _ = bytes.Cut(dn, []byte{','})
		part = bytes.TrimSpace(part)
		if len(part) > 3 && bytes.EqualFold(part[:3], []byte("dc=")) && len(out)+len(part) < len(mem) {
			if len(out) > 0 {
				out = append(out, '.')
			}
			out = append(out, part[3:]...)
		}
	}
	return c.Text(sense.ClassHost, out)
}
