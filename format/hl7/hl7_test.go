package hl7

import (
	"bytes"
	"testing"
	"time"
)

func TestDelims(t *testing.T) {
	for _, test := range []struct {
		seg  string
		want Delims
		ok   bool
	}{
		{`MSH|^~\&|APP`, Delims{'|', '^', '~', '\\', '&'}, true},
		{`MSH|^~\&#|APP`, Delims{'|', '^', '~', '\\', '&'}, true},
		{`MSH@~&#\@APP`, Delims{'@', '~', '&', '#', '\\'}, true},
		{`FHS|^~\&|APP`, Delims{'|', '^', '~', '\\', '&'}, true},
		{`MSH|^|APP`, Delims{Sep: '|', Comp: '^'}, true},
		{`MSH||APP`, Delims{Sep: '|'}, true},
		{`MSH|`, Delims{Sep: '|'}, true},
		{`MSH`, Delims{}, false},
		{`MSHA^~\&`, Delims{}, false},
		{`PID|1`, Delims{}, false},
	} {
		got, ok := ParseDelims([]byte(test.seg))
		if got != test.want || ok != test.ok {
			t.Errorf("%s: %+v %v, want %+v %v", test.seg, got, ok, test.want, test.ok)
		}
	}
}

func TestFields(t *testing.T) {
	d := Standard()
	msh := []byte(`MSH|^~\&|A|B|C`)
	pid := []byte(`PID|1||7^^^H&1.2&ISO^MR~8^^^N|`)
	for _, test := range []struct {
		seg  []byte
		n    int
		want string
	}{
		{msh, 1, "|"}, {msh, 2, `^~\&`}, {msh, 3, "A"}, {msh, 5, "C"}, {msh, 6, ""},
		{pid, 0, "PID"}, {pid, 1, "1"}, {pid, 2, ""}, {pid, 3, "7^^^H&1.2&ISO^MR~8^^^N"}, {pid, 4, ""}, {pid, 5, ""},
	} {
		if got := d.Field(test.seg, test.n); string(got) != test.want {
			t.Errorf("%s field %d: %q, want %q", test.seg, test.n, got, test.want)
		}
	}
	first, rest := d.Repetition(d.Field(pid, 3))
	if string(d.SubComponent(d.Component(first, 4), 2)) != "1.2" || string(d.Component(first, 5)) != "MR" || d.Component(first, 6) != nil {
		t.Errorf("components of %q", first)
	}
	if string(rest) != "8^^^N" {
		t.Errorf("rest %q", rest)
	}
	var parts [5][]byte
	if rest := d.Components(d.Field(pid, 3), parts[:]); string(rest) != "8^^^N" || string(parts[0]) != "7" || string(parts[3]) != "H&1.2&ISO" || string(parts[4]) != "MR" {
		t.Errorf("components %q rest %q", parts, rest)
	}
	if rest := d.Components([]byte("1234567890~x"), parts[:2]); string(rest) != "x" || string(parts[0]) != "1234567890" || parts[1] != nil {
		t.Errorf("components %q rest %q", parts, rest)
	}
	var all [4][]byte
	if n := d.Fields(pid, all[:]); n != 4 || string(all[1]) != "1" || string(all[3]) != "7^^^H&1.2&ISO^MR~8^^^N" {
		t.Errorf("Fields: %d %q", n, all)
	}
}

