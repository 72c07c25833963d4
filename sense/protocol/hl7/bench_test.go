package hl7

import (
	"bytes"
	"fmt"
	"os"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
	"wardkeeper/ward"
)

// benchPieces returns one long conversation: the segments of real traffic where
// WARDKEEPER_BENCH names a capture, else generated messages and answers.
func benchPieces(b testing.TB) (pieces []sensetest.Piece, messages, acks, size int) {
	if file := os.Getenv("WARDKEEPER_BENCH"); file != "" {
		for _, c := range sensetest.Load(b, file).Conversations {
			if c.TCP {
				pieces = append(pieces, c.Pieces...)
			}
		}
	} else {
		for i := range 1000 {
			pieces = append(pieces, sensetest.Up([]byte(synthetic(i))), sensetest.Down([]byte(syntheticAck(i))))
		}
	}
	for _, p := range pieces {
		size += len(p.B)
		messages += bytes.Count(p.B, []byte("\x1c\r"))
		acks += bytes.Count(p.B, []byte("|ACK|"))
	}
	return pieces, messages - acks, acks, size
}

func synthetic(i int) string {
	typ := [...]string{"ADT^A01", "ORU^R01"}[i%2]
	m := fmt.Sprintf("\x0bMSH|^~\\&|HIS|NORTH|ENGINE|NORTH|20260102030405||%s|HIS%07d|P|2.3|||AL||44|ASCII\r", typ, i)
	m += fmt.Sprintf("PID|1|%010d^^^NORTH MRN^MRN|%010d^^^NORTH MRN^MRN~2478684691^^^NHSNBR^NHSNMBR||Family^Given^^^Miss^^CURRENT||19890118000000|F|||1 Road^^Town^^AA1 1AA^GBR^HOME||000 0000 0000^HOME|||||||||R^Other^^^||||||||\r", i%500, i%500)
	m += fmt.Sprintf("PV1|1|I|Ward^Room^Bed 1^Hospital^^BED^Main^5|28b|||C006^Family^Given^^^Dr^^^DRNBR^PRSNL^^^ORGDR|||MED|||||||||61459145470629690%02d^^^^visitid||||||||||||||||||||||ARRIVED|||20260102030405||\r", i%100)
	if i%2 == 1 {
		m += fmt.Sprintf("ORC|RE|%010d|4262718364||CM||||20260102030405\rOBR|1|%010d|4262718364|us-0003^UREA^L^^||20260102030405|20260102030405\r", i, i)
		for n := range 5 {
			m += fmt.Sprintf("OBX|%d|NM|tt-0003-0%d^Creatinine^L^^||98.00|UMOLL|49 - 92|H|||F|||20260102030405||\rNTE|0||some words|\r", n+1, n)
		}
	}
	return m + "\x1c\r"
}

func syntheticAck(i int) string {
	return fmt.Sprintf("\x0bMSH|^~\\&|ENGINE|NORTH|HIS|NORTH|20260102030405||ACK|HIS%07d|P|2.3\rMSA|AA|HIS%07d\r\x1c\r", i, i)
}

// player feeds pieces to one stream as often as wanted, and counts.
type player struct {
	c        *sense.Context
	out      sense.Output
	s        sense.Stream
	messages uint64
}

func newPlayer(p sense.Privacy) *player {
	l := &player{c: sense.NewContext(p, 8<<20, nil)}
	l.c.SetOutput(&l.out)
	t := sensetest.TCP(2575).Conversations[0]
	l.c.SetConversation("", "hl7", t.Client, t.Server, false, &l.messages)
	l.s = Analyzer().NewStream(l.c)
	return l
}

func (l *player) play(pieces []sensetest.Piece) {
	for i := range pieces {
		l.c.SetPacket(sense.Packet{Time: pieces[i].Time, Index: uint64(i), Number: uint64(i)})
		l.s.Data(l.c, pieces[i].Dir, pieces[i].B)
		if len(l.out.Obs) > 512 {
			l.out.Reset()
		}
	}
	l.out.Reset()
}

// cheap is a Privacy that costs nothing, so that the analyzer alone is measured.
type cheap struct{ key [32]byte }

func (*cheap) Token(k ward.TokenKind, _, v []byte) ward.Token {
	if len(v) == 0 {
		return ward.Token{}
	}
	t := ward.Token{Kind: k, Epoch: 1}
	copy(t.Sum[:], v)
	return t
}
func (*cheap) Text(_ sense.Class, raw []byte) string {
	if len(raw) == 0 {
		return ""
	}
	return "text"
}
func (p *cheap) DigestKey() *[32]byte { return &p.key }

func benchmark(b *testing.B, want func(data bool) bool) {
	all, _, _, _ := benchPieces(b)
	var pieces []sensetest.Piece
	for _, p := range all {
		if len(pieces) == 600 { // as much as caches hold: the wire has just read what it feeds
			break
		}
		if want(!bytes.Contains(p.B, []byte("|ACK|"))) {
			pieces = append(pieces, p)
		}
	}
	messages, size := 0, 0
	for _, p := range pieces {
		messages += bytes.Count(p.B, []byte("\x1c\r"))
		size += len(p.B)
	}
	l := newPlayer(&cheap{})
	l.play(pieces)
	b.ReportAllocs()
	b.SetBytes(int64(size))
	b.ResetTimer()
	for b.Loop() {
		l.play(pieces)
	}
	b.ReportMetric(float64(b.Elapsed().Nanoseconds())/float64(b.N)/float64(messages), "ns/message")
}

func BenchmarkConversation(b *testing.B) { benchmark(b, func(bool) bool { return true }) }
func BenchmarkMessages(b *testing.B)     { benchmark(b, func(data bool) bool { return data }) }
func BenchmarkAcks(b *testing.B)         { benchmark(b, func(data bool) bool { return !data }) }

func TestAllocations(t *testing.T) {
	pieces, messages, acks, _ := benchPieces(t)
	l := newPlayer(&cheap{})
	l.play(pieces)
	l.play(pieces)
	n := testing.AllocsPerRun(5, func() { l.play(pieces) })
	if per := n / float64(messages+acks); per > 0.001 {
		t.Errorf("%.4f allocations a message, want none", per)
	}
}

func TestBenchCounts(t *testing.T) {
	file := os.Getenv("WARDKEEPER_BENCH")
	if file == "" {
		t.Skip("WARDKEEPER_BENCH names no capture")
	}
	var want uint64
	l := newPlayer(&cheap{})
	for _, c := range sensetest.Load(t, file).Conversations {
		if !c.TCP {
			continue
		}
		// an independent count: the end of block, wherever it is cut
		var last [2]byte
		for _, p := range c.Pieces {
			want += uint64(bytes.Count(p.B, []byte("\x1c\r")))
			if last[p.Dir] == 0x1c && p.B[0] == '\r' {
				want++
			}
			last[p.Dir] = p.B[len(p.B)-1]
		}
		s := Analyzer().NewStream(l.c)
		for _, p := range c.Pieces {
			s.Data(l.c, p.Dir, p.B)
		}
		s.Close(l.c)
		for i := range l.out.Obs {
			if o := &l.out.Obs[i]; o.Anomaly != nil || o.Act != nil && len(o.Act.Attrs) > 0 && o.Act.Attrs[0].Name != "merged" {
				t.Fatalf("unexpected %s", o.AppendJSON(nil))
			}
		}
		l.out.Reset()
	}
	if l.messages != want || want == 0 {
		t.Errorf("%d messages, want %d", l.messages, want)
	}
	t.Log(want, "messages")
}
