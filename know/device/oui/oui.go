// Package oui says to whom the IEEE assigned a hardware address: MA-L (24 bits),
// MA-M (28 bits), MA-S and IAB (36 bits), the longest assignment winning.
//
// registry.bin is made by go generate from the registry files that Debian
// packages as ieee-data.
package oui

//go:generate go run ./generate -out registry.bin /usr/share/ieee-data

import (
	"bytes"
	"compress/flate"
	_ "embed" // registry.bin
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"slices"
	"sync"

	"wardkeeper/ward"
)

//go:embed registry.bin
var registry []byte

// lengths are the prefix lengths of the registry's tables, in file order.
var lengths = [...]uint{24, 28, 36}

// maxRegistry bounds the unpacked registry; today's is about 1 MB.
const maxRegistry = 16 << 20

// errRegistry is returned for a registry that the generator did not write.
var errRegistry = errors.New("oui: not a registry file")

// table is one prefix length: ascending keys, and the name of each.
type table struct {
	keys  []uint64
	names []uint32
}

// Registry answers look-ups without allocating. It is safe for concurrent use.
type Registry struct {
	tables [len(lengths)]table
	text   string   // all names, one after the other
	starts []uint32 // of each name in text, and the end of the last
}

// Embedded unpacks the built-in registry on first use.
var Embedded = sync.OnceValues(func() (*Registry, error) { return read(registry) })

func read(packed []byte) (*Registry, error) {
	raw, err := io.ReadAll(io.LimitReader(flate.NewReader(bytes.NewReader(packed)), maxRegistry))
	if err != nil {
		return nil, fmt.Errorf("oui: unpack registry: %w", err)
	}
	d := decoder{b: raw}
	r := &Registry{}
	r.names(&d)
	for i := range r.tables {
		r.tables[i] = d.table(len(r.starts) - 1)
	}
	if d.bad || len(d.b) != 0 {
		return nil, errRegistry
	}
	return r, nil
}

func (r *Registry) names(d *decoder) {
	n := d.count()
	r.starts = make([]uint32, 1, n+1)
	at := uint64(0)
	for range n {
		at += d.number()
		r.starts = append(r.starts, uint32(at))
	}
	r.text = string(d.take(at))
}

// decoder reads what the generator wrote.
type decoder struct {
	b   []byte
	bad bool
}

func (d *decoder) number() uint64 {
	v, n := binary.Uvarint(d.b)
	if n <= 0 {
		d.bad = true
		return 0
	}
	d.b = d.b[n:]
	return v
}

// count reads a number of items of at least one byte each.
func (d *decoder) count() int {
	n := d.number()
	if n > uint64(len(d.b)) {
		d.bad = true
		return 0
	}
	return int(n)
}

func (d *decoder) take(n uint64) []byte {
	if n > uint64(len(d.b)) {
		d.bad = true
		return nil
	}
	b := d.b[:n]
	d.b = d.b[n:]
	return b
}

func (d *decoder) table(names int) table {
	n := d.count()
	t := table{keys: make([]uint64, n), names: make([]uint32, n)}
	key := uint64(0)
	for i := range t.keys {
		key += d.number()
		t.keys[i] = key
	}
	for i := range t.names {
		v := d.number()
		if v >= uint64(names) {
			d.bad = true
			return table{}
		}
		t.names[i] = uint32(v)
	}
	return t
}

// Lookup returns the registrant's name as the registry spells it, "" where there
// is none: locally administered and group addresses have no registrant.
func (r *Registry) Lookup(m ward.MAC) string {
	if m.Zero() || m.Local() || m.Multicast() {
		return ""
	}
	var v uint64
	for _, c := range m {
		v = v<<8 | uint64(c)
	}
	for i := len(lengths) - 1; i >= 0; i-- {
		t := &r.tables[i]
		if j, ok := slices.BinarySearch(t.keys, v>>(48-lengths[i])); ok {
			n := t.names[j]
			return r.text[r.starts[n]:r.starts[n+1]]
		}
	}
	return ""
}

// Len returns the number of assignments.
func (r *Registry) Len() int {
	n := 0
	for _, t := range r.tables {
		n += len(t.keys)
	}
	return n
}

// Names calls f with each registrant's name once.
func (r *Registry) Names(f func(string)) {
	for i := range len(r.starts) - 1 {
		f(r.text[r.starts[i]:r.starts[i+1]])
	}
}
