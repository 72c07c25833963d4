package web

import (
	"cmp"
	"maps"
	"slices"
	"strings"

	"github.com/dustin/go-humanize"

	"wardkeeper/know/device"
	"wardkeeper/ward"
)

// What a report shows of each section at most; the rest is named by count.
const (
	shownInputs     = 12
	shownDevices    = 1000
	shownDetails    = 250 // devices that open
	shownEvidence   = 20  // facts of a device
	shownPeers      = 10  // conversations of a device
	shownCategories = 24
	shownInstances  = 50  // findings of a rule
	shownFindings   = 300 // findings together
	shownLinks      = 60  // conversations of a protocol
	shownProtocols  = 30
	shownVerbs      = 12
	shownOther      = 60 // anomalies, limits, kinds not understood
)

// page is a report made ready to be shown.
type page struct {
	*Report
	policy      string
	labels      map[string]string // of devices, by id
	anchors     map[string]string // of devices that open, by id
	about       map[string][]*ward.Finding
	peers       map[string][]*device.Link
	glance      glance
	groups      []group
	rows        []deviceRow
	netmap      *netmap
	exchanges   []exchange
	traffic     []traffic
	moreTraffic int
}

func newPage(r *Report) *page {
	p := &page{Report: r, policy: policy(), labels: map[string]string{}, anchors: map[string]string{},
		about: map[string][]*ward.Finding{}, peers: map[string][]*device.Link{}}
	for i := range r.Devices {
		p.labels[r.Devices[i].ID] = label(&r.Devices[i])
	}
	for i := range r.Findings {
		for _, id := range r.Findings[i].Devices {
			p.about[id] = append(p.about[id], &r.Findings[i])
		}
	}
	for i := range r.Links {
		l := &r.Links[i]
		p.peers[l.A] = append(p.peers[l.A], l)
		if l.B != l.A {
			p.peers[l.B] = append(p.peers[l.B], l)
		}
	}
	p.groups = groupFindings(r.Findings)
	p.rows = p.deviceRows()
	p.glance = p.atAGlance()
	p.exchanges = p.medicalExchanges()
	p.traffic, p.moreTraffic = p.trafficByProtocol()
	p.netmap = p.layout()
	return p
}

// name returns what to call an end of a link.
func (p *page) name(end string) string { return cmp.Or(p.labels[end], end) }

// href returns where an end of a link is shown, "" if nowhere.
func (p *page) href(end string) string { return p.anchors[end] }

// bar is a row of a bar chart.
type bar struct {
	Label string
	N     uint64
	Class string
}

// share returns n's part of most, of 100, as an SVG length.
func share(n, most uint64) string {
	if most == 0 || n == 0 {
		return "0"
	}
	return px(max(float64(n)/float64(most)*100, 0.5))
}

func most(bars []bar) (n uint64) {
	for _, b := range bars {
		n = max(n, b.N)
	}
	return n
}

// glance is what is said at the top.
type glance struct {
	Devices, Identified, AtPatient, Clinical uint64
	Worst                                    ward.Severity // "" without findings
	Categories                               []bar
	MoreCategories                           int
	Severities                               []bar
	Messages, Clear                          uint64 // of medical protocols
}

var severities = []ward.Severity{ward.Critical, ward.High, ward.Medium, ward.Low, ward.Info}

func (p *page) atAGlance() glance {
	g := glance{Devices: uint64(len(p.Devices))}
	categories := map[string]uint64{}
	for i := range p.Devices {
		c := p.Devices[i].Category
		categories[c]++
		switch tierOf(c) {
		case atPatient:
			g.AtPatient++
		case clinical:
			g.Clinical++
		}
		if c != "" {
			g.Identified++
		}
	}
	for c, n := range categories {
		g.Categories = append(g.Categories, bar{cmp.Or(c, "not identified"), n, "t" + px(float64(tierOf(c)))})
	}
	sortBars(g.Categories)
	if n := len(g.Categories) - shownCategories; n > 0 {
		g.Categories, g.MoreCategories = g.Categories[:shownCategories], n
	}
	slices.SortFunc(g.Categories, func(a, b bar) int {
		return cmp.Or(cmp.Compare(a.Class, b.Class), -cmp.Compare(a.N, b.N), cmp.Compare(a.Label, b.Label))
	})
	bySeverity := map[ward.Severity]uint64{}
	for i := range p.Findings {
		bySeverity[p.Findings[i].Severity]++
	}
	for _, s := range severities {
		g.Severities = append(g.Severities, bar{string(s), bySeverity[s], "s-" + string(s)})
		if g.Worst == "" && bySeverity[s] > 0 {
			g.Worst = s
		}
	}
	for _, l := range p.Links {
		if slices.Contains(p.Medical, l.Protocol) {
			g.Messages += l.Messages
			if l.Clear {
				g.Clear += l.Messages
			}
		}
	}
	return g
}

