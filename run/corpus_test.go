package run

import (
	"bytes"
	"errors"
	"flag"
	"fmt"
	"io/fs"
	"maps"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/privacy"
	"wardkeeper/sense/protocol"
	"wardkeeper/sense/wire"
	"wardkeeper/sense/wire/capture"
	"wardkeeper/ward"
)

var update = flag.Bool("update", false, "write the golden summaries of the corpus")

// maxCorpusFile keeps the tests short: larger captures are the benchmarks'.
const maxCorpusFile = 64 << 20

// corpus lists the captures under WARDKEEPER_CORPUS.
func corpus(t *testing.T) (root string, files []string) {
	root = os.Getenv("WARDKEEPER_CORPUS")
	if root == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("WARDKEEPER_CORPUS is not set in CI")
		}
		t.Skip("WARDKEEPER_CORPUS is not set")
	}
	err := filepath.WalkDir(root, func(path string, d fs.DirEntry, err error) error {
		if err != nil || !d.Type().IsRegular() {
			return err
		}
		name := strings.TrimSuffix(strings.TrimSuffix(strings.ToLower(path), ".gz"), ".zst")
		if !slices.Contains([]string{".pcap", ".pcapng", ".cap", ".dmp"}, filepath.Ext(name)) {
			return nil
		}
		if st, err := d.Info(); err != nil || st.Size() > maxCorpusFile {
			return err
		}
		files = append(files, path)
		return nil
	})
	if err != nil || len(files) == 0 {
		t.Fatal("no captures: ", err)
	}
	return root, files
}

// maxCorpusHeap is what may stay in use after a capture was read, and was measured
// while nothing was let go of.
const maxCorpusHeap = 512 << 20

