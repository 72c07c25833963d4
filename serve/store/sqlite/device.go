package sqlite

import (
	"cmp"
	"context"
	"database/sql"
	"encoding/json"
	"errors"
	"fmt"
	"slices"
	"strings"

	"wardkeeper/format/frame"
	"wardkeeper/ward"
)

// maxKeptEvidence is how much evidence a device keeps over several runs.
const maxKeptEvidence = 256

// putDevice stores a device, joined with what earlier runs knew of it.
func putDevice(ctx context.Context, tx *sql.Tx, d *ward.Device) error {
	var old string
	err := tx.QueryRowContext(ctx, "SELECT json FROM devices WHERE id = ?", d.ID).Scan(&old)
	joined := *d
	switch {
	case err == nil:
		var before ward.Device
		if err := json.Unmarshal([]byte(old), &before); err != nil {
			return fmt.Errorf("device %s: %w", d.ID, err)
		}
		joined = join(before, *d)
	case !errors.Is(err, sql.ErrNoRows):
		return err
	}
	text, err := json.Marshal(joined)
	if err != nil {
		return err
	}
	_, err = tx.ExecContext(ctx, `INSERT OR REPLACE INTO devices(id, category, maker, model, zone, department, first_seen, last_seen, confidence, search, json)
		VALUES (?,?,?,?,?,?,?,?,?,?,?)`, joined.ID, joined.Category, joined.Maker, joined.Model, joined.Zone, joined.Department,
		joined.FirstSeen, joined.LastSeen, joined.Confidence, searchText(&joined), string(text))
	return err
}

// join puts two sights of one device together. The later one's conclusions stand
// unless the earlier was surer.
func join(a, b ward.Device) ward.Device {
	if a.Confidence > b.Confidence {
		a, b = b, a
	}
	out := b
	out.Category = cmp.Or(b.Category, a.Category)
	out.Maker = cmp.Or(b.Maker, a.Maker)
	out.Model = cmp.Or(b.Model, a.Model)
	out.Serial = cmp.Or(b.Serial, a.Serial)
	out.OS = cmp.Or(b.OS, a.OS)
	out.Department = cmp.Or(b.Department, a.Department)
	out.Location = cmp.Or(b.Location, a.Location)
	out.FirstSeen = min(a.FirstSeen, b.FirstSeen)
	out.LastSeen = max(a.LastSeen, b.LastSeen)
	for _, l := range [...]struct{ to, more *[]string }{{&out.Hostnames, &a.Hostnames}, {&out.MACs, &a.MACs}, {&out.IPs, &a.IPs}, {&out.AEs, &a.AEs},
		{&out.Applications, &a.Applications}, {&out.Protocols, &a.Protocols}, {&out.Services, &a.Services}, {&out.Contradictions, &a.Contradictions}} {
		all := append(slices.Clone(*l.to), *l.more...)
		slices.Sort(all)
		*l.to = slices.Compact(all)
	}
	for _, s := range a.Software {
		if !slices.Contains(out.Software, s) {
			out.Software = append(slices.Clone(out.Software), s)
		}
	}
	for _, e := range a.Evidence {
		if len(out.Evidence) < maxKeptEvidence && !slices.Contains(out.Evidence, e) {
			out.Evidence = append(slices.Clone(out.Evidence), e)
		}
	}
	return out
}

func searchText(d *ward.Device) string {
	parts := []string{d.ID, d.Category, d.Maker, d.Model, d.Serial, d.OS, d.Department, d.Location}
	for _, s := range d.Software {
		parts = append(parts, s.Name+" "+s.Version)
	}
	for _, l := range [][]string{d.Hostnames, d.MACs, d.IPs, d.AEs, d.Applications, d.Protocols, d.Services} {
		parts = append(parts, l...)
	}
	return strings.ToLower(strings.Join(parts, "\n"))
}

// Filter chooses devices. Empty fields choose all; text matches without case.
type Filter struct {
	Category, Maker, Model, Zone string
	Protocol                     string // spoken
	Text                         string // anywhere in names, addresses, software
	MinConfidence                int
}

