package run

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"golang.org/x/sys/unix"
)

// missing skips the test, or fails it where everything must be tested.
func missing(t *testing.T, what string) {
	t.Helper()
	if os.Getenv("CI") == "true" {
		t.Fatal(what)
	}
	t.Skip(what)
}

func must(t *testing.T, name string, args ...string) string {
	t.Helper()
	out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput()
	if err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
	return string(out)
}

// program builds wardkeeper, with or without cgo.
func program(t *testing.T, cgo string) string {
	t.Helper()
	path := filepath.Join(t.TempDir(), "wardkeeper")
	c := exec.CommandContext(t.Context(), "go", "build", "-o", path, "wardkeeper/cmd/wardkeeper")
	c.Env = append(os.Environ(), "CGO_ENABLED="+cgo)
	if out, err := c.CombinedOutput(); err != nil {
		t.Fatalf("%v: %s", err, out)
	}
	return path
}

// testWard is a hospital of two machines on a bridge, whose port to the first is
// mirrored, both directions, to a port that only the sensor sees.
type testWard struct{ modality, archive, sensor string }

func newWard(t *testing.T) testWard {
	t.Helper()
	if os.Geteuid() != 0 {
		missing(t, "needs root for network namespaces")
	}
	for _, p := range []string{"ip", "tc"} {
		if _, err := exec.LookPath(p); err != nil {
			missing(t, err.Error())
		}
	}
	id := strconv.Itoa(os.Getpid())
	w := testWard{"wkrunmod" + id, "wkrunarc" + id, "wkrunsen" + id}
	for _, ns := range []string{w.modality, w.archive, w.sensor} {
		if out, err := exec.CommandContext(t.Context(), "ip", "netns", "add", ns).CombinedOutput(); err != nil {
			missing(t, fmt.Sprintf("network namespaces do not work here: %v: %s", err, out))
		}
		t.Cleanup(func() {
			if out, err := exec.CommandContext(context.Background(), "ip", "netns", "del", ns).CombinedOutput(); err != nil {
				t.Errorf("%v: %s", err, out)
			}
		})
		must(t, "ip", "netns", "exec", ns, "sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1", "net.ipv6.conf.all.disable_ipv6=1")
	}
	sensor := func(args ...string) { t.Helper(); must(t, "ip", append([]string{"-n", w.sensor}, args...)...) }
	sensor("link", "add", "bridge", "type", "bridge")
	sensor("link", "set", "bridge", "up")
	sensor("link", "add", "mirror", "type", "veth", "peer", "name", "tap0")
	sensor("link", "set", "mirror", "up")
	sensor("link", "set", "tap0", "up")
	for port, ns := range map[string]string{"port1": w.modality, "port2": w.archive} {
		sensor("link", "add", port, "type", "veth", "peer", "name", "eth0", "netns", ns)
		sensor("link", "set", port, "master", "bridge", "up")
		must(t, "ip", "-n", ns, "addr", "add", "10.77.0."+port[4:]+"/24", "dev", "eth0")
		must(t, "ip", "-n", ns, "link", "set", "eth0", "up")
		must(t, "ip", "-n", ns, "link", "set", "lo", "up")
	}
	must(t, "tc", "-n", w.sensor, "qdisc", "add", "dev", "port1", "clsact")
	for _, way := range []string{"ingress", "egress"} {
		must(t, "tc", "-n", w.sensor, "filter", "add", "dev", "port1", way, "protocol", "all", "u32", "match", "u32", "0", "0", "action", "mirred", "egress", "mirror", "dev", "mirror")
	}
	return w
}

// sensorRun is a sensor at work.
type sensorRun struct {
	t        *testing.T
	cmd      *exec.Cmd
	out, err bytes.Buffer
}

