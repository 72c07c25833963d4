package dicom

import (
	"bytes"
	"encoding/binary"
)

// PDUType is the first octet of a PDU (PS3.8 section 9.3.1).
type PDUType uint8

// The PDUs.
const (
	AssociateRQ PDUType = iota + 1
	AssociateAC
	AssociateRJ
	PData
	ReleaseRQ
	ReleaseRP
	Abort
)

var pduNames = [...]string{"", "A-ASSOCIATE-RQ", "A-ASSOCIATE-AC", "A-ASSOCIATE-RJ", "P-DATA-TF", "A-RELEASE-RQ", "A-RELEASE-RP", "A-ABORT"}

// String returns the standard's name.
func (t PDUType) String() string {
	if int(t) < len(pduNames) {
		return pduNames[t]
	}
	return ""
}

// Bounds of PDUs.
const (
	MaxAssociate = 256 << 10 // body of A-ASSOCIATE-RQ and -AC
	maxFound     = 16 << 20  // P-DATA-TF that Find believes
	minAssociate = 68
)

// EventKind tells what a Framer found.
type EventKind uint8

// The kinds of event.
const (
	NeedMore EventKind = iota // all bytes are consumed
	PDUStart                  // Type and Length
	PDUBody                   // Bytes outside of fragments
	PDVBody                   // Bytes of a fragment in a P-DATA-TF
	Misfit                    // not a PDU: call Reset at the next one
)

// Event is what a Framer found. Bytes alias what was fed.
type Event struct {
	Kind    EventKind
	Type    PDUType
	Length  uint32 // of the PDU's body
	First   bool   // Bytes begin the body or fragment
	End     bool   // Bytes end it
	Context uint8  // presentation context of the fragment
	Command bool   // fragment of a command set, else of a data set
	Last    bool   // last fragment of its command or data set
	Bytes   []byte
}

// Framer cuts a stream into PDUs and presentation data values (PS3.8 section
// 9.3.5 and annex E) without copying. The zero Framer is at the start of a PDU.
type Framer struct {
	nhead   uint8
	inside  bool // in a PDU
	inPDV   bool
	first   bool
	bad     bool
	kind    PDUType
	context uint8
	control uint8
	pdu     uint32 // bytes left in the PDU, without those of the PDV
	pdv     uint32 // bytes left in the PDV
	head    [6]byte
}

// Reset puts the framer at the start of a PDU.
func (f *Framer) Reset() { *f = Framer{} }

// Between reports that the framer is exactly between two PDUs.
func (f *Framer) Between() bool { return !f.inside && f.nhead == 0 }

// Next returns the next event of b and what follows it.
func (f *Framer) Next(b []byte) (Event, []byte) {
	if f.inPDV {
		if len(b) == 0 && f.pdv > 0 {
			return Event{}, nil
		}
		return f.fragment(b)
	}
	if f.bad {
		return Event{Kind: Misfit}, nil
	}
	if f.inside && (f.kind != PData || f.pdu < 6) { // octets after the last fragment are passed over
		if len(b) == 0 && f.pdu > 0 {
			return Event{}, nil
		}
		return f.body(b)
	}
	n := copy(f.head[f.nhead:], b)
	f.nhead += uint8(n)
	b = b[n:]
	if int(f.nhead) < len(f.head) {
		return Event{}, nil
	}
	f.nhead = 0
	if f.inside {
		return f.startPDV(b)
	}
	return f.startPDU(b)
}

// Pass passes over n bytes if they lie in the middle of a data set's fragment, and
// reports whether they do: the short way for most of a stream.
func (f *Framer) Pass(n int) bool {
	if !f.inPDV || f.first || f.control&1 != 0 || uint64(f.pdv) <= uint64(n) {
		return false
	}
	f.pdv -= uint32(n)
	return true
}

func (f *Framer) fragment(b []byte) (Event, []byte) {
	n := min(uint64(f.pdv), uint64(len(b)))
	e := Event{Kind: PDVBody, Type: PData, First: f.first, Context: f.context,
		Command: f.control&1 != 0, Last: f.control&2 != 0, Bytes: b[:n:n]}
	f.first = false
	f.pdv -= uint32(n)
	if f.pdv == 0 {
		e.End = true
		f.inPDV, f.first = false, true
		f.inside = f.pdu > 0
	}
	return e, b[n:]
}

func (f *Framer) body(b []byte) (Event, []byte) {
	n := min(uint64(f.pdu), uint64(len(b)))
	e := Event{Kind: PDUBody, Type: f.kind, First: f.first, Bytes: b[:n:n]}
	f.first = false
	f.pdu -= uint32(n)
	if f.pdu == 0 {
		e.End = true
		f.inside = false
	}
	return e, b[n:]
}

