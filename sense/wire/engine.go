package wire

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"maps"
	"runtime"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Sizes of the engine.
const (
	batchBytes   = 512 << 10 // of capture read at a time
	batchRecords = 4096
	batches      = 6 // in flight: bounds memory and the lead of the reader
	tickEvery    = time.Second
	// DefaultMemory is the ceiling of state in bytes.
	DefaultMemory = 512 << 20
	flowCost      = 768 // bytes reckoned for a flow with its reassembly
	maxAnalyzers  = 64  // bits of a candidate set
)

// Source delivers records in the order in which they are to be analysed.
type Source interface {
	// Fill reads records into buf; their Data are parts of buf. It returns io.EOF
	// with or after the last, and may return records together with an error that
	// ends the input. A Record without Data and with Orig 0 only tells the time.
	Fill(buf []byte, recs []Record) ([]Record, error)
	// Name returns the name of the capture that a record's Source means.
	Name(source int) string
}

// Record is one captured packet.
type Record struct {
	Time   ward.Time
	Source int // file or interface it came from
	Link   int // link type (LINKTYPE_ number)
	Orig   int // length on the wire
	Data   []byte
	Number uint64 // in its file, from 1
}

// Config says what an engine runs.
type Config struct {
	Analyzers []sense.Analyzer
	// Privacy makes the scrubber of a shard.
	Privacy func(shard int) sense.Privacy
	Zones   []ZoneRule
	Workers int   // 0: one a CPU; changes nothing in the answer
	Memory  int64 // ceiling in bytes, 0: DefaultMemory
	// Encrypted lists analyzers whose flows hide their content.
	Encrypted []string
}

// Engine turns packets into observations.
type Engine struct {
	analyzers []sense.Analyzer
	privacy   func(int) sense.Privacy
	zones     *zones
	encrypted map[string]bool
	workers   int

	streams, datagrams uint64           // analyzers by transport, as bits
	hints              map[uint16][]int // by port
	byFrame            [16][]int

	flowsPerShard, heldPerShard, parserPerShard int

	shards  [shards]*shard
	used    [shards]bool // by the reader: which shards there are
	inbox   [shards]inbox
	ready   chan int
	names   atomic.Pointer[[]string]
	outputs sync.Pool
	decoder *decoder
	stats   Stats
}

// inbox is the queue of batches that a shard has yet to see.
type inbox struct {
	mu      sync.Mutex
	queue   []*batch
	running bool
}

// batch is what one read brought, and what became of it.
type batch struct {
	buf     []byte
	records []Record
	packets []packet
	ticks   []tick
	head    [shards]int32
	tail    [shards]int32
	pending atomic.Int32
	done    chan struct{}
	outs    [shards]*sense.Output
}

// NewEngine checks the configuration.
func NewEngine(cfg Config) (*Engine, error) {
	if len(cfg.Analyzers) > maxAnalyzers {
		return nil, fmt.Errorf("%d analyzers, at most %d", len(cfg.Analyzers), maxAnalyzers)
	}
	z, err := newZones(cfg.Zones)
	if err != nil {
		return nil, err
	}
	e := &Engine{analyzers: cfg.Analyzers, privacy: cfg.Privacy, zones: z, workers: cfg.Workers,
		encrypted: map[string]bool{}, hints: map[uint16][]int{}, ready: make(chan int, shards)}
	if e.workers <= 0 {
		e.workers = runtime.GOMAXPROCS(0)
	}
	for _, n := range cfg.Encrypted {
		e.encrypted[n] = true
	}
	memory := cfg.Memory
	if memory <= 0 {
		memory = DefaultMemory
	}
	perShard := int(memory / shards)
	e.flowsPerShard = max(perShard/2/flowCost, 16)
	e.heldPerShard = perShard / 4
	e.parserPerShard = perShard / 4
	e.index()
	e.outputs.New = func() any { return &sense.Output{} }
	e.decoder = newDecoder(e)
	return e, nil
}

func (e *Engine) index() {
	for i, a := range e.analyzers {
		if a.Transports&sense.TCP != 0 {
			e.streams |= 1 << i
		}
		if a.Transports&sense.UDP != 0 {
			e.datagrams |= 1 << i
		}
		for _, p := range a.Ports {
			e.hints[p] = append(e.hints[p], i)
		}
		for _, f := range a.Frames {
			e.byFrame[f] = append(e.byFrame[f], i)
		}
	}
}

