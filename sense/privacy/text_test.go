package privacy

import (
	"bufio"
	_ "embed"
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

var classNames = [...]string{"name", "host", "ae", "app", "maker", "model", "software", "version", "serial", "path", "department", "drug", "code"}

func scrubber(t testing.TB) *Scrubber {
	t.Helper()
	k, err := Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	return k.Scrubber(vocabulary(t))
}

//go:embed testdata/kept.txt
var keptTable string

// mask shows each token as a bare "~".
func mask(s string) string {
	var b strings.Builder
	for i := 0; i < len(s); i++ {
		b.WriteByte(s[i])
		if s[i] == '~' {
			i += shortTokenSize - 1
		}
	}
	return b.String()
}

// TestKept goes through real strings: class, what was on the wire, what remains.
func TestKept(t *testing.T) {
	s := scrubber(t)
	sc := bufio.NewScanner(strings.NewReader(keptTable))
	for n := 1; sc.Scan(); n++ {
		line := sc.Text()
		if line == "" || line[0] == '#' {
			continue
		}
		f := strings.Split(line, "\t")
		if len(f) != 3 {
			t.Fatalf("line %d: want class, string and result", n)
		}
		if f[2] == "=" {
			f[2] = f[1]
		}
		class := -1
		for i, c := range classNames {
			if c == f[0] {
				class = i
			}
		}
		if got := mask(s.Text(sense.Class(class), []byte(f[1]))); got != f[2] {
			t.Errorf("line %d: %s %q: got %q, want %q", n, f[0], f[1], got, f[2])
		}
	}
}

func TestTextEncodings(t *testing.T) {
	s := scrubber(t)
	for _, c := range []struct {
		class     sense.Class
		raw, want string
	}{
		{sense.ClassHost, "", ""},
		{sense.ClassHost, " \x00\r\n", ""},
		{sense.ClassHost, "p\x00a\x00c\x00s\x00", "pacs"},
		{sense.ClassHost, "\xff\xfep\x00a\x00c\x00s\x00", "pacs"},
		{sense.ClassHost, "\x00p\x00a\x00c\x00s", "pacs"},
		{sense.ClassHost, "pa\u200bcs", "pacs"},
		{sense.ClassHost, "pacs\x1b[31mgateway", "pacs [~"},
		{sense.ClassHost, "pacs\u202egateway\t1", "pacsgateway 1"},
		{sense.ClassHost, "pacs-M\xfcller", "pacs-~"},
		{sense.ClassHost, "pacs-Müller", "pacs-~"},
		{sense.ClassHost, "pacs-Mu\u0308ller", "pacs-~"},
		{sense.ClassHost, "pacs-山田太郎", "pacs-~"},
		{sense.ClassHost, "pacs-محمد", "pacs-~"},
		{sense.ClassHost, "pacs-Иванов", "pacs-~"},
		{sense.ClassHost, "pacs-ＳＭＩＴＨ", "pacs-~"},
		{sense.ClassHost, "pacs-１２", "pacs-~"},
		{sense.ClassHost, "pacs~k3f0000000", "pacs-~"},
		{sense.ClassPath, "/images/%53mith.dcm", "/images/~.dcm"},
		{sense.ClassPath, "/images/%2553mith.dcm", "/images/~.dcm"},
		{sense.ClassMaker, "Dräger", "Dräger"},
		{sense.ClassModel, `\u0057\u0075`, "~"},
		{sense.ClassModel, `&#87;`, "~"},
	} {
		if got := mask(s.Text(c.class, []byte(c.raw))); got != c.want {
			t.Errorf("%q: got %q, want %q", c.raw, got, c.want)
		}
	}
	long := s.Text(sense.ClassPath, []byte(strings.Repeat("image/", 100)))
	if len(long) > maxOut || !strings.HasPrefix(long, "image/image") {
		t.Errorf("long path: %q", long)
	}
}

// TestEcho: what was seen as an identity is kept nowhere, also where it was
// answered before, and in any writing.
func TestEcho(t *testing.T) {
	for _, c := range []struct {
		kind  ward.TokenKind
		value string
		class sense.Class
		text  string
		kept  string // before
		want  string // after
	}{
		{ward.TokenPatient, "US00012345678", sense.ClassSerial, "us-12345678", "us-12345678", "~"},
		{ward.TokenPatient, "0012345678", sense.ClassSerial, "SN12345678A", "SN12345678A", "~"},
		{ward.TokenStaff, "Pump^Station", sense.ClassHost, "pump-gw", "pump-gw", "~-gw"},
		{ward.TokenName, "Station, Paul", sense.ClassDepartment, "Station 4", "Station 4", "~ 4"},
		{ward.TokenOrder, "MX-800", sense.ClassModel, "IntelliVue MX800", "IntelliVue MX800", "IntelliVue ~"},
		{ward.TokenVisit, "1030.12", sense.ClassVersion, "10.30.12", "~", "~"},
		{ward.TokenVisit, "101904111", sense.ClassVersion, "10.1904.111", "10.1904.111", "~"},
		{ward.TokenName, "Philips^Anna", sense.ClassMaker, "Philips", "Philips", "~"},
		{ward.TokenStaff, "admin", sense.ClassHost, "admin-pc", "admin-pc", "admin-pc"},
		{ward.TokenMessage, "PUMP", sense.ClassHost, "pump-gw", "pump-gw", "pump-gw"},
		{ward.TokenName, "Pumpgw", sense.ClassHost, "pump-gw", "pump-gw", "~"},
		{ward.TokenName, "Room", sense.ClassHost, "DoseRoom", "DoseRoom", "~"},
		{ward.TokenName, "Server", sense.ClassHost, "icuserver3", "icuserver3", "~"},
	} {
		s := scrubber(t)
		if got := mask(s.Text(c.class, []byte(c.text))); got != c.kept {
			t.Errorf("%q before: got %q, want %q", c.text, got, c.kept)
		}
		s.Token(c.kind, nil, []byte(c.value))
		if got := mask(s.Text(c.class, []byte(c.text))); got != c.want {
			t.Errorf("%q after %q: got %q, want %q", c.text, c.value, got, c.want)
		}
	}
}

// TestEchoBounded: the oldest identity is forgotten, the newest never.
func TestEchoBounded(t *testing.T) {
	s := scrubber(t)
	number := []byte("AB1000000")
	for range 3 * echoSize {
		s.Token(ward.TokenPatient, nil, number)
		if got := s.Text(sense.ClassSerial, number); got[0] != '~' {
			t.Fatalf("%q is kept", got)
		}
		for i := len(number) - 1; ; i-- {
			if number[i]++; number[i] <= '9' {
				break
			}
			number[i] = '0'
		}
	}
	if got := s.Text(sense.ClassSerial, []byte("AB1000000")); got != "AB1000000" {
		t.Errorf("%q: the first is not forgotten", got)
	}
	used := 0
	for _, h := range s.echo.slots {
		if h != 0 {
			used++
		}
	}
	if used != echoSize {
		t.Errorf("%d slots used, want %d", used, echoSize)
	}
}

// TestShortTokens: a word's token is findable from its name token.
func TestShortTokens(t *testing.T) {
	s := scrubber(t)
	tok := s.Token(ward.TokenName, nil, []byte("zelinski")).String()
	want := "~" + tok[strings.LastIndexByte(tok, '.')+1:][:10]
	for _, raw := range []string{"Zelinski-PC", "ZELINSKI-PC"} {
		if got := s.Text(sense.ClassHost, []byte(raw)); got != want+"-PC" {
			t.Errorf("got %q, want %q", got, want+"-PC")
		}
	}
}

func TestVocabulary(t *testing.T) {
	v, err := NewVocabulary([]string{"Zyxomat 3000", "Carter Quuxflow", "Grace"})
	if err != nil {
		t.Fatal(err)
	}
	v.AddMakers([]string{"Mason Instruments GmbH"})
	names := 0
	for _, m := range v.words {
		if m&person != 0 {
			names++
		}
	}
	if names < 1500 {
		t.Errorf("%d names", names)
	}
	k, err := Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	s := k.Scrubber(v)
	for _, c := range []struct {
		class     sense.Class
		raw, want string
	}{
		{sense.ClassModel, "ZYXOMAT 3000", "ZYXOMAT 3000"},
		{sense.ClassHost, "zyxomat-1", "zyxomat-1"},
		{sense.ClassModel, "Carter Quuxflow", "Carter Quuxflow"},
		{sense.ClassModel, "Quuxflow Carter", "Quuxflow ~"},
		{sense.ClassHost, "carter-quuxflow", "~-quuxflow"},
		{sense.ClassModel, "Grace", "~"},
		{sense.ClassMaker, "MASON Instruments", "MASON Instruments"},
		{sense.ClassMaker, "Mason", "Mason"},
		{sense.ClassApp, "Mason", "~"},
	} {
		if got := mask(s.Text(c.class, []byte(c.raw))); got != c.want {
			t.Errorf("%q: got %q, want %q", c.raw, got, c.want)
		}
	}
}

func TestSteadyState(t *testing.T) {
	s := scrubber(t)
	raw, id := []byte("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3"), []byte("1234567890")
	authority := []byte("HOSPITAL")
	work := func() {
		s.Text(sense.ClassSoftware, raw)
		s.Token(ward.TokenPatient, authority, id)
	}
	work()
	if n := testing.AllocsPerRun(100, work); n > 0 {
		t.Errorf("%v allocations", n)
	}
}

func BenchmarkTextCached(b *testing.B) {
	s := scrubber(b)
	raw := []byte("ORTHANC")
	b.ReportAllocs()
	for b.Loop() {
		s.Text(sense.ClassAE, raw)
	}
}

func BenchmarkTextNew(b *testing.B) {
	s := scrubber(b)
	raw := []byte("SSH-2.0-OpenSSH_9.2p1 Debian-2+deb12u3")
	b.ReportAllocs()
	for b.Loop() {
		s.clean(sense.ClassSoftware, raw)
	}
}

func BenchmarkToken(b *testing.B) {
	s := scrubber(b)
	id := []byte("1234567890")
	authority := []byte("HOSPITAL")
	b.ReportAllocs()
	for b.Loop() {
		for i := len(id) - 1; i >= 0; i-- {
			if id[i]++; id[i] <= '9' {
				break
			}
			id[i] = '0'
		}
		s.Token(ward.TokenPatient, authority, id)
	}
}
