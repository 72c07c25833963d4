package capture

import (
	"container/heap"
	"errors"
	"fmt"
	"io"
	"sort"

	"wardkeeper/ward"
)

// Memory of a Merger's open files together, and what each gets of it at least and
// at most.
const (
	mergeMemory    = 16 << 20
	minMergeBuffer = 32 << 10
	maxMergeBuffer = MinMergeBuffer
	bytesPerRecord = 256 // of buffer
)

// MinMergeBuffer is the least size of a buffer for Merger.Fill.
const MinMergeBuffer = 256 << 10

// Merger yields the packets of several files in time order; packets of one time in
// the order of the files' first times, then of their names as given. Within a file
// the order stays as it is, also where its times run backwards. A file is opened
// when its first packet is due and closed at its end.
type Merger struct {
	files   []file
	pending []int // indices into files, by first time
	open    sources
	errs    []error
	buffer  int // bytes for each open file
	emitted *source
	opened  int
}

// file is what stays of a capture, open or not.
type file struct {
	name       string
	first      ward.Time
	reader     *Reader // while open
	interfaces []Interface
	done       int64
	total      int64
	badTimes   uint64
}

// source is an open file with the records that were read ahead.
type source struct {
	file  int
	rank  int // in the order of first times
	buf   []byte
	recs  []Record
	ready []Record // rest of recs
}

// NewMerger looks at the first packet of each file. Errors, also those of files
// that cannot be opened, come from Fill.
func NewMerger(names []string) *Merger {
	m := &Merger{files: make([]file, len(names))}
	m.buffer = min(maxMergeBuffer, max(minMergeBuffer, mergeMemory/max(1, len(names))))
	for i, name := range names {
		f := &m.files[i]
		f.name = name
		if name == "-" { // can be read once only
			m.add(i, &source{file: i})
			continue
		}
		if m.peek(i) {
			m.pending = append(m.pending, i)
		}
	}
	sort.SliceStable(m.pending, func(a, b int) bool { return m.files[m.pending[a]].first < m.files[m.pending[b]].first })
	return m
}

// peek reads the time of file i's first packet; false if there is none.
func (m *Merger) peek(i int) bool {
	f := &m.files[i]
	r, err := Open(f.name)
	if err != nil {
		m.errs = append(m.errs, err)
		return false
	}
	defer r.Close()
	m.opened++
	var one [1]Record
	r.chunk = MinBuffer
	used, _, err := r.Fill(make([]byte, minMergeBuffer), one[:])
	f.interfaces = append([]Interface(nil), r.interfaces...)
	f.done, f.total = r.Progress()
	if len(used) == 0 {
		f.done = f.total
		if !errors.Is(err, io.EOF) {
			m.errs = append(m.errs, err)
		}
		return false
	}
	f.done, f.first = 0, used[0].Time
	return true
}

// add opens the source's file and reads its first packets.
func (m *Merger) add(i int, s *source) {
	f := &m.files[i]
	r, err := Open(f.name)
	if err != nil {
		m.errs = append(m.errs, err)
		return
	}
	if f.name == "-" {
		f.name = r.name
		m.opened++
	}
	f.reader = r
	s.buf, s.recs = make([]byte, m.buffer), make([]Record, m.buffer/bytesPerRecord)
	if m.refill(s) {
		heap.Push(&m.open, s)
	}
}

// refill reads on in a source; false when it has ended.
func (m *Merger) refill(s *source) bool {
	f := &m.files[s.file]
	used, _, err := f.reader.Fill(s.buf, s.recs)
	if len(used) > 0 {
		s.ready = used
		for i := range used {
			used[i].Capture = s.file
		}
		return true
	}
	if !errors.Is(err, io.EOF) {
		m.errs = append(m.errs, err)
	}
	m.close(s.file)
	return false
}

func (m *Merger) close(i int) {
	f := &m.files[i]
	f.interfaces, f.badTimes = f.reader.interfaces, f.reader.badTimes
	f.done, f.total = f.reader.Progress()
	if err := f.reader.Close(); err != nil {
		m.errs = append(m.errs, openError(f.name, err))
	}
	f.reader = nil
}

// Fill is as Reader.Fill; Record.Capture tells the file. Errors are returned one by
// one, each between two batches of packets; the files that have none go on.
func (m *Merger) Fill(buf []byte, recs []Record) (used []Record, rest int, err error) {
	if len(buf) < MinMergeBuffer || len(recs) == 0 {
		return nil, 0, fmt.Errorf("a buffer of %d bytes and %d records is too small to merge captures", len(buf), len(recs))
	}
	for {
		if len(m.errs) > 0 {
			err, m.errs = m.errs[0], m.errs[1:]
			return nil, 0, err
		}
		if m.emitted != nil {
			m.advance(m.emitted)
			m.emitted = nil
			continue
		}
		m.openDue()
		if len(m.open) == 0 {
			if len(m.pending) == 0 && len(m.errs) == 0 {
				return nil, 0, io.EOF
			}
			continue
		}
		if len(m.open) == 1 && len(m.pending) == 0 && len(m.open[0].ready) == 0 {
			return m.pass(buf, recs)
		}
		if n := m.collect(buf, recs); n > 0 {
			return recs[:n], 0, nil
		}
	}
}

