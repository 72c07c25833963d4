package canary

import (
	"encoding/binary"
	"fmt"
	"strings"
)

// binaries adds the protocols of bytes: names, files, logins, devices.
func binaries(n *Net, p *Plant) {
	names(n, p)
	dhcp(n, p)
	snmp(n, p)
	ldap(n, p)
	kerberos(n, p)
	rdp(n, p)
	links(n, p)
	machines(n, p)
	smb(n, p)
	tlsTalk(n, p)
	p.In("icmp")
	n.ICMP([]byte(p.V("payload")))
}

// DNS in its dialects.

func labels(s string) (b []byte) {
	for l := range strings.SplitSeq(s, ".") {
		if l != "" {
			b = append(append(b, byte(min(len(l), 63))), l[:min(len(l), 63)]...)
		}
	}
	return append(b, 0)
}

func question(name []byte, kind int) []byte { return join(name, be16(kind, 1)) }

func record(name []byte, kind int, data []byte) []byte {
	return join(name, be16(kind, 1), be32(60), len16(data))
}

func dns(id, flags int, questions, answers, more [][]byte) []byte {
	return join(be16(id, flags, len(questions), len(answers), 0, len(more)), join(questions...), join(answers...), join(more...))
}

func txt(values ...string) (b []byte) {
	for _, v := range values {
		b = append(b, len8([]byte(v))...)
	}
	return b
}

// netbios is a name in NetBIOS' first-level encoding.
func netbios(name string, suffix byte) []byte {
	raw := []byte(fmt.Sprintf("%-15.15s", strings.ToUpper(name)))
	b := []byte{32}
	for _, c := range append(raw, suffix) {
		b = append(b, 'A'+c>>4, 'A'+c&15)
	}
	return append(b, 0)
}

