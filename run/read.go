package run

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"maps"
	"os"
	"runtime/debug"
	"runtime/pprof"
	"slices"
	"time"

	"wardkeeper/know/device"
	"wardkeeper/know/device/fingerprint"
	"wardkeeper/know/device/oui"
	"wardkeeper/sense"
	"wardkeeper/sense/privacy"
	"wardkeeper/sense/protocol"
	"wardkeeper/sense/wire"
	"wardkeeper/sense/wire/capture"
	"wardkeeper/sense/wire/filter"
	"wardkeeper/serve/store/sqlite"
)

// ReadOptions say what to read and where the answers go.
type ReadOptions struct {
	Inputs       []string // files, directories, "-"
	Stdin        io.Reader
	JSON         bool
	HTML, DB     string // files; "" for none
	Key          string // file; "" for the user's own
	Zones        []string
	Fingerprints string // folder of the site's own
	Filter       string
	Workers      int
	Memory       string // size; "" for the default
	CPUProfile   string
}

// ErrNothingRead is returned when no packet could be read from any input.
var ErrNothingRead = errors.New("nothing could be read")

// gcPercent lets the heap grow more between collections than Go's default: state is
// bounded by its own caps, and what is collected is short-lived.
const gcPercent = 100

// Read reads captures to their end and writes what they show to out; problems and
// progress go to notes.
func Read(ctx context.Context, o ReadOptions, out, notes io.Writer) (err error) {
	if o.CPUProfile != "" {
		stop, err := profile(o.CPUProfile)
		if err != nil {
			return err
		}
		defer stop()
	}
	defer debug.SetGCPercent(debug.SetGCPercent(gcPercent))
	if err := privacy.NoCoreDumps(); err != nil {
		fmt.Fprintf(notes, "wardkeeper: core dumps could not be turned off: %v\n", err)
	}
	if o.Stdin == nil {
		o.Stdin = os.Stdin
	}
	wanted, err := parseFilter(o.Filter)
	if err != nil {
		return err
	}
	engine, options, err := newEngine(o, notes)
	if err != nil {
		return err
	}
	src, err := capture.Open(o.Inputs, untilDone(ctx, o.Stdin))
	if err != nil {
		return interrupted(ctx, err)
	}
	defer context.AfterFunc(ctx, func() { _ = src.Close() })() // a pipe may be silent for ever
	p := newPipeline(options)
	var lines *jsonLines
	if o.JSON {
		lines = newJSONLines(out)
		p.also = append(p.also, lines.observe)
	}
	keep, err := beginDB(ctx, o)
	if err != nil {
		return interrupted(ctx, err)
	}
	if keep != nil {
		p.keep = keep.run.Observe
		defer func() { err = keep.close(err) }()
	}
	bar := newProgress(notes, src)
	began := time.Now()
	stats, runErr := engine.Run(ctx, filtered(src, wanted), p)
	elapsed, cut := time.Since(began), interrupted(ctx, nil)
	bar.done()
	for _, problem := range src.Problems() {
		fmt.Fprintf(notes, "wardkeeper: %v\n", problem)
	}
	if !src.Packets() {
		return cmp.Or(runErr, interrupted(ctx, ErrNothingRead))
	}
	r := p.result(o.Inputs, stats, elapsed)
	return join(runErr, p.finishDB(ctx, keep, r), r.writeHTML(o.HTML), r.write(o.JSON, lines, out), cut)
}

// join joins errors, leaving out what is in an earlier one already.
func join(errs ...error) error {
	var all error
	for _, err := range errs {
		if err != nil && !errors.Is(all, err) {
			all = errors.Join(all, err)
		}
	}
	return all
}

func profile(path string) (stop func(), err error) {
	f, err := os.Create(path)
	if err != nil {
		return nil, err
	}
	if err := pprof.StartCPUProfile(f); err != nil {
		return nil, errors.Join(err, f.Close())
	}
	return func() {
		pprof.StopCPUProfile()
		_ = f.Close() // a profile is for developers
	}, nil
}

// filtered passes on what a filter wants; nil wants everything.
func filtered(src wire.Source, f *filter.Filter) wire.Source {
	if f == nil {
		return src
	}
	return filter.Wrap(src, f)
}

