package main

import (
	"compress/gzip"
	"encoding/hex"
	"errors"
	"os"
	"os/exec"
	"runtime"
	"slices"
	"strconv"
	"strings"
	"testing"

	"github.com/rogpeppe/go-internal/testscript"

	"wardkeeper/run/canary"
)

func TestMain(m *testing.M) {
	testscript.Main(m, map[string]func(){"wardkeeper": func() { os.Exit(Main()) }})
}

// TestScripts plays the stories of the command line in testdata/script. Besides
// testscript's own commands they use:
//
//	exit N COMMAND …        the command must end with this exit status
//	capture FILE [LINK]     writes a small capture of many protocols
//	cut FILE BYTES          shortens a file; a negative number cuts from its end
//	patch FILE OFFSET HEX   overwrites bytes
//	gz FILE                 writes FILE.gz
//	mode FILE PERMISSIONS   checks a file's mode
//	smalldisk DIR SIZE      mounts a file system of that size (root only)
//	oneline                 the last command's standard error is one line
func TestScripts(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Setup: func(e *testscript.Env) error {
			e.Setenv("HOME", e.WorkDir)
			e.Setenv("XDG_CONFIG_HOME", e.WorkDir+"/config")
			return nil
		},
		Condition: func(name string) (bool, error) {
			switch name {
			case "root":
				return os.Geteuid() == 0, nil
			case "canmount":
				return runtime.GOOS == "linux" && os.Geteuid() == 0, nil
			}
			return false, errors.New("unknown condition " + name)
		},
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exit": exit, "capture": capture, "cut": cut, "patch": patch, "gz": gz, "mode": mode, "smalldisk": smallDisk, "oneline": oneLine,
		},
	})
}

func exit(ts *testscript.TestScript, _ bool, args []string) {
	want := number(ts, args[0])
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	if e, ok := errors.AsType[*exec.ExitError](err); ok {
		got = e.ExitCode()
	} else {
		ts.Check(err)
	}
	if got != want {
		ts.Fatalf("exit status %d, want %d: %s", got, want, ts.ReadFile("stderr"))
	}
}

func number(ts *testscript.TestScript, s string) int {
	n, err := strconv.Atoi(s)
	ts.Check(err)
	return n
}

func capture(ts *testscript.TestScript, _ bool, args []string) {
	link := canary.Ethernet
	if len(args) > 1 {
		link = number(ts, args[1])
	}
	n := canary.Ether(canary.NewPlant(canary.NewFinder()))
	ts.Check(canary.WritePcap(ts.MkAbs(args[0]), link, n.Frames[:400]))
}

func cut(ts *testscript.TestScript, _ bool, args []string) {
	path, n := ts.MkAbs(args[0]), number(ts, args[1])
	if n < 0 {
		st, err := os.Stat(path)
		ts.Check(err)
		n += int(st.Size())
	}
	ts.Check(os.Truncate(path, int64(n)))
}

func patch(ts *testscript.TestScript, _ bool, args []string) {
	b, err := hex.DecodeString(args[2])
	ts.Check(err)
	f, err := os.OpenFile(ts.MkAbs(args[0]), os.O_WRONLY, 0)
	ts.Check(err)
	_, err = f.WriteAt(b, int64(number(ts, args[1])))
	ts.Check(errors.Join(err, f.Close()))
}

func gz(ts *testscript.TestScript, _ bool, args []string) {
	f, err := os.Create(ts.MkAbs(args[0] + ".gz"))
	ts.Check(err)
	z := gzip.NewWriter(f)
	_, err = z.Write([]byte(ts.ReadFile(args[0])))
	ts.Check(errors.Join(err, z.Close(), f.Close()))
}

func mode(ts *testscript.TestScript, _ bool, args []string) {
	st, err := os.Stat(ts.MkAbs(args[0]))
	ts.Check(err)
	if got := strconv.FormatUint(uint64(st.Mode().Perm()), 8); got != args[1] {
		ts.Fatalf("%s has mode %s, want %s", args[0], got, args[1])
	}
}

func smallDisk(ts *testscript.TestScript, _ bool, args []string) {
	dir := ts.MkAbs(args[0])
	ts.Check(os.MkdirAll(dir, 0o755))
	out, err := exec.Command("mount", "-t", "tmpfs", "-o", "size="+args[1], "tmpfs", dir).CombinedOutput()
	if err != nil {
		if os.Getenv("CI") != "" {
			ts.Fatalf("mounting: %v: %s", err, out)
		}
		ts.Logf("no file system could be mounted here: %s", out)
		return
	}
	ts.Defer(func() { ts.Check(exec.Command("umount", dir).Run()) })
}

func oneLine(ts *testscript.TestScript, _ bool, _ []string) {
	text := ts.ReadFile("stderr")
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	if len(lines) != 1 || !slices.Contains([]string{"wardkeeper:"}, strings.Fields(text)[0]) {
		ts.Fatalf("not one line: %s", text)
	}
}
