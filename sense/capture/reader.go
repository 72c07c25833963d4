package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"os"

	"github.com/klauspost/compress/gzip"
	"github.com/klauspost/compress/zstd"

	"wardkeeper/ward"
)

// Record is one packet of a capture.
type Record struct {
	Time      ward.Time
	Capture   int    // index of the file in a Merger, else 0
	Interface int    // index into Interfaces
	Link      int    // link type, see tcpdump.org/linktypes.html
	Orig      int    // bytes on the wire
	Data      []byte // bytes captured
	Number    uint64 // in its file, from 1, as Wireshark counts
}

// Interface is where packets of a file were captured.
type Interface struct {
	Name, Description string
	Link              int
	Snaplen           int    // bytes captured of a packet at most, 0 for no limit
	Received          uint64 // as the capturing program counted, 0 if it did not
	Dropped           uint64

	clock clock
}

// Caps of a Reader.
const (
	maxRecord     = 16 << 20 // bytes of a packet or pcapng block, as Wireshark allows
	maxInterfaces = 4096     // of a file
	maxName       = 256      // bytes of an interface's name kept
	maxWindow     = 64 << 20 // memory of a Zstandard decoder
	idleReads     = 100      // reads of nothing in a row before giving up
	minChunk      = 64 << 10
)

// MinBuffer is the least size of a buffer for Fill.
const MinBuffer = 4 << 10

// Reader reads one capture file.
type Reader struct {
	name    string
	src     io.Reader
	closers []func() error
	packing string // "", "gzip" or "Zstandard"
	file    *os.File
	counted *counter

	frame      func(r *Reader, b []byte, recs []Record) framed
	swap       bool // pcap: not little endian
	header     int  // pcap: bytes before a packet
	perSecond  int64
	order      binary.ByteOrder // pcapng
	interfaces []Interface
	section    int // pcapng: index of the section's first interface

	left     []byte // read and not yet framed
	framable bool   // left may hold whole records
	big      []byte // a record larger than the caller's buffer
	chunk    int    // bytes worth reading for the caller's records
	number   uint64
	last     ward.Time
	badTimes uint64
	eof      bool
	broken   error // what ended reading, if not the file's end
	err      error // to be returned next
}

// framed is what a look at the bytes gave.
type framed struct {
	records  int
	consumed int
	need     int // bytes of what comes next, 0 if not even that is known
	what     string
}

// counter counts bytes read, for progress.
type counter struct {
	io.Reader
	n int64
}

func (c *counter) Read(b []byte) (int, error) {
	n, err := c.Reader.Read(b)
	c.n += int64(n)
	return n, err
}

// Open opens the capture file of that name, "-" for standard input.
func Open(name string) (*Reader, error) {
	if name == "-" {
		return NewReader(os.Stdin, "standard input")
	}
	f, err := os.Open(name)
	if err != nil {
		return nil, openError(name, err)
	}
	st, err := f.Stat()
	if err != nil {
		f.Close()
		return nil, openError(name, err)
	}
	if st.IsDir() {
		f.Close()
		return nil, fmt.Errorf("%s: is a directory: list its captures first", name)
	}
	r, err := NewReader(f, name)
	if err != nil {
		f.Close()
		return nil, err
	}
	r.file = f
	r.closers = append(r.closers, f.Close)
	return r, nil
}

// NewReader reads a capture from r; name is for errors.
func NewReader(src io.Reader, name string) (*Reader, error) {
	r := &Reader{name: name, counted: &counter{Reader: src}, chunk: 1 << 20}
	r.src = r.counted
	if err := r.start(); err != nil {
		r.Close()
		return nil, err
	}
	return r, nil
}

