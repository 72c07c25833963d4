package run

import (
	"cmp"
	"fmt"
	"io"
	"maps"
	"slices"
	"strconv"
	"strings"
	"text/tabwriter"
	"time"

	"github.com/dustin/go-humanize"

	"wardkeeper/ward"
)

// rows shown of each table in the summary on a terminal; the rest is named by count.
const (
	shownDevices = 60
	shownLinks   = 40
	shownOfRule  = 6 // findings of one rule
	shownAnomaly = 30
	shownOther   = 12
)

// printer writes the summary. Errors of the writer surface at the end.
type printer struct {
	w   io.Writer
	err error
}

func (p *printer) line(format string, args ...any) {
	if _, err := fmt.Fprintf(p.w, format+"\n", args...); err != nil && p.err == nil {
		p.err = err
	}
}

func (p *printer) head(title string, n int) {
	p.line("\n%s (%d)", title, n)
}

// table writes aligned rows, at most limit of them.
func (p *printer) table(limit int, header []string, rows [][]string, more string) {
	tw := tabwriter.NewWriter(p.w, 2, 8, 2, ' ', 0)
	all := append([][]string{header}, rows[:min(len(rows), limit)]...)
	for _, r := range all {
		if _, err := fmt.Fprintln(tw, "  "+strings.Join(r, "\t")); err != nil && p.err == nil {
			p.err = err
		}
	}
	if err := tw.Flush(); err != nil && p.err == nil {
		p.err = err
	}
	if len(rows) > limit {
		p.line("  … and %d more; %s", len(rows)-limit, more)
	}
}

// WriteText writes the summary for people.
func (r *Result) WriteText(w io.Writer) error {
	p := &printer{w: w}
	s := r.Summary
	span := time.Duration(s.Seconds * float64(time.Second)).Round(time.Millisecond)
	p.line("%s packets, %s in %s of traffic, %s conversations, %d devices", humanize.Comma(int64(s.Packets)), humanize.Bytes(s.Bytes), span,
		humanize.Comma(int64(s.Flows)), s.Devices)
	if r.Stats.First != 0 {
		p.line("from %s to %s", r.Stats.First, r.Stats.Last)
	}
	r.devices(p)
	r.conversations(p)
	r.findings(p)
	r.coverage(p)
	r.anomalies(p)
	p.line("")
	p.line("No discrepancy listed here means that none was seen, not that there is none.")
	return p.err
}

func (r *Result) devices(p *printer) {
	p.head("DEVICES", len(r.Devices))
	var rows [][]string
	for i := range r.Devices {
		d := &r.Devices[i]
		rows = append(rows, []string{short(d.ID), or(d.Category), or(product(d)), or(softwareOf(d)), or(addressesOf(d)), or(namesOf(d)), strconv.Itoa(d.Confidence) + " %"})
	}
	if len(rows) > 0 {
		p.table(shownDevices, []string{"ID", "CATEGORY", "MAKER AND MODEL", "SOFTWARE", "ADDRESS", "NAMES", "SURE"}, rows, "all of them with --json, --html or --db")
	}
}

// product is maker and model, without the maker twice.
func product(d *ward.Device) string {
	if len(d.Model) >= len(d.Maker) && strings.EqualFold(d.Model[:len(d.Maker)], d.Maker) {
		return d.Model
	}
	return strings.TrimSpace(d.Maker + " " + d.Model)
}

func or(s string) string { return cmp.Or(s, "–") }

func short(id string) string { return id[:min(len(id), 10)] }

func softwareOf(d *ward.Device) string {
	var parts []string
	if d.OS != "" {
		parts = append(parts, d.OS)
	}
	for _, s := range d.Software {
		parts = append(parts, strings.TrimSpace(s.Name+" "+s.Version))
	}
	return limited(parts, 2)
}

func addressesOf(d *ward.Device) string {
	if len(d.IPs) > 0 {
		return limited(d.IPs, 1)
	}
	return limited(d.MACs, 1)
}

func namesOf(d *ward.Device) string {
	return limited(slices.Concat(d.AEs, d.Applications, d.Hostnames), 2)
}

// limited joins the first n and says how many more there are.
func limited(all []string, n int) string {
	if len(all) <= n {
		return strings.Join(all, ", ")
	}
	return strings.Join(all[:n], ", ") + fmt.Sprintf(" +%d", len(all)-n)
}

func (r *Result) conversations(p *printer) {
	names := map[string]string{}
	for i := range r.Devices {
		names[r.Devices[i].ID] = deviceName(&r.Devices[i])
	}
	for _, proto := range medical {
		count := r.Summary.Protocols[proto]
		if count == nil {
			continue
		}
		p.line("\nCONVERSATIONS: %s (%s)", strings.ToUpper(proto), verbs(count))
		var rows [][]string
		for _, l := range r.Links {
			if l.Protocol == proto {
				rows = append(rows, []string{cmp.Or(names[l.A], l.A), "→ " + cmp.Or(names[l.B], l.B), plural(l.Flows, "conversation"),
					plural(l.Messages, "message"), humanize.Bytes(l.Bytes), clearMark(l.Clear)})
			}
		}
		if len(rows) > 0 {
			p.table(shownLinks, []string{"FROM", "TO", "", "", "", ""}, rows, "all of them with --json or --html")
		}
	}
	var other []string
	for _, name := range slices.Sorted(maps.Keys(r.Summary.Protocols)) {
		if c := r.Summary.Protocols[name]; !slices.Contains(medical, name) && name != "" {
			other = append(other, fmt.Sprintf("%s %d", name, max(c.Flows, messages(c))))
		}
	}
	if len(other) > 0 {
		p.line("\nOTHER PROTOCOLS\n  %s", strings.Join(other, ", "))
	}
}

