package dicom

import (
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wardkeeper/sense/sensetest"
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

func TestStore(t *testing.T) {
	p := sensetest.Player{Analyzers: analyzers()}
	for _, l := range p.Play(store(2, 100000)) {
		t.Log(l)
	}
}