// start finds out the format and reads the head of the file.
func (r *Reader) start() error {
	head, err := r.peek()
	if err != nil {
		return err
	}
	switch {
	case bytes.HasPrefix(head, []byte{0x1f, 0x8b}):
		r.packing = "gzip"
		z, err := gzip.NewReader(io.MultiReader(bytes.NewReader(head), r.counted))
		if err != nil {
			return &FormatError{r.name, 0, "the gzip data is damaged: " + err.Error()}
		}
		r.src = z
		r.closers = append(r.closers, z.Close)
	case bytes.HasPrefix(head, []byte{0x28, 0xb5, 0x2f, 0xfd}):
		r.packing = "Zstandard"
		z, err := zstd.NewReader(io.MultiReader(bytes.NewReader(head), r.counted),
			zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxWindow), zstd.WithDecoderMaxWindow(maxWindow))
		if err != nil {
			return &FormatError{r.name, 0, "the Zstandard data is damaged: " + err.Error()}
		}
		r.src = z
		r.closers = append(r.closers, func() error { z.Close(); return nil })
	}
	if r.packing != "" {
		if head, err = r.peek(); err != nil {
			return err
		}
	}
	if what := r.open(head); what != "" {
		return &FormatError{r.name, 0, what}
	}
	return nil
}

// peek reads what a file header is at most, less at the file's end.
func (r *Reader) peek() ([]byte, error) {
	head := make([]byte, pcapHeader)
	n, err := io.ReadFull(r.src, head)
	switch {
	case err == nil, errors.Is(err, io.ErrUnexpectedEOF) && (r.packing == "" || n > 0):
		return head[:n], nil
	case errors.Is(err, io.EOF) && r.packing == "":
		return nil, &FormatError{r.name, 0, "is empty"}
	case errors.Is(err, io.EOF):
		return nil, &FormatError{r.name, 0, "is empty once decompressed"}
	}
	e := r.readError(err).(*FormatError)
	e.Packet = 0
	return nil, e
}

const notCapture = "is not a capture: want pcap or pcapng, plain or compressed with gzip or zstd"

// open recognises the format by the file's first bytes; it returns what is wrong.
func (r *Reader) open(head []byte) (what string) {
	for _, f := range otherFormats {
		if bytes.HasPrefix(head, []byte(f.magic)) {
			return "is a " + f.name + " capture: convert it with: editcap -F pcapng OLD NEW"
		}
	}
	if len(head) < 4 {
		return notCapture
	}
	if binary.BigEndian.Uint32(head) == blockSection {
		r.frame = frameBlocks
		r.left, r.framable = head, true
		return ""
	}
	return r.openPcap(head)
}

var otherFormats = [...]struct{ magic, name string }{
	{"snoop\x00", "snoop"}, {"btsnoop\x00", "btsnoop"}, {"GMBU", "Network Monitor"}, {"RTSS", "Network Monitor"},
	{"XCP\x00", "NetXRay"}, {"TRSNIFF data", "Sniffer"},
	{"\x1c\x00\x01\xac", "IXIA"}, {"\x1c\x00\x01\xab", "IXIA"}, {"\xac\x01\x00\x1c", "IXIA"}, {"\xab\x01\x00\x1c", "IXIA"},
}

// Fill reads as many packets as fit into buf and recs and returns them. Their Data
// lies in buf (a packet larger than buf: in memory of the Reader) and is good until
// the next call. rest is how many bytes read lie after the last packet; they are
// kept and come first the next time. At the end it returns io.EOF; damage is
// returned once, as *FormatError, by the call after the last good packet.
func (r *Reader) Fill(buf []byte, recs []Record) (used []Record, rest int, err error) {
	if r.err != nil && !r.framable {
		err, r.err = r.err, io.EOF
		return nil, 0, err
	}
	if len(buf) < max(MinBuffer, len(r.left)) || len(recs) == 0 {
		return nil, 0, fmt.Errorf("%s: a buffer of %d bytes and %d records is too small", r.name, len(buf), len(recs))
	}
	n := copy(buf, r.left)
	read := !r.framable
	r.left, r.framable = r.left[:0], false
	for {
		if read && !r.eof && n < len(buf) {
			m, err := r.read(buf[n:min(len(buf), max(n+MinBuffer, r.chunk))])
			n += m
			if err != nil {
				r.broken, r.eof = err, true
			}
		}
		read = true
		f := r.frame(r, buf[:n], recs)
		if f.what != "" {
			r.err = &FormatError{r.name, r.number + 1, f.what}
			return recs[:f.records], 0, r.first(f.records)
		}
		if f.records > 0 {
			return recs[:f.records], r.keep(buf[f.consumed:n], f, len(recs)), nil
		}
		n = copy(buf, buf[f.consumed:n])
		switch {
		case r.eof:
			r.end(n)
			return nil, 0, r.first(0)
		case f.need > len(buf):
			return r.large(buf, n, f.need, recs)
		}
	}
}

