package dicom

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wardkeeper/format/dicom"
	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
	"wardkeeper/ward"
)

// counts returns how many acts each verb has in lines of a Player.
func counts(t testing.TB, lines []string) map[string]int {
	n := map[string]int{}
	for _, l := range lines {
		var o struct {
			Kind, Verb string
			Reply      bool
		}
		if !strings.HasPrefix(l, "{") {
			continue
		}
		if err := json.Unmarshal([]byte(l), &o); err != nil {
			t.Fatal(err)
		}
		if o.Kind == "act" {
			if o.Reply && (strings.HasPrefix(o.Verb, "C-") || strings.HasPrefix(o.Verb, "N-")) {
				o.Verb += "-RSP"
			}
			n[o.Verb]++
		}
	}
	return n
}

// TestCounts compares with an independent count of the same captures.
func TestCounts(t *testing.T) {
	dir := os.Getenv("WARDKEEPER_BENCH")
	if dir == "" {
		t.Skip("WARDKEEPER_BENCH is not set")
	}
	want := map[string]int{"A-ASSOCIATE-RQ": 74, "A-ASSOCIATE-AC": 74, "A-RELEASE-RQ": 74, "A-RELEASE-RP": 74,
		"C-STORE": 65, "C-STORE-RSP": 65, "C-FIND": 20, "C-FIND-RSP": 179, "C-MOVE": 4, "C-MOVE-RSP": 12, "C-ECHO": 10, "C-ECHO-RSP": 10}
	for _, name := range []string{"dicom-small.pcap", "mix-small.pcap"} {
		tr := sensetest.Load(t, filepath.Join(dir, name))
		for _, cut := range []func([]byte) [][]byte{nil, sensetest.Random(1), sensetest.Random(2)} {
			p := sensetest.Player{Analyzers: analyzers(), Cut: cut}
			if got := counts(t, p.Play(tr)); fmt.Sprint(got) != fmt.Sprint(want) {
				t.Errorf("%s: got %v\nwant %v", name, got, want)
			}
		}
	}
}

// TestAllocations holds what a message costs once a conversation is warm: the
// text of the tokens that the test's privacy makes, and nothing for its bytes.
func TestAllocations(t *testing.T) {
	tr := store(1, 1<<20)
	conv := tr.Conversations[0]
	c := sense.NewContext(quiet{&sensetest.Plain{}}, sensetest.Budget, nil)
	out := &sense.Output{}
	c.SetOutput(out)
	c.SetConversation("", name, conv.Client, conv.Server, false, nil)
	s := &stream{}
	for _, p := range conv.Pieces[:4] {
		s.Data(c, p.Dir, p.B)
	}
	got := testing.AllocsPerRun(20, func() {
		for _, p := range conv.Pieces[2:4] {
			for rest := p.B; len(rest) > 0; {
				n := min(segment, len(rest))
				s.Data(c, p.Dir, rest[:n])
				rest = rest[n:]
			}
		}
		out.Reset()
	})
	if got > 0 {
		t.Errorf("%v allocations for a C-STORE of 1 MiB and its response", got)
	}
}

// quiet is a privacy that allocates nothing.
type quiet struct{ sense.Privacy }

func (quiet) Token(k ward.TokenKind, _, value []byte) ward.Token {
	if len(value) == 0 {
		return ward.Token{}
	}
	return ward.Token{Kind: k, Epoch: 1}
}

func (quiet) Text(_ sense.Class, raw []byte) string {
	if len(raw) == 0 {
		return ""
	}
	return "text"
}

// FuzzStream: any bytes in any pieces; and the answer does not depend on them.
func FuzzStream(f *testing.F) {
	for _, seed := range []*sensetest.Trace{store(1, 300), send(ctStorage, bigEnd, storeCommand("1.2"), ctInstance(dicom.ExplicitBE, "1.2", ramp[:40]), 90)} {
		var up []byte
		for _, p := range seed.Conversations[0].Pieces {
			if p.Dir == sense.ToServer {
				up = append(up, p.B...)
			}
		}
		for how := range uint64(8) {
			f.Add(up, how)
		}
	}
	for _, name := range []string{"store", "query", "commit"} {
		for _, conv := range capture(f, name).Conversations {
			var up []byte
			for _, p := range conv.Pieces {
				if len(up)+len(p.B) < 8000 {
					up = append(up, p.B...)
				}
			}
			f.Add(up, uint64(len(up)))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, how uint64) {
		sensetest.Stream(Analyzer(), b, how)
		tr := sensetest.TCP(104, sensetest.Up(b))
		a := Analyzer()
		a.Probe = func(sense.Dir, []byte, uint16) sense.Verdict { return sense.Yes }
		p := sensetest.Player{Analyzers: []sense.Analyzer{a}, Midstream: how&1 != 0}
		want := p.Play(tr)
		p.Cut = sensetest.Random(how)
		if got := p.Play(tr); !slices.Equal(got, want) {
			t.Errorf("cut differently:\n%s\nwhole:\n%s", strings.Join(got, "\n"), strings.Join(want, "\n"))
		}
	})
}

// FuzzFile likewise.
func FuzzFile(f *testing.F) {
	f.Add(p10("MZ", explicit, ctInstance(dicom.ExplicitLE, "1.2.9", ramp[:50])), uint64(1))
	f.Add(p10("", implicit, ctInstance(dicom.ImplicitLE, "1.2.9", ramp[:50])), uint64(1))
	f.Add(ctInstance(dicom.ExplicitBE, "1.2.9", ramp[:50]), uint64(1))
	f.Fuzz(func(t *testing.T, b []byte, how uint64) {
		want := readFile(t, b, nil)
		if got := readFile(t, b, sensetest.Random(how)); fmt.Sprint(got) != fmt.Sprint(want) {
			t.Errorf("cut differently: %+v, whole: %+v", got, want)
		}
	})
}