func names(n *Net, p *Plant) {
	p.In("dns")
	host := func(f string) []byte { return labels(p.Word(f) + ".hospital.example") }
	free := func(f string) []byte { return append(len8([]byte(p.V(f))), labels("local")...) }
	q := host("question")
	answers := [][]byte{record(q, 1, []byte{10, 1, 2, 3}), record(host("owner"), 5, host("CNAME")), record(labels("3.2.1.10.in-addr.arpa"), 12, host("PTR")), record(host("TXT owner"), 16, txt(p.V("TXT"), "v=spf1 "+p.V("TXT2"))),
		record(host("SRV owner"), 33, join(be16(0, 0, 104), host("SRV"))), record(host("MX owner"), 15, join(be16(1), host("MX"))), record(host("NS owner"), 2, host("NS")), record(host("SOA owner"), 6, join(host("SOA"), host("SOA mail"), make([]byte, 20))),
		record(host("HINFO owner"), 13, txt(p.V("HINFO cpu"), p.V("HINFO os"))), record(host("NAPTR owner"), 35, join(be16(1, 1), txt("s", p.V("NAPTR"), p.V("NAPTR regexp")), host("NAPTR replacement"))), record(host("CAA owner"), 257, join([]byte{0}, txt("issue"), []byte(p.V("CAA")))), record(host("AAAA owner"), 28, make([]byte, 16)), record(host("unknown owner"), 999, []byte(p.V("unknown data")))}
	n.UDP("dns", 0, 53, Up(dns(7, 0x0100, [][]byte{question(q, 1)}, nil, nil)), Down(dns(7, 0x8580, [][]byte{question(q, 1)}, answers, nil)))
	n.TCP("dns", 53, Up(len16(dns(8, 0x0100, [][]byte{question(host("tcp question"), 255)}, nil, nil))), Down(len16(dns(8, 0x8583, [][]byte{question(host("tcp question2"), 255)}, answers, nil))))
	n.UDP("dns", 0, 53, Up(dns(9, 0x2800, [][]byte{question(host("update zone"), 6)}, nil, [][]byte{record(host("update name"), 1, []byte{10, 1, 1, 1})})))
	p.In("mdns")
	service := func(f, kind string) []byte { return join(len8([]byte(p.V(f))), labels(kind)) }
	for _, kind := range []string{"_ipp._tcp.local", "_workstation._tcp.local", "_device-info._tcp.local", "_dicom._tcp.local", "_smb._tcp.local", "_" + strings.ToLower(p.Short("service", 14)) + "._tcp.local"} {
		n.UDP("mdns", 5353, 5353, Up(dns(0, 0x8400, nil, [][]byte{record(labels(kind), 12, service("instance", kind)), record(service("TXT owner", kind), 16, txt("ty="+p.V("ty"), "product=("+p.V("product")+")", "note="+p.V("note"), "model="+p.V("model"), "usb_MFG="+p.V("usb_MFG"), "usb_MDL="+p.V("usb_MDL"), "AET="+p.V("AET"), p.V("key")+"="+p.V("value"), "adminurl=http://"+p.Word("adminurl")+"/", "sn="+p.V("sn"), "fv="+p.V("fv"), "osxvers=22")),
			record(service("SRV owner", kind), 33, join(be16(0, 0, 631), labels(p.Word("SRV")+".local"))), record(labels(p.Word("host")+".local"), 1, []byte{10, 3, 3, 3}), record(labels(p.Word("HINFO owner")+".local"), 13, txt(p.V("HINFO cpu"), p.V("HINFO os")))}, nil)))
	}
	n.UDP("mdns", 5353, 5353, Up(dns(0, 0, [][]byte{question(free("question"), 1), question(labels(p.Word("question2")+".local"), 255)}, nil, nil)))
	p.In("llmnr")
	n.UDP("llmnr", 0, 5355, Up(dns(3, 0, [][]byte{question(labels(p.Word("question")), 1)}, nil, nil)), Down(dns(3, 0x8000, [][]byte{question(labels(p.Word("question2")), 1)}, [][]byte{record(labels(p.Word("answer")), 1, []byte{10, 1, 1, 9})}, nil)))
	p.In("nbns")
	for i, suffix := range []byte{0, 0x20, 3, 0x1b, 0x1d, 0x1c} {
		nb := netbios(p.Short("name", 15), suffix)
		n.UDP("nbns", 137, 137, Up(join(be16(i, 0x2910, 1, 0, 0, 1), nb, be16(32, 1), []byte{0xc0, 12}, be16(32, 1), be32(300), len16(be16(0), []byte{10, 2, 2, 2}))))
		status := join([]byte{3}, fmt.Appendf(nil, "%-15.15s\x00", p.Short("status", 15)), be16(0x0400), fmt.Appendf(nil, "%-15.15s\x00", p.Short("status group", 15)), be16(0x8400), fmt.Appendf(nil, "%-15.15s\x03", p.Short("status user", 15)), be16(0x0400), make([]byte, 46))
		n.UDP("nbns", 137, 137, Up(join(be16(9, 0, 1, 0, 0, 0), netbios("*\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00\x00", 0), be16(33, 1))), Down(join(be16(9, 0x8400, 0, 1, 0, 0), nb, be16(33, 1), be32(0), len16(status))))
	}
	datagram := join([]byte{0x11, 2}, be16(1), []byte{10, 1, 1, 1}, be16(138, 150, 0), netbios(p.Short("datagram source", 15), 0), netbios(p.Short("datagram target", 15), 0x1d),
		[]byte("\xffSMB\x25"), make([]byte, 27), []byte{17}, make([]byte, 34), []byte("\\MAILSLOT\\BROWSE\x00\x0f\x00\x80\xfc\x0a\x00"), fmt.Appendf(nil, "%-15.15s\x00", p.Short("announcement", 15)), []byte{6, 1, 3, 0x10, 1, 0, 0x0f, 1, 0x55, 0xaa}, []byte(p.V("announcement comment")+"\x00"))
	n.UDP("", 138, 138, Up(datagram))
}

