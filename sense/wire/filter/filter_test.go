package filter

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"os/exec"
	"strings"
	"testing"

	"golang.org/x/net/bpf"
	"pgregory.net/rapid"

	"wardkeeper/sense/wire"
)

// theirs is tcpdump's program for an expression; ok is false if it refuses it. nil
// means that nothing ever matches.
func theirs(t testing.TB, link, expr string) (p *bpf.VM, ok bool) {
	if _, err := exec.LookPath("tcpdump"); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("tcpdump is not installed")
	}
	var stderr strings.Builder
	c := exec.CommandContext(context.Background(), "tcpdump", "-ddd", "-y", link, expr)
	c.Stderr = &stderr
	out, err := c.Output()
	if err != nil {
		return nil, strings.Contains(stderr.String(), "rejects all packets")
	}
	raw := parseProgram(t, string(out))
	program, all := bpf.Disassemble(raw)
	if !all {
		t.Fatalf("%s: tcpdump's program has instructions unknown to the VM", expr)
	}
	vm, err := bpf.NewVM(program)
	if err != nil {
		t.Fatalf("%s: %v", expr, err)
	}
	return vm, true
}

func parseProgram(t testing.TB, text string) []bpf.RawInstruction {
	var out []bpf.RawInstruction
	lines := bufio.NewScanner(strings.NewReader(text))
	lines.Scan() // their number
	for lines.Scan() {
		var i bpf.RawInstruction
		if _, err := fmt.Sscan(lines.Text(), &i.Op, &i.Jt, &i.Jf, &i.K); err != nil {
			t.Fatal(err)
		}
		out = append(out, i)
	}
	return out
}

func verdict(t testing.TB, vm *bpf.VM, b []byte) bool {
	if vm == nil {
		return false
	}
	n, err := vm.Run(b)
	if err != nil {
		t.Fatal(err)
	}
	return n > 0
}

func ours(t testing.TB, f *Filter, live bool) *bpf.VM {
	raw, err := f.Program(linkEthernet, live)
	if err != nil {
		t.Fatal(err)
	}
	p, _ := bpf.Disassemble(raw)
	vm, err := bpf.NewVM(p)
	if err != nil {
		t.Fatal(err)
	}
	return vm
}

// agree compares the verdicts of both, and of Match, over packets.
func agree(t testing.TB, expr string, packets []bytes) {
	f, err := Parse(expr)
	if err != nil {
		t.Fatalf("%s: %v", expr, err)
	}
	their, ok := theirs(t, "EN10MB", expr)
	if !ok {
		t.Fatalf("tcpdump refuses %s", expr)
	}
	vm := ours(t, f, false)
	m, err := f.Matcher(linkEthernet)
	if err != nil {
		t.Fatal(err)
	}
	for _, b := range packets {
		want, got, matched := verdict(t, their, b), verdict(t, vm, b), m.Match(b, len(b))
		if got != want || matched != want {
			t.Fatalf("%s: program %v, Match %v, tcpdump %v for % x", expr, got, matched, want, b[:80])
		}
	}
}

