package dicom

import (
	"path/filepath"
	"strings"
	"testing"

	"wardkeeper/sense/sensetest"
)

// captures were made by testdata/make.sh.
var captures = []string{"store", "query", "refuse", "commit"}

func capture(t testing.TB, name string) *sensetest.Trace {
	return sensetest.Load(t, filepath.Join("testdata", name+".pcap"))
}

func TestGolden(t *testing.T) {
	for _, name := range captures {
		t.Run(name, func(t *testing.T) {
			sensetest.Golden(t, capture(t, name), filepath.Join("testdata", name+".golden"), Analyzer())
		})
	}
}

func TestSplits(t *testing.T) {
	for _, name := range captures {
		t.Run(name, func(t *testing.T) { sensetest.Splits(t, capture(t, name), Analyzer()) })
	}
}

func TestRobust(t *testing.T) {
	for _, name := range captures {
		t.Run(name, func(t *testing.T) { sensetest.Robust(t, capture(t, name), Analyzer()) })
	}
}

// TestIdentity checks that no golden shows what names a person outside of a
// marker that says it went through privacy.
func TestIdentity(t *testing.T) {
	for _, name := range captures {
		p := sensetest.Player{Analyzers: analyzers()}
		for _, l := range p.Play(capture(t, name)) {
			for _, canary := range []string{"CANARY", "JANE", "MRN", "19560412", "REFERRER", "OPERATOR", "St Example", "annab", "s3cret", "ACC0", "ACC1"} {
				if strings.Contains(l, canary) {
					t.Errorf("%s: %s in %s", name, canary, l)
				}
			}
		}
	}
}