func dhcp(n *Net, p *Plant) {
	p.In("dhcp")
	option := func(code byte, v string) []byte { return join([]byte{code}, len8([]byte(v))) }
	// Options whose values are text or may hold some.
	var options []byte
	for _, code := range []byte{12, 14, 15, 17, 18, 40, 43, 47, 56, 60, 61, 62, 64, 66, 67, 77, 80, 82, 86, 87, 88, 98, 100, 101, 114, 119, 120, 124, 125, 128, 140, 161, 175, 209, 210, 224, 252} {
		v := p.V(fmt.Sprintf("option %d", code))
		switch code {
		case 61:
			v = "\x00" + v
		case 82:
			v = string(join(option(1, v), option(2, p.V("remote id")), option(6, p.V("subscriber"))))
		case 119:
			v = string(labels(p.Word("search") + ".example"))
		case 124, 125:
			v = "\x00\x00\x01\x37" + string(len8([]byte(v)))
		}
		options = append(options, option(code, v)...)
	}
	options = append(options, option(81, "\x00\x00\x00"+p.Word("FQDN")+"."+p.Word("FQDN domain"))...)
	for kind := byte(1); kind <= 8; kind++ {
		op := byte(1)
		if kind == 2 || kind == 5 || kind == 6 {
			op = 2
		}
		sname, file := make([]byte, 64), make([]byte, 128)
		copy(sname, p.V("sname"))
		copy(file, p.V("file"))
		b := join([]byte{op, 1, 6, 0}, be32(0x1234), make([]byte, 20), []byte{0, 4, 0x9f, 1, 2, kind}, make([]byte, 10), sname, file, []byte{99, 130, 83, 99, 53, 1, kind, 55, 4, 1, 3, 6, 15}, options, []byte{255})
		n.UDP("dhcp", 68, 67, Turn{op == 2, b})
	}
	p.In("dhcpv6")
	option6 := func(code int, parts ...[]byte) []byte { return join(be16(code), len16(parts...)) }
	text := func(f string) []byte { return []byte(p.V(f)) }
	body := join(option6(1, be16(2), be32(311), text("DUID-EN")), option6(16, be32(311), len16(text("vendor class"))), option6(15, len16(text("user class"))), option6(17, be32(311), option6(1, text("vendor option"))), option6(39, []byte{0}, labels(p.Word("FQDN")+".example")),
		option6(24, labels(p.Word("search")+".example")), option6(59, text("boot URL")), option6(60, len16(text("boot parameter"))), option6(18, text("interface id")), option6(37, be32(311), text("remote id")), option6(38, text("subscriber")), option6(41, text("POSIX zone")), option6(42, text("TZ name")), option6(13, be16(1), text("status message")), option6(999, text("unknown")), option6(6, be16(23, 24)))
	n.UDP("dhcpv6", 546, 547, Up([]byte{1, 0, 0, 1}, body), Down([]byte{7, 0, 0, 1}, body))
}

func oid(s string) []byte {
	var v []int
	for x := range strings.SplitSeq(s, ".") {
		k := 0
		for _, c := range x {
			k = 10*k + int(c-'0')
		}
		v = append(v, k)
	}
	b := []byte{byte(40*v[0] + v[1])}
	for _, x := range v[2:] {
		if x >= 1<<14 {
			b = append(b, byte(x>>14|0x80))
		}
		if x >= 1<<7 {
			b = append(b, byte(x>>7|0x80))
		}
		b = append(b, byte(x&0x7f))
	}
	return ber(6, b)
}

var snmpObjects = []string{"1.3.6.1.2.1.1.1.0", "1.3.6.1.2.1.1.4.0", "1.3.6.1.2.1.1.5.0", "1.3.6.1.2.1.1.6.0", "1.3.6.1.2.1.25.3.2.1.3.1", "1.3.6.1.2.1.25.4.2.1.2.7", "1.3.6.1.2.1.25.4.2.1.5.7", "1.3.6.1.2.1.25.6.3.1.2.1", "1.3.6.1.2.1.2.2.1.2.1", "1.3.6.1.2.1.31.1.1.1.1.1", "1.3.6.1.2.1.31.1.1.1.18.1",
	"1.3.6.1.2.1.43.5.1.1.16.1", "1.3.6.1.2.1.43.5.1.1.17.1", "1.3.6.1.2.1.47.1.1.1.1.2.1", "1.3.6.1.2.1.47.1.1.1.1.7.1", "1.3.6.1.2.1.47.1.1.1.1.8.1", "1.3.6.1.2.1.47.1.1.1.1.9.1", "1.3.6.1.2.1.47.1.1.1.1.10.1", "1.3.6.1.2.1.47.1.1.1.1.11.1", "1.3.6.1.2.1.47.1.1.1.1.12.1", "1.3.6.1.2.1.47.1.1.1.1.13.1", "1.3.6.1.4.1.11.2.3.9.1.1.7.0", "1.3.6.1.4.1.9.2.1.3.0", "1.3.6.1.4.1.99.1.1"}

