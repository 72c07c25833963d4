package smb

import (
	"bytes"
	"math"
	"strconv"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// fileID names an open file: the 16 bytes of SMB2, or the FID of SMB1.
type fileID struct{ persistent, volatile uint64 }

// related is the SMB2 file id that means "of the command before".
var related = fileID{^uint64(0), ^uint64(0)}

// open is an open file, directory or pipe.
type open struct {
	id    fileID
	bound bool   // id is known
	name  string // cleaned
	ext   string // known extension, or a token of it
	kind  string // what such files are
	share string // cleaned
	actor ward.Token

	pipe, dir, doomed bool // doomed: to be deleted on close
	listed            uint64
	rd, wr            content
}

// content is what was read from or written to an open file.
type content struct {
	bytes, ops uint64
	started    bool
	next       uint64 // offset that follows what child got
	head       [contentHead]byte
	nhead      int
	judged     bool // head has been looked at
	magic      string
	child      sense.Child
	sample     *sample
	left       int // bytes of the current operation still to be sampled
}

// The caps of looking at content.
const (
	contentHead = 132  // preamble and "DICM"
	sampleOp    = 512  // bytes of each operation that are sampled
	sampleMax   = 8192 // bytes of each file
	sampleMin   = 256  // fewer say nothing of entropy
)

type sample struct {
	n     int
	count [256]uint16
}

// sink says where the payload of the current command goes.
type sink struct {
	o      *open
	read   bool
	offset uint64
}

func (k *sink) content() *content {
	if k.read {
		return &k.o.rd
	}
	return &k.o.wr
}

// begin starts an operation of n bytes.
func (s *stream) begin(c *sense.Context, o *open, read bool, offset uint64, n int) sink {
	k := sink{o: o, read: read, offset: offset}
	if o == nil || n == 0 {
		return k
	}
	t := k.content()
	t.ops++
	t.left = sampleOp
	if !t.started && (o.pipe || offset == 0) {
		t.started, t.next = true, 0
	}
	if t.child != nil && !o.pipe && offset < t.next { // written over, or out of order
		t.child.Close(c)
		t.child = nil
	}
	if t.child != nil && !o.pipe && offset > t.next {
		t.child.Gap(c, int64(offset-t.next))
		t.next = offset
	}
	return k
}

// data takes payload. It costs nothing by the byte once the sample is full and
// nobody wants the content.
func (k *sink) data(c *sense.Context, s *stream, dir sense.Dir, b []byte) {
	if k.o == nil {
		return
	}
	t := k.content()
	t.bytes += uint64(len(b))
	if t.left > 0 && !k.o.pipe && !k.read {
		n := min(t.left, len(b))
		t.left -= n
		t.take(s, b[:n])
	}
	rest := b
	if t.started && !t.judged {
		rest = t.judge(c, k.o, dir, k.offset, b)
	}
	if t.child != nil && len(rest) > 0 {
		t.child.Data(c, rest)
		t.next = k.offset + uint64(len(b))
	}
	k.offset += uint64(len(b))
}

func (k *sink) gap(c *sense.Context, _ *stream, n int) {
	if k.o == nil {
		return
	}
	t := k.content()
	t.bytes += uint64(n)
	t.left = max(0, t.left-n)
	if t.child != nil {
		t.child.Gap(c, int64(n))
	}
	k.offset += uint64(n)
	t.next = k.offset
	t.judged = true
}

// lose says that it is not known how much of the payload is missing.
func (k *sink) lose(c *sense.Context, _ *stream) {
	if k.o == nil {
		return
	}
	if t := k.content(); t.child != nil {
		t.child.Close(c)
		t.child = nil
	}
}

// judge collects the first bytes of the content, says what they look like and
// opens the analyzer that wants it. It returns what that has not had of b.
func (t *content) judge(c *sense.Context, o *open, dir sense.Dir, offset uint64, b []byte) []byte {
	if o.pipe {
		t.judged = true
		t.child = c.Child(&sense.Envelope{Parent: "smb-pipe", Dir: dir, Response: t == &o.rd, Target: []byte(o.name), Length: -1})
		return b
	}
	if offset != uint64(t.nhead) { // not from the start, or not in order
		t.judged = true
		return nil
	}
	n := copy(t.head[t.nhead:], b)
	t.nhead += n
	if t.nhead < contentHead {
		return nil
	}
	t.decide(c, o, dir)
	return b[n:]
}

// decide looks at the head and opens a child for medical content.
func (t *content) decide(c *sense.Context, o *open, dir sense.Dir) {
	t.judged = true
	head := t.head[:t.nhead]
	t.magic = magicOf(head)
	typ := contentTypes[t.magic]
	if typ == "" && o.kind == kindDICOM {
		typ = "application/dicom"
	}
	if typ == "" {
		return
	}
	e := &sense.Envelope{Parent: "smb", Method: "write", Dir: dir, Target: []byte(o.name), ContentType: []byte(typ), Length: -1}
	if t == &o.rd {
		e.Method, e.Response = "read", true
	}
	if t.child = c.Child(e); t.child != nil {
		t.child.Data(c, head)
		t.next = uint64(t.nhead)
	}
}

// take samples b.
func (t *content) take(s *stream, b []byte) {
	if t.sample == nil {
		t.sample = s.newSample()
	}
	b = b[:min(len(b), sampleMax-t.sample.n)]
	for _, x := range b {
		t.sample.count[x]++
	}
	t.sample.n += len(b)
}

// entropy returns the bucket of the sample's entropy in bits a byte: "low" below
// 5 (text, tables), "medium" (programs, pictures without compression), "high"
// from 7.2 (compressed or encrypted; corrected for the sample's size).
func (t *content) entropy() string {
	if t.sample == nil || t.sample.n < sampleMin {
		return ""
	}
	n := float64(t.sample.n)
	bits := math.Log2(n)
	for _, k := range t.sample.count {
		if k > 0 {
			bits -= float64(k) / n * math.Log2(float64(k))
		}
	}
	bits += 255 / (2 * n * math.Ln2) // what a sample of n shows too little of random bytes
	switch {
	case bits < 5:
		return "low"
	case bits < 7.5:
		return "medium"
	}
	return "high"
}

var magics = []struct{ prefix, name string }{
	{"PK\x03\x04", "zip"}, {"%PDF", "pdf"}, {"\xff\xd8\xff", "jpeg"}, {"\x89PNG", "png"}, {"\x1f\x8b", "gzip"},
	{"MZ", "exe"}, {"\x7fELF", "elf"}, {"\xd0\xcf\x11\xe0", "ole"}, {"SQLite format 3", "sqlite"}, {"7z\xbc\xaf", "7z"},
	{"Rar!", "rar"}, {"#!", "script"}, {"MSH|", "hl7"}, {"FHS|", "hl7"}, {"BHS|", "hl7"}, {"\x0bMSH|", "hl7"},
	{"regf", "registry"}, {"MDMP", "memory dump"}, {"WANACRY!", "wannacry"},
}

var contentTypes = map[string]string{"dicom": "application/dicom", "hl7": "x-application/hl7-v2+er7"}

// magicOf says what content begins like, "" if nothing known.
func magicOf(b []byte) string {
	if len(b) >= contentHead && string(b[128:132]) == "DICM" {
		return "dicom"
	}
	for _, m := range magics {
		if bytes.HasPrefix(b, []byte(m.prefix)) {
			return m.name
		}
	}
	return ""
}

// newOpen returns an open file, giving up an old one at the cap.
func (s *stream) newOpen(c *sense.Context, up sense.Dir) *open {
	if n := len(s.spare); n > 0 {
		o := s.spare[n-1]
		s.spare = s.spare[:n-1]
		return o
	}
	if len(s.opens) >= maxOpens {
		c.Limit("smb.open-files")
		s.closed(c, up, s.oldest())
		return s.newOpen(c, up)
	}
	return &open{}
}

// oldest is the bound file with the smallest id: which one is given up must not
// depend on map order.
func (s *stream) oldest() *open {
	var low *open
	for _, o := range s.opens {
		if low == nil || o.id.less(low.id) {
			low = o
		}
	}
	return low
}

func (a fileID) less(b fileID) bool {
	return a.volatile < b.volatile || a.volatile == b.volatile && a.persistent < b.persistent
}

// bind makes the open file known by its id.
func (s *stream) bind(c *sense.Context, up sense.Dir, o *open, id fileID) {
	if s.opens == nil {
		s.opens = map[fileID]*open{}
	}
	if o.bound {
		delete(s.opens, o.id)
	}
	if old := s.opens[id]; old != nil && old != o {
		s.closed(c, up, old)
	} else if len(s.opens) >= maxOpens {
		c.Limit("smb.open-files")
		s.closed(c, up, s.oldest())
	}
	o.id, o.bound = id, true
	s.opens[id] = o
}

// find returns the open file of an id; one that was opened before the capture
// is made up without a name.
func (s *stream) find(c *sense.Context, up sense.Dir, id fileID, h *half) *open {
	o := h.last
	if id != related {
		if o = s.opens[id]; o == nil {
			o = s.newOpen(c, up)
			s.bind(c, up, o, id)
		}
		h.last = o
	}
	return o
}

// closed says what was done with a file and forgets it.
func (s *stream) closed(c *sense.Context, up sense.Dir, o *open) {
	s.used(c, up, o, true)
	s.used(c, up, o, false)
	if o.listed > 0 {
		a := c.Act(up, "list")
		a.Actor, a.Target, a.Count = o.actor, o.name, o.listed
	}
	s.release(o)
}

func (s *stream) release(o *open) {
	if o.bound {
		delete(s.opens, o.id)
	}
	s.requests.forget(o)
	for d := range s.half {
		h := &s.half[d]
		if h.last == o {
			h.last = nil
		}
		if h.to.o == o {
			h.to = sink{}
		}
	}
	*o = open{}
	if len(s.spare) < 16 {
		s.spare = append(s.spare, o)
	}
}

// used emits one direction of a file's content.
func (s *stream) used(c *sense.Context, up sense.Dir, o *open, read bool) {
	verb, dir, t := "write", up, &o.wr
	if read {
		verb, dir, t = "read", up.Other(), &o.rd
	}
	if t.child != nil || t.started && !t.judged && t.nhead > 0 {
		if !t.judged { // shorter than a head: still may be a short message
			t.decide(c, o, dir)
		}
		if t.child != nil {
			t.child.Close(c)
			t.child = nil
		}
	}
	if t.bytes > 0 && !o.pipe {
		a := c.Act(up, verb)
		a.Actor, a.Object, a.Target, a.Bytes, a.Count = o.actor, o.kind, o.name, t.bytes, t.ops
		var at [4]ward.Attr
		n := 0
		for _, x := range [...]ward.Attr{{Name: "ext", Value: o.ext}, {Name: "share", Value: o.share}, {Name: "content", Value: t.magic}, {Name: "entropy", Value: t.entropy()}} {
			if x.Value != "" {
				at[n] = x
				n++
			}
		}
		if n > 0 {
			a.Attrs = c.Attrs(at[:n]...)
		}
	}
	if t.sample != nil {
		s.samples = append(s.samples, t.sample)
		t.sample = nil
	}
}

func (s *stream) newSample() *sample {
	if n := len(s.samples); n > 0 {
		p := s.samples[n-1]
		s.samples = s.samples[:n-1]
		*p = sample{}
		return p
	}
	return &sample{}
}

// closeAll ends every open file, in order of id.
func (s *stream) closeAll(c *sense.Context, up sense.Dir) {
	for len(s.opens) > 0 {
		s.closed(c, up, s.oldest())
	}
}

// opened emits the opening of a file and binds nothing: the answer did.
func (s *stream) opened(c *sense.Context, up sense.Dir, q *request, outcome string, status uint32) {
	o := q.open
	if o == nil {
		return
	}
	verb := q.info
	if verb == "" {
		verb = "open"
	}
	a := c.Act(up, verb)
	a.Actor, a.Outcome, a.Target, a.Object = q.actor, outcome, o.name, o.what()
	var at [4]ward.Attr
	n := 0
	for _, x := range [...]ward.Attr{{Name: "ext", Value: o.ext}, {Name: "share", Value: o.share}, {Name: "status", Value: statusNote(status)}} {
		if x.Value != "" {
			at[n] = x
			n++
		}
	}
	if o.doomed {
		at[n] = attr("delete", "on close")
		n++
	}
	if n > 0 {
		a.Attrs = c.Attrs(at[:n]...)
	}
	if outcome == "ok" && o.doomed {
		d := c.Act(up, "delete")
		d.Actor, d.Outcome, d.Target, d.Object = q.actor, outcome, o.name, o.kind
		d.Attrs = c.Attrs(attr("how", "on close"))
		o.doomed = false
	}
	if !o.bound { // refused, or its id was never seen
		s.release(o)
	}
}

// what says what kind of thing is open.
func (o *open) what() string {
	switch {
	case o.pipe:
		return "pipe"
	case o.dir:
		return "directory"
	}
	return o.kind
}

func hex32(v uint32) string { return "0x" + strconv.FormatUint(uint64(v), 16) }
