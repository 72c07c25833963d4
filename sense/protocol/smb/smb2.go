package smb

import (
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// SMB2 commands, [MS-SMB2] 2.2.1.2.
const (
	cmdNegotiate      = 0x00
	cmdSessionSetup   = 0x01
	cmdLogoff         = 0x02
	cmdTreeConnect    = 0x03
	cmdTreeDisconnect = 0x04
	cmdCreate         = 0x05
	cmdClose          = 0x06
	cmdRead           = 0x08
	cmdWrite          = 0x09
	cmdIoctl          = 0x0b
	cmdCancel         = 0x0c
	cmdQueryDirectory = 0x0e
	cmdSetInfo        = 0x11
	cmdOplockBreak    = 0x12
)

const (
	flagReply   = 1
	flagRelated = 4
)

// head2 is one SMB2 header.
type head2 struct {
	cmd     uint16
	status  uint32
	flags   uint32
	message uint64
	tree    uint32
	session uint64
}

// need2 says how much of a command is its head: all but a payload.
func need2(m []byte, msg int) int {
	if len(m) < smb2Header {
		return smb2Header
	}
	unit := unit2(m, msg)
	cmd, reply, status := le.Uint16(m[12:]), le.Uint32(m[16:])&flagReply != 0, le.Uint32(m[8:])
	fixed := 0
	switch {
	case reply && status != 0 && cmd != cmdSessionSetup && status != statusBufferOverflow:
		fixed = 8
	case reply:
		switch cmd {
		case cmdNegotiate, cmdSessionSetup:
			fixed = maxCommand
		case cmdTreeConnect:
			fixed = 16
		case cmdCreate:
			fixed = 88
		case cmdRead:
			fixed = 16
		case cmdIoctl:
			fixed = 48
		}
	default:
		switch cmd {
		case cmdSessionSetup:
			fixed = maxHead - 2*smb2Header
		case cmdNegotiate, cmdTreeConnect, cmdCreate, cmdSetInfo:
			fixed = maxCommand
		case cmdClose, cmdQueryDirectory:
			fixed = 24
		case cmdRead, cmdWrite:
			fixed = 48
		case cmdIoctl:
			fixed = 56
		}
	}
	return min(unit, smb2Header+fixed)
}

// unit2 is the length of the command at the start of m within what is left of
// the message, [MS-SMB2] 3.3.4.1.3.
func unit2(m []byte, msg int) int {
	if next := int(le.Uint32(m[20:])); next >= smb2Header && next <= msg && next%8 == 0 {
		return next
	}
	return msg
}

// message2 parses one command of an SMB2 message and returns its length.
func (s *stream) message2(c *sense.Context, dir sense.Dir, h *half, m []byte) int {
	if len(m) < smb2Header || le.Uint16(m[4:]) != smb2Header {
		s.anomaly(c, dir, "smb.header", "message without an SMB2 header")
		return h.msg
	}
	unit := unit2(m, h.msg)
	if next := le.Uint32(m[20:]); next != 0 && int(next) != unit {
		s.anomaly(c, dir, "smb.compound", "offset of the next command is outside the message")
	}
	c.Message()
	q := head2{cmd: le.Uint16(m[12:]), status: le.Uint32(m[8:]), flags: le.Uint32(m[16:]),
		message: le.Uint64(m[24:]), tree: le.Uint32(m[36:]), session: le.Uint64(m[40:])}
	body := m[smb2Header:]
	h.to = sink{}
	if q.flags&flagReply == 0 {
		s.request2(c, dir, h, &q, m, body, unit)
	} else {
		h.replies = true
		s.reply2(c, dir.Other(), h, &q, m, body, unit)
	}
	return unit
}

// payload plans the rest of the command: n bytes at offset (from the header)
// go to k.
func (h *half) payload(m []byte, unit int, offset, n uint32, k sink) {
	if k.o == nil || int64(offset) < int64(len(m)) || int64(offset) > int64(unit) {
		return
	}
	h.skip = int(offset) - len(m)
	h.load = int(min(int64(n), int64(unit)-int64(offset)))
	h.to = k
}

func (s *stream) request2(c *sense.Context, up sense.Dir, h *half, q *head2, m, body []byte, unit int) {
	r := request{id: q.message, cmd: q.cmd, tree: q.tree, session: q.session, actor: s.sessions[q.session]}
	if q.flags&flagRelated == 0 {
		h.last = nil
	}
	switch q.cmd {
	case cmdNegotiate:
		r.act = actNegotiate
	case cmdSessionSetup:
		if len(body) < 16 || !s.loginRequest(c, up, &r, part(m, uint32(le.Uint16(body[12:])), uint32(le.Uint16(body[14:])))) {
			return
		}
	case cmdLogoff:
		r.act = actLogoff
	case cmdTreeConnect:
		if len(body) < 8 {
			return
		}
		r.act = actTree
		s.share(c, up, &r, s.utf16(part(m, uint32(le.Uint16(body[4:])), uint32(le.Uint16(body[6:])))))
	case cmdTreeDisconnect:
		delete(s.trees, q.tree)
	case cmdCreate:
		if len(body) < 48 {
			return
		}
		name := s.utf16(part(m, uint32(le.Uint16(body[44:])), uint32(le.Uint16(body[46:]))))
		h.last = s.create(c, up, &r, name, le.Uint32(body[36:]), le.Uint32(body[40:]))
	case cmdClose:
		if len(body) < 24 {
			return
		}
		r.act, r.open = actClose, s.find(c, up, id2(body[8:]), h)
	case cmdRead:
		if len(body) < 32 {
			return
		}
		r.act, r.offset, r.open = actRead, le.Uint64(body[8:]), s.find(c, up, id2(body[16:]), h)
	case cmdWrite:
		if len(body) < 32 {
			return
		}
		o, n := s.find(c, up, id2(body[16:]), h), le.Uint32(body[4:])
		h.payload(m, unit, uint32(le.Uint16(body[2:])), n, s.begin(c, o, false, le.Uint64(body[8:]), int(n)))
		return
	case cmdIoctl:
		if !s.ioctlRequest(c, up, h, &r, m, body, unit) {
			return
		}
	case cmdQueryDirectory:
		if len(body) >= 24 {
			if o := s.find(c, up, id2(body[8:]), h); o != nil {
				o.listed++
			}
		}
		return
	case cmdSetInfo:
		if len(body) < 32 || !s.setInfo2(c, up, h, &r, m, body) {
			return
		}
	default:
		return
	}
	s.requests.add(c, s, up, r)
}

func id2(b []byte) fileID { return fileID{le.Uint64(b), le.Uint64(b[8:])} }

// part returns n bytes at offset of m, what there is of them.
func part(m []byte, offset, n uint32) []byte {
	if int64(offset) >= int64(len(m)) {
		return nil
	}
	m = m[offset:]
	return m[:min(int64(n), int64(len(m)))]
}

// File system controls, [MS-FSCC] 2.3.
const (
	fsctlPipeTransceive = 0x0011c017
	fsctlCopyChunk      = 0x001440f2
	fsctlCopyChunkWrite = 0x001480f2
	fsctlSnapshots      = 0x00144064
)

func (s *stream) ioctlRequest(c *sense.Context, up sense.Dir, h *half, r *request, m, body []byte, unit int) bool {
	if len(body) < 32 {
		return false
	}
	switch le.Uint32(body[4:]) {
	case fsctlPipeTransceive:
		o, n := s.find(c, up, id2(body[8:]), h), le.Uint32(body[28:])
		if o == nil {
			return false
		}
		o.pipe = true
		h.payload(m, unit, le.Uint32(body[24:]), n, s.begin(c, o, false, 0, int(n)))
		r.act, r.open = actPipe, o
	case fsctlCopyChunk, fsctlCopyChunkWrite:
		r.act, r.open = actCopy, s.find(c, up, id2(body[8:]), h)
	case fsctlSnapshots:
		a := c.Act(up, "list snapshots")
		a.Actor = r.actor
		return false
	default:
		return false
	}
	return true
}

func (s *stream) reply2(c *sense.Context, up sense.Dir, h *half, q *head2, m, body []byte, unit int) {
	if q.status == statusPending || q.cmd == cmdOplockBreak || q.cmd == cmdCancel {
		return
	}
	r, known := s.requests.take(q.message)
	if known && r.cmd != q.cmd {
		s.anomaly(c, up.Other(), "smb.reply", "answer to another command than was asked")
		return
	}
	if !known {
		r = request{cmd: q.cmd, session: q.session}
	}
	outcome := outcomeOf(q.status)
	switch q.cmd {
	case cmdNegotiate:
		if outcome == "ok" {
			s.negotiated2(c, up, m, body)
		}
		return
	case cmdSessionSetup:
		s.loginReply2(c, up, &r, known, q, m, body, outcome)
		return
	case cmdTreeConnect:
		if outcome == "ok" && len(body) >= 8 {
			s.connected(c, up, &r, q.tree, shareType(body[2]), le.Uint32(body[4:])&0x8000 != 0)
		}
	case cmdCreate:
		if outcome == "ok" && len(body) >= 80 {
			if r.open == nil {
				r.open = s.newOpen(c, up)
			}
			s.bind(c, up, r.open, id2(body[64:]))
			r.info = createVerb(le.Uint32(body[4:]))
			r.open.dir = r.open.dir || le.Uint32(body[56:])&0x10 != 0
		}
		if !known {
			return
		}
	case cmdRead:
		if len(body) >= 16 && (outcome == "ok" || q.status == statusBufferOverflow) && r.open != nil {
			n := le.Uint32(body[4:])
			h.payload(m, unit, uint32(body[2]), n, s.begin(c, r.open, true, r.offset, int(n)))
		}
		return
	case cmdIoctl:
		if r.act == actPipe && r.open != nil && len(body) >= 40 {
			n := le.Uint32(body[36:])
			h.payload(m, unit, le.Uint32(body[32:]), n, s.begin(c, r.open, true, 0, int(n)))
		}
	}
	if known {
		s.finish(c, up, &r, outcome, q.status)
	}
}

// negotiated2 tells what the server chose, [MS-SMB2] 2.2.4.
func (s *stream) negotiated2(c *sense.Context, up sense.Dir, m, body []byte) {
	s.requests.negotiated()
	if len(body) < 64 {
		return
	}
	name := dialects[le.Uint16(body[4:])]
	if name == "" { // wildcard: the client asks again
		return
	}
	signing := "off"
	service := "smb signing not required"
	switch mode := body[2]; {
	case mode&2 != 0:
		signing, service = "required", ""
	case mode&1 != 0:
		signing = "enabled"
	}
	a := c.Act(up, "negotiate")
	a.Outcome, a.Object = "ok", name
	a.Attrs = c.Attrs(attr("signing", signing))
	if name == "smb 3.1.1" {
		if cipher := cipherOf(m, le.Uint32(body[60:]), int(le.Uint16(body[6:]))); cipher != "" {
			a.Attrs = c.Attrs(attr("signing", signing), attr("cipher", cipher))
		}
	}
	c.Sight(up.Other(), "smb2 negotiate response", ward.Fact{Field: ward.FieldService, Value: name, Confidence: 95},
		ward.Fact{Field: ward.FieldService, Value: service, Confidence: 90})
	s.challenge(c, up, part(m, uint32(le.Uint16(body[56:])), uint32(le.Uint16(body[58:]))))
}

// cipherOf finds the chosen cipher in the negotiate contexts, [MS-SMB2] 2.2.4.1.
func cipherOf(m []byte, offset uint32, n int) string {
	for ; n > 0; n-- {
		b := part(m, offset, 8)
		if len(b) < 8 {
			return ""
		}
		size := uint32(le.Uint16(b[2:]))
		if data := part(m, offset+8, size); le.Uint16(b) == 2 && len(data) >= 4 {
			return ciphers[le.Uint16(data[2:])]
		}
		offset += (8 + size + 7) &^ 7
	}
	return ""
}

func (s *stream) loginReply2(c *sense.Context, up sense.Dir, r *request, known bool, q *head2, m, body []byte, outcome string) {
	if len(body) >= 8 {
		s.challenge(c, up, part(m, uint32(le.Uint16(body[4:])), uint32(le.Uint16(body[6:]))))
	}
	if q.status == statusMore || !known || r.act != actLogin {
		return
	}
	if outcome == "ok" && len(body) >= 4 {
		switch flags := le.Uint16(body[2:]); {
		case flags&1 != 0:
			r.auth = "guest"
		case flags&2 != 0:
			r.auth = "anonymous"
		}
		s.remember(c, q.session, r.actor)
	}
	s.finish(c, up, r, outcome, q.status)
}

// remember keeps who a session belongs to.
func (s *stream) remember(c *sense.Context, session uint64, actor ward.Token) {
	if actor.Zero() {
		return
	}
	if s.sessions == nil {
		s.sessions = map[uint64]ward.Token{}
	}
	if _, ok := s.sessions[session]; !ok && len(s.sessions) >= maxSessions {
		c.Limit("smb.sessions")
		return
	}
	s.sessions[session] = actor
}

// setInfo2 reads a change of a file's attributes, [MS-SMB2] 2.2.39 and
// [MS-FSCC] 2.4.
func (s *stream) setInfo2(c *sense.Context, up sense.Dir, h *half, r *request, m, body []byte) bool {
	buf := part(m, uint32(le.Uint16(body[8:])), le.Uint32(body[4:]))
	r.open = s.find(c, up, id2(body[16:]), h)
	switch body[2] {
	case 1:
		return s.setFile(c, r, body[3], buf)
	case 3:
		r.act, r.info = actSet, "security"
		return true
	}
	return false
}

// setFile reads a file information class.
func (s *stream) setFile(c *sense.Context, r *request, class byte, buf []byte) bool {
	switch class {
	case 10, 65: // FileRenameInformation, …Ex
		r.act = actRename
		if n := part(buf, 20, ^uint32(0)); len(buf) > 20 {
			r.name, r.ext = s.path(c, s.utf16(part(n, 0, le.Uint32(buf[16:]))))
		}
	case 13, 64: // FileDispositionInformation, …Ex
		if len(buf) == 0 || buf[0]&1 == 0 {
			return false
		}
		r.act = actDelete
	default:
		r.act, r.info = actSet, setClasses[class]
		return r.info != ""
	}
	return true
}
