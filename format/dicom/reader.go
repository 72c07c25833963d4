package dicom

import "math"

// Element is the header of a data element.
type Element struct {
	Tag    Tag
	VR     [2]byte // zero where the encoding does not carry it
	Length uint32
	Depth  int // number of items around it
	Parent Tag // sequence that holds it, 0 at the top
}

// Handler is told what a Reader meets, in the order of the bytes. Slices are only
// valid during the call.
type Handler interface {
	// Element is called for each element's header; true asks for its value.
	Element(e *Element) bool
	// Value hands over a value that was asked for, at most MaxValue bytes of it.
	Value(e *Element, v []byte)
	// Item is called where an item of a sequence begins and ends; depth is that
	// of the elements in it.
	Item(sequence Tag, depth int, begin bool)
	// Raw is given every byte of the data set once, in runs as long as possible:
	// pixels are the values of pixel data elements.
	Raw(b []byte, pixels bool)
}

// Bounds of a Reader.
const (
	MaxValue = 256 // bytes of a value that are handed over
	MaxDepth = 32  // sequences and items around an element
)

// Fault says why a data set could not be read to its end.
type Fault uint8

// The faults.
const (
	NoFault Fault = iota
	FaultVR
	FaultNesting
	FaultLength
	FaultItem
	FaultTruncated
)

var faultNames = [...]string{"", "no value representation", "nested too deep", "length exceeds its container", "item out of place", "truncated"}

// String returns fixed text.
func (f Fault) String() string { return faultNames[f] }

type frame struct {
	tag      Tag
	end      uint64 // offset of its end, or openEnd
	item     bool
	encoding Encoding // to return to after it
}

const openEnd = math.MaxUint64

// Reader reads one data set from slices of any size, without copying more than an
// element header or a value that a slice's end cuts. Reset makes it ready.
type Reader struct {
	h        Handler
	encoding Encoding
	fault    Fault
	pixels   bool // within the value of a pixel data element
	fragment bool // within encapsulated pixel data
	keep     bool // the value is wanted
	left     uint64
	pos      uint64
	el       Element
	depth    int
	items    int
	nhead    int
	nval     int
	head     [12]byte
	val      [MaxValue]byte
	stack    [MaxDepth]frame
}

// Reset begins a new data set.
func (r *Reader) Reset(h Handler, e Encoding) {
	r.h, r.encoding, r.fault = h, e, NoFault
	r.pixels, r.fragment, r.keep = false, false, false
	r.left, r.pos, r.depth, r.items, r.nhead, r.nval = 0, 0, 0, 0, 0, 0
}

// Size returns how many bytes were written.
func (r *Reader) Size() uint64 { return r.pos }

// Fault returns what stopped the reading of elements, if anything did. Bytes
// after a fault are still handed to Raw.
func (r *Reader) Fault() Fault { return r.fault }

// Finish tells that the data set is complete, and returns its fault.
func (r *Reader) Finish() Fault {
	for r.fault == NoFault && r.depth > 0 && r.stack[r.depth-1].end == r.pos {
		r.pop()
	}
	if r.fault == NoFault && (r.left > 0 || r.nhead > 0 || r.depth > 0 || r.fragment) {
		r.fault = FaultTruncated
	}
	return r.fault
}

// Write reads the next bytes of the data set.
func (r *Reader) Write(b []byte) {
	if !r.keep && r.left > uint64(len(b)) { // inside a long value
		r.left -= uint64(len(b))
		r.pos += uint64(len(b))
		r.h.Raw(b, r.pixels)
		return
	}
	start, at := 0, 0
	for at < len(b) {
		was := r.pixels
		n := r.step(b[at:])
		at += n
		r.pos += uint64(n)
		if r.left == 0 && r.nhead == 0 && r.fault == NoFault {
			r.unwind()
		}
		if r.pixels != was {
			r.h.Raw(b[start:at], was)
			start = at
		}
	}
	if start < at {
		r.h.Raw(b[start:at], r.pixels)
	}
}

// step consumes some of b: a header, or (a part of) a value.
func (r *Reader) step(b []byte) int {
	switch {
	case r.fault != NoFault:
		return len(b)
	case r.left > 0:
		return r.value(b)
	}
	return r.header(b)
}

func (r *Reader) value(b []byte) int {
	n := int(min(r.left, uint64(len(b))))
	if r.keep {
		want := int(min(r.el.Length, MaxValue))
		if r.nval == 0 && n >= want {
			r.keep = false
			r.h.Value(&r.el, b[:want])
		} else {
			r.nval += copy(r.val[r.nval:want], b[:n])
			if r.nval == want {
				r.keep = false
				r.h.Value(&r.el, r.val[:want])
			}
		}
	}
	r.left -= uint64(n)
	if r.left == 0 && !r.fragment {
		r.pixels = false
	}
	return n
}

func (r *Reader) header(b []byte) int {
	if r.nhead == 0 && len(b) >= len(r.head) {
		n, _ := r.parse(b[:12], 0)
		return n
	}
	// The header is cut, or could be: collect it.
	used, need := 0, 8
	if r.nhead >= need {
		need = len(r.head)
	}
	for ; ; need = len(r.head) {
		n := copy(r.head[r.nhead:need], b[used:])
		r.nhead += n
		used += n
		if r.nhead < need {
			return used
		}
		if _, long := r.parse(r.head[:r.nhead], used); !long {
			return used
		}
	}
}