// start starts a sensor and waits until it has given up its privileges.
func (w testWard) start(t *testing.T, binary string, args ...string) *sensorRun {
	t.Helper()
	all := append([]string{"netns", "exec", w.sensor, binary, "sensor", "--key", filepath.Join(t.TempDir(), "key")}, args...)
	s := &sensorRun{t: t, cmd: exec.CommandContext(context.Background(), "ip", all...)} // ip becomes the sensor: same process
	s.cmd.Stdout, s.cmd.Stderr = &s.out, &s.err
	if err := s.cmd.Start(); err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() { _ = s.cmd.Process.Kill() }) // most have ended
	for end := time.Now().Add(20 * time.Second); ; time.Sleep(20 * time.Millisecond) {
		b, err := os.ReadFile(fmt.Sprintf("/proc/%d/status", s.cmd.Process.Pid))
		if err == nil && strings.Contains(string(b), "CapBnd:\t0000000000000000") {
			return s
		}
		if time.Now().After(end) {
			_ = s.cmd.Process.Kill()
			_ = s.cmd.Wait()
			t.Fatalf("the sensor did not start: %s", s.err.String())
		}
	}
}

// end interrupts the sensor and waits for its end.
func (s *sensorRun) end(sig os.Signal) error {
	s.t.Helper()
	if err := s.cmd.Process.Signal(sig); err != nil {
		s.t.Fatal(err)
	}
	return s.wait()
}

func (s *sensorRun) wait() error {
	s.t.Helper()
	timer := time.AfterFunc(20*time.Second, func() { _ = s.cmd.Process.Kill() })
	defer timer.Stop()
	return s.cmd.Wait()
}

// TestSensorPrivileges: no thread of a running sensor has any left, however it is
// built, and it ends cleanly with the summary.
func TestSensorPrivileges(t *testing.T) {
	w := newWard(t)
	for _, cgo := range []string{"0", "1"} {
		if _, err := exec.LookPath("gcc"); cgo == "1" && err != nil {
			t.Log("no gcc: the build with cgo is not tested")
			continue
		}
		s := w.start(t, program(t, cgo), "-i", "tap0")
		tasks, err := filepath.Glob(fmt.Sprintf("/proc/%d/task/*/status", s.cmd.Process.Pid))
		if err != nil || len(tasks) < 2 {
			t.Fatal(tasks, err)
		}
		for _, task := range tasks {
			b, err := os.ReadFile(task)
			if errors.Is(err, os.ErrNotExist) {
				continue // the thread ended
			}
			if err != nil {
				t.Fatal(err)
			}
			for _, want := range []string{"CapInh", "CapPrm", "CapEff", "CapBnd", "CapAmb"} {
				if !strings.Contains(string(b), want+":\t0000000000000000\n") {
					t.Errorf("cgo %s: %s: %s is left", cgo, task, want)
				}
			}
			if !strings.Contains(string(b), "NoNewPrivs:\t1\n") {
				t.Errorf("cgo %s: %s: new privileges are possible", cgo, task)
			}
		}
		if err := s.end(syscall.SIGTERM); err != nil || !strings.Contains(s.out.String(), "DEVICES (") || s.err.Len() > 0 {
			t.Errorf("cgo %s: %v: %s%s", cgo, err, s.out.String(), s.err.String())
		}
	}
}

// TestDropPrivileges: in another process, files elsewhere are out of reach after.
func TestDropPrivileges(t *testing.T) {
	if os.Getenv("WARDKEEPER_TEST_DROP") != "" {
		dropped(t)
		return
	}
	if os.Geteuid() != 0 {
		missing(t, "needs root to have privileges to drop")
	}
	in, elsewhere := t.TempDir(), t.TempDir()
	if err := os.WriteFile(filepath.Join(elsewhere, "secret"), []byte("x"), 0o600); err != nil {
		t.Fatal(err)
	}
	c := exec.CommandContext(t.Context(), os.Args[0], "-test.run=^TestDropPrivileges$", "-test.v")
	c.Env = append(os.Environ(), "WARDKEEPER_TEST_DROP="+in+":"+elsewhere)
	out, err := c.CombinedOutput()
	if err != nil {
		t.Errorf("%v: %s", err, out)
	}
	if bytes.Contains(out, []byte("no landlock")) {
		missing(t, "this kernel has no landlock: files stay in reach")
	}
}

