package detecttest

import (
	"cmp"
	"crypto/sha256"
	"errors"
	"fmt"
	"net/netip"
	"os"
	"slices"
	"strconv"
	"strings"
	"time"

	"wardkeeper/ward"
)

// Story is what a file tells.
type Story struct {
	Name         string
	Observations []ward.Observation
	Expect       []Expectation
	AnyOrder     bool
	// Categories are those of devices by address; a device's id is "device " and its address.
	Categories map[string]string
}

// Expectation is a finding that the story must lead to. Fields that are empty are
// not compared.
type Expectation struct {
	Rule, Severity     string
	Count              string
	Title              string // a part of it
	Attackers, Victims string // joined by commas
	Confidence         string
}

// ReadStory reads a story file.
func ReadStory(file string) (*Story, error) {
	b, err := os.ReadFile(file)
	if err != nil {
		return nil, err
	}
	p := parser{story: &Story{Name: file, Categories: map[string]string{}}, base: ward.TimeOf(time.Date(2026, 3, 2, 8, 0, 0, 0, time.UTC)), times: 1}
	for i, line := range strings.Split(string(b), "\n") {
		if line = strings.TrimSpace(line); line == "" || line[0] == '#' {
			continue
		}
		if err := p.line(line); err != nil {
			return nil, fmt.Errorf("%s:%d: %w", file, i+1, err)
		}
	}
	if len(p.story.Expect) == 0 && !p.silent {
		return nil, fmt.Errorf("%s: neither expect nor silent", file)
	}
	all := p.story.Observations
	slices.SortStableFunc(all, func(a, b ward.Observation) int { return cmp.Compare(a.Time, b.Time) })
	for i := range all {
		all[i].Packet = uint64(i + 1)
	}
	return p.story, nil
}

type parser struct {
	story  *Story
	base   ward.Time
	now    ward.Time // of the last line, from base
	zone   string
	times  int
	every  time.Duration
	silent bool
}

func (p *parser) line(line string) error {
	word, rest, _ := strings.Cut(line, " ")
	rest = strings.TrimSpace(rest)
	switch word {
	case "at":
		t, err := time.Parse(time.RFC3339, rest)
		p.base = ward.TimeOf(t)
		return err
	case "zone":
		p.zone = rest
	case "any":
		p.story.AnyOrder = true
	case "silent":
		p.silent = true
	case "device":
		who, what, _ := strings.Cut(rest, " ")
		p.story.Categories[who] = what
	case "expect":
		return p.expect(rest)
	case "repeat":
		n, gap, _ := strings.Cut(rest, " every ")
		var err error
		if p.times, err = strconv.Atoi(n); err == nil {
			p.every, err = time.ParseDuration(gap)
		}
		return err
	default:
		if word[0] != '+' {
			return fmt.Errorf("%q is no directive", word)
		}
		return p.observations(word[1:], rest)
	}
	return nil
}

// observations adds a line as often as the last "repeat" says, with {i} counting
// from 1.
func (p *parser) observations(offset, rest string) error {
	after, err := time.ParseDuration(offset)
	if err != nil {
		return err
	}
	p.now = ward.Time(after)
	for i := 1; i <= p.times; i++ {
		words, err := split(strings.ReplaceAll(rest, "{i}", strconv.Itoa(i)))
		if err != nil {
			return err
		}
		o := ward.Observation{Time: p.base + p.now, Zone: p.zone, Capture: "story"}
		if err := observation(&o, words); err != nil {
			return err
		}
		p.story.Observations = append(p.story.Observations, o)
		p.now += ward.Time(p.every)
	}
	p.times, p.every = 1, 0
	return nil
}

func (p *parser) expect(rest string) error {
	words, err := split(rest)
	if err != nil || len(words) < 2 {
		return fmt.Errorf("expect wants a rule and a severity: %w", err)
	}
	e := Expectation{Rule: words[0], Severity: words[1]}
	for _, w := range words[2:] {
		name, value, _ := strings.Cut(w, "=")
		switch name {
		case "count":
			e.Count = value
		case "title":
			e.Title = value
		case "attackers":
			e.Attackers = value
		case "victims":
			e.Victims = value
		case "confidence":
			e.Confidence = value
		default:
			return fmt.Errorf("unknown expectation %q", name)
		}
	}
	p.story.Expect = append(p.story.Expect, e)
	return nil
}

// split cuts a line at spaces that are not within double quotes; quotes vanish.
func split(line string) ([]string, error) {
	var words []string
	var w strings.Builder
	quoted, any := false, false
	for _, r := range line + " " {
		switch {
		case r == '"':
			quoted, any = !quoted, true
		case r == ' ' && !quoted:
			if any {
				words = append(words, w.String())
				w.Reset()
			}
			any = false
		default:
			w.WriteRune(r)
			any = true
		}
	}
	if quoted {
		return nil, errors.New("a quote is not closed")
	}
	return words, nil
}

// observation reads "SRC > DST PROTOCOL KIND …" or "tick".
func observation(o *ward.Observation, w []string) (err error) {
	if len(w) == 1 && w[0] == "tick" {
		o.Kind = ward.KindTick
		return nil
	}
	if len(w) < 6 || w[1] != ">" {
		return errors.New("want: SRC > DST PROTOCOL KIND WHAT …")
	}
	if o.Src, err = endpoint(w[0]); err != nil {
		return err
	}
	if o.Dst, err = endpoint(w[2]); err != nil {
		return err
	}
	if w[3] != "-" {
		o.Protocol = w[3]
	}
	set := bodies[w[4]]
	if set == nil {
		return fmt.Errorf("unknown kind %q", w[4])
	}
	field := set(o, w[5])
	for _, x := range w[6:] {
		name, value, _ := strings.Cut(x, "=")
		if err := field(name, value); err != nil {
			return err
		}
	}
	return nil
}

// endpoint reads ip, ip:port, [ip6]:port, each with /mac, or -.
func endpoint(s string) (e ward.Endpoint, err error) {
	if s == "-" {
		return e, nil
	}
	at, mac, _ := strings.Cut(s, "/")
	if mac != "" {
		var b []byte
		if _, err := fmt.Sscanf(strings.ReplaceAll(mac, ":", ""), "%x", &b); err != nil || len(b) != len(e.MAC) {
			return e, fmt.Errorf("no hardware address: %q", mac)
		}
		copy(e.MAC[:], b)
	}
	if at == "" {
		return e, nil
	}
	if e.IP, err = netip.ParseAddr(at); err == nil {
		return e, nil
	}
	ap, err := netip.ParseAddrPort(at)
	e.IP, e.Port = ap.Addr(), ap.Port()
	return e, err
}

// token makes "kind:text" a pseudonym; without a kind it is a member of staff.
func token(s string) ward.Token {
	kind, text, ok := strings.Cut(s, ":")
	if !ok {
		kind, text = "staff", s
	}
	t := ward.Token{Epoch: 1}
	for k := ward.TokenPatient; k <= ward.TokenSecret; k++ {
		if k.String() == kind {
			t.Kind = k
		}
	}
	sum := sha256.Sum256([]byte(text))
	copy(t.Sum[:], sum[:])
	return t
}