// clearShare says how much of the medical traffic was readable, never rounding to all or nothing.
func (g *glance) clearShare() string {
	switch {
	case g.Messages == 0:
		return "none seen"
	case g.Clear == 0:
		return "0 %"
	case g.Clear == g.Messages:
		return "100 %"
	}
	n := g.Clear * 100 / g.Messages
	return percent(int(min(max(n, 1), 99)))
}

// exchange is the conversations in a medical protocol.
type exchange struct {
	Protocol string
	Flows    uint64
	Messages uint64
	Verbs    []bar
	More     int // kinds of message not shown
	Links    []*device.Link
	LeftOut  int
}

func (p *page) medicalExchanges() []exchange {
	var out []exchange
	for _, name := range p.Medical {
		count := p.Summary.Protocols[name]
		if count == nil {
			continue
		}
		e := exchange{Protocol: name, Flows: count.Flows}
		for v, n := range count.Messages {
			e.Verbs = append(e.Verbs, bar{Label: v, N: n})
			e.Messages += n
		}
		sortBars(e.Verbs)
		if n := len(e.Verbs) - shownVerbs; n > 0 {
			e.Verbs, e.More = e.Verbs[:shownVerbs], n
		}
		for i := range p.Links {
			if p.Links[i].Protocol == name {
				e.Links = append(e.Links, &p.Links[i])
			}
		}
		slices.SortStableFunc(e.Links, func(a, b *device.Link) int {
			return cmp.Or(-cmp.Compare(a.Messages, b.Messages), cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B))
		})
		if n := len(e.Links) - shownLinks; n > 0 {
			e.Links, e.LeftOut = e.Links[:shownLinks], n
		}
		out = append(out, e)
	}
	return out
}

func sortBars(all []bar) {
	slices.SortFunc(all, func(a, b bar) int { return cmp.Or(-cmp.Compare(a.N, b.N), cmp.Compare(a.Label, b.Label)) })
}

// traffic is what one protocol carried.
type traffic struct {
	Protocol               string
	Flows, Messages, Bytes uint64
}

func (p *page) trafficByProtocol() (out []traffic, more int) {
	all := map[string]*traffic{}
	of := func(name string) *traffic {
		if all[name] == nil {
			all[name] = &traffic{Protocol: name}
		}
		return all[name]
	}
	for name, c := range p.Summary.Protocols {
		t := of(name)
		t.Flows += c.Flows
		for _, n := range c.Messages {
			t.Messages += n
		}
	}
	for _, l := range p.Links {
		t := of(l.Protocol)
		t.Bytes += l.Bytes
		if l.Protocol == "" {
			t.Flows += l.Flows
		}
	}
	for _, k := range slices.Sorted(maps.Keys(all)) {
		out = append(out, *all[k])
	}
	slices.SortStableFunc(out, func(a, b traffic) int {
		return cmp.Or(-cmp.Compare(a.Bytes, b.Bytes), -cmp.Compare(a.Messages, b.Messages), -cmp.Compare(a.Flows, b.Flows))
	})
	if n := len(out) - shownProtocols; n > 0 {
		out, more = out[:shownProtocols], n
	}
	return out, more
}

func mostBytes(all []traffic) (n uint64) {
	for _, t := range all {
		n = max(n, t.Bytes)
	}
	return n
}

// counted turns counts into rows, most frequent first.
func counted(m map[string]uint64) []bar {
	var out []bar
	for k, n := range m {
		out = append(out, bar{Label: k, N: n})
	}
	sortBars(out)
	return out
}

func size(n uint64) string {
	if n == 0 {
		return "–"
	}
	return humanize.Bytes(n)
}

func count(n uint64) string {
	if n == 0 {
		return "–"
	}
	return comma(n)
}

// label is what people call a device.
func label(d *ward.Device) string {
	name := joined(d.Maker, d.Model)
	if d.Model == "" {
		name = joined(cmp.Or(name, d.Category), ownName(d))
	}
	return cmp.Or(name, limited(d.IPs, 1), limited(d.MACs, 1), short(d.ID))
}

// joined puts two names together without saying the same twice.
func joined(a, b string) string {
	first, _, _ := strings.Cut(a, " ")
	if again, _, _ := strings.Cut(b, " "); strings.EqualFold(first, again) {
		return b
	}
	return strings.TrimSpace(a + " " + b)
}

// ownName is the first name that a device goes by.
func ownName(d *ward.Device) string {
	for _, names := range [...][]string{d.AEs, d.Applications, d.Hostnames} {
		if len(names) > 0 {
			return names[0]
		}
	}
	return ""
}

func noun(n uint64, one, many string) string {
	if n == 1 {
		return one
	}
	return many
}

// trafficClass is the colour of a protocol's bar.
func (p *page) trafficClass(protocol string) string {
	if slices.Contains(p.Medical, protocol) {
		return "f-" + classOf(protocol)
	}
	return "f-other"
}
