package hl7

import (
	"bytes"
	"fmt"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
)

// mllp frames a message written with line breaks for terminators.
func mllp(lines string) []byte {
	return []byte("\x0b" + strings.ReplaceAll(strings.TrimLeft(lines, "\n"), "\n", "\r") + "\x1c\r")
}

// load reads messages from testdata: blocks separated by blank lines, those that
// answer start with "<".
func load(t testing.TB, file string) *sensetest.Trace {
	t.Helper()
	b, err := os.ReadFile(filepath.Join("testdata", file))
	if err != nil {
		t.Fatal(err)
	}
	var pieces []sensetest.Piece
	for _, m := range strings.Split(strings.TrimSpace(string(b)), "\n\n") {
		if down, ok := strings.CutPrefix(m, "<"); ok {
			pieces = append(pieces, sensetest.Down(mllp(down+"\n")))
		} else {
			pieces = append(pieces, sensetest.Up(mllp(m+"\n")))
		}
	}
	return sensetest.TCP(2575, pieces...)
}

func files(t testing.TB) (names []string) {
	all, err := filepath.Glob("testdata/*.txt")
	if err != nil || len(all) == 0 {
		t.Fatal("no messages in testdata", err)
	}
	for _, f := range all {
		names = append(names, filepath.Base(f))
	}
	return names
}

// identities stand in the messages of testdata wherever a person's could.
var identities = []string{"Mustermann", "Beispiel", "7701234", "19450312", "V99881", "ORD5551", "N4711", "freetext"}

func TestMessages(t *testing.T) {
	for _, f := range files(t) {
		t.Run(f, func(t *testing.T) {
			tr := load(t, f)
			sensetest.Golden(t, tr, filepath.Join("testdata", strings.TrimSuffix(f, ".txt")+".golden"), Analyzer())
			sensetest.Splits(t, tr, Analyzer())
			sensetest.Robust(t, tr, Analyzer())
			sensetest.Hidden(t, tr, identities, Analyzer())
		})
	}
}

func play(pieces ...sensetest.Piece) []string {
	p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}}
	return p.Play(sensetest.TCP(2575, pieces...))
}

const adt = "MSH|^~\\&|A|F|B|G|20260102||ADT^A01|%s|P|2.5\rPID|1||7701234^^^H^MR||Mustermann^Erika\r"

func verbs1(lines []string) (out []string) {
	for _, l := range lines {
		for _, key := range []string{`"verb":"`, `"code":"`, "limit "} {
			if i := strings.Index(l, key); i >= 0 && (key != `"code":"` || strings.Contains(l, `"kind":"anomaly"`)) {
				out = append(out, strings.Split(l[i+len(key):], `"`)[0])
			}
		}
	}
	return out
}