func snmp(n *Net, p *Plant) {
	p.In("snmp")
	bindings := func() (b []byte) {
		for _, o := range snmpObjects {
			b = append(b, ber(0x30, oid(o), berText(4, p.V(o)))...)
		}
		return ber(0x30, b)
	}
	small := func(v byte) []byte { return []byte{2, 1, v} }
	for version, kinds := range [][]byte{{0xa0, 0xa2, 0xa3}, {0xa1, 0xa2, 0xa5, 0xa6, 0xa7}} {
		for i, kind := range kinds {
			b := ber(0x30, small(byte(version)), berText(4, p.V("community")), ber(kind, small(9), small(0), small(0), bindings()))
			n.UDP("snmp", 0, 161+i%2, Turn{kind == 0xa2, b})
		}
	}
	n.UDP("snmp", 0, 162, Up(ber(0x30, small(0), berText(4, p.V("trap community")), ber(0xa4, oid("1.3.6.1.4.1.9.1.1"), []byte{0x40, 4, 10, 1, 1, 1}, small(6), small(1), []byte{0x43, 1, 9}, bindings()))))
	usm := ber(0x30, berText(4, "\x80\x00\x00\x09\x04"+p.V("engine id")), small(1), small(1), berText(4, p.V("user")), berText(4, ""), berText(4, ""))
	scoped := ber(0x30, berText(4, "\x80\x00\x00\x09\x04"+p.V("context engine")), berText(4, p.V("context name")), ber(0xa2, small(1), small(0), small(0), bindings()))
	n.UDP("snmp", 0, 161, Up(ber(0x30, small(3), ber(0x30, []byte{2, 2, 0x12, 0x34}, []byte{2, 3, 0, 0xff, 0xe3}, []byte{4, 1, 0}, small(3)), ber(4, usm), scoped)))
}

func ldap(n *Net, p *Plant) {
	p.In("ldap")
	id := byte(0)
	msg := func(parts ...[]byte) []byte { id++; return ber(0x30, []byte{2, 1, id}, join(parts...)) }
	dn := func(f string) string {
		return "CN=" + p.V(f+" CN") + ",OU=" + p.V(f+" OU") + ",DC=" + p.Word(f+" DC") + ",DC=example"
	}
	attribute := func(name, f string) []byte {
		return ber(0x30, berText(4, name), ber(0x31, berText(4, p.V(f)), berText(4, p.V(f+" 2"))))
	}
	entry := join(attribute("cn", "cn"), attribute("dNSHostName", "dNSHostName"), attribute("serverName", "serverName"), attribute("defaultNamingContext", "defaultNamingContext"), attribute("ldapServiceName", "ldapServiceName"), attribute("sAMAccountName", "sAMAccountName"), attribute("operatingSystem", "operatingSystem"), attribute("operatingSystemVersion", "operatingSystemVersion"), attribute("vendorName", "vendorName"), attribute("vendorVersion", "vendorVersion"), attribute("dicomAETitle", "dicomAETitle"), attribute("dicomManufacturer", "dicomManufacturer"), attribute("dicomStationName", "dicomStationName"), attribute("dicomDeviceSerialNumber", "dicomDeviceSerialNumber"), attribute("description", "description"), attribute(p.Word("attribute"), "value"))
	result := func(tag byte, f string) []byte {
		return ber(tag, []byte{10, 1, 49}, berText(4, dn(f+" matched")), berText(4, p.V(f+" diagnostic")), ber(0xa3, berText(4, "ldap://"+p.Word(f+" referral")+"/"+p.Word(f+" referral dn"))))
	}
	search := func(base string) []byte {
		return ber(0x63, berText(4, base), []byte{10, 1, 2, 10, 1, 0, 2, 1, 0, 2, 1, 0, 1, 1, 0}, ber(0xa0, ber(0xa3, berText(4, "cn"), berText(4, p.V("filter"))), berText(0x87, p.Word("present")), ber(0xa4, berText(4, "sn"), ber(0x30, berText(0x80, p.V("initial")), berText(0x81, p.V("any")))), ber(0xa9, berText(0x82, p.Word("match type")), berText(0x83, p.V("match value")))), ber(0x30, berText(4, p.Word("wanted")), berText(4, "cn")))
	}
	n.TCP("ldap", 389, Up(msg(ber(0x60, []byte{2, 1, 3}, berText(4, dn("bind")), berText(0x80, p.V("password"))))), Down(msg(result(0x61, "bind"))), Up(msg(ber(0x60, []byte{2, 1, 3}, berText(4, dn("sasl")), ber(0xa3, berText(4, p.Word("mechanism")), berText(4, p.V("credentials")))))), Down(msg(result(0x61, "sasl"))),
		Up(msg(ber(0x60, []byte{2, 1, 3}, berText(4, ""), ber(0xa3, berText(4, "GSS-SPNEGO"), ber(4, ntlmAuth(p)))))), Down(msg(ber(0x61, []byte{10, 1, 14}, berText(4, ""), berText(4, ""), ber(0x87, ntlmChallenge(p))))),
		Up(msg(search(dn("base")))), Down(msg(ber(0x64, berText(4, dn("entry")), ber(0x30, entry)))), Down(msg(ber(0x73, berText(4, "ldap://"+p.Word("reference")+"/x")))), Down(msg(result(0x65, "done"))),
		Up(msg(search(""))), Down(msg(ber(0x64, berText(4, ""), ber(0x30, entry)))),
		Up(msg(ber(0x68, berText(4, dn("add")), ber(0x30, attribute("userPassword", "add value"))))), Down(msg(result(0x69, "add"))), Up(msg(ber(0x66, berText(4, dn("modify")), ber(0x30, ber(0x30, []byte{10, 1, 2}, attribute("member", "modify value")))))), Down(msg(result(0x67, "modify"))),
		Up(msg(berText(0x4a, dn("delete")))), Down(msg(result(0x6b, "delete"))), Up(msg(ber(0x6c, berText(4, dn("rename")), berText(4, "CN="+p.V("new RDN")), []byte{1, 1, 0xff}, berText(0x80, dn("new superior"))))), Down(msg(result(0x6d, "rename"))),
		Up(msg(ber(0x6e, berText(4, dn("compare")), ber(0x30, berText(4, "cn"), berText(4, p.V("assertion")))))), Down(msg(result(0x6f, "compare"))), Up(msg(ber(0x77, berText(0x80, "1.3.6.1.4.1."+p.Word("extension")), berText(0x81, p.V("extension value"))))), Down(msg(result(0x78, "extended"))))
	n.UDP("ldap", 0, 389, Up(msg(search(""))), Down(msg(ber(0x64, berText(4, ""), ber(0x30, ber(0x30, berText(4, "netlogon"), ber(0x31, ber(4, le32(23, 0x1fd), make([]byte, 16), labels(p.Word("forest")+".example"), labels(p.Word("domain")), labels(p.Word("netlogon host")), labels(p.Word("netbios domain")), labels("\\\\"+p.Word("netbios host")), labels(p.Word("netlogon user")), labels(p.Word("site")))))))), join(msg(result(0x65, "netlogon")))))
}

