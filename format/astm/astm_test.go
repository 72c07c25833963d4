package astm

import "testing"

func TestRecords(t *testing.T) {
	for in, want := range map[string]Delims{
		`H|\^&|||X`: Standard(), `H!~@$!!`: {'!', '~', '@', '$'}, `H|\^`: {}, `P|1`: {}, `Hello world`: {}, `H|\^A`: {}, ``: {},
	} {
		if d, ok := ParseDelims([]byte(in)); d != want || ok != (want != Delims{}) {
			t.Errorf("%s: %v %v", in, d, ok)
		}
	}
	d := Standard()
	var f [6][]byte
	d.Fields([]byte(`R|1|^^^GLU\^^^NA|5.5|mmol/L`), f[:])
	if string(f[0]) != "R" || string(f[2]) != `^^^GLU\^^^NA` || string(f[4]) != "mmol/L" || f[5] != nil {
		t.Errorf("%q", f)
	}
	if string(d.Part(f[2], 4)) != "GLU" || d.Part(f[2], 5) != nil || string(d.Part(f[3], 1)) != "5.5" {
		t.Error("parts")
	}
	for in, want := range map[string]byte{"P|1": 'P', "L": 'L', "X|1": 0, "PX": 0, "": 0} {
		if got := d.Type([]byte(in)); got != want {
			t.Errorf("%q: %c", in, got)
		}
	}
}

func TestChecksum(t *testing.T) {
	// LIS01-A2, 6.3.1.2: the sum of "1", text and ETX, modulo 256.
	if got := Checksum([]byte("1H|\\^&\r\x03")); got != 0xe5 {
		t.Errorf("%02X", got)
	}
	if v, ok := Hex('e', '5'); v != 0xe5 || !ok {
		t.Error("hex")
	}
	if _, ok := Hex('g', '5'); ok {
		t.Error("hex of g")
	}
}

func FuzzRecord(f *testing.F) {
	f.Add([]byte(`H|\^&|||Name^Model`))
	f.Fuzz(func(t *testing.T, b []byte) {
		d, ok := ParseDelims(b)
		if !ok {
			d = Standard()
		}
		d.Type(b)
		var fields [20][]byte
		d.Fields(b, fields[:])
		for _, v := range fields {
			for n := range 6 {
				d.Part(v, n)
			}
		}
	})
}
