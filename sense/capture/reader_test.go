package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"
	"reflect"
	"strings"
	"testing"
	"testing/iotest"

	"wardkeeper/ward"
)

// filler is a Reader or Merger.
type filler interface {
	Fill(buf []byte, recs []Record) ([]Record, int, error)
}

// all reads to the end; its records keep their data.
func all(f filler, buf, recs int) (got []Record, errs []error) {
	b, rs := make([]byte, buf), make([]Record, recs)
	for {
		used, _, err := f.Fill(b, rs)
		for _, r := range used {
			r.Data = bytes.Clone(r.Data)
			got = append(got, r)
		}
		if errors.Is(err, io.EOF) {
			return got, errs
		}
		if err != nil {
			errs = append(errs, err)
			if len(errs) > 1000 {
				return got, errs
			}
		}
	}
}

func read(t testing.TB, file []byte, buf, recs int) (*Reader, []Record, []error) {
	t.Helper()
	r, err := NewReader(bytes.NewReader(file), "test")
	if err != nil {
		t.Fatal(err)
	}
	got, errs := all(r, buf, recs)
	return r, got, errs
}

var three = []packet{{1, 2, 0, []byte("one")}, {3, 999_999, 100, []byte("second")}, {0, 0, 0, nil}}

func TestPcap(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		for magic, unit := range map[uint32]ward.Time{magicMicro: 1000, magicNano: 1, magicModified: 1000} {
			file := pcapFile(order, magic, three...)
			var want []Record
			for i, p := range three {
				want = append(want, Record{Time: ward.Time(p.sec)*1e9 + ward.Time(p.sub)*unit, Link: 1, Orig: int(p.wire()), Data: p.data, Number: uint64(i + 1)})
			}
			for name, packed := range map[string][]byte{"plain": file, "gzip": gzipped(t, file), "zstd": zstded(t, file)} {
				for _, recs := range []int{1, 2, 100} {
					r, got, errs := read(t, packed, MinBuffer, recs)
					if len(errs) > 0 || !same(got, want) {
						t.Errorf("%v %x %s, %d at a time: %v, %v", order, magic, name, recs, got, errs)
					}
					if r.Interfaces()[0].Snaplen != 65535 {
						t.Error("snaplen", r.Interfaces())
					}
				}
			}
		}
	}
}

func same(a, b []Record) bool {
	if len(a) != len(b) {
		return false
	}
	for i := range a {
		x, y := a[i], b[i]
		if !bytes.Equal(x.Data, y.Data) {
			return false
		}
		x.Data, y.Data = nil, nil
		if !reflect.DeepEqual(x, y) {
			return false
		}
	}
	return true
}

func ngFile(order binary.AppendByteOrder) []byte {
	w := &ng{AppendByteOrder: order}
	w.section().
		iface(1, 65535, w.option(nil, ifName, []byte("eth0")), w.option(nil, ifDescription, []byte("mirror"))).
		iface(101, 4, w.option(nil, ifResolution, []byte{9}), w.option(nil, ifOffset, order.AppendUint64(nil, 1000))).
		enhanced(0, 1_000_002, packet{data: []byte("one")}).
		block(10, []byte("secrets that nobody needs")).
		enhanced(1, 5, packet{orig: 9, data: []byte("fine")}).
		block(0x80000bad, nil).
		obsolete(0, 7, 2_000_000, packet{data: []byte("old")}).
		simple(packet{data: []byte("simple")}).
		statistics(0, 100, 9).statistics(1, 5, 0)
	other := binary.AppendByteOrder(binary.BigEndian)
	if order == other {
		other = binary.LittleEndian
	}
	second := &ng{AppendByteOrder: other, b: w.b}
	second.section().
		iface(113, 0, second.option(nil, ifResolution, []byte{0x80 | 10})).
		enhanced(0, 3<<10|512, packet{data: []byte("again")}).
		iface(1, 3).
		enhanced(1, 1<<63, packet{data: []byte("bad time")})
	return second.b
}

