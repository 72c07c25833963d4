package capture

import (
	"bufio"
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"sync/atomic"

	"github.com/klauspost/compress/zstd"

	"wardkeeper/sense/wire"
	"wardkeeper/ward"
)

// Caps of reading.
const (
	maxRecord     = 16 << 20 // bytes of one packet record or pcapng block
	maxInterfaces = 4096     // of one file
	zstdMemory    = 64 << 20
)

// file is one open capture.
type file struct {
	name   string // as shown
	in     io.Reader
	pipe   bool // may stall: deliver what is there
	close  []io.Closer
	read   *atomic.Int64 // bytes of the file as it lies on disk
	format format
	number uint64
	left   []byte // an incomplete record, from buf's last filling
	keep   []byte // memory of left
	ended  bool
	ifaces []iface
}

// iface is one interface of a capture.
type iface struct {
	link    int
	name    string
	perTick int64 // nanoseconds a tick, if a whole number
	ticks   uint64
	offset  int64 // seconds
	snap    uint32
}

// format frames records in a buffer.
type format interface {
	// frame appends the whole records at the start of b and returns how many bytes
	// they took, and how many bytes the next one needs if it is known.
	frame(f *file, b []byte, recs []wire.Record) (out []wire.Record, used, need int, err error)
}

// counted counts what is read from the disk, for progress.
type counted struct {
	r io.Reader
	n *atomic.Int64
}

func (c counted) Read(p []byte) (int, error) {
	n, err := c.r.Read(p)
	c.n.Add(int64(n))
	return n, err
}

// openFile opens a capture by name, "-" for standard input.
func openFile(name string, stdin io.Reader, read *atomic.Int64) (*file, error) {
	if name == "-" {
		return newFile("standard input", stdin, true, nil, read)
	}
	h, err := os.Open(name)
	if err != nil {
		return nil, plain(err)
	}
	st, err := h.Stat()
	if err != nil {
		return nil, errors.Join(plain(err), h.Close())
	}
	if st.IsDir() {
		return nil, errors.Join(fmt.Errorf("%s: is a directory", name), h.Close())
	}
	return newFile(filepath.Base(name), h, !st.Mode().IsRegular(), h, read)
}

// plain words a file system error without repeating the call.
func plain(err error) error {
	var p *fs.PathError
	if errors.As(err, &p) {
		return fmt.Errorf("%s: %w", p.Path, p.Err)
	}
	return err
}

func newFile(name string, in io.Reader, pipe bool, c io.Closer, read *atomic.Int64) (*file, error) {
	f := &file{name: name, pipe: pipe, read: read}
	if c != nil {
		f.close = append(f.close, c)
	}
	if err := f.open(counted{in, read}); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return f, nil
}

// open recognises compression and format by their first bytes.
func (f *file) open(in io.Reader) error {
	head := make([]byte, 24)
	n, err := io.ReadFull(in, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return fmt.Errorf("%s: %w", f.name, plain(err))
	}
	head = head[:n]
	rest := io.MultiReader(bytes.NewReader(head), in)
	switch {
	case n == 0:
		return &FormatError{File: f.name, What: "is empty"}
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		z, err := gzip.NewReader(bufio.NewReaderSize(rest, 256<<10))
		if err != nil {
			return &FormatError{File: f.name, What: "is damaged gzip: " + err.Error()}
		}
		return f.inner(z)
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		z, err := zstd.NewReader(rest, zstd.WithDecoderMaxMemory(zstdMemory), zstd.WithDecoderConcurrency(1))
		if err != nil {
			return &FormatError{File: f.name, What: "is damaged zstd: " + err.Error()}
		}
		f.close = append(f.close, z.IOReadCloser())
		return f.inner(z)
	}
	return f.recognise(in, head)
}

// inner recognises the format inside compression.
func (f *file) inner(in io.Reader) error {
	head := make([]byte, 24)
	n, err := io.ReadFull(in, head)
	if err != nil && !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return &FormatError{File: f.name, What: "is damaged: " + err.Error()}
	}
	return f.recognise(in, head[:n])
}