func TestFraming(t *testing.T) {
	m := func(id string) string { return fmt.Sprintf(adt, id) }
	for name, test := range map[string]struct {
		in   string
		want string
	}{
		"one":                  {"\x0b" + m("1") + "\x1c\r", "ADT^A01"},
		"several in a segment": {"\x0b" + m("1") + "\x1c\r\x0b" + m("2") + "\x1c\r", "ADT^A01 ADT^A01"},
		"no carriage return":   {"\x0b" + m("1") + "\x1c\x0b" + m("2") + "\x1c", "ADT^A01 ADT^A01"},
		"line feed":            {"\x0b" + m("1") + "\x1c\n\x0b" + m("2") + "\x1c\r\n", "ADT^A01 ADT^A01"},
		"LF terminators":       {"\x0b" + strings.ReplaceAll(m("1"), "\r", "\n") + "\x1c\r", "ADT^A01"},
		"CRLF terminators":     {"\x0b" + strings.ReplaceAll(m("1"), "\r", "\r\n") + "\x1c\r", "ADT^A01"},
		"no last terminator":   {"\x0b" + strings.TrimSuffix(m("1"), "\r") + "\x1c\r", "ADT^A01"},
		"end block in text":    {"\x0b" + m("1") + "NTE|1||a\x1cb\r\x1c\r\x0b" + m("2") + "\x1c\r", "ADT^A01 ADT^A01"},
		"noise between":        {"\x0b" + m("1") + "\x1c\rxyz\x0b" + m("2") + "\x1c\r", "ADT^A01 hl7.framing ADT^A01"},
		"not ended":            {"\x0b" + m("1") + "\x0b" + m("2") + "\x1c\r", "hl7.unterminated ADT^A01"},
		"no header":            {"\x0b" + m("1") + "\x1c\r\x0bPID|1||2\r\x1c\r", "ADT^A01 hl7.no-header"},
		"empty batch":          {"\x0bBHS|^~\\&|A\rBTS|1\r\x1c\r", "hl7.batch-count"},
		"byte order mark":      {"\x0b\xef\xbb\xbf" + m("1") + "\x1c\r", "ADT^A01"},
		"UTF-16":               {"\x0bM\x00S\x00H\x00|\x00\x1c\r\x0b" + m("1") + "\x1c\r", "hl7.encoding ADT^A01"},
		"commit":               {"\x0b\x06\x1c\r\x0b\x15\x1c\r\x0b" + m("1") + "\x1c\r", "MLLP-ACK MLLP-NAK ADT^A01"},
		"batch":                {"\x0bFHS|^~\\&|A\rBHS|^~\\&|A\r" + m("1") + m("2") + "BTS|2\rFTS|1\r\x1c\r", "ADT^A01 ADT^A01"},
		"batch that lies":      {"\x0bBHS|^~\\&|A\r" + m("1") + "BTS|3\r\x1c\r", "ADT^A01 hl7.batch-count"},
		"cut off":              {"\x0b" + m("1") + "\x1c\r\x0b" + m("2"), "ADT^A01"},
		"odd delimiters":       {"\x0bMSH@~&#\\@A@F@B@G@2026@@ADT~A01~ADT_A01@9@P@2.5\rPID@1@@7~~~H~MR\r\x1c\r", "ADT^A01"},
		"unknown type":         {"\x0bMSH|^~\\&|A|F|B|G|2026||ERIKA^MUSTERMANN|9|P\r\x1c\r", "other"},
		"unknown trigger":      {"\x0bMSH|^~\\&|A|F|B|G|2026||ADT^XYZ|9|P\r\x1c\r", "ADT"},
		"no type":              {"\x0bMSH|^~\\&|A|F|B|G|2026|||9|P\r\x1c\r", "untyped"},
		"structure alone":      {"\x0bMSH|^~\\&|A|F|B|G|2026||ADT^^ADT_A05|9|P\r\x1c\r", "ADT^A05"},
		"header too short":     {"\x0bMSH|^~\\&\r\x1c\r", "untyped"},
		"test messages":        {"\x0b" + m("1") + "\x1c\r\x0b" + strings.Replace(m("2"), "|P|", "|T|", 1) + "\x1c\r", "ADT^A01 hl7.test-among-production ADT^A01"},
	} {
		t.Run(name, func(t *testing.T) {
			if got := strings.Join(verbs1(play(sensetest.Up([]byte(test.in)))), " "); got != test.want {
				t.Errorf("got %s, want %s", got, test.want)
			}
			sensetest.Splits(t, sensetest.TCP(2575, sensetest.Up([]byte(test.in))), Analyzer())
		})
	}
}

// A patient's number must not depend on delimiters, terminators or escapes.
func TestSamePatient(t *testing.T) {
	want := ""
	for _, pid := range []string{
		"MSH|^~\\&|A|F|B|G|2026||ADT^A01|1|P\rPID|1||7701234^^^H^MR||M",
		"MSH@~&#\\@A@F@B@G@2026@@ADT~A01@1@P\rPID@1@@7701234~~~H~MR@@M",
		"MSH|^~\\&|A|F|B|G|2026||ADT^A01|1|P\nPID|1||88^^^X^SS~7701234^^^H&1.2.3&ISO^MRN~99^^^X^PI||M",
		"MSH|^~\\&|A|F|B|G|2026||ADT^A01|1|P\r\nPID|1|| \\X37\\701234 ^^^H||M",
		"MSH|^~\\&|A|F|B|G|2026||ADT^A01|1|P\rPID|1|7701234^^^H|||M",
		"MSH|^~\\&|A|F|B|G|2026||ADT^A01|1|P\rPID|1|||7701234^^^H|M",
	} {
		for _, l := range play(sensetest.Up([]byte("\x0b" + pid + "\r\x1c\r"))) {
			if _, after, ok := strings.Cut(l, `"patient":"`); ok {
				got := strings.Split(after, `"`)[0]
				if want == "" {
					want = got
				}
				if got != want {
					t.Errorf("%q: another patient", pid)
				}
				if !strings.Contains(l, `"clear":true`) {
					t.Errorf("%q: not clear", pid)
				}
			}
		}
	}
	if want == "" {
		t.Error("no patient")
	}
}

