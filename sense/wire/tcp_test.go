package wire

import (
	"bytes"
	"fmt"
	"slices"
	"strings"
	"testing"
	"time"

	"pgregory.net/rapid"

	"wardkeeper/sense"
)

// talk is a TCP conversation of hosts 1 and 2 with chosen segments.
type talk struct {
	*wireTap
	isn, isnB uint32
}

func newTalk(t testing.TB, isn uint32) *talk {
	k := &talk{&wireTap{t: t}, isn, 5000}
	return k
}

func (k *talk) open() *talk {
	k.add(1, k.tcpPacket(1, 4000, 2, 80, k.isn, 0, "S", nil))
	k.add(1, k.tcpPacket(2, 80, 1, 4000, k.isnB, k.isn+1, "SA", nil))
	k.add(1, k.tcpPacket(1, 4000, 2, 80, k.isn+1, k.isnB+1, "A", nil))
	return k
}

// at sends data at an offset of the client's stream.
func (k *talk) at(off int, data string) *talk {
	k.add(1, k.tcpPacket(1, 4000, 2, 80, k.isn+1+uint32(off), k.isnB+1, "A", []byte(data)))
	return k
}

func (k *talk) back(off int, data string) *talk {
	k.add(1, k.tcpPacket(2, 80, 1, 4000, k.isnB+1+uint32(off), k.isn+1, "A", []byte(data)))
	return k
}

func (k *talk) flags(off int, f string) *talk {
	k.add(1, k.tcpPacket(1, 4000, 2, 80, k.isn+1+uint32(off), k.isnB+1, f, nil))
	return k
}

func TestTCP(t *testing.T) {
	const wrap = ^uint32(0) - 4
	for _, c := range []struct {
		name      string
		isn       uint32
		send      func(k *talk)
		up, down  string
		anomalies []string
		state     string
	}{
		{"in order", 100, func(k *talk) { k.open().at(0, "abc").back(0, "xy").at(3, "def").flags(6, "FA") }, "abcdef", "xy", nil, stateOpen},
		{"out of order", 100, func(k *talk) { k.open().at(6, "ghi").at(3, "def").at(0, "abc") }, "abcdefghi", "", nil, stateOpen},
		{"wraps around", wrap, func(k *talk) { k.open().at(0, "abcde").at(8, "ijk").at(5, "fgh") }, "abcdefghijk", "", nil, stateOpen},
		{"retransmission", 100, func(k *talk) { k.open().at(0, "abc").at(0, "abc").at(3, "def") }, "abcdef", "", nil, stateOpen},
		{"retransmission with more", 100, func(k *talk) { k.open().at(0, "abc").at(1, "bcdef") }, "abcdef", "", nil, stateOpen},
		{"first copy wins", 100, func(k *talk) { k.open().at(3, "DEF").at(3, "xyz").at(0, "abc") }, "abcDEF", "", []string{"tcp.overlap-differs"}, stateOpen},
		{"delivered copy differs", 100, func(k *talk) { k.open().at(0, "abc").at(0, "abX").at(3, "d") }, "abcd", "", []string{"tcp.overlap-differs"}, stateOpen},
		{"held segment inside a larger one", 100, func(k *talk) { k.open().at(4, "EF").at(2, "cdEFgh").at(0, "ab") }, "abcdEFgh", "", nil, stateOpen},
		{"held segments bridged, differing", 100, func(k *talk) { k.open().at(2, "c").at(6, "g").at(1, "bCdefGh").at(0, "a") }, "abcdefgh", "",
			[]string{"tcp.overlap-differs", "tcp.overlap-differs"}, stateOpen},
		{"data with SYN", 100, func(k *talk) {
			k.add(1, k.tcpPacket(1, 4000, 2, 80, 100, 0, "S", []byte("ab")))
			k.at(2, "cd")
		}, "abcd", "", nil, stateOpen},
		{"SYN after data", 100, func(k *talk) {
			k.at(3, "def").at(0, "abc")
			k.add(1, k.tcpPacket(1, 4000, 2, 80, 100, 0, "S", nil))
			k.at(6, "g")
		}, "abcdefg", "", nil, stateOpen},
		{"SYN lost", 100, func(k *talk) {
			k.add(1, k.tcpPacket(2, 80, 1, 4000, 5000, 101, "SA", nil))
			k.at(3, "def").at(0, "abc")
		}, "abcdef", "", nil, stateOpen},
		{"mid-stream, shuffled", 100, func(k *talk) { k.at(506, "ghi").at(500, "abc").at(503, "def") }, "abcdefghi", "", nil, stateOpen},
		{"blind RST", 100, func(k *talk) { k.open().at(0, "abc").flags(1<<25, "R").at(3, "def") }, "abcdef", "", []string{"tcp.rst-out-of-window"}, stateOpen},
		{"RST, then data all the same", 100, func(k *talk) { k.open().at(0, "abc").flags(3, "R").at(3, "def") }, "abcdef", "", nil, stateReset},
		{"wild sequence number", 100, func(k *talk) { k.open().at(0, "abc").at(1<<30, "zzz").at(3, "def") }, "abcdef", "", []string{"tcp.sequence-out-of-window"}, stateOpen},
		{"keep-alive", 100, func(k *talk) { k.open().at(0, "abc").at(2, "c").at(3, "d") }, "abcd", "", nil, stateOpen},
		{"hole at the end", 100, func(k *talk) { k.open().at(0, "abc").at(6, "ghi") }, "abc???ghi", "", nil, stateOpen},
		{"FIN before the data", 100, func(k *talk) { k.open().flags(3, "FA").at(0, "abc") }, "abc", "", nil, stateOpen},
		{"one direction only", 100, func(k *talk) { k.flags(-1, "S").at(0, "abc") }, "abc", "", nil, stateOpen},
	} {
		t.Run(c.name, func(t *testing.T) {
			k := newTalk(t, c.isn)
			c.send(k)
			r := k.run(Config{})
			if len(r.tapes) != 1 || r.tapes[0].closed != 1 {
				t.Fatalf("%d streams", len(r.tapes))
			}
			if up, down := r.tapes[0].up.String(), r.tapes[0].down.String(); up != c.up || down != c.down {
				t.Errorf("got %q and %q, want %q and %q", up, down, c.up, c.down)
			}
			if got := r.anomalies(); !slices.Equal(got, c.anomalies) {
				t.Errorf("anomalies %v, want %v", got, c.anomalies)
			}
			f := r.flows()
			if len(f) != 1 || f[0].State != c.state {
				t.Errorf("flows %+v", f)
			}
		})
	}
}

