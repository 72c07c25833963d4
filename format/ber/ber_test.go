package ber

import (
	"bytes"
	"testing"
)

func TestHeader(t *testing.T) {
	for _, c := range []struct {
		in            string
		tag           byte
		header, total int
	}{
		{"", 0, 0, 0},
		{"\x30", 0, 0, 0},
		{"\x30\x05", 0x30, 2, 7},
		{"\x30\x81\x80", 0x30, 3, 131},
		{"\x30\x84\x00\x00\x00\x10", 0x30, 6, 22}, // as Windows writes
		{"\x30\x84\x00\x00", 0, 0, 0},
		{"\x30\x80", 0, 0, -1},
		{"\x30\x85\x00\x00\x00\x00\x01", 0, 0, -1},
		{"\x30\x84\xff\xff\xff\xff", 0, 0, -1},
		{"\x7f\x81\x01\x00", 0, 0, -1},
	} {
		tag, header, total := Header([]byte(c.in))
		if tag != c.tag || header != c.header || total != c.total {
			t.Errorf("%x: %x %d %d", c.in, tag, header, total)
		}
	}
}

func TestReader(t *testing.T) {
	r := Reader{[]byte("\x02\x01\x07\x04\x02ab\xa3\x03\x02\x01\x05\x30\x09x")}
	if v, ok := r.Take(Integer); !ok || !bytes.Equal(v, []byte{7}) {
		t.Fatal(v, ok)
	}
	if _, ok := r.Take(Enumerated); ok {
		t.Fatal("took an absent element")
	}
	v, ok := r.Find(Context(3))
	if inner, ok2 := Inner(v, Integer); !ok || !ok2 || inner[0] != 5 {
		t.Fatal(v, ok, ok2)
	}
	if _, _, ok := r.Next(); ok || len(r.B) != 0 {
		t.Fatal("an element that runs over the end")
	}
}

func TestInt(t *testing.T) {
	for in, want := range map[string]int64{"\x00": 0, "\x7f": 127, "\xff": -1, "\x01\x00": 256, "\xff\x79": -135} {
		if v, ok := Int([]byte(in)); !ok || v != want {
			t.Errorf("%x: %d", in, v)
		}
	}
	if _, ok := Int(nil); ok {
		t.Error("empty")
	}
	if _, ok := Int(make([]byte, 9)); ok {
		t.Error("too long")
	}
}

func FuzzReader(f *testing.F) {
	f.Add([]byte("\x30\x03\x02\x01\x05"))
	f.Fuzz(func(t *testing.T, b []byte) {
		n := 0
		for r := (Reader{b}); ; n++ {
			_, v, ok := r.Next()
			if !ok {
				break
			}
			Int(v)
			Inner(v, Integer)
		}
		if n > len(b) {
			t.Fatal("more elements than bytes")
		}
	})
}