// newEngine wires analyzers, privacy and fingerprints together.
func newEngine(o ReadOptions, notes io.Writer) (*wire.Engine, device.Options, error) {
	options := device.Options{}
	zones, err := parseZones(o.Zones)
	if err != nil {
		return nil, options, err
	}
	memory := int64(wire.DefaultMemory)
	if o.Memory != "" {
		if memory, err = parseSize(o.Memory); err != nil {
			return nil, options, err
		}
	}
	go func() { _, _ = oui.Embedded() }() // unpacked while fingerprints load; its error shows where it is used
	var own []fs.FS
	if o.Fingerprints != "" {
		own = append(own, os.DirFS(o.Fingerprints))
	}
	if options.Fingerprints, err = fingerprint.Load(own...); err != nil {
		return nil, options, err
	}
	key, err := openKey(o.Key, notes)
	if err != nil {
		return nil, options, err
	}
	words, err := privacy.NewVocabulary(options.Fingerprints.Words(), options.Fingerprints.Names(), options.Fingerprints.Makers(), options.Fingerprints.Models())
	if err != nil {
		return nil, options, err
	}
	e, err := wire.NewEngine(wire.Config{Analyzers: protocol.All(), Privacy: func(int) sense.Privacy { return key.Scrubber(words) },
		Zones: zones, Workers: o.Workers, Memory: memory, Encrypted: []string{"tls", "dtls", "quic", "ssh"}})
	return e, options, err
}

// result concludes.
func (p *pipeline) result(inputs []string, stats wire.Stats, elapsed time.Duration) *Result {
	for name, n := range p.inventory.Limits() {
		stats.Limits[name] += n
	}
	maps.Copy(stats.Limits, p.runner.LimitsHit())
	r := &Result{Inputs: inputs, Stats: stats, Elapsed: elapsed.Seconds(), Devices: p.inventory.Devices(), Links: p.inventory.Links(),
		Findings: p.runner.Findings(), Anomalies: p.counts.anomalyList(), Coverage: coverage(p.counts, &stats)}
	sortDevices(r.Devices)
	r.Summary = p.counts.summary(&stats, len(r.Devices), len(r.Findings))
	return r
}

// write prints the answer, as JSON or for people.
func (r *Result) write(asJSON bool, lines *jsonLines, out io.Writer) error {
	if !asJSON {
		return r.WriteText(out)
	}
	for i := range r.Devices {
		lines.object(&r.Devices[i])
	}
	for i := range r.Findings {
		lines.object(&r.Findings[i])
	}
	lines.object(&r.Summary)
	return lines.flush()
}

// kept is the database being written; nil for none.
type kept struct {
	store *sqlite.Store
	run   *sqlite.Run
}

// close ends the database whatever happened; err is what is to be told already.
func (k *kept) close(err error) error {
	ended := cmp.Or(k.run.Abort(), k.store.Close())
	if _, told := errors.AsType[*sqlite.Error](err); told {
		return err
	}
	return join(err, ended)
}

func beginDB(ctx context.Context, o ReadOptions) (*kept, error) {
	if o.DB == "" {
		return nil, nil
	}
	s, err := sqlite.Create(ctx, o.DB)
	if err != nil {
		return nil, err
	}
	run, err := s.Begin(ctx, o.Inputs, BuildInfo())
	if err != nil {
		_ = s.Close() // the first error tells more
		return nil, err
	}
	return &kept{s, run}, nil
}

// finishDB concludes the database unless it failed before, and returns its error.
func (p *pipeline) finishDB(ctx context.Context, k *kept, r *Result) error {
	if p.keepErr != nil {
		return p.keepErr
	}
	return k.finish(context.WithoutCancel(ctx), r)
}

func (k *kept) finish(ctx context.Context, r *Result) error {
	if k == nil {
		return nil
	}
	links := make([]sqlite.Link, len(r.Links))
	for i, l := range r.Links {
		links[i] = sqlite.Link{A: l.A, B: l.B, Protocol: l.Protocol, Flows: l.Flows, Bytes: l.Bytes, Messages: l.Messages, Clear: l.Clear,
			First: l.First.String(), Last: l.Last.String()}
	}
	return k.run.Finish(ctx, r.Summary, slices.Clone(r.Devices), links, r.Findings)
}
