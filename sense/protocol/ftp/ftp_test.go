package ftp

import (
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
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
	return sensetest.TCP(21, pieces...)
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

const (
	ok    = `"outcome":"ok"`
	greet = "< 220 Infusion gateway FTP 2.1"
)

func TestLogin(t *testing.T) {
	expect(t, talk(greet, "> USER kowalczyk", "< 230 in"), `"verb":"login"`, ok, `"password":"none"`)
	expect(t, talk(greet, "> USER kowalczyk", "< 331 password", "> PASS x", "< 530 no"), `"verb":"login"`, `"outcome":"failed"`, `"secret":"secret.`)
	expect(t, talk(greet, "> USER anonymous", "< 331 mail", "> PASS a@b", "< 230 in"), `"user":"anonymous"`, "ftp anonymous")
	expect(t, talk("> USER kowalczyk", "> PASS x", "> QUIT"), `"verb":"login","actor":"staff.`) // only one side captured
}

func TestTransfers(t *testing.T) {
	expect(t, talk(greet, "> PORT 10,0,0,1,4,1", "< 200 ok", "> RETR a.dcm", "< 150 opening", "< 226 done"),
		`"verb":"RETR","object":"path(a.dcm)",`+ok, `"data":"10.0.0.1:1025"`, `"mode":"active"`)
	expect(t, talk(greet, "> EPSV", "< 229 Entering (|||2000|)", "> STOR a", "< 553 no"), `"data":"10.0.0.2:2000"`, `"outcome":"failed"`)
	expect(t, talk(greet, "> EPRT |2|2001:db8::1|2000|", "< 200 ok", "> RETR a", "< 226 done"), `"data":"[2001:db8::1]:2000"`, "ftp.port-bounce")
	expect(t, talk(greet, "> PORT 10,9,9,9,0,22", "< 200 ok"), "ftp.port-bounce")
	expect(t, talk(greet, "> PORT 10,9,9", "< 500 no"), "ftp.bad-port")
	expect(t, talk(greet, "> RNFR a", "< 350 ok", "> RNTO b", "< 250 ok"), `"verb":"RENAME","object":"path(a)",`+ok, `"to":"path(b)"`)
	expect(t, talk(greet, "> DELE a", "< 250 ok"), `"verb":"DELE"`)
	expect(t, talk(greet, "> SITE EXEC kowalczyk", "< 500 no"), `"verb":"SITE","object":"EXEC"`)
}

func TestMultiline(t *testing.T) {
	expect(t, talk("< 220-Welcome", "< 530 is not a reply here", "< 220 FTP", "> DELE a", "< 250-one", "< two", "< 250 three", "> DELE b", "< 550 no"),
		`software(Welcome)`, `"object":"path(a)",`+ok, `"object":"path(b)","outcome":"failed"`)
}

func TestTLS(t *testing.T) {
	got := expect(t, talk(greet, "> AUTH TLS", "< 234 go", "> \x16\x03\x01\x02"), `"verb":"AUTH","object":"tls",`+ok)
	if strings.Contains(got, "anomaly") {
		t.Error("read on after TLS began: ", got)
	}
}

func TestNotFTP(t *testing.T) {
	lines := []string{greet}
	for range maxMisfits + 2 {
		lines = append(lines, "> \x01\x02\x03")
	}
	expect(t, talk(lines...), "ftp.not-ftp")
}

// Every place where the wire brings text.
func TestHidden(t *testing.T) {
	sensetest.Hidden(t, talk("< 220-kowalczyk", "< 220 FTP kowalczyk", "> USER kowalczyk", "< 331 kowalczyk", "> PASS kowalczyk", "< 230 kowalczyk",
		"> SYST kowalczyk", "< 215 kowalczyk", "> RETR kowalczyk", "< 226 kowalczyk", "> STOR kowalczyk", "> RNFR kowalczyk", "> RNTO kowalczyk",
		"< 250 kowalczyk", "> MKD kowalczyk", "> SITE kowalczyk kowalczyk", "< 500 kowalczyk", "> KOWALCZYK", "> LIST kowalczyk", "> PORT kowalczyk",
		"> EPRT |1|kowalczyk|kowalczyk|", "> ACCT kowalczyk", "> AUTH kowalczyk", "< 500 kowalczyk"), []string{"kowalczyk"}, Analyzer())
}

func TestProbe(t *testing.T) {
	for _, c := range []struct {
		in   string
		dir  sense.Dir
		at   uint16
		want sense.Verdict
	}{
		{"22", 1, 2100, sense.More}, {"220 x FTP server\r\n", 1, 2100, sense.Yes}, {"220 x ESMTP\r\n", 1, 21, sense.No},
		{"220 hello\r\n", 1, 21, sense.Yes}, {"220 hello\r\n", 1, 2100, sense.More},
		{"220 hello\r\n331 who\r\n", 1, 2100, sense.Yes}, {"220 hello\r\n250 mail\r\n", 1, 2100, sense.No},
		{"HTTP/1.1 200 OK\r\n", 1, 21, sense.No},
		{"USER a\r\n", 0, 21, sense.Yes}, {"USER a\r\n", 0, 110, sense.No}, {"AUTH TLS\r\n", 0, 2100, sense.Yes},
		{"EHLO a\r\n", 0, 21, sense.No}, {"GET / HTTP/1.1\r\n", 0, 21, sense.No}, {"\x16\x03\x01", 0, 21, sense.No},
	} {
		if got := probe(c.dir, []byte(c.in), c.at); got != c.want {
			t.Errorf("%q on %d: %d", c.in, c.at, got)
		}
	}
}
