package sensetest

import (
	"path/filepath"
	"slices"
	"strings"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Testdata holds analyzers to every capture in their testdata: golden output, any
// cut, damage, and nothing of hidden (strings that the captures carry) in the
// output when privacy keeps nothing.
func Testdata(t *testing.T, hidden []string, analyzers ...sense.Analyzer) {
	files, err := filepath.Glob(filepath.Join("testdata", "*.pcap"))
	if err != nil || len(files) == 0 {
		t.Fatal("no captures: ", err)
	}
	for _, file := range files {
		t.Run(filepath.Base(file), func(t *testing.T) {
			tr := Load(t, file)
			Golden(t, tr, strings.TrimSuffix(file, ".pcap")+".golden", analyzers...)
			Splits(t, tr, analyzers...)
			Robust(t, tr, analyzers...)
			Hidden(t, tr, hidden, analyzers...)
		})
	}
}

// Deaf is a Privacy that keeps nothing: whatever of the input an output shows
// went past it.
type Deaf struct{ Plain }

// Token implements sense.Privacy.
func (*Deaf) Token(kind ward.TokenKind, _, value []byte) ward.Token {
	if len(value) == 0 {
		return ward.Token{}
	}
	return ward.Token{Kind: kind, Epoch: 1}
}

// Text implements sense.Privacy.
func (*Deaf) Text(_ sense.Class, raw []byte) string {
	if len(raw) == 0 {
		return ""
	}
	return "~"
}

// Hidden checks that no string of hidden reaches the output but through privacy.
func Hidden(t *testing.T, tr *Trace, hidden []string, analyzers ...sense.Analyzer) {
	t.Helper()
	p := Player{Analyzers: analyzers, Privacy: &Deaf{}}
	for _, line := range p.Play(tr) {
		for _, h := range hidden {
			if strings.Contains(strings.ToLower(line), strings.ToLower(h)) {
				t.Errorf("%q went past privacy: %s", h, line)
			}
		}
	}
}

// maxCorpusPieces keeps test time short: larger captures are left to benchmarks.
const maxCorpusPieces = 20000

// CorpusSplits plays every capture of the corpus whole and cut at random, which
// must give the same.
func CorpusSplits(t *testing.T, analyzers ...sense.Analyzer) {
	for _, file := range Captures(t) {
		tr := TryLoad(file)
		if tr == nil {
			continue
		}
		n := 0
		for _, c := range tr.Conversations {
			n += len(c.Pieces)
		}
		if n > maxCorpusPieces {
			continue
		}
		p := Player{Analyzers: analyzers}
		whole := strings.Join(p.Play(tr), "\n")
		p.Cut = Random(1)
		if cut := strings.Join(p.Play(tr), "\n"); cut != whole {
			t.Errorf("%s: %s", file, firstDifference(whole, cut))
		}
	}
}

// Foreign checks that the analyzers recognise nothing in the captures of the other
// protocols' folders, those of except left out (they carry this protocol too).
func Foreign(t *testing.T, except []string, analyzers ...sense.Analyzer) {
	files, err := filepath.Glob(filepath.Join("..", "*", "testdata", "*.pcap"))
	if err != nil {
		t.Fatal(err)
	}
	own, err := filepath.Abs(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, file := range files {
		protocol := filepath.Base(filepath.Dir(filepath.Dir(file)))
		if protocol == filepath.Base(own) || slices.Contains(except, protocol) {
			continue
		}
		tr := TryLoad(file)
		if tr == nil {
			continue
		}
		p := Player{Analyzers: analyzers}
		for _, c := range tr.Conversations {
			if a := p.Recognise(c); a != nil {
				t.Errorf("%s in %s, port %d", a.Name, file, c.Server.Port)
			}
		}
	}
}
