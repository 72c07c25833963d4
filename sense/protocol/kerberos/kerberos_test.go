package kerberos

import (
	"encoding/binary"
	"strings"
	"testing"

	"wardkeeper/format/ber"
	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
)

func el(tag byte, parts ...string) string {
	v := strings.Join(parts, "")
	n := len(v)
	return string([]byte{tag, 0x82, byte(n >> 8), byte(n)}) + v
}

func num(n byte) string           { return "\x02\x01" + string([]byte{n}) }
func ctx(n byte, v string) string { return el(ber.Context(n), v) }
func str(s string) string         { return el(0x1b, s) }

func principalOf(kind byte, parts ...string) string {
	var list string
	for _, p := range parts {
		list += str(p)
	}
	return el(ber.Sequence, ctx(0, num(kind)), ctx(1, el(ber.Sequence, list)))
}

func requestOf(kind byte, client string, etypes ...byte) string {
	var list string
	for _, e := range etypes {
		list += num(e)
	}
	return el(0x60|kind, el(ber.Sequence, "\xa1\x03"+num(5), "\xa2\x03"+num(kind), ctx(4, el(ber.Sequence,
		ctx(0, "\x03\x05\x00\x40\x00\x00\x00"), ctx(1, client), ctx(2, str("KOWALCZYK.EXAMPLE")), ctx(3, principalOf(2, "cifs", "kowalczyk.example")), ctx(8, el(ber.Sequence, list))))))
}

func replyOf(kind byte, etype byte) string {
	enc := el(ber.Sequence, ctx(0, num(etype)), ctx(2, el(ber.OctetString, "xxxx")))
	ticket := el(0x61, el(ber.Sequence, ctx(0, num(5)), ctx(1, str("KOWALCZYK.EXAMPLE")), ctx(2, principalOf(2, "cifs", "kowalczyk.example")), ctx(3, enc)))
	return el(0x60|kind, el(ber.Sequence, "\xa0\x03"+num(5), "\xa1\x03"+num(kind), ctx(3, str("KOWALCZYK.EXAMPLE")), ctx(4, principalOf(1, "kowalczyk")), ctx(5, ticket), ctx(6, enc)))
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
	sensetest.Hidden(t, tr, []string{"kowalczyk"}, Analyzer())
	sensetest.Splits(t, tr, Analyzer())
	return got
}

func TestMessages(t *testing.T) {
	person, machine := principalOf(1, "kowalczyk"), principalOf(1, "KOWALCZYK-PC$")
	expect(t, sensetest.UDP(88, sensetest.Up([]byte(requestOf(asReq, person, 23, 3)))), `"verb":"AS-REQ","object":"cifs","actor":"staff.`, `"etypes":"23,3"`, `"weak_only":"rc4"`, `"preauth":"no"`)
	got := expect(t, sensetest.UDP(88, sensetest.Up([]byte(requestOf(asReq, machine, 18, 23)))), "host(KOWALCZYK-PC)", `"etypes":"18,23"`)
	if strings.Contains(got, "weak_only") || strings.Contains(got, "staff.") {
		t.Error(got)
	}
	expect(t, sensetest.UDP(88, sensetest.Down([]byte(replyOf(tgsRep, 23)))), `"verb":"TGS-REP"`, `"ticket_etype":"23"`, `"ticket_weak":"rc4"`, `"role"`)
	frame := func(s string) []byte {
		return append(binary.BigEndian.AppendUint32(nil, uint32(len(s))), s...)
	}
	expect(t, sensetest.TCP(88, sensetest.Up(frame(requestOf(tgsReq, "", 18))), sensetest.Down(frame(replyOf(tgsRep, 18)))), `"verb":"TGS-REQ"`, `"verb":"TGS-REP"`)
	fault := el(0x7e, el(ber.Sequence, "\xa0\x03"+num(5), "\xa1\x03"+num(30), ctx(6, num(24)), ctx(9, str("KOWALCZYK")), ctx(10, principalOf(2, "krbtgt", "KOWALCZYK"))))
	expect(t, sensetest.UDP(88, sensetest.Down([]byte(fault))), `"outcome":"preauthentication failed"`)
}

func TestProbe(t *testing.T) {
	good := requestOf(asReq, principalOf(1, "x"), 18)
	for _, c := range []struct {
		name, in string
		want     sense.Verdict
	}{
		{"request", good, sense.Yes},
		{"over TCP", "\x00\x00" + string([]byte{byte(len(good) >> 8), byte(len(good))}) + good, sense.Yes},
		{"start over TCP", "\x00\x00\x01", sense.More},
		{"other length", good + "x", sense.No},
		{"ldap search", "\x63\x20\x04\x00", sense.No},
		{"snmp", "\x30\x26\x02\x01\x01\x04\x06public", sense.No},
		{"smb over TCP", "\x00\x00\x00\x55\xffSMB", sense.No},
		{"huge", "\x00\xff\xff\xff\x6a", sense.No},
	} {
		if got := probe(0, []byte(c.in), 88); got != c.want {
			t.Errorf("%s: %d", c.name, got)
		}
	}
}
