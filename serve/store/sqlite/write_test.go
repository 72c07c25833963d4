package sqlite

import (
	"errors"
	"path/filepath"
	"testing"
	"time"

	"wardkeeper/ward"
)

func batch(i int) []ward.Observation { return []ward.Observation{act(i)} }

func begin(t *testing.T, s *Store) *Run {
	t.Helper()
	r, err := s.Begin(t.Context(), nil, "test")
	if err != nil {
		t.Fatal(err)
	}
	return r
}

// count opens a copy of the database as a kill would leave it, and counts.
func count(t *testing.T, path string) int {
	t.Helper()
	s, err := Open(t.Context(), copyDB(t, path, "", "-wal"))
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	n := 0
	if err := s.Observations(t.Context(), nil, func(*ward.Observation) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestQuietInput: what little came is on the disk soon, and nothing is locked
// meanwhile.
func TestQuietInput(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ward.db")
	s := create(t, path)
	defer s.Close()
	r, other := begin(t, s), begin(t, s)
	for i := range 2 {
		if err := errors.Join(r.Observe(batch(i)), other.Observe(batch(i))); err != nil {
			t.Fatal(err)
		}
		time.Sleep(2*settle + settle/2)
		if n := count(t, path); n != 2*(i+1) {
			t.Errorf("%d observations on the disk, want %d", n, 2*(i+1))
		}
	}
	if err := errors.Join(r.Abort(), other.Abort(), r.Abort()); err != nil {
		t.Error(err)
	}
}

// TestAbort: everything observed is kept, and the run is not called finished.
func TestAbort(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ward.db")
	s := create(t, path)
	defer s.Close()
	r := begin(t, s)
	for i := range 2*ward.MaxFrame + 5 {
		if err := r.Observe(batch(i)); err != nil {
			t.Fatal(err)
		}
	}
	if err := r.Abort(); err != nil {
		t.Fatal(err)
	}
	if n := count(t, path); n != 2*ward.MaxFrame+5 {
		t.Errorf("%d observations", n)
	}
	var unfinished int
	if err := s.db.QueryRow("SELECT count(*) FROM runs WHERE finished IS NULL").Scan(&unfinished); err != nil || unfinished != 1 {
		t.Error(unfinished, err)
	}
}
