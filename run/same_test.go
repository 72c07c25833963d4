package run

import (
	"bytes"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"

	"wardkeeper/sense/wire"
)

// sameCaptures are the captures that sameness is tested on: the analyzers', the
// sample, and those of the folder that WARDKEEPER_BENCH names (or that file).
func sameCaptures(t *testing.T) []string {
	files, err := filepath.Glob("../sense/protocol/*/testdata/*.pcap")
	if err != nil || len(files) == 0 {
		t.Fatal("no captures: ", err)
	}
	if _, err := os.Stat("../testdata/ward.pcapng"); err == nil {
		files = append(files, "../testdata/ward.pcapng")
	}
	if bench := os.Getenv("WARDKEEPER_BENCH"); bench != "" {
		small, err := filepath.Glob(filepath.Join(bench, "*-small.pcap"))
		if err != nil {
			t.Fatal(err)
		}
		if len(small) == 0 {
			small = []string{bench}
		}
		files = append(files, small...)
	}
	return files
}

func readJSON(t *testing.T, key string, workers int, inputs ...string) []byte {
	t.Helper()
	var out, notes bytes.Buffer
	if err := Read(t.Context(), ReadOptions{Inputs: inputs, Key: key, Workers: workers, JSON: true}, &out, &notes); err != nil {
		t.Fatal(inputs, err)
	}
	return out.Bytes()
}

// TestSameWorkers: the number of workers changes no byte.
func TestSameWorkers(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	all := sameCaptures(t)
	for _, inputs := range append([][]string{all}, each(all)...) {
		one := readJSON(t, key, 1, inputs...)
		for _, n := range []int{2, 8} {
			if many := readJSON(t, key, n, inputs...); !bytes.Equal(one, many) {
				t.Errorf("%s: %d workers give another answer than one: %s", name(inputs), n, differ(one, many))
			}
		}
	}
}

func each(all []string) (out [][]string) {
	for _, f := range all {
		out = append(out, []string{f})
	}
	return out
}

func name(inputs []string) string {
	if len(inputs) == 1 {
		return inputs[0]
	}
	return fmt.Sprint(len(inputs), " captures together")
}

// differ shows the first line that differs.
func differ(a, b []byte) string {
	x, y := strings.Split(string(a), "\n"), strings.Split(string(b), "\n")
	for i := range min(len(x), len(y)) {
		if x[i] != y[i] {
			return fmt.Sprintf("line %d:\n%.600s\n%.600s", i+1, x[i], y[i])
		}
	}
	return fmt.Sprintf("%d and %d lines", len(x), len(y))
}

// repeated are captures in which a host sends one packet twice within the window of
// mirror copies; in two files these are taken for what two mirrors saw.
var repeated = map[string]bool{"arp.pcap": true, "icmp.pcap": true}

// TestSameSplit: the same packets in several files give the same but for the names
// of captures and numbers of packets.
func TestSameSplit(t *testing.T) {
	key := filepath.Join(t.TempDir(), "key")
	for _, file := range sameCaptures(t) {
		if repeated[filepath.Base(file)] {
			continue
		}
		dir := t.TempDir()
		whole := filepath.Join(dir, "whole.pcap")
		recs := records(t, file)
		if len(recs) < 3 || slices.ContainsFunc(recs, func(r wire.Record) bool { return r.Link != recs[0].Link }) {
			continue
		}
		// In order of time, as a ring of files is: what runs backwards across files is
		// put in order.
		slices.SortStableFunc(recs, func(a, b wire.Record) int { return int(min(max(a.Time-b.Time, -1), 1)) })
		save(t, whole, recs)
		third := max(1, len(recs)/3)
		var parts []string
		for i := 0; len(recs) > 0; i++ {
			n := min(third, len(recs))
			parts = append(parts, filepath.Join(dir, fmt.Sprintf("part%d.pcap", i)))
			save(t, parts[i], recs[:n])
			recs = recs[n:]
		}
		a, b := unplaced(t, readJSON(t, key, 2, whole)), unplaced(t, readJSON(t, key, 2, parts...))
		if !bytes.Equal(a, b) {
			t.Errorf("%s: in %d files: %s", file, len(parts), differ(a, b))
		}
	}
}

func save(t *testing.T, path string, recs []wire.Record) {
	t.Helper()
	f, err := os.Create(path)
	if err != nil {
		t.Fatal(err)
	}
	defer f.Close()
	w := pcapgo.NewWriterNanos(f)
	if err := w.WriteFileHeader(262144, layers.LinkType(recs[0].Link)); err != nil {
		t.Fatal(err)
	}
	for _, r := range recs {
		if err := w.WritePacket(gopacket.CaptureInfo{Timestamp: r.Time.Std(), CaptureLength: len(r.Data), Length: max(r.Orig, len(r.Data))}, r.Data); err != nil {
			t.Fatal(err)
		}
	}
}

// unplaced removes where observations were seen.
func unplaced(t *testing.T, lines []byte) []byte {
	t.Helper()
	var out bytes.Buffer
	for line := range bytes.Lines(lines) {
		var v any
		d := json.NewDecoder(bytes.NewReader(line))
		d.UseNumber()
		if err := d.Decode(&v); err != nil {
			t.Fatal(err)
		}
		b, err := json.Marshal(strip(v))
		if err != nil {
			t.Fatal(err)
		}
		out.Write(append(b, '\n'))
	}
	return out.Bytes()
}

func strip(v any) any {
	switch v := v.(type) {
	case map[string]any:
		delete(v, "capture")
		delete(v, "packet")
		delete(v, "vantages") // each file is one
		if v["from"] != nil {
			delete(v, "time") // of several equal pieces of evidence either may be shown
		}
		for k, x := range v {
			v[k] = strip(x)
		}
	case []any:
		for i, x := range v {
			v[i] = strip(x)
		}
	}
	return v
}
