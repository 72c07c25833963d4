package sqlite

import (
	"context"
	"database/sql"
	"encoding/json"
	"fmt"
	"net/netip"
	"slices"
	"time"

	"wardkeeper/format/frame"
	"wardkeeper/ward"
)

// Sizes of writing.
const (
	frameBytes  = 256 << 10         // a frame is finished at this size or at ward.MaxFrame
	framesAhead = 16                // finished frames that wait for the disk
	commitEvery = 64                // frames a transaction
	maxAddrs    = 2 * ward.MaxFrame // every address of a frame is indexed
)

// Link is how much two devices talked in a protocol.
type Link struct {
	A, B, Protocol         string
	Flows, Bytes, Messages uint64
	Clear                  bool
	First, Last            string
}

// Run is one reading of captures being written down.
type Run struct {
	store   *Store
	id      int64
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
	plain       []byte
	count       int
	first, last ward.Time
	addrs       []netip.Addr
}

// Begin starts a run.
func (s *Store) Begin(ctx context.Context, inputs []string, program string) (*Run, error) {
	list, err := json.Marshal(inputs)
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", s.path, err)
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
	go func() { r.written <- r.write(context.WithoutCancel(ctx)) }()
	return r, nil
}

// fail words a database error so that a person knows what to do.
func (s *Store) fail(err error) error {
	return fmt.Errorf("database %s: %w (what was committed before is kept; free disk space or name another file)", s.path, err)
}

// Observe appends observations. An error is that of the disk and ends the run.
func (r *Run) Observe(batch []ward.Observation) error {
	for i := range batch {
		o := &batch[i]
		if r.count == 0 {
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
	return nil
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

// write puts queued frames on the disk, some a transaction.
func (r *Run) write(ctx context.Context) error {
	enc, err := frame.NewEncoder()
	if err != nil {
		return err
	}
	var tx *sql.Tx
	var data []byte
	n := 0
	for f := range r.queue {
		if tx == nil {
			if tx, err = r.store.db.BeginTx(ctx, nil); err != nil {
				return r.store.fail(err)
			}
		}
		data = enc.Compress(f.plain, data[:0])
		if err := insert(ctx, tx, r.id, f, data); err != nil {
			_ = tx.Rollback() // the first error tells more
			return r.store.fail(err)
		}
		select {
		case r.free <- f.plain:
		default:
		}
		if n++; n%commitEvery == 0 {
			if err := tx.Commit(); err != nil {
				return r.store.fail(err)
			}
			tx = nil
		}
	}
	if tx != nil {
		if err := tx.Commit(); err != nil {
			return r.store.fail(err)
		}
	}
	return nil
}

func insert(ctx context.Context, tx *sql.Tx, run int64, f stored, data []byte) error {
	res, err := tx.ExecContext(ctx, "INSERT INTO frames(run, first_time, last_time, count, data) VALUES (?, ?, ?, ?, ?)", run, int64(f.first), int64(f.last), f.count, data)
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
	err := r.finish()
	close(r.queue)
	if r.failed == nil {
		r.failed = <-r.written
	}
	if err != nil {
		return err
	}
	if r.failed != nil {
		return r.failed
	}
	tx, err := r.store.db.BeginTx(ctx, nil)
	if err != nil {
		return r.store.fail(err)
	}
	if err := conclude(ctx, tx, r.id, sum, devices, links, findings); err != nil {
		_ = tx.Rollback() // the first error tells more
		return r.store.fail(err)
	}
	if err := tx.Commit(); err != nil {
		return r.store.fail(err)
	}
	return nil
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