// read reads once; at the end it notes that.
func (r *Reader) read(b []byte) (int, error) {
	for range idleReads {
		n, err := r.src.Read(b)
		if errors.Is(err, io.EOF) {
			r.eof = true
			return n, nil
		}
		if n > 0 || err != nil {
			return n, err
		}
	}
	return 0, io.ErrNoProgress
}

// first returns the pending error at once if there is no record to return before.
func (r *Reader) first(records int) (err error) {
	if records == 0 {
		err, r.err = r.err, io.EOF
	}
	return err
}

// keep saves what follows the last record.
func (r *Reader) keep(rest []byte, f framed, room int) int {
	r.left = append(r.left[:0], rest...)
	if r.framable = f.records == room; r.framable {
		r.chunk = max(minChunk, f.consumed+f.consumed/8) // what is read beyond is copied twice
	} else if r.chunk < 1<<30 {
		r.chunk *= 2
	}
	if r.eof && len(rest) == 0 && !r.framable {
		r.end(0)
	}
	return len(rest)
}

// end says how the file ended, with n bytes of an incomplete record.
func (r *Reader) end(n int) {
	switch {
	case r.broken != nil:
		r.err = r.readError(r.broken)
	case n > 0:
		r.err = &FormatError{r.name, r.number + 1, "the file ends in the middle of it: was the capture still being written or copied?"}
	default:
		r.err = io.EOF
	}
}

// large reads a record that is larger than the caller's buffer.
func (r *Reader) large(buf []byte, n, need int, recs []Record) ([]Record, int, error) {
	if cap(r.big) < need {
		r.big = make([]byte, need)
	}
	b := r.big[:need]
	copy(b, buf[:n])
	for n < need && !r.eof {
		m, err := r.read(b[n:])
		n += m
		if err != nil {
			r.broken, r.eof = err, true
		}
	}
	f := r.frame(r, b[:n], recs)
	switch {
	case f.what != "":
		r.err = &FormatError{r.name, r.number + 1, f.what}
	case f.consumed < need:
		r.end(n)
	case f.records == 0: // not a packet
		return r.Fill(buf, recs)
	}
	return recs[:f.records], 0, r.first(f.records)
}

// Name returns the file's name.
func (r *Reader) Name() string { return r.name }

// Interfaces returns the interfaces known so far; it grows as a pcapng is read.
func (r *Reader) Interfaces() []Interface { return r.interfaces }

// BadTimes returns how many packets had a time that no clock has; they were given
// the time of the packet before.
func (r *Reader) BadTimes() uint64 { return r.badTimes }

// Progress returns how many bytes of the file were read and how many it has, 0 if
// that is not known.
func (r *Reader) Progress() (done, total int64) {
	if r.file != nil {
		if st, err := r.file.Stat(); err == nil && st.Mode().IsRegular() {
			total = st.Size()
		}
	}
	return r.counted.n, total
}

// Close closes the file.
func (r *Reader) Close() error {
	var errs []error
	for _, c := range r.closers {
		errs = append(errs, c())
	}
	r.closers, r.err = nil, io.EOF
	return errors.Join(errs...)
}
