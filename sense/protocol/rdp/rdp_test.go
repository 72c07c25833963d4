package rdp

import (
	"encoding/binary"
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
)

// tpdu builds a connection request or confirm over TPKT.
func tpdu(kind byte, rest string) []byte {
	b := append([]byte{3, 0, 0, byte(11 + len(rest)), byte(6 + len(rest)), kind, 0, 0, 0, 0, 0}, rest...)
	return b
}

func neg(kind byte, value uint32) string {
	return string(binary.LittleEndian.AppendUint32([]byte{kind, 0, 8, 0}, value))
}

const cookie = "Cookie: mstshash=kowalczyk\r\n"

func expect(t *testing.T, want []string, pieces ...sensetest.Piece) string {
	t.Helper()
	p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}}
	got := strings.Join(p.Play(sensetest.TCP(3389, pieces...)), "\n")
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("%s is missing in\n%s", w, got)
		}
	}
	return got
}

func TestNegotiation(t *testing.T) {
	up := sensetest.Up(tpdu(tpduCR, cookie+neg(negRequest, protoTLS|protoNLA)))
	for chosen, name := range map[uint32]string{0: "rdp", protoTLS: "tls", protoNLA: "nla", protoNLAEx: "nla extended", protoRDSTLS: "rdstls"} {
		got := expect(t, []string{`"outcome":"ok","actor":"staff.`, `"offered":"nla"`, `"security":"` + name + `"`, `"value":"rdp"`},
			up, sensetest.Down(tpdu(tpduCC, neg(negReply, chosen))))
		if weak := chosen <= protoTLS; weak != strings.Contains(got, "rdp no nla") {
			t.Errorf("%s: %s", name, got)
		}
	}
	expect(t, []string{`"outcome":"refused"`, `"failure":"nla required by server"`}, up, sensetest.Down(tpdu(tpduCC, neg(negFailure, 5))))
	expect(t, []string{"rdp no nla"}, up, sensetest.Down(tpdu(tpduCC, ""))) // a server that knows no negotiation
	expect(t, []string{`"verb":"connect","actor":"staff.`}, up, sensetest.Up([]byte("\x16\x03\x01")))
	sensetest.Hidden(t, sensetest.TCP(3389, up, sensetest.Down(tpdu(tpduCC, neg(negReply, 1)))), []string{"kowalczyk"}, Analyzer())
}

func TestProbe(t *testing.T) {
	for _, c := range []struct {
		name string
		b    []byte
		dir  sense.Dir
		at   uint16
		want sense.Verdict
	}{
		{"cookie", tpdu(tpduCR, cookie), 0, 4000, sense.Yes},
		{"negotiation", tpdu(tpduCR, neg(negRequest, 1)), 0, 4000, sense.Yes},
		{"reply", tpdu(tpduCC, neg(negReply, 1)), 1, 4000, sense.Yes},
		{"bare", tpdu(tpduCR, ""), 0, 3389, sense.Yes},
		{"bare elsewhere", tpdu(tpduCR, ""), 0, 102, sense.No},
		{"S7", tpdu(tpduCR, "\xc1\x02\x01\x00\xc2\x02\x01\x02\xc0\x01\x0a"), 0, 102, sense.No},
		{"S7 reply", tpdu(tpduCC, "\xc0\x01\x0a\xc1\x02\x01\x00\xc2\x02\x01\x02"), 1, 102, sense.No},
		{"start", []byte{3, 0}, 0, 4000, sense.More},
		{"TLS", []byte{0x16, 3, 1}, 0, 3389, sense.No},
	} {
		if got := probe(c.dir, c.b, c.at); got != c.want {
			t.Errorf("%s: %d", c.name, got)
		}
	}
}