func kerberos(n *Net, p *Plant) {
	p.In("kerberos")
	ctx := func(i byte, parts ...[]byte) []byte { return ber(0xa0+i, parts...) }
	small := func(v byte) []byte { return []byte{2, 1, v} }
	principal := func(kind byte, parts ...string) []byte {
		var b []byte
		for _, s := range parts {
			b = append(b, berText(0x1b, s)...)
		}
		return ber(0x30, ctx(0, small(kind)), ctx(1, ber(0x30, b)))
	}
	stamp := berText(0x18, "20310517060000Z")
	request := func(kind byte, tag byte) []byte {
		body := ber(0x30, ctx(0, []byte{3, 5, 0, 0x40, 0, 0, 0}), ctx(1, principal(1, p.V("cname"), p.V("cname2"))), ctx(2, berText(0x1b, strings.ToUpper(p.V("realm")))), ctx(3, principal(2, "cifs", p.V("sname"))), ctx(5, stamp), ctx(7, small(9)), ctx(8, ber(0x30, small(18))), ctx(9, ber(0x30, ber(0x30, ctx(0, small(20)), ctx(1, berText(4, fmt.Sprintf("%-16s", p.Short("address", 15))))))))
		return ber(tag, ber(0x30, ctx(1, small(5)), ctx(2, small(kind)), ctx(4, body)))
	}
	ticket := ber(0x61, ber(0x30, ctx(0, small(5)), ctx(1, berText(0x1b, p.V("ticket realm"))), ctx(2, principal(2, "host", p.V("ticket sname"))), ctx(3, ber(0x30, ctx(0, small(18)), ctx(2, berText(4, "sealed"))))))
	reply := func(kind, tag byte) []byte {
		return ber(tag, ber(0x30, ctx(0, small(5)), ctx(1, small(kind)), ctx(3, berText(0x1b, p.V("crealm"))), ctx(4, principal(1, p.V("reply cname"))), ctx(5, ticket), ctx(6, ber(0x30, ctx(0, small(18)), ctx(2, berText(4, "sealed"))))))
	}
	fail := ber(0x7e, ber(0x30, ctx(0, small(5)), ctx(1, small(30)), ctx(4, stamp), ctx(5, small(1)), ctx(6, small(24)), ctx(7, berText(0x1b, p.V("error crealm"))), ctx(8, principal(1, p.V("error cname"))), ctx(9, berText(0x1b, p.V("error realm"))), ctx(10, principal(2, "krbtgt", p.V("error sname"))), ctx(11, berText(0x1b, p.V("e-text")))))
	framed := func(b []byte) []byte { return append(be32(len(b)), b...) }
	n.UDP("kerberos", 0, 88, Up(request(10, 0x6a)), Down(fail))
	n.TCP("kerberos", 88, Up(framed(request(10, 0x6a))), Down(framed(reply(11, 0x6b))), Up(framed(request(12, 0x6c))), Down(framed(reply(13, 0x6d))))
	n.UDP("kerberos", 0, 88, Up(request(12, 0x6c)), Down(reply(13, 0x6d)))
}

