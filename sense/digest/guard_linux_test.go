package digest

import (
	"syscall"
	"testing"
)

// TestGuardPage reads inputs that end where memory ends, and that start where it
// starts, at every alignment: nothing beyond them is touched.
func TestGuardPage(t *testing.T) {
	page := syscall.Getpagesize()
	size := (5*groupLen + page - 1) / page * page
	m, err := syscall.Mmap(-1, 0, size+2*page, syscall.PROT_READ|syscall.PROT_WRITE, syscall.MAP_ANON|syscall.MAP_PRIVATE)
	if err != nil {
		t.Fatal(err)
	}
	defer syscall.Munmap(m)
	for _, guard := range [][]byte{m[:page], m[page+size:]} {
		if err := syscall.Mprotect(guard, syscall.PROT_NONE); err != nil {
			t.Fatal(err)
		}
	}
	room := m[page : page+size]
	copy(room, testInput(size))
	each(t, func(t *testing.T, h *Hasher) {
		for _, n := range []int{1, 63, 64, 65, chunkLen, 1448, 3*chunkLen + 1, groupLen - 1, groupLen, groupLen + 1, 2*groupLen + 7, size} {
			for shift := range min(blockLen, size-n+1) {
				for _, b := range [][]byte{room[shift : shift+n], room[size-n-shift : size-shift]} {
					h.Reset()
					h.Write(b)
					if got, want := sum(h), reference(b); got != want {
						t.Fatalf("%d bytes, shifted by %d: %x, want %x", n, shift, got, want)
					}
				}
			}
		}
	})
}
