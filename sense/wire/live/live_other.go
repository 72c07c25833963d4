//go:build !linux

package live

import (
	"errors"

	"golang.org/x/net/bpf"

	"wardkeeper/sense/wire"
)

// ErrUnsupported is returned everywhere but on Linux.
var ErrUnsupported = errors.New("live capture works on Linux only; capture with another program and use: wardkeeper read")

// Source captures from interfaces, on Linux.
type Source struct{}

// Open returns ErrUnsupported.
func Open([]string, []bpf.RawInstruction, int) (*Source, error) { return nil, ErrUnsupported }

// Name implements wire.Source.
func (*Source) Name(int) string { return "" }

// Fill implements wire.Source.
func (*Source) Fill(_ []byte, recs []wire.Record) ([]wire.Record, error) { return recs, ErrUnsupported }

// Dropped returns 0.
func (*Source) Dropped() uint64 { return 0 }

// Close does nothing.
func (*Source) Close() {}