var expressions = []string{
	"", "ip", "ip6", "arp", "rarp", "tcp", "udp", "sctp", "icmp", "icmp6", "not tcp", "! tcp && ! arp",
	"host 10.0.0.1", "src host 10.0.0.1", "dst host 10.0.0.1", "src or dst host 10.0.0.1", "src and dst host 10.0.0.1", "src 10.0.0.2", "dst 10.0.0.1",
	"ip host 10.0.0.1", "arp host 10.0.0.1", "rarp src host 10.0.0.1", "host fe80::1", "src host fd00::2", "ip6 host fe80::1", "dst fe80::1",
	"net 10.0.0.0/8", "src net 10.0.0.0/30", "dst net 192.168.0.0/16", "net fe80::/10", "net 0.0.0.0/0", "net ::/0", "ip net 10.0.0.0/31", "src and dst net 10.0.0.0/8", "net fd00::/33",
	"port 80", "src port 80", "dst port 80", "tcp port 104", "udp src port 443", "sctp port 80", "port 80 or 443", "tcp dst port 104 or 2575", "src and dst port 80", "tcp port (80 or 443)",
	"portrange 80-104", "tcp portrange 100-500", "src portrange 443-80", "udp dst portrange 0-65535",
	"proto 47", "proto 6", "ip proto 17", "ip6 proto 58", "ip6 proto 44", `ip proto \tcp`,
	"ether host 00:09:fb:00:00:01", "ether src 00:09:fb:00:00:01", "ether dst host ff:ff:ff:ff:ff:ff", "ether proto 0x88cc", `ether proto \ip`, "broadcast", "multicast", "ether broadcast or ether multicast",
	"less 200", "greater 200", "less 160 and tcp", "greater 0x40",
	"vlan", "vlan 10", "vlan 11 and tcp", "not vlan", "vlan or ip", "vlan 10 or vlan 11", "ip or vlan and ip", "vlan and vlan 11 and port 80", "vlan and vlan and vlan and host 10.0.0.1", "(vlan 10 and arp) or arp", "not (vlan and not tcp) or udp",
	"vlan and ether host 00:09:fb:00:00:01", "vlan 10 and host fe80::1", "vlan and (port 80 or 443)",
	"host 10.0.0.1 and tcp or udp", "host 10.0.0.1 and (tcp or udp)", "tcp or udp and port 80", "not tcp and udp or arp", "not (tcp or udp)", "host 10.0.0.1 or 10.0.0.2 and not port 80",
	"host 10.0.0.1 and (10.0.0.2 or 192.168.1.7)", "host 10.0.0.1 and not 10.0.0.2", "net 10.0.0.0/8 and not port 443", "((tcp))", "tcp\tand\nport  80", "(tcp)and(port 80)", "!tcp&&!udp||arp", "not not tcp",
}

// TestAgrees holds every kind of question to tcpdump's answer.
func TestAgrees(t *testing.T) {
	packets := append(handmade(), corpus(t)...)
	t.Logf("%d packets", len(packets))
	for _, e := range expressions {
		agree(t, e, packets)
	}
}

// TestAgreesLong: jumps over more than 255 instructions.
func TestAgreesLong(t *testing.T) {
	e := "not (port 1"
	for i := 2; i < 40; i++ {
		e += fmt.Sprintf(" or src port %d", i+60)
	}
	e += ") and vlan and host 10.0.0.1 or " + strings.Repeat("host 10.0.0.2 and tcp or ", 20) + "port 104"
	agree(t, e, handmade())
}

// TestAgreesRandom compares random expressions.
func TestAgreesRandom(t *testing.T) {
	packets := handmade()
	rapid.Check(t, func(rt *rapid.T) {
		expr := expression().Draw(rt, "expr")
		if _, ok := theirs(t, "EN10MB", expr); !ok {
			rt.Fatalf("tcpdump refuses %s", expr)
		}
		agree(t, expr, packets)
	})
}

// expression draws from the whole grammar.
func expression() *rapid.Generator[string] {
	return rapid.Custom(func(t *rapid.T) string {
		var out strings.Builder
		depth, vlans := 0, 0
		var term func()
		terms := func() {
			term()
			for n := rapid.IntRange(0, 2).Draw(t, "more"); n > 0; n-- {
				out.WriteString(rapid.SampledFrom([]string{" and ", " or ", " && ", "||"}).Draw(t, "join"))
				term()
			}
		}
		term = func() {
			depth++
			defer func() { depth-- }()
			switch n := rapid.IntRange(0, 9).Draw(t, "term"); {
			case n == 0 && depth < 4:
				out.WriteString("not ")
				term()
			case n <= 2 && depth < 4:
				out.WriteString("(")
				terms()
				out.WriteString(")")
			default:
				out.WriteString(question(t, &vlans))
			}
		}
		terms()
		return out.String()
	})
}

