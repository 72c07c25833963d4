package smb

import "wardkeeper/sense"

// Transaction subcommands, [MS-CIFS] 2.2.6 and [MS-SMB] 2.2.5.
const (
	transPeek       = 0x0023
	transTransact   = 0x0026
	trans2SetPath   = 0x0006
	trans2SetFile   = 0x0008
	trans2Session   = 0x000e // never implemented: DoublePulsar's door
	ntRename        = 0x0005 // never implemented either
	passThrough     = 1000   // information levels from here are file information classes
	dispositionInfo = 0x102
	bigFEAList      = 0x10000
)

// The caps of recognising exploits.
const (
	maxTx   = 64 // unfinished transactions remembered
	groomTx = 8  // so many at once are not the work of a file client
)

// transactions recognises shapes that only exploits of MS17-010 have.
type transactions struct {
	open   []transaction // whose data was announced and did not come yet
	peek   transaction
	pulsar uint16 // MID of the last Trans2 SESSION_SETUP
	asked  bool
	told   uint8 // what was already told, one bit each
}

// transaction is a request that is known by its four ids.
type transaction struct {
	pid, mid, tree, uid uint16
	cmd                 byte
}

const (
	toldBlue = 1 << iota
	toldRomance
	toldPing
	toldPulsar
	toldProbe
	toldRename
	toldGroom
)

func (t *transactions) tell(c *sense.Context, d sense.Dir, once uint8, code, detail string) {
	if t.told&once == 0 {
		t.told |= once
		c.Anomaly(d, code, detail)
	}
}

func transactionOf(q *head1) transaction {
	return transaction{q.pid, q.mid, q.tree, q.uid, q.cmd}
}

// find returns the place of the open transaction that q belongs to, or -1.
func (t *transactions) find(q *head1) int {
	for i, x := range t.open {
		if x.mid == q.mid && x.pid == q.pid && x.tree == q.tree && x.uid == q.uid {
			return i
		}
	}
	return -1
}

// begin remembers a transaction that announced more than it brought.
func (t *transactions) begin(c *sense.Context, up sense.Dir, q *head1) {
	if t.find(q) >= 0 {
		return
	}
	if len(t.open) >= maxTx {
		c.Limit("smb.transactions")
		t.open = t.open[:copy(t.open, t.open[1:])]
	}
	t.open = append(t.open, transactionOf(q))
	if len(t.open) >= groomTx {
		t.tell(c, up, toldGroom, "smb.transaction-groom", "many transactions are begun and left unfinished")
	}
}

// write sees WRITE_ANDX: within a transaction that is still open it is the
// type confusion of EternalRomance and EternalSynergy.
func (t *transactions) write(c *sense.Context, s *stream, up sense.Dir, q *head1) {
	if t.find(q) >= 0 && s.half[up.Other()].replies {
		t.tell(c, up, toldRomance, "smb.eternalromance", "WriteAndX inside an open transaction")
	}
}

// reply sees every answer.
func (t *transactions) reply(c *sense.Context, up sense.Dir, q *head1) {
	if q.cmd == com1Trans2 && t.asked && q.mid != t.pulsar && q.mid-t.pulsar <= 0x20 && q.status == statusNotImplemented {
		t.tell(c, up.Other(), toldPulsar, "smb.doublepulsar", "answer carries the signal of an installed backdoor")
	}
	if q.status == statusResources && t.peek == transactionOf(q) {
		t.tell(c, up, toldProbe, "smb.ms17-010-probe", "PeekNamedPipe without a file shows an unpatched server")
	}
	if len(q.words) == 0 && q.status == 0 { // asks for the rest
		return
	}
	if i := t.find(q); i >= 0 {
		t.open = append(t.open[:i], t.open[i+1:]...)
	}
}

