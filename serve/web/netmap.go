package web

import (
	"cmp"
	"fmt"
	"maps"
	"slices"
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
