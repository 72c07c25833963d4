package sensetest

import (
	"bytes"
	"flag"
	"fmt"
	"math/rand/v2"
	"os"
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

var update = flag.Bool("update", false, "write golden files anew")

// Player feeds traces to analyzers as the wire does: probe, then everything from
// the first byte.
type Player struct {
	Analyzers []sense.Analyzer
	Privacy   sense.Privacy // Plain if nil
	// Cut splits a stream piece further; nil leaves pieces as they are.
	Cut func(b []byte) [][]byte
	// Lose says that a piece was not captured; nil loses nothing.
	Lose      func(i int) bool
	Midstream bool

	ctx   *sense.Context
	out   *sense.Output
	index uint64
}

// Budget is what analyzers may buffer in a Player.
const Budget = 8 << 20

func (p *Player) init() {
	if p.Privacy == nil {
		p.Privacy = &Plain{}
	}
	p.ctx = sense.NewContext(p.Privacy, Budget, p.child)
	p.out = &sense.Output{}
	p.ctx.SetOutput(p.out)
	p.index = 0
}

func (p *Player) child(c *sense.Context, e *sense.Envelope) sense.Child {
	for i := range p.Analyzers {
		if a := &p.Analyzers[i]; a.WantsChild != nil && a.WantsChild(e) {
			return a.NewChild(c, e)
		}
	}
	return nil
}

// Play returns the observations as JSON lines, without packet numbers and times,
// followed by a line for each limit hit.
func (p *Player) Play(tr *Trace) []string {
	p.init()
	for _, c := range tr.Conversations {
		p.conversation(c)
	}
	instances := map[string]sense.Frames{}
	for _, f := range tr.Frames {
		p.frame(f, instances)
	}
	return p.lines()
}

func (p *Player) lines() []string {
	var lines []string
	for i := range p.out.Obs {
		o := p.out.Obs[i]
		o.Packet, o.Time = 0, 0
		lines = append(lines, string(o.AppendJSON(nil)))
	}
	for _, k := range sortedKeys(p.ctx.Limits()) {
		lines = append(lines, fmt.Sprintf("limit %s %d", k, p.ctx.Limits()[k]))
	}
	return lines
}

func (p *Player) frame(f Frame, instances map[string]sense.Frames) {
	for i := range p.Analyzers {
		a := &p.Analyzers[i]
		for _, t := range a.Frames {
			if t != f.Type {
				continue
			}
			p.at(f.Time)
			p.ctx.SetConversation("", a.Name, f.Src, f.Dst, false, nil)
			if instances[a.Name] == nil {
				instances[a.Name] = a.NewFrames(p.ctx)
			}
			instances[a.Name].Frame(p.ctx, f.Type, f.Info, f.B)
		}
	}
}

func (p *Player) at(t ward.Time) {
	p.index++
	p.ctx.SetPacket(sense.Packet{Time: t, Index: p.index, Number: p.index, Capture: "test"})
}

// Recognise returns the analyzer whose probe says Yes to the conversation.
func (p *Player) Recognise(c *Conversation) *sense.Analyzer {
	want := sense.UDP
	if c.TCP {
		want = sense.TCP
	}
	var seen [2][]byte
	for _, piece := range c.Pieces {
		b := piece.B
		if c.TCP {
			if len(seen[piece.Dir]) >= sense.ProbeCap {
				continue
			}
			seen[piece.Dir] = append(seen[piece.Dir], b...)
			b = seen[piece.Dir][:min(len(seen[piece.Dir]), sense.ProbeCap)]
		}
		for i := range p.Analyzers {
			a := &p.Analyzers[i]
			if a.Transports&want != 0 && a.Probe(piece.Dir, b, c.Server.Port) == sense.Yes {
				return a
			}
		}
	}
	return nil
}

func (p *Player) conversation(c *Conversation) {
	a := p.Recognise(c)
	if a == nil {
		return
	}
	var messages uint64
	set := func() { p.ctx.SetConversation("", a.Name, c.Client, c.Server, p.Midstream, &messages) }
	if len(c.Pieces) > 0 {
		p.at(c.Pieces[0].Time)
	}
	set()
	if !c.TCP {
		d := a.NewDatagrams(p.ctx)
		for i, piece := range c.Pieces {
			if p.Lose != nil && p.Lose(i) {
				continue
			}
			p.at(piece.Time)
			set()
			d.Datagram(p.ctx, piece.Dir, bytes.Clone(piece.B))
		}
		d.Close(p.ctx)
		return
	}
	s := a.NewStream(p.ctx)
	for i, piece := range c.Pieces {
		p.at(piece.Time)
		set()
		if p.Lose != nil && p.Lose(i) {
			s.Gap(p.ctx, piece.Dir, int64(len(piece.B)))
			continue
		}
		for _, b := range p.cut(piece.B) {
			own := bytes.Clone(b)
			s.Data(p.ctx, piece.Dir, own)
			for j := range own { // a slice is only valid during the call
				own[j] = 0xdb
			}
		}
		if p.ctx.TakeDone() {
			break
		}
	}
	s.Close(p.ctx)
}

func (p *Player) cut(b []byte) [][]byte {
	if p.Cut == nil {
		return [][]byte{b}
	}
	return p.Cut(b)
}

// EveryByte cuts into single bytes.
func EveryByte(b []byte) [][]byte {
	out := make([][]byte, len(b))
	for i := range b {
		out[i] = b[i : i+1]
	}
	return out
}

// Random returns a Cut at random places, the same for the same seed.
func Random(seed uint64) func([]byte) [][]byte {
	r := rand.New(rand.NewPCG(seed, seed))
	return func(b []byte) [][]byte {
		var out [][]byte
		for len(b) > 0 {
			n := 1 + r.IntN(min(len(b), 1+r.IntN(3000)))
			out = append(out, b[:n])
			b = b[n:]
		}
		return out
	}
}

// Golden compares what the analyzers say of a trace with a file, or writes it
// when the test runs with -update.
func Golden(t *testing.T, tr *Trace, golden string, analyzers ...sense.Analyzer) {
	t.Helper()
	p := Player{Analyzers: analyzers}
	got := strings.Join(p.Play(tr), "\n") + "\n"
	if *update {
		if err := os.WriteFile(golden, []byte(got), 0o644); err != nil {
			t.Fatal(err)
		}
		return
	}
	want, err := os.ReadFile(golden)
	if err != nil {
		t.Fatal(err)
	}
	if got != string(want) {
		t.Errorf("%s differs (run with -update after checking):\n%s", golden, firstDifference(string(want), got))
	}
}

func firstDifference(want, got string) string {
	w, g := strings.Split(want, "\n"), strings.Split(got, "\n")
	for i := range max(len(w), len(g)) {
		var a, b string
		if i < len(w) {
			a = w[i]
		}
		if i < len(g) {
			b = g[i]
		}
		if a != b {
			return fmt.Sprintf("line %d\nwant %s\ngot  %s", i+1, a, b)
		}
	}
	return ""
}

// Splits checks that the answer does not depend on where the stream is cut.
func Splits(t *testing.T, tr *Trace, analyzers ...sense.Analyzer) {
	t.Helper()
	p := Player{Analyzers: analyzers}
	want := strings.Join(p.Play(tr), "\n")
	cuts := map[string]func([]byte) [][]byte{"every byte": EveryByte}
	for seed := range uint64(8) {
		cuts[fmt.Sprint("random ", seed)] = Random(seed)
	}
	for name, cut := range cuts {
		p.Cut = cut
		if got := strings.Join(p.Play(tr), "\n"); got != want {
			t.Errorf("cut at %s: %s", name, firstDifference(want, got))
		}
	}
}

// Robust plays the trace damaged in many ways; the only demand is no panic and
// bounded output.
func Robust(t *testing.T, tr *Trace, analyzers ...sense.Analyzer) {
	t.Helper()
	for seed := range uint64(30) {
		r := rand.New(rand.NewPCG(seed, 7))
		p := Player{Analyzers: analyzers, Midstream: seed%2 == 0, Cut: Random(seed),
			Lose: func(int) bool { return r.IntN(5) == 0 }}
		p.Play(damage(tr, r))
	}
}

func damage(tr *Trace, r *rand.Rand) *Trace {
	out := &Trace{}
	flip := func(b []byte) []byte {
		b = bytes.Clone(b)
		for n := r.IntN(4); n > 0 && len(b) > 0; n-- {
			b[r.IntN(len(b))] = byte(r.UintN(256))
		}
		if r.IntN(6) == 0 {
			b = b[:r.IntN(len(b)+1)]
		}
		return b
	}
	for _, c := range tr.Conversations {
		d := *c
		d.Pieces = nil
		for i, piece := range c.Pieces {
			if i > 0 { // leave the first as it is, so that the probe still says yes
				piece.B = flip(piece.B)
			}
			d.Pieces = append(d.Pieces, piece)
		}
		out.Conversations = append(out.Conversations, &d)
	}
	for _, f := range tr.Frames {
		f.B = flip(f.B)
		out.Frames = append(out.Frames, f)
	}
	return out
}

// Stream feeds arbitrary bytes to an analyzer without asking its probe; for
// fuzzing. Each direction is chosen by a bit of how.
func Stream(a sense.Analyzer, b []byte, how uint64) []string {
	p := Player{Analyzers: []sense.Analyzer{a}}
	p.init()
	tr := TCP(1)
	c := tr.Conversations[0]
	p.at(1)
	set := func() {
		p.ctx.SetConversation("", a.Name, c.Client, c.Server, how&1 != 0, nil)
	}
	set()
	s := a.NewStream(p.ctx)
	r := rand.New(rand.NewPCG(how, 3))
	for len(b) > 0 && len(p.out.Obs) < 1<<16 {
		n := 1 + r.IntN(len(b))
		dir := sense.Dir(r.IntN(2)) & sense.Dir(how>>1)
		if r.IntN(8) == 0 && how&4 != 0 {
			s.Gap(p.ctx, dir, int64(n))
		} else {
			s.Data(p.ctx, dir, bytes.Clone(b[:n]))
		}
		b = b[n:]
	}
	s.Close(p.ctx)
	return p.lines()
}

// Datagram feeds arbitrary bytes as one datagram in each direction; for fuzzing.
func Datagram(a sense.Analyzer, b []byte) []string {
	p := Player{Analyzers: []sense.Analyzer{a}}
	p.init()
	c := UDP(1).Conversations[0]
	p.at(1)
	p.ctx.SetConversation("", a.Name, c.Client, c.Server, false, nil)
	d := a.NewDatagrams(p.ctx)
	d.Datagram(p.ctx, sense.ToServer, bytes.Clone(b))
	d.Datagram(p.ctx, sense.ToClient, bytes.Clone(b))
	d.Close(p.ctx)
	return p.lines()
}
