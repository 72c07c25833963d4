package web

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
	"strconv"
	"strings"

	"wardkeeper/know/device"
	"wardkeeper/ward"
)

// Caps of the map: beyond them devices are drawn as groups, and the least busy
// lines of other protocols are left to the table.
const (
	mapNodes = 80
	mapEdges = 160
	mapWords = 50  // lines that carry their protocol's name
	mapTable = 300 // rows of the table beside the map
)

// outside is the node of all public addresses.
const outside = "outside"

// node is a box of the map: a device, or several of one category.
type node struct {
	key, category string
	label, sub    string
	title, href   string
	tier          tier
	devices       int
	group         bool // stands for several devices
	findings      int
	x, y          float64
	height        float64
	order         float64 // where its neighbours are; used while ordering
}

// edge is a line of the map: what two nodes exchange in one medical protocol, or in
// all others together.
type edge struct {
	a, b                   *node
	class                  string // medical protocol; "other"; "behind"
	others                 []string
	flows, messages, bytes uint64
	clear                  bool
	path                   string
	label                  string
	labelX, labelY, labelW float64
	ay, by                 float64 // where it leaves its nodes
}

// netmap is the map laid out.
type netmap struct {
	width, height float64
	columns       []column
	captions      []caption
	nodes         []*node
	edges         []*edge
	table         []*edge // by how much they carry
	grouped       bool
	undrawnEdges  int
	silent        int // links to addresses that never answered
	clear, behind bool
	protocols     []string // medical ones drawn
	other         bool
}

type column struct {
	title string
	x     float64
	nodes []*node
}

// caption names the category of the nodes under it.
type caption struct {
	text string
	x, y float64
}

// layout makes the map: a column for each tier, categories together, each node near
// its neighbours. It depends on the report alone.
func (p *page) layout() *netmap {
	m := &netmap{}
	byEnd := m.gather(p)
	m.connect(p, byEnd)
	m.columnise()
	m.arrange()
	m.place()
	m.route()
	m.letter()
	return m
}

// gather makes the nodes, grouping categories until there are few enough.
func (m *netmap) gather(p *page) map[string]*node {
	perCategory := map[string]int{}
	for i := range p.Devices {
		perCategory[groupKey(&p.Devices[i])]++
	}
	limit := 1 << 30
	for _, try := range [...]int{1 << 30, 24, 12, 6, 3, 1} {
		n := 0
		for _, size := range perCategory {
			if size > try {
				size = 1
			}
			n += size
		}
		limit = try
		if n <= mapNodes {
			break
		}
	}
	byEnd, groups := map[string]*node{}, map[string]*node{}
	for i := range p.Devices {
		d := &p.Devices[i]
		k := groupKey(d)
		if perCategory[k] > limit {
			g := groups[k]
			if g == nil {
				g = &node{key: "group " + k, category: d.Category, label: cmp.Or(d.Category, "not identified"), tier: tierOf(d.Category), group: true}
				groups[k] = g
				m.nodes = append(m.nodes, g)
				m.grouped = true
			}
			g.devices++
			g.findings += len(p.about[d.ID])
			byEnd[d.ID] = g
			continue
		}
		n := &node{key: d.ID, category: d.Category, label: p.labels[d.ID], sub: limited(either(d.IPs, d.MACs), 1), href: p.href(d.ID),
			tier: tierOf(d.Category), devices: 1, findings: len(p.about[d.ID])}
		if d.Behind != "" {
			n.sub = cmp.Or(n.sub, "behind "+p.name(d.Behind))
		}
		n.title = fmt.Sprintf("%s, %s, %s, identity %d %% sure", n.label, cmp.Or(d.Category, "not identified"), cmp.Or(n.sub, "no address of its own"), d.Confidence)
		if n.findings > 0 {
			n.title += ", " + plural(uint64(n.findings), "finding", "findings")
		}
		byEnd[d.ID] = n
		m.nodes = append(m.nodes, n)
	}
	for k, g := range groups {
		g.sub = plural(uint64(g.devices), "device", "devices")
		if _, zone, ok := strings.Cut(k, "\x00"); ok && zone != "" {
			g.sub += " in " + zone
		}
		g.title = g.label + ": " + g.sub
	}
	return byEnd
}

func groupKey(d *ward.Device) string { return d.Category + "\x00" + d.Zone }