// openDue opens the files whose first packet comes before every other.
func (m *Merger) openDue() {
	for len(m.pending) > 0 {
		i := m.pending[0]
		if len(m.open) > 0 && m.open[0].time() < m.files[i].first {
			return
		}
		m.pending = m.pending[1:]
		m.add(i, &source{file: i, rank: len(m.files) - len(m.pending)})
	}
}

// collect copies packets in order until buf or recs is full, or a file's end or
// error is to be looked at.
func (m *Merger) collect(buf []byte, recs []Record) int {
	n, at := 0, 0
	for n < len(recs) && len(m.open) > 0 {
		s := m.open[0]
		if len(s.ready) == 0 { // the last file alone: its rest needs no copying
			return n
		}
		if len(m.pending) > 0 && s.time() >= m.files[m.pending[0]].first {
			m.openDue()
			continue
		}
		rec := &s.ready[0]
		if len(rec.Data) > len(buf)-at {
			if n > 0 {
				return n
			}
			recs[0] = *rec // larger than buf: stays where it is until the next call
			m.emitted = s
			return 1
		}
		recs[n] = *rec
		c := copy(buf[at:], rec.Data)
		recs[n].Data = buf[at : at+c : at+c]
		at += c
		n++
		m.advance(s)
	}
	return n
}

// advance passes over the first record of s, which is the heap's first.
func (m *Merger) advance(s *source) {
	s.ready = s.ready[1:]
	if len(s.ready) > 0 {
		heap.Fix(&m.open, 0)
		return
	}
	if len(m.open) == 1 && len(m.pending) == 0 {
		return // pass reads on
	}
	if m.refill(s) {
		heap.Fix(&m.open, 0)
	} else {
		heap.Remove(&m.open, 0)
	}
}

// pass reads the last open file straight into the caller's buffer.
func (m *Merger) pass(buf []byte, recs []Record) (used []Record, rest int, err error) {
	s := m.open[0]
	used, rest, err = m.files[s.file].reader.Fill(buf, recs)
	for i := range used {
		used[i].Capture = s.file
	}
	if err != nil {
		m.close(s.file)
		m.open = nil
		if errors.Is(err, io.EOF) && len(m.errs) > 0 {
			err, m.errs = m.errs[0], m.errs[1:]
		}
	}
	return used, rest, err
}

// Opened returns how many files could be opened.
func (m *Merger) Opened() int { return m.opened }

// Name returns a file's name.
func (m *Merger) Name(capture int) string { return m.files[capture].name }

// Interfaces returns what is known of a file's interfaces.
func (m *Merger) Interfaces(capture int) []Interface {
	if r := m.files[capture].reader; r != nil {
		return r.interfaces
	}
	return m.files[capture].interfaces
}

// BadTimes returns the sum of the files' Reader.BadTimes.
func (m *Merger) BadTimes() (n uint64) {
	for i := range m.files {
		n += m.files[i].badTimes
		if r := m.files[i].reader; r != nil {
			n += r.badTimes
		}
	}
	return n
}

// Progress returns how many bytes of all files were read and how many they have, 0
// if that is not known of one.
func (m *Merger) Progress() (done, total int64) {
	known := true
	for i := range m.files {
		f := &m.files[i]
		d, t := f.done, f.total
		if f.reader != nil {
			d, t = f.reader.Progress()
		}
		known = known && t > 0
		done += d
		total += t
	}
	if !known {
		total = 0
	}
	return done, total
}

// Close closes what is open.
func (m *Merger) Close() error {
	var errs []error
	for i := range m.files {
		if r := m.files[i].reader; r != nil {
			errs = append(errs, r.Close())
			m.files[i].reader = nil
		}
	}
	m.open, m.pending, m.emitted = nil, nil, nil
	return errors.Join(errs...)
}

// sources is a heap by time, then rank.
type sources []*source

func (s *source) time() ward.Time { return s.ready[0].Time }

func (s sources) Len() int { return len(s) }

func (s sources) Less(i, j int) bool {
	a, b := s[i], s[j]
	if len(a.ready) == 0 || len(b.ready) == 0 { // only while one is being refilled
		return len(a.ready) < len(b.ready)
	}
	if a.time() != b.time() {
		return a.time() < b.time()
	}
	return a.rank < b.rank
}

func (s sources) Swap(i, j int) { s[i], s[j] = s[j], s[i] }
func (s *sources) Push(x any)   { *s = append(*s, x.(*source)) }

func (s *sources) Pop() any {
	old := *s
	x := old[len(old)-1]
	old[len(old)-1] = nil
	*s = old[:len(old)-1]
	return x
}
