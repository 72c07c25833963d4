package capture

import (
	"cmp"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"sync/atomic"

	"wardkeeper/sense/wire"
	"wardkeeper/ward"
)

// chunkBytes is each file's own buffer when several are read in order of time.
const chunkBytes = 256 << 10

// maxSources bounds the interfaces of all files together.
const maxSources = 1 << 16

// Source delivers the packets of captures in order of time; packets of the same
// time in the order in which the captures were named. It implements wire.Source.
type Source struct {
	stdin    io.Reader
	pending  []*input // not yet open, by first packet
	active   []*input // by first packet
	single   *input   // the only one: read without copying
	pipes    []io.Closer
	sources  []named
	problems []error
	total    int64
	read     atomic.Int64
	packets  bool
}

// named is an interface of a capture.
type named struct{ capture, iface string }

// input is one capture with its unread records.
type input struct {
	path  string
	order int
	first ward.Time
	file  *file
	ids   []int // of its interfaces among all
	buf   []byte
	recs  []wire.Record
	at    int
}

// Open finds the captures that names mean: files, directories (every capture in
// them, others are noted), "-" for stdin. It fails if none of them can be read.
func Open(names []string, stdin io.Reader) (*Source, error) {
	s := &Source{stdin: stdin}
	var inputs []*input
	for _, name := range names {
		inputs = append(inputs, s.find(name)...)
	}
	for i, in := range inputs {
		in.order = i
	}
	if len(inputs) == 0 {
		if len(s.problems) == 1 {
			return nil, s.problems[0]
		}
		return nil, fmt.Errorf("no capture could be read: %w", errors.Join(s.problems...))
	}
	if len(inputs) == 1 {
		s.single = inputs[0]
		if s.single.file == nil {
			f, err := openFile(s.single.path, stdin, &s.read)
			if err != nil {
				return nil, err
			}
			s.single.file = f
		}
		return s, nil
	}
	s.order(inputs)
	return s, nil
}

// find lists the captures of one name.
func (s *Source) find(name string) []*input {
	if name == "-" {
		return s.add(nil, name)
	}
	st, err := os.Stat(name)
	if err != nil {
		s.problems = append(s.problems, plain(err))
		return nil
	}
	if !st.IsDir() {
		return s.add(nil, name)
	}
	entries, err := os.ReadDir(name)
	if err != nil {
		s.problems = append(s.problems, plain(err))
		return nil
	}
	var out []*input
	for _, e := range entries {
		path := filepath.Join(name, e.Name())
		if st, err := os.Stat(path); err == nil && st.Mode().IsRegular() {
			out = s.add(out, path)
		}
	}
	if len(out) == 0 {
		s.problems = append(s.problems, fmt.Errorf("%s: no capture in this directory", name))
	}
	return out
}

// add opens a capture to see that it is one.
func (s *Source) add(to []*input, path string) []*input {
	f, err := openFile(path, s.stdin, &s.read)
	if err != nil {
		s.problems = append(s.problems, err)
		return to
	}
	in := &input{path: path}
	if f.pipe { // cannot be read twice
		in.file = f
		if path != "-" {
			s.pipes = append(s.pipes, f.close[0])
		}
		return append(to, in)
	}
	if st, err := os.Stat(path); err == nil {
		s.total += st.Size()
	}
	_ = f.Close() // only looked at
	return append(to, in)
}

// order finds each capture's first packet and sorts by it.
func (s *Source) order(inputs []*input) {
	for _, in := range inputs {
		if !s.start(in) {
			continue
		}
		in.first = in.recs[0].Time
		if !in.file.pipe { // opened again when its time comes
			_ = in.file.Close()
			in.file, in.buf, in.recs = nil, nil, nil
		}
		s.pending = append(s.pending, in)
	}
	s.read.Store(0)
	slices.SortStableFunc(s.pending, func(a, b *input) int { return cmp.Compare(a.first, b.first) })
}

// start opens a capture and reads until there is a packet; false if there is none.
func (s *Source) start(in *input) bool {
	if in.file == nil {
		f, err := openFile(in.path, s.stdin, &s.read)
		if err != nil {
			s.problems = append(s.problems, err)
			return false
		}
		in.file = f
	}
	in.buf = make([]byte, chunkBytes)
	return s.refill(in)
}

// refill reads the next records of a capture; false at its end.
func (s *Source) refill(in *input) bool {
	for {
		in.at, in.recs = 0, in.recs[:0]
		if in.file.ended {
			_ = in.file.Close() // read to its end
			return false
		}
		var err error
		in.recs, err = in.file.fill(in.buf, in.recs)
		s.note(err)
		if len(in.recs) > 0 {
			return true
		}
	}
}