// connect joins links into edges.
func (m *netmap) connect(p *page, byEnd map[string]*node) {
	type key struct{ a, b, class string }
	edges := map[key]*edge{}
	get := func(a, b *node, class string) *edge {
		k := key{a.key, b.key, class}
		if back, ok := edges[key{b.key, a.key, class}]; ok {
			return back
		}
		if edges[k] == nil {
			edges[k] = &edge{a: a, b: b, class: class}
		}
		return edges[k]
	}
	var far *node
	end := func(name string) *node {
		if n := byEnd[name]; n != nil {
			return n
		}
		if !strings.HasPrefix(name, "external ") {
			return nil
		}
		if far == nil {
			far = &node{key: outside, category: outside, label: "Outside", tier: unknown, group: true}
			m.nodes = append(m.nodes, far)
		}
		if byEnd[name] == nil {
			byEnd[name] = far
			far.devices++
		}
		return far
	}
	for i := range p.Links {
		l := &p.Links[i]
		a, b := end(l.A), end(l.B)
		if a == nil || b == nil {
			m.silent++
			continue
		}
		if a == b {
			continue // inside a group
		}
		class := "other"
		if slices.Contains(p.Medical, l.Protocol) {
			class = l.Protocol
		}
		get(a, b, class).add(l)
	}
	for i := range p.Devices {
		d := &p.Devices[i]
		a, b := byEnd[d.ID], byEnd[d.Behind]
		if d.Behind != "" && b != nil && a != b {
			get(a, b, "behind").flows++
		}
	}
	if far != nil {
		far.sub = plural(uint64(far.devices), "public address", "public addresses")
		far.title = "Outside: " + far.sub
	}
	m.keep(p, slices.Collect(maps.Values(edges)))
}

func (e *edge) add(l *device.Link) {
	e.flows += l.Flows
	e.messages += l.Messages
	e.bytes += l.Bytes
	e.clear = e.clear || l.Clear
	if e.class == "other" && !slices.Contains(e.others, l.Protocol) {
		e.others = append(e.others, l.Protocol)
	}
}

// weight orders the edges by what must not be left out.
func (e *edge) weight() int {
	switch {
	case e.clear:
		return 0
	case e.class == "behind":
		return 1
	case e.class != "other":
		return 2
	}
	return 3
}

// keep sorts the edges and leaves out the least busy of those that weigh least.
func (m *netmap) keep(p *page, all []*edge) {
	slices.SortFunc(all, func(a, b *edge) int {
		return cmp.Or(cmp.Compare(a.weight(), b.weight()), -cmp.Compare(a.messages, b.messages), -cmp.Compare(a.bytes, b.bytes),
			-cmp.Compare(a.flows, b.flows), cmp.Compare(a.class, b.class), cmp.Compare(a.a.key, b.a.key), cmp.Compare(a.b.key, b.b.key))
	})
	for _, e := range all {
		slices.Sort(e.others)
		if e.class != "behind" {
			m.table = append(m.table, e)
		}
	}
	if n := len(all) - mapEdges; n > 0 {
		all, m.undrawnEdges = all[:mapEdges], n
	}
	m.edges = all
	for _, e := range all {
		m.clear = m.clear || e.clear
		switch e.class {
		case "behind":
			m.behind = true
		case "other":
			m.other = true
		default:
			if !slices.Contains(m.protocols, e.class) {
				m.protocols = append(m.protocols, e.class)
			}
		}
	}
	slices.SortFunc(m.protocols, func(a, b string) int { return cmp.Compare(p.medicalRank(a), p.medicalRank(b)) })
}

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

// room is how many characters fit beside the number of findings.
func (n *node) room() int {
	if n.findings > 0 {
		return 20
	}
	return 30
}

// thick grows slowly with the number of messages.
func (e *edge) thick() string {
	if e.class == "other" || e.class == "behind" {
		return "1"
	}
	w := 1.5
	for n := e.messages; n >= 10; n /= 10 {
		w += 0.8
	}
	return px(min(w, 6))
}

func (e *edge) lineClass() string {
	s := "e p-" + classOf(e.class)
	if e.clear {
		s += " clear"
	}
	return s
}

// classOf is the style of a protocol's colour.
func classOf(protocol string) string {
	switch protocol {
	case "dicom", "hl7", "dicomweb", "fhir", "other", "behind":
		return protocol
	}
	return "medical"
}

// carries names the protocols of a line.
func (e *edge) carries() string {
	if e.class != "other" {
		return protocolName(e.class)
	}
	names := make([]string, len(e.others))
	for i, o := range e.others {
		names[i] = protocolName(o)
	}
	return limited(names, 6)
}

func (e *edge) title() string {
	if e.class == "behind" {
		return e.a.label + " is behind " + e.b.label
	}
	s := fmt.Sprintf("%s → %s: %s, %s, %s", e.a.label, e.b.label, e.carries(), plural(e.flows, "conversation", "conversations"), plural(e.messages, "message", "messages"))
	if e.clear {
		s += ", patient data in the clear"
	}
	return s
}

func px(f float64) string { return strconv.FormatFloat(float64(int64(f*10+0.5))/10, 'f', -1, 64) }

func abs(f float64) float64 {
	if f < 0 {
		return -f
	}
	return f
}
