package sdc

import (
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
)

func TestCaptures(t *testing.T) {
	sensetest.Testdata(t, []string{"PUMPGW", "e5e61fb5"}, Analyzer(), sensetest.HTTP())
}

// hello is written after IEEE 11073-20701 and the scopes that its libraries send.
const hello = `<?xml version="1.0" encoding="UTF-8"?><s12:Envelope xmlns:s12="http://www.w3.org/2003/05/soap-envelope" xmlns:wsd="http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01" xmlns:wsa="http://www.w3.org/2005/08/addressing" xmlns:dpws="http://docs.oasis-open.org/ws-dd/ns/dpws/2009/01" xmlns:mdpws="http://standards.ieee.org/downloads/11073/11073-20702-2016">` +
	`<s12:Header><wsa:Action>http://docs.oasis-open.org/ws-dd/ns/discovery/2009/01/Hello</wsa:Action></s12:Header><s12:Body><wsd:Hello><wsa:EndpointReference><wsa:Address>urn:uuid:9a1f6f3e-0000-4000-8000-000000000001</wsa:Address></wsa:EndpointReference>` +
	`<wsd:Types>dpws:Device mdpws:MedicalDevice</wsd:Types><wsd:Scopes>sdc.mds.pkp:1.2.840.10004.20701.1.1 sdc.cdc.type:///69985 sdc.ctxt.loc:/sdc.ctxt.loc.detail/HOSP%2F%2F%2FICU%2F%2FBed7Example?fac=HOSP&amp;poc=ICU%201&amp;rm=R9&amp;bed=Bed7Example ` +
	`sdc.mds.prodspec:B.%20Braun:531970 sdc.mds.prodspec:Space%20Plus:531969,urn:oid:1.2 sdc.mds.prodspec:SN-4711:531972 sdc.ctxt.pat:/urn%3Aoid%3A1.2/MRN-700123</wsd:Scopes><wsd:XAddrs>https://10.0.0.1:6464/9a1f</wsd:XAddrs></wsd:Hello></s12:Body></s12:Envelope>`

func play(a []sense.Analyzer, tr *sensetest.Trace) string {
	p := sensetest.Player{Analyzers: a}
	return strings.Join(p.Play(tr), "\n")
}

func expect(t *testing.T, got string, want ...string) {
	t.Helper()
	for _, w := range want {
		if !strings.Contains(got, w) {
			t.Errorf("no %s in\n%s", w, got)
		}
	}
}

func TestHello(t *testing.T) {
	got := play([]sense.Analyzer{Analyzer()}, sensetest.UDP(3702, sensetest.Up([]byte(hello))))
	expect(t, got, `"verb":"Hello","object":"medical device","patient":"patient.1.`, `"clear":true,"attributes":{"port":"6464","mds-type":"69985"}`,
		`"value":"sdc provider"`, `"value":"infusion pump"`, `maker(B. Braun)`, `model(Space Plus)`, `serial(SN-4711)`, `"department(HOSP) department(ICU 1)"`, `wsd-epr serial(9a1f`)
	for _, secret := range []string{"Bed7", "R9", "MRN-700123"} {
		if strings.Contains(got, secret) {
			t.Errorf("%s was kept in\n%s", secret, got)
		}
	}
	for _, other := range []string{"10.0.0.9", "[fe80::1]"} { // told by another address
		got := play([]sense.Analyzer{Analyzer()}, sensetest.UDP(3702, sensetest.Up([]byte(strings.Replace(hello, "10.0.0.1", other, 1)))))
		expect(t, got, `"subject":{"key":"ip","value":"`+strings.Trim(other, "[]")+`"}`)
	}
}

func TestOthers(t *testing.T) {
	matches := `<e:Envelope xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><e:Body><d:ProbeMatches><d:ProbeMatch><a:EndpointReference><a:Address>urn:uuid:1</a:Address></a:EndpointReference><d:Types>dn:NetworkVideoTransmitter</d:Types>` +
		`<d:Scopes>onvif://www.onvif.org/hardware/P3245 onvif://www.onvif.org/name/Ada</d:Scopes><d:XAddrs>http://10.0.0.2/onvif</d:XAddrs></d:ProbeMatch><d:ProbeMatch><d:Types>wprt:PrintDeviceType</d:Types><d:XAddrs>http://10.0.0.3:5357/p</d:XAddrs></d:ProbeMatch></d:ProbeMatches></e:Body></e:Envelope>`
	probe := `<e:Envelope xmlns:d="http://schemas.xmlsoap.org/ws/2005/04/discovery"><e:Body><d:Probe><d:Types>m:MedicalDevice</d:Types></d:Probe></e:Body></e:Envelope>`
	got := play([]sense.Analyzer{Analyzer()}, sensetest.UDP(3702, sensetest.Up([]byte(probe)), sensetest.Down([]byte(matches))))
	expect(t, got, `"value":"sdc consumer"`, `"verb":"Probe","object":"medical device"`, `"verb":"ProbeMatches","object":"camera","reply":true,"count":2`, `model(P3245)`, `{"key":"ip","value":"10.0.0.3"}`, `"value":"printer"`)
	if strings.Contains(got, "Ada") {
		t.Error("a name was kept")
	}
}

