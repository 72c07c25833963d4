package hl7

import (
	"bytes"

	"wardkeeper/format/hl7"
	"wardkeeper/sense"
)

// maxSegment is how much of one segment is read; the rest of a longer one (a
// document in OBX-5) is counted and skipped.
const maxSegment = 8 << 10

// stream is one MLLP conversation.
type stream struct {
	sides [2]side
	sent  [2]requests
	said  said
	gives []give // see reply.go
}

// side is one direction: the block it is in and the message in that.
type side struct {
	parser
	carry   sense.Buffer // segment that is not complete yet
	size    uint64       // bytes of the current segment so far
	within  bool         // in a block
	first   bool         // no segment of the block was seen yet
	pending bool         // the last byte was an end-of-block character: what follows decides
	skip    bool         // the rest of the segment is not kept
	lost    bool         // not in step: what precedes the next block is no misuse
	noise   bool         // bytes between blocks were reported already
}

func newStream(c *sense.Context) *stream {
	s := &stream{}
	for d := range s.sides {
		s.sides[d].dir, s.sides[d].s = sense.Dir(d), s
		s.sides[d].lost = c.Midstream()
	}
	return s
}

// Data implements sense.Stream.
func (s *stream) Data(c *sense.Context, dir sense.Dir, b []byte) {
	d := &s.sides[dir]
	for len(b) > 0 {
		switch {
		case d.pending:
			d.pending = false
			if endsBlock(b[0]) {
				d.end(c)
			} else {
				d.partial(c, []byte{endBlock})
			}
		case d.within:
			b = d.body(c, b)
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
	s.sent[dir].gap = true
}

// Close implements sense.Stream.
func (s *stream) Close(c *sense.Context) {
	for i := range s.sides {
		d := &s.sides[i]
		if d.pending {
			d.end(c)
		}
		d.drop()
		d.carry.Free(c)
	}
}

// endsBlock reports whether c, after an end-of-block character, confirms it: the
// carriage return that MLLP demands, or what senders put that forget it.
func endsBlock(c byte) bool { return c == '\r' || c == '\n' || c == startBlock }

// between looks for the next block.
func (d *side) between(c *sense.Context, b []byte) []byte {
	i := 0
	if b[0] != startBlock {
		i = bytes.IndexByte(b, startBlock)
	}
	before := b
	if i >= 0 {
		before = b[:i]
	}
	if !d.noise && !d.lost && !blank(before) {
		d.noise = true
		c.Anomaly(d.dir, "hl7.framing", "bytes outside MLLP blocks")
	}
	if i < 0 {
		return nil
	}
	d.within, d.first, d.noise = true, true, false
	return b[i+1:]
}

func blank(b []byte) bool {
	for _, c := range b {
		if c != '\r' && c != '\n' && c != endBlock && c != 0 && c != ' ' {
			return false
		}
	}
	return true
}

// body reads what of the block lies in b and returns what follows.
func (d *side) body(c *sense.Context, b []byte) []byte {
	for from := 0; ; {
		i := bytes.IndexByte(b[from:], endBlock)
		switch {
		case i < 0:
			d.content(c, b)
			return nil
		case from+i == len(b)-1:
			d.content(c, b[:from+i])
			d.pending = true
			return nil
		case endsBlock(b[from+i+1]):
			d.content(c, b[:from+i])
			d.end(c)
			if b = b[from+i+1:]; b[0] == '\r' {
				b = b[1:]
			}
			return b
		}
		from += i + 1
	}
}

// content cuts b into segments.
func (d *side) content(c *sense.Context, b []byte) {
	// Looking once for the rare LF is much cheaper than looking for both
	// terminators in every segment.
	mixed := bytes.IndexByte(b, '\n') >= 0
	for len(b) > 0 {
		var i int
		if mixed {
			i = hl7.IndexEither(b, '\r', '\n')
		} else {
			i = bytes.IndexByte(b, '\r')
		}
		if i < 0 {
			d.partial(c, b)
			return
		}
		switch {
		case d.size > 0:
			d.partial(c, b[:i])
			d.complete(c, 1)
		case d.first || i == 0 || i > maxSegment || b[0] == startBlock:
			d.segment(c, b[:i], i+1)
		default: // nearly always
			d.parser.segment(c, b[:i], uint64(i+1))
		}
		b = b[i+1:]
	}
}

// partial keeps the beginning of a segment.
func (d *side) partial(c *sense.Context, b []byte) {
	d.size += uint64(len(b))
	if d.skip {
		return
	}
	if n := maxSegment - d.carry.Len(); len(b) > n {
		b, d.skip = b[:n], true
	}
	if !d.carry.Append(c, b, maxSegment, "hl7.segment-bytes") {
		d.skip = true
	}
}

// complete reads the segment that was kept. terminator is the length of its end.
func (d *side) complete(c *sense.Context, terminator int) {
	seg, size := d.carry.Bytes(), d.size
	d.carry.Reset()
	cut := d.skip
	d.size, d.skip = 0, false
	if cut {
		seg = d.whole(seg)
	}
	d.read(c, seg, size+uint64(terminator))
}

// segment reads a segment that lies whole in the packet. size includes its end.
func (d *side) segment(c *sense.Context, seg []byte, size int) {
	if len(seg) > maxSegment {
		seg = d.whole(seg[:maxSegment])
	}
	d.read(c, seg, uint64(size))
}

// whole drops the last, cut field of a segment that was not kept entirely.
func (d *side) whole(seg []byte) []byte {
	sep := d.head.d.Sep
	if sep == 0 && hl7.IsHeader(seg) {
		sep = seg[3]
	}
	return seg[:max(bytes.LastIndexByte(seg, sep), 0)]
}

// read takes a segment, the first of a block with more care.
func (d *side) read(c *sense.Context, seg []byte, size uint64) {
	if len(seg) > 0 && seg[0] == startBlock {
		c.Anomaly(d.dir, "hl7.unterminated", "message starts inside another")
		d.abandon()
		d.first = true
		seg = seg[1:]
	}
	if d.first && len(seg) > 0 {
		d.first = false
		seg = d.opening(c, seg)
	}
	d.parser.segment(c, seg, size)
}

// opening judges the first segment of a block.
func (d *side) opening(c *sense.Context, seg []byte) []byte {
	lost := d.lost
	d.lost = false
	if hl7.IsHeader(seg) {
		return seg
	}
	e, bom := hl7.DetectEncoding(seg)
	if e == hl7.Single {
		seg = seg[bom:]
	}
	switch {
	case hl7.IsHeader(seg):
	case len(seg) == 1 && (seg[0] == mllpAck || seg[0] == mllpNak):
		d.commit(c, seg[0])
	case e != hl7.Single:
		c.Anomaly(d.dir, "hl7.encoding", "UTF-16 or UTF-32, not read")
	case !lost:
		c.Anomaly(d.dir, "hl7.no-header", "block without a header segment")
	}
	return seg
}

// end closes the block.
func (d *side) end(c *sense.Context) {
	if d.size > 0 {
		d.complete(c, 0)
	}
	d.finish(c)
	d.within = false
}

// drop forgets the block, if any, and the message in it.
func (d *side) drop() {
	d.carry.Reset()
	d.size, d.within, d.pending, d.skip, d.noise = 0, false, false, false, false
	d.abandon()
}