func (f *file) recognise(in io.Reader, head []byte) error {
	f.in, f.left = in, head
	if len(head) >= 4 {
		if binary.BigEndian.Uint32(head) == blockSection {
			f.format = &pcapng{}
			return nil
		}
		if p := newPcap(head); p != nil {
			return f.startPcap(p, head)
		}
		if bytes.HasPrefix(head, []byte("snoop\x00")) {
			return &FormatError{File: f.name, What: "is a snoop capture, which is not read; convert it with: editcap -F pcapng IN OUT"}
		}
	}
	return &FormatError{File: f.name, What: "is not a capture (neither pcap nor pcapng, plain, .gz or .zst)"}
}

func (f *file) startPcap(p *pcap, head []byte) error {
	if len(head) < 24 {
		return &FormatError{File: f.name, What: "ends inside its header: nothing could be read"}
	}
	f.format, f.left = p, nil
	f.ifaces = []iface{{link: p.link, snap: p.snap}}
	return nil
}

// fill reads into buf and frames what is there. It returns io.EOF with the last
// records, or a *FormatError that ends the file.
func (f *file) fill(buf []byte, recs []wire.Record) ([]wire.Record, error) {
	n := copy(buf, f.left)
	f.left = nil
	for {
		m, err := f.more(buf[n:])
		n += m
		out, used, need, ferr := f.format.frame(f, buf[:n], recs)
		if ferr != nil {
			f.ended = true
			return out, ferr
		}
		if err != nil {
			f.ended = true
			return out, f.end(err, n-used)
		}
		if len(out) == len(recs) && used == 0 && n < len(buf) {
			continue
		}
		if used == 0 && n == len(buf) {
			return f.grow(buf[:n], need, recs)
		}
		f.keep = append(f.keep[:0], buf[used:n]...)
		f.left = f.keep
		return out, nil
	}
}

// more reads until p is full, or for a pipe what there is.
func (f *file) more(p []byte) (int, error) {
	if f.pipe {
		return f.in.Read(p)
	}
	return io.ReadFull(f.in, p)
}

// end says how the input ended with so many bytes left over.
func (f *file) end(err error, left int) error {
	if errors.Is(err, os.ErrClosed) { // no more is wanted
		return io.EOF
	}
	if !errors.Is(err, io.EOF) && !errors.Is(err, io.ErrUnexpectedEOF) {
		return &FormatError{File: f.name, Packet: f.number, What: err.Error()}
	}
	if left > 0 {
		return &FormatError{File: f.name, Packet: f.number, What: "the capture ends in the middle of a record"}
	}
	return io.EOF
}

// grow starts to collect a record that does not fit into the caller's buffer.
func (f *file) grow(have []byte, need int, recs []wire.Record) ([]wire.Record, error) {
	if need <= len(have) || need > maxRecord {
		f.ended = true
		return recs, &FormatError{File: f.name, Packet: f.number, What: fmt.Sprintf("a record claims %d bytes, more than %d", need, maxRecord)}
	}
	big := make([]byte, need)
	n := copy(big, have)
	m, err := io.ReadFull(f.in, big[n:])
	if err != nil {
		f.ended = true
		return recs, f.end(err, n+m)
	}
	out, used, _, err := f.format.frame(f, big, recs)
	if err == nil && used < need {
		err = &FormatError{File: f.name, Packet: f.number, What: "a record's lengths contradict each other"}
	}
	return out, err
}

// Close closes the file.
func (f *file) Close() error {
	var errs []error
	for i := len(f.close) - 1; i >= 0; i-- {
		errs = append(errs, f.close[i].Close())
	}
	return errors.Join(errs...)
}

// stamp turns a pcapng timestamp into a time.
func (i *iface) stamp(t uint64) ward.Time {
	if i.perTick > 0 {
		return ward.Time(int64(t)*i.perTick + i.offset*1e9)
	}
	sec, rest := t/i.ticks, t%i.ticks
	return ward.Time((int64(sec)+i.offset)*1e9 + int64(float64(rest)/float64(i.ticks)*1e9))
}
