package telnet

import (
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
	"wardkeeper/ward"
)

var (
	up   = func(s string) sensetest.Piece { return sensetest.Up([]byte(s)) }
	down = func(s string) sensetest.Piece { return sensetest.Down([]byte(s)) }
)

func expect(t *testing.T, want []string, pieces ...sensetest.Piece) string {
	t.Helper()
	p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}}
	got := strings.Join(p.Play(sensetest.TCP(23, pieces...)), "\n")
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("%s is missing in\n%s", w, got)
		}
	}
	return got
}

const negotiation = "\xff\xfd\x18\xff\xfd\x20"

func token(t *testing.T, name string) string {
	var p sensetest.Plain
	return p.Token(ward.TokenStaff, nil, []byte(name)).String()
}

func TestLogin(t *testing.T) {
	actor := `"actor":"` + token(t, "kowalczyk")
	begin := []sensetest.Piece{down(negotiation + "Pump server 3\r\n\r\nlogin: "), up("kowalczyk\r\n"), down("kowalczyk\r\nPassword: "), up("geheim\r\x00")}
	ok := []string{`"value":"telnet"`, `software(Pump server 3)`, actor, `"outcome":"ok"`}
	expect(t, ok, append(begin, down("\r\nLast login: today\r\n"))...)
	expect(t, ok, append(begin, down("\r\n# "))...)
	expect(t, ok, append(begin, down("\r\nC:\\>"))...)
	expect(t, []string{actor, `"outcome":"failed"`}, append(begin, down("\r\nLogin incorrect\r\nlogin: "))...)
	expect(t, []string{actor, `"outcome":"failed"`}, append(begin, down("\r\nlogin: "))...)
	// A name typed a key at a time, with a slip.
	expect(t, []string{actor}, down(negotiation+"Username: "), up("k"), up("owalx"), up("\x08c"), up("zyk"), up("\r\n"), down("Password:"), up("x\r\n"), down("\r\nbad password\r\n"))
}

func TestEncrypted(t *testing.T) {
	got := expect(t, nil, down(negotiation+"\xff\xfa\x26\x00\x01\xff\xf0login: "), up("kowalczyk\r\n"), down("Password: "), up("x\r\n"), down("$ "))
	if strings.Contains(got, "login\"") {
		t.Error("read on after encryption: ", got)
	}
}

func TestLimit(t *testing.T) {
	expect(t, []string{"limit telnet.login-text 1"}, down(negotiation+strings.Repeat("x", maxText+2)))
}

func TestHidden(t *testing.T) {
	sensetest.Hidden(t, sensetest.TCP(23, down(negotiation+"kowalczyk\r\nkowalczyk login: "), up("kowalczyk\r\n"), down("Password for kowalczyk\r\nPassword: "),
		up("kowalczyk\r\n"), down("\r\nWelcome kowalczyk\r\nkowalczyk")), []string{"kowalczyk"}, Analyzer())
}

func TestProbe(t *testing.T) {
	for _, c := range []struct {
		in   string
		dir  sense.Dir
		at   uint16
		want sense.Verdict
	}{
		{"", 1, 23, sense.More}, {"\xff", 1, 4000, sense.More}, {negotiation, 1, 4000, sense.Yes}, {negotiation[:3], 1, 23, sense.Yes},
		{negotiation[:3] + "x", 0, 4000, sense.No}, {"\xff\xd8\xff\xe0", 1, 23, sense.No}, {"Cisco\r\nUsername: ", 1, 23, sense.Yes},
		{"Cisco\r\nUsername: ", 1, 4000, sense.No}, {"SSH-2.0-x\r\n", 0, 23, sense.No},
	} {
		if got := probe(c.dir, []byte(c.in), c.at); got != c.want {
			t.Errorf("%q on %d: %d", c.in, c.at, got)
		}
	}
}
