package dns

import (
	"encoding/hex"
	"net/netip"
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
	"wardkeeper/ward"
)

// The captures are dnsmasq, dig, avahi and Samba's nmbd and nmblookup talking.
var captures = []string{"dns", "mdns", "nbns"}

func TestGolden(t *testing.T) {
	for _, name := range captures {
		t.Run(name, func(t *testing.T) {
			tr := sensetest.Load(t, "testdata/"+name+".pcap")
			sensetest.Golden(t, tr, "testdata/"+name+".golden", Analyzers()...)
			sensetest.Splits(t, tr, Analyzers()...)
			sensetest.Robust(t, tr, Analyzers()...)
		})
	}
}

func TestCountsOfCorpus(t *testing.T) {
	sensetest.Corpus(t)
	for _, file := range sensetest.Captures(t) {
		tr := sensetest.TryLoad(file)
		if tr == nil {
			continue
		}
		sensetest.Robust(t, tr, Analyzers()...)
	}
}

func TestCountsEqualTshark(t *testing.T) {
	for _, c := range []struct{ file, protocol, filter string }{
		{"testdata/dns.pcap", "dns", "dns && !icmp"},
		{"testdata/mdns.pcap", "mdns", "mdns && !icmp"},
		{"testdata/nbns.pcap", "nbns", "nbns && !icmp"},
	} {
		got := sensetest.Count(sensetest.Load(t, c.file), "act", c.protocol, Analyzers()...)
		if want := sensetest.Tshark(t, c.file, c.filter); got != want {
			t.Errorf("%s: %d acts, tshark sees %d messages", c.protocol, got, want)
		}
	}
}

// llmnrAnswer is RFC 4795 section 2.1: printer A 10.0.0.9, from the responder's
// port to the asker's.
const llmnrAnswer = "77f78000000100010000000007" + "7072696e746572" + "0000010001" + "07" + "7072696e746572" + "00000100010000001e00040a000009"

func TestLLMNRAnswerInAConversationOfItsOwn(t *testing.T) {
	b, err := hex.DecodeString(llmnrAnswer)
	if err != nil {
		t.Fatal(err)
	}
	tr := sensetest.UDP(51000, sensetest.Up(b))
	tr.Conversations[0].Client.Port = portLLMNR
	p := sensetest.Player{Analyzers: Analyzers()}
	lines := p.Play(tr)
	if len(lines) != 2 || !strings.Contains(lines[0], `"protocol":"llmnr"`) || !strings.Contains(lines[0], `"answer":"10.0.0.9"`) ||
		!strings.Contains(lines[1], `"value":"host(printer)"`) {
		t.Fatal(strings.Join(lines, "\n"))
	}
}

func TestMalformedOnItsPort(t *testing.T) {
	for h, want := range map[string]string{"2222010000010000000000000361": "past the end", "222301000001000000000000c00c00010001": "does not end"} {
		b, _ := hex.DecodeString(h)
		p := sensetest.Player{Analyzers: Analyzers()}
		if out := strings.Join(p.Play(sensetest.UDP(53, sensetest.Up(b))), "\n"); !strings.Contains(out, want) {
			t.Error(out)
		}
	}
}

func TestReverse(t *testing.T) {
	for in, want := range map[string]string{
		"20.0.77.10.in-addr.arpa":   "10.77.0.20",
		"0.77.10.in-addr.arpa":      "",
		"1.20.0.77.10.in-addr.arpa": "",
		"300.0.77.10.in-addr.arpa":  "",
		"x.in-addr.arpa":            "",
		"0.2.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.0.7.7.d.f.ip6.arpa": "fd77::20",
	} {
		ip, ok := reverse([]byte(in))
		if !ok {
			ip = netip.Addr{}
		}
		if got := ip; (want == "") != !got.IsValid() || want != "" && got.String() != want {
			t.Errorf("%s: %v", in, got)
		}
	}
}