// trans1 reads a transaction. It reports whether an answer is to be matched.
func (s *stream) trans1(c *sense.Context, up sense.Dir, h *half, q *head1, r *request, m []byte) bool {
	w := q.words
	switch q.cmd {
	case com1Trans2Second:
		if i := s.tx.find(q); i >= 0 && s.tx.open[i].cmd == com1NTTrans {
			s.tx.tell(c, up, toldBlue, "smb.eternalblue", "Trans2 secondary continues an NT transaction")
		}
		return false
	case com1NTTrans:
		if len(w) < 38 {
			return false
		}
		if le.Uint32(w[3:]) > le.Uint32(w[19:]) || le.Uint32(w[7:]) > le.Uint32(w[27:]) {
			s.tx.begin(c, up, q)
		}
		if le.Uint16(w[36:]) == ntRename {
			s.tx.tell(c, up, toldRename, "smb.nt-rename", "NT_TRANSACT_RENAME, which no client sends")
		}
		if le.Uint32(w[7:]) >= bigFEAList && le.Uint16(w[36:]) == 0 {
			s.anomaly(c, up, "smb.nt-trans-size", "NT transaction 0 announces more than 64 KiB")
		}
		return false
	case com1Trans, com1Trans2:
	default:
		return false
	}
	if len(w) < 28 {
		return false
	}
	setup := uint16(0)
	if w[26] > 0 && len(w) >= 30 {
		setup = le.Uint16(w[28:])
	}
	if le.Uint16(w) > le.Uint16(w[18:]) || le.Uint16(w[2:]) > le.Uint16(w[22:]) {
		s.tx.begin(c, up, q)
	}
	if q.cmd == com1Trans && setup == transPeek && len(w) >= 32 && le.Uint16(w[30:]) == 0 {
		s.tx.peek = transactionOf(q)
	}
	param := part(m, uint32(le.Uint16(w[20:])), uint32(le.Uint16(w[18:])))
	dataAt, dataLen := uint32(le.Uint16(w[24:])), uint32(le.Uint16(w[22:]))
	if q.cmd == com1Trans {
		if setup != transTransact || len(w) < 32 {
			return false
		}
		r.act, r.open = actPipe, s.find(c, up, id1(w[30:]), h)
		s.pipe1(c, up, h, r.open, false, m, dataAt, dataLen)
		return true
	}
	switch setup {
	case trans2Session:
		s.tx.pulsar, s.tx.asked = q.mid, true
		s.tx.tell(c, up, toldPing, "smb.doublepulsar-ping", "Trans2 SESSION_SETUP, which no client sends")
	case trans2SetFile:
		if len(param) >= 4 {
			r.open = s.find(c, up, id1(param), h)
			return s.setLevel(c, r, le.Uint16(param[2:]), part(m, dataAt, dataLen))
		}
	case trans2SetPath:
		if len(param) > 6 {
			name, _ := s.string1(q, param[6:], int(le.Uint16(w[20:]))+6)
			r.name, r.ext = s.path(c, name)
			return s.setLevel(c, r, le.Uint16(param), part(m, dataAt, dataLen))
		}
	}
	return false
}

func (s *stream) setLevel(c *sense.Context, r *request, level uint16, data []byte) bool {
	switch {
	case level == dispositionInfo:
		return s.setFile(c, r, 13, data)
	case level > passThrough && level < passThrough+256:
		return s.setFile(c, r, byte(level-passThrough), data)
	}
	return false
}

// pipe1 passes what a transaction carried to or from a pipe. It may lie in the
// head, in the rest of the message or in both.
func (s *stream) pipe1(c *sense.Context, up sense.Dir, h *half, o *open, read bool, m []byte, at, n uint32) {
	if o == nil {
		return
	}
	o.pipe = true
	k := s.begin(c, o, read, 0, int(n))
	dir := up
	if read {
		dir = up.Other()
	}
	k.o = o
	if head := part(m, at, n); len(head) > 0 {
		k.data(c, s, dir, head)
		at, n = at+uint32(len(head)), n-uint32(len(head))
	}
	if n > 0 {
		h.payload(m, h.msg, at, n, k)
	}
}
