package smb

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"fmt"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
	"wardkeeper/ward"
)

// corpus returns the folder of real material, or skips.
func corpus(t *testing.T) string {
	dir := os.Getenv("WARDKEEPER_CORPUS")
	switch {
	case dir != "":
		return dir
	case os.Getenv("CI") == "":
		t.Skip("WARDKEEPER_CORPUS is not set")
	default:
		t.Fatal("WARDKEEPER_CORPUS is not set in CI")
	}
	return ""
}

// collector stands for the analyzers that want content.
func collector() sense.Analyzer {
	return sense.Analyzer{Name: "collector",
		WantsChild: func(*sense.Envelope) bool { return true },
		NewChild: func(_ *sense.Context, e *sense.Envelope) sense.Child {
			return &collected{what: fmt.Sprintf("%s %s %s %s", e.Parent, e.Method, e.Target, e.ContentType), dir: e.Dir}
		}}
}

type collected struct {
	what string
	dir  sense.Dir
	n    int
	sum  uint32
}

func (k *collected) Data(_ *sense.Context, b []byte) {
	k.n += len(b)
	for _, x := range b {
		k.sum = k.sum*31 + uint32(x)
	}
}
func (k *collected) Gap(_ *sense.Context, n int64) { k.sum += uint32(n) }
func (k *collected) Close(c *sense.Context) {
	a := c.Act(k.dir, "content")
	a.Object, a.Bytes, a.Count = k.what, uint64(k.n), uint64(k.sum)
}

func captures(t testing.TB) []string {
	files, err := filepath.Glob("testdata/*.pcap")
	if err != nil || len(files) < 8 {
		t.Fatal("captures are missing", err)
	}
	return files
}

func TestGolden(t *testing.T) {
	for _, f := range captures(t) {
		t.Run(filepath.Base(f), func(t *testing.T) {
			tr := sensetest.Load(t, f)
			sensetest.Golden(t, tr, strings.TrimSuffix(f, "pcap")+"golden", Analyzer(), collector())
			sensetest.Splits(t, tr, Analyzer(), collector())
			sensetest.Robust(t, tr, Analyzer(), collector())
		})
	}
}

// TestCounts: as many commands as Wireshark 4.0 finds (smb.cmd, smb2.cmd,
// session requests and encrypted messages).
func TestCounts(t *testing.T) {
	want := map[string]uint64{"anon": 43, "badlogin": 8, "netbios": 37, "rpc": 56, "smb1": 98, "smb2": 166, "smb3-encrypted": 36, "smb3": 162}
	for _, f := range captures(t) {
		tr := sensetest.Load(t, f)
		c := sense.NewContext(&sensetest.Plain{}, sensetest.Budget, nil)
		var out sense.Output
		c.SetOutput(&out)
		p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}}
		var n uint64
		for _, conv := range tr.Conversations {
			if p.Recognise(conv) == nil {
				continue
			}
			c.SetConversation("", "smb", conv.Client, conv.Server, false, &n)
			s := newStream(c)
			for _, x := range conv.Pieces {
				s.Data(c, x.Dir, x.B)
			}
			s.Close(c)
		}
		if name := strings.TrimSuffix(filepath.Base(f), ".pcap"); n != want[name] {
			t.Errorf("%s: %d commands, want %d", name, n, want[name])
		}
	}
}

// TestOneSided plays each direction alone: no panic, and the requests still say
// what was done.
func TestOneSided(t *testing.T) {
	for _, f := range captures(t) {
		for dir := range sense.Dir(2) {
			tr := sensetest.Load(t, f)
			for _, c := range tr.Conversations {
				c.Pieces = slices.DeleteFunc(c.Pieces, func(p sensetest.Piece) bool { return p.Dir != dir })
			}
			p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}}
			out := strings.Join(p.Play(tr), "\n")
			if strings.Contains(f, "smb3.pcap") && dir == sense.ToServer {
				for _, want := range []string{`"verb":"tree connect"`, `"verb":"create"`, `"verb":"write"`, `"verb":"rename"`, `"verb":"delete"`} {
					if !strings.Contains(out, want) {
						t.Errorf("client side alone lacks %s", want)
					}
				}
			}
		}
	}
}

// TestMidstream cuts the beginning off at every kilobyte and expects what comes
// after to be read.
func TestMidstream(t *testing.T) {
	for _, f := range []string{"testdata/smb1.pcap", "testdata/smb2.pcap"} {
		whole := sensetest.Load(t, f)
		for cut := 1000; cut < 20000; cut += 1017 {
			tr := &sensetest.Trace{}
			for _, c := range whole.Conversations {
				d := *c
				left := cut
				d.Pieces = nil
				for _, p := range c.Pieces {
					k := min(left, len(p.B))
					left -= k
					if p.B = p.B[k:]; len(p.B) > 0 {
						d.Pieces = append(d.Pieces, p)
					}
				}
				tr.Conversations = append(tr.Conversations, &d)
			}
			p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}, Midstream: true}
			out := strings.Join(p.Play(tr), "\n")
			if !strings.Contains(out, `"verb":"delete"`) || !strings.Contains(out, `qzx`) {
				t.Errorf("%s from byte %d on: later acts are missing", f, cut)
			}
		}
	}
}

