package dicom

import (
	"wardkeeper/format/dicom"
	"wardkeeper/sense"
)

// Caps of a stream. MaxAssociate of the format bounds an association PDU.
const (
	maxCommand  = 64 << 10 // bytes of a command set
	maxContexts = 128      // presentation contexts: odd identifiers of one octet
	maxReserve  = 32 << 10 // bytes of an association PDU that are believed before they come
	carryBytes  = 20       // looked at again when searching for a PDU
)

type stream struct {
	association
	half [2]half
}

// half is one direction. It is either following PDUs or, after a loss, searching
// for the next one that is certain.
type half struct {
	framer    dicom.Framer
	started   bool
	searching bool
	fresh     bool // searching, and nothing was looked at since the loss
	ncarry    int
	carry     [2 * carryBytes]byte
	buf       sense.Buffer // an association PDU or a command set that was cut
	misfit    bool         // bytes that are no PDU were told
	drop      bool         // what is being collected misses bytes or is too long
	unsure    bool         // the command set may lack its beginning
	message   message
}

// Data implements sense.Stream.
func (s *stream) Data(c *sense.Context, d sense.Dir, b []byte) {
	h := &s.half[d]
	if h.message.reading && !h.searching && h.framer.Pass(len(b)) {
		h.message.content.write(c, b)
		return
	}
	if !h.started {
		h.started = true
		h.searching = c.Midstream()
		h.fresh = h.searching
	}
	for len(b) > 0 {
		if h.searching {
			b = s.search(c, d, b)
		} else {
			b = s.follow(c, d, b)
		}
	}
}

// Close implements sense.Stream.
func (s *stream) Close(c *sense.Context) {
	for d := range s.half {
		s.abandon(c, sense.Dir(d))
		s.half[d].buf.Free(c)
	}
}

// follow reads PDUs until b is used up or the place is lost; then it returns
// what follows.
func (s *stream) follow(c *sense.Context, d sense.Dir, b []byte) []byte {
	h := &s.half[d]
	for {
		var e dicom.Event
		e, b = h.framer.Next(b)
		switch e.Kind {
		case dicom.NeedMore:
			return nil
		case dicom.PDUStart:
			if e.Type != dicom.PData {
				h.buf.Reset()
				h.drop = false
				if len(b) < int(e.Length) { // it will be collected
					h.buf.Reserve(c, int(e.Length), maxReserve)
				}
			}
		case dicom.PDUBody:
			if body, ok := h.whole(c, &e, e.End, dicom.MaxAssociate, "dicom.associate-bytes"); ok && e.Type != dicom.PData {
				s.pdu(c, d, e.Type, body)
				h.buf.Reset()
			}
		case dicom.PDVBody:
			if e.Command {
				s.command(c, d, &e)
			} else {
				s.dataSet(c, d, &e)
			}
		case dicom.Misfit:
			if !h.misfit {
				h.misfit = true
				c.Anomaly(d, "dicom.pdu", "bytes are not a PDU")
			}
			s.lose(c, d)
			return b
		}
	}
}

// whole returns the bytes of a body or command set when e completes it, without
// copying them where one slice holds all.
func (h *half) whole(c *sense.Context, e *dicom.Event, complete bool, most int, limit string) ([]byte, bool) {
	if h.drop {
		return nil, false
	}
	if complete && h.buf.Len() == 0 {
		return e.Bytes, true
	}
	if !h.buf.Append(c, e.Bytes, most, limit) {
		h.drop = true
		return nil, false
	}
	return h.buf.Bytes(), complete
}

// Gap implements sense.Stream.
func (s *stream) Gap(c *sense.Context, d sense.Dir, n int64) {
	h := &s.half[d]
	if !h.started || h.searching {
		h.started, h.searching, h.fresh, h.ncarry = true, true, true, 0
		return
	}
	s.abandon(c, d)
	h.buf.Reset()
	h.drop = true
	if !h.framer.Skip(n) {
		s.lose(c, d)
		h.fresh = true
	}
}

// lose begins the search for the next PDU.
func (s *stream) lose(c *sense.Context, d sense.Dir) {
	s.abandon(c, d)
	h := &s.half[d]
	h.buf.Reset()
	h.searching, h.fresh, h.ncarry, h.drop = true, false, 0, true
	c.Limit("dicom.resync")
}

// search looks for a PDU in the bytes carried over and b. It returns what of b
// is still to be read.
func (s *stream) search(c *sense.Context, d sense.Dir, b []byte) []byte {
	h := &s.half[d]
	n := copy(h.carry[h.ncarry:], b)
	view := h.carry[:h.ncarry+n]
	if h.fresh {
		switch is, sure := dicom.Begins(view); {
		case is && sure:
			return s.found(c, d, 0, b)
		case is && n == len(b):
			h.ncarry += n
			return nil
		}
		h.fresh = false
	}
	at, found := dicom.Find(view)
	switch {
	case found:
		return s.found(c, d, at, b)
	case n == len(b):
		h.ncarry = copy(h.carry[:], view[at:])
		return nil
	}
	// Enough bytes were seen to decide on all that were carried over.
	b = b[max(0, at-h.ncarry):]
	h.ncarry = 0
	at, found = dicom.Find(b)
	if found {
		return s.found(c, d, at, b)
	}
	h.ncarry = copy(h.carry[:], b[at:])
	return nil
}

// found resumes at offset at of the carried bytes followed by b, and returns what
// of b is still to be read.
func (s *stream) found(c *sense.Context, d sense.Dir, at int, b []byte) []byte {
	h := &s.half[d]
	h.searching, h.fresh = false, false
	h.framer.Reset()
	carried := h.ncarry
	h.ncarry = 0
	if at >= carried {
		return b[at-carried:]
	}
	var head [2 * carryBytes]byte
	n := copy(head[:], h.carry[at:carried])
	s.follow(c, d, head[:n]) // less than a PDU, by what Find and Begins leave undecided
	return b
}
