package syslog

import (
	"bytes"
	"fmt"
	"net/netip"
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
	"wardkeeper/ward"
)

// The capture is util-linux's logger over UDP and TCP, in both forms and both
// framings.
const capture = "testdata/syslog.pcap"

const auditXML = `<?xml version="1.0" encoding="UTF-8"?><AuditMessage><EventIdentification EventActionCode="R" EventOutcomeIndicator="0"><EventID csd-code="110103"/></EventIdentification>` +
	`<ActiveParticipant UserID="jane.doe" UserIsRequestor="true" NetworkAccessPointID="10.0.0.7" NetworkAccessPointTypeCode="2"/><ActiveParticipant UserID="PACS" NetworkAccessPointID="10.0.0.9"><RoleIDCode csd-code="110152"/></ActiveParticipant>` +
	`<AuditSourceIdentification AuditSourceID="PACS1"/>` +
	`<ParticipantObjectIdentification ParticipantObjectID="1.2.3.4" ParticipantObjectTypeCode="2" ParticipantObjectTypeCodeRole="3"><ParticipantObjectIDTypeCode csd-code="110180"/></ParticipantObjectIdentification>` +
	`<ParticipantObjectIdentification ParticipantObjectID="MRN77^^^WARD" ParticipantObjectTypeCode="1" ParticipantObjectTypeCodeRole="1"><ParticipantObjectName>DOE^JANE</ParticipantObjectName></ParticipantObjectIdentification></AuditMessage>`

const audit = `<85>1 2026-01-02T03:04:05Z pacs1 dcm4chee 77 DICOM+RFC3881 [origin software="rsyslogd" swVersion="8.1" enterpriseId="9.1"] ` + "\ufeff" + auditXML

func TestGolden(t *testing.T) {
	tr := sensetest.Load(t, capture)
	sensetest.Golden(t, tr, "testdata/syslog.golden", Analyzer())
	sensetest.Splits(t, tr, Analyzer())
	sensetest.Robust(t, tr, Analyzer())
}

func TestCountsEqualTshark(t *testing.T) {
	// On TCP tshark counts packets; the capture's two streams hold four messages
	// in each direction, since the other end echoes them.
	got := sensetest.Count(sensetest.Load(t, capture), "act", "syslog", Analyzer())
	if want := sensetest.Tshark(t, capture, "syslog && !icmp") + 8; got != want {
		t.Errorf("%d acts, want %d", got, want)
	}
}

func TestCorpus(t *testing.T) {
	for _, file := range sensetest.Captures(t) {
		if tr := sensetest.TryLoad(file); tr != nil {
			sensetest.Robust(t, tr, Analyzer())
		}
	}
}

func play(tr *sensetest.Trace) string {
	p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}}
	return strings.Join(p.Play(tr), "\n")
}

func TestAuditMessage(t *testing.T) {
	out := play(sensetest.UDP(514, sensetest.Up([]byte(audit))))
	for _, want := range []string{`"verb":"instances accessed"`, `"outcome":"ok"`, `"actor":"staff.1.`, `"patient":"patient.1.`, `"study":"study.1.`, `"action":"read"`, `"from":"10.0.0.7"`, `"destination":"10.0.0.9"`,
		`"clear":true`, "software(rsyslogd 8.1)", `"value":"Cisco"`, "app(PACS1)", "host(pacs1)", "software(dcm4chee)"} {
		if !strings.Contains(out, want) {
			t.Errorf("no %s in\n%s", want, out)
		}
	}
	for _, secret := range []string{"jane", "DOE", "MRN77", "1.2.3.4"} {
		if strings.Contains(out, secret) {
			t.Errorf("%s is in the output", secret)
		}
	}
}

func TestAuditMessageThatIsNone(t *testing.T) {
	out := play(sensetest.UDP(514, sensetest.Up([]byte("<85>1 - - - - IHE+RFC-3881 - <AuditMessage><EventID"))))
	if !strings.Contains(out, "syslog.audit") || !strings.Contains(out, `"verb":"log"`) {
		t.Error(out)
	}
}

func TestCountedAuditInPieces(t *testing.T) {
	b := []byte(fmt.Sprintf("%d %s%d %s", len(audit), audit, len(audit), audit))
	tr := sensetest.TCP(6514, sensetest.Up(b))
	if out := play(tr); strings.Count(out, "instances accessed") != 2 {
		t.Error(out)
	}
	sensetest.Splits(t, tr, Analyzer())
	sensetest.Robust(t, tr, Analyzer())
}

