package tls

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
		f.Add(b, uint64(0))
		f.Add(b, uint64(2))
	})
	f.Fuzz(func(_ *testing.T, b []byte, how uint64) { sensetest.Stream(Analyzers()[0], b, how) })
}

func FuzzDTLS(f *testing.F) {
	seed(f, func(b []byte) { f.Add(b) })
	f.Fuzz(func(_ *testing.T, b []byte) { sensetest.Datagram(Analyzers()[1], b) })
}

func FuzzQUIC(f *testing.F) {
	f.Add([]byte{0xc0, 0, 0, 0, 1, 0, 0, 0})
	f.Fuzz(func(_ *testing.T, b []byte) { sensetest.Datagram(Analyzers()[2], b) })
}

func FuzzProbe(f *testing.F) {
	seed(f, func(b []byte) { f.Add(b) })
	f.Fuzz(func(_ *testing.T, b []byte) {
		probe(0, b, 443)
		probe(1, b, 443)
		probeDTLS(0, b, 443)
		probeQUIC(0, b, 443)
	})
}
