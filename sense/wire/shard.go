package wire

import (
	"encoding/binary"
	"math/bits"
	"slices"
	"time"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Caps and times of a shard.
const (
	newTimeout    = 30 * time.Second
	udpTimeout    = 2 * time.Minute
	fewPackets    = 4 // of a question and its answer, asked twice at most
	openTimeout   = time.Hour
	lingerTime    = 2 * time.Second
	lateSYN       = time.Second      // a SYN this long after other packets opens something new
	partTime      = 15 * time.Minute // a long flow is reported this often
	copyWindow    = 200 * time.Millisecond
	twinWindow    = time.Millisecond // repeats without an IP ID at one vantage point
	copySlots     = 1 << 12          // packets remembered to recognise mirror copies
	copyWays      = 4
	hashWhole     = 256 // bytes of a payload that are hashed whole
	hashSamples   = 8   // of longer ones
	freeFlowsKept = 256
	refreshed     = 8 // flows looked at before one is evicted
)

// shard owns the conversations of some host pairs: their table, their streams and
// their analyzers' state. One worker at a time runs it.
type shard struct {
	id      int
	engine  *Engine
	ctx     *sense.Context
	now     ward.Time
	secret  uint64 // where long payloads are sampled
	table   *table
	lists   [lists]flowList
	count   int
	held    int // out-of-order bytes
	maxHeld int
	maxFlow int
	freed   []*flow
	freeTCP []*tcpState
	holes   []*flow // with held segments
	frames  []sense.Frames
	copies  []copySlot
	last    *flow // of the packet before

	copied  uint64
	offsets map[[2]uint16]*Offset
}

// copySlot remembers a packet for a moment. It is small, because every packet
// looks at a row of them.
type copySlot struct {
	hash   uint64 // 0: free
	micros uint32 // of its time; wraps after an hour, far beyond the window
	place  uint16 // VLAN, hardware address and TTL, mixed
	source uint16
}

func newShard(e *Engine, id int) *shard {
	s := &shard{id: id, engine: e, table: newTable(),
		maxHeld: e.heldPerShard, maxFlow: e.flowsPerShard, frames: make([]sense.Frames, len(e.analyzers)),
		offsets: map[[2]uint16]*Offset{}}
	keeper := e.privacy(id)
	s.secret = binary.LittleEndian.Uint64(keeper.DigestKey()[:])
	s.ctx = sense.NewContext(keeper, e.parserPerShard, e.child)
	return s
}

// run processes this shard's packets of a batch.
func (s *shard) run(b *batch) {
	out := s.engine.output()
	s.ctx.SetOutput(out)
	ticks := b.ticks
	for i := b.head[s.id]; i >= 0; {
		p := &b.packets[i]
		i = p.next
		for len(ticks) > 0 && ticks[0].index <= p.index {
			s.tick(ticks[0])
			ticks = ticks[1:]
		}
		s.packet(p)
	}
	for _, t := range ticks {
		s.tick(t)
	}
	if len(out.Obs) > 0 {
		b.outs[s.id] = out
		return
	}
	s.engine.freeOutput(out)
}

func (s *shard) packet(p *packet) {
	s.now = p.time
	if p.kind == kindFrame {
		s.at(p)
		s.frame(p)
		return
	}
	s.conversation(p)
}

func (s *shard) at(p *packet) {
	s.ctx.SetPacket(sense.Packet{Time: p.time, Index: p.index, Capture: s.engine.captureName(p.source), Number: p.number})
}

// frame hands a frame to every analyzer that takes its type.
func (s *shard) frame(p *packet) {
	for _, i := range s.engine.byFrame[p.proto] {
		a := &s.engine.analyzers[i]
		src := ward.Endpoint{MAC: p.srcMAC}
		dst := ward.Endpoint{MAC: p.dstMAC}
		if p.src != (addr{}) {
			src.IP, dst.IP = address(&p.src), address(&p.dst)
		}
		s.ctx.SetConversation(s.engine.zones.name(p.zone), a.Name, src, dst, false, nil)
		if s.frames[i] == nil {
			s.frames[i] = a.NewFrames(s.ctx)
		}
		s.frames[i].Frame(s.ctx, sense.FrameType(p.proto), p.frame, p.payload)
	}
}

func (s *shard) conversation(p *packet) {
	f, d := s.flowOf(p)
	hash := s.hash(p)
	if p.time.Sub(f.partStart) > partTime && f.packets[0]+f.packets[1] > 0 {
		s.at(p)
		s.record(f, false)
	}
	f.last = p.time
	if s.isCopy(p, hash) {
		s.copied++
		f.copies++
		f.vantage(p)
		return
	}
	f.vantage(p)
	f.packets[d]++
	f.wire += uint64(p.wire)
	f.seen[d] = true
	if f.mac[d].Zero() {
		f.mac[d] = p.srcMAC
	}
	if f.mac[d.Other()].Zero() {
		f.mac[d.Other()] = p.dstMAC
	}
	switch p.kind {
	case kindTCP:
		s.at(p)
		s.tcp(f, p, d, hash)
	case kindUDP:
		s.at(p)
		s.lasting(f)
		s.datagram(f, p, d)
	default:
		s.lasting(f)
		f.bytes[d] += uint64(len(p.payload)) + uint64(p.cut)
	}
}

// lasting gives a conversation without connections more time once it is more than
// a question and its answer.
func (s *shard) lasting(f *flow) {
	if f.list == listNew && f.packets[0]+f.packets[1] > fewPackets {
		s.move(f, listUDP)
	}
}

// flowOf finds or makes the packet's flow.
func (s *shard) flowOf(p *packet) (*flow, sense.Dir) {
	k, fromB := makeKey(p)
	f := s.last
	if f == nil || f.key != k {
		h := s.table.hash(&k)
		if f = s.table.find(&k, h); f == nil {
			f = s.newFlow(p, k, h, fromB)
		}
		s.last = f
	}
	if p.kind == kindTCP && p.flags&flagSYN != 0 && p.flags&flagRST == 0 {
		f = s.syn(f, p, fromB)
	}
	return f, f.dir(fromB)
}

// syn starts a new conversation where the ports of a past one are used again, and
// puts right who is client.
func (s *shard) syn(f *flow, p *packet, fromB bool) *flow {
	d := f.dir(fromB)
	opens := p.flags&flagACK == 0
	late := !f.syn[d] && p.time.Sub(f.start).Abs() > lateSYN
	if opens && (late || f.syn[d] && f.isn[d] != p.seq && (f.list == listClosed || f.tcp != nil && f.tcp.half[d].started)) {
		s.at(p)
		s.close(f)
		k, h := f.key, f.hash
		f = s.newFlow(p, k, h, fromB)
		s.last = f
		return f
	}
	if f.guessed && f.app == nil {
		if opens != (d == sense.ToServer) {
			f.turn()
		}
		f.guessed = false
	}
	return f
}

func (s *shard) newFlow(p *packet, k flowKey, h uint32, fromB bool) *flow {
	if s.count >= s.maxFlow {
		s.at(p)
		s.evict()
	}
	f := s.takeFlow()
	*f = flow{key: k, hash: h, source: p.source, number: p.number, vlan: p.vlan, start: p.time, last: p.time, partStart: p.time, queued: p.time, state: stateNew}
	s.guessClient(f, p, fromB)
	s.table.insert(f)
	s.count++
	f.list = listNew
	if p.kind != kindTCP {
		f.state = stateOpen
	}
	s.lists[f.list].push(f)
	return f
}

// guessClient decides who opened the conversation: a SYN says so, otherwise a
// port that an analyzer knows, then the lower port, then who spoke first.
func (s *shard) guessClient(f *flow, p *packet, fromB bool) {
	senderIsClient := true
	known := func(port uint16) bool { _, ok := s.engine.hints[port]; return ok }
	switch {
	case p.kind == kindTCP && p.flags&flagSYN != 0:
		senderIsClient = p.flags&flagACK == 0
	case p.kind == kindTCP:
		f.guessed = true
		if k := known(p.dport); k != known(p.sport) {
			senderIsClient = k
		} else {
			senderIsClient = p.sport >= p.dport
		}
	case p.kind == kindUDP:
		if ks, kd := known(p.sport), known(p.dport); ks && !kd {
			senderIsClient = false
		}
	}
	f.clientB = fromB == senderIsClient
}

func (s *shard) takeFlow() *flow {
	if n := len(s.freed); n > 0 {
		f := s.freed[n-1]
		s.freed = s.freed[:n-1]
		return f
	}
	return &flow{}
}

func (s *shard) newTCP() *tcpState {
	if n := len(s.freeTCP); n > 0 {
		t := s.freeTCP[n-1]
		s.freeTCP = s.freeTCP[:n-1]
		*t = tcpState{}
		return t
	}
	return &tcpState{}
}

func (s *shard) move(f *flow, to listID) {
	s.lists[f.list].remove(f)
	f.list, f.queued = to, s.now
	s.lists[to].push(f)
}

// waiting notes that f holds segments, for the clock to look after.
func (s *shard) waiting(f *flow) {
	if f.waits {
		return
	}
	f.waits = true
	if len(s.holes) > 2*s.count+64 { // closed ones, while the clock stands still
		s.holes = slices.DeleteFunc(s.holes, func(g *flow) bool { return g.tcp == nil })
	}
	s.holes = append(s.holes, f)
}

// tick forgets what is over. A flow that was active since it was queued goes to
// the end of its queue instead.
func (s *shard) tick(t tick) {
	s.now = t.time
	s.ctx.SetPacket(sense.Packet{Time: t.time, Index: t.index})
	kept := s.holes[:0]
	for _, f := range s.holes {
		if f.tcp == nil { // closed meanwhile
			continue
		}
		s.expireHoles(f)
		if len(f.tcp.half[0].segs)+len(f.tcp.half[1].segs) > 0 {
			kept = append(kept, f)
			continue
		}
		f.waits = false
	}
	clear(s.holes[len(kept):])
	s.holes = kept
	s.expire(listNew, newTimeout)
	s.expire(listUDP, udpTimeout)
	s.expire(listOpen, openTimeout)
	s.expire(listClosed, lingerTime)
}

func (s *shard) expire(l listID, after time.Duration) {
	for n := s.count; n > 0; n-- { // each at most once
		f := s.lists[l].head
		if f == nil {
			return
		}
		if wait := s.now.Sub(f.queued); wait <= after && wait >= -after { // one queued in a wrong future must not hold up the rest
			return
		}
		if age := s.now.Sub(f.last); age <= after && age >= 0 {
			s.lists[l].remove(f)
			f.queued = f.last
			s.lists[l].push(f)
			continue
		}
		if f.key.proto == protoTCP && l != listClosed {
			f.state = stateTimeout
		}
		s.close(f)
	}
}

// evict makes room for one flow: who has shown the least goes first.
func (s *shard) evict() {
	if f := s.lists[listClosed].head; f != nil { // only lingering: nothing is lost
		s.close(f)
		return
	}
	if f := s.lists[listNew].head; f != nil && f.key.proto != protoTCP && f.seen[0] && f.seen[1] { // asked and answered
		s.close(f)
		return
	}
	s.ctx.Limit("flow.table")
	for _, l := range [...]listID{listNew, listUDP, listOpen} {
		s.refresh(l)
		if f := s.lists[l].head; f != nil {
			f.state = stateEvicted
			s.close(f)
			return
		}
	}
}

// refresh moves flows at the head of a queue that were active since they were
// queued to its end.
func (s *shard) refresh(l listID) {
	for range refreshed {
		f := s.lists[l].head
		if f == nil || f.last <= f.queued {
			return
		}
		s.lists[l].remove(f)
		f.queued = f.last
		s.lists[l].push(f)
	}
}

// close ends a flow: what is held is delivered, its analyzer told, its record
// written, its memory given back.
func (s *shard) close(f *flow) {
	if f.tcp != nil {
		s.flush(f)
	}
	if f.app != nil {
		s.speak(f)
		f.app.close(s.ctx)
	}
	s.record(f, true)
	s.lists[f.list].remove(f)
	s.table.remove(f)
	s.count--
	if s.last == f {
		s.last = nil
	}
	if f.tcp != nil {
		s.dropHeld(&f.tcp.half[0])
		s.dropHeld(&f.tcp.half[1])
		if len(s.freeTCP) < freeFlowsKept {
			s.freeTCP = append(s.freeTCP, f.tcp)
		}
	}
	reusable := !f.waits // else the list of holes still points to it
	s.forgetProbe(f)
	f.tcp, f.app = nil, nil
	if reusable && len(s.freed) < freeFlowsKept {
		s.freed = append(s.freed, f)
	}
}

// closeAll ends everything, oldest first within each queue.
func (s *shard) closeAll() {
	for l := range s.lists {
		for s.lists[l].head != nil {
			s.close(s.lists[l].head)
		}
	}
}

// record emits the flow's record, or that of its part since the last one.
func (s *shard) record(f *flow, final bool) {
	client, server := f.ends()
	name := ""
	if f.app != nil {
		name = f.app.analyzer.Name
	}
	s.ctx.SetOrigin(s.engine.captureName(f.source), f.number) // a flow is found by its first packet
	s.ctx.SetConversation(s.engine.zones.name(f.zone()), name, client, server, f.midstream, nil)
	r := s.ctx.Flow()
	r.Transport = transport(f.key.proto)
	r.Start, r.End = f.partStart, f.last
	r.Part, r.Final = f.part, final
	r.PacketsTo, r.PacketsFrom = f.packets[0], f.packets[1]
	r.BytesTo, r.BytesFrom = f.bytes[0], f.bytes[1]
	r.MissingTo, r.MissingFrom = f.missing[0], f.missing[1]
	r.WireBytes, r.Copies, r.Messages = f.wire, f.copies, f.messages
	r.State = f.state
	r.Midstream = f.key.proto == protoTCP && !f.syn[0] && !f.syn[1]
	r.OneSided = f.key.proto == protoTCP && !(f.seen[0] && f.seen[1])
	r.Encrypted = f.app != nil && s.engine.encrypted[f.app.analyzer.Name]
	r.Vantages = append(r.Vantages, f.vantages...)
	f.part++
	f.partStart = f.last
	f.packets, f.bytes, f.missing = [2]uint64{}, [2]uint64{}, [2]uint64{}
	f.wire, f.copies, f.messages = 0, 0, 0
	f.vantages = nil
}

// hash mixes a payload with the site's key: all bytes of a short one, samples at
// places that the key decides of a long one. The same payload gives the same in
// every run, and nobody without the key knows where a long one is not looked at.
func (s *shard) hash(p *packet) uint64 {
	b, e := p.payload, binary.LittleEndian
	h := s.secret ^ uint64(len(b))
	if len(b) <= hashWhole {
		for ; len(b) >= 8; b = b[8:] {
			h = mix(h, e.Uint64(b))
		}
		var tail uint64
		for i, c := range b {
			tail |= uint64(c) << (8 * i)
		}
		return mix(h, tail)
	}
	h = mix(h, e.Uint64(b))
	h = mix(h, e.Uint64(b[len(b)-8:]))
	stride := uint64(len(b)-8) / hashSamples
	for i := range uint64(hashSamples) {
		at := i*stride + (s.secret>>(i*8)&0xff)*stride>>8
		h = mix(h, e.Uint64(b[at:]))
	}
	return h
}

// isCopy tells whether the packet was shown already by another mirror, or twice by
// the same, whatever VLAN, hardware address or TTL says now.
func (s *shard) isCopy(p *packet, payload uint64) bool {
	if s.copies == nil {
		s.copies = make([]copySlot, copySlots)
	}
	h := mix(payload, uint64(p.seq)<<32|uint64(p.ack))
	h = mix(h, uint64(p.ipid)<<32|uint64(p.sport)<<16|uint64(p.dport))
	h = mix(h, fold(&p.src)+fold(&p.dst)*3)
	h = mix(h, uint64(p.flags)<<8|uint64(p.proto)|uint64(p.zone)<<16|uint64(len(p.payload))<<32) | 1
	row := s.copies[(h>>1%(copySlots/copyWays))*copyWays:][:copyWays]
	place := uint16(mix(uint64(p.vlan)<<48|uint64(p.ttl)<<40, uint64(binary.LittleEndian.Uint32(p.srcMAC[2:]))))
	me := copySlot{hash: h, micros: uint32(p.time / 1000), place: place, source: p.source}
	oldest := 0
	for i := range row {
		c := &row[i]
		if c.hash == h {
			since := time.Duration(int32(me.micros-c.micros)) * time.Microsecond
			same := c.source == me.source && c.place == me.place
			if since.Abs() <= copyWindow && (p.ipid != 0 || !same || since.Abs() <= twinWindow) {
				s.offset(c.source, p.source, since)
				return true
			}
			*c = me
			return false
		}
		if c.hash == 0 || row[oldest].hash != 0 && int32(c.micros-row[oldest].micros) < 0 {
			oldest = i
		}
	}
	if gone := &row[oldest]; s.copied > 0 && gone.hash != 0 && me.micros-gone.micros < uint32(copyWindow/time.Microsecond) {
		s.ctx.Limit("wire.mirror-copies") // there are copies, and some may come too late to be known
	}
	row[oldest] = me
	return false
}

func mix(a, b uint64) uint64 {
	hi, lo := bits.Mul64(a^0x9e3779b97f4a7c15, b^0xd6e8feb86659fd93)
	return hi ^ lo
}

// offset notes how far the clocks of two interfaces are apart: the packet was
// shown by first, and diff later by second.
func (s *shard) offset(first, second uint16, diff time.Duration) {
	if first == second {
		return
	}
	k := [2]uint16{first, second}
	if k[0] > k[1] {
		k, diff = [2]uint16{second, first}, -diff
	}
	o := s.offsets[k]
	if o == nil {
		o = &Offset{A: s.engine.captureName(k[0]), B: s.engine.captureName(k[1])}
		s.offsets[k] = o
	}
	o.add(diff)
}
