package web

import (
	"bytes"
	"io"
	"os"
	"regexp"
	"strings"
	"testing"
	"time"

	"golang.org/x/net/html"

	"wardkeeper/know/device"
	"wardkeeper/ward"
)

func rendered(t *testing.T, r *Report) string {
	t.Helper()
	var b bytes.Buffer
	if err := r.Render(t.Context(), &b); err != nil {
		t.Fatal(err)
	}
	return b.String()
}

// elements calls f for every element of the page.
func elements(t *testing.T, page string, f func(n *html.Node, attr map[string]string)) {
	t.Helper()
	root, err := html.Parse(strings.NewReader(page))
	if err != nil {
		t.Fatal(err)
	}
	for n := range root.Descendants() {
		if n.Type != html.ElementNode {
			continue
		}
		attr := map[string]string{}
		for _, a := range n.Attr {
			attr[a.Key] = a.Val
		}
		f(n, attr)
	}
}

func TestReportIsSelfContained(t *testing.T) {
	page := rendered(t, synthetic(40))
	policies := 0
	ids, links := map[string]bool{}, []string{}
	elements(t, page, func(n *html.Node, attr map[string]string) {
		switch n.Data {
		case "script", "link", "img", "iframe", "object", "embed", "form", "base", "image", "use", "foreignobject":
			t.Errorf("the page has a <%s>", n.Data)
		}
		if attr["http-equiv"] == "Content-Security-Policy" {
			policies++
			if !strings.HasPrefix(attr["content"], "default-src 'none'; style-src 'sha256-") {
				t.Errorf("policy %s", attr["content"])
			}
		}
		for k, v := range attr {
			if k == "style" || strings.HasPrefix(k, "on") || k == "src" || k == "srcset" {
				t.Errorf("<%s %s=%q>", n.Data, k, v)
			}
		}
		if v, ok := attr["id"]; ok {
			if ids[v] {
				t.Errorf("id %q twice", v)
			}
			ids[v] = true
		}
		if v, ok := attr["href"]; ok {
			links = append(links, v)
		}
		if v, ok := attr["aria-labelledby"]; ok {
			links = append(links, "#"+v)
		}
	})
	if policies != 1 {
		t.Errorf("%d policies, want 1", policies)
	}
	for _, l := range links {
		if id, ok := strings.CutPrefix(l, "#"); !ok || !ids[id] {
			t.Errorf("link to %q leads nowhere in the page", l)
		}
	}
	if m := regexp.MustCompile(`(?i)(https?:)?//[a-z0-9]|url\(|@import`).FindString(page); m != "" {
		t.Errorf("the page mentions another place: %q", m)
	}
}

