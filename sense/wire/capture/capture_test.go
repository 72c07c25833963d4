package capture

import (
	"bytes"
	"compress/gzip"
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strconv"
	"strings"
	"testing"

	"github.com/klauspost/compress/zstd"

	"wardkeeper/sense/wire"
	"wardkeeper/ward"
)

// build writes a pcap with packets at the given seconds, each holding its number.
func build(order binary.AppendByteOrder, magic uint32, seconds ...int) []byte {
	b := order.AppendUint32(nil, magic)
	b = append(b, 0, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0)
	b = order.AppendUint32(b, 65535)
	b = order.AppendUint32(b, 1)
	for i, s := range seconds {
		for _, v := range []uint32{uint32(s), 5, 3, 100} {
			b = order.AppendUint32(b, v)
		}
		if magic == 0xa1b2cd34 {
			b = append(b, make([]byte, 8)...)
		}
		b = append(b, 'p', 'k', byte(i))
	}
	return b
}

func block(order binary.AppendByteOrder, t uint32, body []byte) []byte {
	for len(body)%4 != 0 {
		body = append(body, 0)
	}
	b := order.AppendUint32(nil, t)
	b = order.AppendUint32(b, uint32(len(body)+12))
	b = append(b, body...)
	return order.AppendUint32(b, uint32(len(body)+12))
}

// buildNG writes a pcapng of two sections; the second one's interface counts
// milliseconds from an offset.
func buildNG(order binary.AppendByteOrder) []byte {
	u32 := func(vs ...uint32) (b []byte) {
		for _, v := range vs {
			b = order.AppendUint32(b, v)
		}
		return b
	}
	section := append(u32(0x1a2b3c4d, 1), bytes.Repeat([]byte{0xff}, 8)...)
	iface := func(options []byte) []byte {
		return append(append(order.AppendUint16(nil, 1), 0, 0), append(u32(65535), options...)...)
	}
	enhanced := func(at uint64, data string) []byte {
		return append(u32(0, uint32(at>>32), uint32(at), uint32(len(data)), 100), data...)
	}
	option := func(code uint16, v []byte) []byte {
		b := order.AppendUint16(nil, code)
		b = order.AppendUint16(b, uint16(len(v)))
		b = append(b, v...)
		for len(b)%4 != 0 {
			b = append(b, 0)
		}
		return b
	}
	ms := append(option(9, []byte{3}), option(14, order.AppendUint64(nil, 1000))...)
	var b []byte
	b = append(b, block(order, blockSection, section)...)
	b = append(b, block(order, blockInterface, iface(option(2, []byte("eth7"))))...)
	b = append(b, block(order, blockEnhanced, enhanced(2000005, "one"))...)
	b = append(b, block(order, 0xbad, []byte("whatever"))...)
	b = append(b, block(order, blockSimple, append(u32(3), "two"...))...)
	b = append(b, block(order, blockSection, section)...)
	b = append(b, block(order, blockInterface, iface(ms))...)
	return append(b, block(order, blockEnhanced, enhanced(3500, "three"))...)
}

