package http

import (
	"bytes"
	"compress/gzip"
	"fmt"
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
)

func TestCaptures(t *testing.T) {
	sensetest.Testdata(t, []string{"MRN-700123", "1961-02-03", "Example", "s3cret", "nurse", "bundle.json", "big.txt"}, Analyzers()...)
}

// taker is a child analyzer that reports what it was given.
func taker() sense.Analyzer {
	return sense.Analyzer{
		Name: "taker",
		WantsChild: func(e *sense.Envelope) bool {
			return bytes.Contains(e.ContentType, []byte("take")) || e.Method == "PUT"
		},
		NewChild: func(c *sense.Context, e *sense.Envelope) sense.Child {
			return &taken{about: fmt.Sprintf("%s %d %s %s %d part %d", e.Method, e.Status, e.Target, e.ContentType, e.Length, e.Part), dir: e.Dir}
		},
	}
}

type taken struct {
	about string
	dir   sense.Dir
	body  []byte
	gaps  int
}

func (t *taken) Data(_ *sense.Context, b []byte) { t.body = append(t.body, b...) }
func (t *taken) Gap(*sense.Context, int64)       { t.gaps++ }
func (t *taken) Close(c *sense.Context) {
	body := t.body
	if len(body) > 40 {
		body = append(bytes.Clone(body[:40]), fmt.Sprintf("… %d", len(body))...)
	}
	c.ActAs("taken", t.dir, t.about).Target = fmt.Sprintf("%q gaps %d", body, t.gaps)
}

// said plays pieces and returns one line for each act and anomaly.
func said(pieces ...sensetest.Piece) []string { return saidBy(sensetest.Player{}, pieces...) }

func saidBy(p sensetest.Player, pieces ...sensetest.Piece) []string {
	p.Analyzers = append(Analyzers(), taker())
	var out []string
	for _, l := range p.Play(sensetest.TCP(80, pieces...)) {
		var words []string
		for _, key := range []string{"protocol", "verb", "object", "outcome", "target", "detail"} {
			if _, v, ok := strings.Cut(l, `"`+key+`":"`); ok {
				for i := 0; i < len(v); i++ {
					if v[i] == '\\' {
						i++
					} else if v[i] == '"' {
						v = v[:i]
					}
				}
				words = append(words, strings.ReplaceAll(v, `\"`, `"`))
			}
		}
		if strings.Contains(l, `"kind":"act"`) || strings.Contains(l, `"kind":"anomaly"`) {
			out = append(out, strings.Join(words, " "))
		}
	}
	return out
}

func up(s string) sensetest.Piece   { return sensetest.Up([]byte(s)) }
func down(s string) sensetest.Piece { return sensetest.Down([]byte(s)) }

func packed(s string) string {
	var b bytes.Buffer
	w := gzip.NewWriter(&b)
	w.Write([]byte(s))
	w.Close()
	return b.String()
}

