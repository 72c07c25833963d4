package web

import (
	"cmp"
	"slices"
)

// columnise puts the nodes into their tiers' columns.
func (m *netmap) columnise() {
	slices.SortFunc(m.nodes, func(a, b *node) int {
		return cmp.Or(cmp.Compare(a.category, b.category), cmp.Compare(a.label, b.label), cmp.Compare(a.key, b.key))
	})
	for t := range tiers {
		c := column{title: tierNames[t]}
		for _, n := range m.nodes {
			if n.tier == t {
				c.nodes = append(c.nodes, n)
			}
		}
		if len(c.nodes) > 0 {
			m.columns = append(m.columns, c)
		}
	}
}

// rounds of moving nodes towards their neighbours.
const rounds = 6

// arrange orders each column by where its nodes' neighbours are, keeping categories together.
func (m *netmap) arrange() {
	neighbours := map[*node][]*edge{}
	for _, e := range m.edges {
		neighbours[e.a] = append(neighbours[e.a], e)
		neighbours[e.b] = append(neighbours[e.b], e)
	}
	for i := range m.columns {
		number(m.columns[i].nodes)
	}
	for range rounds {
		for i := range m.columns {
			c := &m.columns[i]
			want := map[*node]float64{}
			sum, n := map[string]float64{}, map[string]float64{}
			for _, nd := range c.nodes {
				want[nd] = pull(nd, neighbours[nd])
				sum[nd.category] += want[nd]
				n[nd.category]++
			}
			slices.SortStableFunc(c.nodes, func(a, b *node) int {
				return cmp.Or(cmp.Compare(sum[a.category]/n[a.category], sum[b.category]/n[b.category]), cmp.Compare(a.category, b.category),
					cmp.Compare(want[a], want[b]), cmp.Compare(a.key, b.key))
			})
			number(c.nodes)
		}
	}
}

// number spreads a column's nodes between 0 and 1.
func number(nodes []*node) {
	for i, n := range nodes {
		n.order = (float64(i) + 0.5) / float64(len(nodes))
	}
}

// pull is the weighted mean of the neighbours' places; medical conversations weigh more.
func pull(n *node, edges []*edge) float64 {
	sum, weight := n.order*0.1, 0.1
	for _, e := range edges {
		far, w := e.a, 4.0
		if far == n {
			far = e.b
		}
		if e.class == "other" {
			w = 1
		}
		sum += far.order * w
		weight += w
	}
	return sum / weight
}

// Measures of the map in SVG units, about a pixel on a wide screen.
const (
	boxWidth, boxHeight = 196, 40
	boxGap              = 10
	columnGap           = 150
	captionHeight       = 24
	headHeight          = 40
	margin              = 12
	bow                 = 64 // how far lines within the last column reach out
)

// place gives every node its coordinates; columns are centred.
func (m *netmap) place() {
	heights := make([]float64, len(m.columns))
	tallest := 0.0
	for i, c := range m.columns {
		last := "\x00"
		for _, n := range c.nodes {
			if n.captioned(last) {
				heights[i] += captionHeight
			}
			last = n.category
			heights[i] += boxHeight + boxGap
		}
		tallest = max(tallest, heights[i])
	}
	for i := range m.columns {
		c := &m.columns[i]
		c.x = margin + float64(i)*(boxWidth+columnGap)
		y := headHeight + (tallest-heights[i])/2
		last := "\x00"
		for _, n := range c.nodes {
			if n.captioned(last) {
				m.captions = append(m.captions, caption{cmp.Or(n.category, "not identified"), c.x, y + captionHeight - 7})
				y += captionHeight
			}
			last = n.category
			n.x, n.y, n.height = c.x, y, boxHeight
			y += boxHeight + boxGap
		}
	}
	m.width = 2*margin + float64(len(m.columns))*(boxWidth+columnGap) - columnGap + bow
	m.height = headHeight + tallest + margin
}