func TestTCPPortsUsedAgain(t *testing.T) {
	k := newTalk(t, 100)
	k.open().at(0, "first").flags(5, "FA")
	k.isn, k.isnB = 900000, 800000
	k.open().at(0, "second")
	r := k.run(Config{})
	if len(r.tapes) != 2 || r.tapes[0].up.String() != "first" || r.tapes[1].up.String() != "second" {
		t.Fatalf("%d streams", len(r.tapes))
	}
}

// TestTCPAnswerBeforeQuestion: a mirror that shows the answer first does not make
// the analyzer see it first; where the question was never captured, nothing waits.
func TestTCPAnswerBeforeQuestion(t *testing.T) {
	answer := func(k *talk, data string) {
		k.add(1, k.tcpPacket(2, 80, 1, 4000, k.isnB+1, k.isn+4, "A", []byte(data)))
	}
	k := newTalk(t, 100)
	k.open()
	answer(k, "yes")
	k.at(0, "who")
	if r := k.run(Config{}); !slices.Equal(r.tapes[0].order, []sense.Dir{sense.ToServer, sense.ToClient}) {
		t.Errorf("fed in order %v", r.tapes[0].order)
	}
	k = newTalk(t, 100)
	k.add(1, k.tcpPacket(2, 80, 1, 4000, k.isnB, k.isn+1, "SA", nil))
	answer(k, "yes")
	k.ms += 50
	k.add(1, k.udpPacket(7, 1, 8, 9, []byte("later")))
	r := k.run(Config{})
	if got := r.tapes[0].down.String(); got != "yes" || len(r.obs) > 0 && r.obs[0].Flow == nil {
		t.Errorf("one side: got %q", got)
	}
}

func TestTCPHoleGivenUpInTime(t *testing.T) {
	k := newTalk(t, 100)
	k.open().at(0, "abc").at(6, "ghi")
	k.ms += 5000
	k.at(9, "jkl")
	r := k.run(Config{})
	if got := r.tapes[0].up.String(); got != "abc???ghijkl" {
		t.Errorf("got %q", got)
	}
	if f := r.flows()[0]; f.MissingTo != 3 || f.BytesTo != 9 {
		t.Errorf("flow %+v", f)
	}
}

func TestTCPSnapLength(t *testing.T) {
	k := newTalk(t, 100)
	k.open()
	k.mod = func(r *Record) { r.Data = r.Data[:len(r.Data)-2] }
	k.at(0, "abcdef")
	k.mod = nil
	k.at(6, "ghi")
	r := k.run(Config{})
	if got := r.tapes[0].up.String(); got != "abcd??ghi" || r.stats.Cut != 1 {
		t.Errorf("got %q, cut %d", got, r.stats.Cut)
	}
}