func TestReportSaysWhatItMust(t *testing.T) {
	page := rendered(t, synthetic(40))
	for _, want := range []string{`lang="en"`, "<main>", "<header", "<footer>", "<nav", "At a glance", "What this capture does not show", "hospital.pcapng:77",
		"none was seen, not that there is none", "2026-09-21 14:13:20.000000", "Time (UTC)", "wardkeeper test", "T0830 (ICS)", "money (records sell)",
		"contradicts", "Sources disagree on category", "packets inside macsec", "timestamps run backwards", "tcp/9999", "wire.flows", "hl7.length",
		"patient data seen in the clear", "The map as a table", "prefers-color-scheme:dark", "@media print"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	for _, never := range []string{"✓", "✔", "✅", "All clear", ">OK<", "green", "secure"} {
		if strings.Contains(page, never) {
			t.Errorf("the page says %q", never)
		}
	}
	elements(t, page, func(n *html.Node, attr map[string]string) {
		if n.Data == "th" && attr["scope"] == "" {
			t.Error("a <th> without scope")
		}
	})
}

func TestReportOfNothing(t *testing.T) {
	page := rendered(t, &Report{Inputs: []string{"empty.pcap"}})
	for _, want := range []string{"No rule found anything in what could be read.", "There is no device to draw.", "none seen", "No conversation in a medical protocol was recognised"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
}

const hostile = `"><script>alert(1)</script><img src=x onerror=alert(1)>'--></style></svg>&#x3c;` + "\x00\x1b[31m\u202e\xff javascript:alert(1)"

func TestReportEscapes(t *testing.T) {
	r := synthetic(3)
	d := &r.Devices[0]
	*d = ward.Device{ID: hostile, Category: hostile, Maker: hostile, Model: hostile + "x", Serial: hostile, Software: []ward.Named{{Name: hostile, Version: hostile}}, OS: hostile,
		Hostnames: []string{hostile}, MACs: []string{hostile}, IPs: []string{hostile}, AEs: []string{hostile}, Applications: []string{hostile}, Protocols: []string{hostile},
		Services: []string{hostile}, Zone: hostile, Department: hostile, Location: hostile, Behind: hostile, FirstSeen: hostile, LastSeen: hostile,
		Evidence:       []ward.Evidence{{Field: hostile, Value: hostile, From: hostile, Capture: hostile, Packet: 1, Time: hostile}},
		Contradictions: []string{hostile}}
	r.Links = append(r.Links, device.Link{A: hostile, B: r.Devices[1].ID, Protocol: hostile, Messages: 3, Clear: true},
		device.Link{A: hostile, B: "external " + hostile, Protocol: "dicom"}, device.Link{A: r.Devices[1].ID, B: hostile, Protocol: "hl7", Clear: true})
	r.Medical = append(r.Medical, hostile)
	r.Summary.Protocols[hostile] = &ward.ProtocolCount{Messages: map[string]uint64{hostile: 1}}
	r.Summary.LimitsHit[hostile], r.Summary.NotUnderstood[hostile] = 1, 1
	r.Findings = []ward.Finding{{Rule: hostile, ID: hostile, Title: hostile, Severity: hostile, PatientHarm: hostile, Advice: hostile, Devices: []string{hostile}, Attackers: []string{hostile},
		Victims: []string{hostile}, Attack: []ward.Technique{{Technique: hostile, Matrix: hostile}}, Motives: []ward.Motive{{Motive: hostile, Reason: hostile}},
		Evidence: []ward.Record{{Time: hostile, Capture: hostile, Src: hostile, Dst: hostile, Protocol: hostile, Says: hostile}}}}
	r.Gaps, r.Notes, r.Clocks = []Gap{{1, hostile, hostile}}, []string{hostile}, []string{hostile}
	r.Anomalies = []Anomaly{{Code: hostile, Detail: hostile, From: hostile, Capture: hostile}}
	r.Inputs, r.Version = []string{hostile}, hostile
	page := rendered(t, r)
	if strings.Contains(page, "<script") || strings.Contains(page, "<img") {
		t.Error("markup got through")
	}
	elements(t, page, func(n *html.Node, attr map[string]string) {
		if n.Data == "script" || n.Data == "img" || attr["onerror"] != "" || strings.HasPrefix(attr["href"], "javascript:") {
			t.Errorf("<%s %v> got through", n.Data, attr)
		}
		if n.Data == "style" && n.FirstChild.Data != style {
			t.Error("the style was changed")
		}
	})
}

func TestReportIsDeterministic(t *testing.T) {
	first := rendered(t, synthetic(300))
	for range 3 {
		if rendered(t, synthetic(300)) != first {
			t.Fatal("the same report twice is not the same page")
		}
	}
}

func TestReportSize(t *testing.T) {
	if n := len(rendered(t, synthetic(20))); n > 200_000 {
		t.Errorf("20 devices take %d bytes", n)
	}
	r := synthetic(10_000)
	began := time.Now()
	if err := r.Render(t.Context(), io.Discard); err != nil {
		t.Fatal(err)
	}
	if took := time.Since(began); took > 5*time.Second {
		t.Errorf("10,000 devices took %v", took)
	}
	page := rendered(t, r)
	if len(page) > 4_000_000 {
		t.Errorf("10,000 devices take %d bytes", len(page))
	}
	for _, want := range []string{"9,000 more devices are left out here; --json or --db has them all.", "750 of the devices listed do not open here", "more findings of this rule are left out here"} {
		if !strings.Contains(page, want) {
			t.Errorf("the page does not say %q", want)
		}
	}
	if path := os.Getenv("WARDKEEPER_KEEP"); path != "" { // to look at it
		if err := os.WriteFile(path, []byte(page), 0o600); err != nil {
			t.Fatal(err)
		}
	}
}

func TestFindingsAreGrouped(t *testing.T) {
	all := []ward.Finding{{Rule: "B", Title: "Clear: x", Severity: ward.High, Count: 2}, {Rule: "A", Title: "One", Severity: ward.Low, Count: 1}, {Rule: "B", Title: "Clear: y", Severity: ward.Low, Count: 3}}
	g := groupFindings(all)
	if len(g) != 2 || g[0].Rule != "B" || g[0].Title != "Clear" || g[0].Total != 2 || g[0].Times != 5 || g[0].rest(&all[2]) != "y" || g[1].Title != "One" {
		t.Errorf("%+v", g)
	}
}

func TestClearShareNeverRoundsToNothingOrAll(t *testing.T) {
	for _, c := range []struct {
		clear, all uint64
		want       string
	}{{0, 0, "none seen"}, {0, 5, "0 %"}, {5, 5, "100 %"}, {1, 100_000, "1 %"}, {99_999, 100_000, "99 %"}, {1, 2, "50 %"}} {
		g := glance{Clear: c.clear, Messages: c.all}
		if got := g.clearShare(); got != c.want {
			t.Errorf("%d of %d: %s, want %s", c.clear, c.all, got, c.want)
		}
	}
}

func TestSpan(t *testing.T) {
	for _, c := range []struct {
		d    time.Duration
		want string
	}{{30 * time.Second, "30.0 s"}, {90 * time.Second, "1 min 30 s"}, {3*time.Hour + time.Minute, "3 h 1 min"}, {50 * time.Hour, "2 days 2 h"}, {-time.Second, "0.0 s"}} {
		if got := span(start, start.Add(c.d)); got != c.want {
			t.Errorf("%v: %s, want %s", c.d, got, c.want)
		}
	}
}