func TestDomainStart(t *testing.T) {
	for in, want := range map[string]string{"a.b.example.com": "example.com", "x.nhs.co.uk": "nhs.co.uk", "co.uk": "co.uk", "example.de": "example.de",
		"mail.example.de": "example.de", "com": "com", "": ""} {
		if got := in[domainStart([]byte(in)):]; got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}

func TestEntropy(t *testing.T) {
	for in, want := range map[string]string{"": "", "aaaa": "0", "ab": "1", "abcd": "2", "abcdefgh": "3", "aab": "0.5"} {
		if got := entropy([]byte(in)); got != want {
			t.Errorf("%s: %s", in, got)
		}
	}
}

func TestNamesThatNeverEnd(t *testing.T) {
	for _, h := range []string{"c000", "c002c000", "01", "40", "05aa", "3f"} {
		b, _ := hex.DecodeString(h)
		if _, ok := appendName(nil, b, 0); ok && h != "c002c000" {
			t.Errorf("%s accepted", h)
		}
	}
	loop := []byte{0, 0, 1, 'a', 0xc0, 2}
	if name, ok := appendName(nil, loop, 2); ok {
		t.Errorf("a loop reads as %q", name)
	}
}

func TestForeignTraffic(t *testing.T) {
	for _, a := range Analyzers() {
		for _, port := range []uint16{53, 137, 5353, 5355, 123, 40000} {
			for _, b := range []string{"", "\x00", "GET / HTTP/1.1\r\nHost: a\r\n\r\n", "\x16\x03\x01\x00\xa5\x01\x00\x00\xa1\x03\x03aaaaaaaaaaaaaaaaaaaaa", "\x0bMSH|^~\\&|A|B|C|D|20260101||ADT^A01|1|P|2.5\r\x1c\r",
				strings.Repeat("\x00", 48), "\x00\x01\x00\x00\x00\x02\x00\x00\x00\x00\x00\x00", "\x23" + strings.Repeat("\x00", 47), strings.Repeat("\xff", 100), "\x01\x00\x00\x00\x00\xcd\x00\x00\x00\x01\x00\x00STORESCP        ",
				"0&\x02\x01\x01\x04\x06public\xa0\x19\x02\x04abcd\x02\x01\x00\x02\x01\x000\x0b0\t\x06\x05+\x06\x01\x02\x01\x05\x00"} {
				if a.Probe(sense.ToServer, []byte(b), port) == sense.Yes {
					t.Errorf("%s says yes to %q on %d", a.Name, b, port)
				}
			}
		}
	}
}

func TestNoAllocationPerMessage(t *testing.T) {
	b, _ := hex.DecodeString("77f7818000010001000000000470616373047761726407" + "6578616d706c65" + "0000010001c00c000100010000001e00040a000009")
	c, out := context()
	n := testing.AllocsPerRun(200, func() {
		out.Reset()
		unicast{}.Datagram(c, sense.ToClient, b)
	})
	if n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkResponse(b *testing.B) {
	msg, _ := hex.DecodeString("77f7818000010001000000000470616373047761726407" + "6578616d706c65" + "0000010001c00c000100010000001e00040a000009")
	c, out := context()
	b.ReportAllocs()
	b.SetBytes(int64(len(msg)))
	for b.Loop() {
		out.Reset()
		unicast{}.Datagram(c, sense.ToClient, msg)
	}
}

// fixed is a Privacy that costs nothing.
type fixed struct{ key [32]byte }

func (fixed) Token(ward.TokenKind, []byte, []byte) ward.Token { return ward.Token{} }
func (fixed) Text(sense.Class, []byte) string                 { return "text" }
func (f fixed) DigestKey() *[32]byte                          { return &f.key }

func context() (*sense.Context, *sense.Output) {
	c, out := sense.NewContext(fixed{}, 1<<20, nil), &sense.Output{}
	c.SetOutput(out)
	c.SetConversation("", "dns", ward.Endpoint{IP: netip.MustParseAddr("10.0.0.1"), Port: 4000}, ward.Endpoint{IP: netip.MustParseAddr("10.0.0.2"), Port: 53}, false, nil)
	return c, out
}

func TestNothingPastPrivacy(t *testing.T) {
	for _, name := range captures {
		sensetest.Hidden(t, sensetest.Load(t, "testdata/"+name+".pcap"), []string{`pacs`, `ward`, `archive`, `tunnel`, `printer-3`, `laserjet`, `radsrv`, `radiology`, `dnsmasq`, `nosuch`}, Analyzers()...)
	}
}

func TestForeignCaptures(t *testing.T) { sensetest.Foreign(t, nil, Analyzers()...) }

func FuzzDatagram(f *testing.F) {
	b, _ := hex.DecodeString(llmnrAnswer)
	f.Add(b)
	for _, name := range captures {
		for _, c := range sensetest.Load(f, "testdata/"+name+".pcap").Conversations {
			for _, p := range c.Pieces {
				f.Add(p.B)
			}
		}
	}
	f.Fuzz(func(t *testing.T, b []byte) {
		for _, a := range Analyzers() {
			for _, port := range []uint16{53, 137, 5353, 5355, 999} {
				a.Probe(sense.ToServer, b, port)
			}
			sensetest.Datagram(a, b)
		}
	})
}

func FuzzStream(f *testing.F) {
	for _, c := range sensetest.Load(f, "testdata/dns.pcap").Conversations {
		if c.TCP {
			var b []byte
			for _, p := range c.Pieces {
				b = append(b, p.B...)
			}
			f.Add(b, uint64(7))
		}
	}
	f.Fuzz(func(t *testing.T, b []byte, how uint64) { sensetest.Stream(Analyzers()[0], b, how) })
}
