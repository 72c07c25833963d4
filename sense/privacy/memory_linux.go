package privacy

import (
	"fmt"

	"golang.org/x/sys/unix"
)

// secretMemory returns n bytes outside the garbage collector's reach, locked and
// left out of core dumps as far as the system allows.
func secretMemory(n int) []byte {
	b, err := unix.Mmap(-1, 0, n, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_ANON|unix.MAP_PRIVATE)
	if err != nil {
		return make([]byte, n)
	}
	_ = unix.Mlock(b) // best effort: RLIMIT_MEMLOCK may be small
	_ = unix.Madvise(b, unix.MADV_DONTDUMP)
	return b
}

// NoCoreDumps keeps the process's memory out of core files and away from other
// processes of the same user.
func NoCoreDumps() error {
	if err := unix.Setrlimit(unix.RLIMIT_CORE, &unix.Rlimit{}); err != nil {
		return fmt.Errorf("turning core dumps off: %w", err)
	}
	if err := unix.Prctl(unix.PR_SET_DUMPABLE, 0, 0, 0, 0); err != nil {
		return fmt.Errorf("turning core dumps off: %w", err)
	}
	return nil
}