// TestGap loses pieces in the middle of a large write.
func TestGap(t *testing.T) {
	tr := sensetest.Load(t, "testdata/smb3.pcap")
	p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}, Lose: func(i int) bool { return i == 20 }}
	out := strings.Join(p.Play(tr), "\n")
	for _, want := range []string{`"bytes":40000`, `"verb":"rename"`} {
		if !strings.Contains(out, want) {
			t.Errorf("after a gap: no %s", want)
		}
	}
}

func TestForeign(t *testing.T) {
	for name, b := range map[string]string{
		"http": "GET / HTTP/1.1\r\nHost: x\r\n\r\n", "tls": "\x16\x03\x01\x02\x00\x01\x00\x01\xfc\x03\x03", "mllp": "\x0bMSH|^~\\&|SMB|B|",
		"dicom": "\x01\x00\x00\x00\x00\xcc\x00\x01\x00\x00", "zeros": strings.Repeat("\x00", 200), "text": strings.Repeat("SMB is fine ", 200),
	} {
		for port := range []uint16{445, 139, 80} {
			padded := []byte(b + strings.Repeat("\x55", sense.ProbeCap))[:sense.ProbeCap]
			if v := probe(sense.ToServer, padded, uint16(port)); v == sense.Yes {
				t.Errorf("%s taken for SMB", name)
			}
		}
	}
}

// TestCorpus plays real attacks and odd captures and expects exploits told.
func TestCorpus(t *testing.T) {
	dir := corpus(t)
	const shadow = "attack-pcap/0xl3x1+zeek-EternalSafety/tests/traces/shadowbrokers/"
	for _, x := range []struct {
		file string
		want []string
	}{
		{shadow + "eternalblue-success-unpatched-win7.pcap", []string{"smb.eternalblue", "smb.nt-trans-size", "smb.doublepulsar-ping", `"smb.doublepulsar"`, `"Windows 7 SP1 / Server 2008 R2 SP1 (7601)"`}},
		{shadow + "eternalromance-success-2008r2.pcap", []string{"smb.eternalromance", "smb.transaction-groom", "smb.doublepulsar-ping"}},
		{shadow + "metasploit-ms017-010-win7x64.pcap", []string{"smb.eternalblue"}},
		{"attack-pcap/suricata-verify/tests/smb2-05/20171220_smb_mimikatz_copy_to_host.pcap", []string{`"content":"exe"`, `"object":"executable"`, `"target":"C$"`, `"bytes":804352`}},
		{"robust/suricata-verify/tests/smb3-03-midstream/input.pcap", nil},
		{"robust/suricata-verify/tests/dcerpc/dcerpc-smb-ctxid/input.pcap", []string{`"verb":"negotiate"`}},
		{"robust/zeek/testing/btest/Traces/smb/smb1_transaction2_secondary_request.pcap", []string{`"smb1"`}},
		{"robust/zeek/testing/btest/Traces/smb/smb1_transaction_response.pcap", []string{`"smb1"`}},
		{"robust/zeek/testing/btest/Traces/smb/smb2-multiple-pdus.pcap", nil},
	} {
		tr := sensetest.Load(t, filepath.Join(dir, x.file))
		p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}}
		out := strings.Join(p.Play(tr), "\n")
		for _, w := range x.want {
			if !strings.Contains(out, w) {
				t.Errorf("%s: no %s", x.file, w)
			}
		}
		sensetest.Splits(t, tr, Analyzer())
		sensetest.Robust(t, tr, Analyzer())
	}
}

// TestQuiet: clients that ask for nothing odd raise nothing.
func TestQuiet(t *testing.T) {
	for _, f := range captures(t) {
		p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}}
		for _, l := range p.Play(sensetest.Load(t, f)) {
			if strings.Contains(l, `"kind":"anomaly"`) || strings.HasPrefix(l, "limit") {
				t.Errorf("%s: %s", f, l)
			}
		}
	}
}

// TestCanary plants identities in every string and looks for them in plain.
func TestCanary(t *testing.T) {
	p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}, Privacy: hiding{}}
	for _, f := range captures(t) {
		out := strings.ToLower(strings.Join(p.Play(sensetest.Load(t, f)), "\n"))
		for _, secret := range []string{"daemon", "radiology", "filesrv", "list.txt", "qzx", "exams", "10.77", "image.bin", "scan"} {
			if secret != "10.77" && strings.Contains(out, secret) {
				t.Errorf("%s: %q got out", f, secret)
			}
		}
	}
}

// hiding is a Privacy that keeps nothing.
type hiding struct{}

func (hiding) Token(k ward.TokenKind, a, v []byte) ward.Token {
	return (&sensetest.Plain{}).Token(k, a, v)
}
func (hiding) Text(_ sense.Class, raw []byte) string {
	if len(raw) == 0 {
		return ""
	}
	return "~"
}
func (hiding) DigestKey() *[32]byte { return &[32]byte{} }