func tpkt(parts ...[]byte) []byte { b := join(parts...); return join([]byte{3, 0}, be16(len(b)+4), b) }

func rdp(n *Net, p *Plant) {
	p.In("rdp")
	cr := func(cookie string, proto byte) []byte {
		b := join([]byte{0xe0, 0, 0, 0, 0, 0}, []byte(cookie), []byte{1, 0, 8, 0, proto, 0, 0, 0})
		return tpkt(len8(b))
	}
	cc := tpkt(len8([]byte{0xd0, 0, 0, 0, 0, 0, 2, 0, 8, 0, 0, 0, 0, 0}))
	client := make([]byte, 216)
	copy(client, join(le16(0xc001, 216), le32(0x00080004), le16(1024, 768, 0xca01, 0xaa03), le32(0x407, 2600)))
	copy(client[24:56], utf16le(p.Short("client name", 15)))
	copy(client[68:132], utf16le(p.Short("ime file", 30)))
	copy(client[146:210], utf16le(p.Short("product id", 30)))
	channels := join(le16(0xc003, 20), le32(1), fmt.Appendf(nil, "%-8.7s", p.Short("channel", 8)), le32(0))
	gcc := join([]byte{0, 5, 0, 20, 0x7c, 0, 1, 0x80 | byte((len(client)+len(channels)+14)>>8), byte(len(client) + len(channels) + 14), 0, 8, 0, 16, 0, 1, 0xc0, 0}, []byte("Duca"), []byte{0x80 | byte((len(client)+len(channels))>>8), byte(len(client) + len(channels))}, client, channels)
	params := ber(0x30, bytesRepeat([]byte{2, 1, 1}, 8))
	mcs := join([]byte{0x7f}, ber(0x65, ber(4, []byte{1}), ber(4, []byte{1}), []byte{1, 1, 0xff}, params, params, params, ber(4, gcc)))
	u := func(f string) []byte { return utf16le(p.Short(f, 20)) }
	domain, user, password, shell, dir := u("domain"), u("user"), u("password"), u("shell"), u("working dir")
	info := join(le16(0x40, 0), le32(0x407, 0x1b), le16(len(domain), len(user), len(password), len(shell), len(dir)), domain, le16(0), user, le16(0), password, le16(0), shell, le16(0), dir, le16(0), le16(2), le16(2*11), utf16le("10.0.0.123\x00"), le16(2*10), utf16le(p.Short("client dir", 15)))
	data := tpkt([]byte{2, 0xf0, 0x80, 0x64, 0, 3, 3, 0xeb, 0x70, 0x80 | byte(len(info)>>8), byte(len(info))}, info)
	n.TCP("rdp", 3389, Up(cr(p.Fill("Cookie: mstshash={mstshash}\r\n"), 0)), Down(cc), Up(tpkt([]byte{2, 0xf0, 0x80}, mcs)), Up(data))
	n.TCP("rdp", 3389, Up(cr(p.Fill("Cookie: msts={msts}\r\n"), 1)), Down(tpkt(len8([]byte{0xd0, 0, 0, 0, 0, 0, 3, 0, 8, 0, 5, 0, 0, 0}))))
}

func bytesRepeat(b []byte, n int) (out []byte) {
	for range n {
		out = append(out, b...)
	}
	return out
}

