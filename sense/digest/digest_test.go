package digest

import (
	"bytes"
	"encoding/hex"
	"fmt"
	"math/rand/v2"
	"testing"

	"github.com/zeebo/blake3"
)

// testKey is the official vectors'.
var testKey = [Size]byte([]byte("whats the Elvish word for friend"))

// testInput is the official vectors' input: bytes that count to 250, over and over.
func testInput(n int) []byte {
	b := make([]byte, n)
	for i := range b {
		b[i] = byte(i % 251)
	}
	return b
}

func reference(b []byte) (d [Size]byte) {
	h, err := blake3.NewKeyed(testKey[:])
	if err != nil {
		panic(err)
	}
	h.Write(b)
	h.Sum(d[:0])
	return d
}

func sum(h *Hasher) (d [Size]byte) {
	h.Sum(&d)
	return d
}

// each runs a test for every kind of hasher that runs here.
func each(t *testing.T, test func(t *testing.T, h *Hasher)) {
	if hasKernel {
		t.Run("tree", func(t *testing.T) { test(t, New(&testKey)) })
	}
	t.Run("portable", func(t *testing.T) { test(t, newPortable(&testKey)) })
}

func TestVectors(t *testing.T) {
	each(t, func(t *testing.T, h *Hasher) {
		for _, v := range vectors {
			h.Reset()
			h.Write(testInput(v.size))
			if got := sum(h); hex.EncodeToString(got[:]) != v.keyed {
				t.Errorf("%d bytes: %x, want %s", v.size, got, v.keyed)
			}
		}
	})
}

// TestEveryLength compares with the other implementation, at once and in slices.
func TestEveryLength(t *testing.T) {
	if !hasKernel {
		t.Skip("no AVX-512 here")
	}
	const most, stride = 70000, 7
	in := testInput(most)
	h := New(&testKey)
	check := func(n int) {
		want := reference(in[:n])
		for _, slice := range []int{most, 1448} {
			h.Reset()
			for b := in[:n]; len(b) > 0; b = b[min(slice, len(b)):] {
				h.Write(b[:min(slice, len(b))])
			}
			if got := sum(h); got != want {
				t.Fatalf("%d bytes in slices of %d: %x, want %x", n, slice, got, want)
			}
		}
	}
	for n := 0; n < most; n += stride {
		check(n)
	}
	for chunk := 0; chunk < most/chunkLen; chunk++ { // and about every edge
		for n := max(0, chunk*chunkLen-2); n <= chunk*chunkLen+2; n++ {
			check(n)
		}
	}
}

// TestSplits writes in random slices, with sums in between that change nothing.
func TestSplits(t *testing.T) {
	each(t, func(t *testing.T, h *Hasher) {
		r := rand.New(rand.NewPCG(1, 2))
		in := testInput(600_000)
		for range 100 {
			h.Reset()
			b, most := in[:r.IntN(len(in))], 1<<(6+r.IntN(14))
			want := reference(b)
			for rest := b; len(rest) > 0; {
				n := min(len(rest), r.IntN(most+1))
				h.Write(rest[:n])
				rest = rest[n:]
				if r.IntN(50) == 0 {
					sum(h)
				}
			}
			if got := sum(h); got != want {
				t.Fatalf("%d bytes in up to %d: %x, want %x", len(b), most, got, want)
			}
		}
	})
}

// TestLong makes the stack grow and the counters of chunks go beyond 16 bits.
func TestLong(t *testing.T) {
	if testing.Short() {
		t.Skip("long")
	}
	each(t, func(t *testing.T, h *Hasher) {
		other, err := blake3.NewKeyed(testKey[:])
		if err != nil {
			t.Fatal(err)
		}
		in := testInput(1<<20 + 3)
		for range 150 {
			h.Write(in)
			other.Write(in)
		}
		if got := sum(h); !bytes.Equal(got[:], other.Sum(nil)) {
			t.Fatalf("%x, want %x", got, other.Sum(nil))
		}
	})
}

// TestCounter compares the lanes' counters with one chunk's, beyond 32 bits too.
func TestCounter(t *testing.T) {
	if !hasKernel {
		t.Skip("no AVX-512 here")
	}
	in := testInput(groupLen)
	h := newTree(&testKey)
	for _, counter := range []uint64{0, 1<<32 - lanes, 1 << 32, 1<<48 - lanes} {
		var wide [lanes]chain
		chunks(&in[0], &h.key, counter, &wide)
		for c, got := range wide {
			want, flags := h.key, uint32(keyed|chunkStart)
			for at := c * chunkLen; at < (c+1)*chunkLen; at += blockLen {
				if at+blockLen == (c+1)*chunkLen {
					flags |= chunkEnd
				}
				compress(&want, (*[blockLen]byte)(in[at:]), counter+uint64(c), blockLen, flags)
				flags = keyed
			}
			if got != want {
				t.Errorf("counter %d, lane %d: %x, want %x", counter, c, got, want)
			}
		}
	}
}

func TestNoAllocation(t *testing.T) {
	each(t, func(t *testing.T, h *Hasher) {
		in := testInput(1448)
		var d [Size]byte
		if n := testing.AllocsPerRun(10, func() {
			h.Reset()
			for range 1000 {
				h.Write(in)
			}
			h.Sum(&d)
		}); n > 0 {
			t.Errorf("%v allocations", n)
		}
	})
}

// FuzzSplit compares with the other implementation, written in two kinds of slices.
func FuzzSplit(f *testing.F) {
	f.Add([]byte("patient"), uint16(1448), uint16(3), uint16(5000))
	f.Add([]byte{0}, uint16(0), uint16(20000), uint16(0))
	f.Fuzz(func(t *testing.T, seed []byte, first, second, repeat uint16) {
		if !hasKernel || len(seed) == 0 {
			return
		}
		b := bytes.Repeat(seed, 1+int(repeat)%(1+200_000/len(seed)))
		h := New(&testKey)
		for rest, n := b, int(first); len(rest) > 0; n = int(second) + 1 {
			n = min(n, len(rest))
			h.Write(rest[:n])
			rest = rest[n:]
		}
		if got, want := sum(h), reference(b); got != want {
			t.Fatalf("%d bytes in %d, then %d: %x, want %x", len(b), first, second, got, want)
		}
	})
}

func BenchmarkHasher(b *testing.B) {
	for _, size := range []struct{ slice, total int }{
		{1448, 512 << 10}, {64 << 10, 512 << 10}, {1448, 64 << 10}, {1448, 16 << 10}, {1448, 4 << 10}, {600, 600}, {100, 100},
	} {
		in := testInput(size.total)
		run := func(name string, h *Hasher) {
			b.Run(fmt.Sprintf("%d in %d/%s", size.total, size.slice, name), func(b *testing.B) {
				b.SetBytes(int64(size.total))
				var d [Size]byte
				for b.Loop() {
					h.Reset()
					for rest := in; len(rest) > 0; rest = rest[min(len(rest), size.slice):] {
						h.Write(rest[:min(len(rest), size.slice)])
					}
					h.Sum(&d)
				}
			})
		}
		if hasKernel {
			run("tree", New(&testKey))
		}
		run("portable", newPortable(&testKey))
	}
}
