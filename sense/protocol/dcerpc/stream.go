package dcerpc

import "wardkeeper/sense"

// The caps of one connection.
const (
	maxContexts  = 32   // presentation contexts remembered
	maxCalls     = 32   // calls awaiting their answer
	maxHead      = 4096 // bytes of a PDU that are held at once
	maxAnomalies = 8
)

// session is what both directions share.
type session struct {
	contexts []context
	calls    []call
	told     int
	zero     bool // Zerologon was told
}

// context is a presentation context: an interface by number.
type context struct {
	id    uint16
	iface *iface
	name  string // of the interface, or its cleaned UUID
}

// call is a call awaiting its answer.
type call struct {
	id     uint32
	object string
	verb   string
	zero   bool // authenticates with a credential of zeros
}

// half reads the PDUs of one direction.
type half struct {
	buf  sense.Buffer
	want int
	skip int
	lost bool
}

type stream struct {
	session
	half [2]half
}

func newStream(c *sense.Context) sense.Stream {
	s := &stream{}
	for d := range s.half {
		s.half[d] = half{want: headerLen, lost: c.Midstream()}
	}
	return s
}

// Data implements sense.Stream.
func (s *stream) Data(c *sense.Context, dir sense.Dir, b []byte) {
	s.half[dir].feed(c, &s.session, dir, b)
}

// Gap implements sense.Stream.
func (s *stream) Gap(_ *sense.Context, dir sense.Dir, n int64) { s.half[dir].gap(n) }

// Close implements sense.Stream.
func (s *stream) Close(c *sense.Context) {
	for d := range s.half {
		s.half[d].buf.Free(c)
	}
}

// child is one direction of a named pipe.
type child struct {
	session
	half
	dir sense.Dir
}

func newChild(_ *sense.Context, e *sense.Envelope) sense.Child {
	return &child{half: half{want: headerLen}, dir: e.Dir}
}

// Data implements sense.Child.
func (k *child) Data(c *sense.Context, b []byte) { k.feed(c, &k.session, k.dir, b) }

// Gap implements sense.Child.
func (k *child) Gap(_ *sense.Context, n int64) { k.gap(n) }

// Close implements sense.Child.
func (k *child) Close(c *sense.Context) { k.buf.Free(c) }

func (h *half) feed(c *sense.Context, s *session, dir sense.Dir, b []byte) {
	for len(b) > 0 {
		switch {
		case h.skip > 0:
			n := min(h.skip, len(b))
			h.skip -= n
			b = b[n:]
		case h.lost:
			b = h.resync(c, b)
		default:
			b = h.gather(c, s, dir, b)
		}
	}
}

func (h *half) gather(c *sense.Context, s *session, dir sense.Dir, b []byte) []byte {
	if h.buf.Len() == 0 && len(b) >= h.want {
		m := b[:h.want]
		if h.step(c, s, dir, m) {
			return b[len(m):]
		}
		return b
	}
	n := min(h.want-h.buf.Len(), len(b))
	if !h.buf.Append(c, b[:n], maxHead, "dcerpc.pdu-bytes") {
		h.lose()
		return b[n:]
	}
	b = b[n:]
	if h.buf.Len() == h.want && h.step(c, s, dir, h.buf.Bytes()) {
		h.buf.Reset()
	}
	return b
}

// step parses m, which has h.want bytes. False means that more are wanted.
func (h *half) step(c *sense.Context, s *session, dir sense.Dir, m []byte) bool {
	p, ok := parseHeader(m)
	if !ok {
		s.anomaly(c, dir, "dcerpc.framing", "no PDU where one must start")
		h.lose()
		return true
	}
	if need := s.need(&p, m); need > len(m) {
		h.want = need
		return false
	}
	h.want, h.skip = headerLen, p.frag-len(m)
	s.pdu(c, dir, &p, m)
	return true
}

func (h *half) lose() {
	h.buf.Reset()
	h.lost, h.want, h.skip = true, headerLen, 0
}

// resync finds the next PDU. It keeps what may be the start of one.
func (h *half) resync(c *sense.Context, b []byte) []byte {
	const keep = headerLen - 1
	if h.buf.Len() == 0 {
		if i := findPDU(b); i >= 0 {
			h.lost = false
			return b[i:]
		}
		h.buf.Append(c, b[max(0, len(b)-keep):], maxHead, "dcerpc.pdu-bytes")
		return nil
	}
	// One byte at a time, so that no more than a header is ever held.
	for i := range b {
		if i >= keep {
			h.buf.Reset()
			return b[i-keep:]
		}
		if !h.buf.Append(c, b[i:i+1], maxHead, "dcerpc.pdu-bytes") {
			h.buf.Reset()
			return nil
		}
		if h.buf.Len() > headerLen {
			h.buf.Skip(h.buf.Len() - headerLen)
		}
		if h.buf.Len() == headerLen {
			if _, ok := parseHeader(h.buf.Bytes()); ok {
				h.lost = false // and the header is held already
				return b[i+1:]
			}
		}
	}
	return nil
}

func (h *half) gap(n int64) {
	if n >= 0 && n <= int64(h.skip) && !h.lost && h.buf.Len() == 0 {
		h.skip -= int(n)
		return
	}
	h.lose()
}

func (s *session) anomaly(c *sense.Context, dir sense.Dir, code, detail string) {
	if s.told++; s.told > maxAnomalies {
		c.Limit("dcerpc.anomalies")
		return
	}
	c.Anomaly(dir, code, detail)
}
