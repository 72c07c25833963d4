package dcerpc

import (
	"bytes"
	"encoding/hex"
	"strconv"

	"wardkeeper/sense"
)

// need says how much of a PDU is looked at: the rest is skipped.
func (s *session) need(p *header, m []byte) int {
	n := headerLen
	switch p.ptype {
	case ptypeBind, ptypeAlter:
		n = maxHead
	case ptypeBindAck, ptypeBindNak, ptypeAlterResp:
		n = maxHead
	case ptypeFault:
		n = 28
	case ptypeResponse:
		n = 24
		if len(m) >= headerLen && s.isZero(p.call) {
			n = maxHead
		}
	case ptypeRequest:
		n = 24
		if len(m) < n {
			break
		}
		if x := s.find(p.order.Uint16(m[20:])); x != nil && x.iface == netlogon && p.order.Uint16(m[22:]) == opAuthenticate3 {
			n = maxHead
		}
	}
	return min(n, p.frag)
}

func (s *session) pdu(c *sense.Context, dir sense.Dir, p *header, m []byte) {
	c.Message()
	switch p.ptype {
	case ptypeBind, ptypeAlter:
		s.bind(c, dir, p, m)
	case ptypeBindNak:
		a := c.ActAs("dcerpc", dir, "bind")
		a.Reply, a.Outcome = true, "refused"
	case ptypeRequest:
		if p.flags&flagFirst != 0 {
			s.request(c, dir, p, m)
		}
	case ptypeResponse:
		s.response(c, dir, p, m)
	case ptypeFault:
		s.fault(c, dir, p, m)
	}
}

// bind reads the presentation contexts that a client offers, C706 12.6.4.3.
func (s *session) bind(c *sense.Context, dir sense.Dir, p *header, m []byte) {
	body := m[headerLen:]
	if len(body) < 12 {
		return
	}
	auth := authOf(p, m)
	n := int(body[8])
	body = body[12:]
	for ; n > 0 && len(body) >= 24; n-- {
		id, syntaxes := p.order.Uint16(body), int(body[2])
		var uuid [16]byte
		copy(uuid[:], body[4:20])
		if p.order.Uint16([]byte{1, 0}) != 1 { // big-endian: first three fields swapped
			swap(uuid[:])
		}
		s.context(c, dir, id, uuid, auth)
		size := 24 + 20*syntaxes
		if size > len(body) {
			return
		}
		body = body[size:]
	}
}

func swap(u []byte) {
	u[0], u[1], u[2], u[3], u[4], u[5], u[6], u[7] = u[3], u[2], u[1], u[0], u[5], u[4], u[7], u[6]
}

// context remembers an interface and tells of it once.
func (s *session) context(c *sense.Context, dir sense.Dir, id uint16, uuid [16]byte, auth string) {
	x := context{id: id, iface: byUUID[uuid]}
	if x.iface != nil {
		x.name = x.iface.name
	} else {
		x.name = c.Text(sense.ClassCode, uuidText(uuid))
	}
	known := false
	for i := range s.contexts {
		known = known || s.contexts[i].name == x.name
		if s.contexts[i].id == id {
			s.contexts[i] = x
			id = 0xffff
		}
	}
	switch {
	case id == 0xffff:
	case len(s.contexts) >= maxContexts:
		c.Limit("dcerpc.contexts")
	default:
		s.contexts = append(s.contexts, x)
	}
	if known {
		return
	}
	a := c.ActAs("dcerpc", dir, "bind")
	a.Object = x.name
	if auth != "" {
		a.Attrs = c.Attrs(attr("auth", auth))
	}
}

// uuidText writes a UUID in its usual form.
func uuidText(u [16]byte) []byte {
	swap(u[:])
	b := make([]byte, 0, 36)
	for i := range u {
		if i == 4 || i == 6 || i == 8 || i == 10 {
			b = append(b, '-')
		}
		b = hex.AppendEncode(b, u[i:i+1])
	}
	return b
}