func put(t testing.TB, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// all reads everything in buffers of a size.
func all(t testing.TB, s *Source, size int) []wire.Record {
	t.Helper()
	var out []wire.Record
	for {
		recs, err := s.Fill(make([]byte, size), nil)
		out = append(out, recs...)
		if errors.Is(err, io.EOF) {
			return out
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

func open(t testing.TB, names ...string) *Source {
	t.Helper()
	s, err := Open(names, nil)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

func TestPcapVariants(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		for magic, fraction := range map[uint32]ward.Time{0xa1b2c3d4: 5000, 0xa1b23c4d: 5, 0xa1b2cd34: 5000} {
			recs := all(t, open(t, put(t, "a.pcap", build(order, magic, 1, 2, 3))), 64)
			if len(recs) != 3 || recs[2].Time != 3e9+fraction || string(recs[2].Data) != "pk\x02" || recs[2].Orig != 100 || recs[2].Number != 3 {
				t.Errorf("%x: %+v", magic, recs)
			}
		}
	}
}

func TestPcapng(t *testing.T) {
	for _, order := range []binary.AppendByteOrder{binary.LittleEndian, binary.BigEndian} {
		for _, size := range []int{64, 1 << 16} {
			s := open(t, put(t, "a.pcapng", buildNG(order)))
			recs := all(t, s, size)
			if len(recs) != 3 || recs[0].Time != 2000005e3 || string(recs[1].Data) != "two" || recs[2].Time != 1003500e6 || recs[2].Source == recs[0].Source {
				t.Fatalf("%v: %+v %v", order, recs, s.Problems())
			}
			if s.Interface(recs[0].Source) != "eth7" || s.Name(0) != "a.pcapng" {
				t.Errorf("named %q %q", s.Name(0), s.Interface(0))
			}
		}
	}
}

func TestCompressed(t *testing.T) {
	plain := build(binary.LittleEndian, 0xa1b2c3d4, 1, 2, 3)
	var gz bytes.Buffer
	w := gzip.NewWriter(&gz)
	_, _ = w.Write(plain) // a buffer does not fail
	if err := w.Close(); err != nil {
		t.Fatal(err)
	}
	z, err := zstd.NewWriter(nil)
	if err != nil {
		t.Fatal(err)
	}
	for name, b := range map[string][]byte{"a.pcap.gz": gz.Bytes(), "a.zst": z.EncodeAll(plain, nil)} {
		if recs := all(t, open(t, put(t, name, b)), 1024); len(recs) != 3 {
			t.Errorf("%s: %d records", name, len(recs))
		}
	}
}

func TestMergedByTime(t *testing.T) {
	a := put(t, "a.pcap", build(binary.LittleEndian, 0xa1b2c3d4, 1, 4, 5))
	b := put(t, "b.pcap", build(binary.BigEndian, 0xa1b2c3d4, 2, 3, 4))
	c := put(t, "c.pcap", build(binary.BigEndian, 0xa1b2c3d4, 9, 8))
	for _, size := range []int{3, 8, 1 << 10} {
		s := open(t, c, b, a)
		var got []string
		for _, r := range all(t, s, size) {
			got = append(got, s.Name(r.Source)[:1]+strconv.Itoa(int(r.Time/1e9)))
		}
		if want := "a1 b2 b3 b4 a4 a5 c9 c8"; strings.Join(got, " ") != want {
			t.Errorf("%d: got %v, want %s", size, got, want)
		}
	}
}

func TestStandardInputAndPipes(t *testing.T) {
	s, err := Open([]string{"-"}, iotest{bytes.NewReader(build(binary.LittleEndian, 0xa1b2c3d4, 1, 2))})
	if err != nil {
		t.Fatal(err)
	}
	if recs := all(t, s, 1024); len(recs) != 2 {
		t.Errorf("%d records", len(recs))
	}
}

// iotest yields a byte at a time, as a slow pipe does.
type iotest struct{ r io.Reader }

func (r iotest) Read(p []byte) (int, error) { return r.r.Read(p[:min(len(p), 1)]) }

func TestDirectory(t *testing.T) {
	dir := t.TempDir()
	for name, b := range map[string][]byte{"a.pcap": build(binary.LittleEndian, 0xa1b2c3d4, 1), "notes.txt": []byte("these are no packets at all"), "b.pcapng": buildNG(binary.LittleEndian)} {
		if err := os.WriteFile(filepath.Join(dir, name), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	s := open(t, dir)
	if recs := all(t, s, 1024); len(recs) != 4 || len(s.Problems()) != 1 {
		t.Errorf("%d records, problems %v", len(recs), s.Problems())
	}
}

// TestTruncatedAnywhere: whatever is whole is read, the rest is named.
func TestTruncatedAnywhere(t *testing.T) {
	for name, whole := range map[string][]byte{"a.pcap": build(binary.LittleEndian, 0xa1b2c3d4, 1, 2, 3), "a.pcapng": buildNG(binary.BigEndian)} {
		for n := range whole {
			s, err := Open([]string{put(t, name, whole[:n])}, nil)
			if err != nil {
				if !strings.Contains(err.Error(), name) || strings.Contains(err.Error(), "\n") {
					t.Errorf("%d: %v", n, err)
				}
				continue
			}
			recs := all(t, s, 256)
			for _, p := range s.Problems() {
				var f *FormatError
				if !errors.As(p, &f) || f.Packet != uint64(len(recs)) {
					t.Errorf("cut at %d after %d records: %v", n, len(recs), p)
				}
			}
		}
	}
}

func TestBadInputs(t *testing.T) {
	huge := build(binary.LittleEndian, 0xa1b2c3d4, 1, 2)
	binary.LittleEndian.PutUint32(huge[24+19+8:], 1<<31)
	for name, c := range map[string]struct {
		b    []byte
		want string
	}{
		"empty.pcap":  {nil, "empty.pcap: is empty"},
		"text.pcap":   {[]byte("no packets in this text, none"), "text.pcap: is not a capture"},
		"snoop.pcap":  {append([]byte("snoop\x00\x00\x00"), make([]byte, 30)...), "editcap"},
		"huge.pcap":   {huge, "after packet 1: the next record claims 2147483648 bytes"},
		"bad.pcap.gz": {[]byte{0x1f, 0x8b, 1, 2, 3}, "damaged gzip"},
	} {
		s, err := Open([]string{put(t, name, c.b)}, nil)
		if err == nil {
			all(t, s, 1024)
			err = errors.Join(s.Problems()...)
		}
		if err == nil || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%s: %v", name, err)
		}
	}
	if _, err := Open([]string{filepath.Join(t.TempDir(), "gone.pcap")}, nil); !errors.Is(err, fs.ErrNotExist) {
		t.Errorf("got %v", err)
	}
}

// TestLargeRecord: a record larger than the caller's buffer is delivered whole.
func TestLargeRecord(t *testing.T) {
	b := build(binary.LittleEndian, 0xa1b2c3d4, 1)
	for _, v := range []uint32{2, 0, 300000, 300000} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	b = append(b, make([]byte, 300000)...)
	b = append(b, build(binary.LittleEndian, 0xa1b2c3d4, 3)[24:]...)
	path := put(t, "a.pcap", b)
	for _, s := range []*Source{open(t, path), open(t, path, put(t, "b.pcap", build(binary.LittleEndian, 0xa1b2c3d4, 9)))} {
		recs := all(t, s, 4096)
		if len(recs) < 3 || len(recs[1].Data) != 300000 || recs[2].Time/1e9 != 3 {
			t.Errorf("%d records, %v", len(recs), s.Problems())
		}
	}
}

// TestCorpusPacketCounts compares the number of packets with capinfos.
func TestCorpusPacketCounts(t *testing.T) {
	corpus := os.Getenv("WARDKEEPER_CORPUS")
	if corpus == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("WARDKEEPER_CORPUS is not set")
		}
		t.Skip("WARDKEEPER_CORPUS is not set: no real captures to compare with")
	}
	if _, err := exec.LookPath("capinfos"); err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("capinfos is not installed")
	}
	compared := 0
	err := filepath.WalkDir(corpus, func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(path, "pcap") && !strings.HasSuffix(path, ".cap") {
			return err
		}
		s, err := Open([]string{path}, nil)
		if err != nil {
			return nil // not a capture, or one that says why
		}
		n := len(all(t, s, 1<<20))
		out, err := exec.Command("capinfos", "-Mrc", path).Output()
		if err != nil {
			return nil // damaged for capinfos too
		}
		lines := strings.Split(strings.TrimSpace(string(out)), "\n")
		fields := strings.Fields(lines[len(lines)-1])
		if want := fields[len(fields)-1]; want != strconv.Itoa(n) {
			t.Errorf("%s: %d packets, capinfos says %s (%v)", path, n, want, s.Problems())
		}
		compared++
		return nil
	})
	if err != nil || compared < 50 {
		t.Errorf("%d captures compared (%v)", compared, err)
	}
}

func FuzzCapture(f *testing.F) {
	f.Add(build(binary.LittleEndian, 0xa1b2c3d4, 1, 2))
	f.Add(buildNG(binary.BigEndian))
	f.Fuzz(func(t *testing.T, b []byte) {
		s, err := Open([]string{"-"}, bytes.NewReader(b))
		if err == nil {
			all(t, s, 512)
		}
	})
}

func BenchmarkRead(b *testing.B) {
	seconds := make([]int, 100000)
	path := put(b, "a.pcap", build(binary.LittleEndian, 0xa1b2c3d4, seconds...))
	buf, recs := make([]byte, 512<<10), make([]wire.Record, 0, 1<<16)
	b.ReportAllocs()
	for b.Loop() {
		s := open(b, path)
		for {
			out, err := s.Fill(buf, recs)
			b.SetBytes(int64(len(out)))
			if err != nil {
				break
			}
		}
	}
}