// What stands before a header belongs to no message, least of all to the next.
func TestHeadless(t *testing.T) {
	m := "\x0b" + fmt.Sprintf(adt, "1") + "\x1c\r\x0bPID|1||999^^^H^MR\rPV1|1|I|||||||||||||||||V1\r\x1c\r\x0bMSH|^~\\&|A|F|B|G|2026||ADT^A01|2|P\r\x1c\r"
	lines := play(sensetest.Up([]byte(m)))
	if last := lines[len(lines)-1]; !strings.Contains(last, "ADT^A01") || strings.Contains(last, "patient") || strings.Contains(last, "visit") {
		t.Errorf("got %s", last)
	}
}

func TestMidstream(t *testing.T) {
	m := fmt.Sprintf(adt, "1")
	p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}, Midstream: true}
	tail := "|M|||1 Road^^Town\rPV1|1|I\r\x1c\r"
	got := verbs1(p.Play(sensetest.TCP(40001, sensetest.Up([]byte(tail+"\x0b"+m+"\x1c\r")))))
	if strings.Join(got, " ") != "ADT^A01" {
		t.Errorf("got %v", got)
	}
	// a lost piece costs the messages it touches and no more
	p = sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}, Lose: func(i int) bool { return i == 1 }}
	block := []byte("\x0b" + m + "\x1c\r")
	got = verbs1(p.Play(sensetest.TCP(2575, sensetest.Up(append(bytes.Clone(block), block[:30]...)), sensetest.Up(block[30:60]), sensetest.Up(append(bytes.Clone(block[60:]), block...)))))
	if strings.Join(got, " ") != "ADT^A01 ADT^A01" {
		t.Errorf("got %v", got)
	}
}

func TestBigDocument(t *testing.T) {
	doc := strings.Repeat("JVBERi0xLjQKJcOkw7zDtsOf", 1<<16)
	m := "\x0b" + fmt.Sprintf(adt, "1") + "OBX|1|ED|PDF^Report^L||^AP^PDF^Base64^" + doc + "||||||F\rPV1|1|I|||||||||||||||||V99881\r\x1c\r"
	got := play(sensetest.Up([]byte(m)))
	act := ""
	for _, l := range got {
		if strings.Contains(l, `"kind":"act"`) {
			act = l
		}
	}
	if !strings.Contains(act, fmt.Sprintf(`"bytes":%d`, len(m)-3)) || !strings.Contains(act, `"visit":"visit.`) {
		t.Errorf("got %s", act)
	}
	sensetest.Splits(t, sensetest.TCP(2575, sensetest.Up([]byte(m[:40000]+m[len(m)-100:]))), Analyzer())
}

func TestProbe(t *testing.T) {
	for in, want := range map[string]sense.Verdict{
		"\x0bMSH|": sense.Yes, "\x0bFHS|^": sense.Yes, "\x0bBHS@": sense.Yes, "\x0b": sense.More, "\x0bMS": sense.More, "\x0bMSHX": sense.No, "\x0bGET ": sense.No,
		"\x0b\x06\x1c\r": sense.Yes, "\x0b\x15\x1c\r\x0b": sense.Yes, "\x0b\x06": sense.More, "\x0b\x06zzz": sense.No, "GET / HTTP/1.1\r\n": sense.No,
		"\x16\x03\x01\x02": sense.No, "|M|||\r\x1c\r\x0bMSH|": sense.Yes, "^x|F|||\rOBX|1|": sense.More, "SSH-2.0-x\r\n": sense.No, "\xef\xbb\xbfMSH": sense.No,
		"\x0b\xef\xbb\xbfMSH|": sense.Yes, "\x0bM\x00S\x00H\x00": sense.Yes, "": sense.More,
	} {
		port := uint16(40000)
		if got := probe(sense.ToServer, []byte(in), port); got != want && !(got == sense.More && len(in) < 64 && want == sense.No && strings.IndexByte(in, '|') >= 0) {
			t.Errorf("%q: %d, want %d", in, got, want)
		}
	}
}

