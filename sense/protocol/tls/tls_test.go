package tls

import (
	"bytes"
	"encoding/binary"
	"path/filepath"
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
)

// play returns what is said of a conversation on port 443.
func play(pieces ...sensetest.Piece) string {
	p := sensetest.Player{Analyzers: Analyzers()}
	return strings.Join(p.Play(sensetest.TCP(443, pieces...)), "\n")
}

// serverHello builds a server hello record.
func serverHelloRecord(version, suite uint16, extensions []byte) []byte {
	b := binary.BigEndian.AppendUint16(nil, version)
	b = append(b, make([]byte, 32)...)
	b = append(b, 0)
	b = binary.BigEndian.AppendUint16(b, suite)
	b = append(b, 0)
	if extensions != nil {
		b = append(b, vec16(extensions...)...)
	}
	return record(recordHandshake, append([]byte{typeServerHello, 0, 0, byte(len(b))}, b...))
}

var (
	ccs       = record(recordCCS, []byte{1})
	sealed    = record(recordData, make([]byte, 40))
	heartbeat = []byte{0, extHeartbeat, 0, 1, 1}
)

func expect(t *testing.T, got string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("%s is missing in\n%s", w, got)
		}
	}
}

func TestWeakVersions(t *testing.T) {
	up := sensetest.Up(hello(t, version12, "c02f,000a,0005", "", "", "", ""))
	for version, name := range map[uint16]string{versionSSL3: "ssl 3.0", version10: "tls 1.0", version11: "tls 1.1"} {
		got := play(up, sensetest.Down(serverHelloRecord(version, 0x000a, nil)), sensetest.Up(ccs), sensetest.Down(ccs))
		expect(t, got, `"field":"service","value":"`+name+`"`, `"version":"`+name+`"`, `"cipher":"RSA_WITH_3DES_EDE_CBC_SHA"`, `"value":"tls des"`, `"outcome":"ok"`)
	}
	got := play(up, sensetest.Down(serverHelloRecord(version12, 0xc02f, nil)), sensetest.Up(ccs), sensetest.Down(ccs))
	if strings.Contains(got, `"service"`) {
		t.Error("a sound choice named as weak: ", got)
	}
}

func TestSSL2(t *testing.T) {
	client := append([]byte{0x80, 9 + 3 + 16, 1, 0, 2, 0, 3, 0, 0, 0, 16, 1, 0, 0x80}, make([]byte, 16)...)
	server := append([]byte{0x80, 11 + 4, 4, 0, 1, 0, 2, 0, 0, 0, 3, 0, 1}, 1, 0, 0x80, 9)
	expect(t, play(sensetest.Up(client), sensetest.Down(server)), `"value":"ssl 2.0"`, `"version":"ssl 2.0"`, `"offered":"ssl 2.0"`)
	// A client that is able to do more may begin so, and TLS answers.
	client[3], client[4] = 3, 1
	expect(t, play(sensetest.Up(client), sensetest.Down(serverHelloRecord(version10, 0x0035, nil)), sensetest.Up(ccs), sensetest.Down(ccs)),
		`"version":"tls 1.0"`, `"offered":"tls 1.0"`, `"outcome":"ok"`)
}

func TestAlert(t *testing.T) {
	up := sensetest.Up(hello(t, version12, "c02f", "", "", "", ""))
	got := play(up, sensetest.Down(record(recordAlert, []byte{2, 40})))
	expect(t, got, `"outcome":"failed"`, `"alert":"server handshake failure"`)
	got = play(up, sensetest.Down(serverHelloRecord(version12, 0xc02f, nil)), sensetest.Up(record(recordAlert, []byte{2, 48})))
	expect(t, got, `"outcome":"failed"`, `"alert":"client unknown ca"`)
	got = play(up, sensetest.Down(record(recordAlert, []byte{1, 112})))
	if strings.Contains(got, "failed") {
		t.Error("a warning ended the handshake: ", got)
	}
}

