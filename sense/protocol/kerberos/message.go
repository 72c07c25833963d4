package kerberos

import (
	"bytes"
	"strconv"

	"wardkeeper/format/ber"
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Name types, RFC 4120 section 6.2.
const nameHost = 3

// Pre-authentication types, section 7.5.2.
const paTimestamp = 2

// Encryption types that use RC4 (RFC 4757) or DES (RFC 6649 retires them).
func weakEtype(n int64) string {
	switch n {
	case 23, 24, -128, -133, -135:
		return "rc4"
	case 1, 2, 3:
		return "des"
	}
	return ""
}

// maxEtypes is how many of a request's encryption types are listed.
const maxEtypes = 12

// principal is a name within a message; slices point into it.
type principal struct {
	kind  int64
	parts [2][]byte
	n     int
}

// name reads PrincipalName ::= SEQUENCE { [0] name-type, [1] SEQUENCE OF string }.
func name(b []byte) (p principal, ok bool) {
	seq, ok := ber.Inner(b, ber.Sequence)
	if !ok {
		return p, false
	}
	r := ber.Reader{B: seq}
	if v, ok := r.Take(ber.Context(0)); ok {
		i, _ := ber.Inner(v, ber.Integer)
		p.kind, _ = ber.Int(i)
	}
	v, ok := r.Take(ber.Context(1))
	if !ok {
		return p, false
	}
	list, ok := ber.Inner(v, ber.Sequence)
	for r := (ber.Reader{B: list}); ok; {
		_, part, more := r.Next()
		if !more {
			break
		}
		if p.n < len(p.parts) {
			p.parts[p.n] = part
			p.n++
		}
	}
	return p, ok && p.n > 0
}

// text reads a KerberosString of whatever string type.
func text(b []byte) []byte {
	r := ber.Reader{B: b}
	_, v, _ := r.Next()
	return v
}

func integer(b []byte) int64 {
	v, _ := ber.Inner(b, ber.Integer)
	n, _ := ber.Int(v)
	return n
}

// machine returns the host that a client's name stands for: a computer account
// (ending in $) or host/name; nil where it is a person or a service.
func (p *principal) machine() []byte {
	switch {
	case p.n == 1 && bytes.HasSuffix(p.parts[0], []byte{'$'}):
		return p.parts[0][:len(p.parts[0])-1]
	case p.n == 2 && (p.kind == nameHost || bytes.EqualFold(p.parts[0], []byte("host"))):
		return p.parts[1]
	}
	return nil
}

// service names the class of a service principal.
func service(c *sense.Context, class []byte) string {
	for _, known := range [...]string{"krbtgt", "cifs", "host", "ldap", "http", "dns", "gc", "MSSQLSvc", "TERMSRV", "RPCSS", "WSMAN",
		"kadmin", "nfs", "imap", "smtp", "ftp", "postgres", "oracle", "HOST", "RestrictedKrbHost", "SIP", "exchangeMDB", "GC", "ProtectedStorage"} {
		if bytes.EqualFold(class, []byte(known)) {
			return known
		}
	}
	return c.Text(sense.ClassCode, class)
}

// fill puts the server's name into an act.
func fill(c *sense.Context, a *ward.Act, s *principal) {
	if s.n == 0 {
		return
	}
	if s.n == 1 { // a user's or computer's own account
		if m := s.machine(); m != nil {
			a.Object, a.Target = "host", c.Text(sense.ClassHost, m)
		} else {
			a.Object = "account"
		}
		return
	}
	a.Object, a.Target = service(c, s.parts[0]), c.Text(sense.ClassHost, s.parts[1])
}

// who puts the client into an act: a host by name, anyone else as a token.
func who(c *sense.Context, a *ward.Act, p *principal, realm []byte) {
	if p.n == 0 {
		return
	}
	if m := p.machine(); m != nil {
		a.SrcApp = c.Text(sense.ClassHost, m)
		return
	}
	a.Actor = c.Token(ward.TokenStaff, realm, p.parts[0])
}

// request reads KDC-REQ, section 5.4.1.
func request(c *sense.Context, dir sense.Dir, kind int, fields []byte) bool {
	r := ber.Reader{B: fields}
	preauth := false
	r.Find(ber.Context(2))
	if pa, ok := r.Take(ber.Context(3)); ok {
		preauth = hasTimestamp(pa)
	}
	v, ok := r.Take(ber.Context(4))
	if !ok {
		return false
	}
	body, ok := ber.Inner(v, ber.Sequence)
	if !ok {
		return false
	}
	var client, server principal
	var realm []byte
	var etypes [6 * maxEtypes]byte
	list, weak := etypes[:0], ""
	for r := (ber.Reader{B: body}); ; {
		tag, v, more := r.Next()
		if !more {
			break
		}
		switch tag {
		case ber.Context(1):
			client, _ = name(v)
		case ber.Context(2):
			realm = text(v)
		case ber.Context(3):
			server, _ = name(v)
		case ber.Context(8):
			list, weak = encryptions(list, v)
		}
	}
	verb := "AS-REQ"
	if kind == tgsReq {
		verb = "TGS-REQ"
	}
	if m := client.machine(); m != nil {
		c.Sight(dir, "kerberos cname", ward.Fact{Field: ward.FieldHostname, Value: c.Text(sense.ClassHost, m), Confidence: 75})
	}
	a := c.Act(dir, verb)
	who(c, a, &client, realm)
	fill(c, a, &server)
	a.DstApp = c.Text(sense.ClassHost, realm)
	attrs := [3]ward.Attr{{Name: "etypes", Value: string(list)}, {Name: "weak_only", Value: weak}}
	n := 1
	if weak != "" {
		n++
	}
	if kind == asReq {
		attrs[n] = ward.Attr{Name: "preauth", Value: yesNo(preauth)}
		n++
	}
	a.Attrs = c.Attrs(attrs[:n]...)
	return true
}

func yesNo(b bool) string {
	if b {
		return "yes"
	}
	return "no"
}

// hasTimestamp looks for an encrypted timestamp or its successors in padata.
func hasTimestamp(b []byte) bool {
	list, ok := ber.Inner(b, ber.Sequence)
	for r := (ber.Reader{B: list}); ok; {
		_, pa, more := r.Next()
		if !more {
			break
		}
		f := ber.Reader{B: pa}
		v, _ := f.Find(ber.Context(1))
		switch integer(v) {
		case paTimestamp, 16, 17, 138: // PKINIT and encrypted challenge too
			return true
		}
	}
	return false
}

// encryptions lists a request's encryption types; weak is set when it offers
// nothing better.
func encryptions(out, b []byte) (list []byte, weak string) {
	seq, ok := ber.Inner(b, ber.Sequence)
	n, strong := 0, false
	for r := (ber.Reader{B: seq}); ok; n++ {
		_, v, more := r.Next()
		if !more {
			break
		}
		e, _ := ber.Int(v)
		if w := weakEtype(e); w == "" {
			strong = true
		} else if weak == "" {
			weak = w
		}
		if n < maxEtypes && e > -1000 && e < 1000 {
			if len(out) > 0 {
				out = append(out, ',')
			}
			out = strconv.AppendInt(out, e, 10)
		}
	}
	if strong {
		weak = ""
	}
	return out, weak
}

// reply reads KDC-REP, section 5.4.2, and the ticket's outside, section 5.3.
func reply(c *sense.Context, dir sense.Dir, kind int, fields []byte) bool {
	kdcRole(c, dir)
	r := ber.Reader{B: fields}
	realm, ok := r.Find(ber.Context(3))
	if !ok {
		return false
	}
	var client principal
	if v, ok := r.Take(ber.Context(4)); ok {
		client, _ = name(v)
	}
	v, ok := r.Take(ber.Context(5))
	if !ok {
		return false
	}
	const ticketTag = 0x61
	t, _ := ber.Inner(v, ticketTag)
	t, ok = ber.Inner(t, ber.Sequence)
	if !ok {
		return false
	}
	ticket := ber.Reader{B: t}
	ticketRealm, _ := ticket.Find(ber.Context(1))
	var server principal
	if v, ok := ticket.Take(ber.Context(2)); ok {
		server, _ = name(v)
	}
	var etype int64
	if v, ok := ticket.Take(ber.Context(3)); ok {
		etype = encryptedWith(v)
	}
	verb := "AS-REP"
	if kind == tgsRep {
		verb = "TGS-REP"
	}
	a := c.Act(dir, verb)
	a.Reply, a.Outcome = true, "ok"
	who(c, a, &client, text(realm))
	fill(c, a, &server)
	a.DstApp = c.Text(sense.ClassHost, text(ticketRealm))
	attrs := [2]ward.Attr{{Name: "ticket_etype", Value: strconv.FormatInt(etype, 10)}, {Name: "ticket_weak", Value: weakEtype(etype)}}
	n := 2
	if attrs[1].Value == "" {
		n = 1
	}
	a.Attrs = c.Attrs(attrs[:n]...)
	return true
}

// encryptedWith reads EncryptedData's etype, section 5.2.9.
func encryptedWith(b []byte) int64 {
	seq, _ := ber.Inner(b, ber.Sequence)
	v, _ := ber.Inner(seq, ber.Context(0))
	return integer(v)
}

// failure reads KRB-ERROR, section 5.9.1.
func failure(c *sense.Context, dir sense.Dir, fields []byte) bool {
	var client, server principal
	var clientRealm, realm []byte
	code := int64(-1)
	for r := (ber.Reader{B: fields}); ; {
		tag, v, more := r.Next()
		if !more {
			break
		}
		switch tag {
		case ber.Context(6):
			code = integer(v)
		case ber.Context(7):
			clientRealm = text(v)
		case ber.Context(8):
			client, _ = name(v)
		case ber.Context(9):
			realm = text(v)
		case ber.Context(10):
			server, _ = name(v)
		}
	}
	if code < 0 {
		return false
	}
	kdcRole(c, dir)
	a := c.Act(dir, "KRB-ERROR")
	a.Reply, a.Outcome = true, errorName(code)
	who(c, a, &client, clientRealm)
	fill(c, a, &server)
	a.DstApp = c.Text(sense.ClassHost, realm)
	return true
}

// errorName names section 7.5.9's codes that tell something of accounts.
func errorName(code int64) string {
	switch code {
	case 6:
		return "client unknown"
	case 7:
		return "service unknown"
	case 12:
		return "policy"
	case 14:
		return "encryption type not supported"
	case 18:
		return "client revoked"
	case 23:
		return "password expired"
	case 24:
		return "preauthentication failed"
	case 25:
		return "preauthentication required"
	case 31:
		return "integrity check failed"
	case 32:
		return "ticket expired"
	case 34:
		return "replay"
	case 37:
		return "clock skew"
	case 41:
		return "message modified"
	case 52:
		return "response too big"
	case 60:
		return "generic"
	case 68:
		return "wrong realm"
	}
	return "error " + strconv.FormatInt(code, 10)
}
