package http

import (
	"bytes"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Caps of a stream.
const (
	maxHead      = 64 << 10 // bytes of a head
	maxLine      = 16 << 10 // bytes of a start line
	maxResync    = 4 << 10  // bytes of a line in which a start line is searched
	maxPipelined = 64       // requests that wait for their response
	maxTarget    = 2 << 10  // bytes of a request target kept for the response
)

// state is where one direction stands.
type state uint8

const (
	atStart   state = iota // before a start line, or within a head
	atResync               // searching the next certain start line
	atPeek                 // body of a response to an unknown request: is it there?
	atLength               // body of known length
	atClose                // body until the connection ends
	atSize                 // chunk size
	atExt                  // chunk extension
	atChunk                // chunk data
	atChunkCR              // CRLF after chunk data
	atTrailer              // trailer fields
)

// half is one direction.
type half struct {
	state    state
	after    state // what follows atPeek
	lineDone bool  // the start line in buf is complete and good
	digits   uint8 // of the chunk size
	seen     bool  // a message was understood
	said     bool  // an anomaly of framing was reported
	left     int64 // bytes of body or chunk to come; the chunk size as it is read
	line     int   // bytes of the current trailer line
	buf      sense.Buffer
	body     body
}

// pending is a request that waits for its response.
type pending struct {
	method string
	expect bool
	target sense.Buffer // empty unless a child took the request
}

// stream is one connection. Who sends requests is decided by what is sent.
type stream struct {
	halves  [2]half
	decided bool
	req     sense.Dir // direction of requests, once decided
	lost    bool      // which response answers which request is not known
	queue   []pending
	first   int // of queue
	head    head
	env     sense.Envelope
	memo    memo
	served  bool // the service was sighted
	ended   bool // what follows is another protocol
}

func newStream(c *sense.Context) sense.Stream {
	s := &stream{}
	if c.Midstream() {
		s.lost = true
		s.halves[0].state, s.halves[1].state = atResync, atResync
	}
	return s
}

// Data implements sense.Stream.
func (s *stream) Data(c *sense.Context, d sense.Dir, b []byte) {
	for len(b) > 0 && !s.ended {
		b = b[s.step(c, d, b):]
	}
}

// step takes some of b and returns how much; where it is nothing the state moved.
func (s *stream) step(c *sense.Context, d sense.Dir, b []byte) int {
	h := &s.halves[d]
	switch h.state {
	case atStart:
		if h.buf.Len() > 0 {
			return s.startBuffered(c, d, h, b)
		}
		return s.start(c, d, h, b)
	case atResync:
		if h.buf.Len() > 0 {
			return s.resyncBuffered(c, d, h, b)
		}
		return s.resync(c, d, h, b)
	case atPeek:
		return s.peek(c, d, h, b)
	case atLength, atChunk:
		n := int(min(h.left, int64(len(b))))
		h.body.data(c, d, b[:n])
		h.left -= int64(n)
		if h.left == 0 {
			s.bodyEnd(c, d, h)
		}
		return n
	case atClose:
		h.body.data(c, d, b)
		return len(b)
	}
	return s.chunkFraming(c, d, h, b)
}

// bodyEnd ends a body of known length, or a chunk.
func (s *stream) bodyEnd(c *sense.Context, d sense.Dir, h *half) {
	if h.state == atChunk {
		h.state = atChunkCR
		return
	}
	s.messageEnd(c, d, h)
}

func (s *stream) messageEnd(c *sense.Context, d sense.Dir, h *half) {
	h.body.finish(c, d)
	h.state = atStart
}

// start reads a head that begins at b[0].
func (s *stream) start(c *sense.Context, d sense.Dir, h *half, b []byte) int {
	n := 0
	for n < len(b) && (b[n] == '\r' || b[n] == '\n') { // RFC 9112 section 2.2
		n++
	}
	if n > 0 {
		return n
	}
	nl := bytes.IndexByte(b[:min(len(b), maxLine)], '\n')
	switch {
	case nl < 0 && len(b) >= maxLine, nl >= 0 && !s.isStart(d, b[:nl]):
		s.misfit(c, d, h, "http.start-line", "no start line where one was due")
		return 1 // what is no start line at 0 may be one later
	case nl >= 0:
		if end := headEnd(b[:min(len(b), maxHead)], nl); end >= 0 {
			s.message(c, d, h, b[:end])
			return end
		}
	}
	if len(b) >= maxHead {
		s.headTooLong(c, d, h)
		return maxHead
	}
	h.lineDone = nl >= 0
	if !h.buf.Append(c, b, maxHead, "http.head-bytes") {
		s.misfit(c, d, h, "", "")
	}
	return len(b)
}

// startBuffered goes on with a head whose beginning is in the buffer, line by line
// so that the buffer never holds more than the head.
func (s *stream) startBuffered(c *sense.Context, d sense.Dir, h *half, b []byte) int {
	room := maxHead - h.buf.Len()
	if !h.lineDone {
		room = maxLine - h.buf.Len()
	}
	n := bytes.IndexByte(b, '\n') + 1
	if n == 0 {
		n = len(b)
	}
	n = min(n, room)
	if !h.buf.Append(c, b[:n], maxHead, "http.head-bytes") {
		h.buf.Reset()
		s.misfit(c, d, h, "", "")
		return n
	}
	have := h.buf.Bytes()
	ended := have[len(have)-1] == '\n'
	switch {
	case !h.lineDone && ended:
		if h.lineDone = s.isStart(d, have[:len(have)-1]); !h.lineDone {
			s.misfit(c, d, h, "http.start-line", "no start line where one was due")
			s.resyncLine(d, h)
		}
	case !h.lineDone && len(have) >= maxLine:
		s.misfit(c, d, h, "http.start-line", "no start line where one was due")
		h.buf.Skip(len(have) - maxResync)
	case ended && endsHead(have):
		s.message(c, d, h, have)
	case len(have) >= maxHead:
		h.buf.Reset()
		s.headTooLong(c, d, h)
	}
	return n
}

// isStart judges the line (without LF) that begins a message of direction d.
func (s *stream) isStart(d sense.Dir, line []byte) bool {
	requests, responses := s.roles(d)
	return responses && isResponseLine(line) || requests && isRequestLine(line)
}

// roles says what direction d may send.
func (s *stream) roles(d sense.Dir) (requests, responses bool) {
	return !s.decided || s.req == d, !s.decided || s.req != d
}

func (s *stream) headTooLong(c *sense.Context, d sense.Dir, h *half) {
	c.Limit("http.head-bytes")
	s.misfit(c, d, h, "http.head-too-long", "head of more than 64 KiB")
}

// misfit gives the current message up and searches for the next. An anomaly is
// said once in a direction.
func (s *stream) misfit(c *sense.Context, d sense.Dir, h *half, code, detail string) {
	if code != "" && !h.said && !c.Midstream() {
		h.said = true
		c.Anomaly(d, code, detail)
	}
	h.body.abort(c, d)
	h.state, h.lineDone, s.lost = atResync, false, true
}

// resync searches b for the next certain start line.
func (s *stream) resync(c *sense.Context, d sense.Dir, h *half, b []byte) int {
	requests, responses := s.roles(d)
	off := 0
	for {
		nl := bytes.IndexByte(b[off:], '\n')
		if nl < 0 {
			break
		}
		from := max(off, off+nl-maxResync)
		if at, _ := findStart(b[from:off+nl], requests, responses); at >= 0 {
			h.state = atStart
			return from + at
		}
		off += nl + 1
	}
	rest := b[max(off, len(b)-maxResync):]
	h.buf.Append(c, rest, maxResync, "http.resync-bytes")
	return len(b)
}

// resyncBuffered completes the line whose beginning is in the buffer.
func (s *stream) resyncBuffered(c *sense.Context, d sense.Dir, h *half, b []byte) int {
	n := bytes.IndexByte(b, '\n') + 1
	whole := n > 0
	if !whole {
		n = len(b)
	}
	add := b[:n]
	keep := maxResync
	if whole {
		keep++ // the LF
	}
	if len(add) >= keep {
		h.buf.Reset()
		add = add[len(add)-keep:]
	} else if over := h.buf.Len() + len(add) - keep; over > 0 {
		h.buf.Skip(over)
	}
	if !h.buf.Append(c, add, keep, "http.resync-bytes") {
		h.buf.Reset()
		return n
	}
	if whole {
		s.resyncLine(d, h)
	}
	return n
}

// resyncLine looks at the one complete line in the buffer.
func (s *stream) resyncLine(d sense.Dir, h *half) {
	requests, responses := s.roles(d)
	line := h.buf.Bytes()
	from := max(0, len(line)-1-maxResync)
	at, _ := findStart(line[from:len(line)-1], requests, responses)
	if at < 0 {
		h.buf.Reset()
		return
	}
	h.buf.Skip(from + at)
	h.state, h.lineDone = atStart, true
}

// peek decides whether the body of a response to an unknown request is there at
// all: after HEAD it is not, and the next response follows.
func (s *stream) peek(c *sense.Context, d sense.Dir, h *half, b []byte) int {
	const need = len("HTTP/1.1 200")
	var probe [need]byte
	have := copy(probe[:], h.buf.Bytes())
	n := copy(probe[have:], b)
	got := probe[:have+n]
	switch {
	case isStatusStart(got):
		h.body.finish(c, d)
		h.state, h.lineDone = atStart, false
		return 0
	case len(got) < need && bytes.HasPrefix([]byte("HTTP/1."), got[:min(len(got), 7)]):
		if h.buf.Append(c, b[:n], maxHead, "http.head-bytes") {
			return n
		}
	}
	h.state = h.after
	held := got[:have]
	h.buf.Reset()
	for len(held) > 0 {
		held = held[s.step(c, d, held):]
	}
	return 0
}

// chunkFraming reads what stands around chunks (RFC 9112 section 7.1).
func (s *stream) chunkFraming(c *sense.Context, d sense.Dir, h *half, b []byte) int {
	switch h.state {
	case atSize:
		return s.chunkSize(c, d, h, b)
	case atExt:
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			return len(b)
		}
		s.chunkBegin(h)
		return i + 1
	case atChunkCR:
		switch b[0] {
		case '\r':
			return 1
		case '\n':
			h.state, h.left, h.digits = atSize, 0, 0
			return 1
		}
		s.misfit(c, d, h, "http.chunk", "no line end after a chunk")
		return 1
	}
	i := bytes.IndexByte(b, '\n')
	if i < 0 {
		h.line += len(b) - bytes.Count(b, []byte{'\r'})
		return len(b)
	}
	h.line += i - bytes.Count(b[:i], []byte{'\r'})
	if h.line == 0 {
		s.messageEnd(c, d, h)
	}
	h.line = 0
	return i + 1
}

