package live

import (
	"errors"
	"fmt"
	"io"
	"slices"
	"sync/atomic"
	"time"

	"golang.org/x/sys/unix"

	"wardkeeper/sense/wire"
	"wardkeeper/sense/wire/filter"
	"wardkeeper/ward"
)

// Times of live capture.
const (
	hold       = 2 * retire           // packets of several interfaces are put in order within it
	patience   = retire               // for packets, before telling the time alone
	nap        = 5 * time.Millisecond // while packets wait for their turn
	maxRecords = 4096                 // delivered at a time
)

// Source captures from interfaces. Fill and Close are for one goroutine.
type Source struct {
	// OnProblem is told of interfaces that go down, come back or disappear. Capture
	// goes on as long as one is left.
	OnProblem func(error)

	rings   []*ring
	failed  []bool
	lost    error // the last interface to disappear
	packets atomic.Uint64
	stop    atomic.Bool
	stopped time.Time
}

// Open starts capturing on interfaces, promiscuously and without sending. size is
// that of each interface's kernel buffer in bytes; f may be nil. It needs
// CAP_NET_RAW; once it returns, no privilege is needed any more.
func Open(interfaces []string, f *filter.Filter, size int) (*Source, error) {
	if len(interfaces) == 0 {
		return nil, errors.New("name at least one interface with -i")
	}
	if size > maxRing {
		return nil, fmt.Errorf("a ring of %d bytes is too large, at most %d", size, maxRing)
	}
	s := &Source{failed: make([]bool, len(interfaces))}
	for i, name := range interfaces {
		if slices.Contains(interfaces[:i], name) {
			return nil, errors.Join(fmt.Errorf("interface %s: named twice", name), s.Close())
		}
		r, err := openRing(name, f, size)
		if err != nil {
			return nil, errors.Join(err, s.Close())
		}
		s.rings = append(s.rings, r)
	}
	return s, nil
}

// Name implements wire.Source.
func (s *Source) Name(i int) string { return s.rings[i].name }

// Fill implements wire.Source: it waits a short time for packets and returns them in
// order of time. When there are none left it tells the time, so that timers fire on
// a silent wire.
func (s *Source) Fill(buf []byte, recs []wire.Record) ([]wire.Record, error) {
	begin := len(recs)
	until := time.Now().Add(patience)
	for {
		recs = s.drain(buf, recs)
		if n := len(recs) - begin; n > 0 {
			s.packets.Add(uint64(n))
			return append(recs, s.clock()), nil
		}
		now := time.Now()
		if s.stop.Load() {
			if s.stopped.IsZero() {
				s.stopped = now
			}
			if now.Sub(s.stopped) > hold { // all blocks have been handed over
				return recs, io.EOF
			}
		}
		if err := s.check(now); err != nil {
			return recs, err
		}
		if now.After(until) {
			return append(recs, s.clock()), nil
		}
		s.wait()
	}
}

// clock is a record that tells the time; packets of before may still come.
func (s *Source) clock() wire.Record {
	return wire.Record{Time: ward.TimeOf(time.Now().Add(-hold))}
}

// drain takes packets whose turn has come.
func (s *Source) drain(buf []byte, recs []wire.Record) []wire.Record {
	due := ward.TimeOf(time.Now().Add(-hold))
	used := 0
	for n := 0; n < maxRecords; n++ {
		i, h, waiting := s.first()
		if h == nil || waiting && timeOf(h) > due && !s.stop.Load() {
			break
		}
		rec, ok := s.rings[i].take(h, buf[used:], used == 0)
		if !ok {
			break
		}
		rec.Source = i
		used += len(rec.Data)
		recs = append(recs, rec)
	}
	return recs
}

// first returns the oldest head packet. waiting says that an interface shows none
// and may yet bring an older one.
func (s *Source) first() (index int, oldest *unix.Tpacket3Hdr, waiting bool) {
	for i, r := range s.rings {
		h := r.head()
		if h == nil {
			waiting = waiting || !s.failed[i]
			continue
		}
		if oldest == nil || timeOf(h) < timeOf(oldest) {
			index, oldest = i, h
		}
	}
	return index, oldest, waiting
}

// wait sleeps until a packet comes or something happens to an interface.
func (s *Source) wait() {
	if _, h, _ := s.first(); h != nil {
		time.Sleep(nap)
		return
	}
	var fds []unix.PollFd
	var of []*ring
	for i, r := range s.rings {
		if !s.failed[i] {
			fds = append(fds, unix.PollFd{Fd: int32(r.fd), Events: unix.POLLIN})
			of = append(of, r)
		}
	}
	if _, err := unix.Poll(fds, int(patience/time.Millisecond)); err != nil {
		time.Sleep(nap) // interrupted
		return
	}
	for i, fd := range fds {
		if fd.Revents&unix.POLLERR != 0 {
			s.trouble(of[i])
		}
	}
}

func (s *Source) trouble(r *ring) {
	if err := r.trouble(); err != nil {
		s.problem(err)
		return
	}
	if !r.down {
		r.down, r.since, r.heard = true, time.Now(), r.number
	}
}

func (s *Source) problem(err error) {
	if s.OnProblem != nil {
		s.OnProblem(err)
	}
}

// check looks after interfaces that went down; an error means that none is left.
func (s *Source) check(now time.Time) error {
	left := false
	for i, r := range s.rings {
		if r.down && !s.failed[i] {
			s.failed[i] = s.checkRing(r, now)
		}
		left = left || !s.failed[i]
	}
	if left {
		return nil
	}
	return s.lost
}

// checkRing returns true when an interface has disappeared and all its packets were
// taken.
func (s *Source) checkRing(r *ring, now time.Time) bool {
	switch {
	case r.removed():
		if r.gone.IsZero() {
			r.gone = now
		}
		if now.Sub(r.gone) < hold || r.head() != nil {
			return false
		}
		s.lost = fmt.Errorf("interface %s disappeared after %d packets", r.name, r.number)
		s.problem(s.lost)
		return true
	case r.number > r.heard:
		r.down, r.told = false, false
		s.problem(fmt.Errorf("interface %s is up again", r.name))
	case !r.told && now.Sub(r.since) > hold:
		r.told = true
		s.problem(fmt.Errorf("interface %s is down: nothing is seen until it is up again", r.name))
	}
	return false
}

// Packets returns how many packets came. Safe for concurrent use.
func (s *Source) Packets() uint64 { return s.packets.Load() }

// Dropped returns how many packets the kernel dropped because the ring was full.
// Safe for concurrent use until Close.
func (s *Source) Dropped() uint64 {
	var n uint64
	for _, r := range s.rings {
		n += r.dropped()
	}
	return n
}

// Stop ends capture: Fill returns what has come so far, and then io.EOF. Safe for
// concurrent use.
func (s *Source) Stop() { s.stop.Store(true) }

// Close gives the interfaces back. Nothing of Source may be used after it.
func (s *Source) Close() error {
	var errs []error
	for _, r := range s.rings {
		errs = append(errs, r.close())
	}
	return errors.Join(errs...)
}
