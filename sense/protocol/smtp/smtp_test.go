package smtp

import (
	"encoding/base64"
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
	"wardkeeper/ward"
)

// talk plays lines: "< " from the server, "> " from the client.
func talk(lines ...string) *sensetest.Trace {
	var pieces []sensetest.Piece
	for _, l := range lines {
		b := []byte(l[2:] + "\r\n")
		if l[0] == '<' {
			pieces = append(pieces, sensetest.Down(b))
		} else {
			pieces = append(pieces, sensetest.Up(b))
		}
	}
	return sensetest.TCP(25, pieces...)
}

func expect(t *testing.T, tr *sensetest.Trace, want ...string) string {
	t.Helper()
	p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}}
	got := strings.Join(p.Play(tr), "\n")
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("%s is missing in\n%s", w, got)
		}
	}
	return got
}

// sink is a child that collects the messages it is fed.
type sink struct {
	all    *[]string
	now    []byte
	closed *int
}

func (s *sink) Data(_ *sense.Context, b []byte) { s.now = append(s.now, b...) }
func (s *sink) Gap(*sense.Context, int64)       { s.now = append(s.now, "<gap>"...) }
func (s *sink) Close(*sense.Context) {
	*s.all = append(*s.all, string(s.now))
	*s.closed++
}

// messages plays a trace and returns what a child analyzer was fed.
func messages(tr *sensetest.Trace, cut func([]byte) [][]byte) []string {
	var all []string
	closed := 0
	mail := sense.Analyzer{Name: "mail", WantsChild: func(e *sense.Envelope) bool { return e.Parent == "smtp" },
		NewChild: func(*sense.Context, *sense.Envelope) sense.Child { return &sink{all: &all, closed: &closed} }}
	p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer(), mail}, Cut: cut}
	p.Play(tr)
	return all
}

const greet = "< 220 mail.ward.example ESMTP Postfix"

func TestMessage(t *testing.T) {
	tr := talk(greet, "> EHLO ws17", "< 250 hi", "> MAIL FROM:<kowalczyk@ward.example> SIZE=9", "< 250 ok", "> RCPT TO:<b@ward.example>", "< 250 ok", "> DATA", "< 354 go",
		"> Subject: x\r\n\r\nline\r\n..dot\r\n.\rx\r\n...\r\nend", "> .", "< 250 queued", "> QUIT", "< 221 bye")
	expect(t, tr, `"verb":"mail","outcome":"ok","actor":"staff.`, `"count":1`, `"recipient":"staff.`, `host(mail.ward.example)`, `software(ESMTP Postfix)`, `host(ws17)`)
	want := "Subject: x\r\n\r\nline\r\n.dot\r\n\rx\r\n..\r\nend\r\n"
	for name, cut := range map[string]func([]byte) [][]byte{"whole": nil, "bytes": sensetest.EveryByte, "random": sensetest.Random(3)} {
		if got := messages(tr, cut); len(got) != 1 || got[0] != want {
			t.Errorf("%s: %q", name, got)
		}
	}
}

func TestChunks(t *testing.T) {
	tr := talk(greet, "> EHLO ws17", "< 250 hi", "> MAIL FROM:<a@b>", "< 250 ok", "> RCPT TO:<b@c>", "< 250 ok",
		"> BDAT 7\r\n.\r\nab", "< 250 ok", "> BDAT 4 LAST\r\nxy", "< 250 queued", "> BDAT x", "< 500 no")
	expect(t, tr, `"bytes":11`, `"outcome":"ok"`, "smtp.bad-chunk")
	for _, cut := range []func([]byte) [][]byte{nil, sensetest.EveryByte} {
		if got := messages(tr, cut); len(got) != 1 || got[0] != ".\r\nab\r\nxy\r\n" {
			t.Errorf("%q", got)
		}
	}
}

func TestRefused(t *testing.T) {
	got := expect(t, talk(greet, "> HELO x", "< 250 hi", "> MAIL FROM:<a@b>", "< 250 ok", "> RCPT TO:<b@c>", "< 250 ok", "> DATA", "< 554 no", "> MAIL FROM:<c@d>", "< 250 ok"),
		`"verb":"mail","outcome":"refused"`)
	if strings.Count(got, `"verb":"mail"`) != 1 {
		t.Error(got)
	}
}

