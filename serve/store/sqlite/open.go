// Package sqlite keeps what Wardkeeper saw in one SQLite file.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/url"
	"os"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"
)

//go:embed migrations/*.sql
var migrations embed.FS

// applicationID marks the file as ours (PRAGMA application_id): "ward".
const applicationID = 0x77617264

// Store is an open database. It is safe for concurrent use.
type Store struct {
	db   *sql.DB
	path string
}

// ErrNotOurs is wrapped when a file is not a Wardkeeper database.
var ErrNotOurs = errors.New("not a Wardkeeper database")

// Create opens the database for writing, makes it if it is not there, and brings
// its layout up to date.
func Create(ctx context.Context, path string) (*Store, error) {
	if err := checkHeader(path); err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // tokens are patient data
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	if err := f.Close(); err != nil {
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	return open(ctx, path, "rw")
}

// Open opens an existing database to query it.
func Open(ctx context.Context, path string) (*Store, error) {
	if err := checkHeader(path); err != nil {
		if errors.Is(err, fs.ErrNotExist) {
			return nil, fmt.Errorf("database %s does not exist; make one with: wardkeeper read --db %s CAPTURE", path, path)
		}
		return nil, err
	}
	return open(ctx, path, "rw")
}

// checkHeader refuses to touch a file that is something else.
func checkHeader(path string) error {
	f, err := os.Open(path)
	if err != nil {
		return fmt.Errorf("database: %w", err)
	}
	defer f.Close()
	h := make([]byte, 72)
	n, err := io.ReadFull(f, h)
	if n == 0 && errors.Is(err, io.EOF) {
		return nil // empty: ours to fill
	}
	if err != nil || string(h[:15]) != "SQLite format 3" {
		return fmt.Errorf("%s is %w: not SQLite at all; name another file for --db", path, ErrNotOurs)
	}
	if id := uint32(h[68])<<24 | uint32(h[69])<<16 | uint32(h[70])<<8 | uint32(h[71]); id != applicationID {
		return fmt.Errorf("%s is %w: another program's SQLite file; name another file for --db", path, ErrNotOurs)
	}
	return nil
}

func open(ctx context.Context, path, mode string) (*Store, error) {
	q := url.Values{"mode": {mode}, "_pragma": {"busy_timeout(10000)", "foreign_keys(1)", "journal_mode(WAL)", "synchronous(FULL)"}}
	db, err := sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String())
	if err != nil {
		return nil, fmt.Errorf("database %s: %w", path, err)
	}
	s := &Store{db: db, path: path}
	if err := s.migrate(ctx); err != nil {
		return nil, errors.Join(fmt.Errorf("database %s: %w", path, err), db.Close())
	}
	return s, nil
}

func (s *Store) migrate(ctx context.Context) error {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return err
	}
	p, err := goose.NewProvider(goose.DialectSQLite3, s.db, dir, goose.WithLogger(log.New(io.Discard, "", 0)))
	if err != nil {
		return err
	}
	if _, err := s.db.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
		return err
	}
	_, err = p.Up(ctx)
	return err
}

// Close flushes the write-ahead log into the file and closes it.
func (s *Store) Close() error {
	_, err := s.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	return errors.Join(err, s.db.Close())
}
