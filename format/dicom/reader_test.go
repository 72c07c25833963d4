package dicom

import (
	"bytes"
	"fmt"
	"math/rand/v2"
	"strings"
	"testing"
)

// recorder writes down what a Reader tells.
type recorder struct {
	log    strings.Builder
	header []byte
	pixels []byte
}

func (r *recorder) Element(e *Element) bool {
	fmt.Fprintf(&r.log, "%v %s %d depth %d in %v\n", e.Tag, strings.Trim(string(e.VR[:]), "\x00"), e.Length, e.Depth, e.Parent)
	return true
}
func (r *recorder) Value(_ *Element, v []byte) { fmt.Fprintf(&r.log, " %q\n", v) }
func (r *recorder) Item(t Tag, depth int, begin bool) {
	fmt.Fprintf(&r.log, "item %v %d %v\n", t, depth, begin)
}
func (r *recorder) Raw(b []byte, pixels bool) {
	if pixels {
		r.pixels = append(r.pixels, b...)
	} else {
		r.header = append(r.header, b...)
	}
}

func read(e Encoding, b []byte, cuts uint64) (*recorder, Fault) {
	r, h := Reader{}, &recorder{}
	r.Reset(h, e)
	rnd := rand.New(rand.NewPCG(cuts, 1))
	for rest := b; len(rest) > 0; {
		n := len(rest)
		switch {
		case cuts == 1:
			n = 1
		case cuts > 1:
			n = 1 + rnd.IntN(n)
		}
		r.Write(bytes.Clone(rest[:n]))
		rest = rest[n:]
	}
	return h, r.Finish()
}

// Data sets in each encoding, by hand from PS3.5 section 7.
var (
	implicitSet = []byte("\x08\x00\x60\x00\x02\x00\x00\x00CT" + // Modality
		"\x08\x00\x99\x11\x18\x00\x00\x00" + // Referenced SOP Sequence, defined length
		"\xfe\xff\x00\xe0\x10\x00\x00\x00" + "\x08\x00\x55\x11\x08\x00\x00\x00" + "1.2.3.4\x00" +
		"\x10\x00\x20\x00\x04\x00\x00\x00ID42" +
		"\xe0\x7f\x10\x00\x06\x00\x00\x00pixels" + "\xfc\xff\xfc\xff\x02\x00\x00\x00\x00\x00")
	explicitSet = []byte("\x08\x00\x60\x00CS\x02\x00CT" +
		"\x08\x00\x99\x11SQ\x00\x00\xff\xff\xff\xff" +
		"\xfe\xff\x00\xe0\xff\xff\xff\xff" + "\x08\x00\x55\x11UI\x08\x00" + "1.2.3.4\x00" + "\xfe\xff\x0d\xe0\x00\x00\x00\x00" +
		"\xfe\xff\xdd\xe0\x00\x00\x00\x00" +
		"\x09\x00\x01\x10UN\x00\x00\xff\xff\xff\xff" + // implicit inside
		"\xfe\xff\x00\xe0\x0a\x00\x00\x00" + "\x08\x00\x50\x00\x02\x00\x00\x00A1" + "\xfe\xff\xdd\xe0\x00\x00\x00\x00" +
		"\x10\x00\x20\x00LO\x04\x00ID42" +
		"\xe0\x7f\x10\x00OB\x00\x00\xff\xff\xff\xff" +
		"\xfe\xff\x00\xe0\x00\x00\x00\x00" + "\xfe\xff\x00\xe0\x04\x00\x00\x00jpeg" + "\xfe\xff\xdd\xe0\x00\x00\x00\x00")
	bigSet = []byte("\x00\x08\x00\x60CS\x00\x02CT" + "\x00\x10\x00\x20LO\x00\x04ID42" + "\x7f\xe0\x00\x10OW\x00\x00\x00\x00\x00\x06pixels")
)

