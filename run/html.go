package run

import (
	"bufio"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"os"
	"path/filepath"

	"wardkeeper/serve/web"
)

// writeHTML writes the report into the file; "" is none.
func (r *Result) writeHTML(path string) error {
	if path == "" {
		return nil
	}
	report := r.report()
	err := writeWhole(path, func(w io.Writer) error { return report.Render(context.Background(), w) })
	if err != nil {
		return fmt.Errorf("the report %s could not be written: %w", path, err)
	}
	return nil
}

// report is the result as the web pages take it.
func (r *Result) report() *web.Report {
	out := &web.Report{Inputs: r.Inputs, Version: BuildInfo(), Summary: r.Summary, First: r.Stats.First, Last: r.Stats.Last,
		Devices: r.Devices, Links: r.Links, Findings: r.Findings, Notes: r.Stats.Notes, Copies: r.Stats.Copies, Medical: medical}
	for _, c := range r.Coverage {
		out.Gaps = append(out.Gaps, web.Gap{Count: c.Count, What: c.What, Remedy: c.Remedy})
	}
	for _, a := range r.Anomalies {
		out.Anomalies = append(out.Anomalies, web.Anomaly{Code: a.Code, Detail: a.Detail, Count: a.Count, From: a.Src, Capture: a.Capture, Packet: a.Packet})
	}
	for _, o := range r.Stats.Offsets {
		out.Clocks = append(out.Clocks, fmt.Sprintf("The clock of %s runs %s ahead of that of %s (%d packets seen by both, %s to %s).", o.B, o.Mean(), o.A, o.Packets, o.Min, o.Max))
	}
	return out
}

// writeWhole replaces the file with what write writes, all of it or nothing. Only its
// owner can read it.
func writeWhole(path string, write func(io.Writer) error) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		return errors.New("it exists and is not a file")
	}
	dir := filepath.Dir(path)
	f, err := os.CreateTemp(dir, ".wardkeeper-*") // mode 0600
	if err != nil {
		if _, gone := os.Stat(dir); errors.Is(gone, fs.ErrNotExist) {
			return fmt.Errorf("there is no directory %s", dir)
		}
		return reason(err)
	}
	if err := errors.Join(fill(f, write), f.Close()); err != nil {
		return errors.Join(reason(err), os.Remove(f.Name()))
	}
	if err := os.Rename(f.Name(), path); err != nil {
		return errors.Join(reason(err), os.Remove(f.Name()))
	}
	return nil
}

func fill(f *os.File, write func(io.Writer) error) error {
	b := bufio.NewWriterSize(f, 1<<16)
	if err := write(b); err != nil {
		return err
	}
	if err := b.Flush(); err != nil {
		return err
	}
	return f.Sync()
}

// reason leaves the temporary file's name out of an error.
func reason(err error) error {
	if e, ok := errors.AsType[*fs.PathError](err); ok {
		return e.Err
	}
	if e, ok := errors.AsType[*os.LinkError](err); ok {
		return e.Err
	}
	return err
}
