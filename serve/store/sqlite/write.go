package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"net/netip"
	"slices"
	"sync"
	"time"

	"wardkeeper/format/frame"
	"wardkeeper/ward"
)

// Sizes of writing.
const (
	frameBytes  = 256 << 10         // a frame is finished at this size or at ward.MaxFrame
	framesAhead = 16                // finished frames that wait for the disk
	commitEvery = 64                // frames a transaction
	settle      = time.Second       // a frame, then a transaction, waits no longer for more
	maxAddrs    = 2 * ward.MaxFrame // every address of a frame is indexed
)

// Link is how much two devices talked in a protocol.
type Link struct {
	A, B, Protocol         string
	Flows, Bytes, Messages uint64
	Clear                  bool
	First, Last            string
}

// Run is one reading of captures being written down. What is observed is on the disk
// two seconds later.
type Run struct {
	store   *Store
	id      int64
	mu      sync.Mutex // guards what follows: frames also end when it is time
	late    *time.Timer
	ended   bool
	enc     *frame.Encoder
	count   int
	first   ward.Time
	last    ward.Time
	addrs   map[netip.Addr]struct{}
	queue   chan stored
	free    chan []byte
	written chan error
	failed  error
}

// stored is a finished frame on its way to the disk.
type stored struct {
	plain, data []byte // before and after compression
	count       int
	first, last ward.Time
	addrs       []netip.Addr
}

// Begin starts a run.
func (s *Store) Begin(ctx context.Context, inputs []string, program string) (*Run, error) {
	list, err := json.Marshal(inputs)
	if err != nil {
		return nil, s.fail(err)
	}
	res, err := s.db.ExecContext(ctx, "INSERT INTO runs(started, inputs, program) VALUES (?, ?, ?)", time.Now().UTC().Format(time.RFC3339), string(list), program)
	if err != nil {
		return nil, s.fail(err)
	}
	id, err := res.LastInsertId()
	if err != nil {
		return nil, s.fail(err)
	}
	enc, err := frame.NewEncoder()
	if err != nil {
		return nil, err
	}
	r := &Run{store: s, id: id, enc: enc, addrs: map[netip.Addr]struct{}{}, queue: make(chan stored, framesAhead),
		free: make(chan []byte, framesAhead+2), written: make(chan error, 1)}
	r.late = time.AfterFunc(settle, r.flush)
	r.late.Stop()
	go func() { r.written <- r.write(context.WithoutCancel(ctx)) }()
	return r, nil
}

// Observe appends observations. An error is that of the disk and ends the run.
func (r *Run) Observe(batch []ward.Observation) error {
	r.mu.Lock()
	defer r.mu.Unlock()
	for i := range batch {
		o := &batch[i]
		if r.count == 0 {
			r.late.Reset(settle)
			r.first, r.last = o.Time, o.Time
		}
		r.first, r.last = min(r.first, o.Time), max(r.last, o.Time)
		r.enc.Add(o)
		r.count++
		if len(r.addrs) < maxAddrs {
			r.addrs[o.Src.IP] = struct{}{}
			r.addrs[o.Dst.IP] = struct{}{}
		}
		if r.count == ward.MaxFrame || r.enc.Len() >= frameBytes {
			if err := r.finish(); err != nil {
				return err
			}
		}
	}
	return r.failed
}

// flush ends a frame that waited long enough.
func (r *Run) flush() {
	r.mu.Lock()
	defer r.mu.Unlock()
	if !r.ended {
		_ = r.finish() // kept for whoever asks next
	}
}

// finish queues the frame being built.
func (r *Run) finish() error {
	if r.count == 0 {
		return r.failed
	}
	var buf []byte
	select {
	case buf = <-r.free:
	default:
	}
	f := stored{plain: append(buf[:0], r.enc.Finish()...), count: r.count, first: r.first, last: r.last}
	for a := range r.addrs {
		if a.IsValid() {
			f.addrs = append(f.addrs, a)
		}
	}
	slices.SortFunc(f.addrs, netip.Addr.Compare)
	clear(r.addrs)
	r.count = 0
	if r.failed != nil {
		return r.failed
	}
	select {
	case r.queue <- f:
		return nil
	case r.failed = <-r.written:
		return r.failed
	}
}