func (s *stream) chunkSize(c *sense.Context, d sense.Dir, h *half, b []byte) int {
	const maxDigits = 15
	for i, ch := range b {
		v := unhex(ch)
		switch {
		case v >= 0 && h.digits < maxDigits:
			h.left, h.digits = h.left<<4|int64(v), h.digits+1
		case ch == '\n' && h.digits > 0:
			s.chunkBegin(h)
			return i + 1
		case h.digits > 0 && (ch == '\r' || ch == ';' || ch == ' ' || ch == '\t'):
			h.state = atExt
			return i + 1
		default:
			s.misfit(c, d, h, "http.chunk", "no chunk size where one was due")
			return i + 1
		}
	}
	return len(b)
}

func (s *stream) chunkBegin(h *half) {
	h.state = atChunk
	if h.left == 0 {
		h.state, h.line = atTrailer, 0
	}
}

func unhex(c byte) int {
	switch {
	case c >= '0' && c <= '9':
		return int(c - '0')
	case c >= 'a' && c <= 'f':
		return int(c-'a') + 10
	case c >= 'A' && c <= 'F':
		return int(c-'A') + 10
	}
	return -1
}

// Gap implements sense.Stream: framing survives a gap inside a body.
func (s *stream) Gap(c *sense.Context, d sense.Dir, n int64) {
	h := &s.halves[d]
	switch {
	case h.state == atClose:
		h.body.gap(c, d, n)
		return
	case (h.state == atLength || h.state == atChunk) && n > 0 && n <= h.left:
		h.body.gap(c, d, n)
		if h.left -= n; h.left == 0 {
			s.bodyEnd(c, d, h)
		}
		return
	}
	h.buf.Reset()
	s.misfit(c, d, h, "", "")
}

// Close implements sense.Stream.
func (s *stream) Close(c *sense.Context) {
	for d := range s.halves {
		h := &s.halves[d]
		dir := sense.Dir(d)
		if h.state == atClose || h.state == atPeek {
			h.body.finish(c, dir)
		} else {
			h.body.abort(c, dir)
		}
		h.body.free(c)
		h.buf.Free(c)
	}
	if s.decided && s.halves[s.req].seen && !s.halves[s.req.Other()].seen {
		c.Sight(s.req.Other(), "http request", ward.Fact{Field: ward.FieldService, Value: "http", Confidence: 40})
	}
	for i := range s.queue {
		s.queue[i].target.Free(c)
	}
	s.queue = nil
}
