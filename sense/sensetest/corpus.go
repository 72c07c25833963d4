package sensetest

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"wardkeeper/sense"
)

// Corpus returns the folder of real captures that WARDKEEPER_CORPUS names; it
// skips the test where there is none, except in CI.
func Corpus(t testing.TB) string {
	t.Helper()
	dir := os.Getenv("WARDKEEPER_CORPUS")
	if dir == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("WARDKEEPER_CORPUS is not set")
		}
		t.Skip("WARDKEEPER_CORPUS is not set")
	}
	return dir
}

// Captures lists the Ethernet captures below the corpus whose path contains one of
// the words, or all without words. Files that gopacket cannot open are left out.
func Captures(t testing.TB, words ...string) []string {
	t.Helper()
	var files []string
	err := filepath.WalkDir(Corpus(t), func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.Contains(filepath.Ext(path), ".pcap") {
			return err
		}
		for _, w := range words {
			if strings.Contains(strings.ToLower(path), w) {
				files = append(files, path)
				return nil
			}
		}
		if len(words) == 0 {
			files = append(files, path)
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
	return files
}

// TryLoad is Load for files that may be malformed: what was read before the fault
// counts, nil where nothing could be read.
func TryLoad(file string) *Trace {
	l, err := load(file)
	if l == nil || err != nil && len(l.trace.Conversations)+len(l.trace.Frames) == 0 {
		return nil
	}
	return l.trace
}

// Tshark returns how many packets of a capture match a display filter; it skips
// the test where tshark is not installed.
func Tshark(t testing.TB, file, filter string) int {
	t.Helper()
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("tshark is not installed")
	}
	out, err := exec.Command("tshark", "-r", file, "-Y", filter, "-T", "fields", "-e", "frame.number").Output()
	if err != nil && len(out) == 0 {
		t.Skipf("tshark: %v", err)
	}
	return bytes.Count(out, []byte("\n"))
}

// Count returns how many observations of a kind the analyzers make of a trace
// under a protocol's name.
func Count(tr *Trace, kind, protocol string, analyzers ...sense.Analyzer) int {
	p := Player{Analyzers: analyzers}
	n := 0
	for _, line := range p.Play(tr) {
		if strings.Contains(line, `"kind":"`+kind+`"`) && strings.Contains(line, `"protocol":"`+protocol+`"`) {
			n++
		}
	}
	return n
}