func TestResynchronises(t *testing.T) {
	one := fmt.Sprintf("%d %s", len(audit), audit)
	p := sensetest.Player{Analyzers: []sense.Analyzer{Analyzer()}, Lose: func(i int) bool { return i == 1 }}
	out := strings.Join(p.Play(sensetest.TCP(6514, sensetest.Up([]byte(one+one[:100])), sensetest.Up([]byte(one[100:200])), sensetest.Up([]byte(one[200:]+one)))), "\n")
	if strings.Count(out, "instances accessed") != 2 {
		t.Error(out)
	}
}

func TestFramingThatBreaks(t *testing.T) {
	b := []byte(fmt.Sprintf("%d %srubbish %d %s", len(audit), audit, len(audit), audit))
	tr := sensetest.TCP(6514, sensetest.Up(b))
	if out := play(tr); strings.Count(out, "syslog.framing") != 1 || strings.Count(out, "instances accessed") != 2 {
		t.Error(out)
	}
	sensetest.Splits(t, tr, Analyzer())
}

func TestProbe(t *testing.T) {
	for _, c := range []struct {
		in   string
		port uint16
		want sense.Verdict
	}{
		{"", 514, sense.More},
		{"<", 514, sense.More},
		{"12", 514, sense.More},
		{"<13>text", 514, sense.Yes},
		{"<13>text", 4000, sense.More},
		{"<13>" + strings.Repeat("x", 200), 4000, sense.No},
		{"<13>Nov 23 16:23:14 vm a: b", 4000, sense.Yes},
		{"<13>1 - - - - - - b", 4000, sense.Yes},
		{"50 <13>1 - - - - - - b", 4000, sense.Yes},
		{"<html><body>", 80, sense.No},
		{"<?xml version", 514, sense.No},
		{"<299>x", 514, sense.No},
		{"220 mail.example.com ESMTP", 25, sense.No},
		{"0123 <13>", 514, sense.No},
		{"<13>\x00\x01\x02", 514, sense.No},
		{"GET / HTTP/1.1", 514, sense.No},
	} {
		if got := probe(sense.ToServer, []byte(c.in), c.port); got != c.want {
			t.Errorf("%q on %d: %v", c.in, c.port, got)
		}
	}
}

func TestAddress(t *testing.T) {
	for in, want := range map[string]string{"10.0.0.1": "10.0.0.1", "fe80::1": "fe80::1", "fe80::1%eth0": "", "ct-3": "", "deadbeef": "", "3com": "", "1.2.3": "", "": ""} {
		ip, ok := address([]byte(in))
		if ok != (want != "") || ok && ip.String() != want {
			t.Errorf("%s: %v", in, ip)
		}
	}
}

func TestNothingPastPrivacy(t *testing.T) {
	sensetest.Hidden(t, sensetest.Load(t, capture), []string{`pacsd`, `john`, `"vm"`, `mwl`, `login`, `line`}, Analyzer())
}

func TestForeignCaptures(t *testing.T) { sensetest.Foreign(t, nil, Analyzer()) }

// fixed is a Privacy that costs nothing.
type fixed struct{ key [32]byte }

func (fixed) Token(ward.TokenKind, []byte, []byte) ward.Token { return ward.Token{} }
func (fixed) Text(sense.Class, []byte) string                 { return "text" }
func (f fixed) DigestKey() *[32]byte                          { return &f.key }

func TestNoAllocationPerMessage(t *testing.T) {
	c, out := sense.NewContext(fixed{}, 1<<20, nil), &sense.Output{}
	c.SetOutput(out)
	c.SetConversation("", "syslog", ward.Endpoint{IP: netip.MustParseAddr("10.0.0.1"), Port: 4000}, ward.Endpoint{IP: netip.MustParseAddr("10.0.0.2"), Port: 514}, false, nil)
	var r reader
	b := []byte("<13>1 2026-01-02T03:04:05Z 10.0.0.9 app 1 ID - text")
	if n := testing.AllocsPerRun(200, func() { out.Reset(); r.message(c, sense.ToServer, b) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzStream(f *testing.F) {
	f.Add([]byte(fmt.Sprintf("%d %s", len(audit), audit)), uint64(1))
	f.Add([]byte("<13>Nov 23 16:23:14 vm a[1]: b\n<14>1 - 10.0.0.1 - - - -\n"), uint64(6))
	f.Fuzz(func(_ *testing.T, b []byte, how uint64) { sensetest.Stream(Analyzer(), b, how) })
}

func FuzzDatagram(f *testing.F) {
	f.Add([]byte(audit))
	f.Add(bytes.Repeat([]byte("<13>"), 9))
	f.Fuzz(func(_ *testing.T, b []byte) {
		probe(sense.ToServer, b, 9)
		sensetest.Datagram(Analyzer(), b)
	})
}
