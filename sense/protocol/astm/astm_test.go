package astm

import (
	"fmt"
	"strings"
	"testing"

	"wardkeeper/format/astm"
	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
)

// session frames records as E1381 does: one record a frame, or cut at size.
func session(size int, records ...string) []byte {
	out := []byte{astm.ENQ}
	n := 1
	for _, r := range records {
		r += "\r"
		for len(r) > 0 {
			part, end := r, byte(astm.ETX)
			if len(r) > size {
				part, end = r[:size], astm.ETB
			}
			r = r[len(part):]
			out = append(out, framedText(n, part, end)...)
			n++
		}
	}
	return append(out, astm.EOT)
}

func framedText(n int, text string, end byte) []byte {
	body := append([]byte(fmt.Sprint(n%8)+text), end)
	return append([]byte{astm.STX}, append(body, fmt.Sprintf("%02X\r\n", astm.Checksum(body))...)...)
}

var result = []string{
	`H|\^&|N4711||ChemAnalyser^CA-500^909YAXH02692^2.4.0|Beispielstr||||LIS-Host||P|1|20260102030405`,
	`P|1|7701234||88|Mustermann^Erika||19450312|F`,
	`O|1|ORD5551^1^A||^^^GLU|R||||||N`,
	`R|1|^^^GLU|freetext|mmol/L||N||F||N0815|20260102|20260102|CA500-77`,
	`C|1|I|freetext Beispiel|G`,
	`L|1|N`,
}

var identities = []string{"Mustermann", "Beispiel", "7701234", "19450312", "ORD5551", "N4711", "N0815", "freetext", "geheim"}

func trace() *sensetest.Trace {
	acks := strings.Repeat(string(rune(astm.ACK)), 7)
	order := []string{`H|\^&||geheim|LIS-Host|||||ChemAnalyser||P|1`, `P|1||7701234`, `O|1|ORD5551||^^^GLU`, `L|1|N`}
	query := []string{`H|\^&|||ChemAnalyser^CA-500`, `Q|1|7701234^ORD5551||ALL`, `L|1|N`}
	return sensetest.TCP(4000,
		sensetest.Up(session(240, result...)), sensetest.Down([]byte(acks)),
		sensetest.Up(session(60, result...)), sensetest.Down([]byte(acks)),
		sensetest.Up(session(240, query...)), sensetest.Down([]byte(acks)),
		sensetest.Down(session(240, order...)), sensetest.Up([]byte(acks)))
}

func TestSession(t *testing.T) {
	tr := trace()
	sensetest.Golden(t, tr, "testdata/session.golden", Analyzer())
	sensetest.Splits(t, tr, Analyzer())
	sensetest.Robust(t, tr, Analyzer())
	sensetest.Hidden(t, tr, identities, Analyzer())
	raw := sensetest.TCP(4000, sensetest.Up([]byte(strings.Join(result, "\r")+"\r"+strings.Join(result, "\r\n")+"\r\n")))
	sensetest.Golden(t, raw, "testdata/raw.golden", Analyzer())
	sensetest.Splits(t, raw, Analyzer())
	sensetest.Robust(t, raw, Analyzer())
	sensetest.Hidden(t, raw, identities, Analyzer())
}

func said(in []byte, midstream bool) string {
	p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}, Midstream: midstream}
	var out []string
	for _, l := range p.Play(sensetest.TCP(4000, sensetest.Up(in))) {
		for _, key := range []string{`"verb":"`, `"code":"`, "limit "} {
			if _, after, ok := strings.Cut(l, key); ok {
				out = append(out, strings.Split(after, `"`)[0])
			}
		}
	}
	return strings.Join(out, " ")
}

