package smb

import (
	"bytes"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// SMB1 commands, [MS-CIFS] 2.2.2.1.
const (
	com1Close          = 0x04
	com1Delete         = 0x06
	com1Rename         = 0x07
	com1Trans          = 0x25
	com1TransSecondary = 0x26
	com1OpenAndX       = 0x2d
	com1ReadAndX       = 0x2e
	com1WriteAndX      = 0x2f
	com1Trans2         = 0x32
	com1Trans2Second   = 0x33
	com1TreeDisconnect = 0x71
	com1Negotiate      = 0x72
	com1SessionSetup   = 0x73
	com1Logoff         = 0x74
	com1TreeConnect    = 0x75
	com1NTTrans        = 0xa0
	com1NTTransSecond  = 0xa1
	com1NTCreate       = 0xa2

	smb1Command = 0x100 // tells them from SMB2's in request.cmd
	noAndX      = 0xff
)

// head1 is one SMB1 message with one of its chained commands.
type head1 struct {
	cmd     byte
	status  uint32
	unicode bool
	tree    uint16
	pid     uint16
	uid     uint16
	mid     uint16
	words   []byte
	data    []byte // the command's bytes
	at      int    // where data stands in the message
}

func (q *head1) id() uint64 { return uint64(q.pid)<<16 | uint64(q.mid) }

// need1 says how much of a message is its head: all but file content.
func need1(m []byte, msg int) int {
	need := smb1Header + 1
	if len(m) < need {
		return need
	}
	need += 2*int(m[smb1Header]) + 2
	switch cmd, reply := m[4], m[9]&0x80 != 0; {
	case cmd == com1WriteAndX && !reply, cmd == com1ReadAndX && reply:
	case cmd == com1SessionSetup:
		need = maxHead
	case reply && (cmd == com1Trans2 || cmd == com1NTTrans):
	default:
		need = maxCommand
	}
	return min(need, msg)
}

func (s *stream) message1(c *sense.Context, dir sense.Dir, h *half, m []byte) {
	h.to = sink{}
	if len(m) < smb1Header+3 || m[1] != 'S' {
		s.anomaly(c, dir, "smb.header", "message without an SMB header")
		return
	}
	c.Message()
	q := head1{cmd: m[4], status: le.Uint32(m[5:]), unicode: le.Uint16(m[10:])&0x8000 != 0,
		tree: le.Uint16(m[24:]), pid: le.Uint16(m[26:]), uid: le.Uint16(m[28:]), mid: le.Uint16(m[30:])}
	if le.Uint16(m[10:])&0x4000 == 0 && q.status != 0 { // DOS error class and code
		q.status = dosStatus(byte(q.status), uint16(q.status>>16))
	}
	reply := m[9]&0x80 != 0
	if reply {
		h.replies = true
	}
	// AndX commands chain by offset; offsets must grow, so this ends.
	for at := smb1Header; ; {
		if !q.open(m, at) {
			return
		}
		if reply {
			s.reply1(c, dir.Other(), h, &q, m)
		} else {
			s.request1(c, dir, h, &q, m)
		}
		if !chained(q.cmd) || len(q.words) < 4 || q.words[0] == noAndX {
			return
		}
		next := int(le.Uint16(q.words[2:]))
		if next <= at {
			return
		}
		q.cmd, at = q.words[0], next
	}
}

// open finds the words and bytes of the command at offset at.
func (q *head1) open(m []byte, at int) bool {
	if at >= len(m) {
		return false
	}
	n := 2 * int(m[at])
	if at+1+n > len(m) {
		return false
	}
	q.words = m[at+1 : at+1+n]
	q.at = min(at+3+n, len(m))
	q.data = m[q.at:]
	return true
}

func chained(cmd byte) bool {
	switch cmd {
	case com1SessionSetup, com1TreeConnect, com1Logoff, com1NTCreate, com1OpenAndX, com1ReadAndX, com1WriteAndX, 0x24:
		return true
	}
	return false
}

// dosStatus maps the few DOS errors that matter to NT status codes.
func dosStatus(class byte, code uint16) uint32 {
	switch {
	case class == 1 && (code == 2 || code == 3):
		return 0xc0000034
	case class == 1 && code == 5:
		return 0xc0000022
	case class == 2 && code == 2:
		return 0xc000006d
	}
	return 0xc0000000 | uint32(class)<<16 | uint32(code)
}

// string1 reads a name in the message's encoding; what follows it is returned.
func (s *stream) string1(q *head1, b []byte, at int) (name, rest []byte) {
	if !q.unicode {
		i := bytes.IndexByte(b, 0)
		if i < 0 {
			i = len(b)
		}
		return b[:min(i, maxName)], b[min(i+1, len(b)):]
	}
	if at%2 == 1 && len(b) > 0 {
		b = b[1:]
	}
	i := 0
	for i+1 < len(b) && (b[i] != 0 || b[i+1] != 0) {
		i += 2
	}
	return s.utf16(b[:i]), b[min(i+2, len(b)):]
}

// strings1 calls f with each of the names that follow.
func (s *stream) strings1(q *head1, b []byte, f func(i int, name []byte)) {
	at := q.at + len(q.data) - len(b)
	for i := 0; len(b) > 0 && i < 4; i++ {
		name, rest := s.string1(q, b, at)
		f(i, name)
		at += len(b) - len(rest)
		b = rest
	}
}

func (s *stream) request1(c *sense.Context, up sense.Dir, h *half, q *head1, m []byte) {
	r := request{id: q.id(), cmd: smb1Command | uint16(q.cmd), tree: uint32(q.tree), session: uint64(q.uid), actor: s.sessions[uint64(q.uid)]}
	w := q.words
	switch q.cmd {
	case com1Negotiate:
		r.act = actNegotiate
	case com1SessionSetup:
		if !s.setup1(c, up, q, &r) {
			return
		}
	case com1Logoff:
		r.act = actLogoff
	case com1TreeConnect:
		if len(w) < 8 {
			return
		}
		r.act = actTree
		skip := min(int(le.Uint16(w[6:])), len(q.data))
		path, _ := s.string1(q, q.data[skip:], q.at+skip)
		s.share(c, up, &r, path)
	case com1TreeDisconnect:
		delete(s.trees, uint32(q.tree))
	case com1NTCreate:
		if len(w) < 48 {
			return
		}
		name, _ := s.string1(q, q.data, q.at)
		s.create(c, up, &r, name, le.Uint32(w[35:]), le.Uint32(w[39:]))
	case com1OpenAndX:
		if len(w) < 30 {
			return
		}
		name, _ := s.string1(q, q.data, q.at)
		s.create(c, up, &r, name, 1, 0)
	case com1Close:
		if len(w) < 2 {
			return
		}
		r.act, r.open = actClose, s.find(c, up, id1(w), h)
	case com1Delete:
		r.act = actDelete
		name, _ := s.string1(q, after(q.data, 1), q.at+1)
		r.name, r.ext = s.path(c, name)
	case com1Rename:
		s.rename1(c, q, &r)
	case com1ReadAndX:
		if len(w) < 20 {
			return
		}
		r.act, r.open = actRead, s.find(c, up, id1(w[4:]), h)
		r.offset = offset1(w, 6, 20)
	case com1WriteAndX:
		s.tx.write(c, s, up, q)
		if len(w) < 24 {
			return
		}
		o := s.find(c, up, id1(w[4:]), h)
		n := uint32(le.Uint16(w[20:])) | uint32(le.Uint16(w[18:]))<<16
		h.payload(m, h.msg, uint32(le.Uint16(w[22:])), n, s.begin(c, o, false, offset1(w, 6, 24), int(n)))
		return
	case com1Trans, com1TransSecondary, com1Trans2, com1Trans2Second, com1NTTrans, com1NTTransSecond:
		if !s.trans1(c, up, h, q, &r, m) {
			return
		}
	default:
		return
	}
	s.requests.add(c, s, up, r)
}

func after(b []byte, n int) []byte { return b[min(n, len(b)):] }

// id1 is the file id at the start of w.
func id1(w []byte) fileID { return fileID{1, uint64(le.Uint16(w))} }

// offset1 joins a file offset from its low and, where present, high half.
func offset1(w []byte, low, high int) uint64 {
	v := uint64(le.Uint32(w[low:]))
	if len(w) >= high+4 {
		v |= uint64(le.Uint32(w[high:])) << 32
	}
	return v
}

// setup1 reads a session setup, [MS-SMB] 2.2.4.6.1 and [MS-CIFS] 2.2.4.53.1.
func (s *stream) setup1(c *sense.Context, up sense.Dir, q *head1, r *request) bool {
	w := q.words
	switch len(w) {
	case 24: // extended security
		n := min(int(le.Uint16(w[14:])), len(q.data))
		s.strings1(q, q.data[n:], func(i int, name []byte) { sightNative(c, up, i, name) })
		return s.loginRequest(c, up, r, q.data[:n])
	case 26:
		r.act = actLogin
		n := min(int(le.Uint16(w[14:]))+int(le.Uint16(w[16:])), len(q.data))
		r.auth = "ntlm v1"
		if n > 48 {
			r.auth = "ntlm v2"
		}
		var user, domain []byte
		s.strings1(q, q.data[n:], func(i int, name []byte) {
			switch i {
			case 0:
				user = bytes.ToLower(name)
			case 1:
				domain = bytes.ToUpper(name)
			default:
				sightNative(c, up, i-2, name)
			}
		})
		if len(user) == 0 {
			r.auth = "anonymous"
		}
		r.actor = c.Token(ward.TokenStaff, domain, user)
		return true
	}
	return false
}

// sightNative takes the native operating system (0) and LAN manager (1).
func sightNative(c *sense.Context, d sense.Dir, i int, name []byte) {
	name = bytes.TrimSpace(name)
	if len(name) == 0 || i > 1 {
		return
	}
	if i == 1 {
		if bytes.HasPrefix(name, []byte("Samba")) {
			c.Sight(d, "smb1 native lan manager", ward.Fact{Field: ward.FieldSoftware, Value: c.Text(sense.ClassSoftware, name), Confidence: 80})
		}
		return
	}
	const from = "smb1 native os"
	if number := buildIn(name); number != 0 {
		c.Sight(d, from, ward.Fact{Field: ward.FieldOS, Value: osName(0, 0, number), Confidence: 75},
			ward.Fact{Field: ward.FieldProduct, Value: c.Text(sense.ClassSoftware, name), Confidence: 75})
		return
	}
	c.Sight(d, from, ward.Fact{Field: ward.FieldOS, Value: c.Text(sense.ClassSoftware, name), Confidence: 40})
}

// buildIn finds a known Windows build number among the words of name.
func buildIn(name []byte) uint32 {
	for len(name) > 0 {
		var word []byte
		word, name, _ = bytes.Cut(name, []byte(" "))
		n := uint32(0)
		for _, x := range word {
			if x < '0' || x > '9' || n > 99999 {
				n = 0
				break
			}
			n = n*10 + uint32(x-'0')
		}
		if n > 2000 && windows(n) != "" {
			return n
		}
	}
	return 0
}

func (s *stream) rename1(c *sense.Context, q *head1, r *request) {
	r.act = actRename
	// The old name says what the file was; it stands for an open file.
	old, rest := s.string1(q, after(q.data, 1), q.at+1)
	o := &open{}
	o.name, o.ext = s.path(c, old)
	o.kind = kindOf(o.ext)
	r.open = o
	at := q.at + len(q.data) - len(rest) + 1
	name, _ := s.string1(q, after(rest, 1), at)
	r.name, r.ext = s.path(c, name)
}

func (s *stream) reply1(c *sense.Context, up sense.Dir, h *half, q *head1, m []byte) {
	s.tx.reply(c, up, q)
	r, known := s.takeReply1(q)
	outcome := outcomeOf(q.status)
	w := q.words
	switch q.cmd {
	case com1Negotiate:
		s.negotiated1(c, up, q, outcome)
		return
	case com1SessionSetup:
		if len(w) >= 8 {
			n := min(int(le.Uint16(w[6:])), len(q.data))
			s.challenge(c, up, q.data[:n])
			s.strings1(q, q.data[n:], func(i int, name []byte) { sightNative(c, up.Other(), i, name) })
		} else if len(w) >= 6 {
			s.strings1(q, q.data, func(i int, name []byte) { sightNative(c, up.Other(), i, name) })
		}
		if q.status == statusMore || !known {
			return
		}
		if outcome == "ok" && len(w) >= 6 && le.Uint16(w[4:])&1 != 0 {
			r.auth = "guest"
		}
		if outcome == "ok" {
			s.remember(c, uint64(q.uid), r.actor)
		}
	case com1TreeConnect:
		if outcome == "ok" && len(w) >= 6 {
			s.connected(c, up, &r, uint32(q.tree), service1(q.data), false)
		}
	case com1NTCreate:
		if outcome == "ok" && len(w) >= 68 {
			s.opened1(c, up, &r, id1(w[5:]), createVerb(le.Uint32(w[7:])))
		}
	case com1OpenAndX:
		if outcome == "ok" && len(w) >= 6 {
			s.opened1(c, up, &r, id1(w[4:]), "open")
		}
	case com1ReadAndX:
		if len(w) >= 24 && outcome == "ok" && r.open != nil {
			n := uint32(le.Uint16(w[10:])) | uint32(le.Uint16(w[14:]))<<16
			h.payload(m, h.msg, uint32(le.Uint16(w[12:])), n, s.begin(c, r.open, true, r.offset, int(n)))
		}
		return
	case com1Trans:
		if r.act == actPipe && r.open != nil && len(w) >= 20 {
			s.pipe1(c, up, h, r.open, true, m, uint32(le.Uint16(w[14:])), uint32(le.Uint16(w[12:])))
		}
		return
	}
	if known {
		s.finish(c, up, &r, outcome, q.status)
	}
}

// takeReply1 finds the request; of a chain, all have one id and the command
// tells them apart.
func (s *stream) takeReply1(q *head1) (request, bool) {
	id, cmd := q.id(), smb1Command|uint16(q.cmd)
	for i := range s.requests.list {
		if r := s.requests.list[i]; r.id == id && r.cmd == cmd {
			s.requests.list = append(s.requests.list[:i], s.requests.list[i+1:]...)
			return r, true
		}
	}
	return request{cmd: cmd}, false
}

func (s *stream) opened1(c *sense.Context, up sense.Dir, r *request, id fileID, verb string) {
	if r.open == nil {
		r.open = s.newOpen(c, up)
	}
	s.bind(c, up, r.open, id)
	r.info = verb
}

// service1 is the type of share, [MS-CIFS] 2.2.4.55.2.
func service1(b []byte) string {
	switch {
	case bytes.HasPrefix(b, []byte("A:")):
		return "disk"
	case bytes.HasPrefix(b, []byte("IPC")):
		return "pipe"
	case bytes.HasPrefix(b, []byte("LPT")):
		return "printer"
	}
	return ""
}

// negotiated1 tells that the server chose SMB1, [MS-SMB] 2.2.4.5.2.
func (s *stream) negotiated1(c *sense.Context, up sense.Dir, q *head1, outcome string) {
	w := q.words
	if outcome != "ok" || len(w) < 2 || le.Uint16(w) == 0xffff {
		return
	}
	a := c.Act(up, "negotiate")
	a.Outcome, a.Object = "ok", "smb1"
	service := "smb signing not required"
	if len(w) >= 34 {
		signing := "off"
		switch {
		case w[2]&8 != 0:
			signing, service = "required", ""
		case w[2]&4 != 0:
			signing = "enabled"
		}
		a.Attrs = c.Attrs(attr("signing", signing))
	}
	c.Sight(up.Other(), "smb1 negotiate response", ward.Fact{Field: ward.FieldService, Value: "smb1", Confidence: 95},
		ward.Fact{Field: ward.FieldService, Value: service, Confidence: 90})
	if len(w) >= 34 && le.Uint32(w[19:])>>31 == 0 { // no extended security: domain and server names follow
		// These two are never padded to even offsets.
		u := *q
		u.unicode = true
		_, rest := s.string1(&u, q.data[min(int(w[33]), len(q.data)):], 0)
		name, _ := s.string1(&u, rest, 0)
		c.Sight(up.Other(), "smb1 negotiate response", hostFact(c, name, 80))
	}
}