func question(t *rapid.T, vlans *int) string {
	pick := func(of ...string) string { return rapid.SampledFrom(of).Draw(t, "word") }
	side := func() string { return pick("", "src ", "dst ", "src or dst ", "src and dst ", "dst or src ") }
	switch rapid.IntRange(0, 10).Draw(t, "question") {
	case 0:
		return pick("tcp", "udp", "sctp", "icmp", "icmp6", "ip", "ip6", "arp", "rarp", "broadcast", "multicast")
	case 1:
		return pick("", "ip ", "arp ", "rarp ") + side() + "host " + pick(hosts4...)
	case 2:
		return pick("", "ip6 ") + side() + "host " + pick(hosts6...)
	case 3:
		return side() + "net " + pick("10.0.0.0/8", "10.0.0.0/31", "192.168.1.0/24", "0.0.0.0/0", "fe80::/10", "fd00::/64", "::/0")
	case 4, 5:
		return pick("", "tcp ", "udp ", "sctp ") + side() + "port " + pick("80", "443", "104", "2575", "1")
	case 6:
		return pick("", "tcp ", "udp ") + side() + "portrange " + pick("80-104", "0-443", "443-80", "104-104")
	case 7:
		return pick("proto ", "ip proto ", "ip6 proto ") + pick("6", "17", "1", "44", "58", "47")
	case 8:
		if *vlans == 3 {
			return "less 200"
		}
		*vlans++
		return pick("vlan", "vlan 10", "vlan 11")
	case 9:
		return "ether " + pick("host ", "src ", "dst ", "src host ", "src or dst host ") + pick(macs...)
	}
	return pick("less ", "greater ") + pick("100", "160", "161", "200")
}

// TestAgreesOtherLinks: cooked and raw captures.
func TestAgreesOtherLinks(t *testing.T) {
	for _, c := range []struct {
		name string
		link int
		head func(typ uint16) bytes
	}{
		{"LINUX_SLL", linkSLL, func(typ uint16) bytes { return tag(0, append(make(bytes, 12), tag(typ, nil)...)) }},
		{"LINUX_SLL2", linkSLL2, func(typ uint16) bytes { return tag(typ, make(bytes, 18)) }},
		{"RAW", linkRaw, func(uint16) bytes { return nil }},
	} {
		var packets []bytes
		for typ, list := range network() {
			for _, b := range list {
				if c.link != linkRaw || typ == etherIP4 || typ == etherIP6 {
					packets = append(packets, padded(append(c.head(typ), b...)))
				}
			}
		}
		for _, expr := range expressions {
			f, err := Parse(expr)
			if err != nil {
				t.Fatal(err)
			}
			m, err := f.Matcher(c.link)
			their, ok := theirs(t, c.name, expr)
			if err != nil { // tcpdump refuses most of these too, and reads some from other fields
				if !strings.Contains(err.Error(), "Ethernet") {
					t.Errorf("%s: %s: %v", c.name, expr, err)
				}
				continue
			}
			if !ok {
				t.Logf("%s: tcpdump refuses %s", c.name, expr)
				continue
			}
			for _, b := range packets {
				if got, want := m.Match(b, len(b)), verdict(t, their, b); got != want {
					t.Fatalf("%s: %s: %v, tcpdump %v for % x", c.name, expr, got, want, b[:60])
				}
			}
		}
	}
}

// TestLive runs the program of live capture with the tag where the kernel puts it.
func TestLive(t *testing.T) {
	for _, c := range []struct {
		expr, plain string // the second answers for the packet behind its tag
		id          uint16
	}{
		{"vlan 10 and tcp port 80", "tcp port 80", 10},
		{"vlan and host 10.0.0.1", "host 10.0.0.1", 10},
		{"vlan 11 and tcp", "tcp and arp", 10},
		{"vlan and vlan 10 and udp", "vlan 10 and udp", 10},
		{"arp or vlan 10 and ip", "ip", 10},
		{"port 80", "port 80", 10}, // as tcpdump: also behind a tag that the kernel took off
		{"not vlan", "tcp and arp", 10},
	} {
		f, err := Parse(c.expr)
		if err != nil {
			t.Fatal(err)
		}
		live, err := compile(f, linkEthernet, true)
		if err != nil {
			t.Fatal(err)
		}
		plain, err := Parse(c.plain)
		if err != nil {
			t.Fatal(err)
		}
		want, err := plain.Matcher(linkEthernet)
		if err != nil {
			t.Fatal(err)
		}
		tagged := substitute(t, live, 1, uint32(c.id)|0x6000)
		untagged := substitute(t, live, 0, 0)
		offline, err := f.Matcher(linkEthernet)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range handmade() {
			if got, want := verdict(t, tagged, b), want.Match(b, len(b)); got != want {
				t.Fatalf("%s: tagged: %v, want %v for % x", c.expr, got, want, b[:60])
			}
			if got, want := verdict(t, untagged, b), offline.Match(b, len(b)); got != want {
				t.Fatalf("%s: untagged: %v, want %v for % x", c.expr, got, want, b[:60])
			}
		}
	}
}

