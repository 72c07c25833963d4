// Package sqlite keeps what Wardkeeper saw in one SQLite file.
package sqlite

import (
	"context"
	"database/sql"
	"embed"
	"encoding/binary"
	"errors"
	"fmt"
	"io"
	"io/fs"
	"log"
	"net/url"
	"os"

	"github.com/pressly/goose/v3"
	_ "modernc.org/sqlite" // the driver "sqlite"
	lib "modernc.org/sqlite/lib"
)

//go:embed migrations/*.sql
var migrations embed.FS

// applicationID marks the file as ours (PRAGMA application_id): "ward".
const applicationID = 0x77617264

// Store is an open database. It is safe for concurrent use.
type Store struct {
	db       *sql.DB
	path     string
	readOnly bool
}

// Create opens the database for writing, makes it if it is not there, and brings
// its layout up to date.
func Create(ctx context.Context, path string) (*Store, error) {
	s := &Store{path: path}
	err := s.checkOurs(ctx)
	if err != nil && !errors.Is(err, fs.ErrNotExist) {
		return nil, err
	}
	f, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o600) // tokens are patient data
	if err != nil {
		return nil, fmt.Errorf("database: %w", err)
	}
	st, err := f.Stat()
	if err := errors.Join(err, f.Close()); err != nil {
		return nil, s.fail(err)
	}
	if st.Size() == 0 {
		if err := s.mark(ctx); err != nil {
			return nil, s.fail(err)
		}
	}
	s.db, err = connect(path, url.Values{"mode": {"rw"}, "_pragma": {"foreign_keys(1)", "journal_mode(WAL)", "synchronous(FULL)"}})
	if err != nil {
		return nil, s.fail(err)
	}
	if err := s.migrate(ctx); err != nil {
		_ = s.db.Close() // the first error tells more
		return nil, s.fail(err)
	}
	return s, nil
}

// mark makes an empty file ours. It does so without a write-ahead log, so that the
// mark is in the file itself whatever happens next.
func (s *Store) mark(ctx context.Context) error {
	db, err := connect(s.path, url.Values{"mode": {"rw"}, "_pragma": {"synchronous(FULL)"}})
	if err != nil {
		return err
	}
	_, err = db.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID))
	if cerr := db.Close(); err == nil {
		err = cerr
	}
	return err
}

// Open opens an existing database to query it. It writes nothing to it and waits for
// no one who does.
func Open(ctx context.Context, path string) (*Store, error) {
	s := &Store{path: path, readOnly: true}
	err := s.checkOurs(ctx)
	if errors.Is(err, fs.ErrNotExist) {
		return nil, fmt.Errorf("database %s does not exist; make one with: wardkeeper read --db %s CAPTURE", path, path)
	}
	if err != nil {
		return nil, err
	}
	q := url.Values{"mode": {"rw"}, "_pragma": {"query_only(1)"}} // mode=ro would leave empty -wal and -shm files behind
	err = s.look(ctx, q)
	if code(err) == lib.SQLITE_CANTOPEN || code(err) == lib.SQLITE_READONLY { // no room beside it for what readers share
		if st, serr := os.Stat(path + "-wal"); serr == nil && st.Size() > 0 {
			return nil, fmt.Errorf("database %s is being written, or a writer was interrupted, and its folder cannot be written to; copy it with its -wal file to another folder", path)
		}
		q.Set("immutable", "1") // no log: no one writes
		err = s.look(ctx, q)
	}
	if err != nil {
		return nil, s.fail(err)
	}
	return s, nil
}

// look opens the file and sees that it can be queried.
func (s *Store) look(ctx context.Context, q url.Values) error {
	var err error
	if s.db, err = connect(s.path, q); err != nil {
		return err
	}
	if err = s.checkLayout(ctx); err != nil {
		_ = s.db.Close() // the first error tells more
	}
	return err
}

// checkOurs refuses to touch a file that is something else.
func (s *Store) checkOurs(ctx context.Context) error {
	f, err := os.Open(s.path)
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
		return fmt.Errorf("%s is %w: not SQLite at all; name another file for --db", s.path, ErrNotOurs)
	}
	switch binary.BigEndian.Uint32(h[68:]) {
	case applicationID:
		return nil
	case 0:
		return s.checkLog(ctx)
	}
	return s.notOurs()
}

