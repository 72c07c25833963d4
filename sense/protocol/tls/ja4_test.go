package tls

import (
	"encoding/binary"
	"encoding/hex"
	"strings"
	"testing"

	"wardkeeper/sense/sensetest"
)

// u16s turns "1301,c02b" into bytes.
func u16s(t testing.TB, list string) []byte {
	b, err := hex.DecodeString(strings.ReplaceAll(list, ",", ""))
	if err != nil {
		t.Fatal(err)
	}
	return b
}

func vec8(b ...byte) []byte  { return append([]byte{byte(len(b))}, b...) }
func vec16(b ...byte) []byte { return append(binary.BigEndian.AppendUint16(nil, uint16(len(b))), b...) }

// hello builds a client hello record whose extensions come in this order.
func hello(t testing.TB, version uint16, ciphers, extensions, signatures, alpn, sni string) []byte {
	var exts []byte
	for e := u16s(t, extensions); len(e) > 0; e = e[2:] {
		var v []byte
		switch binary.BigEndian.Uint16(e) {
		case extServerName:
			v = vec16(append([]byte{0}, vec16([]byte(sni)...)...)...)
		case extALPN:
			v = vec16(vec8([]byte(alpn)...)...)
		case extSignatures:
			v = vec16(u16s(t, signatures)...)
		case extVersions:
			v = vec8(0x1a, 0x1a, 3, 4, 3, 3)
		}
		exts = append(append(exts, e[:2]...), vec16(v...)...)
	}
	b := binary.BigEndian.AppendUint16(nil, version)
	b = append(b, make([]byte, 32)...)
	b = append(b, vec8()...)
	b = append(b, vec16(u16s(t, ciphers)...)...)
	b = append(b, vec8(0)...)
	if len(exts) > 0 {
		b = append(b, vec16(exts...)...)
	}
	return record(recordHandshake, append([]byte{typeClientHello, 0, byte(len(b) >> 8), byte(len(b))}, b...))
}

func record(kind byte, body []byte) []byte { return append([]byte{kind, 3, 1}, vec16(body...)...) }

// The examples are those that the method's authors publish: the description's own,
// and outputs of their program for captures of theirs.
func TestJA4Published(t *testing.T) {
	chrome := "1a1a,1301,1302,1303,c02b,c02f,c02c,c030,cca9,cca8,c013,c014,009c,009d,002f,0035"
	for _, c := range []struct {
		want, ciphers, extensions, signatures, alpn string
	}{
		{"t13d1516h2_8daaf6152771_e5627efa2ab1", chrome,
			"3a3a,001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015,0a0a",
			"0403,0804,0401,0503,0805,0501,0806,0601", "h2"},
		{"t13d1517h2_8daaf6152771_cb7bf5808d99", chrome,
			"fe0d,0010,0017,0033,44cd,ff01,000a,000d,0023,002b,000b,ca34,002d,0000,0005,001b,0012",
			"8a8a,0904,0905,0906,0403,0804,0401,0503,0805,0501,0806,0601", "h2"},
		// Without signature algorithms nothing follows the extensions.
		{"t13d1516h2_8daaf6152771_6d807ffa2a79", chrome,
			"001b,0000,0033,0010,4469,0017,002d,000d,0005,0023,0012,002b,ff01,000b,000a,0015", "", "h2"},
	} {
		got := fingerprint(t, hello(t, version12, c.ciphers, c.extensions, c.signatures, c.alpn, "a.example"))
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("got %s, want %s", got, c.want)
		}
	}
}

func TestJA4Parts(t *testing.T) {
	for _, c := range []struct {
		name, want string
		hello      []byte
	}{
		{"no extensions", "t12i020000_", hello(t, version12, "c02f,009c", "", "", "", "")},
		{"ssl 3", "ts3i010000_", hello(t, versionSSL3, "000a", "", "", "", "")},
		{"long protocol", "t12i0101h1_", hello(t, version12, "000a", "0010", "", "http/1.1", "")},
		{"one letter", "t12i0101xx_", hello(t, version12, "000a", "0010", "", "x", "")},
		{"not alphanumeric", "t12i0101ad_", hello(t, version12, "000a", "0010", "", "\xab\xcd", "")},
		{"alphanumeric at one end", "t12i010160_", hello(t, version12, "000a", "0010", "", "a\x30\xb0", "")},
		{"more than 99", "t12i990000_", hello(t, version12, strings.Repeat("c02f,", 119)+"c030", "", "", "", "")},
	} {
		got := fingerprint(t, c.hello)
		if !strings.HasPrefix(got, c.want) {
			t.Errorf("%s: got %s, want %s", c.name, got, c.want)
		}
	}
	if got := fingerprint(t, hello(t, version12, "c02f", "", "", "", "")); !strings.HasSuffix(got, "_000000000000") {
		t.Error("no extensions hash to zeros: ", got)
	}
}

// fingerprint plays a client hello and returns its JA4.
func fingerprint(t testing.TB, b []byte) string {
	p := sensetest.Player{Analyzers: Analyzers()}
	for _, line := range p.Play(sensetest.TCP(443, sensetest.Up(b))) {
		if _, after, ok := strings.Cut(line, `"value":"ja4 `); ok {
			return after[:strings.IndexByte(after, '"')]
		}
	}
	t.Fatal("no fingerprint")
	return ""
}