func dropped(t *testing.T) {
	in, elsewhere, _ := strings.Cut(os.Getenv("WARDKEEPER_TEST_DROP"), ":")
	if err := dropPrivileges(in); err != nil {
		t.Fatal(err)
	}
	if err := os.WriteFile(filepath.Join(in, "ward.db"), []byte("x"), 0o600); err != nil {
		t.Errorf("the folder to write to: %v", err)
	}
	if fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW, 0); !errors.Is(err, unix.EPERM) {
		t.Errorf("a raw socket after: %d, %v", fd, err)
	}
	const version = 1 // LANDLOCK_CREATE_RULESET_VERSION
	if abi, _, e := unix.Syscall(unix.SYS_LANDLOCK_CREATE_RULESET, 0, 0, version); e != 0 || abi < 1 {
		t.Log("no landlock")
		return
	}
	for _, path := range []string{filepath.Join(elsewhere, "secret"), "/etc/passwd"} {
		if _, err := os.ReadFile(path); !errors.Is(err, os.ErrPermission) {
			t.Errorf("reading %s: %v", path, err)
		}
	}
	if err := os.WriteFile(filepath.Join(elsewhere, "new"), nil, 0o600); !errors.Is(err, os.ErrPermission) {
		t.Errorf("writing elsewhere: %v", err)
	}
}

// TestSensorEndToEnd: a modality stores an image in an archive across a bridge; the
// sensor on the mirror port names both, their association, and never the patient.
func TestSensorEndToEnd(t *testing.T) {
	for _, p := range []string{"storescp", "storescu", "echoscu", "dump2dcm"} {
		if _, err := exec.LookPath(p); err != nil {
			missing(t, err.Error())
		}
	}
	w := newWard(t)
	dir := t.TempDir()
	db := filepath.Join(dir, "ward.db")
	s := w.start(t, program(t, "0"), "-i", "tap0", "--json", "--db", db, "--filter", "arp or tcp port 11112")
	scp := exec.CommandContext(t.Context(), "ip", "netns", "exec", w.archive, "storescp", "-aet", "ARCHIVE", "-od", dir, "11112")
	if err := scp.Start(); err != nil {
		t.Fatal(err)
	}
	defer func() { _ = scp.Wait() }()
	defer func() { _ = scp.Process.Kill() }()
	send := func(name string, args ...string) {
		t.Helper()
		all := append([]string{"netns", "exec", w.modality, name, "-aet", "CT01", "-aec", "ARCHIVE", "10.77.0.2", "11112"}, args...)
		var out []byte
		var err error
		for range 50 { // until storescp listens
			if out, err = exec.CommandContext(t.Context(), "ip", all...).CombinedOutput(); err == nil {
				return
			}
			time.Sleep(100 * time.Millisecond)
		}
		t.Fatalf("%s: %v: %s", name, err, out)
	}
	send("echoscu")
	send("storescu", image(t, dir))
	time.Sleep(3 * time.Second) // a look at the devices comes every 2
	if err := s.end(syscall.SIGINT); err != nil {
		t.Fatalf("%v: %s", err, s.err.String())
	}
	if n := must(t, "ip", "netns", "exec", w.sensor, "ip", "-s", "-s", "-j", "link", "show", "tap0"); !strings.Contains(n, `"tx":{"bytes":0,"packets":0,`) {
		t.Errorf("the capturing interface sent: %s", n)
	}
	text := s.out.String()
	if strings.Contains(strings.ToLower(text), "floquet") || strings.Contains(text, "4711-0815") {
		t.Error("the patient's identity is in the output")
	}
	verbs := map[string]int{}
	aes := map[string][]string{}
	last := ""
	for line := range strings.Lines(text) {
		var o struct {
			Kind, Protocol, Verb string
			IPs, AEs             []string
		}
		if err := json.Unmarshal([]byte(line), &o); err != nil {
			t.Fatalf("%v: %s", err, line)
		}
		last = o.Kind
		switch {
		case o.Kind == "act" && o.Protocol == "dicom":
			verbs[o.Verb]++
		case o.Kind == "device" && len(o.IPs) > 0:
			aes[o.IPs[0]] = o.AEs
		}
	}
	if last != "summary" || verbs["C-ECHO"] == 0 || verbs["C-STORE"] == 0 {
		t.Errorf("last line %q, verbs %v", last, verbs)
	}
	if !slices.Contains(aes["10.77.0.1"], "CT01") || !slices.Contains(aes["10.77.0.2"], "ARCHIVE") {
		t.Errorf("devices %v", aes)
	}
	if n := strings.Count(text, `"kind":"device"`); n < 3 {
		t.Errorf("%d device lines: the modality live (the archive is not sure enough in so short a time), both at the end", n)
	}
	var kept bytes.Buffer
	if err := Devices(t.Context(), QueryOptions{DB: db, JSON: true}, &kept); err != nil || !strings.Contains(kept.String(), "CT01") {
		t.Errorf("the database: %v: %s", err, kept.String())
	}
}

