package detect

import (
	"bytes"
	"encoding/json"
	"fmt"
	"slices"
	"time"

	"wardkeeper/ward"
)

// Table is a detector's keyed state: at most Max entries, each kept for Keep after
// it was last used. A full table forgets what has expired and then turns new keys
// away, so that a flood cannot push out what is being watched. K and V must
// marshal to JSON and back.
type Table[K comparable, V any] struct {
	Max  int
	Keep time.Duration
	// Dropped counts the keys that were turned away.
	Dropped uint64

	cells map[K]*cell[K, V]
	swept ward.Time
}

type cell[K comparable, V any] struct {
	Key   K
	Value V
	Last  ward.Time
}

// Len returns the number of entries.
func (t *Table[K, V]) Len() int { return len(t.cells) }

// Get returns the value of k, nil where there is none or it has expired.
func (t *Table[K, V]) Get(k K, now ward.Time) *V {
	c := t.cells[k]
	if c == nil || now.Sub(c.Last) > t.Keep {
		return nil
	}
	return &c.Value
}

// Use returns the value of k, a new one where there is none or it has expired, and
// nil where there is no room.
func (t *Table[K, V]) Use(k K, now ward.Time) *V {
	c := t.cells[k]
	if c == nil {
		if len(t.cells) >= t.Max {
			t.sweep(now)
		}
		if len(t.cells) >= t.Max {
			t.Dropped++
			return nil
		}
		if t.cells == nil {
			t.cells = map[K]*cell[K, V]{}
		}
		c = &cell[K, V]{Key: k, Last: now}
		t.cells[k] = c
	} else if now.Sub(c.Last) > t.Keep {
		*c = cell[K, V]{Key: k}
	}
	c.Last = max(c.Last, now)
	return &c.Value
}

// Delete forgets k.
func (t *Table[K, V]) Delete(k K) { delete(t.cells, k) }

// sweep forgets what has expired, a few times in Keep at most: a full table of
// fresh entries must not cost a walk for each key turned away.
func (t *Table[K, V]) sweep(now ward.Time) {
	if t.swept != 0 && now.Sub(t.swept).Abs() < t.Keep/8 {
		return
	}
	t.swept = now
	for k, c := range t.cells {
		if now.Sub(c.Last) > t.Keep {
			delete(t.cells, k)
		}
	}
}

type tableState[K comparable, V any] struct {
	Swept   ward.Time
	Dropped uint64
	Cells   []json.RawMessage
}

// MarshalJSON implements json.Marshaler; equal tables give equal bytes.
func (t *Table[K, V]) MarshalJSON() ([]byte, error) {
	s := tableState[K, V]{t.swept, t.Dropped, make([]json.RawMessage, 0, len(t.cells))}
	for _, c := range t.cells {
		b, err := json.Marshal(c)
		if err != nil {
			return nil, err
		}
		s.Cells = append(s.Cells, b)
	}
	slices.SortFunc(s.Cells, func(a, b json.RawMessage) int { return bytes.Compare(a, b) })
	return json.Marshal(s)
}

// UnmarshalJSON implements json.Unmarshaler. Max and Keep stay as they are.
func (t *Table[K, V]) UnmarshalJSON(b []byte) error {
	var s tableState[K, V]
	if err := json.Unmarshal(b, &s); err != nil {
		return err
	}
	t.swept, t.Dropped, t.cells = s.Swept, s.Dropped, map[K]*cell[K, V]{}
	for _, raw := range s.Cells[:min(len(s.Cells), t.Max)] {
		var c cell[K, V]
		if err := json.Unmarshal(raw, &c); err != nil {
			return err
		}
		t.cells[c.Key] = &c
	}
	return nil
}

// Save is the Snapshot of a detector whose state is s, a pointer to a struct of tables.
func Save(s any) ([]byte, error) { return json.Marshal(s) }

// Load is the Restore of a detector whose state is s.
func Load(rule string, b []byte, s any) error {
	if err := json.Unmarshal(b, s); err != nil {
		return fmt.Errorf("%s state: %w", rule, err)
	}
	return nil
}

// Set is a small set with a cap: what is over it counts as known.
type Set[T comparable] []T

// Add reports whether v was added.
func (t *Set[T]) Add(v T, most int) bool {
	if len(*t) >= most || slices.Contains(*t, v) {
		return false
	}
	*t = append(*t, v)
	return true
}

// Host is how an endpoint is called in findings and keys: its address without port.
func Host(e ward.Endpoint) string { return name(e) }

// Attr returns the value of an act's detail, "" where it has none.
func Attr(a *ward.Act, name string) string {
	for i := range a.Attrs {
		if a.Attrs[i].Name == name {
			return a.Attrs[i].Value
		}
	}
	return ""
}
