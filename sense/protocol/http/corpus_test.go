package http

import (
	"os/exec"
	"path/filepath"
	"strings"
	"testing"

	"wardkeeper/sense/sensetest"
)

// Captures on which tshark counts otherwise, with the reason.
var differs = map[string]string{
	"http-evader-028/input.pcap":         "tshark does not take the response's damaged status line",
	"http-evader-046/input.pcap":         "the same",
	"http-evader-207/input.pcap":         "the same",
	"http-evader-051/input.pcap":         "tshark takes HTTP/1.01",
	"http/206_example_b.pcap":            "a response that tshark cannot reassemble",
	"http/http-body-match.pcap":          "tshark counts interim responses",
	"http/http-single-conn-22.pcap":      "tshark goes by the port",
	"http/bro.org.pcap":                  "segments that were not captured",
	"261/variant-07-expect_100_cl0.pcap": "a raw-IP link that this reader does not open",
	"tcp-http-with-padding.pcap":         "tshark does not see the request",
}

// TestTsharkCounts compares the requests and responses of real captures.
func TestTsharkCounts(t *testing.T) {
	files := sensetest.Captures(t, "http")
	if _, err := exec.LookPath("tshark"); err != nil {
		t.Skip("tshark is not installed")
	}
	compared := 0
	for _, file := range files {
		name := filepath.Join(filepath.Base(filepath.Dir(file)), filepath.Base(file))
		tr := sensetest.TryLoad(file)
		if tr == nil || differs[name] != "" || differs[filepath.Base(file)] != "" {
			continue
		}
		requests, responses := 0, 0
		p := sensetest.Player{Analyzers: Analyzers()[:1]}
		for _, l := range p.Play(tr) {
			switch {
			case !strings.Contains(l, `"kind":"act"`):
			case strings.Contains(l, `"reply":true`):
				responses++
			default:
				requests++
			}
		}
		wantRequests, wantResponses := tsharkCounts(t, file)
		if requests != wantRequests || responses != wantResponses {
			t.Errorf("%s: %d requests and %d responses, tshark %d and %d", name, requests, responses, wantRequests, wantResponses)
		}
		compared++
	}
	if compared == 0 {
		t.Error("no captures compared")
	}
}

func tsharkCounts(t *testing.T, file string) (requests, responses int) {
	t.Helper()
	out, err := exec.Command("tshark", "-r", file, "-Y", "http && tcp", "-T", "fields", "-e", "http.request.method", "-e", "http.response.code").Output()
	if err != nil && len(out) == 0 {
		t.Logf("%s: %v", file, err)
	}
	for _, line := range strings.Split(string(out), "\n") {
		request, response, _ := strings.Cut(line, "\t")
		requests += items(request)
		responses += items(response)
	}
	return requests, responses
}

func items(list string) int {
	if list == "" {
		return 0
	}
	return strings.Count(list, ",") + 1
}

func TestCorpusSplits(t *testing.T) {
	sensetest.CorpusSplits(t, Analyzers()...)
}
