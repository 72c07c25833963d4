package wire

import (
	"slices"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Caps of recognition.
const (
	maxProbePieces  = 64  // changes of direction kept while recognising
	maxProbeGrams   = 6   // datagrams shown before a UDP flow is given up
	maxMidstreamTry = 256 // segments tried as a message start in a flow picked up mid-stream
)

// app is what analyses a recognised conversation.
type app struct {
	analyzer *sense.Analyzer
	stream   sense.Stream
	grams    sense.Datagrams
	client   ward.Endpoint
	server   ward.Endpoint
}

// close tells the analyzer that there is nothing more, and lets go of its state.
func (a *app) close(c *sense.Context) {
	if a.stream != nil {
		a.stream.Close(c)
	}
	if a.grams != nil {
		a.grams.Close(c)
	}
	a.stream, a.grams = nil, nil
}

// enough ends analysis before the conversation ends; it is only counted from here.
func (s *shard) enough(f *flow) {
	f.skip = true
	s.forgetProbe(f)
	if f.app != nil {
		s.speak(f)
		f.app.close(s.ctx)
	}
}

// probing is the state of recognition.
type probing struct {
	candidates [2]uint64 // analyzers that have not said No, by direction
	seen       [2][]byte // first bytes of each direction
	pieces     []piece   // in which order they came
	tries      int
	charged    int // bytes counted against the shard's budget
}

// piece is a run of seen bytes, or a gap of n bytes.
type piece struct {
	dir sense.Dir
	n   int64
	gap bool
}

func (p *probing) turn() {
	p.candidates[0], p.candidates[1] = p.candidates[1], p.candidates[0]
	p.seen[0], p.seen[1] = p.seen[1], p.seen[0]
	for i := range p.pieces {
		p.pieces[i].dir = p.pieces[i].dir.Other()
	}
}

// speak makes the flow the context's current conversation.
func (s *shard) speak(f *flow) {
	zone := s.engine.zones.name(f.zone())
	if f.app != nil {
		s.ctx.SetConversation(zone, f.app.analyzer.Name, f.app.client, f.app.server, f.midstream, &f.messages)
		return
	}
	client, server := f.ends()
	s.ctx.SetConversation(zone, transport(f.key.proto), client, server, f.midstream, nil)
}

// deliver hands on bytes of a TCP direction whose turn has come.
func (s *shard) deliver(f *flow, d sense.Dir, g segment) {
	f.bytes[d] += uint64(g.n - g.cut)
	if !f.skip && len(g.data) > 0 {
		if f.app == nil {
			s.recognise(f, d, g.data)
		} else {
			s.feed(f, d, g.data)
		}
	}
	if g.cut > 0 {
		s.gap(f, d, int64(g.cut))
	}
}

func (s *shard) feed(f *flow, d sense.Dir, b []byte) {
	s.speak(f)
	f.app.stream.Data(s.ctx, d, b)
	if s.ctx.TakeDone() {
		s.enough(f)
	}
}

// gap tells that n bytes of a direction were never captured (-1: not known).
func (s *shard) gap(f *flow, d sense.Dir, n int64) {
	if n > 0 {
		f.missing[d] += uint64(n)
	}
	switch {
	case f.skip:
	case f.app != nil:
		s.speak(f)
		f.app.stream.Gap(s.ctx, d, n)
		if s.ctx.TakeDone() {
			s.enough(f)
		}
	case f.probe != nil && len(f.probe.seen[d]) > 0:
		f.probe.add(d, n, true)
	default:
		f.midstream = true // what comes next is not the start
	}
}

func (p *probing) add(d sense.Dir, n int64, gap bool) {
	if k := len(p.pieces); k > 0 && p.pieces[k-1].dir == d && !gap && !p.pieces[k-1].gap {
		p.pieces[k-1].n += n
		return
	}
	p.pieces = append(p.pieces, piece{d, n, gap})
}

// recognise shows the first bytes to the analyzers until one takes them.
func (s *shard) recognise(f *flow, d sense.Dir, b []byte) {
	e := s.engine
	port := f.serverPort()
	pr := f.probe
	if pr == nil {
		pr = &probing{candidates: [2]uint64{e.streams, e.streams}}
		f.probe = pr
	}
	fresh := len(pr.seen[d]) == 0
	window := b
	if !fresh {
		room := sense.ProbeCap - len(pr.seen[d])
		if !s.keep(f, min(len(b), max(room, 0))) {
			return
		}
		pr.seen[d] = append(pr.seen[d], b[:min(len(b), max(room, 0))]...)
		window = pr.seen[d]
	}
	window = window[:min(len(window), sense.ProbeCap)]
	if a := s.ask(pr, d, window, port); a != nil {
		s.open(f, a, d, b)
		return
	}
	if fresh {
		if !s.keep(f, min(len(b), sense.ProbeCap)) {
			return
		}
		pr.seen[d] = append(make([]byte, 0, min(len(b), sense.ProbeCap)), b[:min(len(b), sense.ProbeCap)]...)
	}
	pr.add(d, int64(len(b)), false)
	exhausted := len(pr.seen[d]) >= sense.ProbeCap || len(pr.pieces) > maxProbePieces || pr.candidates[0]|pr.candidates[1] == 0
	if !exhausted {
		return
	}
	if f.midstream {
		s.tryAgain(f, pr)
		return
	}
	f.skip = true
	s.forgetProbe(f)
}

// keep charges for bytes kept while recognising; without room the flow is only
// counted.
func (s *shard) keep(f *flow, n int) bool {
	if s.ctx.Charge(n) {
		f.probe.charged += n
		return true
	}
	s.ctx.Limit("wire.probe-memory")
	f.skip = true
	s.forgetProbe(f)
	return false
}

func (s *shard) forgetProbe(f *flow) {
	if f.probe != nil {
		s.ctx.Charge(-f.probe.charged)
		f.probe = nil
	}
}

// tryAgain lets the next segment of a flow picked up mid-stream count as its first,
// because most messages begin with a segment.
func (s *shard) tryAgain(f *flow, pr *probing) {
	pr.tries++
	if pr.tries > maxMidstreamTry {
		f.skip = true
		s.forgetProbe(f)
		return
	}
	pr.candidates = [2]uint64{s.engine.streams, s.engine.streams}
	pr.seen[0], pr.seen[1] = pr.seen[0][:0], pr.seen[1][:0]
	pr.pieces = pr.pieces[:0]
}

// ask probes the candidates, those that know the port first.
func (s *shard) ask(pr *probing, d sense.Dir, b []byte, port uint16) *sense.Analyzer {
	e := s.engine
	for _, i := range e.hints[port] {
		if a := s.askOne(pr, d, b, port, i); a != nil {
			return a
		}
	}
	for i := range e.analyzers {
		if slices.Contains(e.hints[port], i) {
			continue
		}
		if a := s.askOne(pr, d, b, port, i); a != nil {
			return a
		}
	}
	return nil
}

func (s *shard) askOne(pr *probing, d sense.Dir, b []byte, port uint16, i int) *sense.Analyzer {
	bit := uint64(1) << i
	if pr.candidates[d]&bit == 0 {
		return nil
	}
	a := &s.engine.analyzers[i]
	switch a.Probe(d, b, port) {
	case sense.Yes:
		return a
	case sense.No:
		pr.candidates[d] &^= bit
	}
	return nil
}

// open gives the conversation to its analyzer and feeds what was kept, in the
// order it came, then b.
func (s *shard) open(f *flow, a *sense.Analyzer, d sense.Dir, b []byte) {
	pr := f.probe
	s.forgetProbe(f)
	client, server := f.ends()
	f.app = &app{analyzer: a, client: client, server: server}
	s.speak(f)
	f.app.stream = a.NewStream(s.ctx)
	var at [2]int64
	for _, p := range pr.pieces {
		if f.skip {
			return
		}
		if p.gap {
			s.gapTo(f, p.dir, p.n)
			continue
		}
		kept := pr.seen[p.dir][at[p.dir]:min(at[p.dir]+p.n, int64(len(pr.seen[p.dir])))]
		at[p.dir] += p.n
		s.feed(f, p.dir, kept)
	}
	if !f.skip {
		s.feed(f, d, b)
	}
}

func (s *shard) gapTo(f *flow, d sense.Dir, n int64) {
	s.speak(f)
	f.app.stream.Gap(s.ctx, d, n)
	if s.ctx.TakeDone() {
		s.enough(f)
	}
}

// datagram takes a UDP packet.
func (s *shard) datagram(f *flow, p *packet, d sense.Dir) {
	f.bytes[d] += uint64(len(p.payload)) + uint64(p.cut)
	f.missing[d] += uint64(p.cut)
	if f.skip || len(p.payload) == 0 {
		return
	}
	if f.app == nil && !s.recogniseDatagram(f, p, d) {
		return
	}
	s.speak(f)
	f.app.grams.Datagram(s.ctx, d, p.payload)
	if s.ctx.TakeDone() {
		s.enough(f)
	}
}

func (s *shard) recogniseDatagram(f *flow, p *packet, d sense.Dir) bool {
	e := s.engine
	b := p.payload[:min(len(p.payload), sense.ProbeCap)]
	pr := f.probe
	if pr == nil {
		pr = &probing{}
		f.probe = pr
	}
	pr.candidates = [2]uint64{e.datagrams, e.datagrams} // each datagram stands alone
	a := s.ask(pr, d, b, f.serverPort())
	if a == nil {
		if pr.tries++; pr.tries >= maxProbeGrams {
			f.skip = true
			s.forgetProbe(f)
		}
		return false
	}
	s.forgetProbe(f)
	client, server := f.ends()
	f.app = &app{analyzer: a, client: client, server: server}
	s.speak(f)
	f.app.grams = a.NewDatagrams(s.ctx)
	return true
}