// checkLog looks for the mark of a file that has none itself: it may be in the
// write-ahead log only, or the file has nothing in it yet.
func (s *Store) checkLog(ctx context.Context) error {
	q := url.Values{"mode": {"ro"}}
	if _, err := os.Stat(s.path + "-wal"); err != nil {
		q.Set("immutable", "1") // makes no log beside another's file
	}
	db, err := connect(s.path, q)
	if err != nil {
		return s.fail(err)
	}
	defer db.Close()
	var id, tables uint32
	if err := db.QueryRowContext(ctx, "SELECT application_id, (SELECT count(*) FROM sqlite_schema) FROM pragma_application_id").Scan(&id, &tables); err != nil {
		return s.fail(err)
	}
	if id != applicationID && (id != 0 || tables > 0) {
		return s.notOurs()
	}
	return nil
}

func (s *Store) notOurs() error {
	return fmt.Errorf("%s is %w: another program's SQLite file; name another file for --db", s.path, ErrNotOurs)
}

func connect(path string, q url.Values) (*sql.DB, error) {
	q.Add("_pragma", "busy_timeout(10000)")
	return sql.Open("sqlite", (&url.URL{Scheme: "file", Opaque: (&url.URL{Path: path}).EscapedPath(), RawQuery: q.Encode()}).String())
}

// provider knows the layouts.
func (s *Store) provider() (*goose.Provider, error) {
	dir, err := fs.Sub(migrations, "migrations")
	if err != nil {
		return nil, err
	}
	return goose.NewProvider(goose.DialectSQLite3, s.db, dir, goose.WithLogger(log.New(io.Discard, "", 0)))
}

// layout returns the version of the file's layout, 0 for none, and the newest known.
func (s *Store) layout(ctx context.Context, p *goose.Provider) (is, newest int64, err error) {
	for _, m := range p.ListSources() {
		newest = max(newest, m.Version)
	}
	var tables int
	if err := s.db.QueryRowContext(ctx, "SELECT count(*) FROM sqlite_schema WHERE name = 'goose_db_version'").Scan(&tables); err != nil || tables == 0 {
		return 0, newest, err
	}
	err = s.db.QueryRowContext(ctx, "SELECT coalesce(max(version_id), 0) FROM goose_db_version WHERE is_applied").Scan(&is)
	if err == nil && is > newest {
		err = fmt.Errorf("%w: it has layout %d, this one knows up to %d; use the newer one", ErrLayout, is, newest)
	}
	return is, newest, err
}

// checkLayout refuses a layout that queries do not fit.
func (s *Store) checkLayout(ctx context.Context) error {
	p, err := s.provider()
	if err != nil {
		return err
	}
	is, newest, err := s.layout(ctx, p)
	switch {
	case err != nil:
		return err
	case is == 0:
		return fmt.Errorf("%w: nothing was written to it yet; fill it with: wardkeeper read --db %s CAPTURE", ErrLayout, s.path)
	case is < newest:
		return fmt.Errorf("%w: it has layout %d, this one needs %d; bring it up to date with: wardkeeper read --db %s CAPTURE", ErrLayout, is, newest, s.path)
	}
	return nil
}

func (s *Store) migrate(ctx context.Context) error {
	p, err := s.provider()
	if err != nil {
		return err
	}
	is, newest, err := s.layout(ctx, p)
	if err != nil || is == newest {
		return err
	}
	if _, err := s.db.ExecContext(ctx, fmt.Sprintf("PRAGMA application_id = %d", applicationID)); err != nil {
		return err
	}
	if _, err := p.Up(ctx); err != nil {
		return err
	}
	_, err = s.db.ExecContext(ctx, "PRAGMA wal_checkpoint(TRUNCATE)")
	return err
}

// Close flushes the write-ahead log into the file and closes it.
func (s *Store) Close() error {
	var err error
	if !s.readOnly {
		_, err = s.db.Exec("PRAGMA wal_checkpoint(TRUNCATE)")
	}
	if cerr := s.db.Close(); err == nil {
		err = cerr
	}
	if err != nil {
		return s.fail(err)
	}
	return nil
}