func TestPcapng(t *testing.T) {
	want := []Record{
		{Time: 1_000_002_000, Interface: 0, Link: 1, Orig: 3, Data: []byte("one"), Number: 1},
		{Time: 1000e9 + 5, Interface: 1, Link: 101, Orig: 9, Data: []byte("fine"), Number: 2},
		{Time: 2e9, Interface: 0, Link: 1, Orig: 3, Data: []byte("old"), Number: 3},
		{Time: 2e9, Interface: 0, Link: 1, Orig: 6, Data: []byte("simple"), Number: 4},
		{Time: 3.5e9, Interface: 2, Link: 113, Orig: 5, Data: []byte("again"), Number: 5},
		{Time: 3.5e9, Interface: 3, Link: 1, Orig: 8, Data: []byte("bad time"), Number: 6},
	}
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		file := ngFile(order)
		for _, recs := range []int{1, 3, 50} {
			r, got, errs := read(t, file, MinBuffer, recs)
			if len(errs) > 0 || !same(got, want) {
				t.Fatalf("%v: %+v, %v", order, got, errs)
			}
			if r.BadTimes() != 1 {
				t.Errorf("%d bad times", r.BadTimes())
			}
			i := r.Interfaces()
			if len(i) != 4 || i[0].Name != "eth0" || i[0].Description != "mirror" || i[0].Dropped != 9 || i[0].Received != 100 || i[1].Snaplen != 4 {
				t.Errorf("interfaces %+v", i)
			}
		}
	}
}

func TestClock(t *testing.T) {
	for _, c := range []struct {
		clock
		stamp uint64
		want  ward.Time
		ok    bool
	}{
		{clock{digits: 0}, 7, 7e9, true},
		{clock{digits: 3}, 7, 7e6, true},
		{clock{digits: 12}, 7_000, 7, true},
		{clock{digits: 28}, 1 << 63, 0, true},
		{clock{digits: 100}, 1 << 63, 0, true},
		{clock{digits: 6}, 1 << 63, 0, false},
		{clock{digits: 0, binary: true}, 3, 3e9, true},
		{clock{digits: 32, binary: true}, 3<<32 | 1<<31, 3.5e9, true},
		{clock{digits: 63, binary: true}, 1 << 63, 1e9, true},
		{clock{digits: 100, binary: true}, 1 << 63, 0, true},
		{clock{digits: 9, offset: -1}, 5, 0, false},
		{clock{digits: 9, offset: -1}, 1e9 + 5, 5, true},
		{clock{digits: 9, offset: 1 << 62}, 5, 0, false},
		{clock{digits: 9, offset: 9223372036}, 1 << 62, 0, false},
	} {
		if got, ok := c.time(c.stamp); got != c.want && ok || ok != c.ok {
			t.Errorf("%+v: %d: %v %v", c.clock, c.stamp, got, ok)
		}
	}
}

// TestCut: a file cut at any byte gives its whole packets and then one error.
func TestCut(t *testing.T) {
	pcap := pcapFile(binary.LittleEndian, magicMicro, three...)
	for name, file := range map[string][]byte{"pcap": pcap, "pcapng": ngFile(binary.BigEndian), "gzip": gzipped(t, pcap), "zstd": zstded(t, pcap)} {
		_, want, _ := read(t, file, MinBuffer, 10)
		for n := range file {
			r, err := NewReader(iotest.DataErrReader(bytes.NewReader(file[:n])), "test")
			var f *FormatError
			if err != nil {
				if !errors.As(err, &f) || f.File != "test" || strings.Contains(err.Error(), "\n") {
					t.Fatalf("%s cut at %d: %v", name, n, err)
				}
				continue
			}
			got, errs := all(r, MinBuffer, 10)
			if len(errs) > 1 || len(got) > len(want) || !same(got, want[:len(got)]) {
				t.Fatalf("%s cut at %d: %d records, %v", name, n, len(got), errs)
			}
			if len(errs) == 1 && (!errors.As(errs[0], &f) || f.Packet != uint64(len(got)+1)) {
				t.Fatalf("%s cut at %d: after %d records: %v", name, n, len(got), errs)
			}
			if len(errs) == 0 && name != "pcapng" && len(got) == len(want) {
				t.Fatalf("%s cut at %d: no error", name, n)
			}
		}
	}
}

