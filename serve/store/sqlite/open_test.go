package sqlite

import (
	"errors"
	"io/fs"
	"net/url"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"testing"
	"time"
)

// copyDB copies a database as a killed program leaves it.
func copyDB(t *testing.T, from string, suffixes ...string) string {
	t.Helper()
	to := filepath.Join(t.TempDir(), "copy.db")
	for _, suffix := range suffixes {
		b, err := os.ReadFile(from + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(to+suffix, b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	return to
}

func create(t *testing.T, path string) *Store {
	t.Helper()
	s, err := Create(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	return s
}

// TestInterruptedNew: a database whose first writer is at work or was killed is ours.
func TestInterruptedNew(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ward.db")
	s := create(t, path)
	defer s.Close()
	for _, suffixes := range [][]string{{""}, {"", "-wal"}} {
		killed := copyDB(t, path, suffixes...)
		reader, err := Open(t.Context(), killed)
		if err != nil {
			t.Fatal(suffixes, err)
		}
		if all, err := reader.Devices(t.Context(), Filter{}); err != nil || len(all) != 0 {
			t.Error(suffixes, all, err)
		}
		if err := errors.Join(reader.Close(), create(t, killed).Close()); err != nil {
			t.Error(suffixes, err)
		}
	}
}

// TestMarkInLog: files whose application id is only in the write-ahead log.
func TestMarkInLog(t *testing.T) {
	for _, c := range []struct {
		name, statement string
		ours            bool
	}{
		{"ours", "PRAGMA application_id = 0x77617264", true},
		{"nothing yet", "PRAGMA user_version = 0", true},
		{"another's", "PRAGMA application_id = 7", false},
		{"unmarked", "CREATE TABLE theirs(a)", false},
	} {
		path := filepath.Join(t.TempDir(), "ward.db")
		db, err := connect(path, url.Values{"_pragma": {"journal_mode(WAL)"}})
		if err != nil {
			t.Fatal(err)
		}
		if _, err := db.Exec(c.statement); err != nil {
			t.Fatal(err)
		}
		killed := copyDB(t, path, "", "-wal")
		if err := db.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), killed); c.ours && (!errors.Is(err, ErrLayout) || !strings.Contains(err.Error(), "nothing was written")) || !c.ours && !errors.Is(err, ErrNotOurs) {
			t.Errorf("%s: Open: %v", c.name, err)
		}
		s, err := Create(t.Context(), killed)
		if !c.ours {
			if !errors.Is(err, ErrNotOurs) || strings.HasPrefix(err.Error(), "database") {
				t.Errorf("%s: Create: %v", c.name, err)
			}
			continue
		}
		if err != nil {
			t.Fatalf("%s: Create: %v", c.name, err)
		}
		if err := s.Close(); err != nil {
			t.Error(err)
		}
		if err := (&Store{path: killed}).checkOurs(t.Context()); err != nil {
			t.Errorf("%s: %v", c.name, err)
		}
	}
}

// TestOpenWhileWritten: a query waits for no writer.
func TestOpenWhileWritten(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ward.db")
	s := create(t, path)
	defer s.Close()
	tx, err := s.db.BeginTx(t.Context(), nil)
	if err != nil {
		t.Fatal(err)
	}
	defer func() { _ = tx.Rollback() }() // only held
	if _, err := tx.Exec("INSERT INTO runs(started, inputs, program) VALUES ('', '', '')"); err != nil {
		t.Fatal(err)
	}
	began := time.Now()
	r, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := r.Devices(t.Context(), Filter{}); err != nil {
		t.Error(err)
	}
	if _, err := r.db.Exec("DELETE FROM devices"); err == nil {
		t.Error("written through a reader")
	}
	if err := r.Close(); err != nil || time.Since(began) > 5*time.Second {
		t.Error(err, time.Since(began))
	}
}

// TestOpenLeaves: a query changes nothing in the file and leaves nothing beside it.
func TestOpenLeaves(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ward.db")
	write(t, path, 1)
	before, err := os.ReadFile(path)
	if err != nil {
		t.Fatal(err)
	}
	r, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if err := r.Close(); err != nil {
		t.Error(err)
	}
	if after, err := os.ReadFile(path); err != nil || !slices.Equal(before, after) {
		t.Error("changed", err)
	}
	if left, err := filepath.Glob(path + "-*"); err != nil || left != nil {
		t.Error(left, err)
	}
}

func TestLayouts(t *testing.T) {
	path := filepath.Join(t.TempDir(), "ward.db")
	for statement, want := range map[string]string{
		"INSERT INTO goose_db_version(version_id, is_applied) VALUES (99, 1)": "use the newer one",
		"DELETE FROM goose_db_version WHERE version_id > 0":                   "nothing was written",
	} {
		s := create(t, path)
		if _, err := s.db.Exec(statement); err != nil {
			t.Fatal(err)
		}
		if err := s.Close(); err != nil {
			t.Fatal(err)
		}
		if _, err := Open(t.Context(), path); !errors.Is(err, ErrLayout) || !strings.Contains(err.Error(), want) || strings.Count(err.Error(), "database "+path) != 1 {
			t.Errorf("%s: %v", statement, err)
		}
		if _, err := Create(t.Context(), path); want == "use the newer one" && !errors.Is(err, ErrLayout) {
			t.Errorf("%s: %v", statement, err)
		}
		if err := os.Remove(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
			t.Fatal(err)
		}
	}
}
