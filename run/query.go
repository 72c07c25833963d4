package run

import (
	"cmp"
	"context"
	"encoding/csv"
	"errors"
	"fmt"
	"io"
	"strconv"
	"strings"

	"github.com/dustin/go-humanize"

	"wardkeeper/serve/store/sqlite"
	"wardkeeper/ward"
)

// QueryOptions say what to list from a database and how.
type QueryOptions struct {
	DB        string
	JSON, CSV bool
	Filter    sqlite.Filter
}

// Devices lists devices.
func Devices(ctx context.Context, o QueryOptions, out io.Writer) (err error) {
	s, err := sqlite.Open(ctx, o.DB)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	all, err := s.Devices(ctx, o.Filter)
	if err != nil {
		return err
	}
	switch {
	case o.JSON:
		return writeJSON(out, all)
	case o.CSV:
		return writeCSV(out, all)
	}
	p := &printer{w: out}
	(&Result{Devices: all}).devices(p)
	return p.err
}

func writeJSON[T any](out io.Writer, all []T) error {
	j := newJSONLines(out)
	for i := range all {
		j.object(&all[i])
	}
	return j.flush()
}

// writeCSV writes one line a device. A text that a spreadsheet would take for a
// formula is quoted with an apostrophe.
func writeCSV(out io.Writer, all []ward.Device) error {
	w := csv.NewWriter(out)
	rows := [][]string{{"id", "category", "maker", "model", "serial", "software", "os", "hostnames", "macs", "ips", "aes", "applications", "protocols",
		"services", "zone", "department", "location", "first_seen", "last_seen", "confidence"}}
	for i := range all {
		d := &all[i]
		var software []string
		for _, s := range d.Software {
			software = append(software, strings.TrimSpace(s.Name+" "+s.Version))
		}
		row := []string{d.ID, d.Category, d.Maker, d.Model, d.Serial}
		for _, l := range [][]string{software, {d.OS}, d.Hostnames, d.MACs, d.IPs, d.AEs, d.Applications, d.Protocols, d.Services} {
			row = append(row, strings.Join(l, "; "))
		}
		row = append(row, d.Zone, d.Department, d.Location, d.FirstSeen, d.LastSeen, strconv.Itoa(d.Confidence))
		for j, cell := range row {
			if cell != "" && strings.ContainsRune("=+-@\t\r", rune(cell[0])) {
				row[j] = "'" + cell
			}
		}
		rows = append(rows, row)
	}
	if err := w.WriteAll(rows); err != nil {
		return fmt.Errorf("writing CSV: %w", err)
	}
	return nil
}

// deviceView is what `device --json` writes after the device itself.
type linkView struct {
	Kind     string `json:"kind"` // "link"
	Peer     string `json:"peer"`
	Protocol string `json:"protocol"`
	Flows    uint64 `json:"flows"`
	Messages uint64 `json:"messages"`
	Bytes    uint64 `json:"bytes"`
	Clear    bool   `json:"clear,omitempty"`
	First    string `json:"first_seen"`
	Last     string `json:"last_seen"`
}

// Device shows one device: identity with evidence, conversations, findings.
func Device(ctx context.Context, o QueryOptions, name string, out io.Writer) (err error) {
	s, err := sqlite.Open(ctx, o.DB)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, s.Close()) }()
	d, err := s.Device(ctx, name)
	if err != nil {
		return err
	}
	links, err := s.Links(ctx, d.ID)
	if err != nil {
		return err
	}
	findings, err := s.Findings(ctx, d.ID)
	if err != nil {
		return err
	}
	views := make([]linkView, len(links))
	for i, l := range links {
		views[i] = linkView{"link", cmp.Or(peerOf(l, d.ID), "–"), l.Protocol, l.Flows, l.Messages, l.Bytes, l.Clear, l.First, l.Last}
	}
	switch {
	case o.CSV:
		return writeCSV(out, []ward.Device{d})
	case o.JSON:
		return errors.Join(writeJSON(out, []ward.Device{d}), writeJSON(out, views), writeJSON(out, findings))
	}
	return writeDevice(out, &d, views, findings)
}

func peerOf(l sqlite.Link, id string) string {
	if l.A == id {
		return l.B
	}
	return l.A
}

func writeDevice(out io.Writer, d *ward.Device, links []linkView, findings []ward.Finding) error {
	p := &printer{w: out}
	p.line("%s  %s (identity %d %% sure)", d.ID, or(strings.TrimSpace(d.Category+"  "+product(d))), d.Confidence)
	for _, f := range [...]struct{ name, value string }{{"serial", d.Serial}, {"software", softwareOf(d)}, {"addresses", strings.Join(d.IPs, ", ")},
		{"hardware", strings.Join(d.MACs, ", ")}, {"names", limited(append(append([]string(nil), d.Hostnames...), d.Applications...), 8)},
		{"AE titles", strings.Join(d.AEs, ", ")}, {"protocols", strings.Join(d.Protocols, ", ")}, {"services", strings.Join(d.Services, ", ")},
		{"zone", d.Zone}, {"department", d.Department}, {"location", d.Location}, {"behind", d.Behind}, {"seen", d.FirstSeen + " to " + d.LastSeen},
		{"sources disagree on", strings.Join(d.Contradictions, ", ")}} {
		if f.value != "" {
			p.line("  %-20s %s", f.name, f.value)
		}
	}
	p.head("EVIDENCE", len(d.Evidence))
	var rows [][]string
	for _, e := range d.Evidence {
		mark := ""
		if e.Contradicts {
			mark = "contradicts"
		}
		rows = append(rows, []string{e.Field, e.Value, e.From, fmt.Sprintf("%s packet %d", e.Capture, e.Packet), strconv.Itoa(e.Confidence) + " %", mark})
	}
	p.table(len(rows), []string{"FIELD", "VALUE", "FROM", "SEEN IN", "SURE", ""}, rows, "")
	p.head("CONVERSATIONS", len(links))
	rows = nil
	for _, l := range links {
		rows = append(rows, []string{l.Protocol, l.Peer, fmt.Sprint(l.Flows), fmt.Sprint(l.Messages), humanize.Bytes(l.Bytes), clearMark(l.Clear)})
	}
	p.table(len(rows), []string{"PROTOCOL", "WITH", "CONVERSATIONS", "MESSAGES", "BYTES", ""}, rows, "")
	(&Result{Findings: findings}).findings(p)
	return p.err
}