// write puts queued frames on the disk, some a transaction. No transaction is open
// while it waits, so that others can write too.
func (r *Run) write(ctx context.Context) error {
	enc, err := frame.NewEncoder()
	if err != nil {
		return err
	}
	frames := make([]stored, 0, commitEvery)
	var due <-chan time.Time
	for {
		select {
		case f, more := <-r.queue:
			if !more {
				return r.commit(ctx, frames)
			}
			frames = frames[:len(frames)+1]
			last := &frames[len(frames)-1]
			f.data = enc.Compress(f.plain, last.data[:0])
			select {
			case r.free <- f.plain:
			default:
			}
			f.plain = nil
			*last = f
			if due == nil {
				due = time.After(settle)
			}
			if len(frames) < commitEvery {
				continue
			}
		case <-due:
		}
		if err := r.commit(ctx, frames); err != nil {
			return err
		}
		frames, due = frames[:0], nil
	}
}

// commit writes frames in one transaction.
func (r *Run) commit(ctx context.Context, frames []stored) error {
	return r.store.transact(ctx, func(tx *sql.Tx) error {
		for i := range frames {
			if err := insert(ctx, tx, r.id, &frames[i]); err != nil {
				return err
			}
		}
		return nil
	})
}

// transact does work all or not at all.
func (s *Store) transact(ctx context.Context, work func(*sql.Tx) error) error {
	tx, err := s.db.BeginTx(ctx, nil)
	if err != nil {
		return s.fail(err)
	}
	if err := work(tx); err != nil {
		_ = tx.Rollback() // the first error tells more
		return s.fail(err)
	}
	if err := tx.Commit(); err != nil {
		return s.fail(err)
	}
	return nil
}

func insert(ctx context.Context, tx *sql.Tx, run int64, f *stored) error {
	res, err := tx.ExecContext(ctx, "INSERT INTO frames(run, first_time, last_time, count, data) VALUES (?, ?, ?, ?, ?)", run, int64(f.first), int64(f.last), f.count, f.data)
	if err != nil {
		return err
	}
	id, err := res.LastInsertId()
	if err != nil {
		return err
	}
	for _, a := range f.addrs {
		if _, err := tx.ExecContext(ctx, "INSERT INTO frame_addresses(address, frame) VALUES (?, ?)", a.String(), id); err != nil {
			return err
		}
	}
	return nil
}

// Finish writes the rest and what was concluded.
func (r *Run) Finish(ctx context.Context, sum ward.Summary, devices []ward.Device, links []Link, findings []ward.Finding) error {
	if err := r.end(); err != nil {
		return err
	}
	return r.store.transact(ctx, func(tx *sql.Tx) error { return conclude(ctx, tx, r.id, sum, devices, links, findings) })
}

// Abort writes the rest and leaves the run unfinished. After Finish it does nothing.
func (r *Run) Abort() error { return r.end() }

// end waits until everything observed is on the disk.
func (r *Run) end() error {
	r.mu.Lock()
	defer r.mu.Unlock()
	if r.ended {
		return r.failed
	}
	r.ended = true
	r.late.Stop()
	_ = r.finish() // it returns r.failed
	close(r.queue)
	if r.failed == nil {
		r.failed = <-r.written
	}
	return r.failed
}

func conclude(ctx context.Context, tx *sql.Tx, run int64, sum ward.Summary, devices []ward.Device, links []Link, findings []ward.Finding) error {
	text, err := json.Marshal(sum)
	if err != nil {
		return err
	}
	if _, err := tx.ExecContext(ctx, "UPDATE runs SET finished = ?, summary = ? WHERE id = ?", time.Now().UTC().Format(time.RFC3339), string(text), run); err != nil {
		return err
	}
	for i := range devices {
		if err := putDevice(ctx, tx, &devices[i]); err != nil {
			return err
		}
	}
	for _, l := range links {
		_, err := tx.ExecContext(ctx, `INSERT INTO links(a, b, protocol, flows, bytes, messages, clear, first_seen, last_seen) VALUES (?,?,?,?,?,?,?,?,?)
			ON CONFLICT(a, b, protocol) DO UPDATE SET flows = flows + excluded.flows, bytes = bytes + excluded.bytes, messages = messages + excluded.messages,
			clear = max(clear, excluded.clear), first_seen = min(first_seen, excluded.first_seen), last_seen = max(last_seen, excluded.last_seen)`,
			l.A, l.B, l.Protocol, l.Flows, l.Bytes, l.Messages, l.Clear, l.First, l.Last)
		if err != nil {
			return err
		}
	}
	for _, f := range findings {
		text, err := json.Marshal(f)
		if err != nil {
			return err
		}
		if _, err := tx.ExecContext(ctx, "INSERT OR REPLACE INTO findings(id, rule, severity, first_seen, last_seen, json) VALUES (?,?,?,?,?,?)",
			f.ID, f.Rule, string(f.Severity), f.FirstSeen, f.LastSeen, string(text)); err != nil {
			return err
		}
	}
	return nil
}