func TestReader(t *testing.T) {
	for name, tt := range map[string]struct {
		e            Encoding
		b            []byte
		pixels, want string
	}{
		"implicit": {ImplicitLE, implicitSet, "pixels", `(0008,0060)  2 depth 0 in (0000,0000)
 "CT"
(0008,1199)  24 depth 0 in (0000,0000)
item (0008,1199) 1 true
(0008,1155)  8 depth 1 in (0008,1199)
 "1.2.3.4\x00"
item (0008,1199) 1 false
(0010,0020)  4 depth 0 in (0000,0000)
 "ID42"
(7FE0,0010)  6 depth 0 in (0000,0000)
(FFFC,FFFC)  2 depth 0 in (0000,0000)
 "\x00\x00"
`},
		"explicit": {ExplicitLE, explicitSet, "\xfe\xff\x00\xe0\x00\x00\x00\x00\xfe\xff\x00\xe0\x04\x00\x00\x00jpeg\xfe\xff\xdd\xe0\x00\x00\x00\x00", `(0008,0060) CS 2 depth 0 in (0000,0000)
 "CT"
(0008,1199) SQ 4294967295 depth 0 in (0000,0000)
item (0008,1199) 1 true
(0008,1155) UI 8 depth 1 in (0008,1199)
 "1.2.3.4\x00"
item (0008,1199) 1 false
(0009,1001) UN 4294967295 depth 0 in (0000,0000)
item (0009,1001) 1 true
(0008,0050)  2 depth 1 in (0009,1001)
 "A1"
item (0009,1001) 1 false
(0010,0020) LO 4 depth 0 in (0000,0000)
 "ID42"
(7FE0,0010) OB 4294967295 depth 0 in (0000,0000)
`},
		"big endian": {ExplicitBE, bigSet, "pixels", `(0008,0060) CS 2 depth 0 in (0000,0000)
 "CT"
(0010,0020) LO 4 depth 0 in (0000,0000)
 "ID42"
(7FE0,0010) OW 6 depth 0 in (0000,0000)
`},
	} {
		for cuts := range uint64(20) {
			h, fault := read(tt.e, tt.b, cuts)
			if fault != NoFault || h.log.String() != tt.want || string(h.pixels) != tt.pixels || len(h.header)+len(h.pixels) != len(tt.b) {
				t.Fatalf("%s, cut %d: %v, pixels %q\n%s", name, cuts, fault, h.pixels, h.log.String())
			}
		}
		if Guess(tt.b) != tt.e {
			t.Errorf("%s: guessed %d", name, Guess(tt.b))
		}
	}
}

func TestReaderFaults(t *testing.T) {
	deep := strings.Repeat("\x08\x00\x99\x11SQ\x00\x00\xff\xff\xff\xff\xfe\xff\x00\xe0\xff\xff\xff\xff", MaxDepth)
	for name, tt := range map[string]struct {
		b    string
		want Fault
	}{
		"no VR":          {"\x08\x00\x60\x00\x02\x00\x00\x00CT", FaultVR},
		"nesting":        {deep, FaultNesting},
		"beyond item":    {"\x08\x00\x99\x11SQ\x00\x00\x12\x00\x00\x00\xfe\xff\x00\xe0\x0a\x00\x00\x00\x08\x00\x55\x11UI\x40\x00xx", FaultLength},
		"item at top":    {"\xfe\xff\x00\xe0\x00\x00\x00\x00", FaultItem},
		"no item":        {"\x08\x00\x99\x11SQ\x00\x00\xff\xff\xff\xff\x08\x00\x60\x00CS\x02\x00CT", FaultItem},
		"cut":            {"\x08\x00\x60\x00CS\x02\x00C", FaultTruncated},
		"cut head":       {"\x08\x00\x60", FaultTruncated},
		"open fragments": {"\xe0\x7f\x10\x00OB\x00\x00\xff\xff\xff\xff", FaultTruncated},
		"bad fragment":   {"\xe0\x7f\x10\x00OB\x00\x00\xff\xff\xff\xff\x08\x00\x60\x00CS\x02\x00CT", FaultItem},
	} {
		for cuts := range uint64(8) {
			h, fault := read(ExplicitLE, []byte(tt.b), cuts)
			if fault != tt.want || len(h.header)+len(h.pixels) != len(tt.b) {
				t.Errorf("%s, cut %d: %v, want %v", name, cuts, fault, tt.want)
			}
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add(implicitSet, uint8(ImplicitLE), uint64(1))
	f.Add(explicitSet, uint8(ExplicitLE), uint64(2))
	f.Add(bigSet, uint8(ExplicitBE), uint64(3))
	f.Fuzz(func(t *testing.T, b []byte, e uint8, cuts uint64) {
		encoding := ImplicitLE + Encoding(e)%3
		want, fault := read(encoding, b, 0)
		got, again := read(encoding, b, cuts)
		if fault != again || got.log.String() != want.log.String() || !bytes.Equal(got.header, want.header) || !bytes.Equal(got.pixels, want.pixels) {
			t.Errorf("cut differently: %v %v\n%s\n%s", again, fault, got.log.String(), want.log.String())
		}
		if len(want.header)+len(want.pixels) != len(b) {
			t.Errorf("%d and %d of %d bytes", len(want.header), len(want.pixels), len(b))
		}
	})
}