// TestCorpusSummaries reads every capture: no panic, bounded memory, and the counts
// of messages, anomalies and devices that the golden file holds.
func TestCorpusSummaries(t *testing.T) {
	root, files := corpus(t)
	key := filepath.Join(t.TempDir(), "key")
	var got bytes.Buffer
	for _, file := range files {
		name, err := filepath.Rel(root, file)
		if err != nil {
			t.Fatal(err)
		}
		var out, notes bytes.Buffer
		err = Read(t.Context(), ReadOptions{Inputs: []string{file}, Key: key, JSON: true, Workers: 2}, &out, &notes)
		var m runtime.MemStats
		runtime.ReadMemStats(&m)
		if m.HeapInuse > maxCorpusHeap {
			t.Errorf("%s: %d MB of heap in use", name, m.HeapInuse>>20)
		}
		fmt.Fprintf(&got, "%s: %s\n", filepath.ToSlash(name), digest(t, out.Bytes(), err))
	}
	golden := "testdata/corpus/summaries.golden"
	if *update {
		if err := errors.Join(os.MkdirAll(filepath.Dir(golden), 0o755), os.WriteFile(golden, got.Bytes(), 0o644)); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(want, got.Bytes()) {
		t.Errorf("run with -update if this is right: %s", differ(want, got.Bytes()))
	}
}

// digest is a capture's summary on one line.
func digest(t *testing.T, lines []byte, err error) string {
	t.Helper()
	if errors.Is(err, ErrNothingRead) {
		return "nothing could be read"
	}
	if err != nil {
		t.Fatal(err)
	}
	protocols, anomalies, devices := map[string]int{}, map[string]int{}, 0
	for line := range bytes.Lines(lines) {
		kind, name := field(line, "kind"), field(line, "protocol")
		switch kind {
		case "act":
			protocols[name]++
		case "anomaly":
			anomalies[field(line, "verb")]++
		case "device":
			devices++
		}
	}
	return fmt.Sprintf("%d devices%s%s", devices, list(protocols), list(anomalies))
}

// field is the first value of a key in a line of JSON.
func field(line []byte, key string) string {
	_, rest, _ := bytes.Cut(line, []byte(`"`+key+`":"`))
	v, _, _ := bytes.Cut(rest, []byte(`"`))
	return string(v)
}

func list(m map[string]int) string {
	var b strings.Builder
	for i, k := range slices.Sorted(maps.Keys(m)) {
		if i == 0 {
			b.WriteString(";")
		}
		fmt.Fprintf(&b, " %s %d", k, m[k])
	}
	return b.String()
}

// conversation is one direction between two ports of two hosts.
type conversation struct{ from, to string }

// TestCorpusBytes: the payload bytes of TCP in each direction are tshark's, on
// captures without gaps.
func TestCorpusBytes(t *testing.T) {
	tshark, err := exec.LookPath("tshark")
	if err != nil {
		if os.Getenv("CI") != "" {
			t.Fatal(err)
		}
		t.Skip("tshark is not installed")
	}
	root, files := corpus(t)
	compared := 0
	for _, file := range files {
		name, err := filepath.Rel(root, file)
		if err != nil {
			t.Fatal(err)
		}
		ours := tcpBytes(t, file)
		if len(ours) == 0 || len(ours) > 5000 || uneven[filepath.ToSlash(name)] != "" {
			continue
		}
		theirs, whole := tsharkBytes(t, tshark, file)
		if !whole {
			continue
		}
		compared++
		bad := 0
		for _, c := range slices.SortedFunc(maps.Keys(theirs), func(a, b conversation) int { return strings.Compare(a.from+a.to, b.from+b.to) }) {
			if ours[c] != theirs[c] {
				if bad++; bad <= 3 {
					t.Errorf("%s: %s to %s: %d bytes, tshark has %d", name, c.from, c.to, ours[c], theirs[c])
				}
			}
		}
	}
	t.Log(compared, "captures compared")
}

// uneven are captures in which tshark counts otherwise, and why.
var uneven = map[string]string{
	"robust/suricata-verify/tests/bug-6244-tcp-rst-with-data/tcp-rst-with-data.pcap": "what a reset carries is its reason (RFC 9293 3.5.2), not the stream's",
	"robust/tcpdump/tests/tcp_rst_diag_payload.pcap":                                 "what a reset carries is its reason, not the stream's",
	"robust/zeek/testing/btest/Traces/tunnels/gre-aruba-amsdu.pcap":                  "one frame holds several packets, of which the fields name the last",
}

func tcpBytes(t *testing.T, file string) map[conversation]uint64 {
	t.Helper()
	src, err := capture.Open([]string{file}, nil)
	if err != nil {
		return nil
	}
	key, err := privacy.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	words, err := privacy.NewVocabulary()
	if err != nil {
		t.Fatal(err)
	}
	e, err := wire.NewEngine(wire.Config{Analyzers: protocol.All(), Privacy: func(int) sense.Privacy { return key.Scrubber(words) }, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	out := map[conversation]uint64{}
	_, err = e.Run(t.Context(), src, sinkFunc(func(b []ward.Observation) error {
		for i := range b {
			o := &b[i]
			if o.Kind != ward.KindFlow || o.Flow.Transport != "tcp" {
				continue
			}
			a, z := fmt.Sprint(o.Src.IP, " ", o.Src.Port), fmt.Sprint(o.Dst.IP, " ", o.Dst.Port)
			out[conversation{a, z}] += o.Flow.BytesTo
			out[conversation{z, a}] += o.Flow.BytesFrom
		}
		return nil
	}))
	if err != nil {
		t.Fatal(file, err)
	}
	return out
}

// tsharkBytes sums the payload of segments that tshark takes for new; whole is false
// if segments are missing, cut or sent twice in part, where counts may differ.
func tsharkBytes(t *testing.T, tshark, file string) (out map[conversation]uint64, whole bool) {
	t.Helper()
	b, err := exec.Command(tshark, "-r", file, "-Y", "tcp.len>0", "-T", "fields", "-E", "occurrence=l", "-e", "ip.src", "-e", "ipv6.src", "-e", "tcp.srcport", "-e", "ip.dst", "-e", "ipv6.dst", "-e", "tcp.dstport", "-e", "tcp.len",
		"-e", "tcp.analysis.retransmission", "-e", "tcp.analysis.lost_segment", "-e", "tcp.analysis.out_of_order", "-e", "tcp.analysis.keep_alive", "-e", "tcp.analysis.reused_ports", "-e", "icmp.type", "-e", "frame.len", "-e", "frame.cap_len").Output()
	if err != nil {
		return nil, false
	}
	out = map[conversation]uint64{}
	for line := range strings.Lines(string(b)) {
		f := strings.Split(strings.TrimRight(line, "\n"), "\t")
		if len(f) < 15 || f[12] != "" {
			continue
		}
		if f[7]+f[8]+f[9]+f[10]+f[11] != "" || f[13] != f[14] {
			return nil, false
		}
		n, err := strconv.ParseUint(f[6], 10, 32)
		if err != nil {
			t.Fatal(err)
		}
		out[conversation{f[0] + f[1] + " " + f[2], f[3] + f[4] + " " + f[5]}] += n
	}
	return out, true
}