func plural(n uint64, what string) string {
	if n != 1 {
		what += "s"
	}
	return humanize.Comma(int64(n)) + " " + what
}

func clearMark(c bool) string {
	if c {
		return "patient data in the clear"
	}
	return ""
}

func deviceName(d *ward.Device) string {
	name := cmp.Or(product(d), limited(d.AEs, 1), limited(d.Applications, 1), limited(d.Hostnames, 1))
	return strings.TrimSpace(name + " " + addressesOf(d))
}

func messages(c *ward.ProtocolCount) (n uint64) {
	for _, v := range c.Messages {
		n += v
	}
	return n
}

// verbs lists the most frequent verbs with their counts.
func verbs(c *ward.ProtocolCount) string {
	keys := slices.SortedFunc(maps.Keys(c.Messages), func(a, b string) int {
		return cmp.Or(-cmp.Compare(c.Messages[a], c.Messages[b]), cmp.Compare(a, b))
	})
	var out []string
	for _, k := range keys[:min(len(keys), shownOther)] {
		out = append(out, fmt.Sprintf("%s %s", k, humanize.Comma(int64(c.Messages[k]))))
	}
	if len(keys) > shownOther {
		out = append(out, fmt.Sprintf("%d more kinds", len(keys)-shownOther))
	}
	return strings.Join(out, ", ")
}

// findings shows the first of each rule: a hundred of one kind must not hide
// another kind.
func (r *Result) findings(p *printer) {
	p.head("FINDINGS", len(r.Findings))
	total, shown := map[string]int{}, map[string]int{}
	for i := range r.Findings {
		total[r.Findings[i].Rule]++
	}
	var rows [][]string
	for i := range r.Findings {
		f := &r.Findings[i]
		if shown[f.Rule]++; shown[f.Rule] > shownOfRule {
			continue
		}
		where := ""
		if len(f.Evidence) > 0 {
			where = fmt.Sprintf("%s packet %d", f.Evidence[0].Capture, f.Evidence[0].Packet)
		}
		rows = append(rows, []string{string(f.Severity), f.Rule, f.Title, "×" + humanize.Comma(int64(f.Count)), where})
		if n := total[f.Rule]; shown[f.Rule] == shownOfRule && n > shownOfRule {
			rows = append(rows, []string{"", "", fmt.Sprintf("… and %d more of %s", n-shownOfRule, f.Rule), "", ""})
		}
	}
	if len(rows) > 0 {
		p.table(len(rows), []string{"SEVERITY", "RULE", "WHAT", "COUNT", "FIRST EVIDENCE"}, rows, "")
	}
}

func (r *Result) coverage(p *printer) {
	p.head("COVERAGE: what this capture does not show", len(r.Coverage))
	for _, c := range r.Coverage {
		remedy := ""
		if c.Remedy != "" {
			remedy = " — to see more: " + c.Remedy
		}
		p.line("  %s %s%s", humanize.Comma(int64(c.Count)), c.What, remedy)
	}
	for _, n := range r.Stats.Notes {
		p.line("  note: %s", n)
	}
	for _, o := range r.Stats.Offsets {
		p.line("  clocks: %s runs %s ahead of %s (%d packets seen by both, %s to %s)", o.B, o.Mean(), o.A, o.Packets, o.Min, o.Max)
	}
	if n := r.Stats.Copies; n > 0 {
		p.line("  %s mirror copies of packets were recognised and counted once", humanize.Comma(int64(n)))
	}
	if len(r.Summary.NotUnderstood) > 0 {
		p.line("  not understood: %s", strings.Join(topReasons(r.Summary.NotUnderstood, shownOther), ", "))
	}
	for _, k := range slices.Sorted(maps.Keys(r.Summary.LimitsHit)) {
		p.line("  limit reached: %s, %s times", k, humanize.Comma(int64(r.Summary.LimitsHit[k])))
	}
}

func (r *Result) anomalies(p *printer) {
	p.head("ANOMALIES", len(r.Anomalies))
	var rows [][]string
	for _, a := range r.Anomalies {
		rows = append(rows, []string{a.Code, "×" + humanize.Comma(int64(a.Count)), or(a.Src), fmt.Sprintf("%s packet %d", a.Capture, a.Packet), a.Detail})
	}
	if len(rows) > 0 {
		p.table(shownAnomaly, []string{"WHAT", "COUNT", "FIRST FROM", "FIRST SEEN", "DETAIL"}, rows, "all of them with --json")
	}
}
