package astm

import (
	"bytes"

	"wardkeeper/format/astm"
	"wardkeeper/sense"
)

// Caps of what is held.
const (
	maxFrame  = 64 << 10 // LIS01-A2 allows 64,000 characters of text
	maxRecord = 8 << 10  // the rest of a longer record (graphics) is skipped
)

// unchecked is after how many frames with wrong checksums in a row, all of which
// the receiver took, a sender is believed to compute them differently.
const unchecked = 3

// stream is one conversation.
type stream struct{ sides [2]side }

type state uint8

const (
	idle  state = iota // between frames
	frame              // after STX
	plain              // a message without frames
)

// side is one direction.
type side struct {
	message
	state  state
	frame  sense.Buffer // from the frame number on
	tail   int          // bytes after ETB or ETX that are still to come
	record sense.Buffer // record that goes on in the next frame
	skip   bool         // rest of the record is not kept
	over   bool         // rest of the frame is not kept
	lost   bool         // not in step
	last   byte         // number of the last good frame, 0 none yet
	bad    int          // wrong checksums in a row
	told   bool         // and reported
}

func newStream(c *sense.Context) *stream {
	s := &stream{}
	for d := range s.sides {
		s.sides[d].dir = sense.Dir(d)
		s.sides[d].lost = c.Midstream()
	}
	return s
}

// Data implements sense.Stream.
func (s *stream) Data(c *sense.Context, dir sense.Dir, b []byte) {
	d := &s.sides[dir]
	for len(b) > 0 {
		switch d.state {
		case frame:
			b = d.framed(c, b)
		case plain:
			b = d.unframed(c, b)
		default:
			b = d.between(c, b)
		}
	}
}

// Gap implements sense.Stream.
func (s *stream) Gap(_ *sense.Context, dir sense.Dir, _ int64) {
	d := &s.sides[dir]
	d.drop()
	d.lost = true
}

// Close implements sense.Stream.
func (s *stream) Close(c *sense.Context) {
	for i := range s.sides {
		s.sides[i].drop()
		s.sides[i].frame.Free(c)
		s.sides[i].record.Free(c)
	}
}

// drop forgets frame, record and message.
func (d *side) drop() {
	d.frame.Reset()
	d.record.Reset()
	d.state, d.tail, d.skip, d.over, d.last = idle, 0, false, false, 0
	d.message.reset()
}

// between handles the control characters and finds the next frame.
func (d *side) between(c *sense.Context, b []byte) []byte {
	switch b[0] {
	case astm.STX:
		d.state, d.tail, d.over = frame, 0, false
	case astm.ENQ:
		d.message.reset()
		d.record.Reset()
		d.skip, d.last, d.lost = false, 0, false
	case astm.EOT:
		d.finish(c)
		d.last = 0
	case 'H':
		d.state = plain
		return b
	case astm.ACK, astm.NAK, '\r', '\n', 0:
	default:
		if !d.lost {
			d.lost = true
			c.Anomaly(d.dir, "astm.framing", "bytes outside frames")
		}
		i := bytes.IndexByte(b, astm.STX)
		if i < 0 {
			return nil
		}
		return b[i:]
	}
	return b[1:]
}

// framed collects a frame: number, text, ETB or ETX, two digits.
func (d *side) framed(c *sense.Context, b []byte) []byte {
	if d.tail > 0 {
		n := min(d.tail, len(b))
		d.keep(c, b[:n])
		if d.tail -= n; d.tail == 0 {
			d.state = idle
			d.check(c)
		}
		return b[n:]
	}
	for i, x := range b {
		switch x {
		case astm.ETB, astm.ETX:
			d.keep(c, b[:i+1])
			d.tail = 2
			return b[i+1:]
		case astm.STX, astm.ENQ, astm.EOT:
			c.Anomaly(d.dir, "astm.unterminated", "frame without ETB or ETX")
			d.frame.Reset()
			d.state = idle
			return b[i:]
		}
	}
	d.keep(c, b)
	return nil
}

func (d *side) keep(c *sense.Context, b []byte) {
	if !d.over && !d.frame.Append(c, b, maxFrame, "astm.frame-bytes") {
		d.over = true
	}
}

// check takes the frame that is complete: checksum, then frame number.
func (d *side) check(c *sense.Context) {
	f := d.frame.Bytes()
	defer d.frame.Reset()
	if d.over || len(f) < 4 || f[0] < '0' || f[0] > '7' {
		c.Anomaly(d.dir, "astm.frame", "no frame number, or too long")
		return
	}
	body, sum := f[:len(f)-2], f[len(f)-2:]
	want, ok := astm.Hex(sum[0], sum[1])
	if !ok || want != astm.Checksum(body) {
		if !d.told {
			d.told = true
			c.Anomaly(d.dir, "astm.checksum", "frame's checksum is wrong")
		}
		if d.bad++; d.bad < unchecked {
			return
		}
	} else {
		d.bad = 0
	}
	if d.last == f[0] { // sent again
		return
	}
	expected := byte('1')
	if d.last != 0 {
		expected = '0' + (d.last-'0'+1)%8
	}
	if d.last != 0 && f[0] != expected {
		c.Anomaly(d.dir, "astm.sequence", "frame number out of sequence")
		d.record.Reset()
		d.skip = false
	}
	d.last = f[0]
	d.text(c, body[1:len(body)-1])
}

// text cuts the text of frames into records.
func (d *side) text(c *sense.Context, b []byte) {
	for len(b) > 0 {
		i := bytes.IndexByte(b, '\r')
		if i < 0 {
			d.part(c, b)
			return
		}
		d.part(c, b[:i])
		if d.complete(c) {
			d.finish(c)
		}
		b = b[i+1:]
	}
}

// unframed cuts a message without frames into records, up to its terminator.
func (d *side) unframed(c *sense.Context, b []byte) []byte {
	for i, x := range b {
		if x != '\r' && x != '\n' {
			if x < ' ' && x != '\t' { // frames after all, or something else
				d.drop()
				return b[i:]
			}
			continue
		}
		d.part(c, b[:i])
		if end := d.complete(c); end || !d.active {
			d.finish(c)
			d.state = idle
		}
		return b[i+1:]
	}
	d.part(c, b)
	return nil
}

func (d *side) part(c *sense.Context, b []byte) {
	if d.skip {
		return
	}
	if n := maxRecord - d.record.Len(); len(b) > n {
		b, d.skip = b[:n], true
	}
	if !d.record.Append(c, b, maxRecord, "astm.record-bytes") {
		d.skip = true
	}
}

// complete reads a record and reports whether it was the terminator.
func (d *side) complete(c *sense.Context) bool {
	r := bytes.Trim(d.record.Bytes(), "\n")
	d.record.Reset()
	if d.skip { // without its last, cut field
		r = r[:max(bytes.LastIndexByte(r, d.d.Field), 0)]
	}
	d.skip = false
	return d.read(c, r)
}
