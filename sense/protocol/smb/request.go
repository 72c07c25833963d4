package smb

import (
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// request is a command awaiting its answer. Strings are already cleaned.
type request struct {
	id      uint64
	cmd     uint16 // SMB2 command, or SMB1 command | smb1Command
	act     action
	open    *open
	session uint64
	actor   ward.Token
	tree    uint32
	auth    string // of a login
	name    string // share, new name
	ext     string // extension of name
	info    string // information class, disposition
	offset  uint64 // of a read
	pipe    bool
}

// action is what becomes of a request when it is answered.
type action uint8

const (
	actNone action = iota
	actNegotiate
	actLogin
	actLogoff
	actTree
	actCreate
	actClose
	actRead
	actRename
	actDelete
	actSet
	actCopy
	actPipe
)

// requests holds what awaits an answer, oldest first.
type requests struct{ list []request }

// add makes room by emitting the oldest without an outcome, as one-sided
// captures need.
func (r *requests) add(c *sense.Context, s *stream, up sense.Dir, q request) {
	if r.list == nil {
		r.list = make([]request, 0, 8)
	}
	r.list = append(r.list, q) // first, so that it forgets a file that the oldest gives up
	if len(r.list) <= maxRequests {
		return
	}
	if s.half[up.Other()].replies { // answers are seen, but not to this one
		c.Limit("smb.requests-unanswered")
	}
	old := r.list[0]
	r.list = r.list[:copy(r.list, r.list[1:])]
	s.finish(c, up, &old, "", 0)
}

// take removes and returns the request with this id.
func (r *requests) take(id uint64) (request, bool) {
	for i := range r.list {
		if r.list[i].id == id {
			q := r.list[i]
			r.list = r.list[:i+copy(r.list[i:], r.list[i+1:])]
			return q, true
		}
	}
	return request{}, false
}

// negotiated drops the offers that the server has chosen from: a multi-protocol
// offer is an SMB1 request with an SMB2 answer.
func (r *requests) negotiated() {
	kept := r.list[:0]
	for _, q := range r.list {
		if q.act != actNegotiate {
			kept = append(kept, q)
		}
	}
	r.list = kept
}

// flush emits what was never answered.
func (r *requests) flush(c *sense.Context, s *stream, up sense.Dir) {
	for len(r.list) > 0 {
		q := r.list[0]
		r.list = r.list[:copy(r.list, r.list[1:])]
		s.finish(c, up, &q, "", 0)
	}
}

// forget drops references to an open file that is given up.
func (r *requests) forget(o *open) {
	for i := range r.list {
		if r.list[i].open == o {
			r.list[i].open = nil
		}
	}
}

// finish emits what a request did, now that its outcome is known or will never
// be ("").
func (s *stream) finish(c *sense.Context, up sense.Dir, q *request, outcome string, status uint32) {
	switch q.act {
	case actNegotiate:
		if outcome == "" {
			c.Act(up, "negotiate")
		}
	case actLogin:
		a := c.Act(up, "login")
		a.Actor, a.Outcome, a.Object = q.actor, outcome, q.auth
		a.Attrs = statusAttrs(c, status)
	case actLogoff:
		a := c.Act(up, "logoff")
		a.Actor, a.Outcome = q.actor, outcome
		delete(s.sessions, q.session)
	case actTree:
		a := c.Act(up, "tree connect")
		a.Actor, a.Outcome, a.Target, a.Object = q.actor, outcome, q.name, q.info
		a.Attrs = statusAttrs(c, status)
	case actCreate:
		s.opened(c, up, q, outcome, status)
	case actClose:
		if q.open != nil {
			s.closed(c, up, q.open)
		}
	case actRename, actDelete, actSet, actCopy:
		s.changed(c, up, q, outcome, status)
	}
}

var changeVerbs = [...]string{actRename: "rename", actDelete: "delete", actSet: "set", actCopy: "copy"}

// changed emits a change to a file.
func (s *stream) changed(c *sense.Context, up sense.Dir, q *request, outcome string, status uint32) {
	a := c.Act(up, changeVerbs[q.act])
	a.Actor, a.Outcome, a.Target = q.actor, outcome, q.name
	var at [4]ward.Attr
	n := 0
	add := func(name, value string) {
		if value != "" {
			at[n] = attr(name, value)
			n++
		}
	}
	add("status", statusNote(status))
	add("ext", q.ext)
	a.Object = kindOf(q.ext)
	if o := q.open; o != nil {
		a.Object = o.what()
		if q.act == actRename {
			add("from", o.name)
			add("from-ext", o.ext)
			if outcome == "ok" {
				o.name, o.ext, o.kind = q.name, q.ext, kindOf(q.ext)
			}
		} else {
			a.Target = o.name
			at[n] = attr("ext", o.ext)
			if o.ext != "" {
				n++
			}
		}
	}
	if q.act == actSet {
		a.Object = q.info
	}
	if n > 0 {
		a.Attrs = c.Attrs(at[:n]...)
	}
}

func attr(name, value string) ward.Attr { return ward.Attr{Name: name, Value: value} }

func statusAttrs(c *sense.Context, status uint32) []ward.Attr {
	if n := statusNote(status); n != "" {
		return c.Attrs(attr("status", n))
	}
	return nil
}
