package run

import (
	"errors"
	"fmt"

	"github.com/landlock-lsm/go-landlock/landlock"
	"golang.org/x/sys/unix"
	"kernel.org/pub/linux/libs/security/libcap/psx"
)

// capabilities is how many the sets of the kernel have room for.
const capabilities = 64

// dropPrivileges gives up for good what a sensor does not need once its interfaces
// are open: gaining privileges by exec, the file system but for the folders it
// writes to, TCP, signals to others, and capabilities. Without landlock in the
// kernel, the rest still holds.
func dropPrivileges(writable ...string) error {
	if _, _, e := psx.Syscall6(unix.SYS_PRCTL, unix.PR_SET_NO_NEW_PRIVS, 1, 0, 0, 0, 0); e != 0 {
		return fmt.Errorf("no-new-privileges: %w", e)
	}
	var rules []landlock.Rule
	if len(writable) > 0 {
		rules = append(rules, landlock.RWDirs(writable...))
	}
	if err := landlock.V8.BestEffort().Restrict(rules...); err != nil {
		return fmt.Errorf("landlock: %w", err)
	}
	for c := uintptr(0); c < capabilities; c++ {
		_, _, e := psx.Syscall3(unix.SYS_PRCTL, unix.PR_CAPBSET_DROP, c, 0)
		if e != 0 && !errors.Is(e, unix.EINVAL) && !errors.Is(e, unix.EPERM) { // unknown to this kernel, or not ours to drop
			return fmt.Errorf("capability bounding set: %w", e)
		}
	}
	return dropCapabilities()
}
