package web

import (
	"cmp"
	"slices"
	"strconv"
	"strings"

	"wardkeeper/know/device"
	"wardkeeper/ward"
)

// deviceRow is a device in the table.
type deviceRow struct {
	*ward.Device
	Label    string
	Opens    bool // its details are in the report
	Findings int
	Peers    []*device.Link
	AllPeers int
	Anchor   string
}

// deviceRows chooses the devices shown, and of these the ones that open: first those
// that findings are about.
func (p *page) deviceRows() []deviceRow {
	rows := make([]deviceRow, 0, min(len(p.Devices), shownDevices))
	for i := range p.Devices[:min(len(p.Devices), shownDevices)] {
		d := &p.Devices[i]
		rows = append(rows, deviceRow{Device: d, Label: p.labels[d.ID], Findings: len(p.about[d.ID])})
	}
	left := shownDetails
	for _, concerned := range [...]bool{true, false} {
		for i := range rows {
			r := &rows[i]
			if left > 0 && (r.Findings > 0) == concerned {
				r.Opens = true
				r.Anchor = "d" + strconv.Itoa(i+1)
				p.anchors[r.ID] = "#" + r.Anchor
				r.Peers = slices.Clone(p.peers[r.ID])
				r.AllPeers = len(r.Peers)
				slices.SortStableFunc(r.Peers, func(a, b *device.Link) int { return p.compareLinks(a, b) })
				r.Peers = r.Peers[:min(len(r.Peers), shownPeers)]
				left--
			}
		}
	}
	return rows
}

// compareLinks puts medical protocols first, then the busiest.
func (p *page) compareLinks(a, b *device.Link) int {
	return cmp.Or(cmp.Compare(p.medicalRank(a.Protocol), p.medicalRank(b.Protocol)), -cmp.Compare(a.Messages, b.Messages),
		-cmp.Compare(a.Bytes, b.Bytes), cmp.Compare(a.Protocol, b.Protocol), cmp.Compare(a.A, b.A), cmp.Compare(a.B, b.B))
}

func (p *page) medicalRank(protocol string) int {
	if i := slices.Index(p.Medical, protocol); i >= 0 {
		return i
	}
	return len(p.Medical)
}

func (p *page) details() (n int) {
	for i := range p.rows {
		if p.rows[i].Opens {
			n++
		}
	}
	return n
}

func (r *deviceRow) software() string {
	var parts []string
	if r.OS != "" {
		parts = append(parts, r.OS)
	}
	for _, s := range r.Software {
		parts = append(parts, strings.TrimSpace(s.Name+" "+s.Version))
	}
	return limited(parts, 2)
}

func (r *deviceRow) address() string { return limited(either(r.IPs, r.MACs), 1) }

// either returns a, or b where a is empty.
func either(a, b []string) []string {
	if len(a) > 0 {
		return a
	}
	return b
}

func (r *deviceRow) ownNames() string {
	return limited(slices.Concat(r.AEs, r.Applications, r.Hostnames), 3)
}

// field is a line of a device's identity.
type field struct{ Name, Value string }

const shownValues = 30 // of one field

func (p *page) identity(r *deviceRow) []field {
	var software []string
	for _, s := range r.Software {
		software = append(software, strings.TrimSpace(s.Name+" "+s.Version))
	}
	all := []field{{"Category", r.Category}, {"Maker", r.Maker}, {"Model", r.Model}, {"Serial number", r.Serial}, {"Operating system", r.OS},
		{"Software", limited(software, shownValues)}, {"IP addresses", limited(r.IPs, shownValues)}, {"Hardware addresses", limited(r.MACs, shownValues)},
		{"Host names", limited(r.Hostnames, shownValues)}, {"DICOM AE titles", limited(r.AEs, shownValues)}, {"HL7 applications", limited(r.Applications, shownValues)},
		{"Protocols", limited(r.Protocols, shownValues)}, {"Services offered", limited(r.Services, shownValues)}, {"Zone", r.Zone}, {"Department", r.Department},
		{"Location", r.Location}, {"First seen", utc(r.FirstSeen)}, {"Last seen", utc(r.LastSeen)}, {"Identity sure", percent(r.Confidence)}, {"Id", r.ID}}
	return slices.DeleteFunc(all, func(f field) bool { return f.Value == "" })
}

func (r *deviceRow) summary() string {
	parts := []string{plural(uint64(len(r.Evidence)), "piece of evidence", "pieces of evidence"), plural(uint64(r.AllPeers), "connection", "connections")}
	if n := len(r.Contradictions); n > 0 {
		parts = append(parts, "sources disagree on "+strings.Join(r.Contradictions, ", "))
	}
	return strings.Join(parts, " · ")
}

// strongest chooses the evidence shown: for each value its best, contradictions,
// then the rest, in the order of fields.
func (r *deviceRow) strongest() []ward.Evidence {
	if len(r.Evidence) <= shownEvidence {
		return r.Evidence
	}
	type value struct{ field, value string }
	seen := map[value]bool{}
	var first, rest, out []int
	for i, e := range r.Evidence {
		v := value{e.Field, e.Value}
		if e.Contradicts || !seen[v] {
			first = append(first, i)
		} else {
			rest = append(rest, i)
		}
		seen[v] = true
	}
	out = append(first, rest...)[:shownEvidence]
	slices.Sort(out)
	shown := make([]ward.Evidence, len(out))
	for i, at := range out {
		shown[i] = r.Evidence[at]
	}
	return shown
}

func opener(l *device.Link, id string) string {
	if l.A == id {
		return "this device"
	}
	return "the other"
}

// other is the far end of a link.
func other(l *device.Link, id string) string {
	if l.A == id {
		return l.B
	}
	return l.A
}
