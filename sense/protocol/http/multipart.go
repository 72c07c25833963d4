package http

import (
	"bytes"

	"wardkeeper/sense"
)

// Caps of multipart bodies.
const (
	maxPartHead  = 8 << 10
	maxBoundary  = 70 // RFC 2046 section 5.1.1
	maxParts     = 1 << 16
	maxIdleParts = 32 // parts in a row that nobody wants: the rest is skipped
)

// parts splits a multipart body (RFC 2046 section 5.1) and opens a child for each
// part.
type parts struct {
	delim  []byte // CRLF "--" boundary
	held   int    // bytes of delim that have come at the end of the last piece
	real   bool   // they stood in the body (and are not the body's beginning)
	state  partState
	env    sense.Envelope
	target []byte
	head   sense.Buffer
	child  sense.Child
	count  int
	unused int
}

type partState uint8

const (
	inPreamble partState = iota
	afterDelim           // rest of the delimiter's line
	inPartHead
	inPart
	inEpilogue
)

// boundaryOf returns the boundary of a multipart type whose parts are split.
func boundaryOf(contentType []byte) []byte {
	switch mt := mediaType(contentType); {
	case fold(mt, "multipart/related"), fold(mt, "multipart/form-data"), fold(mt, "multipart/mixed"):
	default:
		return nil
	}
	b := parameter(contentType, "boundary")
	if len(b) == 0 || len(b) > maxBoundary || bytes.ContainsAny(b, "\r\n") {
		return nil
	}
	return b
}

func newParts(e *sense.Envelope, boundary []byte) *parts {
	p := &parts{env: *e, held: 2} // the body's beginning counts as a line's
	p.delim = append(append(make([]byte, 0, 4+len(boundary)), "\r\n--"...), boundary...)
	p.target = bytes.Clone(e.Target[:min(len(e.Target), maxTarget)])
	p.env.Target, p.env.ContentType, p.env.Length = p.target, nil, -1
	return p
}

// data takes a piece of the body; it returns false where the rest is of no use.
func (p *parts) data(c *sense.Context, b []byte) bool {
	for len(b) > 0 {
		switch p.state {
		case inPreamble, inPart:
			b = p.content(c, b)
		case afterDelim, inPartHead:
			b = p.header(c, b)
		default:
			return false
		}
		if p.unused > maxIdleParts {
			return false
		}
	}
	return true
}

// content passes on what comes before the next delimiter and returns the rest. CR
// begins the delimiter and occurs nowhere else in it, so a partial match that
// fails cannot hide another.
func (p *parts) content(c *sense.Context, b []byte) []byte {
	if p.held > 0 {
		want := p.delim[p.held:]
		n := min(len(want), len(b))
		if bytes.Equal(b[:n], want[:n]) {
			if p.held += n; p.held == len(p.delim) {
				p.delimiter(c)
			}
			return b[n:]
		}
		if p.real {
			p.give(c, p.delim[:p.held])
		}
		p.held, p.real = 0, false
	}
	if i := bytes.Index(b, p.delim); i >= 0 {
		p.give(c, b[:i])
		p.delimiter(c)
		return b[i+len(p.delim):]
	}
	tail := b[max(0, len(b)-len(p.delim)+1):]
	keep := 0
	if i := bytes.LastIndexByte(tail, '\r'); i >= 0 && bytes.HasPrefix(p.delim, tail[i:]) {
		keep = len(tail) - i
	}
	p.give(c, b[:len(b)-keep])
	p.held, p.real = keep, keep > 0
	return nil
}

func (p *parts) give(c *sense.Context, b []byte) {
	if p.child != nil && p.state == inPart && len(b) > 0 {
		p.child.Data(c, b)
	}
}

func (p *parts) delimiter(c *sense.Context) {
	p.held, p.real = 0, false
	p.closeChild(c)
	p.state = afterDelim
	p.head.Reset()
}

// header reads the delimiter line's rest and the part's header fields.
func (p *parts) header(c *sense.Context, b []byte) []byte {
	n := bytes.IndexByte(b, '\n') + 1
	if n == 0 {
		n = len(b)
	}
	if !p.head.Append(c, b[:n], maxPartHead, "http.part-head-bytes") {
		p.state = inEpilogue
		return nil
	}
	have := p.head.Bytes()
	switch {
	case p.state == afterDelim && bytes.HasPrefix(have, []byte("--")):
		p.state = inEpilogue
	case have[len(have)-1] != '\n':
	case p.state == afterDelim:
		p.state = inPartHead
		p.head.Reset()
	case len(have) <= 2 || endsHead(have):
		p.begin(c, have)
	}
	return b[n:]
}

// begin opens the part whose header fields are complete.
func (p *parts) begin(c *sense.Context, head []byte) {
	p.state = inPart
	if p.count++; p.count > maxParts {
		c.Limit("http.parts")
		p.state = inEpilogue
		return
	}
	p.env.ContentType, p.env.Part = partType(head), p.count
	p.child = c.Child(&p.env)
	p.env.ContentType = nil
	p.head.Reset()
	p.unused++
	if p.child != nil {
		p.unused = 0
	}
}

func partType(head []byte) []byte {
	for len(head) > 0 {
		line, _ := firstLine(head)
		head = head[min(len(line)+1, len(head)):]
		if i := bytes.IndexByte(line, ':'); i > 0 && fold(trim(line[:i]), "content-type") {
			return trim(bytes.TrimRight(line[i+1:], "\r"))
		}
	}
	return nil
}

func (p *parts) closeChild(c *sense.Context) {
	if p.child != nil {
		p.child.Close(c)
		p.child = nil
	}
}

// gap tells the current part; the delimiters after it are found again.
func (p *parts) gap(c *sense.Context, n int64) {
	switch p.state {
	case inPart:
		if p.child != nil {
			p.child.Gap(c, n)
		}
	case afterDelim, inPartHead: // a part without its header
		p.state = inPreamble
	}
	p.held, p.real = 0, false
}

func (p *parts) close(c *sense.Context) {
	p.closeChild(c)
	p.head.Free(c)
}