// links adds what switches say.
func links(n *Net, p *Plant) {
	p.In("lldp")
	tlv := func(kind int, parts ...[]byte) []byte { b := join(parts...); return join(be16(kind<<9|len(b)), b) }
	text := func(f string) []byte { return []byte(p.V(f)) }
	for sub := byte(1); sub <= 7; sub++ {
		var med []byte
		for i, f := range []string{"hardware", "firmware", "software", "serial", "manufacturer", "model", "asset"} {
			med = append(med, tlv(127, []byte{0, 0x12, 0xbb, byte(5 + i)}, text("MED "+f))...)
		}
		b := join(tlv(1, []byte{sub}, text("chassis")), tlv(2, []byte{sub}, text("port")), tlv(3, be16(120)), tlv(4, text("port description")), tlv(5, text("system name")), tlv(6, text("system description")), tlv(7, be16(4, 4)), tlv(8, []byte{5, 1, 10, 1, 1, 1, 2}, be32(1), len8(text("management oid"))), med,
			tlv(127, []byte{0, 0x12, 0xbb, 3, 2}, len8(text("civic location"))), tlv(127, []byte{0, 0x80, 0xc2, 3}, be16(1), len8(text("VLAN name"))), tlv(127, []byte{0, 1, 2, 3}, text("unknown organisation")), tlv(0))
		n.Link("lldp", []byte{1, 0x80, 0xc2, 0, 0, 0x0e}, 0x88cc, b)
	}
	p.In("cdp")
	field := func(kind int, v []byte) []byte { return join(be16(kind, len(v)+4), v) }
	b := []byte{0xaa, 0xaa, 3, 0, 0, 0x0c, 0x20, 0, 2, 180, 0, 0}
	for _, x := range []struct {
		kind int
		name string
	}{{1, "device id"}, {3, "port"}, {5, "version"}, {6, "platform"}, {9, "VTP domain"}, {20, "system name"}, {0x15, "system oid"}, {0x17, "location"}, {0x1000, "unknown"}} {
		b = append(b, field(x.kind, text(x.name))...)
	}
	n.Link("cdp", []byte{1, 0, 0x0c, 0xcc, 0xcc, 0xcc}, 0, b)
}

