package modbus

import (
	"bytes"
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
	"wardkeeper/ward"
)

// The capture is pymodbus talking to pymodbus.
const capture = "testdata/modbus.pcap"

func TestGolden(t *testing.T) {
	tr := sensetest.Load(t, capture)
	sensetest.Golden(t, tr, "testdata/modbus.golden", Analyzer())
	sensetest.Splits(t, tr, Analyzer())
	sensetest.Robust(t, tr, Analyzer())
	if got, want := sensetest.Count(tr, "act", "modbus", Analyzer()), sensetest.Tshark(t, capture, "mbtcp"); got != want {
		t.Errorf("%d acts, tshark sees %d messages", got, want)
	}
}

func TestCorpus(t *testing.T) {
	for _, file := range sensetest.Captures(t) {
		tr := sensetest.TryLoad(file)
		if tr == nil {
			continue
		}
		sensetest.Robust(t, tr, Analyzer())
		got := sensetest.Count(tr, "act", "modbus", Analyzer())
		if strings.Contains(file, "modbus/") {
			t.Logf("%s: %d acts, tshark sees %d packets", file, got, sensetest.Tshark(t, file, "mbtcp"))
		} else if got > 0 {
			t.Logf("%s: %d acts", file, got)
		}
	}
}

// Two requests and an exception, from the specification's examples.
var (
	read  = unhex("000100000006" + "11" + "03006b0003")
	write = unhex("00020000000b" + "11" + "10000100020 4000a0102")
	fault = unhex("000100000003" + "11" + "8302")
)

func unhex(s string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(s, " ", ""))
	if err != nil {
		panic(err)
	}
	return b
}

func play(p sensetest.Player, pieces ...sensetest.Piece) string {
	p.Analyzers = []sense.Analyzer{Analyzer()}
	return strings.Join(p.Play(sensetest.TCP(502, pieces...)), "\n")
}

func TestMidstreamAndRubbish(t *testing.T) {
	in := bytes.Join([][]byte{read, []byte("rubbish of any kind"), write, read, []byte("\x00\x00"), write}, nil)
	tr := sensetest.TCP(502, sensetest.Up(in), sensetest.Down(fault))
	sensetest.Splits(t, tr, Analyzer())
	out := play(sensetest.Player{}, tr.Conversations[0].Pieces...)
	if strings.Count(out, `"verb":"write","object":"holding registers"`) != 2 || strings.Count(out, "modbus.malformed") != 2 || !strings.Contains(out, "illegal data address") {
		t.Error(out)
	}
	out = play(sensetest.Player{Midstream: true}, sensetest.Up(read), sensetest.Up(write))
	if strings.Count(out, `"kind":"act"`) != 2 {
		t.Error(out)
	}
}

func TestProbe(t *testing.T) {
	for _, c := range []struct {
		in   []byte
		port uint16
		want sense.Verdict
	}{
		{read, 502, sense.Yes},
		{read[:5], 502, sense.More},
		{read, 4000, sense.More},
		{append(bytes.Clone(read), 1, 2, 3, 4, 5), 4000, sense.No},
		{append(bytes.Clone(read), write...), 4000, sense.Yes},
		{[]byte("GET / HTTP/1.1\r\n"), 502, sense.No},
		{bytes.Repeat([]byte{0}, 50), 502, sense.No},
		{[]byte("\x01\x00\x00\x00\x00\xcd\x00\x00"), 502, sense.No}, // DICOM A-ASSOCIATE-RQ
		{[]byte("\x01\x00\x00\x00\x00\xcd\x00\x01\x00\x00" + strings.Repeat("STORESCP", 30)), 502, sense.No},
		{[]byte("\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03"), 502, sense.No},
		{unhex("0001000000061103006b000301"), 502, sense.Yes},
		{unhex("000100000005110300 6b00"), 502, sense.No},
	} {
		if got := probe(sense.ToServer, c.in, c.port); got != c.want {
			t.Errorf("%x on %d: %v", c.in, c.port, got)
		}
	}
}

func TestDiagnostics(t *testing.T) {
	out := play(sensetest.Player{}, sensetest.Up(unhex("000100000006"+"01"+"0800040000")))
	if !strings.Contains(out, `"verb":"diagnostics","object":"force listen only"`) {
		t.Error(out)
	}
}

func TestNothingPastPrivacy(t *testing.T) {
	sensetest.Hidden(t, sensetest.Load(t, capture), []string{`schneider`, `bmx`, `m340`, `v2.8`}, Analyzer())
}

func TestForeignCaptures(t *testing.T) { sensetest.Foreign(t, nil, Analyzer()) }

// fixed is a Privacy that costs nothing.
type fixed struct{ key [32]byte }

func (fixed) Token(ward.TokenKind, []byte, []byte) ward.Token { return ward.Token{} }
func (fixed) Text(sense.Class, []byte) string                 { return "text" }
func (f fixed) DigestKey() *[32]byte                          { return &f.key }

func TestNoAllocationPerMessage(t *testing.T) {
	c, out := sense.NewContext(fixed{}, 1<<20, nil), &sense.Output{}
	c.SetOutput(out)
	c.SetConversation("", "modbus", ward.Endpoint{IP: netip.MustParseAddr("10.0.0.1"), Port: 4000}, ward.Endpoint{IP: netip.MustParseAddr("10.0.0.2"), Port: 502}, false, nil)
	s := &stream{}
	if n := testing.AllocsPerRun(200, func() { out.Reset(); s.Data(c, sense.ToServer, write); s.Data(c, sense.ToClient, fault) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzStream(f *testing.F) {
	f.Add(append(bytes.Clone(read), write...), uint64(2))
	f.Add(append([]byte("xyz"), write...), uint64(5))
	for _, p := range sensetest.Load(f, capture).Conversations[0].Pieces {
		f.Add(p.B, uint64(2))
	}
	f.Fuzz(func(_ *testing.T, b []byte, how uint64) {
		probe(sense.ToServer, b, port)
		sensetest.Stream(Analyzer(), b, how)
	})
}