// substitute answers for the kernel, which the VM is not.
func substitute(t *testing.T, p []bpf.Instruction, present, tci uint32) *bpf.VM {
	out := append([]bpf.Instruction(nil), p...)
	for i, ins := range out {
		switch e, ok := ins.(bpf.LoadExtension); {
		case ok && e.Num == bpf.ExtVLANTagPresent:
			out[i] = bpf.LoadConstant{Dst: bpf.RegA, Val: present}
		case ok && e.Num == bpf.ExtVLANTag:
			out[i] = bpf.LoadConstant{Dst: bpf.RegA, Val: tci}
		}
	}
	vm, err := bpf.NewVM(out)
	if err != nil {
		t.Fatal(err)
	}
	return vm
}

// TestErrors: where and what.
func TestErrors(t *testing.T) {
	for _, c := range []struct {
		expr string
		at   int
		want string
	}{
		{"tcp prt 80", 5, `"and", "or" or the end`},
		{"foo", 1, "host, net, port"},
		{"host", 5, "an IP address"},
		{"host printer", 6, "names are not looked up"},
		{"host 10.0.0.300", 6, "an IP address"},
		{"port 70000", 6, "0 to 65535"},
		{"port http", 6, "a port number"},
		{"port 80 and", 12, "host, net, port"},
		{"(tcp", 5, `")"`},
		{"tcp)", 4, "the end"},
		{"vlan 4096", 6, "0 to 4095"},
		{"net 10.0.0.1/8", 5, "10.0.0.0/8: no bits behind"},
		{"net 10", 5, "a network such as"},
		{"ip host fe80::1", 9, "an IPv4 address"},
		{"ip6 host 10.0.0.1", 10, "an IPv6 address"},
		{"icmp port 80", 6, `after "icmp"`},
		{"tcp host 10.0.0.1", 5, "port, portrange after"},
		{"ether", 6, "host, proto after"},
		{"ether host 10.0.0.1", 12, "a hardware address"},
		{"host 00:09:fb:00:00:01", 6, `"ether host"`},
		{"ether proto 5", 13, "1501 to 65535"},
		{"src or src host 10.0.0.1", 8, `the other of "src" and "dst"`},
		{"80", 1, "words such as"},
		{"10.0.0.1", 1, "words such as"},
		{"tcp and 80", 9, "words such as"},
		{"portrange 5", 0, ""},
		{"portrange a-b", 11, "two port numbers"},
		{"port (80 or tcp)", 13, "a value"},
		{"less x", 6, "a length"},
		{"src", 4, "host, net, port, portrange or an address"},
		{"src proto 6", 5, "host, net, port or portrange after src"},
		{strings.Repeat("(", 100) + "tcp", 65, "at most 64"},
		{strings.Repeat("vlan and ", 9) + "tcp", 73, "at most 8"},
		{"not", 4, "host, net, port"},
		{"tcp ünd udp", 5, `"and", "or"`},
	} {
		_, err := Parse(c.expr)
		if c.want == "" {
			if err != nil {
				t.Errorf("%s: %v", c.expr, err)
			}
			continue
		}
		var s *SyntaxError
		if !errors.As(err, &s) || s.Position != c.at || !strings.Contains(err.Error(), c.want) {
			t.Errorf("%q: %v, want %q at %d", c.expr, err, c.want, c.at)
		}
	}
	if _, err := Parse(strings.Repeat("port 1 or ", 800) + "port 2"); err == nil || !strings.Contains(err.Error(), "too long") {
		t.Errorf("long program: %v", err)
	}
	if _, err := Parse(strings.Repeat(" ", maxLength+1)); err == nil {
		t.Error("long expression accepted")
	}
	f, err := Parse("vlan 5")
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Matcher(linkRaw); err == nil || !strings.Contains(err.Error(), "Ethernet") {
		t.Errorf("vlan without Ethernet: %v", err)
	}
	if _, err := f.Matcher(251); err == nil || !strings.Contains(err.Error(), "link type 251") {
		t.Errorf("BLE: %v", err)
	}
}