func (e *Engine) child(c *sense.Context, env *sense.Envelope) sense.Child {
	for i := range e.analyzers {
		if a := &e.analyzers[i]; a.WantsChild != nil && a.WantsChild(env) {
			return a.NewChild(c, env)
		}
	}
	return nil
}

func (e *Engine) output() *sense.Output { return e.outputs.Get().(*sense.Output) }

func (e *Engine) freeOutput(o *sense.Output) {
	o.Reset()
	e.outputs.Put(o)
}

func (e *Engine) captureName(i uint16) string {
	if n := e.names.Load(); n != nil && int(i) < len(*n) {
		return (*n)[i]
	}
	return ""
}

// Run reads src to its end, or until ctx ends, and gives the observations to sink
// in their final order, which depends on the input alone. What was read before an
// error is analysed and delivered all the same.
func (e *Engine) Run(ctx context.Context, src Source, sink ward.Sink) (Stats, error) {
	free := make(chan *batch, batches)
	for range batches {
		free <- &batch{buf: make([]byte, batchBytes), done: make(chan struct{}, 1)}
	}
	order := make(chan *batch, batches)
	var workers sync.WaitGroup
	for range e.workers {
		workers.Go(e.work)
	}
	delivered := make(chan error, 1)
	go func() { delivered <- e.merge(order, free, sink) }()
	err := e.read(ctx, src, free, order)
	close(order)
	sinkErr := <-delivered
	close(e.ready)
	workers.Wait()
	if sinkErr == nil {
		sinkErr = e.finish(sink)
	}
	e.collect()
	return e.stats, errors.Join(err, sinkErr)
}

// read fills batches until the input ends.
func (e *Engine) read(ctx context.Context, src Source, free <-chan *batch, order chan<- *batch) error {
	for {
		var b *batch
		select {
		case <-ctx.Done():
			return nil
		case b = <-free:
		}
		if b == nil { // the sink failed
			return nil
		}
		b.reset()
		recs, err := src.Fill(b.buf, b.records[:0])
		b.records = recs
		for i := range recs {
			var next *Record
			if i+1 < len(recs) {
				next = &recs[i+1]
			}
			e.decoder.record(b, &recs[i], next, src)
		}
		e.dispatch(b, order)
		if errors.Is(err, io.EOF) {
			return nil
		}
		if err != nil {
			return err
		}
	}
}

func (b *batch) reset() {
	b.packets, b.ticks = b.packets[:0], b.ticks[:0]
	for i := range b.head {
		b.head[i] = -1
	}
	b.outs = [shards]*sense.Output{}
}

// add puts a decoded packet into the batch.
func (b *batch) add(p *packet) {
	i := int32(len(b.packets) - 1)
	p.next = -1
	if b.head[p.shard] < 0 {
		b.head[p.shard] = i
	} else {
		b.packets[b.tail[p.shard]].next = i
	}
	b.tail[p.shard] = i
}

// dispatch gives the batch to the shards that have packets in it.
func (e *Engine) dispatch(b *batch, order chan<- *batch) {
	var due []int
	for i := range b.head {
		e.used[i] = e.used[i] || b.head[i] >= 0
		if b.head[i] >= 0 || e.used[i] && len(b.ticks) > 0 {
			due = append(due, i)
		}
	}
	if len(due) == 0 {
		b.done <- struct{}{}
		order <- b
		return
	}
	b.pending.Store(int32(len(due)))
	order <- b
	for _, i := range due {
		e.enqueue(i, b)
	}
}

func (e *Engine) enqueue(i int, b *batch) {
	in := &e.inbox[i]
	in.mu.Lock()
	in.queue = append(in.queue, b)
	wake := !in.running
	in.running = true
	in.mu.Unlock()
	if wake {
		e.ready <- i
	}
}

// work runs shards that have something to do, one worker a shard at a time.
func (e *Engine) work() {
	for i := range e.ready {
		in := &e.inbox[i]
		for {
			in.mu.Lock()
			if len(in.queue) == 0 {
				in.running = false
				in.mu.Unlock()
				break
			}
			b := in.queue[0]
			in.queue = in.queue[:copy(in.queue, in.queue[1:])]
			in.mu.Unlock()
			if e.shards[i] == nil { // made by whoever runs it first: most captures need few
				e.shards[i] = newShard(e, i)
			}
			e.shards[i].run(b)
			if b.pending.Add(-1) == 0 {
				b.done <- struct{}{}
			}
		}
	}
}

