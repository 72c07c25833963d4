package run

import (
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"os"
	"slices"
	"testing"
	"time"

	"wardkeeper/sense"
	"wardkeeper/sense/privacy"
	"wardkeeper/sense/protocol"
	"wardkeeper/sense/wire"
	"wardkeeper/sense/wire/capture"
	"wardkeeper/ward"
)

// sample is the capture of the damage tests: the bundled one, or another.
func sample() string {
	if f := os.Getenv("WARDKEEPER_BENCH"); f != "" {
		return f
	}
	return "../testdata/ward.pcapng"
}

// records reads a capture whole.
func records(t testing.TB, file string) []wire.Record {
	t.Helper()
	src, err := capture.Open([]string{file}, nil)
	if err != nil {
		t.Fatal(err)
	}
	var all []wire.Record
	for {
		recs, err := src.Fill(make([]byte, 1<<20), nil)
		all = append(all, recs...)
		if errors.Is(err, io.EOF) {
			return all
		}
		if err != nil {
			t.Fatal(err)
		}
	}
}

// given delivers records made before.
type given struct {
	recs []wire.Record
	at   int
}

func (g *given) Name(int) string { return "given" }

func (g *given) Fill(_ []byte, recs []wire.Record) ([]wire.Record, error) {
	n := min(len(g.recs)-g.at, 500)
	recs = append(recs, g.recs[g.at:g.at+n]...)
	g.at += n
	if g.at == len(g.recs) {
		return recs, io.EOF
	}
	return recs, nil
}

// play analyses records and returns counts of messages by protocol and verb.
func play(t testing.TB, recs []wire.Record, workers int) (map[string]*ward.ProtocolCount, *collector) {
	t.Helper()
	key, err := privacy.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	words, err := privacy.NewVocabulary()
	if err != nil {
		t.Fatal(err)
	}
	e, err := wire.NewEngine(wire.Config{Analyzers: protocol.All(), Privacy: func(int) sense.Privacy { return key.Scrubber(words) }, Workers: workers})
	if err != nil {
		t.Fatal(err)
	}
	c := newCollector()
	st, err := e.Run(t.Context(), &given{recs: recs}, sinkFunc(func(b []ward.Observation) error { c.observe(b); return nil }))
	if err != nil {
		t.Fatal(err)
	}
	return c.summary(&st, 0, 0).Protocols, c
}

type sinkFunc func([]ward.Observation) error

func (f sinkFunc) Observe(b []ward.Observation) error { return f(b) }

// streams are the protocols over TCP whose messages must all be found whatever
// order, copies and delays a mirror port adds.
var streams = []string{"dicom", "hl7", "http", "fhir", "dicomweb", "smb", "tls", "ssh", "astm", "ftp", "smtp", "telnet"}

func same(t *testing.T, what string, want, got map[string]*ward.ProtocolCount) {
	t.Helper()
	for _, p := range streams {
		if want[p] == nil && got[p] == nil {
			continue
		}
		if want[p] == nil || got[p] == nil || fmt.Sprint(want[p].Messages) != fmt.Sprint(got[p].Messages) {
			t.Errorf("%s: %s: got %v, want %v", what, p, got[p], want[p])
		}
	}
}

// TestMirrorDamage: packets reordered, repeated and delayed change no count.
func TestMirrorDamage(t *testing.T) {
	recs := records(t, sample())
	want, _ := play(t, recs, 2)
	if len(want) < 5 && os.Getenv("WARDKEEPER_BENCH") == "" {
		t.Fatalf("the sample holds only %d protocols", len(want))
	}
	r := rand.New(rand.NewPCG(1, 2))
	damage := map[string]func() []wire.Record{
		"duplicated": func() []wire.Record {
			var out []wire.Record
			for _, rec := range recs {
				out = append(out, rec)
				if r.IntN(3) == 0 {
					rec.Time += 30000
					out = append(out, rec)
				}
			}
			return out
		},
		"reordered": func() []wire.Record {
			out := slices.Clone(recs)
			for i := range out {
				if j := i + r.IntN(4); r.IntN(4) == 0 && j < len(out) {
					out[i], out[j] = out[j], out[i]
					out[i].Time, out[j].Time = out[j].Time, out[i].Time
				}
			}
			return out
		},
		"delayed": func() []wire.Record {
			out := slices.Clone(recs)
			for i := range out {
				if r.IntN(20) == 0 {
					out[i].Time = out[i].Time.Add(time.Duration(r.IntN(20)) * time.Millisecond)
				}
			}
			slices.SortStableFunc(out, func(a, b wire.Record) int { return int(min(max(a.Time-b.Time, -1), 1)) })
			return out
		},
	}
	for what, f := range damage {
		got, _ := play(t, f(), 2)
		same(t, what, want, got)
	}
}

// TestLoss: what is lost is reported as gaps, most of the rest is still read.
func TestLoss(t *testing.T) {
	recs := records(t, sample())
	want, _ := play(t, recs, 2)
	r := rand.New(rand.NewPCG(1, 2))
	var kept []wire.Record
	for _, rec := range recs {
		if r.IntN(100) > 0 {
			kept = append(kept, rec)
		}
	}
	got, c := play(t, kept, 2)
	if c.missing == 0 {
		t.Error("one packet in a hundred was lost and no gap was reported")
	}
	for _, p := range []string{"dicom", "hl7", "http"} {
		if want[p] == nil {
			continue
		}
		if w, g := messages(want[p]), uint64(0); got[p] != nil {
			if g = messages(got[p]); g*10 < w*8 {
				t.Errorf("%s: %d of %d messages were read", p, g, w)
			}
		}
	}
}