func (s *Source) note(err error) {
	if err != nil && !errors.Is(err, io.EOF) {
		s.problems = append(s.problems, err)
	}
}

// Fill implements wire.Source.
func (s *Source) Fill(buf []byte, recs []wire.Record) ([]wire.Record, error) {
	var err error
	if s.single != nil {
		recs, err = s.fillSingle(buf, recs)
	} else {
		recs, err = s.fillMerged(buf, recs)
	}
	s.packets = s.packets || len(recs) > 0
	return recs, err
}

func (s *Source) fillSingle(buf []byte, recs []wire.Record) ([]wire.Record, error) {
	f := s.single.file
	recs, err := f.fill(buf, recs)
	for i := range recs {
		recs[i].Source = s.id(s.single, recs[i].Source)
	}
	s.note(err)
	if !f.ended {
		return recs, nil
	}
	_ = f.Close() // read to its end
	return recs, io.EOF
}

// fillMerged copies records in order of time into buf.
func (s *Source) fillMerged(buf []byte, recs []wire.Record) ([]wire.Record, error) {
	used := 0
	for {
		in, until := s.next()
		if in == nil {
			return recs, io.EOF
		}
		for in.at < len(in.recs) {
			r := in.recs[in.at]
			if until != nil && !before(&r, in, until) {
				break
			}
			if used+len(r.Data) > len(buf) {
				if used > 0 {
					return recs, nil
				}
				r.Data = slices.Clone(r.Data) // larger than buf: delivered alone
			} else {
				n := copy(buf[used:], r.Data)
				r.Data = buf[used : used+n : used+n]
				used += n
			}
			r.Source = s.id(in, r.Source)
			recs = append(recs, r)
			in.at++
		}
		if in.at == len(in.recs) && !s.refill(in) {
			s.active = slices.DeleteFunc(s.active, func(a *input) bool { return a == in })
		}
	}
}

// before reports whether r of in comes before what other has next.
func before(r *wire.Record, in, other *input) bool {
	t := other.first
	if other.recs != nil && other.at < len(other.recs) {
		t = other.recs[other.at].Time
	}
	return r.Time < t || r.Time == t && in.order < other.order
}

// next returns the capture whose packet is due and the one that is due after it.
// Captures are opened when their first packet is due, so that a hundred rotated
// files do not hold a hundred buffers.
func (s *Source) next() (in, until *input) {
	for len(s.pending) > 0 {
		p := s.pending[0]
		if best := s.best(nil); best != nil && before(&best.recs[best.at], best, p) {
			break
		}
		s.pending = s.pending[1:]
		if p.recs != nil || s.start(p) {
			s.active = append(s.active, p)
		}
	}
	in = s.best(nil)
	if in == nil {
		return nil, nil
	}
	until = s.best(in)
	if len(s.pending) > 0 {
		p := s.pending[0]
		if until == nil || !before(&until.recs[until.at], until, p) {
			until = p
		}
	}
	return in, until
}

// best returns the active capture, other than not, whose next packet comes first.
func (s *Source) best(not *input) *input {
	var best *input
	for _, in := range s.active {
		if in != not && (best == nil || before(&in.recs[in.at], in, best)) {
			best = in
		}
	}
	return best
}

// id numbers a capture's interface among all.
func (s *Source) id(in *input, iface int) int {
	for len(in.ids) <= iface {
		i := in.file.ifaces[len(in.ids)]
		if len(s.sources) >= maxSources {
			return maxSources - 1
		}
		in.ids = append(in.ids, len(s.sources))
		s.sources = append(s.sources, named{in.file.name, i.name})
	}
	return in.ids[iface]
}

// Name implements wire.Source: the capture's file name.
func (s *Source) Name(i int) string { return s.sources[i].capture }

// Interface returns the name of an interface as a pcapng file states it.
func (s *Source) Interface(i int) string { return s.sources[i].iface }

// Problems returns what could not be read. It is complete after Fill returned io.EOF.
func (s *Source) Problems() []error { return s.problems }

// Close ends the reading of named pipes, also while Fill waits for one; standard input
// is its owner's to close. Safe for concurrent use.
func (s *Source) Close() error {
	var errs []error
	for _, p := range s.pipes {
		if err := p.Close(); !errors.Is(err, os.ErrClosed) { // read to its end
			errs = append(errs, err)
		}
	}
	return errors.Join(errs...)
}

// Packets reports whether any packet was read.
func (s *Source) Packets() bool { return s.packets }

// Progress returns bytes read and in all (0: not known). Safe for concurrent use.
func (s *Source) Progress() (read, total int64) { return s.read.Load(), s.total }