func TestEntropy(t *testing.T) {
	s := &stream{}
	random := make([]byte, 4096)
	x := uint32(1)
	for i := range random {
		x = x*1664525 + 1013904223
		random[i] = byte(x >> 24)
	}
	for want, b := range map[string][]byte{"high": random, "low": bytes.Repeat([]byte("patient list\n"), 300), "": random[:100]} {
		c := content{}
		c.take(s, b)
		if got := c.entropy(); got != want {
			t.Errorf("entropy %q, want %q", got, want)
		}
	}
	c := content{}
	c.take(s, random[:512])
	if got := c.entropy(); got != "high" {
		t.Errorf("512 random bytes: %q", got)
	}
}

func TestWindows(t *testing.T) {
	if got := osName(10, 0, 18363); got != "Windows 10 1909 (18363)" {
		t.Error(got)
	}
	if got := osName(10, 0, 12345); got != "Windows 10.0 (12345)" {
		t.Error(got)
	}
	if !slices.IsSortedFunc(builds, func(a, b build) int { return int(a.number) - int(b.number) }) {
		t.Error("builds are not sorted")
	}
}

// BenchmarkCopy reads a file copy: writes and reads of 1 MiB.
func BenchmarkCopy(b *testing.B) {
	write, read, ack := bigMessage(cmdWrite, false), bigMessage(cmdRead, true), bigMessage(cmdRead, false)
	c := sense.NewContext(&sensetest.Plain{}, 1<<20, nil)
	var out sense.Output
	c.SetOutput(&out)
	s := newStream(c)
	b.SetBytes(int64(len(write) + len(read)))
	b.ReportAllocs()
	for b.Loop() {
		copyOnce(c, s, write, read, ack)
		out.Reset()
	}
}

func copyOnce(c *sense.Context, s sense.Stream, write, read, ack []byte) {
	for b := write; len(b) > 0; b = b[min(len(b), 1460):] {
		s.Data(c, sense.ToServer, b[:min(len(b), 1460)])
	}
	s.Data(c, sense.ToServer, ack)
	for b := read; len(b) > 0; b = b[min(len(b), 1460):] {
		s.Data(c, sense.ToClient, b[:min(len(b), 1460)])
	}
}

// bigMessage makes a WRITE request, READ request or READ answer.
func bigMessage(cmd uint16, reply bool) []byte {
	m := make([]byte, 4+smb2Header+48)
	h, body := m[4:], m[4+smb2Header:]
	copy(h, "\xfeSMB")
	binary.LittleEndian.PutUint16(h[4:], 64)
	binary.LittleEndian.PutUint16(h[12:], cmd)
	binary.LittleEndian.PutUint64(h[24:], 7)
	if reply {
		h[16] = flagReply
		m, body[2] = m[:4+smb2Header+16], 80
	} else if cmd == cmdWrite {
		body[2] = 112
		body[16] = 9
	} else {
		body[16] = 9
	}
	if cmd == cmdWrite || reply {
		binary.LittleEndian.PutUint32(body[4:], 1<<20)
		m = append(m, make([]byte, 1<<20)...)
	}
	binary.BigEndian.PutUint32(m, uint32(len(m)-4))
	return m
}

// TestAllocations: a file copy in progress allocates nothing.
func TestAllocations(t *testing.T) {
	write, read, ack := bigMessage(cmdWrite, false), bigMessage(cmdRead, true), bigMessage(cmdRead, false)
	c := sense.NewContext(&sensetest.Plain{}, 1<<20, nil)
	var out sense.Output
	c.SetOutput(&out)
	s := newStream(c)
	copyOnce(c, s, write, read, ack)
	if n := testing.AllocsPerRun(50, func() { copyOnce(c, s, write, read, ack); out.Reset() }); n > 0 {
		t.Errorf("%v allocations for each MiB copied", n)
	}
	s.Close(c)
	var a ward.Act
	for i := range out.Obs {
		if out.Obs[i].Act != nil && out.Obs[i].Act.Verb == "write" {
			a = *out.Obs[i].Act
		}
	}
	if a.Bytes != 52<<20 || a.Count != 52 {
		t.Errorf("%d bytes in %d writes", a.Bytes, a.Count)
	}
}

func FuzzStream(f *testing.F) {
	for _, file := range captures(f) {
		for _, c := range sensetest.Load(f, file).Conversations {
			var up, down []byte
			for _, p := range c.Pieces {
				if p.Dir == sense.ToServer {
					up = append(up, p.B...)
				} else {
					down = append(down, p.B...)
				}
			}
			f.Add(up[:min(len(up), 6000)], uint64(0))
			f.Add(down[:min(len(down), 6000)], uint64(3))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, how uint64) {
		for _, l := range sensetest.Stream(Analyzer(), b, how) {
			if !strings.HasPrefix(l, "limit ") && !json.Valid([]byte(l)) {
				t.Error("not JSON:", l)
			}
		}
	})
}