func TestMessages(t *testing.T) {
	const get, ok = "GET /a.html HTTP/1.1\r\n\r\n", "HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"
	tests := map[string]struct {
		pieces []sensetest.Piece
		want   []string
	}{
		"pipelined": {[]sensetest.Piece{up(get + "HEAD /b.png HTTP/1.1\r\n\r\n" + get), down(ok + "HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + ok)},
			[]string{"http GET page", "http HEAD image", "http GET page", "http GET 200", "http HEAD 200", "http GET 200"}},
		"chunked": {[]sensetest.Piece{up("POST /x HTTP/1.1\r\nContent-Type: take\r\nTransfer-Encoding: chunked\r\n\r\n3;a=b\r\nabc\r\n2\r\nde\r\n0\r\nTrailer: x\r\n\r\n" + get), down(ok)},
			[]string{"http POST other", `taken POST 0 /x take -1 part 0 "abcde" gaps 0`, "http GET page", "http POST 200"}},
		"bad chunk": {[]sensetest.Piece{up("POST /x HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\nzz\r\n" + get)},
			[]string{"http POST other", "http http.chunk no chunk size where one was due", "http GET page"}},
		"close-delimited": {[]sensetest.Piece{up("GET /t HTTP/1.0\r\n\r\n"), down("HTTP/1.0 200 OK\r\nContent-Type: take\r\n\r\nHTTP/1.1 200 in the text\r\n\r\n")},
			[]string{"http GET other", "http GET 200", `taken GET 200  take -1 part 0 "HTTP/1.1 200 in the text\\r\\n\\r\\n" gaps 0`}},
		"interim": {[]sensetest.Piece{up("PUT /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 2\r\n\r\n"), down("HTTP/1.1 100 Continue\r\n\r\n"), up("hi"), down(ok)},
			[]string{"http PUT other", `taken PUT 0 /x  2 part 0 "hi" gaps 0`, "http PUT 200", `taken PUT 200 /x  2 part 0 "hi" gaps 0`}},
		"body never sent": {[]sensetest.Piece{up("POST /x HTTP/1.1\r\nExpect: 100-continue\r\nContent-Length: 200\r\n\r\n"), down("HTTP/1.1 417 No\r\nContent-Length: 0\r\n\r\n"), up(get), down(ok)},
			[]string{"http POST other", "http POST 417", "http GET page", "http GET 200"}},
		"gzip": {[]sensetest.Piece{up(get), down("HTTP/1.1 200 OK\r\nContent-Type: take\r\nContent-Encoding: gzip\r\nContent-Length: " + fmt.Sprint(len(packed("unpacked"))) + "\r\n\r\n" + packed("unpacked"))},
			[]string{"http GET page", "http GET 200", fmt.Sprintf(`taken GET 200  take %d part 0 "unpacked" gaps 0`, len(packed("unpacked")))}},
		"broken gzip": {[]sensetest.Piece{up(get), down("HTTP/1.1 200 OK\r\nContent-Type: take\r\nContent-Encoding: gzip\r\nContent-Length: 4\r\n\r\n\x1f\x8bxx")},
			[]string{"http GET page", "http GET 200", `taken GET 200  take 4 part 0 "" gaps 1`}},
		"multipart": {[]sensetest.Piece{up("POST /m HTTP/1.1\r\nContent-Type: multipart/related; boundary=\"b=1\"; type=take\r\nContent-Length: 120\r\n\r\n" +
			fit("preamble\r\n--b=1\r\nContent-Type: take/1\r\n\r\none\r\n-\r\n--b=1 \r\nX: y\r\n\r\nno\r\n--b=1\r\nContent-Type: take/2\r\n\r\n\r\n--b=1--\r\n", 120))},
			[]string{"http POST other", `taken POST 0 /m take/1 -1 part 1 "one\\r\\n-" gaps 0`, `taken POST 0 /m take/2 -1 part 3 "" gaps 0`, `taken POST 0 /m multipart/related; boundary="b=1"; type=take 120 part 0 "" gaps 0`}},
		"tunnel": {[]sensetest.Piece{up("CONNECT h:443 HTTP/1.1\r\n\r\n"), down("HTTP/1.1 200 OK\r\n\r\n"), up("\x16\x03\x01"), down("\x16\x03\x03")},
			[]string{"http CONNECT tunnel", "http CONNECT 200"}},
		"refused tunnel": {[]sensetest.Piece{up("CONNECT h:443 HTTP/1.1\r\n\r\n"), down("HTTP/1.1 407 No\r\nContent-Length: 0\r\n\r\n"), up(get), down(ok)},
			[]string{"http CONNECT tunnel", "http CONNECT 407", "http GET page", "http GET 200"}},
		"websocket": {[]sensetest.Piece{up("GET /w HTTP/1.1\r\nUpgrade: websocket\r\n\r\n"), down("HTTP/1.1 101 S\r\nUpgrade: websocket\r\n\r\n\x81\x05hello")},
			[]string{"http GET other", "http GET 101"}},
		"smuggling": {[]sensetest.Piece{up("POST /x HTTP/1.1\r\nContent-Length: 3\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n" + get)},
			[]string{"http http.two-lengths Content-Length and Transfer-Encoding together", "http POST other", "http GET page"}},
		"roles the other way round": {[]sensetest.Piece{down(get), up(ok)}, []string{"http GET page", "http GET 200"}},
		"responses only":            {[]sensetest.Piece{down(ok + ok)}, []string{"http response 200", "http response 200"}},
		"responses only, to HEAD":   {[]sensetest.Piece{down("HTTP/1.1 200 OK\r\nContent-Length: 99\r\n\r\n" + ok)}, []string{"http response 200", "http response 200"}},
		"http/2":                    {[]sensetest.Piece{up(preface + "\x00\x00\x00")}, []string{"http2 preface http/2"}},
		"bare line feeds":           {[]sensetest.Piece{up("GET /a.js HTTP/1.1\nA: b\n\n"), down("HTTP/1.1 200 OK\nContent-Length: 2\n\nhi")}, []string{"http GET static", "http GET 200"}},
	}
	for name, tt := range tests {
		t.Run(name, func(t *testing.T) {
			if got := said(tt.pieces...); strings.Join(got, "\n") != strings.Join(tt.want, "\n") {
				t.Errorf("got\n%s\nwant\n%s", strings.Join(got, "\n"), strings.Join(tt.want, "\n"))
			}
			sensetest.Splits(t, sensetest.TCP(80, tt.pieces...), append(Analyzers(), taker())...)
			sensetest.Robust(t, sensetest.TCP(80, tt.pieces...), append(Analyzers(), taker())...)
		})
	}
}

// fit pads s with an epilogue to n bytes.
func fit(s string, n int) string { return (s + strings.Repeat("e", n))[:n] }

func TestGaps(t *testing.T) {
	const get = "GET /a.html HTTP/1.1\r\n\r\n"
	head := "HTTP/1.1 200 OK\r\nContent-Type: take\r\nContent-Length: 10\r\n\r\n"
	lose := func(n int) sensetest.Player { return sensetest.Player{Lose: func(i int) bool { return i == n }} }
	got := saidBy(lose(2), up(get), down(head+"abc"), down("defg"), down("hij"+head+"0123456789"), up(get), down(head+"0123456789"))
	want := `http GET page
http GET 200
taken GET 200  take 10 part 0 "abchij" gaps 1
http response 200
taken  200  take 10 part 0 "0123456789" gaps 0
http GET page
http GET 200
taken GET 200  take 10 part 0 "0123456789" gaps 0`
	if strings.Join(got, "\n") != want {
		t.Errorf("gap in a body: got\n%s", strings.Join(got, "\n"))
	}
	got = saidBy(lose(1), up("GET /a.html HTTP/1.1\r\nHo"), up("st: x\r\n\r\nGET"), up(" /b.html HTTP/1.1\r\n\r\n"+get))
	if strings.Join(got, "\n") != "http GET page" {
		t.Errorf("gap in a head: got\n%s", strings.Join(got, "\n"))
	}
}

func TestMidstream(t *testing.T) {
	p := sensetest.Player{Midstream: true}
	got := saidBy(p, down("the rest of a body</html>HTTP/1.1 200 OK\r\nContent-Length: 2\r\n\r\nhi"), up("bodyGET /a.html HTTP/1.1\r\n\r\n"), down("HTTP/1.1 304 Not\r\n\r\n"))
	if want := "http response 200\nhttp GET page\nhttp GET 304"; strings.Join(got, "\n") != want {
		t.Errorf("got\n%s", strings.Join(got, "\n"))
	}
}

func TestProbe(t *testing.T) {
	tests := []struct {
		b    string
		port uint16
		want sense.Verdict
	}{
		{"G", 5000, sense.More},
		{"GET /", 5000, sense.More},
		{"GET / HTTP/1.1\r\n", 5000, sense.Yes},
		{"BREW / HTTP/1.0\r\n", 5000, sense.Yes},
		{"HTTP/1.1 200", 5000, sense.More},
		{"HTTP/1.1 200 OK\r\n", 5000, sense.Yes},
		{"HTTP/1.1 20\r\n", 5000, sense.No},
		{"GET " + "/" + strings.Repeat("a", sense.ProbeCap), 5000, sense.Yes},
		{"OPTIONS rtsp://h RTSP/1.0\r\n", 5000, sense.No},
		{"INVITE sip:a@b SIP/2.0\r\n", 5060, sense.No},
		{"220 mail ESMTP\r\n", 25, sense.No},
		{"SSH-2.0-OpenSSH_9\r\n", 22, sense.No},
		{"MSH|^~\\&|", 80, sense.More},
		{"\x16\x03\x01\x02\x00\x01", 443, sense.No},
		{"\x16\x03\x01\x02\x00\x01", 80, sense.No},
		{"text\nGET / HTTP/1.1\r\n", 25, sense.No},
		{"text\nGET / HTTP/1.1\r\n", 80, sense.Yes},
		{"\x00\x01</html>HTTP/1.1 200 OK\r\nServer: x", 8080, sense.Yes},
		{strings.Repeat("x", sense.ProbeCap), 80, sense.No},
	}
	for _, tt := range tests {
		if got := probe(sense.ToServer, []byte(tt.b), tt.port); got != tt.want {
			t.Errorf("%.40q on %d: %v, want %v", tt.b, tt.port, got, tt.want)
		}
	}
	if probeHTTP2(0, []byte("PRI * HT"), 80) != sense.More || probeHTTP2(0, []byte(preface), 80) != sense.Yes || probe(0, []byte(preface), 80) == sense.Yes {
		t.Error("HTTP/2 preface")
	}
}

func TestTargetKind(t *testing.T) {
	for target, want := range map[string]string{
		"/": "root", "*": "server", "/index.html?x=1.exe": "page", "/fhir/Patient/17": "fhir", "/Ada%20Example/scan": "other", "/Login": "login",
		"http://h/cgi-bin/x.cgi": "script", "/api/v1/users.json": "data", "/x/setup.EXE": "program", "/dicom-web/studies/1.2": "dicomweb", "": "root",
	} {
		if got := targetKind([]byte(target)); got != want {
			t.Errorf("%q is %q, want %q", target, got, want)
		}
	}
}

func TestCaps(t *testing.T) {
	limits := func(pieces ...sensetest.Piece) string {
		p := sensetest.Player{Analyzers: append(Analyzers(), taker())}
		var out []string
		for _, l := range p.Play(sensetest.TCP(80, pieces...)) {
			if strings.HasPrefix(l, "limit ") {
				out = append(out, l)
			}
		}
		return strings.Join(out, ",")
	}
	bomb := packed(strings.Repeat("0", maxUnpacked+1<<20))
	for name, tt := range map[string]struct {
		got, want string
	}{
		"head":     {limits(up("GET / HTTP/1.1\r\n" + strings.Repeat("A: b\r\n", maxHead/6+1))), "limit http.head-bytes 1"},
		"unpacked": {limits(up("PUT / HTTP/1.1\r\nContent-Encoding: gzip\r\nContent-Length: " + fmt.Sprint(len(bomb)) + "\r\n\r\n" + bomb)), "limit http.unpacked-bytes 1"},
		"queue":    {limits(up("GET / HTTP/1.1\r\n\r\n"), down("HTTP/1.1 204 No\r\n\r\n"), up(strings.Repeat("GET / HTTP/1.1\r\n\r\n", maxPipelined+1))), "limit http.pipelined-requests 1"},
		"part":     {limits(up("PUT / HTTP/1.1\r\nContent-Type: multipart/mixed; boundary=x\r\nTransfer-Encoding: chunked\r\n\r\nffff\r\n--x\r\n" + strings.Repeat("A: b\r\n", 2000))), "limit http.part-head-bytes 1"},
	} {
		if tt.got != tt.want {
			t.Errorf("%s: %q", name, tt.got)
		}
	}
}

func FuzzStream(f *testing.F) {
	f.Add([]byte("GET / HTTP/1.1\r\nHost: x\r\n\r\nPOST /a HTTP/1.1\r\nTransfer-Encoding: chunked\r\n\r\n3\r\nabc\r\n0\r\n\r\n"), uint64(0))
	f.Add([]byte("HTTP/1.1 200 OK\r\nContent-Type: text/html\r\nContent-Length: 30\r\n\r\n<title>x</title>HTTP/1.1 200 OK\r\n\r\n"), uint64(2))
	f.Add([]byte("PUT / HTTP/1.1\r\nContent-Type: multipart/related; boundary=b\r\n\r\n--b\r\n\r\nx\r\n--b--HTTP/1.0 404 N\r\n\r\n"), uint64(7))
	f.Add([]byte("POST / HTTP/1.1\r\nAuthorization: Basic YTpi\r\nContent-Encoding: gzip\r\nContent-Length: 5\r\n\r\n\x1f\x8b\x08\x00\x00"), uint64(5))
	f.Fuzz(func(_ *testing.T, b []byte, how uint64) {
		sensetest.Stream(Analyzers()[0], b, how)
	})
}

// FuzzSplits holds any input to the law that cuts do not matter.
func FuzzSplits(f *testing.F) {
	f.Add([]byte("GET / HTTP/1.1\r\nContent-Length: 3\r\n\r\nabcGET"), []byte("HTTP/1.1 200 OK\r\n\r\n<title>"), uint64(1))
	f.Add([]byte("PUT /a HTTP/1.1\r\nContent-Type: multipart/mixed; boundary=b\r\nContent-Length: 40\r\n\r\n--b\r\n\r\n\r\r\n-\r\n--b\r\nA:b\r\n\r\n"), []byte("x\nHTTP/1.1 204 \r\n"), uint64(2))
	f.Fuzz(func(t *testing.T, a, b []byte, seed uint64) {
		p := sensetest.Player{Analyzers: append(Analyzers()[:1], taker()), Midstream: seed%2 == 1}
		tr := sensetest.TCP(80, up("OPTIONS * HTTP/1.1\r\n\r\n"), sensetest.Up(a), sensetest.Down(b))
		whole := strings.Join(p.Play(tr), "\n")
		p.Cut = sensetest.Random(seed)
		if cut := strings.Join(p.Play(tr), "\n"); cut != whole {
			t.Errorf("whole\n%s\ncut\n%s", whole, cut)
		}
	})
}
