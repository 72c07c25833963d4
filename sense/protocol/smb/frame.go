package smb

import (
	"bytes"

	"wardkeeper/sense"
)

// NetBIOS session service packet types, RFC 1002 4.3.1.
const (
	nbMessage   = 0x00
	nbRequest   = 0x81
	nbPositive  = 0x82
	nbNegative  = 0x83
	nbRetarget  = 0x84
	nbKeepAlive = 0x85

	nbHeader     = 4
	nbNameLen    = 32
	nbRequestLen = nbHeader + 1 + nbNameLen
)

// First bytes of messages; "SMB" follows each.
const (
	magic1          = 0xff
	magic2          = 0xfe
	magicEncrypted  = 0xfd
	magicCompressed = 0xfc

	smb1Header       = 32
	smb2Header       = 64
	transformHeader  = 52
	compressedHeader = 32 // as much of it as resync may hold
)

// stage is what a half gathers next.
type stage uint8

const (
	stageFrame stage = iota // NetBIOS session header
	stageUnit               // one SMB command
	stageName               // NetBIOS session request
)

// half reads one direction. Of each command the head is parsed whole, in place
// where it lies in the given slice; a payload is passed on or skipped by length.
type half struct {
	buf     sense.Buffer
	stage   stage
	want    int  // bytes of the head needed
	msg     int  // bytes of the NetBIOS message from the head on
	skip    int  // bytes to drop before the payload
	load    int  // bytes of payload
	after   int  // bytes to drop after it
	to      sink // where the payload goes
	lost    bool // looking for the start of a message
	replies bool // carries answers
	last    *open
}

func (h *half) feed(c *sense.Context, s *stream, dir sense.Dir, b []byte) {
	for len(b) > 0 {
		switch {
		case h.skip > 0:
			n := min(h.skip, len(b))
			h.skip -= n
			b = b[n:]
		case h.load > 0:
			n := min(h.load, len(b))
			h.to.data(c, s, dir, b[:n])
			h.load -= n
			b = b[n:]
		case h.after > 0:
			h.skip, h.after = h.after, 0
		case h.lost:
			b = h.resync(c, b)
		default:
			b = h.gather(c, s, dir, b)
		}
	}
}

// gather takes what the head still needs and acts when it is whole.
func (h *half) gather(c *sense.Context, s *stream, dir sense.Dir, b []byte) []byte {
	held := h.buf.Len()
	if held == 0 && len(b) >= h.want {
		m := b[:h.want]
		if h.step(c, s, dir, m) {
			return b[len(m):]
		}
		return b
	}
	if n := min(h.want-held, len(b)); n > 0 {
		if !h.buf.Append(c, b[:n], maxHead, "smb.message-bytes") {
			h.lose()
			return b[n:]
		}
		b = b[n:]
	}
	if h.buf.Len() < h.want {
		return b
	}
	m := h.buf.Bytes()[:h.want]
	if h.step(c, s, dir, m) {
		h.buf.Skip(len(m))
	}
	return b
}

// step parses the head m. False means that h.want has grown and m is not used up.
func (h *half) step(c *sense.Context, s *stream, dir sense.Dir, m []byte) bool {
	switch h.stage {
	case stageFrame:
		h.frame(c, s, dir, m)
		return true
	case stageName:
		s.netbios(c, dir, m)
		h.done(h.msg)
		return true
	}
	if need := h.headNeed(m); need > len(m) {
		h.want = need
		return false
	}
	n := h.msg
	switch m[0] {
	case magic2:
		n = s.message2(c, dir, h, m)
	case magic1:
		s.message1(c, dir, h, m)
	default:
		s.sealedMessage(c, dir, h, m)
	}
	h.after = n - len(m) - h.skip - h.load
	h.done(n)
	return true
}

// done ends a unit of n bytes within the NetBIOS message.
func (h *half) done(n int) {
	h.msg -= n
	h.want, h.stage = nbHeader, stageFrame
	if h.msg > 0 {
		h.want, h.stage = min(nbHeader, h.msg), stageUnit
	}
}

func (h *half) frame(c *sense.Context, s *stream, dir sense.Dir, m []byte) {
	n := int(m[1])<<16 | int(m[2])<<8 | int(m[3])
	switch {
	case m[0] == nbMessage && n >= nbHeader:
		h.msg, h.stage, h.last = n, stageUnit, nil
	case m[0] == nbMessage, m[0] == nbKeepAlive, m[0] == nbPositive, m[0] == nbNegative, m[0] == nbRetarget:
		if n > 16 {
			h.broken(c, s, dir)
			return
		}
		h.skip = n
	case m[0] == nbRequest && n >= 2*(nbNameLen+2) && n < 512:
		h.msg, h.want, h.stage = n, n, stageName
	default:
		h.broken(c, s, dir)
	}
}

