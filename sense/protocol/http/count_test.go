package http

import (
	"bytes"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"wardkeeper/sense/sensetest"
)

func corpus(t *testing.T) string {
	t.Helper()
	dir := os.Getenv("WARDKEEPER_CORPUS")
	if dir == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("WARDKEEPER_CORPUS is not set")
		}
		t.Skip("WARDKEEPER_CORPUS is not set")
	}
	return dir
}

// counts plays a capture and counts requests and responses.
func counts(t *testing.T, file string) (requests, responses int) {
	p := sensetest.Player{Analyzers: Analyzers()}
	for _, l := range p.Play(sensetest.Load(t, file)) {
		switch {
		case !strings.Contains(l, `"kind":"act"`):
		case strings.Contains(l, `"reply":true`):
			responses++
		default:
			requests++
		}
	}
	return requests, responses
}

func tshark(t *testing.T, file, filter string) int {
	out, err := exec.Command("tshark", "-r", file, "-Y", filter, "-T", "fields", "-e", strings.Fields(filter)[0]).Output()
	if err != nil {
		t.Skip("tshark cannot read ", file)
	}
	n := 0
	for _, l := range bytes.Split(bytes.TrimSpace(out), []byte("\n")) {
		n += len(bytes.Split(l, []byte(","))) // several in a frame
		if len(l) == 0 {
			n--
		}
	}
	return n
}

func TestSurvey(t *testing.T) {
	dir := corpus(t)
	filepath.WalkDir(dir, func(path string, e fs.DirEntry, err error) error {
		if err != nil || !strings.Contains(path, os.Getenv("SURVEY")) || !strings.HasSuffix(path, ".pcap") {
			return err
		}
		t.Run(path, func(t *testing.T) {
			req, resp := counts(t, path)
			treq, tresp := tshark(t, path, "http.request.method && !udp"), tshark(t, path, "http.response.code && !udp")
			if req != treq || resp != tresp {
				t.Errorf("%s got %d/%d tshark %d/%d", strings.TrimPrefix(path, dir), req, resp, treq, tresp)
			}
		})
		return nil
	})
}
