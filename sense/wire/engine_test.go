package wire

import (
	"context"
	"encoding/binary"
	"io"
	"os"
	"testing"
	"time"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// pcapSource reads a classic little-endian pcap with microseconds, for tests.
type pcapSource struct {
	f    io.Reader
	left []byte
	n    uint64
	link int
}

func openPcap(t testing.TB, file string) *pcapSource {
	f, err := os.Open(file)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { f.Close() })
	h := make([]byte, 24)
	if _, err := io.ReadFull(f, h); err != nil {
		t.Fatal(err)
	}
	return &pcapSource{f: f, link: int(h[20])}
}

func (s *pcapSource) Name(int) string { return "test.pcap" }

func (s *pcapSource) Fill(buf []byte, recs []Record) ([]Record, error) {
	n := copy(buf, s.left)
	m, err := io.ReadFull(s.f, buf[n:])
	n += m
	at := 0
	for n-at >= 16 {
		h := buf[at:]
		l := int(binary.LittleEndian.Uint32(h[8:]))
		if n-at < 16+l {
			break
		}
		s.n++
		recs = append(recs, Record{Time: ward.Time(int64(binary.LittleEndian.Uint32(h))*1e9 + int64(binary.LittleEndian.Uint32(h[4:]))*1e3),
			Link: s.link, Orig: int(binary.LittleEndian.Uint32(h[12:])), Data: h[16 : 16+l], Number: s.n})
		at += 16 + l
	}
	s.left = append(s.left[:0], buf[at:n]...)
	if err == io.ErrUnexpectedEOF {
		err = io.EOF
	}
	return recs, err
}

type countSink struct {
	n     map[ward.Kind]int
	bytes uint64
}

func (c *countSink) Observe(b []ward.Observation) error {
	for i := range b {
		c.n[b[i].Kind]++
		if f := b[i].Flow; f != nil {
			c.bytes += f.BytesTo + f.BytesFrom
		}
	}
	return nil
}

type noPrivacy struct{ key [32]byte }

func (*noPrivacy) Token(ward.TokenKind, []byte, []byte) ward.Token { return ward.Token{} }
func (*noPrivacy) Text(sense.Class, []byte) string                 { return "" }
func (p *noPrivacy) DigestKey() *[32]byte                          { return &p.key }

func TestBench(t *testing.T) {
	file := os.Getenv("PCAP")
	if file == "" {
		t.Skip()
	}
	for range 3 {
		e, err := NewEngine(Config{Privacy: func(int) sense.Privacy { return &noPrivacy{} }})
		if err != nil {
			t.Fatal(err)
		}
		sink := &countSink{n: map[ward.Kind]int{}}
		start := time.Now()
		st, err := e.Run(context.Background(), openPcap(t, file), sink)
		d := time.Since(start)
		t.Logf("%v %.2f GB/s %d packets %v bytes=%d notes=%v limits=%v nd=%v copies=%d err=%v", d, float64(st.Bytes)/d.Seconds()/1e9, st.Packets, sink.n, sink.bytes, st.Notes, st.Limits, st.NotDecoded, st.Copies, err)
	}
}

func noPrivacyFor(int) sense.Privacy { return &noPrivacy{} }
