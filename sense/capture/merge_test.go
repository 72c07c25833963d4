package capture

import (
	"bytes"
	"encoding/binary"
	"errors"
	"fmt"
	"math/rand/v2"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
)

func write(t testing.TB, dir, name string, b []byte) string {
	t.Helper()
	path := filepath.Join(dir, name)
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestMerge compares with a stable sort, also when files overlap, follow each
// other, hold large packets or have times that run backwards.
func TestMerge(t *testing.T) {
	rnd := rand.New(rand.NewPCG(1, 2))
	for round := range 30 {
		dir := t.TempDir()
		type got struct {
			file, number int
			time         int64
			size         int
		}
		var want []got
		var names []string
		files := 1 + rnd.IntN(6)
		for f := range files {
			var packets []packet
			sec := uint32(rnd.IntN(40))
			for i := range rnd.IntN(300) {
				sec += uint32(rnd.IntN(2))
				size := rnd.IntN(300)
				if rnd.IntN(100) == 0 {
					size = 300_000
				}
				packets = append(packets, packet{sec: sec, data: bytes.Repeat([]byte{byte(f)}, size)})
				want = append(want, got{f, i + 1, int64(sec) * 1e9, size})
			}
			file := pcapFile(binary.LittleEndian, magicMicro, packets...)
			if f%2 == 1 {
				file = gzipped(t, file)
			}
			names = append(names, write(t, dir, fmt.Sprint(f), file))
		}
		// Ties go by the files' first times.
		first := func(f int) int64 {
			for _, w := range want {
				if w.file == f {
					return w.time
				}
			}
			return 0
		}
		ranks := make([]int64, files)
		for f := range files {
			ranks[f] = first(f)
		}
		slices.SortStableFunc(want, func(a, b got) int {
			switch {
			case a.time != b.time:
				return int(a.time/1e9 - b.time/1e9)
			case ranks[a.file] != ranks[b.file]:
				return int(ranks[a.file]/1e9 - ranks[b.file]/1e9)
			}
			return a.file - b.file
		})
		m := NewMerger(names)
		records, errs := all(m, MinMergeBuffer, 1+rnd.IntN(500))
		if len(errs) > 0 || len(records) != len(want) {
			t.Fatalf("round %d: %d records, want %d; %v", round, len(records), len(want), errs)
		}
		for i, r := range records {
			if g := (got{r.Capture, int(r.Number), int64(r.Time), len(r.Data)}); g != want[i] {
				t.Fatalf("round %d: record %d is %v, want %v", round, i, g, want[i])
			}
			if len(r.Data) > 0 && (r.Data[0] != byte(r.Capture) || r.Data[len(r.Data)-1] != byte(r.Capture)) {
				t.Fatalf("round %d: record %d has another's data", round, i)
			}
		}
		if done, total := m.Progress(); done != total || total == 0 {
			t.Errorf("round %d: progress %d of %d", round, done, total)
		}
		if m.Opened() != files || len(m.open) > 0 {
			t.Errorf("%d opened, %d still open", m.Opened(), len(m.open))
		}
		if err := m.Close(); err != nil {
			t.Error(err)
		}
	}
}

// TestMergeRotated: of files that follow each other only one is open at a time.
func TestMergeRotated(t *testing.T) {
	dir := t.TempDir()
	var names []string
	for f := range 300 {
		names = append(names, write(t, dir, fmt.Sprint(f), pcapFile(binary.LittleEndian, magicMicro,
			packet{sec: uint32(10 * f), data: []byte("a")}, packet{sec: uint32(10*f + 9), data: []byte("b")})))
	}
	m := NewMerger(names)
	buf, recs := make([]byte, MinMergeBuffer), make([]Record, 3)
	n, most := 0, 0
	for {
		used, _, err := m.Fill(buf, recs)
		if err != nil {
			break
		}
		for _, r := range used {
			if r.Capture != n/2 || string(r.Data) != string("ab"[n%2]) {
				t.Fatalf("packet %d is %v", n, r)
			}
			n++
		}
		most = max(most, len(m.open))
	}
	if n != 600 || most > 2 {
		t.Errorf("%d packets, %d files open at once", n, most)
	}
}

func TestMergeErrors(t *testing.T) {
	dir := t.TempDir()
	good := pcapFile(binary.LittleEndian, magicMicro, three...)
	names := []string{
		filepath.Join(dir, "none"),
		write(t, dir, "text", []byte("no capture, but a text")),
		write(t, dir, "cut", good[:len(good)-3]),
		write(t, dir, "good", good),
		write(t, dir, "no packets", good[:pcapHeader]),
		write(t, dir, "cut at once", good[:pcapHeader+5]),
	}
	m := NewMerger(names)
	records, errs := all(m, MinMergeBuffer, 100)
	count := map[int]int{}
	for _, r := range records {
		count[r.Capture]++
	}
	if count[2] != 2 || count[3] != 3 || len(records) != 5 {
		t.Errorf("records of each file: %v", count)
	}
	text := errors.Join(errs...).Error()
	for _, want := range []string{"none: there is no such file", "text: is not a capture", "cut: packet 3: the file ends", "cut at once: packet 1: the file ends"} {
		if !strings.Contains(text, want) {
			t.Errorf("no error %q in %q", want, text)
		}
	}
	if len(errs) != 4 || m.Opened() != 4 {
		t.Errorf("%d errors, %d opened", len(errs), m.Opened())
	}
	if len(m.Interfaces(4)) != 1 || m.Name(1) != names[1] || m.BadTimes() != 0 {
		t.Error("a closed file is forgotten")
	}
	if err := m.Close(); err != nil {
		t.Error(err)
	}
}
