package device

import (
	"cmp"
	"slices"
	"strings"
)

// claim is one value that somebody states or that follows from what they state.
type claim struct {
	value      string
	source     string // claims of one source count once
	confidence int
}

// belief is a value with how sure its sources make us together.
type belief struct {
	value string
	p     float64
	n     int // sources
}

// weigh combines claims: sources that agree add up (each leaves a share of the
// doubt), values are sorted from the surest. The result does not depend on order.
func weigh(claims []claim) []belief {
	type part struct{ value, source string }
	best := map[part]int{}
	for _, c := range claims {
		k := part{c.value, c.source}
		best[k] = max(best[k], min(c.confidence, 98))
	}
	keys := make([]part, 0, len(best))
	for k := range best {
		keys = append(keys, k)
	}
	slices.SortFunc(keys, func(a, b part) int { return cmp.Or(cmp.Compare(a.value, b.value), cmp.Compare(a.source, b.source)) })
	var out []belief
	for _, k := range keys {
		if len(out) == 0 || out[len(out)-1].value != k.value {
			out = append(out, belief{value: k.value})
		}
		b := &out[len(out)-1]
		b.p = 1 - (1-b.p)*(1-float64(best[k])/100)
		b.n++
	}
	slices.SortStableFunc(out, func(a, b belief) int { return cmp.Or(cmp.Compare(b.p, a.p), cmp.Compare(a.value, b.value)) })
	return out
}

// against is how sure p still makes us when another value has the probability q
// of its own sources: one of them may be right, or neither.
func against(p, q float64) float64 {
	a, b, none := p*(1-q), q*(1-p), (1-p)*(1-q)
	if a+b+none == 0 {
		return 0
	}
	return a / (a + b + none)
}

// percent rounds down to an integer of at most 99.
func percent(p float64) int { return min(int(p*100), 99) }

// weighty is from where on a dissenting source is a contradiction.
const weighty = 0.5

// source is what stands behind a protocol field: several fields of one protocol
// are one source, since one device's software fills them all.
func source(from string) string {
	s, _, _ := strings.Cut(from, " ")
	return s
}