func soapOverHTTP(body string) string {
	return play([]sense.Analyzer{sensetest.HTTP(), Analyzer()}, sensetest.TCP(6464, sensetest.Up([]byte("POST /x HTTP/1.1\r\nHost: h\r\nContent-Type: application/soap+xml; charset=utf-8\r\nContent-Length: 0\r\n\r\n")),
		sensetest.Down([]byte("HTTP/1.1 200 OK\r\nContent-Type: application/soap+xml\r\n\r\n"+body))))
}

func TestMetadata(t *testing.T) {
	got := soapOverHTTP(`<s:Envelope xmlns:s="s"><s:Body><x:Metadata><x:MetadataSection><d:ThisModel><d:Manufacturer xml:lang="en">Dräger</d:Manufacturer><d:ModelName>VN800</d:ModelName></d:ThisModel></x:MetadataSection>` +
		`<x:MetadataSection><d:ThisDevice><d:FriendlyName>Bed of Ada</d:FriendlyName><d:FirmwareVersion>1.2</d:FirmwareVersion><d:SerialNumber>SN9</d:SerialNumber></d:ThisDevice></x:MetadataSection></x:Metadata></s:Body></s:Envelope>`)
	expect(t, got, `"protocol":"sdc","verb":"Metadata","reply":true`, `maker(Dräger)`, `model(VN800)`, `version(1.2)`, `serial(SN9)`)
	if strings.Contains(got, "Ada") {
		t.Error("a name was kept")
	}
	got = soapOverHTTP(`<s:Envelope xmlns:s="s"><s:Body><m:GetMdibResponse><pm:ContextState xsi:type="pm:LocationContextState"><pm:Identification Root="r" Extension="bed"/></pm:ContextState>` +
		`<pm:ContextState xsi:type="pm:PatientContextState"><pm:Identification Root="urn:oid:1.2" Extension="MRN-700123"/><pm:CoreData><pm:Givenname>Ada</pm:Givenname></pm:CoreData></pm:ContextState></m:GetMdibResponse></s:Body></s:Envelope>`)
	expect(t, got, `"verb":"GetMdibResponse","reply":true,"patient":"patient.1.`, `"clear":true`)
	hi := play([]sense.Analyzer{Analyzer()}, sensetest.UDP(3702, sensetest.Up([]byte(hello))))
	token := hi[strings.Index(hi, `"patient":`):][:40]
	expect(t, got, token) // the same patient as in the scope
}

// TestMdib reads a real description through an HTTP response.
func TestMdib(t *testing.T) {
	files, _ := filepath.Glob(filepath.Join(sensetest.Corpus(t), "sdc/*/tests/*.xml"))
	if len(files) == 0 {
		t.Skip("no SDC material")
	}
	for _, file := range files {
		b, err := os.ReadFile(file)
		if err != nil {
			t.Fatal(err)
		}
		text := string(b[strings.Index(string(b), "?>")+2:])
		got := soapOverHTTP(`<s:Envelope xmlns:s="s"><s:Body>` + text + `</s:Body></s:Envelope>`)
		expect(t, got, `"verb":"GetMdibResponse"`)
		if strings.Contains(got, "anomaly") {
			t.Error(got)
		}
	}
}

func TestProbe(t *testing.T) {
	for b, want := range map[string]sense.Verdict{hello: sense.Yes, "<x/>": sense.No, "": sense.No, "NOTIFY * HTTP/1.1": sense.No} {
		if got := probe(0, []byte(b), 3702); got != want {
			t.Errorf("%.20q: %v", b, got)
		}
	}
}

func FuzzDatagram(f *testing.F) {
	f.Add([]byte(hello))
	f.Add([]byte(`<e:Envelope><e:Body><Probe><Types>a:b</Types></Probe></e:Body></e:Envelope>`))
	f.Fuzz(func(_ *testing.T, b []byte) { sensetest.Datagram(Analyzer(), b) })
}
