package oui

import (
	"testing"

	"wardkeeper/ward"
)

func TestLookup(t *testing.T) {
	r, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	if r.Len() < 40000 || len(registry) > 700<<10 {
		t.Fatalf("%d assignments in %d bytes", r.Len(), len(registry))
	}
	for _, c := range []struct {
		mac  ward.MAC
		want string
	}{
		{ward.MAC{0x00, 0x09, 0xfb, 1, 2, 3}, "Philips Patient Monitoring"},
		{ward.MAC{0x00, 0x00, 0x0c, 1, 2, 3}, "Cisco Systems, Inc"},
		{ward.MAC{0x74, 0x1a, 0xe0, 0x3f, 0, 1}, "Philips Personal Health Solutions"},
		{ward.MAC{0x02, 0x00, 0x0c, 1, 2, 3}, ""},                    // locally administered
		{ward.MAC{0x01, 0x00, 0x5e, 1, 2, 3}, ""},                    // multicast
		{ward.MAC{0x70, 0xb3, 0xd5, 0xf2, 0xf1, 0}, "TELEPLATFORMS"}, // MA-S wins over MA-L
		{ward.MAC{}, ""},
	} {
		if got := r.Lookup(c.mac); got != c.want {
			t.Errorf("%v: got %q, want %q", c.mac, got, c.want)
		}
	}
}

func TestLookupAllocates(t *testing.T) {
	r, err := Embedded()
	if err != nil {
		t.Fatal(err)
	}
	m := ward.MAC{0x70, 0xb3, 0xd5, 0xf2, 0xf1, 0}
	if n := testing.AllocsPerRun(100, func() { r.Lookup(m) }); n != 0 {
		t.Errorf("%v allocations", n)
	}
}

func FuzzRead(f *testing.F) {
	f.Add(registry[:2000])
	f.Fuzz(func(t *testing.T, b []byte) {
		if r, err := read(b); err == nil {
			r.Lookup(ward.MAC{0, 9, 0xfb, 1, 2, 3})
		}
	})
}

func BenchmarkLookup(b *testing.B) {
	r, err := Embedded()
	if err != nil {
		b.Fatal(err)
	}
	b.ReportAllocs()
	for i := range b.N {
		r.Lookup(ward.MAC{0, byte(i >> 8), byte(i), 1, 2, 3})
	}
}
