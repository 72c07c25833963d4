package hl7

import (
	"bytes"
	"encoding/binary"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Caps of what is remembered to match acknowledgements.
const (
	maxRequests = 8  // last messages of a direction
	maxControl  = 40 // bytes of a control ID; longer ones are not matched
	maxGives    = 4  // infusion orders that wait for the pump's answer
)

// request is a message that may be acknowledged.
type request struct {
	key      uint64
	token    ward.Token
	n        uint8
	answered bool
	id       [maxControl]byte
}

// requests are the last messages of one direction.
type requests struct {
	ring    [maxRequests]request
	next    uint8
	any     bool
	gap     bool // some may have been missed
	wrapped bool // more were sent than the ring holds
}

func controlKey(id []byte) uint64 {
	h := uint64(len(id)) * 0x9e3779b97f4a7c15
	for len(id) >= 8 {
		h = (h ^ binary.LittleEndian.Uint64(id)) * 0xff51afd7ed558ccd
		id = id[8:]
	}
	for _, c := range id {
		h = (h ^ uint64(c)) * 0x100000001b3
	}
	return h ^ h>>32
}

func (r *requests) find(id []byte) *request {
	if len(id) == 0 || len(id) > maxControl {
		return nil
	}
	k := controlKey(id)
	for i := range r.ring {
		if e := &r.ring[i]; e.key == k && bytes.Equal(e.id[:e.n], id) {
			return e
		}
	}
	return nil
}

// add remembers a message and returns its token and whether the same control ID
// is among the last ones already.
func (r *requests) add(c *sense.Context, id []byte) (t ward.Token, duplicate string) {
	r.any = true
	if e := r.find(id); e != nil {
		if e.answered {
			return e.token, "answered"
		}
		return e.token, "unanswered"
	}
	t = c.Token(ward.TokenMessage, nil, id)
	if len(id) == 0 || len(id) > maxControl {
		return t, ""
	}
	e := &r.ring[r.next]
	r.wrapped = r.wrapped || e.n > 0
	r.next = (r.next + 1) % maxRequests
	e.key, e.token, e.n, e.answered = controlKey(id), t, uint8(len(id)), false
	copy(e.id[:], id)
	return t, ""
}

// give is an infusion order (RGV) that waits for its answer.
type give struct {
	message, patient, visit, order ward.Token
	device, drug, heal             string
}

// remember keeps the order of an RGV until it is answered.
func (s *stream) remember(g give) {
	if len(s.gives) == maxGives {
		s.gives = s.gives[:copy(s.gives, s.gives[1:])]
	}
	s.gives = append(s.gives, g)
}

// recall returns the infusion order that a message was, or nil.
func (s *stream) recall(message ward.Token) *give {
	if message.Zero() {
		return nil
	}
	for i := range s.gives {
		if s.gives[i].message == message {
			return &s.gives[i]
		}
	}
	return nil
}

// msa reads an acknowledgement: MSA-1 code, MSA-2 the control ID it answers.
func (p *parser) msa(c *sense.Context, seg []byte) {
	sep := p.head.d.Sep
	code, rest := seg[min(4, len(seg)):], []byte(nil)
	if len(code) > 2 && code[2] == sep {
		code, rest = code[:2], code[3:]
	} else {
		code, rest = cut(code, sep)
	}
	id, _ := cut(rest, sep)
	m := &p.m
	m.reply = true
	m.code = ackCode(code)
	id = p.trimmed(id)
	sent := &p.s.sent[p.dir.Other()]
	if r := sent.find(id); r != nil {
		r.answered = true
		m.message = r.token
		return
	}
	m.message = c.Token(ward.TokenMessage, nil, id)
	if len(id) > 0 && sent.any && !sent.gap && !sent.wrapped {
		p.attr("answers", "nothing sent")
	}
}

// ackCodes are the acknowledgement codes of table 0008.
type ack uint8

const (
	ackNone ack = iota
	ackAA
	ackAE
	ackAR
	ackCA
	ackCE
	ackCR
)

func ackCode(b []byte) ack {
	if len(b) == 2 && (b[0] == 'A' || b[0] == 'C') {
		a := ackAA
		if b[0] == 'C' {
			a = ackCA
		}
		switch b[1] {
		case 'A':
			return a
		case 'E':
			return a + 1
		case 'R':
			return a + 2
		}
	}
	return ackNone
}

func (a ack) outcome() string {
	switch a {
	case ackAA, ackCA:
		return "ok"
	case ackAE, ackCE:
		return "failed"
	case ackAR, ackCR:
		return "refused"
	}
	return ""
}

// commit is MLLP release 2's acknowledgement of a block: one byte.
func (p *parser) commit(c *sense.Context, code byte) {
	a := c.Act(p.dir, "MLLP-ACK")
	a.Reply, a.Outcome = true, "ok"
	if code == mllpNak {
		a.Verb, a.Outcome = "MLLP-NAK", "failed"
	}
	c.Message()
}