func TestDamage(t *testing.T) {
	good := pcapFile(binary.LittleEndian, magicMicro, three...)
	huge := binary.LittleEndian.AppendUint32(append(bytes.Clone(good), make([]byte, 8)...), maxRecord+1)
	huge = append(huge, make([]byte, 100)...)
	w := func() *ng { return (&ng{AppendByteOrder: binary.LittleEndian}).section() }
	lengths := w().iface(1, 0).enhanced(0, 1, three[0]).b
	lengths[len(lengths)-1]++
	for name, c := range map[string]struct {
		file  []byte
		count int
		want  string
	}{
		"huge packet":      {huge, 3, "packet 4: says that it has 16777217 bytes"},
		"no interface":     {w().enhanced(0, 1, three[0]).b, 0, "packet 1: came from an interface"},
		"other section":    {w().iface(1, 0).simple(three[0]).section().simple(three[0]).b, 1, "packet 2: came from an interface"},
		"lengths":          {lengths, 0, "packet 1: is in a block whose two lengths differ"},
		"tiny block":       {append(w().b, make([]byte, 12)...), 0, "packet 1: is in a block of 0 bytes"},
		"short packet":     {w().iface(1, 0).block(blockEnhanced, make([]byte, 8)).b, 0, "too short"},
		"byte order":       {append(w().b, "\x0a\x0d\x0d\x0a____????"...), 0, "without a known byte order"},
		"short interface":  {w().block(blockInterface, nil).b, 0, "interface's description is too short"},
		"section version":  {w().block(blockSection, []byte("\x4d\x3c\x2b\x1a\x09\x00\x00\x00________")).b, 0, "version 9"},
		"larger than data": {w().iface(1, 0).block(blockEnhanced, append(make([]byte, 12), 9, 0, 0, 0, 9, 0, 0, 0)).b, 0, "too short"},
	} {
		_, got, errs := read(t, c.file, MinBuffer, 10)
		if len(got) != c.count || len(errs) != 1 || !strings.Contains(errs[0].Error(), c.want) {
			t.Errorf("%s: %d records, %v", name, len(got), errs)
		}
	}
}

