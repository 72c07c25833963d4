package sense

import (
	"bytes"
	"fmt"
	"strings"
	"testing"
)

func size1(b []byte) int {
	if b[0] == 0xff {
		return -1
	}
	if len(b) < 2 {
		return 0
	}
	return 2 + int(b[1])
}

// pieces calls feed with in cut into pieces of n bytes.
func pieces(in []byte, n int, feed func(b []byte)) {
	for len(in) > 0 {
		k := min(n, len(in))
		feed(bytes.Clone(in[:k]))
		in = in[k:]
	}
}

func TestFramerCuts(t *testing.T) {
	in := []byte("a\x03xyzb\x00c\x30" + strings.Repeat("L", 0x30) + "d\x01q\xff")
	want := "a\x03xyz|b\x00|d\x01q|No limit 1"
	for n := 1; n <= len(in); n++ {
		c := NewContext(nil, 1<<20, nil)
		var f Framer
		got := ""
		pieces(in, n, func(b []byte) {
			for {
				msg, rest, v := f.Next(c, b, 16, "test.long", size1)
				if v == No {
					got += "No"
				}
				if v != Yes {
					return
				}
				got += string(msg) + "|"
				b = rest
			}
		})
		if got += fmt.Sprint(" limit ", c.Limits()["test.long"]); got != want {
			t.Errorf("pieces of %d: %q", n, got)
		}
	}
}

func TestFramerGap(t *testing.T) {
	c := NewContext(nil, 1<<20, nil)
	var f Framer
	f.Next(c, []byte("c\x30LL"), 16, "test.long", size1)
	if !f.Gap(0x30-2) || f.Gap(1) {
		t.Error("only a gap within a skipped message can be passed over")
	}
	if msg, _, v := f.Next(c, []byte("d\x01q"), 16, "test.long", size1); v != Yes || string(msg) != "d\x01q" {
		t.Error(msg, v)
	}
	f.Next(c, []byte("a\x03x"), 16, "test.long", size1)
	f.Free(c)
	if c.used != 0 {
		t.Error("memory not given back")
	}
}

func TestLinesCuts(t *testing.T) {
	in := []byte("one\r\n\ntwo\n" + strings.Repeat("L", 40) + "\r\nthree\r\nhalf")
	want := "one||two|three| limit 1"
	for n := 1; n <= len(in); n++ {
		c := NewContext(nil, 1<<20, nil)
		var l Lines
		got := ""
		pieces(in, n, func(b []byte) {
			for {
				line, rest, ok := l.Next(c, b, 16, "test.long")
				if !ok {
					return
				}
				got += string(line) + "|"
				b = rest
			}
		})
		if got += fmt.Sprint(" limit ", c.Limits()["test.long"]); got != want {
			t.Errorf("pieces of %d: %q", n, got)
		}
	}
}

func TestLinesGap(t *testing.T) {
	c := NewContext(nil, 1<<20, nil)
	var l Lines
	l.Next(c, []byte("hal"), 16, "test.long")
	l.Gap()
	line, _, ok := l.Next(c, []byte("f\nwhole\n"), 16, "test.long")
	if !ok || string(line) != "whole" {
		t.Errorf("%q", line)
	}
	l.Free(c)
	if c.used != 0 {
		t.Error("memory not given back")
	}
}