// image makes a small DICOM file.
func image(t *testing.T, dir string) string {
	t.Helper()
	const text = `(0008,0016) UI =SecondaryCaptureImageStorage
(0008,0018) UI [1.2.826.0.1.3680043.10.9999.1]
(0008,0060) CS [CT]
(0008,0070) LO [SIEMENS]
(0008,1090) LO [SOMATOM Definition]
(0010,0010) PN [Floquet^Anna]
(0010,0020) LO [4711-0815]
(0020,000d) UI [1.2.826.0.1.3680043.10.9999.2]
(0020,000e) UI [1.2.826.0.1.3680043.10.9999.3]
`
	from, to := filepath.Join(dir, "image.txt"), filepath.Join(dir, "image.dcm")
	if err := os.WriteFile(from, []byte(text), 0o600); err != nil {
		t.Fatal(err)
	}
	must(t, "dump2dcm", "+te", from, to)
	return to
}

// TestSensorSignals: a second signal ends it at once; an interface that disappears
// is named and the summary is written all the same.
func TestSensorSignals(t *testing.T) {
	w := newWard(t)
	binary := program(t, "0")
	s := w.start(t, binary, "-i", "tap0")
	if err := s.cmd.Process.Signal(syscall.SIGTERM); err != nil {
		t.Fatal(err)
	}
	time.Sleep(30 * time.Millisecond)
	began := time.Now()
	_ = s.end(syscall.SIGTERM) // ended by the signal, or just done
	if d := time.Since(began); d > 2*time.Second {
		t.Errorf("the second signal ended it after %v", d)
	}
	s = w.start(t, binary, "-i", "tap0")
	must(t, "ip", "-n", w.sensor, "link", "del", "tap0")
	err := s.wait()
	var exit *exec.ExitError
	if !errors.As(err, &exit) || exit.ExitCode() != 1 || !strings.Contains(s.err.String(), "interface tap0 disappeared") || !strings.Contains(s.out.String(), "DEVICES (") {
		t.Errorf("%v: %s%s", err, s.out.String(), s.err.String())
	}
}

func TestSensorErrors(t *testing.T) {
	for want, o := range map[string]SensorOptions{
		`position 5: "prt"`: {Interfaces: []string{"lo"}, Filter: "tcp prt 80", Ring: "64MiB"},
		"--ring":            {Interfaces: []string{"lo"}, Ring: "lots"},
		"not found":         {Interfaces: []string{"nosuch0"}, Ring: "64MiB"},
	} {
		var out, notes bytes.Buffer
		if err := Sensor(t.Context(), o, &out, &notes); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v, want %s", err, want)
		}
	}
}