// TestShort: whatever is asked, short packets never panic.
func TestShort(t *testing.T) {
	for _, e := range expressions {
		f, err := Parse(e)
		if err != nil {
			t.Fatal(err)
		}
		m, err := f.Matcher(linkEthernet)
		if err != nil {
			t.Fatal(err)
		}
		for _, b := range handmade()[:40] {
			for n := range len(b) {
				m.Match(b[:n], len(b))
			}
		}
	}
}

type fakeSource struct{ recs []wire.Record }

func (s *fakeSource) Name(int) string { return "fake.pcap" }
func (s *fakeSource) Fill(_ []byte, recs []wire.Record) ([]wire.Record, error) {
	return append(recs, s.recs...), io.EOF
}

// TestSource: numbers stay, records that tell the time pass, unknown links are named.
func TestSource(t *testing.T) {
	f, err := Parse("arp")
	if err != nil {
		t.Fatal(err)
	}
	a := ether(macs[0], macs[1], etherARP, arp("10.0.0.1", "10.0.0.2"))
	i := padded(ether(macs[0], macs[1], etherIP4, ip4(6, "10.0.0.1", "10.0.0.2", 0, 0, ports(1, 2))))
	in := &fakeSource{[]wire.Record{{Link: 1, Data: i, Orig: len(i), Number: 1}, {Time: 5}, {Link: 1, Data: a, Orig: len(a), Number: 2}, {Link: 1, Data: i, Orig: len(i), Number: 3}}}
	recs, err := Wrap(in, f).Fill(nil, make([]wire.Record, 1))
	if !errors.Is(err, io.EOF) || len(recs) != 3 || recs[1].Time != 5 || recs[2].Number != 2 {
		t.Fatal(recs, err)
	}
	in.recs = append(in.recs, wire.Record{Link: 251, Orig: 4, Data: a[:4], Number: 4})
	if recs, err = Wrap(in, f).Fill(nil, nil); len(recs) != 2 || err == nil || !strings.Contains(err.Error(), "fake.pcap: packet 4: filter: cannot look into packets of link type 251") {
		t.Fatal(recs, err)
	}
}

func FuzzParse(f *testing.F) {
	for _, e := range expressions {
		f.Add(e)
	}
	f.Add("port (80 or tcp")
	packets := handmade()[:32]
	f.Fuzz(func(t *testing.T, expr string) {
		p, err := Parse(expr)
		if err != nil {
			return
		}
		for _, live := range []bool{false, true} {
			if _, err := p.Program(linkEthernet, live); err != nil && !strings.Contains(err.Error(), "too long") {
				t.Fatal(err)
			}
		}
		for _, link := range []int{linkEthernet, linkSLL, linkRaw} {
			m, err := p.Matcher(link)
			if err != nil {
				continue
			}
			for _, b := range packets {
				m.Match(b, len(b))
			}
		}
	})
}

func BenchmarkMatch(b *testing.B) {
	f, err := Parse("net 10.0.0.0/8 and not port 445")
	if err != nil {
		b.Fatal(err)
	}
	m, err := f.Matcher(linkEthernet)
	if err != nil {
		b.Fatal(err)
	}
	packets := handmade()
	b.ReportAllocs()
	for i := 0; b.Loop(); i++ {
		m.Match(packets[i%len(packets)], 160)
	}
}
