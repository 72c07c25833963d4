// Package ldap reads LDAP (RFC 4511 sections 4 and 5) over TCP and its
// connectionless form: who binds how, what is searched and changed and with which
// result, and what a server says of itself. Values of entries are not read.
package ldap

import (
	"wardkeeper/format/ber"
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Analyzer returns the LDAP analyzer.
func Analyzer() sense.Analyzer {
	return sense.Analyzer{
		Name: "ldap", Doc: "LDAP (RFC 4511, RFC 4512 section 5.1)", Transports: sense.TCP | sense.UDP, Ports: []uint16{389, 3268},
		Probe:        probe,
		NewStream:    func(*sense.Context) sense.Stream { return &stream{} },
		NewDatagrams: func(*sense.Context) sense.Datagrams { return &stream{} },
	}
}

// Caps.
const (
	maxMessage = 1 << 17 // longer ones are counted and passed over
	maxPending = 16      // requests that wait for their result
)

// Operations are application tags, RFC 4511 section 4.2 and following.
const (
	bindRequest    = 0x60
	bindResponse   = 0x61
	unbindRequest  = 0x42
	searchRequest  = 0x63
	searchEntry    = 0x64
	searchDone     = 0x65
	modifyRequest  = 0x66
	modifyReply    = 0x67
	addRequest     = 0x68
	addReply       = 0x69
	delRequest     = 0x4a
	delReply       = 0x6b
	renameRequest  = 0x6c
	renameReply    = 0x6d
	compareRequest = 0x6e
	compareReply   = 0x6f
	abandonRequest = 0x50
	searchRef      = 0x73
	extRequest     = 0x77
	extReply       = 0x78
	interReply     = 0x79
)

// operation reports whether a tag is one that dir sends.
func operation(dir sense.Dir, tag byte) bool {
	switch tag {
	case bindRequest, unbindRequest, searchRequest, modifyRequest, addRequest, delRequest, renameRequest, compareRequest, abandonRequest, extRequest:
		return dir == sense.ToServer
	case bindResponse, searchEntry, searchDone, modifyReply, addReply, delReply, renameReply, compareReply, searchRef, extReply, interReply:
		return dir == sense.ToClient
	}
	return false
}

// probe wants LDAPMessage ::= SEQUENCE { messageID INTEGER, protocolOp … } whose
// lengths fit each other.
func probe(dir sense.Dir, b []byte, _ uint16) sense.Verdict {
	if len(b) == 0 {
		return sense.More
	}
	if b[0] != ber.Sequence {
		return sense.No
	}
	_, h, total := ber.Header(b)
	switch {
	case total < 0 || total > 0 && (total < 7 || total > 1<<24):
		return sense.No
	case total == 0 || len(b) < h+3:
		return sense.More
	}
	if b[h] != ber.Integer || b[h+1] == 0 || b[h+1] > 4 {
		return sense.No
	}
	op := h + 2 + int(b[h+1])
	if len(b) <= op {
		return sense.More
	}
	if !operation(dir, b[op]) {
		return sense.No
	}
	_, h2, inner := ber.Header(b[op:])
	switch {
	case inner == 0:
		return sense.More
	case inner < 0 || op+inner > total:
		return sense.No
	}
	if op+inner < total { // controls follow
		if len(b) <= op+inner {
			return verdict(len(b) > op+h2+2 && inside(b[op:], h2))
		}
		return verdict(b[op+inner] == 0xa0)
	}
	return verdict(b[op] == unbindRequest || b[op] == delRequest || b[op] == abandonRequest || inside(b[op:], h2))
}

func verdict(ok bool) sense.Verdict {
	if ok {
		return sense.Yes
	}
	return sense.No
}

// inside checks the first element of an operation.
func inside(b []byte, header int) bool {
	if len(b) <= header {
		return false
	}
	switch tag := b[header]; b[0] {
	case bindRequest:
		return tag == ber.Integer
	case bindResponse, searchDone, modifyReply, addReply, delReply, renameReply, compareReply, extReply:
		return tag == ber.Enumerated
	case extRequest:
		return tag == 0x80
	case interReply:
		return tag == 0x80 || tag == 0x81
	default:
		return tag == ber.OctetString
	}
}

type stream struct {
	frames  [2]sense.Framer
	lost    [2]bool
	user    ward.Token // bound as
	bound   bool
	pending [maxPending]request
	next    int
	over    bool
}

// Data implements sense.Stream.
func (s *stream) Data(c *sense.Context, dir sense.Dir, b []byte) {
	for !s.over && !s.lost[dir] {
		msg, rest, v := s.frames[dir].Next(c, b, maxMessage, "ldap.message-bytes", size)
		switch v {
		case sense.More:
			return
		case sense.No:
			s.misfit(c, dir)
			return
		}
		b = rest
		s.message(c, dir, msg)
	}
}

func size(b []byte) int {
	if b[0] != ber.Sequence {
		return -1
	}
	_, _, total := ber.Header(b)
	return total
}

// misfit ends the reading: after a SASL bind messages may be sealed.
func (s *stream) misfit(c *sense.Context, dir sense.Dir) {
	s.lost[dir] = true
	if !s.bound && !c.Midstream() {
		c.Anomaly(dir, "ldap.bad-message", "bytes that are no LDAP message")
	}
	if s.bound || s.lost[dir.Other()] {
		s.end(c)
	}
}

func (s *stream) end(c *sense.Context) {
	s.flush(c)
	s.over = true
	c.Done()
}

// Datagram implements sense.Datagrams.
func (s *stream) Datagram(c *sense.Context, dir sense.Dir, b []byte) {
	for len(b) > 0 {
		n := size(b)
		if n <= 0 || n > len(b) {
			return
		}
		s.message(c, dir, b[:n])
		b = b[n:]
	}
}

// Gap implements sense.Stream.
func (s *stream) Gap(c *sense.Context, dir sense.Dir, n int64) {
	if s.lost[dir] || s.frames[dir].Gap(n) {
		return
	}
	s.lost[dir] = true
	if s.lost[dir.Other()] {
		s.end(c)
	}
}

// Close implements sense.Stream and sense.Datagrams.
func (s *stream) Close(c *sense.Context) {
	if !s.over {
		s.flush(c)
	}
	s.frames[0].Free(c)
	s.frames[1].Free(c)
}

// message takes one whole LDAPMessage.
func (s *stream) message(c *sense.Context, dir sense.Dir, b []byte) {
	body, ok := ber.Inner(b, ber.Sequence)
	r := ber.Reader{B: body}
	v, ok2 := r.Take(ber.Integer)
	id, ok3 := ber.Int(v)
	tag, op, ok4 := r.Next()
	if !ok || !ok2 || !ok3 || !ok4 || !operation(dir, tag) {
		c.Anomaly(dir, "ldap.bad-message", "an LDAP message whose parts do not fit")
		return
	}
	c.Message()
	if dir == sense.ToServer {
		s.request(c, id, tag, op)
	} else {
		s.reply(c, id, tag, op)
	}
}
