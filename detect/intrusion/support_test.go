package intrusion

import (
	"slices"
	"strings"
	"testing"

	"wardkeeper/detect"
	"wardkeeper/ward"
)

func TestEndOfSupport(t *testing.T) {
	for os, want := range map[string]string{
		"Windows XP": "2019-04-09", "Windows XP (2600)": "2019-04-09", "Microsoft Windows XP Professional": "2019-04-09", "Windows XP Embedded": "2016-01-12",
		"Windows CE 5.0": "2014-10-14", "Windows CE 6": "2018-04-10", "Windows Server 2003": "2015-07-14", "Windows Vista SP1 / Server 2008": "2020-01-14",
		"Windows 7 SP1 / Server 2008 R2 SP1 (7601)": "2021-10-12", "Windows 8 / Server 2012": "2023-10-10", "Windows 8.1 / Server 2012 R2": "2023-10-10",
		"Windows 10 1607 / Server 2016 (14393)": "2027-01-12", "Windows 10 21H2": "2032-01-13", "Windows 11 24H2 / Server 2025": "2034-11-14",
		"Windows 10": "", "Windows 11": "", "Windows 6.1": "", "Windows": "", "Linux 2.6": "", "Unix": "", "": "", "Windows 80": "", "Windows 8.2": "",
		"Windows 10 1607 / Something": "", "~kqspyd3ngy": "", "VxWorks": "",
	} {
		got := ""
		if ends, ok := endOfSupport(os); ok {
			got = ends.Format("2006-01-02")
		}
		if got != want {
			t.Errorf("%q: %q, want %q", os, got, want)
		}
	}
}

func TestWeaknesses(t *testing.T) {
	seen := map[string]bool{}
	for _, w := range weaknesses {
		for _, s := range w.services {
			if seen[s] {
				t.Errorf("%s twice", s)
			}
			seen[s] = true
		}
		if detect.Rank(w.severity) > detect.Rank(ward.Medium) || detect.Rank(w.medical) > detect.Rank(ward.Medium) || detect.Rank(w.medical) < detect.Rank(w.severity) {
			t.Errorf("%v: %s and %s", w.services, w.severity, w.medical)
		}
		all := []string{w.title, w.harm, w.advice, w.says}
		if slices.Contains(all, "") || strings.Contains(strings.ToLower(strings.Join(all, " ")), "unplug") {
			t.Errorf("%v: %q", w.services, all)
		}
	}
}