// captioned says whether the category is written above the node: where it changes,
// unless the node is a group, which bears its category as its name.
func (n *node) captioned(last string) bool { return n.category != last && !n.group }

// side is the left or right edge of a node.
type side struct {
	n     *node
	right bool
}

// route draws the lines. Those of one side of a node leave it spread out, in the
// order of where they go.
func (m *netmap) route() {
	ports := map[side][]*edge{}
	for _, e := range m.edges {
		a, b := e.sides()
		ports[a] = append(ports[a], e)
		ports[b] = append(ports[b], e)
	}
	for s, edges := range ports {
		slices.SortStableFunc(edges, func(x, y *edge) int {
			return cmp.Compare(x.far(s.n).y, y.far(s.n).y)
		})
		for i, e := range edges {
			y := s.n.y + s.n.height*(float64(i)+1)/float64(len(edges)+1)
			if e.a == s.n {
				e.ay = y
			} else {
				e.by = y
			}
		}
	}
	for _, e := range m.edges {
		e.draw()
	}
}

func (e *edge) far(n *node) *node {
	if e.a == n {
		return e.b
	}
	return e.a
}

// sides are where the line leaves its nodes: facing each other, or both to the right
// within a column.
func (e *edge) sides() (a, b side) {
	return side{e.a, e.a.x <= e.b.x}, side{e.b, e.b.x <= e.a.x}
}

// curve returns the four points of the line.
func (e *edge) curve() (x, y [4]float64) {
	a, b := e.sides()
	x[0], x[3] = a.n.x, b.n.x
	y[0], y[3] = e.ay, e.by
	y[1], y[2] = e.ay, e.by
	if a.right {
		x[0] += boxWidth
	}
	if b.right {
		x[3] += boxWidth
	}
	if a.right == b.right {
		out := min(24+abs(y[3]-y[0])*0.15, bow*1.3)
		x[1], x[2] = x[0]+out, x[3]+out
		return x, y
	}
	half := (x[3] - x[0]) / 2
	x[1], x[2] = x[0]+half, x[3]-half
	return x, y
}

func (e *edge) draw() {
	x, y := e.curve()
	e.path = "M" + px(x[0]) + " " + px(y[0]) + "C" + px(x[1]) + " " + px(y[1]) + " " + px(x[2]) + " " + px(y[2]) + " " + px(x[3]) + " " + px(y[3])
}

// at returns the point of the line at t, from 0 to 1.
func (e *edge) at(t float64) (float64, float64) {
	x, y := e.curve()
	u := 1 - t
	w := [4]float64{u * u * u, 3 * u * u * t, 3 * u * t * t, t * t * t}
	var px, py float64
	for i := range w {
		px += w[i] * x[i]
		py += w[i] * y[i]
	}
	return px, py
}

// letter writes the protocol on medical lines, where there is room for it.
func (m *netmap) letter() {
	type box struct{ x, y, w float64 }
	var taken []box
	for _, e := range m.edges {
		if e.class == "other" || e.class == "behind" || len(taken) == mapWords {
			continue
		}
		text := protocolName(e.class)
		if e.clear {
			text += ", in the clear"
		}
		w := float64(len(text)) * 6.2
		for _, t := range [...]float64{0.5, 0.4, 0.6, 0.32, 0.68, 0.25, 0.75} {
			x, y := e.at(t)
			free := !slices.ContainsFunc(taken, func(b box) bool { return abs(b.x-x) < (b.w+w)/2+4 && abs(b.y-y) < 13 }) &&
				!slices.ContainsFunc(m.nodes, func(n *node) bool {
					return x+w/2 > n.x && x-w/2 < n.x+boxWidth && y+6 > n.y && y-6 < n.y+n.height
				}) && x+w/2 < m.width
			if free {
				e.label, e.labelX, e.labelY, e.labelW = text, x, y+3.5, w
				taken = append(taken, box{x, y, w})
				break
			}
		}
	}
}