func TestNoCapture(t *testing.T) {
	dir := t.TempDir()
	good := pcapFile(binary.LittleEndian, magicMicro, three...)
	for name, c := range map[string]struct{ content, want string }{
		"empty":   {"", "is empty"},
		"text":    {"Dear diary, today I saw a packet", "is not a capture"},
		"short":   {"\xd4", "is not a capture"},
		"header":  {string(good[:20]), "ends within its header"},
		"snoop":   {"snoop\x00\x00\x00\x00\x00\x00\x02\x00\x00\x00\x04", "is a snoop capture: convert it"},
		"version": {string(good[:4]) + "\x09" + string(good[5:]), "version 9"},
		"gz text": {string(gzipped(t, []byte("something else altogether"))), "is not a capture"},
		"gz none": {string(gzipped(t, nil)), "is empty once decompressed"},
		"gz bad":  {"\x1f\x8b\x08\x00\x00\x00\x00\x00\x00\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "gzip data is damaged"},
		"zst bad": {"\x28\xb5\x2f\xfd\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff\xff", "Zstandard data is damaged"},
	} {
		path := filepath.Join(dir, name)
		if err := os.WriteFile(path, []byte(c.content), 0o600); err != nil {
			t.Fatal(err)
		}
		_, err := Open(path)
		if err == nil || !strings.HasPrefix(err.Error(), path+": ") || !strings.Contains(err.Error(), c.want) || strings.Contains(err.Error(), "\n") {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open(dir); err == nil || !strings.Contains(err.Error(), "is a directory") {
		t.Error(err)
	}
	if _, err := Open(filepath.Join(dir, "none")); !errors.Is(err, fs.ErrNotExist) || strings.Contains(err.Error(), "open ") {
		t.Error(err)
	}
	if _, _, err := List([]string{dir}); err == nil || !strings.Contains(err.Error(), "holds no capture") {
		t.Error(err)
	}
	if err := os.MkdirAll(filepath.Join(dir, "sub"), 0o700); err != nil {
		t.Fatal(err)
	}
	for _, name := range []string{"b.pcap", filepath.Join("sub", "a.pcap.gz")} {
		content := good
		if strings.HasSuffix(name, ".gz") {
			content = gzipped(t, good)
		}
		if err := os.WriteFile(filepath.Join(dir, name), content, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	files, notes, err := List([]string{"-", dir, "none"})
	want := []string{"-", filepath.Join(dir, "b.pcap"), filepath.Join(dir, "sub", "a.pcap.gz"), "none"}
	if err != nil || !reflect.DeepEqual(files, want) || len(notes) != 10 {
		t.Errorf("%v, %d notes, %v", files, len(notes), err)
	}
}

// TestLarge: packets that are larger than the buffer are read all the same.
func TestLarge(t *testing.T) {
	big := packet{sec: 5, data: bytes.Repeat([]byte("0123456789"), 5000)}
	packets := []packet{three[0], big, three[1], big, big}
	w := (&ng{AppendByteOrder: binary.LittleEndian}).section().iface(1, 0)
	for _, p := range packets {
		w.enhanced(0, uint64(p.sec)*1e6, p).block(99, big.data)
	}
	for name, file := range map[string][]byte{"pcap": pcapFile(binary.BigEndian, magicNano, packets...), "pcapng": w.b} {
		for _, buf := range []int{MinBuffer, 50_000, 1 << 20} {
			_, got, errs := read(t, file, buf, 3)
			if len(got) != len(packets) || len(errs) > 0 {
				t.Fatalf("%s with %d: %d, %v", name, buf, len(got), errs)
			}
			for i := range got {
				if !bytes.Equal(got[i].Data, packets[i].data) || got[i].Number != uint64(i+1) {
					t.Errorf("%s with %d: packet %d is wrong", name, buf, i+1)
				}
			}
		}
		_, got, errs := read(t, file[:len(file)-100_001], MinBuffer, 3)
		if len(got) > 4 || len(errs) != 1 {
			t.Errorf("%s, cut: %d, %v", name, len(got), errs)
		}
	}
}

// TestPieces: however the bytes arrive, the packets are the same.
func TestPieces(t *testing.T) {
	for name, file := range map[string][]byte{"pcap": pcapFile(binary.LittleEndian, magicMicro, three...), "pcapng": ngFile(binary.LittleEndian)} {
		_, want, _ := read(t, file, MinBuffer, 10)
		for how, wrap := range map[string]func(io.Reader) io.Reader{"bytes": iotest.OneByteReader, "halves": iotest.HalfReader, "data and error": iotest.DataErrReader} {
			r, err := NewReader(wrap(bytes.NewReader(file)), "test")
			if err != nil {
				t.Fatal(err)
			}
			if got, errs := all(r, MinBuffer, 2); !same(got, want) || len(errs) > 0 {
				t.Errorf("%s in %s: %v, %v", name, how, got, errs)
			}
		}
		r, err := NewReader(io.MultiReader(bytes.NewReader(file), iotest.ErrReader(errors.New("the disk is gone"))), "test")
		if err != nil {
			t.Fatal(err)
		}
		got, errs := all(r, MinBuffer, 2)
		if !same(got, want) || len(errs) != 1 || !strings.Contains(errs[0].Error(), fmt.Sprintf("packet %d: reading failed: the disk is gone", len(want)+1)) {
			t.Errorf("%s: %v, %v", name, got, errs)
		}
	}
}

func FuzzReader(f *testing.F) {
	f.Add(pcapFile(binary.LittleEndian, magicMicro, three...), uint8(3))
	f.Add(pcapFile(binary.BigEndian, magicModified, three...), uint8(1))
	f.Add(ngFile(binary.LittleEndian), uint8(9))
	f.Add(ngFile(binary.BigEndian), uint8(1))
	f.Add(gzipped(f, ngFile(binary.LittleEndian)), uint8(1))
	f.Add(zstded(f, ngFile(binary.LittleEndian)), uint8(1))
	f.Fuzz(func(t *testing.T, file []byte, recs uint8) {
		r, err := NewReader(bytes.NewReader(file), "test")
		if err != nil {
			return
		}
		defer r.Close()
		first, errs := all(r, 1<<16, int(recs)+1)
		if len(errs) > 1 {
			t.Fatal(errs)
		}
		again, err := NewReader(iotest.HalfReader(bytes.NewReader(file)), "test")
		if err != nil {
			t.Fatal(err)
		}
		defer again.Close()
		second, errs2 := all(again, MinBuffer, 300)
		if !same(first, second) || len(errs) != len(errs2) || len(errs) == 1 && errs[0].Error() != errs2[0].Error() {
			t.Fatalf("%d %v, then %d %v", len(first), errs, len(second), errs2)
		}
	})
}
