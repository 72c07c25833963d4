package tls

import (
	"testing"

	"wardkeeper/sense/sensetest"
)

// What the captures carry that only privacy may let through.
var hidden = []string{"ward.example", "Acme", "Gateway 3000", "Old Maker"}

func TestCaptures(t *testing.T) { sensetest.Testdata(t, hidden, Analyzers()...) }

func TestCorpus(t *testing.T) { sensetest.CorpusSplits(t, Analyzers()...) }

func TestForeign(t *testing.T) { sensetest.Foreign(t, nil, Analyzers()...) }