func TestFrames(t *testing.T) {
	good := session(240, result...)
	wrong := []byte(strings.Replace(string(good), "Mustermann", "Mustermenn", 1))
	retry := append([]byte{astm.ENQ}, framedText(1, result[0]+"\r", astm.ETX)...)
	bad := framedText(2, result[1]+"\r", astm.ETX)
	bad[8]++
	retry = append(retry, bad...)
	for i := 1; i < len(result); i++ {
		retry = append(retry, framedText(i+1, result[i]+"\r", astm.ETX)...)
	}
	twice := append([]byte{astm.ENQ}, framedText(1, result[0]+"\r", astm.ETX)...)
	for i := range result {
		twice = append(twice, framedText(i+1, result[i]+"\r", astm.ETX)...)
	}
	lost := append([]byte{astm.ENQ}, framedText(1, result[0]+"\r", astm.ETX)...)
	lost = append(lost, framedText(3, result[2]+"\r", astm.ETX)...)
	lost = append(lost, astm.EOT)
	for name, test := range map[string]struct {
		in        []byte
		midstream bool
		want      string
	}{
		"good":                 {good, false, "result"},
		"wrong checksum":       {wrong, false, "astm.checksum astm.sequence result"},
		"sent again":           {retry, false, "astm.checksum result"},
		"sent twice":           {twice, false, "result"},
		"a frame is lost":      {lost, false, "astm.sequence order"},
		"cut off":              {good[:len(good)-30], false, ""},
		"from the middle":      {append(append([]byte{}, good[100:]...), good...), true, "result"},
		"not ended":            {append([]byte("\x05\x021H|\\^&\r"), good...), false, "astm.unterminated result"},
		"other bytes":          {append(append([]byte{}, good...), "GET / HTTP/1.0\r\n"...), false, "result astm.framing"},
		"without terminator":   {session(240, result[:3]...), false, "order"},
		"header only":          {session(240, result[0]), false, "message"},
		"other text after raw": {[]byte("H|\\^&|||X\rL|1\rHello\rworld\r"), false, "message astm.framing"},
	} {
		if got := said(test.in, test.midstream); got != test.want {
			t.Errorf("%s: got %q, want %q", name, got, test.want)
		}
		sensetest.Splits(t, sensetest.TCP(4000, sensetest.Up(test.in)), Analyzer())
	}
}

func TestLongFrame(t *testing.T) {
	long := `M|1|` + strings.Repeat("x", maxFrame)
	if got := said(session(1<<20, result[0], long, "L|1|N"), false); got != "astm.frame astm.sequence message astm.frame-bytes 1" {
		t.Errorf("got %q", got)
	}
	long = `M|1|` + strings.Repeat("x", maxRecord*2)
	if got := said(session(1<<20, result[0], long, result[1], "L|1|N"), false); got != "message" {
		t.Errorf("got %q", got)
	}
}

func TestProbe(t *testing.T) {
	for in, want := range map[string]sense.Verdict{
		"": sense.More, "\x05": sense.More, "\x06\x06": sense.More, "\x05\x02": sense.More, "\x05\x021": sense.More, "\x021H|\\": sense.More, "\x05\x021H|\\^&": sense.Yes,
		"\x023R|": sense.Yes, "\x023R": sense.More, "\x023X|": sense.No, "\x028H": sense.No, "H|\\^&": sense.Yes, "HELO a": sense.No, "HTTP/1.1": sense.No, "H|||||": sense.More,
		"\x16\x03": sense.No, "GET /": sense.No, strings.Repeat("\x06", 40): sense.No, "\x02abc": sense.No,
	} {
		if got := probe(sense.ToServer, []byte(in), 4000); got != want {
			t.Errorf("%q: %d, want %d", in, got, want)
		}
	}
}

func FuzzStream(f *testing.F) {
	f.Add(session(60, result...), uint64(0))
	f.Add([]byte(strings.Join(result, "\r")+"\r"), uint64(3))
	f.Fuzz(func(t *testing.T, b []byte, how uint64) {
		sensetest.Stream(Analyzer(), b, how)
	})
}
