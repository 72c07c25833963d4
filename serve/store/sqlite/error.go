package sqlite

import (
	"errors"
	"fmt"

	driver "modernc.org/sqlite"
	lib "modernc.org/sqlite/lib"
)

// ErrNotOurs is wrapped when a file is not a Wardkeeper database.
var ErrNotOurs = errors.New("not a Wardkeeper database")

// ErrLayout is wrapped when a database was written by another version of Wardkeeper.
var ErrLayout = errors.New("layout of another version of Wardkeeper")

// Error is what went wrong with a database, worded for a person.
type Error struct {
	path string
	err  error
}

// Error implements error.
func (e *Error) Error() string {
	return fmt.Sprintf("database %s: %v%s", e.path, e.err, hint(e.err))
}

// Unwrap returns the cause.
func (e *Error) Unwrap() error { return e.err }

// fail says once which database an error is of.
func (s *Store) fail(err error) error {
	if _, ok := errors.AsType[*Error](err); ok || errors.Is(err, ErrNotOurs) {
		return err
	}
	return &Error{s.path, err}
}

// hint says what to do.
func hint(err error) string {
	switch code(err) {
	case lib.SQLITE_FULL, lib.SQLITE_IOERR:
		return " (what was committed before is kept; free disk space or name another file)"
	case lib.SQLITE_BUSY, lib.SQLITE_LOCKED:
		return " (another program has been writing to it; try again)"
	case lib.SQLITE_READONLY, lib.SQLITE_CANTOPEN, lib.SQLITE_PERM:
		return " (the file and its folder must be yours to write)"
	case lib.SQLITE_CORRUPT, lib.SQLITE_NOTADB:
		return " (the file is damaged; name another one)"
	}
	return ""
}

// code returns SQLite's primary result code, 0 for another error.
func code(err error) int {
	if e, ok := errors.AsType[*driver.Error](err); ok {
		return e.Code() & 0xff
	}
	return 0
}