func TestForeign(t *testing.T) {
	for _, in := range []string{"GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\x16\x03\x01\x00\x05hello", "\x00\x00\x00\x2f\xfeSMB", strings.Repeat("\x00", 4096), strings.Repeat("|", 4096)} {
		p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}}
		if got := p.Play(sensetest.TCP(2575, sensetest.Up([]byte(in)))); len(got) > 0 {
			t.Errorf("%.20q: %v", in, got)
		}
	}
}

func FuzzStream(f *testing.F) {
	for _, name := range files(f) {
		var all []byte
		for _, p := range load(f, name).Conversations[0].Pieces {
			all = append(all, p.B...)
		}
		f.Add(all, uint64(3))
	}
	f.Fuzz(func(t *testing.T, b []byte, how uint64) {
		sensetest.Stream(Analyzer(), b, how)
	})
}

// The corpus: every sample message, framed, is understood as one message, and says
// the same wherever it is cut.
func TestCorpus(t *testing.T) {
	dir := sensetest.Corpus(t)
	samples, messages := 0, 0
	for _, sub := range []string{"hl7", "hl7-simhospital"} {
		err := filepath.WalkDir(filepath.Join(dir, sub), func(path string, d os.DirEntry, err error) error {
			if err != nil || d.IsDir() {
				return err
			}
			b, err := os.ReadFile(path)
			if err != nil {
				return err
			}
			b = bytes.TrimSpace(bytes.TrimPrefix(bytes.Trim(b, "\x0b\x1c\r\n"), []byte("\xef\xbb\xbf")))
			if !bytes.HasPrefix(b, []byte("MSH")) && !bytes.HasPrefix(b, []byte("FHS")) && !bytes.HasPrefix(b, []byte("BHS")) || bytes.ContainsAny(b, "\x0b\x1c") {
				return nil
			}
			samples++
			want := bytes.Count(append([]byte("\n"), bytes.ReplaceAll(b, []byte("\r"), []byte("\n"))...), []byte("\nMSH"))
			tr := sensetest.TCP(2575, sensetest.Up(append(append([]byte{0x0b}, b...), "\r\x1c\r"...)))
			p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}}
			lines := p.Play(tr)
			got := 0
			for _, l := range lines {
				if strings.Contains(l, `"kind":"act"`) {
					got++
				}
			}
			messages += got
			if got != want {
				t.Errorf("%s: %d messages, want %d", path, got, want)
			}
			p.Cut = sensetest.Random(uint64(samples))
			if cut := strings.Join(p.Play(tr), "\n"); cut != strings.Join(lines, "\n") {
				t.Errorf("%s: depends on where it is cut", path)
			}
			return nil
		})
		if err != nil {
			t.Fatal(err)
		}
	}
	if samples < 100 {
		t.Errorf("only %d samples", samples)
	}
	t.Log(samples, "samples,", messages, "messages")
}

// mllp.pcap: mllp_send of python-hl7 0.4.5 sends the messages of testdata/*.txt to
// that library's server, on the registered port and on another.
func TestCapture(t *testing.T) {
	sensetest.Testdata(t, identities, Analyzer())
	tr := sensetest.Load(t, "testdata/mllp.pcap")
	acts := sensetest.Count(tr, "act", "hl7", Analyzer())
	if seen := sensetest.Tshark(t, "testdata/mllp.pcap", "hl7"); acts != seen {
		t.Errorf("%d messages, tshark sees %d", acts, seen)
	}
}

// No capture of other traffic in the corpus is taken for HL7.
func TestCorpusForeign(t *testing.T) {
	for _, file := range sensetest.Captures(t) {
		tr := sensetest.TryLoad(file)
		if tr == nil {
			continue
		}
		p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}}
		for _, c := range tr.Conversations {
			if p.Recognise(c) != nil && !strings.Contains(strings.ToLower(file), "hl7") {
				t.Errorf("%s: port %d taken for HL7", file, c.Server.Port)
			}
		}
	}
}
