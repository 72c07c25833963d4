package fingerprint

import (
	"errors"
	"fmt"
	"strings"
)

// pattern is a sequence of words to be found in a text, see docs/fingerprints.md.
type pattern struct {
	parts       []part
	start, end  bool // anchored with ^ and $
	needsMaker  bool // written with !, or too short to stand alone
	specificity int
}

type partKind uint8

const (
	exact   partKind = iota
	prefix           // word*
	number           // #
	any1             // *
	version          // <version>
	phrase           // <words>
)

type part struct {
	kind partKind
	text string
}

// Caps of a pattern.
const (
	maxPatternParts = 12
	maxPhraseWords  = 6
)

var errPattern = errors.New("bad pattern")

// parsePattern reads one pattern.
func parsePattern(s string) (pattern, error) {
	var p pattern
	s = strings.TrimSpace(s)
	s, p.needsMaker = cutPrefix(s, "!")
	s, p.start = cutPrefix(s, "^")
	if t, ok := strings.CutSuffix(s, "$"); ok {
		s, p.end = t, true
	}
	for _, f := range strings.Fields(s) {
		if err := p.add(f); err != nil {
			return p, fmt.Errorf("%w %q: %w", errPattern, s, err)
		}
	}
	if len(p.parts) == 0 || len(p.parts) > maxPatternParts {
		return p, fmt.Errorf("%w %q: want 1 to %d words", errPattern, s, maxPatternParts)
	}
	if p.specificity == 0 {
		return p, fmt.Errorf("%w %q: no word", errPattern, s)
	}
	return p, nil
}

func cutPrefix(s, mark string) (string, bool) {
	t, ok := strings.CutPrefix(s, mark)
	return strings.TrimSpace(t), ok
}

func (p *pattern) add(f string) error {
	switch f {
	case "#":
		p.parts = append(p.parts, part{kind: number})
		p.specificity++
		return nil
	case "*":
		p.parts = append(p.parts, part{kind: any1})
		return nil
	case "<version>":
		p.parts = append(p.parts, part{kind: version})
		p.specificity++
		return nil
	case "<words>":
		p.parts = append(p.parts, part{kind: phrase})
		return nil
	}
	if strings.ContainsAny(f, "<>") {
		return errors.New("only <version> and <words> are known")
	}
	f, wild := strings.CutSuffix(f, "*")
	words := split(nil, f)
	if len(words) == 0 {
		return nil // a mark such as "-" or "&"
	}
	for i, w := range words {
		k := exact
		if wild && i == len(words)-1 {
			k = prefix
		}
		p.parts = append(p.parts, part{kind: k, text: w.text})
		p.specificity += 2 + len(w.text)
	}
	return nil
}

// short reports that the pattern has too few letters to mean something without
// its maker's name: "X3", "C 1".
func (p *pattern) short() bool {
	n, letters := 0, 0
	for _, w := range p.parts {
		n += len(w.text)
		switch {
		case w.kind == number:
			n++
		case w.text != "" && !isDigit(w.text[0]):
			letters += len(w.text)
		}
	}
	return n < 4 || n < 5 && letters < 2 || letters == 0 && n < 6
}

// captures of a match.
type captures struct{ version, words string }

// find looks for the pattern in a text that was split into words.
func (p *pattern) find(text string, words []word) (captures, bool) {
	last := len(words) - 1
	if p.start {
		last = 0
	}
	for i := 0; i <= last && i < len(words); i++ {
		if c, ok := p.at(text, words, i); ok {
			return c, true
		}
	}
	return captures{}, false
}

// at matches the pattern with its first part on word i.
func (p *pattern) at(text string, words []word, i int) (c captures, ok bool) {
	for _, w := range p.parts {
		if i >= len(words) {
			if w.kind == phrase {
				continue
			}
			return c, false
		}
		switch w.kind {
		case version:
			raw, next := versionAt(text, words, i)
			if raw == "" {
				return c, false
			}
			c.version, i = raw, next
			continue
		case phrase:
			raw, next := phraseAt(text, words, i)
			c.words, i = raw, next
			continue
		}
		if !w.matches(words[i]) {
			return c, false
		}
		i++
	}
	return c, !p.end || i == len(words)
}

func (w part) matches(x word) bool {
	switch w.kind {
	case exact:
		return w.text == x.text
	case prefix:
		return strings.HasPrefix(x.text, w.text)
	case number:
		return x.number()
	default:
		return true
	}
}

// versionAt reads a version at word i: what stands there up to a space, comma,
// semicolon or bracket, if it starts with a number (a leading v is skipped).
func versionAt(text string, words []word, i int) (string, int) {
	switch words[i].text {
	case "v", "ver", "version", "r", "rev", "revision", "release", "build", "fw", "sw":
		i++
	}
	if i >= len(words) || !words[i].number() {
		return "", i
	}
	end := len(text)
	if n := strings.IndexAny(text[words[i].start:], " ,;()[]/\t\r\n~\"'"); n >= 0 {
		end = words[i].start + n
	}
	raw := strings.TrimRight(text[words[i].start:end], ".-_:")
	for i < len(words) && words[i].start < end {
		i++
	}
	return raw, i
}

// phraseAt reads up to maxPhraseWords words at i, to the next punctuation.
func phraseAt(text string, words []word, i int) (string, int) {
	start := words[i].start
	end := len(text)
	if n := strings.IndexAny(text[start:], ",;:()[]/\t\r\n~\""); n >= 0 {
		end = start + n
	}
	n, spaces := i, 0
	for n < len(words) && words[n].start < end {
		if n > i && strings.IndexByte(text[words[n-1].end:words[n].start], ' ') >= 0 {
			if spaces++; spaces == maxPhraseWords {
				end = words[n].start
				break
			}
		}
		n++
	}
	return strings.TrimSpace(text[start:end]), n
}