func TestHeartbeat(t *testing.T) {
	up := sensetest.Up(hello(t, version12, "c02f", "000f", "", "", ""))
	down := sensetest.Down(serverHelloRecord(version12, 0xc02f, heartbeat))
	const code = "tls.heartbeat-overread"
	expect(t, play(up, down, sensetest.Up(record(recordHeartbeat, []byte{1, 0x40, 0}))), code)
	if got := play(up, down, sensetest.Up(record(recordHeartbeat, append([]byte{1, 0, 4}, make([]byte, 20)...)))); strings.Contains(got, code) {
		t.Error("an honest heartbeat: ", got)
	}
	beat := func(n int) []byte { return record(recordHeartbeat, make([]byte, n)) }
	expect(t, play(up, down, sensetest.Up(ccs), sensetest.Down(ccs), sensetest.Up(beat(40)), sensetest.Down(beat(400))), code)
	if got := play(up, down, sensetest.Up(ccs), sensetest.Down(ccs), sensetest.Up(beat(40)), sensetest.Down(beat(40))); strings.Contains(got, code) {
		t.Error("an honest encrypted heartbeat: ", got)
	}
}

func TestOneSided(t *testing.T) {
	expect(t, play(sensetest.Up(hello(t, version12, "c02f", "0000", "", "", "a.example")), sensetest.Up(sealed)),
		`"verb":"handshake"`, `"sni":"host(a.example)"`)
	expect(t, play(sensetest.Down(serverHelloRecord(version10, 0x0035, nil)), sensetest.Down(ccs)), `"value":"tls 1.0"`, `"version":"tls 1.0"`)
}

// A hello over several records and a gap that no message can be lost in.
func TestFragmented(t *testing.T) {
	whole := hello(t, version12, "c02f,c030", "0000,000d", "0403", "", "a.example")
	var parts []byte
	for b := whole[5:]; len(b) > 0; {
		n := min(7, len(b))
		parts = append(parts, record(recordHandshake, b[:n])...)
		b = b[n:]
	}
	tr := sensetest.TCP(443, sensetest.Up(parts), sensetest.Down(serverHelloRecord(version12, 0xc02f, nil)))
	p := sensetest.Player{Analyzers: Analyzers()[:1]}
	p.Analyzers[0].Probe = func(sense.Dir, []byte, uint16) sense.Verdict { return sense.Yes }
	expect(t, strings.Join(p.Play(tr), "\n"), fingerprint(t, whole), `"cipher":"ECDHE_RSA_WITH_AES_128_GCM_SHA256"`)
}

func TestProbe(t *testing.T) {
	up := hello(t, version12, "c02f", "", "", "", "")
	for _, c := range []struct {
		name string
		dir  sense.Dir
		b    []byte
		want sense.Verdict
	}{
		{"nothing", 0, nil, sense.More},
		{"hello", sense.ToServer, up, sense.Yes},
		{"start of a hello", sense.ToServer, up[:4], sense.More},
		{"hello from the wrong side", sense.ToClient, up, sense.Yes}, // whole records all the same
		{"start of one from the wrong side", sense.ToClient, up[:12], sense.More},
		{"alert", sense.ToClient, record(recordAlert, []byte{2, 70}), sense.Yes},
		{"odd alert", sense.ToClient, record(recordAlert, []byte{9, 70}), sense.No},
		{"midstream", sense.ToServer, append(bytes.Clone(sealed), sealed...), sense.Yes},
		{"http", sense.ToServer, []byte("GET / HTTP/1.1\r\n"), sense.No},
		{"tpkt", sense.ToServer, []byte{3, 0, 0, 19, 14, 0xe0}, sense.No},
		{"mllp", sense.ToServer, []byte("\x0bMSH|^~\\&|"), sense.No},
		{"dicom", sense.ToServer, []byte{1, 0, 0, 0, 0, 205, 0, 1, 0, 0}, sense.No},
		{"binary", sense.ToServer, []byte{0x16, 3, 9, 0, 4}, sense.No},
		{"too long a record", sense.ToServer, []byte{0x17, 3, 3, 0xff, 0xff}, sense.No},
		{"high bit text", sense.ToServer, []byte("\xe4\xf6\xfc abcdefghij"), sense.No},
	} {
		if got := probe(c.dir, c.b, 443); got != c.want {
			t.Errorf("%s: %d", c.name, got)
		}
	}
}