func (f *Framer) startPDU(b []byte) (Event, []byte) {
	t, length := PDUType(f.head[0]), binary.BigEndian.Uint32(f.head[2:])
	if !plausible(t, length) {
		f.bad = true
		return Event{Kind: Misfit}, b
	}
	f.kind, f.pdu, f.first = t, length, true
	f.inside = true
	return Event{Kind: PDUStart, Type: t, Length: length}, b
}

func plausible(t PDUType, length uint32) bool {
	switch t {
	case AssociateRQ, AssociateAC:
		return length >= minAssociate && length <= MaxAssociate
	case PData:
		return length >= 6
	case AssociateRJ, ReleaseRQ, ReleaseRP, Abort:
		return length == 4
	}
	return false
}

func (f *Framer) startPDV(b []byte) (Event, []byte) {
	length := binary.BigEndian.Uint32(f.head[:])
	if length < 2 || length-2 > f.pdu-6 {
		f.bad = true
		return Event{Kind: Misfit}, b
	}
	f.context, f.control = f.head[4], f.head[5]
	f.pdv, f.pdu = length-2, f.pdu-4-length
	f.inPDV, f.first = true, true
	return f.Next(b)
}

// Skip passes over n bytes that were never captured. It reports false, and the
// place is lost, unless they lie wholly within the current fragment or body.
func (f *Framer) Skip(n int64) bool {
	switch {
	case n < 0 || f.bad:
		f.bad = true
	case f.inPDV && n <= int64(f.pdv):
		f.pdv -= uint32(n)
		if f.pdv > 0 || n == 0 {
			return true
		}
		f.inPDV, f.inside = false, f.pdu > 0
		return true
	case f.inside && f.nhead == 0 && (f.kind != PData || f.pdu < 6) && n <= int64(f.pdu):
		f.pdu -= uint32(n)
		f.inside = f.pdu > 0
		return true
	}
	f.bad = true
	return false
}

// findBytes is the most that Find must see of a PDU to be certain.
const findBytes = 20

// Find returns the offset of the first PDU in b that is certain to be one, though
// b may begin anywhere: a P-DATA-TF whose single fragment fills it, or whose
// first fragment begins a command set. Where none is found, everything before at
// can be dropped, and what follows may be the beginning of one.
func Find(b []byte) (at int, found bool) {
	for at < len(b) {
		i := bytes.IndexByte(b[at:], byte(PData))
		if i < 0 {
			return len(b), false
		}
		at += i
		switch certain(b[at:]) {
		case yes:
			return at, true
		case unsure:
			return at, false
		}
		at++
	}
	return at, false
}

type answer uint8

const (
	no answer = iota
	unsure
	yes
)

var commandStart = []byte{0, 0, 0, 0, 4, 0, 0, 0} // (0000,0000) with its length

func certain(b []byte) answer {
	switch {
	case len(b) > 1 && b[1] != 0:
		return no
	case len(b) < 12:
		if len(b) > 2 && b[2] != 0 {
			return no // longer than maxFound
		}
		return unsure
	}
	pdu, pdv := binary.BigEndian.Uint32(b[2:]), binary.BigEndian.Uint32(b[6:])
	if pdu < 6 || pdu > maxFound || pdv < 2 || pdv > pdu-4 || b[10]&1 == 0 || b[11] > 3 {
		return no
	}
	if b[11]&1 == 0 {
		if pdv == pdu-4 {
			return yes
		}
		return no
	}
	if pdv < 2+uint32(len(commandStart)) {
		return no
	}
	have := min(len(b), findBytes)
	switch {
	case !bytes.HasPrefix(commandStart, b[12:have]):
		return no
	case have < findBytes:
		return unsure
	}
	return yes
}

// Begins says whether b, which starts where a PDU may start, does start one: for
// a place where a stream resumes after a loss.
func Begins(b []byte) (is, sure bool) {
	if len(b) < 6 {
		return len(b) == 0 || PDUType(b[0]).String() != "" && (len(b) < 2 || b[1] == 0), false
	}
	t := PDUType(b[0])
	if b[1] != 0 || !plausible(t, binary.BigEndian.Uint32(b[2:])) {
		return false, true
	}
	switch t {
	case PData:
		if a := certain(b); a != no {
			return true, a == yes
		}
		return false, true
	case AssociateRQ, AssociateAC:
		return true, true
	}
	if len(b) < 10 {
		return true, false
	}
	return b[6] == 0 && b[7] < 4 && b[8] < 4, true
}
