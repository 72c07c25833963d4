package vnc

import (
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
)

var (
	up   = func(s string) sensetest.Piece { return sensetest.Up([]byte(s)) }
	down = func(s string) sensetest.Piece { return sensetest.Down([]byte(s)) }
)

const (
	v33, v37, v38 = "RFB 003.003\n", "RFB 003.007\n", "RFB 003.008\n"
	challenge     = "0123456789abcdef"
	desktop       = "\x00\x40\x00\x30" + challenge + "\x00\x00\x00\x09kowalczyk"
	granted       = "\x00\x00\x00\x00"
)

func expect(t *testing.T, want []string, pieces ...sensetest.Piece) string {
	t.Helper()
	tr := sensetest.TCP(5900, pieces...)
	p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}}
	got := strings.Join(p.Play(tr), "\n")
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("%s is missing in\n%s", w, got)
		}
	}
	sensetest.Hidden(t, tr, []string{"kowalczyk"}, Analyzer())
	sensetest.Splits(t, tr, Analyzer())
	return got
}

func TestSessions(t *testing.T) {
	open := []string{"vnc no auth", `"security":"none"`, `"outcome":"ok"`, `"desktop":"name(kowalczyk)"`}
	expect(t, open, down(v38), up(v38), down("\x02\x02\x01"), up("\x01"), down(granted), up("\x01"), down(desktop))
	expect(t, open, down(v37), up(v37), down("\x01\x01"), up("\x01"), up("\x01"), down(desktop))
	expect(t, open, down(v33), up(v33), down("\x00\x00\x00\x01"), up("\x01"), down(desktop))
	locked := []string{`"security":"vnc password"`, `"outcome":"ok"`}
	got := expect(t, locked, down(v38), up(v38), down("\x01\x02"), up("\x02"), down(challenge), up(challenge), down(granted), up("\x01"), down(desktop))
	if strings.Contains(got, "no auth") {
		t.Error(got)
	}
	expect(t, locked, down(v33), up(v33), down("\x00\x00\x00\x02"), down(challenge), up(challenge), down(granted), up("\x01"), down(desktop))
	expect(t, []string{`"outcome":"failed"`}, down(v38), up(v38), down("\x01\x02"), up("\x02"), down(challenge), up(challenge), down("\x00\x00\x00\x01\x00\x00\x00\x02no"))
	expect(t, []string{`"outcome":"refused"`}, down(v38), up(v38), down("\x00\x00\x00\x00\x09kowalczyk"))
	expect(t, []string{`"security":"vencrypt"`}, down(v38), up(v38), down("\x01\x13"), up("\x13"), down("\x00\x02"))
}

func TestOneSided(t *testing.T) {
	expect(t, []string{"vnc no auth", `"outcome":"ok"`}, down(v38), down("\x01\x01"), down(granted), down(desktop))
	expect(t, []string{`"security":"none"`}, up(v38), up("\x01"), up("\x01"))
}

func TestMisfit(t *testing.T) {
	expect(t, []string{"vnc.bad-handshake"}, down(v38), up("GET / HTTP/1.1\r\n"))
}

func TestProbe(t *testing.T) {
	for in, want := range map[string]sense.Verdict{"": sense.More, "RFB 0": sense.More, v38: sense.Yes, "RFC 003.008\n": sense.No, "RFB x": sense.No} {
		if got := probe(1, []byte(in), 5900); got != want {
			t.Errorf("%q: %d", in, got)
		}
	}
}
