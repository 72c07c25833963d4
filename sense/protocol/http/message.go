package http

import (
	"hash/maphash"
	"time"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// message handles a complete head and sets up its body.
func (s *stream) message(c *sense.Context, d sense.Dir, h *half, b []byte) {
	parseHead(b, &s.head)
	if !s.decided {
		s.decided, s.req = true, d
		if s.head.response {
			s.req = d.Other()
		}
	}
	h.seen = true
	c.Message()
	s.memo.refresh(c.Time())
	s.wrongs(c, d, h)
	if s.head.response {
		s.response(c, d, h)
	} else {
		s.request(c, d, h)
	}
	h.buf.Reset()
	h.lineDone = false
}

// wrongs reports what is wrong with a head, once in a direction.
func (s *stream) wrongs(c *sense.Context, d sense.Dir, h *half) {
	if h.said {
		return
	}
	switch {
	case s.head.both:
		c.Anomaly(d, "http.two-lengths", "Content-Length and Transfer-Encoding together")
	case s.head.oddLength:
		c.Anomaly(d, "http.content-length", "unreadable or contradicting Content-Length")
	case s.head.badLine:
		c.Anomaly(d, "http.header-line", "header line without a colon")
	default:
		return
	}
	h.said = true
}

func (s *stream) request(c *sense.Context, d sense.Dir, h *half) {
	hd := &s.head
	method := methodName(hd.method)
	if method == "" {
		method = "other"
	}
	a := c.Act(d, method)
	if a.Object = targetKind(hd.target); method == "CONNECT" {
		a.Object = "tunnel"
	}
	a.Bytes = uint64(max(hd.length, 0))
	s.requestAttrs(c, a)
	if s.memo.isNew(&s.memo.agent, hd.agent) {
		c.Sight(d, "http user-agent", ward.Fact{Field: ward.FieldProduct, Value: c.Text(sense.ClassSoftware, hd.agent), Confidence: 70})
	}
	h.left = 0
	switch {
	case hd.chunked:
		h.state, h.digits = atSize, 0
	case hd.length > 0 && !hd.oddLength:
		h.state, h.left = atLength, hd.length
	default:
		h.state = atStart
	}
	s.env = sense.Envelope{Parent: "http", Dir: d, Method: method, Target: hd.target, ContentType: hd.contentType, Length: hd.length}
	s.open(c, h)
	s.push(c, method, h.body.wanted)
	if h.state == atStart {
		h.body.finish(c, d)
	}
	if method == "CONNECT" { // a tunnel, unless refused: then requests go on
		h.state = atResync
	}
}

func (s *stream) requestAttrs(c *sense.Context, a *ward.Act) {
	hd := &s.head
	var attrs [4]ward.Attr
	n := 0
	if k := contentKind(hd.contentType); k != "" {
		attrs[n] = ward.Attr{Name: "content-type", Value: k}
		n++
	}
	if len(hd.authorization) > 0 {
		s.memo.credential(c, hd.authorization)
		attrs[n] = ward.Attr{Name: "auth", Value: s.memo.scheme}
		n++
		a.Actor = s.memo.user
		if s.memo.secret != "" {
			attrs[n] = ward.Attr{Name: "credential", Value: s.memo.secret}
			n++
		}
	}
	if k := upgradeKind(hd.upgrade); k != "" {
		attrs[n] = ward.Attr{Name: "upgrade", Value: k}
		n++
	}
	if n > 0 {
		a.Attrs = c.Attrs(attrs[:n]...)
	}
}

func (s *stream) response(c *sense.Context, d sense.Dir, h *half) {
	hd := &s.head
	if hd.status >= 100 && hd.status < 200 && hd.status != 101 {
		h.state = atStart
		return // interim: the final response follows
	}
	p := s.pop()
	verb := "response"
	if p != nil {
		verb = p.method
	}
	a := c.Act(d, verb)
	a.Reply = true
	a.Outcome = statusText(hd.status)
	a.Bytes = uint64(max(hd.length, 0))
	s.responseAttrs(c, a)
	s.responseSightings(c, d)
	if hd.status == 101 || verb == "CONNECT" && hd.status/100 == 2 {
		c.Done()
		h.state, s.ended = atStart, true
		return
	}
	s.unsentBody(c, p)
	s.responseFraming(h, verb, p != nil)
	s.env = sense.Envelope{Parent: "http", Dir: d, Response: true, Status: hd.status, ContentType: hd.contentType, Length: hd.length}
	if p != nil {
		s.env.Method, s.env.Target = p.method, p.target.Bytes()
	}
	s.open(c, h)
	switch h.state {
	case atStart:
		h.body.finish(c, d)
	default:
		h.body.sniff(hd)
		if p == nil {
			h.after, h.state = h.state, atPeek
		}
	}
}

// responseFraming follows RFC 9112 section 6.3.
func (s *stream) responseFraming(h *half, verb string, known bool) {
	hd := &s.head
	h.left = 0
	switch {
	case verb == "HEAD", hd.status == 204, hd.status == 304:
		h.state = atStart
	case hd.chunked:
		h.state, h.digits = atSize, 0
	case hd.length == 0 && !hd.oddLength:
		h.state = atStart
	case hd.length > 0 && !hd.oddLength:
		h.state, h.left = atLength, hd.length
	default:
		h.state = atClose
	}
}

// unsentBody looks at a request that asked "Expect: 100-continue" and was answered
// with an error before it sent its body: it may now never send it.
func (s *stream) unsentBody(c *sense.Context, p *pending) {
	r := &s.halves[s.req]
	if p == nil || !p.expect || s.head.status < 400 || s.waiting() > 0 || r.body.started {
		return
	}
	if r.state == atLength || r.state == atSize {
		r.body.abort(c, s.req)
		r.state = atResync
	}
}

func (s *stream) responseAttrs(c *sense.Context, a *ward.Act) {
	hd := &s.head
	var attrs [3]ward.Attr
	n := 0
	if k := contentKind(hd.contentType); k != "" {
		attrs[n] = ward.Attr{Name: "content-type", Value: k}
		n++
	}
	if len(hd.authenticate) > 0 {
		attrs[n] = ward.Attr{Name: "auth", Value: schemeName(hd.authenticate)}
		n++
	}
	if k := upgradeKind(hd.upgrade); k != "" && hd.status == 101 {
		attrs[n] = ward.Attr{Name: "upgrade", Value: k}
		n++
	}
	if n > 0 {
		a.Attrs = c.Attrs(attrs[:n]...)
	}
}

func (s *stream) responseSightings(c *sense.Context, d sense.Dir) {
	hd := &s.head
	if !s.served {
		s.served = true
		c.Sight(d, "http status line", ward.Fact{Field: ward.FieldService, Value: "http", Confidence: 90})
	}
	if s.memo.isNew(&s.memo.server, hd.server) {
		c.Sight(d, "http server", ward.Fact{Field: ward.FieldProduct, Value: c.Text(sense.ClassSoftware, hd.server), Confidence: 75})
	}
	if s.memo.isNew(&s.memo.powered, hd.powered) {
		c.Sight(d, "http x-powered-by", ward.Fact{Field: ward.FieldProduct, Value: c.Text(sense.ClassSoftware, hd.powered), Confidence: 60})
	}
	if s.memo.isNew(&s.memo.realm, hd.authenticate) {
		c.Sight(d, "http www-authenticate", ward.Fact{Field: ward.FieldProduct, Value: c.Text(sense.ClassModel, parameter(hd.authenticate, "realm")), Confidence: 50})
	}
}

// open asks for a child and sets the body's sink up.
func (s *stream) open(c *sense.Context, h *half) {
	h.body.open(c, &s.env, s.head.coding)
	s.env = sense.Envelope{} // its slices die with this call
}

// push notes a request that waits for its response. In a capture of one direction
// none comes: then nothing is kept.
func (s *stream) push(c *sense.Context, method string, keepTarget bool) {
	answers := &s.halves[s.req.Other()]
	if s.lost {
		if !answers.seen || answers.state != atStart || answers.buf.Len() > 0 {
			return
		}
		s.lost = false // nothing is on its way: the next response answers this request
		s.queue, s.first = s.queue[:0], 0
	}
	if s.waiting() >= maxPipelined {
		if answers.seen {
			c.Limit("http.pipelined-requests")
		}
		s.lost = true
		s.queue, s.first = s.queue[:0], 0
		return
	}
	if s.first == len(s.queue) || len(s.queue) == 2*maxPipelined {
		s.compact()
	}
	if len(s.queue) < cap(s.queue) {
		s.queue = s.queue[:len(s.queue)+1]
	} else {
		s.queue = append(s.queue, pending{})
	}
	p := &s.queue[len(s.queue)-1]
	p.method, p.expect = method, s.head.expect
	p.target.Reset()
	if keepTarget {
		t := s.head.target
		p.target.Append(c, t[:min(len(t), maxTarget)], maxTarget, "http.target-bytes")
	}
}

// compact moves the waiting requests to the front; entries swap so that their
// buffers are used again.
func (s *stream) compact() {
	n := 0
	for i := s.first; i < len(s.queue); i++ {
		s.queue[n], s.queue[i] = s.queue[i], s.queue[n]
		n++
	}
	s.queue, s.first = s.queue[:n], 0
}

func (s *stream) waiting() int { return len(s.queue) - s.first }

// pop returns the request that this response answers, or nil where not known.
func (s *stream) pop() *pending {
	if s.lost || s.first == len(s.queue) {
		return nil
	}
	s.first++
	return &s.queue[s.first-1]
}

// memo remembers what a connection said already, so that equal headers of later
// messages cost a hash only.
type memo struct {
	seed                          maphash.Seed
	since                         ward.Time
	agent, server, powered, realm uint64
	auth                          uint64
	scheme                        string
	user                          ward.Token
	secret                        string
}

// refresh forgets hourly, as sightings are repeated hourly.
func (m *memo) refresh(now ward.Time) {
	if m.since == 0 {
		m.seed, m.since = maphash.MakeSeed(), now
	}
	if now.Sub(m.since).Abs() > time.Hour {
		m.since, m.agent, m.server, m.powered, m.realm = now, 0, 0, 0, 0
	}
}

func (m *memo) isNew(last *uint64, value []byte) bool {
	if len(value) == 0 {
		return false
	}
	if h := maphash.Bytes(m.seed, value); h != *last {
		*last = h
		return true
	}
	return false
}