// TestTCPAnyOrder: however segments are cut, shuffled a little and repeated, the
// stream is the same; what is lost is a gap and all else is read.
func TestTCPAnyOrder(t *testing.T) {
	rapid.Check(t, func(rt *rapid.T) {
		isn := rapid.Uint32().Draw(rt, "isn")
		data := rapid.SliceOfN(rapid.Byte(), 1, 3000).Draw(rt, "data")
		type seg struct{ from, to int }
		var segs []seg
		for at := 0; at < len(data); {
			n := min(rapid.IntRange(1, 400).Draw(rt, "n"), len(data)-at)
			segs = append(segs, seg{at, at + n})
			at += n
		}
		lost := map[int]bool{}
		var sent []seg
		for i, s := range segs {
			if i > 0 && rapid.IntRange(0, 9).Draw(rt, "lost") == 0 {
				for j := s.from; j < s.to; j++ {
					lost[j] = true
				}
				continue
			}
			sent = append(sent, s)
			if rapid.IntRange(0, 4).Draw(rt, "twice") == 0 {
				sent = append(sent, s)
			}
		}
		for i := range sent { // delay some
			j := min(i+rapid.IntRange(0, 5).Draw(rt, "delay"), len(sent)-1)
			sent[i], sent[j] = sent[j], sent[i]
		}
		k := newTalk(t, isn)
		k.open()
		for _, s := range sent {
			k.at(s.from, string(data[s.from:s.to]))
		}
		want := bytes.Clone(data)
		for i := range want {
			if lost[i] {
				want[i] = '?'
			}
		}
		end := len(want)
		for end > 0 && lost[end-1] {
			end--
		}
		r := k.run(Config{})
		if got := r.tapes[0].up.Bytes(); !bytes.Equal(got, want[:end]) {
			rt.Fatalf("stream differs: %d bytes, want %d", len(got), end)
		}
		if a := r.anomalies(); len(a) > 0 {
			rt.Fatalf("anomalies %v", a)
		}
	})
}

func TestFlood(t *testing.T) {
	w := &wireTap{t: t}
	syn := w.tcpPacket(1, 4000, 2, 80, 1, 0, "S", nil)
	for i := range 200000 {
		b := bytes.Clone(syn)
		b[26], b[27], b[28], b[29] = byte(i>>16), byte(i>>8), byte(i), 9 // source address
		b[34], b[35] = byte(i>>8), byte(i)
		w.recs = append(w.recs, Record{Time: start.Add(time.Duration(i) * time.Microsecond), Link: 1, Orig: len(b), Data: b, Number: uint64(i + 1)})
	}
	const memory = 4 << 20
	e := w.run(Config{Memory: memory})
	if e.stats.Limits["flow.table"] == 0 {
		t.Error("the flow table's limit did not show")
	}
	if n := len(e.flows()); n != 200000 {
		t.Errorf("%d flow records", n)
	}
}

// TestSameAnswer: the number of workers and the size of reads change nothing.
func TestSameAnswer(t *testing.T) {
	w := &wireTap{t: t}
	for h := byte(2); h < 40; h++ {
		for i := range 20 {
			w.add(1, w.tcpPacket(1, 4000, h, 80, uint32(100+3*i), 1, "A", []byte("abc")))
			w.add(1, w.udpPacket(h, 53, 1, 999, []byte(fmt.Sprint("q", i))))
		}
	}
	var want []string
	for _, workers := range []int{1, 2, 8} {
		for _, per := range []int{1, 7, 500} {
			e, err := NewEngine(Config{Workers: workers, Privacy: noPrivacyFor, Analyzers: nil})
			if err != nil {
				t.Fatal(err)
			}
			r := &result{}
			if _, err := e.Run(t.Context(), &sliceSource{recs: w.recs, per: per}, r); err != nil {
				t.Fatal(err)
			}
			var got []string
			for i := range r.obs {
				got = append(got, string(r.obs[i].AppendJSON(nil)))
			}
			if want == nil {
				want = got
			}
			if !slices.Equal(got, want) {
				t.Fatalf("%d workers, %d a batch: another answer", workers, per)
			}
		}
	}
	if len(want) == 0 || !strings.Contains(want[0], `"flow"`) {
		t.Error("no flows")
	}
}

// TestAcknowledgementsFallBack: held answers that wait for less and less (a damaged or
// forged acknowledgement) end with the conversation all the same.
func TestAcknowledgementsFallBack(t *testing.T) {
	k := newTalk(t, 100).open().at(0, "ab").back(0, "xy")
	for i, ahead := range []uint32{5000, 900, 300} {
		k.add(1, k.tcpPacket(1, 4000, 2, 80, k.isn+3+uint32(2*i), k.isnB+3+ahead, "A", []byte("cd")))
	}
	done := make(chan bool)
	go func() {
		k.run(Config{})
		close(done)
	}()
	select {
	case <-done:
	case <-time.After(20 * time.Second):
		t.Fatal("the conversation does not end")
	}
}
