package capture

import (
	"encoding/binary"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"
)

// corpus returns the folder of real captures.
func corpus(t *testing.T) string {
	dir := os.Getenv("WARDKEEPER_CORPUS")
	switch {
	case dir != "":
	case os.Getenv("CI") != "":
		t.Fatal("WARDKEEPER_CORPUS is not set")
	default:
		t.Skip("WARDKEEPER_CORPUS is not set")
	}
	return dir
}

// TestCorpus counts the packets of every capture as Wireshark's capinfos does.
func TestCorpus(t *testing.T) {
	dir := corpus(t)
	if _, err := exec.LookPath("capinfos"); err != nil {
		t.Skip("capinfos is not installed")
	}
	files := map[string]string{}
	var names []string
	err := filepath.WalkDir(dir, func(path string, d fs.DirEntry, err error) error {
		if ext := filepath.Ext(path); err == nil && (strings.HasPrefix(ext, ".pcap") || ext == ".cap" || ext == ".pcapng") {
			names = append(names, path)
		}
		return err
	})
	if err != nil || len(names) == 0 {
		t.Fatalf("no captures in %s: %v", dir, err)
	}
	const atOnce = 100
	for i := 0; i < len(names); i += atOnce {
		// It fails where one file is damaged, and has counted the others all the same.
		out, _ := exec.Command("capinfos", append([]string{"-c", "-T", "-r", "-M", "-S"}, names[i:min(i+atOnce, len(names))]...)...).Output()
		for line := range strings.Lines(string(out)) {
			if name, count, ok := strings.Cut(strings.TrimSpace(line), "\t"); ok {
				files[name] = count
			}
		}
	}
	compared := 0
	for _, name := range names {
		r, err := Open(name)
		if err != nil {
			if files[name] != "" && files[name] != "0" {
				t.Errorf("%v, but capinfos counts %s", err, files[name])
			}
			continue
		}
		got, errs := all(r, 1<<20, 4096)
		r.Close()
		want, ok := files[name]
		if !ok && len(errs) == 0 {
			t.Logf("%s: capinfos has no count, we have %d", name, len(got))
			continue
		}
		if ok && fmt.Sprint(len(got)) != want {
			t.Errorf("%s: %d packets and %v, capinfos counts %s", name, len(got), errs, want)
		}
		compared++
	}
	t.Logf("%d captures, %d compared", len(names), compared)
}

// BenchmarkFill measures framing alone, of small packets.
func BenchmarkFill(b *testing.B) {
	name := os.Getenv("WARDKEEPER_BENCH_PCAP")
	if name == "" {
		packets := make([]packet, 200_000)
		for i := range packets {
			packets[i] = packet{sec: uint32(i), data: make([]byte, 60+i%200)}
		}
		name = write(b, b.TempDir(), "bench", pcapFile(binary.LittleEndian, magicMicro, packets...))
	}
	buf, recs := make([]byte, 1<<20), make([]Record, 8192)
	b.ReportAllocs()
	n := 0
	var ports uint64
	for b.Loop() {
		r, err := Open(name)
		if err != nil {
			b.Fatal(err)
		}
		for {
			used, _, err := r.Fill(buf, recs)
			if err != nil {
				break
			}
			for i := range used {
				if p := used[i].Data; len(p) > 38 && p[12] == 8 && p[13] == 0 {
					ports += uint64(binary.BigEndian.Uint16(p[36:]))
				}
			}
			n += len(used)
		}
		r.Close()
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(n), "ns/packet")
}