func TestNoDelimiters(t *testing.T) {
	d, _ := ParseDelims([]byte("MSH|"))
	if f, rest := d.Repetition([]byte("a~b")); string(f) != "a~b" || rest != nil {
		t.Error("repetition without delimiter")
	}
	if string(d.Component([]byte("a^b"), 1)) != "a^b" || d.Component([]byte("a"), 2) != nil {
		t.Error("component without delimiter")
	}
	if string(d.Unescape(nil, []byte(`a\F\`))) != `a\F\` {
		t.Error("unescape without delimiter")
	}
}

func TestSegments(t *testing.T) {
	var got []string
	for b := []byte("MSH|1\rPID|2\nPV1|3\r\n\r\rOBX|4"); ; {
		var seg []byte
		if seg, b = NextSegment(b); seg == nil {
			break
		}
		got = append(got, string(seg))
	}
	if want := "[MSH|1 PID|2 PV1|3 OBX|4]"; len(got) != 4 || got[2] != "PV1|3" || got[3] != "OBX|4" {
		t.Errorf("%q, want %s", got, want)
	}
}

func TestUnescape(t *testing.T) {
	d := Standard()
	for in, want := range map[string]string{
		`plain`: `plain`, `a\F\b\S\c\T\d\R\e\E\f`: `a|b^c&d~e\f`, `x\X0D0A\y`: "x\r\ny", `x\X4\y`: "xy", `\.br\line\H\bold\N\`: `linebold`,
		`open\end`: `open\end`, `\Q1\`: `\Q1\`, `\\`: `\\`, `\P\`: `#`, `\Cxxyy\a\Z99\b`: `ab`,
	} {
		if got := d.Unescape(nil, []byte(in)); string(got) != want {
			t.Errorf("%q: %q, want %q", in, got, want)
		}
	}
}

func TestEncoding(t *testing.T) {
	for in, want := range map[string]Encoding{
		"MSH|": Single, "\xef\xbb\xbfMSH|": Single, "\xff\xfeM\x00": UTF16LE, "\xfe\xff\x00M": UTF16BE, "M\x00S\x00H\x00": UTF16LE,
		"\x00M\x00S\x00H": UTF16BE, "\x00\x00\x00M": UTF32, "": Single,
	} {
		if got, _ := DetectEncoding([]byte(in)); got != want {
			t.Errorf("%q: %d, want %d", in, got, want)
		}
	}
}

func TestDecimal(t *testing.T) {
	for in, want := range map[string]string{"5": "5", " 12.50 ": "12.50", "+3": "3", "-0.5": "-0.5", ".5": ".5", "5.": "5.", "1234567": "", "123456": "", "5000000": "5000000", "250000.5": "250000.5", "12345": "12345",
		"12345678": "", "19450312": "", "0.1234567": "", "1e3": "", "": "", ".": "", "-": "", "1.2.3": "", "<5": "", "5 6": ""} {
		got, ok := Decimal([]byte(in))
		if string(got) != want || ok != (want != "") {
			t.Errorf("%q: %q %v, want %q", in, got, ok, want)
		}
	}
}

func TestTime(t *testing.T) {
	want := time.Date(2009, 7, 13, 4, 0, 30, 250_000_000, time.UTC)
	if got, ok := Time([]byte("20090713090030.25+0500")); !ok || !got.Equal(want) {
		t.Errorf("got %v %v", got, ok)
	}
	if got, ok := Time([]byte("200907130900-0030")); !ok || !got.Equal(time.Date(2009, 7, 13, 9, 30, 0, 0, time.UTC)) {
		t.Errorf("got %v %v", got, ok)
	}
	for _, bad := range []string{"", "2009", "20090713090030", "2009071309+0500", "20091313090030+0500", "20090713090030+05", "2009-07-13T09:00:30",
		"20090713090030.+0500x", "20090713096130+0500", "20090713090030:1+0500", "20090713090030.12345+0500", "200907130900302+0500"} {
		if got, ok := Time([]byte(bad)); ok {
			t.Errorf("%q: %v", bad, got)
		}
	}
}

func TestScan(t *testing.T) {
	for n := range 40 {
		b := bytes.Repeat([]byte("x"), n)
		for i := range b {
			b[i] = '|'
			if Nth(b, '|', 1) != i || IndexEither(b, '\r', '|') != i || Nth(b, '|', 2) != -1 {
				t.Fatalf("length %d at %d", n, i)
			}
			b[i] = 'x'
		}
		if Nth(b, '|', 1) != -1 || IndexEither(b, '|', '\n') != -1 {
			t.Fatalf("length %d none", n)
		}
	}
	b := []byte("a|}|{||||||||||z|")
	k := 0
	for i, c := range b {
		if c == '|' {
			if k++; Nth(b, '|', k) != i {
				t.Errorf("occurrence %d: %d, want %d", k, Nth(b, '|', k), i)
			}
		}
	}
}

func FuzzMessage(f *testing.F) {
	f.Add([]byte("MSH|^~\\&|A|B\rPID|1||7^^^H^MR~8\rOBX|1|NM|5\\T\\\r"))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, _ := ParseDelims(b)
		DetectEncoding(b)
		var fields [30][]byte
		for rest := b; ; {
			var seg []byte
			if seg, rest = NextSegment(rest); len(seg) == 0 {
				break
			}
			n := d.Fields(seg, fields[:])
			shift := 0
			if IsHeader(seg) {
				shift = 1
			}
			for i := range n {
				if i < n-1 && i+shift > 1 && !bytes.Equal(fields[i], d.Field(seg, i+shift)) {
					t.Fatalf("field %d of %q: %q and %q", i, seg, fields[i], d.Field(seg, i+shift))
				}
				for v := fields[i]; len(v) > 0; {
					var one []byte
					one, v = d.Repetition(v)
					d.SubComponent(d.Component(one, 3), 2)
					var parts [5][]byte
					d.Components(one, parts[:])
					for k, part := range parts {
						if d.Comp != 0 && d.Comp != d.Rep && !bytes.Equal(part, d.Component(one, k+1)) {
							t.Fatalf("component %d of %q: %q", k+1, one, part)
						}
					}
					d.Unescape(nil, one)
					Decimal(one)
					Time(one)
				}
			}
		}
	})
}