// Devices returns the devices that match, by category, maker, model and id.
func (s *Store) Devices(ctx context.Context, f Filter) ([]ward.Device, error) {
	where, args := []string{"confidence >= ?"}, []any{f.MinConfidence}
	for _, c := range [...]struct{ column, value string }{{"category", f.Category}, {"maker", f.Maker}, {"model", f.Model}, {"zone", f.Zone}} {
		if c.value != "" {
			where = append(where, c.column+" = ? COLLATE NOCASE")
			args = append(args, c.value)
		}
	}
	for _, text := range [...]string{f.Text, f.Protocol} {
		if text != "" {
			where = append(where, "instr(search, ?) > 0")
			args = append(args, strings.ToLower(text))
		}
	}
	rows, err := s.db.QueryContext(ctx, "SELECT json FROM devices WHERE "+strings.Join(where, " AND ")+" ORDER BY category = '', category, maker, model, id", args...)
	if err != nil {
		return nil, s.fail(err)
	}
	defer rows.Close()
	var out []ward.Device
	for rows.Next() {
		var text string
		var d ward.Device
		if err := rows.Scan(&text); err != nil {
			return nil, s.fail(err)
		}
		if err := json.Unmarshal([]byte(text), &d); err != nil {
			return nil, s.fail(err)
		}
		if f.Protocol == "" || slices.Contains(d.Protocols, strings.ToLower(f.Protocol)) {
			out = append(out, d)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, s.fail(err)
	}
	return out, nil
}

// ErrNoDevice is returned when no device, or more than one, matches a name.
var ErrNoDevice = errors.New("no such device")

// Device finds one device by id, a unique beginning of it, or an address.
func (s *Store) Device(ctx context.Context, name string) (ward.Device, error) {
	all, err := s.Devices(ctx, Filter{})
	if err != nil {
		return ward.Device{}, err
	}
	var found []ward.Device
	for _, d := range all {
		if d.ID == name {
			return d, nil
		}
		if name != "" && strings.HasPrefix(d.ID, name) || slices.Contains(d.IPs, name) || slices.Contains(d.MACs, strings.ToLower(name)) {
			found = append(found, d)
		}
	}
	switch len(found) {
	case 0:
		return ward.Device{}, fmt.Errorf("%w: %q is no id, address or hardware address in %s; list them with: wardkeeper devices", ErrNoDevice, name, s.path)
	case 1:
		return found[0], nil
	}
	return ward.Device{}, fmt.Errorf("%w: %q fits %d devices; give more of the id", ErrNoDevice, name, len(found))
}

// Links returns the conversations of a device, or all for "".
func (s *Store) Links(ctx context.Context, device string) ([]Link, error) {
	rows, err := s.db.QueryContext(ctx, `SELECT a, b, protocol, flows, bytes, messages, clear, first_seen, last_seen FROM links
		WHERE ? = '' OR a = ? OR b = ? ORDER BY bytes DESC, a, b, protocol`, device, device, device)
	if err != nil {
		return nil, s.fail(err)
	}
	defer rows.Close()
	var out []Link
	for rows.Next() {
		var l Link
		if err := rows.Scan(&l.A, &l.B, &l.Protocol, &l.Flows, &l.Bytes, &l.Messages, &l.Clear, &l.First, &l.Last); err != nil {
			return nil, s.fail(err)
		}
		out = append(out, l)
	}
	if err := rows.Err(); err != nil {
		return nil, s.fail(err)
	}
	return out, nil
}

// Findings returns the findings that name the device, or all for "".
func (s *Store) Findings(ctx context.Context, device string) ([]ward.Finding, error) {
	rows, err := s.db.QueryContext(ctx, "SELECT json FROM findings ORDER BY first_seen, id")
	if err != nil {
		return nil, s.fail(err)
	}
	defer rows.Close()
	var out []ward.Finding
	for rows.Next() {
		var text string
		var f ward.Finding
		if err := rows.Scan(&text); err != nil {
			return nil, s.fail(err)
		}
		if err := json.Unmarshal([]byte(text), &f); err != nil {
			return nil, s.fail(err)
		}
		if device == "" || slices.Contains(f.Devices, device) {
			out = append(out, f)
		}
	}
	if err := rows.Err(); err != nil {
		return nil, s.fail(err)
	}
	return out, nil
}

// Observations calls f for every observation to or from one of the addresses, in
// order; with no addresses, for all.
func (s *Store) Observations(ctx context.Context, addresses []string, f func(*ward.Observation) error) error {
	query, args := "SELECT data FROM frames ORDER BY id", []any{}
	if len(addresses) > 0 {
		query = "SELECT data FROM frames WHERE id IN (SELECT frame FROM frame_addresses WHERE address IN (?" + strings.Repeat(",?", len(addresses)-1) + ")) ORDER BY id"
		for _, a := range addresses {
			args = append(args, a)
		}
	}
	rows, err := s.db.QueryContext(ctx, query, args...)
	if err != nil {
		return s.fail(err)
	}
	defer rows.Close()
	for rows.Next() {
		var data []byte
		if err := rows.Scan(&data); err != nil {
			return s.fail(err)
		}
		err := frame.Decode(data, func(o *ward.Observation) error {
			if len(addresses) > 0 && !slices.Contains(addresses, o.Src.IP.String()) && !slices.Contains(addresses, o.Dst.IP.String()) {
				return nil
			}
			return f(o)
		})
		if err != nil {
			return err
		}
	}
	if err := rows.Err(); err != nil {
		return s.fail(err)
	}
	return nil
}