// authOf names the security of a PDU, [MS-RPCE] 2.2.1.1.7 and 2.2.1.1.8.
func authOf(p *header, m []byte) string {
	at := p.frag - p.auth - 8
	if p.auth == 0 || at < headerLen || at+2 > len(m) {
		return ""
	}
	return authTypes[m[at]] + authLevels[m[at+1]]
}

var authTypes = map[byte]string{9: "spnego", 10: "ntlm", 14: "schannel", 16: "kerberos", 68: "netlogon"}

var authLevels = map[byte]string{2: " connect", 3: " call", 4: " packet", 5: " integrity", 6: " privacy"}

func (s *session) find(id uint16) *context {
	for i := range s.contexts {
		if s.contexts[i].id == id {
			return &s.contexts[i]
		}
	}
	return nil
}

// request reads a call, C706 12.6.4.9.
func (s *session) request(c *sense.Context, dir sense.Dir, p *header, m []byte) {
	op := p.order.Uint16(m[22:])
	k := call{id: p.call, object: "unknown"}
	x := s.find(p.order.Uint16(m[20:]))
	if x != nil {
		k.object = x.name
		if x.iface != nil {
			k.verb = x.iface.ops[op]
		}
	}
	if k.verb == "" {
		k.verb = "opnum " + strconv.Itoa(int(op))
	}
	a := c.ActAs("dcerpc", dir, k.verb)
	a.Object = k.object
	if x != nil && x.iface == netlogon && op == opAuthenticate3 && zeroCredential(p, m) {
		k.zero = true
		if !s.zero {
			s.zero = true
			s.anomaly(c, dir, "dcerpc.zerologon", "NetrServerAuthenticate3 with a credential of zeros")
		}
	}
	if len(s.calls) >= maxCalls { // the oldest got no answer, or answers are not seen
		s.calls = s.calls[:copy(s.calls, s.calls[1:])]
	}
	s.calls = append(s.calls, k)
}

const opAuthenticate3 = 26

// zeroCredential looks for the client credential, eight bytes before the flags
// that end the arguments, up to two bytes of padding between.
func zeroCredential(p *header, m []byte) bool {
	if p.auth != 0 || len(m) != p.frag || len(m) < 24+14 {
		return false
	}
	return bytes.Contains(m[len(m)-14:len(m)-4], make([]byte, 8))
}

func (s *session) isZero(id uint32) bool {
	for i := range s.calls {
		if s.calls[i].id == id {
			return s.calls[i].zero
		}
	}
	return false
}

func (s *session) take(id uint32) (call, bool) {
	for i := range s.calls {
		if k := s.calls[i]; k.id == id {
			s.calls = append(s.calls[:i], s.calls[i+1:]...)
			return k, true
		}
	}
	return call{}, false
}

// response ends a call. Of its result only success of a forged authentication
// is told.
func (s *session) response(c *sense.Context, dir sense.Dir, p *header, m []byte) {
	k, ok := s.take(p.call)
	if ok && k.zero && len(m) == p.frag && len(m) >= 28 && p.order.Uint32(m[len(m)-4:]) == 0 {
		s.anomaly(c, dir, "dcerpc.zerologon-success", "the domain controller accepted a credential of zeros")
	}
}

// fault tells of a call that failed, C706 12.6.4.7.
func (s *session) fault(c *sense.Context, dir sense.Dir, p *header, m []byte) {
	k, _ := s.take(p.call)
	verb := k.verb
	if verb == "" {
		verb = "call"
	}
	a := c.ActAs("dcerpc", dir, verb)
	a.Object, a.Reply, a.Outcome = k.object, true, "failed"
	if len(m) < 28 {
		return
	}
	status := p.order.Uint32(m[24:])
	if status == 5 {
		a.Outcome = "refused"
	}
	a.Attrs = c.Attrs(attr("status", "0x"+strconv.FormatUint(uint64(status), 16)))
}