func (h *half) broken(c *sense.Context, s *stream, dir sense.Dir) {
	s.anomaly(c, dir, "smb.framing", "bytes between messages are not a NetBIOS session header")
	h.lose()
}

// lose forgets what was gathered and looks for the next message.
func (h *half) lose() {
	h.buf.Reset()
	h.lost, h.stage, h.want = true, stageFrame, nbHeader
	h.msg, h.skip, h.load, h.after = 0, 0, 0, 0
}

// headNeed says how many bytes of the command are its head; more than len(m)
// where m does not tell yet.
func (h *half) headNeed(m []byte) int {
	if len(m) < nbHeader || m[1] != 'S' || m[2] != 'M' || m[3] != 'B' {
		return min(nbHeader, h.msg)
	}
	need := 0
	switch m[0] {
	case magic2:
		need = need2(m, h.msg)
	case magic1:
		need = need1(m, h.msg)
	case magicEncrypted:
		need = transformHeader
	case magicCompressed:
		need = compressedHeader
	default:
		need = nbHeader
	}
	return min(need, h.msg)
}

// resync drops bytes up to the next certain start of a message. The last bytes
// are kept, in case a message starts in them.
func (h *half) resync(c *sense.Context, b []byte) []byte {
	const keep = frameNeed - 1
	if held := h.buf.Len(); held > 0 {
		n := min(len(b), 2*frameNeed)
		if !h.buf.Append(c, b[:n], maxHead, "smb.message-bytes") {
			h.buf.Reset()
			return b
		}
		if i := findFrame(h.buf.Bytes()); i >= 0 {
			h.buf.Skip(i)
			h.lost = false
			return b[n:]
		}
		if n < 2*frameNeed {
			h.buf.Skip(max(0, h.buf.Len()-keep))
			return b[n:]
		}
		h.buf.Reset() // b alone holds every place that is left
	}
	if i := findFrame(b); i >= 0 {
		h.lost = false
		return b[i:]
	}
	tail := b[max(0, len(b)-keep):]
	h.buf.Append(c, tail, maxHead, "smb.message-bytes")
	return nil
}

// gap accounts for n bytes that were not captured.
func (h *half) gap(c *sense.Context, s *stream, n int64) {
	if n < 0 || n > 1<<30 {
		h.to.lose(c, s)
		h.lose()
		return
	}
	left := int(n)
	take := func(v *int) int {
		k := min(*v, left)
		*v -= k
		left -= k
		return k
	}
	if h.buf.Len() == 0 || h.lost {
		take(&h.skip)
		if k := take(&h.load); k > 0 {
			h.to.gap(c, s, k)
		}
		take(&h.after)
		if left == 0 && !h.lost {
			return
		}
	}
	if rest := h.msg - h.buf.Len(); !h.lost && h.stage == stageUnit && left <= rest {
		h.buf.Reset()
		h.skip, h.msg, h.want, h.stage = rest-left, 0, nbHeader, stageFrame
		return
	}
	h.lose()
}

// netbios reads the names of a session request: who is called, who calls.
func (s *stream) netbios(c *sense.Context, dir sense.Dir, m []byte) {
	c.Message()
	called, ok := nbName(m)
	if !ok {
		return
	}
	if name := bytes.TrimRight(called[:15], " "); len(name) > 0 && name[0] != '*' && !isAddress(name) {
		c.Sight(dir.Other(), "netbios session called name", hostFact(c, name, 60))
	}
	if calling, ok := nbName(m[nbNameLen+2:]); ok {
		c.Sight(dir, "netbios session calling name", hostFact(c, bytes.TrimRight(calling[:15], " "), 75))
	}
}

// nbName decodes a first-level encoded name, RFC 1001 14.1.
func nbName(b []byte) (name [16]byte, ok bool) {
	if len(b) < nbNameLen+2 || b[0] != nbNameLen {
		return name, false
	}
	for i := range name {
		hi, lo := b[1+2*i]-'A', b[2+2*i]-'A'
		if hi > 15 || lo > 15 {
			return name, false
		}
		name[i] = hi<<4 | lo
	}
	return name, true
}

// sealedMessage counts an encrypted or compressed message; its content is not
// seen.
func (s *stream) sealedMessage(c *sense.Context, dir sense.Dir, h *half, m []byte) {
	switch {
	case len(m) < nbHeader || m[0] != magicEncrypted && m[0] != magicCompressed || m[1] != 'S':
		s.anomaly(c, dir, "smb.header", "message without an SMB header")
		return
	case m[0] == magicCompressed:
		c.Limit("smb.compressed")
		c.Message()
		return
	}
	c.Message()
	n := &s.sealed[dir]
	if n.messages == 0 && s.sealed[dir.Other()].messages == 0 {
		a := c.Act(dir, "encrypt")
		a.Attrs = c.Attrs(attr("encrypted", "smb3 transform"))
	}
	n.messages++
	n.bytes += uint64(h.msg)
}
