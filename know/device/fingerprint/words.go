package fingerprint

import (
	"io/fs"
	"maps"
	"slices"
	"strings"
)

// Words returns every word that the fingerprints look for and more that devices
// use to describe themselves, in lower case, sorted: what a scrubber may keep.
func (s *Set) Words() []string { return slices.Sorted(maps.Keys(s.words)) }

// Names returns those of Words that are people's names, too (Braun, Abbott): a
// scrubber may want company for them before it keeps them.
func (s *Set) Names() []string { return slices.Sorted(maps.Keys(s.names)) }

// Makers returns the makers' names, sorted.
func (s *Set) Makers() []string { return slices.Sorted(maps.Keys(s.makers)) }

// Models returns the models' names, sorted.
func (s *Set) Models() []string {
	m := slices.Clone(s.models)
	slices.Sort(m)
	return slices.Compact(m)
}

// Rules returns how many entries are loaded.
func (s *Set) Rules() int { return len(s.rules) }

// learn notes a word; numbers and single letters need no vocabulary.
func (s *Set) learn(w string) {
	if len(w) > 1 && !isDigit(w[0]) && w[0] != '~' {
		s.words[w] = struct{}{}
	}
}

func (s *Set) learnText(t string) {
	for _, w := range split(nil, strings.NewReplacer("<version>", "", "<words>", "").Replace(t)) {
		s.learn(w.text)
	}
}

// addWordFiles reads words.txt and names.txt: words apart by space, # to the end
// of a line is a comment.
func (s *Set) addWordFiles(dir fs.FS) error {
	for name, into := range map[string]map[string]struct{}{"words.txt": s.words, "names.txt": s.names} {
		b, err := fs.ReadFile(dir, name)
		if err != nil {
			continue // optional
		}
		for line := range strings.Lines(string(b)) {
			line, _, _ = strings.Cut(line, "#")
			for _, w := range strings.Fields(line) {
				into[fold(w)] = struct{}{}
			}
		}
	}
	return nil
}
