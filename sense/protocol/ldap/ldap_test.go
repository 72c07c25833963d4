package ldap

import (
	"strings"
	"testing"

	"wardkeeper/format/ber"
	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
)

// el builds an element; long is Windows' way of writing lengths.
func el(tag byte, parts ...string) string {
	v := strings.Join(parts, "")
	n := len(v)
	return string([]byte{tag, 0x84, byte(n >> 24), byte(n >> 16), byte(n >> 8), byte(n)}) + v
}

func msg(id byte, op string) string { return el(ber.Sequence, "\x02\x01"+string(id), op) }

func result(tag byte, code byte) string {
	return el(tag, "\x0a\x01"+string(code), el(ber.OctetString), el(ber.OctetString))
}

func expect(t *testing.T, want []string, pieces ...sensetest.Piece) string {
	t.Helper()
	tr := sensetest.TCP(389, pieces...)
	p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}}
	got := strings.Join(p.Play(tr), "\n")
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("%s is missing in\n%s", w, got)
		}
	}
	sensetest.Hidden(t, tr, []string{"kowalczyk", "geheim"}, Analyzer())
	sensetest.Splits(t, tr, Analyzer())
	return got
}

var (
	up   = func(s string) sensetest.Piece { return sensetest.Up([]byte(s)) }
	down = func(s string) sensetest.Piece { return sensetest.Down([]byte(s)) }
)

const dn = "cn=kowalczyk,dc=kowalczyk,dc=example"

func bind(auth string) string {
	return el(bindRequest, "\x02\x01\x03", el(ber.OctetString, dn), auth)
}

func search(base, scope string) string {
	return el(searchRequest, el(ber.OctetString, base), "\x0a\x01"+scope, "\x0a\x01\x00", "\x02\x01\x00", "\x02\x01\x00", "\x01\x01\x00",
		el(0x87, "servicePrincipalName"), el(ber.Sequence, el(ber.OctetString, "kowalczyk")))
}

func attribute(name, value string) string {
	return el(ber.Sequence, el(ber.OctetString, name), el(ber.Set, el(ber.OctetString, value)))
}

func TestOperations(t *testing.T) {
	expect(t, []string{`"verb":"bind","outcome":"invalid credentials","actor":"staff.`, `"clear_password":"yes"`, "ldap clear password"},
		up(msg(1, bind(el(0x80, "geheim")))), down(msg(1, result(bindResponse, 49))))
	expect(t, []string{`"verb":"search","outcome":"ok"`, `"count":2`, `"target":"host(kowalczyk.example)"`, `"filter":"servicePrincipalName"`, `"scope":"subtree"`},
		up(msg(2, search(dn, "\x02"))), down(msg(2, el(searchEntry, el(ber.OctetString, dn), el(ber.Sequence)))),
		down(msg(2, el(searchEntry, el(ber.OctetString, dn), el(ber.Sequence)))+msg(2, result(searchDone, 0))))
	expect(t, []string{`"verb":"modify"`, `"attributes":"userPassword"`, `"outcome":"access denied"`},
		up(msg(3, el(modifyRequest, el(ber.OctetString, dn), el(ber.Sequence, attribute("userPassword", "geheim"))))), down(msg(3, result(modifyReply, 50))))
	expect(t, []string{`"verb":"delete"`}, up(msg(4, el(delRequest, dn))), down(msg(4, result(delReply, 0))))
	expect(t, []string{`"verb":"search"`}, up(msg(5, search(dn, "\x01")))) // one side only
}

func TestRootEntry(t *testing.T) {
	expect(t, []string{`"object":"root dse"`, "host(dc1.kowalczyk.example)", "Windows Server 2016 or later", "domain controller"},
		up(msg(1, search("", "\x00"))), down(msg(1, el(searchEntry, el(ber.OctetString), el(ber.Sequence,
			attribute("dnsHostName", "dc1.kowalczyk.example"), attribute("domainControllerFunctionality", "7"), attribute("serverName", "kowalczyk"))))),
		down(msg(1, result(searchDone, 0))))
}

func TestEncrypted(t *testing.T) {
	for name, pieces := range map[string][]sensetest.Piece{
		"start tls": {up(msg(1, el(extRequest, el(0x80, "1.3.6.1.4.1.1466.20037")))), down(msg(1, result(extReply, 0))), up("\x16\x03\x01\x00\x10")},
		"sasl": {up(msg(1, bind(el(0xa3, el(ber.OctetString, "GSS-SPNEGO"), el(ber.OctetString, "geheim"))))), down(msg(1, result(bindResponse, 0))),
			up("\x00\x00\x00\x10\x05\x04")},
	} {
		if got := expect(t, []string{`"outcome":"ok"`}, pieces...); strings.Contains(got, "anomaly") {
			t.Errorf("%s: %s", name, got)
		}
	}
	expect(t, []string{"ldap.bad-message"}, up(msg(1, bind(el(0x80, "geheim")))), up("\x00\x00\x00\x10\x05\x04"))
}

func TestPendingCap(t *testing.T) {
	var all string
	for i := range byte(maxPending + 3) {
		all += msg(i+1, search(dn, "\x01"))
	}
	got := expect(t, []string{"limit ldap.pending 3"}, up(all))
	if n := strings.Count(got, `"verb":"search"`); n != maxPending+3 {
		t.Errorf("%d searches", n)
	}
}

func TestProbe(t *testing.T) {
	for _, c := range []struct {
		name, in string
		dir      sense.Dir
		want     sense.Verdict
	}{
		{"bind", msg(1, bind(el(0x80, "x"))), 0, sense.Yes},
		{"short form", "\x30\x0c\x02\x01\x01\x60\x07\x02\x01\x03\x04\x00\x80\x00", 0, sense.Yes},
		{"bind from the server", msg(1, bind(el(0x80, "x"))), 1, sense.No},
		{"unbind", "\x30\x05\x02\x01\x03\x42\x00", 0, sense.Yes},
		{"result", msg(1, result(searchDone, 0)), 1, sense.Yes},
		{"start", "\x30\x84\x00", 0, sense.More},
		{"snmp", "\x30\x26\x02\x01\x01\x04\x06public\xa0\x19", 0, sense.No},
		{"snmp 3", "\x30\x3e\x02\x01\x03\x30\x11", 0, sense.No},
		{"certificate", "\x30\x82\x01\x00\x30\x82\x00\x80", 0, sense.No},
		{"text", "0123456789", 0, sense.No},
	} {
		if got := probe(c.dir, []byte(c.in), 389); got != c.want {
			t.Errorf("%s: %d", c.name, got)
		}
	}
}
