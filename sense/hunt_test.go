package sense

import (
	"bytes"
	"testing"
)

func TestHunterFindsAStartWhereverItIsCut(t *testing.T) {
	c := NewContext(nil, 1<<20, nil)
	start := func(b []byte) Verdict {
		const mark = "mark!"
		switch {
		case len(b) >= len(mark) && string(b[:len(mark)]) == mark:
			return Yes
		case len(b) < len(mark) && string(b) == mark[:len(b)]:
			return More
		}
		return No
	}
	in := []byte("mamark maark!marmarkmark!and what follows")
	for cut := 1; cut <= len(in); cut++ {
		var h Hunter
		var got []byte
		found := false
		for b := in; len(b) > 0; {
			n := min(cut, len(b))
			piece := b[:n]
			b = b[n:]
			if found {
				got = append(got, piece...)
				continue
			}
			if head, rest, ok := h.Next(c, piece, 8, "limit", start); ok {
				found = true
				got = append(append(got, head...), rest...)
			}
		}
		if !bytes.Equal(got, []byte("mark!and what follows")) {
			t.Fatalf("cut %d: %q", cut, got)
		}
		h.Free(c)
	}
}