func TestDone(t *testing.T) {
	c := sense.NewContext(&sensetest.Plain{}, 1<<20, nil)
	c.SetOutput(&sense.Output{})
	s := Analyzers()[0].NewStream(c)
	s.Data(c, sense.ToServer, hello(t, version12, "c02f", "", "", "", ""))
	s.Data(c, sense.ToClient, serverHelloRecord(version12, 0xc02f, nil))
	s.Data(c, sense.ToServer, ccs)
	if c.TakeDone() {
		t.Fatal("done before the server changed its cipher")
	}
	s.Data(c, sense.ToClient, ccs)
	if !c.TakeDone() {
		t.Fatal("fed after all that is in the clear")
	}
	s.Close(c)
}

// What is fed and of no interest costs no memory.
func TestSealedAllocates(t *testing.T) {
	c := sense.NewContext(&sensetest.Plain{}, 1<<20, nil)
	c.SetOutput(&sense.Output{})
	s := Analyzers()[0].NewStream(c)
	s.Data(c, sense.ToServer, hello(t, version12, "c02f", "000f", "", "", ""))
	s.Data(c, sense.ToClient, serverHelloRecord(version12, 0xc02f, heartbeat))
	s.Data(c, sense.ToServer, ccs)
	s.Data(c, sense.ToClient, ccs)
	data := bytes.Repeat(sealed, 30)
	if n := testing.AllocsPerRun(100, func() { s.Data(c, sense.ToClient, data[:len(data)-7]); s.Data(c, sense.ToClient, data[len(data)-7:]) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

// handshakeAllocs holds what a whole TLS 1.3 handshake may allocate: the stream,
// the fingerprint's text and what the harness's privacy makes.
const handshakeAllocs = 8

func TestHandshakeAllocates(t *testing.T) {
	feed := handshakeFeed(t, "tls13.pcap")
	if n := testing.AllocsPerRun(100, feed); n > handshakeAllocs {
		t.Errorf("%v allocations", n)
	}
}

// handshakeFeed returns a function that feeds a captured handshake to a new stream.
func handshakeFeed(t testing.TB, name string) func() {
	conv := sensetest.Load(t, filepath.Join("testdata", name)).Conversations[0]
	c := sense.NewContext(&sensetest.Plain{}, 1<<20, nil)
	out := &sense.Output{}
	c.SetOutput(out)
	a := Analyzers()[0]
	return func() {
		c.SetConversation("", a.Name, conv.Client, conv.Server, false, nil)
		s := a.NewStream(c)
		for _, p := range conv.Pieces {
			s.Data(c, p.Dir, p.B)
			if c.TakeDone() {
				break
			}
		}
		s.Close(c)
		out.Reset()
	}
}

func BenchmarkHandshake13(b *testing.B) { benchHandshake(b, "tls13.pcap") }
func BenchmarkHandshake12(b *testing.B) { benchHandshake(b, "tls12.pcap") }

func benchHandshake(b *testing.B, name string) {
	feed := handshakeFeed(b, name)
	b.ReportAllocs()
	for b.Loop() {
		feed()
	}
}

func BenchmarkSealed(b *testing.B) {
	c := sense.NewContext(&sensetest.Plain{}, 1<<20, nil)
	c.SetOutput(&sense.Output{})
	s := Analyzers()[0].NewStream(c)
	s.Data(c, sense.ToServer, hello(b, version12, "c02f", "000f", "", "", ""))
	s.Data(c, sense.ToClient, serverHelloRecord(version12, 0xc02f, heartbeat))
	s.Data(c, sense.ToServer, ccs)
	s.Data(c, sense.ToClient, ccs)
	data := bytes.Repeat(record(recordData, make([]byte, 1400)), 10)
	b.SetBytes(int64(len(data)))
	b.ReportAllocs()
	for b.Loop() {
		s.Data(c, sense.ToClient, data)
	}
}

func BenchmarkProbe(b *testing.B) {
	other := []byte("\x0bMSH|^~\\&|LAB|WARD|")
	b.ReportAllocs()
	for b.Loop() {
		probe(sense.ToServer, other, 2575)
	}
}
