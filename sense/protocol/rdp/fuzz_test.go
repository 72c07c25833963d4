package rdp

import (
	"path/filepath"
	"testing"

	"wardkeeper/sense/sensetest"
)

// seed adds what the captures carry.
func seed(f *testing.F, add func(b []byte)) {
	files, _ := filepath.Glob(filepath.Join("testdata", "*.pcap"))
	for _, file := range files {
		for _, c := range sensetest.Load(f, file).Conversations {
			var all []byte
			for _, p := range c.Pieces {
				all = append(all, p.B...)
			}
			add(all)
		}
	}
}

func FuzzStream(f *testing.F) {
	seed(f, func(b []byte) {
		for how := range uint64(4) {
			f.Add(b, how)
		}
	})
	f.Fuzz(func(_ *testing.T, b []byte, how uint64) { sensetest.Stream(Analyzer(), b, how) })
}

func FuzzProbe(f *testing.F) {
	seed(f, func(b []byte) { f.Add(b, uint16(0)) })
	f.Fuzz(func(_ *testing.T, b []byte, at uint16) {
		probe(0, b, at)
		probe(1, b, at)
	})
}
