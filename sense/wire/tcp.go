package wire

import (
	"bytes"
	"time"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Caps of TCP reassembly.
const (
	maxHeldHalf = 2 << 20 // out-of-order bytes that one direction may hold
	maxSegments = 4096    // out-of-order segments of one direction
	holdTime    = 2 * time.Second
	farAway     = 1 << 28 // no window is this large
	resyncAfter = 8       // far-away segments in a row before the stream follows them
	pickupTime  = 100 * time.Millisecond
	pickupCount = 8 // segments collected before a mid-stream start is chosen
	recentCount = 8 // delivered segments remembered to compare with their repetition
	rstWindow   = 1 << 20
	finWindow   = 1 << 24 // more than any window in flight
	segmentCost = 48      // bookkeeping bytes charged for a held segment
)

// tcpState is what reassembly needs of a conversation, from its first data on.
type tcpState struct {
	half [2]half
}

// half is one direction.
type half struct {
	next    uint32 // sequence number of the next byte to deliver
	started bool   // next is valid
	fin     bool
	finSeq  uint32
	waived  bool // answers up to waiver of what was lost are no longer waited for
	waiver  uint32
	far     uint8
	at      uint8 // in recent
	segs    []segment
	held    int
	since   ward.Time // when the oldest hole was met, or the pick-up began
	recent  [recentCount]recent
}

// segment is data that came before its turn. data is nil where the flow is only
// counted; cut bytes at its end were not captured.
//
// ack tells what the sender had received by then: where a mirror shows the two
// directions out of step, a segment waits for what it answers.
type segment struct {
	seq   uint32
	n     uint32
	cut   uint32
	ack   uint32
	acked bool // ack is valid
	data  []byte
}

type recent struct {
	seq, n uint32
	hash   uint64
}

// tcp takes a packet of a conversation in direction d.
func (s *shard) tcp(f *flow, p *packet, d sense.Dir, hash uint64) {
	if p.flags&flagSYN != 0 {
		f.isn[d], f.syn[d] = p.seq, true
		if p.flags&flagACK != 0 && !f.syn[d.Other()] { // the SYN itself was not captured
			f.isn[d.Other()], f.syn[d.Other()] = p.ack-1, true
		}
		if f.tcp != nil {
			s.lateSYN(f, sense.ToServer)
			s.lateSYN(f, sense.ToClient)
		}
	}
	n := uint32(len(p.payload)) + p.cut
	if n == 0 && p.flags&(flagFIN|flagRST) == 0 {
		if f.list == listNew && p.flags&flagSYN == 0 && f.seen[0] && f.seen[1] {
			f.state = stateOpen
			s.move(f, listOpen)
		}
		return
	}
	if p.flags&flagRST != 0 {
		s.rst(f, p, d)
		return
	}
	if f.tcp == nil {
		f.tcp = s.newTCP()
		s.begin(f, d.Other()) // so that answers wait for what they answer
		if f.list == listNew {
			f.state = stateOpen
			s.move(f, listOpen)
		}
	}
	seq := p.seq
	if p.flags&flagSYN != 0 {
		seq++ // data follows the SYN, which takes a number
	}
	if n > 0 {
		s.segment(f, d, segment{seq: seq, n: n, cut: p.cut, ack: p.ack, acked: p.flags&flagACK != 0, data: p.payload}, hash, p.time)
	}
	if p.flags&flagFIN != 0 {
		s.fin(f, d, seq+n)
	}
	if f.list != listClosed && f.tcp.half[0].finished() && f.tcp.half[1].finished() {
		f.state = stateClosed
		s.move(f, listClosed)
		s.enough(f) // every byte up to both FINs was delivered
	}
}

// fin notes where a direction ends. A number that cannot be its end is reported and
// ignored, since it would end the analysis.
func (s *shard) fin(f *flow, d sense.Dir, end uint32) {
	h := &f.tcp.half[d]
	s.begin(f, d)
	if h.fin && h.finSeq == end {
		return
	}
	if off := int32(end - h.next); h.started && (off < 0 || off > finWindow) {
		s.speak(f)
		s.ctx.Anomaly(d, "tcp.fin-out-of-window", "")
		return
	}
	h.fin, h.finSeq = true, end
}

// finished reports that everything up to the FIN was delivered.
func (h *half) finished() bool { return h.fin && h.started && int32(h.next-h.finSeq) >= 0 }

// begin starts a direction at its SYN, if that is known.
func (s *shard) begin(f *flow, d sense.Dir) bool {
	h := &f.tcp.half[d]
	if !h.started && f.syn[d] {
		h.next, h.started = f.isn[d]+1, true
	}
	return h.started
}

// lateSYN repairs a pick-up whose SYN was captured after its data.
func (s *shard) lateSYN(f *flow, d sense.Dir) {
	if !f.tcp.half[d].started && s.begin(f, d) {
		s.settle(f)
	}
}

// rst ends the conversation if the number is plausible; a blind RST is reported and
// ignored. Data that follows is still read while the flow lingers.
func (s *shard) rst(f *flow, p *packet, d sense.Dir) {
	if f.tcp != nil {
		h := &f.tcp.half[d]
		if off := int32(p.seq - h.next); h.started && p.seq != 0 && (off > rstWindow || off < -rstWindow) {
			s.speak(f)
			s.ctx.Anomaly(d, "tcp.rst-out-of-window", "")
			return
		}
	}
	if f.list != listClosed {
		f.state = stateReset
		s.move(f, listClosed)
	}
}

// segment puts data into its place in direction d.
func (s *shard) segment(f *flow, d sense.Dir, g segment, hash uint64, now ward.Time) {
	h := &f.tcp.half[d]
	if !s.begin(f, d) {
		s.pickUp(f, d, g, now)
		return
	}
	off := int32(g.seq - h.next)
	if off == 0 && !f.early(d, &g) { // the usual case
		h.far = 0
		h.remember(g.seq, g.n, hash)
		h.next += g.n
		s.deliver(f, d, g)
		if len(h.segs) > 0 || len(f.tcp.half[d.Other()].segs) > 0 {
			s.settle(f)
		}
		return
	}
	if off > farAway || off < -farAway {
		s.farSegment(f, d, g)
		return
	}
	h.far = 0
	if off >= 0 {
		s.hold(f, d, g, now)
		return
	}
	s.repeated(f, d, g, hash)
}

// early reports whether g answers bytes of the other direction that are still to
// come. One more than was delivered may be the other's FIN, which takes a number.
func (f *flow) early(d sense.Dir, g *segment) bool {
	o := &f.tcp.half[d.Other()]
	ahead := int32(g.ack - o.next)
	if !g.acked || !o.started || f.skip || ahead <= 1 || ahead >= farAway || !f.seen[d.Other()] {
		return false
	}
	h := &f.tcp.half[d]
	return !h.waived || int32(g.ack-h.waiver) > 0
}

// settle delivers what can be delivered in either direction.
func (s *shard) settle(f *flow) {
	for s.drain(f, sense.ToServer) || s.drain(f, sense.ToClient) {
	}
}

// farSegment ignores wild sequence numbers until they prove to be where the
// conversation went on.
func (s *shard) farSegment(f *flow, d sense.Dir, g segment) {
	h := &f.tcp.half[d]
	h.far++
	if h.far < resyncAfter {
		if h.far == 1 {
			s.speak(f)
			s.ctx.Anomaly(d, "tcp.sequence-out-of-window", "")
		}
		return
	}
	s.dropHeld(h)
	s.gap(f, d, -1)
	h.next, h.far = g.seq+g.n, 0
	s.deliver(f, d, g)
}

// repeated takes a segment that starts before what was delivered: the first copy
// stands, a difference is reported, what is new at its end is used.
func (s *shard) repeated(f *flow, d sense.Dir, g segment, hash uint64) {
	h := &f.tcp.half[d]
	for i := range h.recent {
		if r := &h.recent[i]; r.seq == g.seq && r.n == g.n && r.n > 0 {
			if r.hash != hash && g.cut == 0 {
				s.overlapDiffers(f, d)
			}
			return
		}
	}
	old := h.next - g.seq
	if old >= g.n {
		return
	}
	if old >= g.n-g.cut {
		g.data, g.cut = nil, g.n-old
	} else {
		g.data = g.data[old:]
	}
	g.seq, g.n = h.next, g.n-old
	h.next += g.n
	s.deliver(f, d, g)
	s.settle(f)
}

func (h *half) remember(seq, n uint32, hash uint64) {
	h.recent[h.at%recentCount] = recent{seq, n, hash}
	h.at++
}

func (s *shard) overlapDiffers(f *flow, d sense.Dir) {
	s.speak(f)
	s.ctx.Anomaly(d, "tcp.overlap-differs", "")
}

// hold keeps a segment for later, in order of sequence number. What overlaps an
// earlier copy is cut off, so that held segments never overlap.
func (s *shard) hold(f *flow, d sense.Dir, g segment, now ward.Time) {
	h := &f.tcp.half[d]
	if len(h.segs) == 0 {
		h.since = now
	}
	s.waiting(f)
	i := len(h.segs)
	for i > 0 && int32(h.segs[i-1].seq-g.seq) > 0 {
		i--
	}
	if i > 0 && !s.trimFront(f, d, &h.segs[i-1], &g) {
		return
	}
	for i < len(h.segs) && int32(g.seq+g.n-h.segs[i].seq) > 0 {
		next := h.segs[i]
		if int32(g.seq+g.n-(next.seq+next.n)) <= 0 { // only its front overlaps
			s.compare(f, d, next.data, g.tail(next.seq))
			g.truncate(next.seq - g.seq)
			break
		}
		s.compare(f, d, next.data, g.tail(next.seq))
		tail := g // what lies behind the segment that g covers
		tail.skip(next.seq + next.n - g.seq)
		g.truncate(next.seq - g.seq)
		s.insert(f, h, i, g)
		if g.n > 0 {
			i++
		}
		g = tail
		i++
	}
	s.insert(f, h, i, g)
	if h.held > maxHeldHalf || len(h.segs) > maxSegments || s.held > s.maxHeld || now.Sub(h.since) > holdTime {
		if h.held > maxHeldHalf || len(h.segs) > maxSegments || s.held > s.maxHeld {
			s.ctx.Limit("tcp.out-of-order")
		}
		s.giveUpHole(f, d)
		for len(h.segs) > 0 && (h.held > maxHeldHalf || len(h.segs) > maxSegments || s.held > s.maxHeld) {
			s.mustGiveUp(f, d)
		}
	}
}

// trimFront cuts from g what prev holds already; false if nothing is left.
func (s *shard) trimFront(f *flow, d sense.Dir, prev *segment, g *segment) bool {
	over := int32(prev.seq + prev.n - g.seq)
	if over <= 0 {
		return true
	}
	s.compare(f, d, prev.tail(g.seq), g.data)
	if uint32(over) >= g.n {
		return false
	}
	g.skip(uint32(over))
	return true
}

// compare reports two copies of the same bytes that differ.
func (s *shard) compare(f *flow, d sense.Dir, a, b []byte) {
	if n := min(len(a), len(b)); n > 0 && !bytes.Equal(a[:n], b[:n]) {
		s.overlapDiffers(f, d)
	}
}

// tail returns the captured bytes from seq on.
func (g *segment) tail(seq uint32) []byte {
	if n := seq - g.seq; n < uint32(len(g.data)) {
		return g.data[n:]
	}
	return nil
}

// skip drops the first n bytes.
func (g *segment) skip(n uint32) {
	g.seq += n
	g.n -= n
	if n < uint32(len(g.data)) {
		g.data = g.data[n:]
		return
	}
	g.data = nil
	g.cut = min(g.cut, g.n)
}

// truncate keeps the first n bytes.
func (g *segment) truncate(n uint32) {
	g.n = n
	if n <= uint32(len(g.data)) {
		g.data, g.cut = g.data[:n], 0
		return
	}
	g.cut = n - uint32(len(g.data))
}

// insert stores an owned copy of g at place i.
func (s *shard) insert(f *flow, h *half, i int, g segment) {
	if g.n == 0 {
		return
	}
	if f.skip {
		g.data = nil
	} else {
		g.data = bytes.Clone(g.data)
	}
	cost := segmentCost + len(g.data)
	h.held += cost
	s.held += cost
	h.segs = append(h.segs, segment{})
	copy(h.segs[i+1:], h.segs[i:])
	h.segs[i] = g
}

// drain delivers the held segments of a direction whose turn has come, and reports
// whether there were any.
func (s *shard) drain(f *flow, d sense.Dir) bool {
	h := &f.tcp.half[d]
	done := 0
	for done < len(h.segs) && h.started {
		g := h.segs[done]
		off := int32(g.seq - h.next)
		if off > 0 || f.early(d, &g) {
			break
		}
		done++
		s.release(h, &g)
		if uint32(-off) >= g.n {
			continue
		}
		g.skip(uint32(-off))
		h.next += g.n
		s.deliver(f, d, g)
	}
	if done > 0 {
		n := copy(h.segs, h.segs[done:])
		clear(h.segs[n:]) // let go of their bytes
		h.segs = h.segs[:n]
		h.since = s.now
	}
	return done > 0
}

func (s *shard) release(h *half, g *segment) {
	cost := segmentCost + len(g.data)
	h.held -= cost
	s.held -= cost
}

func (s *shard) dropHeld(h *half) {
	for i := range h.segs {
		s.release(h, &h.segs[i])
	}
	h.segs = nil
}

// giveUpHole declares the bytes before the first held segment as never captured.
func (s *shard) giveUpHole(f *flow, d sense.Dir) {
	h := &f.tcp.half[d]
	if !h.started {
		s.startPickUp(f, d)
		return
	}
	if len(h.segs) == 0 {
		return
	}
	if n := int32(h.segs[0].seq - h.next); n > 0 {
		if n > farAway {
			n = -1 // not a hole, a jump
		}
		s.gap(f, d, int64(n))
		h.next = h.segs[0].seq
	}
	// Nor is what these answer waited for; the first least of all, or nothing would move.
	for _, g := range []*segment{&h.segs[len(h.segs)-1], &h.segs[0]} {
		if g.acked && (!h.waived || int32(g.ack-h.waiver) > 0) {
			h.waived, h.waiver = true, g.ack
		}
	}
	s.settle(f)
}

// mustGiveUp is giveUpHole where something has to go: loops over it end, whatever
// the numbers say.
func (s *shard) mustGiveUp(f *flow, d sense.Dir) {
	h := &f.tcp.half[d]
	before := len(h.segs)
	if s.giveUpHole(f, d); len(h.segs) >= before {
		s.ctx.Limit("tcp.out-of-order")
		s.dropHeld(h)
	}
}

// pickUp collects the first segments of a direction whose start was not captured,
// because they may be out of order, and starts at the lowest.
func (s *shard) pickUp(f *flow, d sense.Dir, g segment, now ward.Time) {
	h := &f.tcp.half[d]
	if len(h.segs) == 0 {
		h.next = g.seq - farAway/2 // everything is ahead of it
	}
	since := h.since
	first := len(h.segs) == 0
	s.hold(f, d, g, now)
	if !first {
		h.since = since
	}
	if len(h.segs) >= pickupCount || now.Sub(h.since) > pickupTime || h.started {
		s.startPickUp(f, d)
	}
}

// startPickUp begins delivery at the lowest segment collected.
func (s *shard) startPickUp(f *flow, d sense.Dir) {
	h := &f.tcp.half[d]
	if h.started || len(h.segs) == 0 {
		return
	}
	f.midstream = true
	h.next, h.started = h.segs[0].seq, true
	s.settle(f)
}

// expireHoles gives up holes that have waited long enough.
func (s *shard) expireHoles(f *flow) {
	for d := range f.tcp.half {
		h := &f.tcp.half[d]
		if len(h.segs) == 0 {
			continue
		}
		age := s.now.Sub(h.since)
		if !h.started && age > pickupTime {
			s.startPickUp(f, sense.Dir(d))
		} else if h.started && age > holdTime {
			s.giveUpHole(f, sense.Dir(d))
		}
	}
}

// flush delivers everything held, holes declared, before a flow is closed.
func (s *shard) flush(f *flow) {
	for d := range f.tcp.half {
		h := &f.tcp.half[d]
		s.startPickUp(f, sense.Dir(d))
		for len(h.segs) > 0 {
			s.mustGiveUp(f, sense.Dir(d))
		}
		if h.started && h.fin {
			if n := int32(h.finSeq - h.next); n > 0 && n < farAway {
				s.gap(f, sense.Dir(d), int64(n))
			}
		}
	}
}