func TestLogin(t *testing.T) {
	plain := base64.StdEncoding.EncodeToString([]byte("\x00kowalczyk\x00geheim"))
	user, pass := base64.StdEncoding.EncodeToString([]byte("kowalczyk")), base64.StdEncoding.EncodeToString([]byte("geheim"))
	cram := base64.StdEncoding.EncodeToString([]byte("kowalczyk 0123456789abcdef"))
	var p sensetest.Plain
	actor, secret := p.Token(ward.TokenStaff, nil, []byte("kowalczyk")).String(), p.Token(ward.TokenSecret, nil, []byte("geheim")).String()
	for _, tr := range []*sensetest.Trace{
		talk(greet, "> EHLO x", "< 250 hi", "> AUTH PLAIN "+plain, "< 235 in"),
		talk(greet, "> EHLO x", "< 250 hi", "> AUTH PLAIN", "< 334 ", "> "+plain, "< 235 in"),
		talk(greet, "> EHLO x", "< 250 hi", "> AUTH LOGIN", "< 334 VXNlcg==", "> "+user, "< 334 UGFzcw==", "> "+pass, "< 235 in"),
		talk(greet, "> EHLO x", "< 250 hi", "> AUTH LOGIN "+user, "< 334 UGFzcw==", "> "+pass, "< 235 in"),
	} {
		expect(t, tr, `"verb":"login","outcome":"ok"`, actor, secret)
	}
	expect(t, talk(greet, "> EHLO x", "< 250 hi", "> AUTH CRAM-MD5", "< 334 eA==", "> "+cram, "< 535 no"), `"outcome":"failed"`, actor, `"mechanism":"CRAM-MD5"`)
	expect(t, talk(greet, "> EHLO x", "< 250 hi", "> AUTH LOGIN", "< 504 no", "> MAIL FROM:<a@b>", "< 250 ok", "> RCPT TO:<c@d>", "< 250 ok", "> QUIT"), `"verb":"login","outcome":"failed"`, `"verb":"mail"`)
}

func TestStartTLS(t *testing.T) {
	got := expect(t, talk(greet, "> EHLO x", "< 250 hi", "> STARTTLS", "< 220 go", "> \x16\x03\x01"))
	if strings.Contains(got, "anomaly") {
		t.Error(got)
	}
	expect(t, talk(greet, "> EHLO x", "< 250 hi", "> STARTTLS", "< 454 no", "> MAIL FROM:<a@b>", "< 250 ok", "> RCPT TO:<c@d>", "< 250 ok", "> QUIT"), `"verb":"mail"`)
}

func TestHidden(t *testing.T) {
	sensetest.Hidden(t, talk("< 220 kowalczyk.example ESMTP kowalczyk", "> EHLO kowalczyk", "< 250 kowalczyk", "> AUTH KOWALCZYK", "< 500 kowalczyk",
		"> MAIL FROM:<kowalczyk@example>", "< 250 kowalczyk", "> RCPT TO:<kowalczyk@example>", "< 250 kowalczyk", "> VRFY kowalczyk", "> DATA", "< 354 kowalczyk",
		"> Subject: kowalczyk\r\n\r\nkowalczyk\r\n.", "< 250 kowalczyk", "> BDAT kowalczyk", "> KOWALCZYK"), []string{"kowalczyk"}, Analyzer())
}

func TestProbe(t *testing.T) {
	for _, c := range []struct {
		in   string
		dir  sense.Dir
		at   uint16
		want sense.Verdict
	}{
		{"EH", 0, 2500, sense.More}, {"EHLO x", 0, 2500, sense.Yes}, {"USER x\r\n", 0, 25, sense.No},
		{"220 x ESMTP\r\n", 1, 2500, sense.Yes}, {"220 x FTP\r\n", 1, 2500, sense.No}, {"220 hello\r\n", 1, 25, sense.Yes}, {"220 hello\r\n220 x", 1, 2500, sense.No},
	} {
		if got := probe(c.dir, []byte(c.in), c.at); got != c.want {
			t.Errorf("%q on %d: %d", c.in, c.at, got)
		}
	}
}
