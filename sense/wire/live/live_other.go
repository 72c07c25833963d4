//go:build !linux

package live

import (
	"errors"

	"wardkeeper/sense/wire"
	"wardkeeper/sense/wire/filter"
)

// ErrUnsupported is returned everywhere but on Linux.
var ErrUnsupported = errors.New("live capture works on Linux only; capture with another program and use: wardkeeper read")

// Source captures from interfaces, on Linux.
type Source struct {
	// OnProblem is told of interfaces that go down, come back or disappear.
	OnProblem func(error)
}

// Open returns ErrUnsupported.
func Open([]string, *filter.Filter, int) (*Source, error) { return nil, ErrUnsupported }

// Name implements wire.Source.
func (*Source) Name(int) string { return "" }

// Fill implements wire.Source.
func (*Source) Fill(_ []byte, recs []wire.Record) ([]wire.Record, error) { return recs, ErrUnsupported }

// Packets returns 0.
func (*Source) Packets() uint64 { return 0 }

// Dropped returns 0.
func (*Source) Dropped() uint64 { return 0 }

// Stop does nothing.
func (*Source) Stop() {}

// Close does nothing.
func (*Source) Close() error { return nil }
