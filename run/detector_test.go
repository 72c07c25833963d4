package run

import (
	"fmt"
	"net/netip"
	"os"
	"path/filepath"
	"regexp"
	"slices"
	"strings"
	"testing"

	"wardkeeper/detect"
	"wardkeeper/know/device"
	"wardkeeper/sense"
	"wardkeeper/sense/privacy"
	"wardkeeper/sense/protocol"
	"wardkeeper/sense/wire"
	"wardkeeper/ward"
)

// TestDetectorsListed compares the list with the folders: one file a rule.
func TestDetectorsListed(t *testing.T) {
	listed := map[string]bool{}
	for _, d := range detectors() {
		rule := d.Spec().Rule
		if listed[rule] {
			t.Errorf("%s is listed twice", rule)
		}
		listed[rule] = true
	}
	stories, err := filepath.Glob("../detect/*/testdata/*.story")
	if err != nil {
		t.Fatal(err)
	}
	for _, s := range stories {
		word, _, _ := strings.Cut(filepath.Base(s), "-")
		if rule := strings.ToUpper(word[:4] + "-" + word[4:]); !listed[rule] {
			t.Errorf("%s has stories and is not listed", rule)
		}
	}
}

// benign are captures of ordinary use of each protocol and of the whole ward.
func benign(t *testing.T) []string {
	files, err := filepath.Glob("../sense/protocol/*/testdata/*.pcap*")
	if err != nil || len(files) == 0 {
		t.Fatal("no captures of the protocols", err)
	}
	if f := sample(); exists(f) {
		files = append(files, f)
	}
	return files
}

func exists(f string) bool { _, err := os.Stat(f); return err == nil }

// posture says what is wrong without an attack; its findings in ordinary traffic are
// true.
var posture = []string{"INTR-09", "PRIV-01", "PRIV-02", "INTR-03"}

// TestBenignCaptures: ordinary traffic must not look like an attack.
func TestBenignCaptures(t *testing.T) {
	count := map[string]int{}
	for _, file := range benign(t) {
		p := newPipeline(device.Options{})
		playInto(t, file, p)
		for _, f := range p.runner.Findings() {
			count[f.Rule]++
			if !slices.Contains(posture, f.Rule) {
				t.Errorf("%s: %s %s: %s %v", file, f.Rule, f.Severity, f.Title, f.Evidence)
			} else if detect.Rank(f.Severity) > detect.Rank(ward.Medium) {
				t.Errorf("%s: posture above medium: %s %s: %s", file, f.Rule, f.Severity, f.Title)
			}
		}
	}
	t.Log("findings in benign captures:", count)
}

// TestExploitCaptures: what the corpus shows being attacked is found.
func TestExploitCaptures(t *testing.T) {
	root := os.Getenv("WARDKEEPER_CORPUS")
	if root == "" {
		if os.Getenv("CI") != "" {
			t.Fatal("WARDKEEPER_CORPUS is not set")
		}
		t.Skip("WARDKEEPER_CORPUS is not set")
	}
	for name, want := range map[string]string{
		"eternalblue-success-unpatched-win7.pcap": "HOST-02 critical", "metasploit-ms017-010-win7x64.pcap": "HOST-02 high",
		"eternalromance-success-2008r2.pcap": "HOST-02 high", "CVE-2020-1472_exploit_win2016.pcap": "INTR-10 critical",
		"heartbleed-encrypted-short.pcap": "INTR-11 high",
	} {
		file := find(t, root, name)
		p := newPipeline(device.Options{})
		playInto(t, file, p)
		var got []string
		for _, f := range p.runner.Findings() {
			got = append(got, fmt.Sprintf("%s %s", f.Rule, f.Severity))
		}
		if !slices.Contains(got, want) {
			t.Errorf("%s: %v, want %s", name, got, want)
		}
	}
}

func find(t *testing.T, root, name string) (found string) {
	t.Helper()
	err := filepath.WalkDir(root, func(path string, d os.DirEntry, err error) error {
		if err == nil && d.Name() == name {
			found = path
		}
		return err
	})
	if err != nil || found == "" {
		t.Fatalf("%s is not in the corpus: %v", name, err)
	}
	return found
}

// playInto analyses a capture with everything behind it.
func playInto(t *testing.T, file string, p *pipeline) {
	t.Helper()
	key, err := privacy.Ephemeral()
	if err != nil {
		t.Fatal(err)
	}
	words, err := privacy.NewVocabulary()
	if err != nil {
		t.Fatal(err)
	}
	e, err := wire.NewEngine(wire.Config{Analyzers: protocol.All(), Privacy: func(int) sense.Privacy { return key.Scrubber(words) }, Workers: 1})
	if err != nil {
		t.Fatal(err)
	}
	if _, err := e.Run(t.Context(), &given{recs: records(t, file)}, p); err != nil {
		t.Fatal(err)
	}
}

// TestDetectorNames keeps rule IDs to the form of the threat catalogue.
func TestDetectorNames(t *testing.T) {
	form := regexp.MustCompile(`^(THER|PRIV|HOST|DISR|INTR|PEOP)-\d\d$`)
	for _, d := range detectors() {
		if s := d.Spec(); !form.MatchString(s.Rule) {
			t.Errorf("rule %q", s.Rule)
		}
	}
}

// BenchmarkActs is what acts cost all detectors when none of them fires.
func BenchmarkActs(b *testing.B) {
	for _, protocol := range []string{"hl7", "dicom", "http", "smb", "dns", "snmp"} {
		b.Run(protocol, func(b *testing.B) {
			all := make([]ward.Observation, 1000)
			for i := range all {
				all[i] = ward.Observation{Kind: ward.KindAct, Protocol: protocol, Act: &ward.Act{Verb: "GET", Outcome: "ok"},
					Src: ward.Endpoint{IP: netip.AddrFrom4([4]byte{10, 1, 1, byte(i % 20)})}, Dst: ward.Endpoint{IP: netip.AddrFrom4([4]byte{10, 1, 2, 1})}}
			}
			r := detect.NewRunner(view{device.New(device.Options{})}, detectors())
			b.ReportAllocs()
			for i := 0; i < b.N; i += len(all) {
				r.Observe(all)
			}
			b.ReportMetric(float64(len(detectors())), "detectors")
		})
	}
}