// merge delivers each batch's observations, in order of packet and then shard.
func (e *Engine) merge(order <-chan *batch, free chan<- *batch, sink ward.Sink) error {
	var m merger
	var failed error
	for b := range order {
		<-b.done
		if failed == nil {
			failed = m.deliver(b.outs[:], sink)
		}
		for _, o := range b.outs {
			if o != nil {
				e.freeOutput(o)
			}
		}
		if failed != nil {
			select {
			case free <- nil: // stop the reader
			default:
			}
			continue
		}
		free <- b
	}
	return failed
}

// merger puts the outputs of shards into one order.
type merger struct {
	merged []ward.Observation
	heads  []head
}

type head struct {
	out *sense.Output
	at  int
}

func (m *merger) deliver(outs []*sense.Output, sink ward.Sink) error {
	m.heads = m.heads[:0]
	total := 0
	for _, o := range outs {
		if o != nil && len(o.Obs) > 0 {
			m.heads = append(m.heads, head{o, 0})
			total += len(o.Obs)
		}
	}
	switch len(m.heads) {
	case 0:
		return nil
	case 1:
		return sink.Observe(m.heads[0].out.Obs)
	}
	m.merged = slices.Grow(m.merged[:0], total)
	for len(m.heads) > 0 {
		best, limit, inclusive := m.next()
		m.take(best, limit, inclusive)
	}
	return sink.Observe(m.merged)
}

// next returns the head with the lowest index (the first of equals) and up to
// which index it may run before another is due.
func (m *merger) next() (best int, limit uint64, inclusive bool) {
	second := -1
	for i := 1; i < len(m.heads); i++ {
		switch x := m.index(i); {
		case x < m.index(best):
			best, second = i, best
		case second < 0 || x < m.index(second):
			second = i
		}
	}
	if second < 0 {
		return best, ^uint64(0), true
	}
	return best, m.index(second), best < second
}

func (m *merger) index(i int) uint64 { return m.heads[i].out.Index[m.heads[i].at] }

// take moves the observations of head i up to limit.
func (m *merger) take(i int, limit uint64, inclusive bool) {
	h := &m.heads[i]
	for h.at < len(h.out.Obs) && (h.out.Index[h.at] < limit || inclusive && h.out.Index[h.at] == limit) {
		m.merged = append(m.merged, h.out.Obs[h.at])
		h.at++
	}
	if h.at == len(h.out.Obs) {
		m.heads = slices.Delete(m.heads, i, i+1)
	}
}

// finish closes all flows, shard by shard.
func (e *Engine) finish(sink ward.Sink) error {
	for _, s := range e.shards {
		if s == nil {
			continue
		}
		out := e.output()
		s.ctx.SetOutput(out)
		s.ctx.SetPacket(sense.Packet{Time: s.now, Index: e.decoder.index + 1})
		s.closeAll()
		for _, frames := range s.frames {
			if c, ok := frames.(interface{ Close(*sense.Context) }); ok {
				c.Close(s.ctx)
			}
		}
		if len(out.Obs) > 0 {
			if err := sink.Observe(out.Obs); err != nil {
				return err
			}
		}
		e.freeOutput(out)
	}
	return nil
}

// collect gathers the shards' counters.
func (e *Engine) collect() {
	e.stats = e.decoder.stats
	e.stats.Limits = map[string]uint64{}
	offsets := map[[2]uint16]*Offset{}
	for _, s := range e.shards {
		if s == nil {
			continue
		}
		for k, n := range s.ctx.Limits() {
			e.stats.Limits[k] += n
		}
		e.stats.Copies += s.copied
		for k, o := range s.offsets {
			if offsets[k] == nil {
				offsets[k] = &Offset{A: o.A, B: o.B}
			}
			offsets[k].merge(o)
		}
	}
	for k, n := range e.decoder.limits {
		e.stats.Limits[k] += n
	}
	for _, k := range slices.SortedFunc(maps.Keys(offsets), func(a, b [2]uint16) int {
		return cmp.Or(cmp.Compare(a[0], b[0]), cmp.Compare(a[1], b[1]))
	}) {
		e.stats.Offsets = append(e.stats.Offsets, *offsets[k])
	}
}
