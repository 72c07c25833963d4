package vnc

import (
	"testing"

	"wardkeeper/sense/sensetest"
)

// What the captures carry that only privacy may let through.
var hidden = []string{"accnurse", "Spring2026", "ward.example", "report.txt", "example"}

func TestCaptures(t *testing.T) { sensetest.Testdata(t, hidden, Analyzer()) }

func TestCorpus(t *testing.T) { sensetest.CorpusSplits(t, Analyzer()) }

func TestForeign(t *testing.T) { sensetest.Foreign(t, nil, Analyzer()) }