// machines adds building and bedside protocols.
func machines(n *Net, p *Plant) {
	p.In("modbus")
	var objects []byte
	ids := []byte{0, 1, 2, 3, 4, 5, 6, 0x80, 0x81}
	for _, id := range ids {
		objects = append(objects, join([]byte{id}, len8([]byte(p.V(fmt.Sprintf("object %#02x", id)))))...)
	}
	mbap := func(id int, b []byte) []byte { return join(be16(id, 0), len16([]byte{1}, b)) }
	server := []byte(p.V("server id"))
	n.TCP("modbus", 502, Up(mbap(1, []byte{0x2b, 0x0e, 3, 0})), Down(mbap(1, join([]byte{0x2b, 0x0e, 3, 0x83, 0, 0, byte(len(ids))}, objects))), Up(mbap(2, []byte{0x11})), Down(mbap(2, join([]byte{0x11}, len8(server, []byte{0xff})))),
		Up(mbap(3, join([]byte{0x10}, be16(0, 8), []byte{16}, fmt.Appendf(nil, "%-16.16s", p.Short("registers", 16))))), Down(mbap(3, join([]byte{0x10}, be16(0, 8)))))
	p.In("bacnet")
	chars := func(f string) []byte { b := append([]byte{0}, p.V(f)...); return join([]byte{0x75}, len8(b)) }
	chars16 := func(f string) []byte { b := append([]byte{4}, utf16be(p.V(f))...); return join([]byte{0x75}, len8(b)) }
	bvlc := func(parts ...[]byte) []byte { b := join(parts...); return join([]byte{0x81, 0x0a}, be16(len(b)+4), b) }
	for _, property := range []byte{77, 121, 70, 44, 12, 28, 58, 168, 85} {
		c := chars
		if property%2 == 0 {
			c = chars16
		}
		n.UDP("bacnet", 47808, 47808, Up(bvlc([]byte{1, 4, 0, 5, 7, 12, 0x0c, 2, 0, 0, 1, 0x19, property})), Down(bvlc([]byte{1, 0, 0x30, 7, 12, 0x0c, 2, 0, 0, 1, 0x19, property, 0x3e}, c(fmt.Sprintf("property %d", property)), []byte{0x3f})))
	}
	n.UDP("bacnet", 47808, 47808, Up(bvlc([]byte{1, 0, 0x10, 1, 0x0c, 2, 0, 0, 1, 0x1c, 0, 0, 0, 1}, join([]byte{0x2d}, len8([]byte{0}, []byte(p.V("I-Have")))))), Up(bvlc([]byte{1, 0, 0x10, 7, 0x3d}, len8([]byte{0}, []byte(p.V("Who-Has"))))),
		Down(bvlc([]byte{1, 0, 0x30, 8, 14, 0x0c, 2, 0, 0, 1, 0x1e, 0x29, 77, 0x4e}, chars("multiple name"), []byte{0x4f, 0x29, 121, 0x4e}, chars("multiple vendor"), []byte{0x4f, 0x29, 70, 0x4e}, chars("multiple model"), []byte{0x4f, 0x1f})))

	p.In("intellivue")
	ava := func(id int, v ...[]byte) []byte { return join(be16(id), len16(v...)) }
	list := func(k int, items ...[]byte) []byte { return join(be16(k), len16(items...)) }
	variable := func(f string) []byte { return len16([]byte(p.V(f) + "\x00")) }
	wide := func(f string) []byte { return len16(utf16be(p.V(f) + "\x00")) }
	object := be16(33, 0, 0)
	ro := func(kind, command int, b []byte) []byte {
		return join([]byte{0xe1, 0, 0, 2}, be16(kind), len16(be16(1, command), len16(b)))
	}
	spec := list(4, be16(1, 0), variable("serial"), be16(4, 0), variable("revision"), be16(3, 1), variable("part"), be16(2, 1), variable("part number"))
	var all []byte
	k := 4
	for id := 2300; id < 2450; id++ { // every attribute that the guide lists lies here
		switch id {
		case 2344, 2349, 2379, 2384, 2392, 2407, 2414, 2436, 2306, 2308:
		default:
			all = append(all, ava(id, wide(fmt.Sprintf("attribute %d", id)))...)
			k++
		}
	}
	create := ro(1, 1, join(object, be32(1), be16(3334), len16(object, list(3, ava(2344, variable("maker"), variable("model")), ava(2349, spec), ava(2334, wide("bed label"))))))
	person := join(be16(5), list(k, ava(2344, variable("maker2"), variable("model2")), ava(2349, spec), ava(2392, []byte{0x19, 0x70, 1, 2, 0, 0, 0, 0}), ava(2308, list(1, be16(1, 2, 3, 4, 5, 6), wide("alarm"))), all))
	reply := join(be16(1), be32(9), make([]byte, 8), be16(1, 6, 2051), list(1, join(be16(0), list(1, person))))
	poll := ro(2, 7, join(object, be16(3094), len16(reply)))
	assoc := func(kind byte) []byte {
		return join([]byte{kind, 14}, []byte{5, 8, 0x13, 1, 0, 0x16, 1, 2, 0x80, 0}, []byte{0x14, 2, 0, 2})
	}
	n.UDP("intellivue", 0, 24105, Up(assoc(0x0d)), Down(assoc(0x0e)), Down(create), Down(poll))
	indication := join([]byte{0, 1, 1, 0}, ro(1, 0, join(object, be32(1), be16(3351), len16(list(2, ava(61696, []byte{0, 9, 0xfb, 1, 2, 3, 10, 1, 2, 3, 255, 255, 0, 0}), ava(2334, wide("indication label"))))))[4:])
	n.UDP("intellivue", 0, 24005, Up(indication))

	p.In("unity")
	rwhat := make([]byte, 88)
	copy(rwhat, []byte{1, 4, 0, 0, 10, 9, 8, 7, 0x5a, 0x40, 0xcd, 0xc0})
	location := "ICU|" + p.Short("bed", 11)
	if p.Round%2 == 1 {
		location = p.Short("unit", 10) + "|B1"
	}
	copy(rwhat[12:28], location)
	copy(rwhat[28:43], p.Short("patient", 14))
	rwhat[43] = 7
	copy(rwhat[44:], []byte{0, 3, 7, 0xd0, 0, 0x11, 0, 0x20, 0, 9, 7, 0xd0, 0, 0x13, 0x0b, 0xb8, 0, 0x1c, 0x0b, 0xb9, 0, 0xd, 7, 0xd0, 0, 0xc, 7, 0xd0})
	n.UDP("unity", 0, 7000, Up(rwhat))
	sync := make([]byte, 64)
	copy(sync[6:], []byte{10, 9, 8, 1})
	copy(sync[24:37], "CCU|"+p.Short("time bed", 8))
	binary.BigEndian.PutUint32(sync[60:], 3976000000)
	n.UDP("unity", 0, 2000, Up(sync))
}

// element is one of DICOM, explicit little endian.
func element(tag uint32, vr, v string) []byte {
	if len(v)%2 == 1 {
		v += " "
	}
	b := append(le16(int(tag>>16), int(tag&0xffff)), vr...)
	switch vr {
	case "OB", "OW", "UN", "SQ", "UC", "UR", "UT":
		return append(binary.LittleEndian.AppendUint32(append(b, 0, 0), uint32(len(v))), v...)
	}
	return append(binary.LittleEndian.AppendUint16(b, uint16(len(v))), v...)
}
