package hl7

import (
	"wardkeeper/format/hl7"
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// orderToken makes the token of an EI in ORC-2/3 or OBR-2/3.
func (p *parser) orderToken(c *sense.Context, placer, filler []byte) ward.Token {
	ei := placer
	if len(ei) == 0 {
		ei = filler
	}
	if len(ei) == 0 {
		return ward.Token{}
	}
	var f [2][]byte
	p.head.d.Components(ei, f[:])
	return c.Token(ward.TokenOrder, p.namespace(f[1]), p.trimmed(f[0]))
}

func (p *parser) orc(c *sense.Context, seg []byte) {
	sep := p.head.d.Sep
	control, rest := cut(seg[min(4, len(seg)):], sep)
	placer, rest := cut(rest, sep)
	filler, rest := cut(rest, sep)
	var order ward.Token
	if p.m.order.Zero() || p.pharmaceutical() {
		order = p.orderToken(c, placer, filler)
	}
	if p.pharmaceutical() {
		p.nextOrder(c, control, order)
	}
	if p.m.order.Zero() {
		p.m.order, p.m.group = order, order
	}
	if p.m.actor.Zero() && p.head.kind != kindResult {
		if i := hl7.Nth(rest, sep, 6); i >= 0 { // ORC-10 entered by, ORC-12 ordered by
			by, more := cut(rest[i+1:], sep)
			if len(by) == 0 {
				_, more = cut(more, sep)
				by, _ = cut(more, sep)
			}
			p.person(c, by)
		}
	}
}

// obr reads which order the observations that follow belong to, and when they were
// made. A further order becomes a token only if something asks for it.
func (p *parser) obr(c *sense.Context, seg []byte) {
	sep, m := p.head.d.Sep, &p.m
	m.reports++
	if m.order.Zero() || m.reports > 1 && !p.pharmaceutical() {
		if i := hl7.Nth(seg, sep, 2); i >= 0 {
			placer, rest := cut(seg[i+1:], sep)
			filler, _ := cut(rest, sep)
			p.reported(c, placer, filler)
		}
	}
	m.at = 0
	if i := hl7.Nth(seg, sep, 7); i >= 0 {
		when, _ := cut(seg[i+1:], sep)
		if len(when) > 14 {
			if at, ok := hl7.Time(when); ok {
				m.at = ward.TimeOf(at)
			}
		}
	}
}

func (p *parser) reported(c *sense.Context, placer, filler []byte) {
	m := &p.m
	p.nEI = 0
	if m.order.Zero() {
		m.order = p.orderToken(c, placer, filler)
		m.group = m.order
		return
	}
	if len(placer) == 0 {
		placer = filler
	}
	m.group = ward.Token{}
	if len(placer) <= len(p.ei) {
		p.nEI = uint8(copy(p.ei[:], placer))
	}
}

// group returns the order that the current observations belong to.
func (p *parser) group(c *sense.Context) ward.Token {
	if p.nEI > 0 {
		p.m.group = p.orderToken(c, p.ei[:p.nEI], nil)
		p.nEI = 0
	}
	return p.m.group
}
