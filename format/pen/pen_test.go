package pen

import "testing"

func TestMaker(t *testing.T) {
	for n, want := range map[uint32]string{9: "Cisco", 60072: "Hologic", 2: "IBM", 0: "", 8072: "", 1 << 31: ""} {
		if got := Maker(n); got != want {
			t.Errorf("%d: %q", n, got)
		}
	}
}

func TestSorted(t *testing.T) {
	for i := 1; i < len(makers); i++ {
		if makers[i-1].number >= makers[i].number {
			t.Errorf("%d is out of order", makers[i].number)
		}
	}
}
