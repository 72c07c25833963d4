package run

import (
	"fmt"
	"runtime"
	"runtime/debug"
)

// Version is set at release with -ldflags "-X wardkeeper/run.Version=v1.2.3".
var Version = "dev"

// BuildInfo describes the program: version, commit, Go version, platform.
func BuildInfo() string {
	commit := ""
	if info, ok := debug.ReadBuildInfo(); ok {
		for _, s := range info.Settings {
			if s.Key == "vcs.revision" && len(s.Value) >= 12 {
				commit = " " + s.Value[:12]
			}
		}
	}
	return fmt.Sprintf("wardkeeper %s%s %s %s/%s", Version, commit, runtime.Version(), runtime.GOOS, runtime.GOARCH)
}
