package run

import (
	"context"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"runtime/debug"
	"time"

	"golang.org/x/term"

	"wardkeeper/sense/privacy"
	"wardkeeper/sense/wire/filter"
	"wardkeeper/sense/wire/live"
)

// SensorOptions say what to watch and where the answers go.
type SensorOptions struct {
	Interfaces   []string
	Filter       string
	Ring         string // size of each interface's kernel buffer
	JSON         bool
	DB           string // file; "" for none
	Key          string // file; "" for the user's own
	Zones        []string
	Fingerprints string // folder of the site's own
	Workers      int
	Memory       string // size; "" for the default
}

// Times of a sensor.
const (
	lookEvery   = 2 * time.Second // for new and changed devices
	lookShare   = 20              // looking takes at most one part of so many of the time
	statusEvery = time.Minute
)

// Sensor watches interfaces until ctx ends, telling of devices and findings as they
// appear, and then writes the summary that Read writes. Problems go to notes, and on
// a terminal a status line.
func Sensor(ctx context.Context, o SensorOptions, out, notes io.Writer) (err error) {
	defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	if err := privacy.NoCoreDumps(); err != nil {
		fmt.Fprintf(notes, "wardkeeper: core dumps could not be turned off: %v\n", err)
	}
	src, err := openLive(o)
	if err != nil {
		return err
	}
	defer func() { err = errors.Join(err, src.Close()) }()
	from := ReadOptions{Inputs: o.Interfaces, DB: o.DB, Key: o.Key, Zones: o.Zones, Fingerprints: o.Fingerprints, Workers: o.Workers, Memory: o.Memory}
	engine, options, err := newEngine(from, notes)
	if err != nil {
		return err
	}
	w := newWatcher(newPipeline(options), out, o.JSON)
	keep, err := beginDB(ctx, from)
	if err != nil {
		return err
	}
	var writable []string
	if keep != nil {
		defer func() { err = keep.close(err) }()
		w.pipeline.keep = keep.run.Observe
		writable = append(writable, filepath.Dir(o.DB))
	}
	if err := dropPrivileges(writable...); err != nil {
		return fmt.Errorf("giving up privileges: %w", err)
	}
	src.OnProblem = func(problem error) { fmt.Fprintf(notes, "wardkeeper: %v\n", problem) }
	defer context.AfterFunc(ctx, src.Stop)()
	stop := w.watch(src, notes)
	began := time.Now()
	stats, runErr := engine.Run(context.WithoutCancel(ctx), src, w)
	stop()
	stats.Dropped = src.Dropped()
	r := w.pipeline.result(o.Interfaces, stats, time.Since(began))
	return join(runErr, w.pipeline.finishDB(ctx, keep, r), r.write(o.JSON, w.lines, out))
}

// openLive opens the interfaces.
func openLive(o SensorOptions) (*live.Source, error) {
	ring, err := parseSize(o.Ring)
	if err != nil {
		return nil, fmt.Errorf("--ring: %w", err)
	}
	f, err := parseFilter(o.Filter)
	if err != nil {
		return nil, err
	}
	return live.Open(o.Interfaces, f, int(ring))
}

// parseFilter returns nil for no filter.
func parseFilter(expr string) (*filter.Filter, error) {
	if expr == "" {
		return nil, nil
	}
	return filter.Parse(expr)
}

// isTerminal reports whether w is a terminal.
func isTerminal(w io.Writer) bool {
	f, ok := w.(*os.File)
	return ok && term.IsTerminal(int(f.Fd()))
}
