package web

import (
	"slices"
	"strings"

	"wardkeeper/ward"
)

// group is the findings of one rule.
type group struct {
	Rule, Title  string
	Severity     ward.Severity
	Harm, Advice string
	Attack       []ward.Technique
	Motives      []ward.Motive
	Findings     []*ward.Finding // those shown
	Total, Times uint64
}

func (g *group) leftOut() uint64 { return g.Total - uint64(len(g.Findings)) }

// groupFindings keeps the order: a rule stands where its most severe finding does.
func groupFindings(all []ward.Finding) []group {
	var out []group
	index := map[string]int{}
	shown := 0
	for i := range all {
		f := &all[i]
		at, ok := index[f.Rule]
		if !ok {
			at = len(out)
			index[f.Rule] = at
			out = append(out, group{Rule: f.Rule, Title: f.Title, Severity: f.Severity, Harm: f.PatientHarm, Advice: f.Advice, Attack: f.Attack, Motives: f.Motives})
		}
		g := &out[at]
		g.Total++
		g.Times += f.Count
		g.Title = common(g.Title, f.Title)
		if len(g.Findings) < shownInstances && (shown < shownFindings || len(g.Findings) == 0) {
			g.Findings = append(g.Findings, f)
			shown++
		}
	}
	for i := range out {
		if g := &out[i]; g.Title == "" {
			g.Title = g.Findings[0].Title
		}
	}
	return out
}

// common returns what two titles share up to a colon, so that a group's title does
// not name one of its findings; one title alone stays whole.
func common(group, title string) string {
	if group == title {
		return group
	}
	a, _, _ := strings.Cut(group, ": ")
	b, _, _ := strings.Cut(title, ": ")
	if a == b {
		return a
	}
	return ""
}

// rest is what a finding's title adds to its group's.
func (g *group) rest(f *ward.Finding) string {
	if s, ok := strings.CutPrefix(f.Title, g.Title+": "); ok {
		return s
	}
	return f.Title
}

func (g *group) sameAdvice(f *ward.Finding) bool {
	return f.PatientHarm == g.Harm && f.Advice == g.Advice
}

func (g *group) sameMotives(f *ward.Finding) bool {
	return slices.Equal(f.Motives, g.Motives)
}

// namesOf names the devices of a finding.
func (p *page) namesOf(ids []string) string {
	names := make([]string, len(ids))
	for i, id := range ids {
		names[i] = p.name(id)
	}
	return limited(names, 3)
}

func technique(t ward.Technique) string {
	s := t.Technique
	switch t.Matrix {
	case "ics":
		s += " (ICS)"
	case "enterprise", "":
	default:
		s += " (" + t.Matrix + ")"
	}
	return s
}

func motive(m ward.Motive) string {
	s := m.Motive
	if s == "unknown" {
		s = "not known from this evidence"
	}
	if m.Reason != "" {
		s += " (" + m.Reason + ")"
	}
	return s
}