// parse reads a header of 8 or 12 bytes and returns its length; long says that h
// is too short for it. done is how many bytes of it the current step consumed, or
// 0 when all of it.
func (r *Reader) parse(h []byte, done int) (n int, long bool) {
	var e Element
	e.Tag = r.tag(h)
	n = 8
	switch {
	case e.Tag>>16 == tagItem>>16 || r.encoding == ImplicitLE || r.fragment:
		e.Length = r.u32(h[4:])
	default:
		e.VR = [2]byte{h[4], h[5]}
		if !validVR(e.VR) {
			r.nhead = 0
			r.fault = FaultVR
			return n, false
		}
		if longVR(e.VR) {
			if n = 12; len(h) < n {
				return n, true
			}
			e.Length = r.u32(h[8:])
		} else if r.encoding == ExplicitBE {
			e.Length = uint32(h[6])<<8 | uint32(h[7])
		} else {
			e.Length = uint32(h[7])<<8 | uint32(h[6])
		}
	}
	r.nhead = 0
	end := r.pos + uint64(n)
	if done > 0 {
		end = r.pos + uint64(done)
	}
	r.begin(e, end)
	return n, false
}

func (r *Reader) tag(h []byte) Tag {
	if r.encoding == ExplicitBE {
		return Tag(h[0])<<24 | Tag(h[1])<<16 | Tag(h[2])<<8 | Tag(h[3])
	}
	return Tag(h[1])<<24 | Tag(h[0])<<16 | Tag(h[3])<<8 | Tag(h[2])
}

func (r *Reader) u32(h []byte) uint32 {
	if r.encoding == ExplicitBE {
		return uint32(h[0])<<24 | uint32(h[1])<<16 | uint32(h[2])<<8 | uint32(h[3])
	}
	return uint32(h[3])<<24 | uint32(h[2])<<16 | uint32(h[1])<<8 | uint32(h[0])
}

// begin acts on a header whose last byte is just before offset pos.
func (r *Reader) begin(e Element, pos uint64) {
	if r.fragment {
		r.pixelFragment(e)
		return
	}
	if e.Tag>>16 == tagItem>>16 {
		r.delimiter(e, pos)
		return
	}
	top := r.top()
	if top != nil && !top.item {
		r.fault = FaultItem
		return
	}
	e.Depth = r.items
	if top != nil {
		e.Parent = top.tag
	}
	if e.Length != undefinedLength && top != nil && top.end != openEnd && pos+uint64(e.Length) > top.end {
		r.fault = FaultLength
		return
	}
	r.el = e
	wanted := r.h.Element(&r.el)
	switch {
	case e.Tag.pixels():
		r.fragment = e.Length == undefinedLength
		r.pixels = e.Length > 0
		if !r.fragment {
			r.left = uint64(e.Length)
		}
	case e.Length == undefinedLength, e.VR == [2]byte{'S', 'Q'}, r.encoding == ImplicitLE && e.Tag.sequence():
		r.push(e, pos, false)
	default:
		r.left = uint64(e.Length)
		r.keep, r.nval = wanted && e.Length > 0, 0
	}
}

// pixelFragment reads the items of encapsulated pixel data (PS3.5 A.4).
func (r *Reader) pixelFragment(e Element) {
	switch {
	case e.Tag == tagSequenceEnd:
		r.fragment, r.pixels = false, false
	case e.Tag == tagItem && e.Length != undefinedLength:
		r.left = uint64(e.Length)
	default:
		r.fault, r.fragment, r.pixels = FaultItem, false, false
	}
}

func (r *Reader) delimiter(e Element, pos uint64) {
	top := r.top()
	switch {
	case top == nil:
		r.fault = FaultItem
	case e.Tag == tagItem && !top.item:
		e.Tag = top.tag
		if r.push(e, pos, true) {
			r.items++
			r.h.Item(e.Tag, r.items, true)
		}
	case e.Tag == tagItemEnd && top.item, e.Tag == tagSequenceEnd && !top.item:
		r.pop()
	default:
		r.fault = FaultItem
	}
}

func (r *Reader) push(e Element, pos uint64, item bool) bool {
	if r.depth == MaxDepth {
		r.fault = FaultNesting
		return false
	}
	f := frame{tag: e.Tag, end: openEnd, item: item, encoding: r.encoding}
	outer := uint64(openEnd)
	if top := r.top(); top != nil {
		outer = top.end
	}
	if e.Length != undefinedLength {
		if f.end = pos + uint64(e.Length); f.end > outer {
			r.fault = FaultLength
			return false
		}
	}
	if e.VR == [2]byte{'U', 'N'} { // PS3.5 6.2.2 note 2: always implicit
		r.encoding = ImplicitLE
	}
	r.stack[r.depth] = f
	r.depth++
	return true
}

func (r *Reader) top() *frame {
	if r.depth == 0 {
		return nil
	}
	return &r.stack[r.depth-1]
}

func (r *Reader) pop() {
	r.depth--
	f := &r.stack[r.depth]
	r.encoding = f.encoding
	if f.item {
		r.h.Item(f.tag, r.items, false)
		r.items--
	}
}

// unwind leaves the sequences and items that end here.
func (r *Reader) unwind() {
	for r.depth > 0 && !r.fragment && r.stack[r.depth-1].end == r.pos {
		r.pop()
	}
	if r.depth > 0 && r.stack[r.depth-1].end < r.pos {
		r.fault = FaultLength
	}
}

func validVR(v [2]byte) bool {
	return 'A' <= v[0] && v[0] <= 'Z' && 'A' <= v[1] && v[1] <= 'Z' || v == [2]byte{'?', '?'}
}

// longVR reports the value representations whose header has 12 bytes, among them
// any that are not known (PS3.5 section 7.1.2).
func longVR(v [2]byte) bool {
	switch string(v[:]) {
	case "AE", "AS", "AT", "CS", "DA", "DS", "DT", "FD", "FL", "IS", "LO", "LT",
		"PN", "SH", "SL", "SS", "ST", "TM", "UI", "UL", "US":
		return false
	}
	return true
}
