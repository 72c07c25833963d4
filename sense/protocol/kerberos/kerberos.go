// Package kerberos reads Kerberos 5 requests, replies and errors (RFC 4120
// sections 5.4, 5.9 and 7.2) over UDP and TCP: who asks for which service, with
// which encryption types. Tickets and keys are passed over.
package kerberos

import (
	"encoding/binary"

	"wardkeeper/format/ber"
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Analyzer returns the Kerberos analyzer.
func Analyzer() sense.Analyzer {
	return sense.Analyzer{
		Name: "kerberos", Doc: "Kerberos 5 (RFC 4120)", Transports: sense.TCP | sense.UDP, Ports: []uint16{88},
		Probe:        probe,
		NewStream:    func(*sense.Context) sense.Stream { return &stream{} },
		NewDatagrams: func(*sense.Context) sense.Datagrams { return datagrams{} },
	}
}

// Caps.
const maxMessage = 1 << 16 // with a large authorisation ticket about 12 KB are met

// Message types are their application tags, RFC 4120 section 5.10.
const (
	asReq    = 10
	asRep    = 11
	tgsReq   = 12
	tgsRep   = 13
	krbError = 30
)

// application returns the message type of a constructed application tag.
func application(tag byte) int {
	if tag&0xe0 != 0x60 {
		return 0
	}
	switch n := int(tag & 0x1f); n {
	case asReq, asRep, tgsReq, tgsRep, krbError:
		return n
	}
	return 0
}

// probe takes a datagram, or TCP's length and message (section 7.2.2).
func probe(_ sense.Dir, b []byte, _ uint16) sense.Verdict {
	if len(b) == 0 {
		return sense.More
	}
	if b[0] != 0 {
		return probeMessage(b, len(b))
	}
	if len(b) < 4 {
		return sense.More
	}
	n := binary.BigEndian.Uint32(b)
	if n < 10 || n > maxMessage {
		return sense.No
	}
	return probeMessage(b[4:], int(n))
}

// probeMessage wants the message type, its length, and version 5 within.
func probeMessage(b []byte, n int) sense.Verdict {
	if len(b) == 0 {
		return sense.More
	}
	kind := application(b[0])
	if kind == 0 {
		return sense.No
	}
	_, header, total := ber.Header(b)
	switch {
	case total == 0:
		return sense.More
	case total != n:
		return sense.No
	case len(b) < header+12 && len(b) < total:
		return sense.More
	}
	_, inner, size := ber.Header(b[header:])
	if size <= 0 || b[header] != ber.Sequence || header+size != total {
		return sense.No
	}
	tag := byte(0xa0)
	if kind == asReq || kind == tgsReq {
		tag = 0xa1
	}
	want := []byte{tag, 3, 2, 1, 5}
	rest := b[header+inner:]
	if len(rest) >= len(want) && string(rest[:len(want)]) == string(want) {
		return sense.Yes
	}
	return sense.No
}

type datagrams struct{}

// Datagram implements sense.Datagrams.
func (datagrams) Datagram(c *sense.Context, dir sense.Dir, b []byte) { message(c, dir, b) }

// Close implements sense.Datagrams.
func (datagrams) Close(*sense.Context) {}

type stream struct {
	frames [2]sense.Framer
	lost   [2]bool
}

// Data implements sense.Stream.
func (s *stream) Data(c *sense.Context, dir sense.Dir, b []byte) {
	for !s.lost[dir] {
		msg, rest, v := s.frames[dir].Next(c, b, maxMessage, "kerberos.message-bytes", size)
		switch v {
		case sense.More:
			return
		case sense.No:
			if !c.Midstream() {
				c.Anomaly(dir, "kerberos.bad-length", "")
			}
			s.lose(c, dir)
			return
		}
		b = rest
		message(c, dir, msg[4:])
	}
}

func size(b []byte) int {
	if len(b) < 4 {
		return 0
	}
	if n := binary.BigEndian.Uint32(b); n < 1<<20 {
		return 4 + int(n)
	}
	return -1
}

func (s *stream) lose(c *sense.Context, dir sense.Dir) {
	s.lost[dir] = true
	if s.lost[dir.Other()] {
		c.Done()
	}
}

// Gap implements sense.Stream.
func (s *stream) Gap(c *sense.Context, dir sense.Dir, n int64) {
	if !s.lost[dir] && !s.frames[dir].Gap(n) {
		s.lose(c, dir)
	}
}

// Close implements sense.Stream.
func (s *stream) Close(c *sense.Context) {
	s.frames[0].Free(c)
	s.frames[1].Free(c)
}

// message takes one whole Kerberos message.
func message(c *sense.Context, dir sense.Dir, b []byte) {
	r := ber.Reader{B: b}
	tag, body, ok := r.Next()
	kind := application(tag)
	if !ok || kind == 0 {
		return
	}
	fields, ok := ber.Inner(body, ber.Sequence)
	if !ok {
		c.Anomaly(dir, "kerberos.bad-message", "")
		return
	}
	switch kind {
	case asReq, tgsReq:
		ok = request(c, dir, kind, fields)
	case asRep, tgsRep:
		ok = reply(c, dir, kind, fields)
	case krbError:
		ok = failure(c, dir, fields)
	}
	if ok {
		c.Message()
	} else {
		c.Anomaly(dir, "kerberos.bad-message", "")
	}
}

func kdcRole(c *sense.Context, dir sense.Dir) {
	c.Sight(dir, "kerberos reply", ward.Fact{Field: ward.FieldRole, Value: "kerberos kdc", Confidence: 80})
}
