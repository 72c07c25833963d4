package capture

import (
	"errors"
	"fmt"
	"io"
	"io/fs"
)

// FormatError says where in a file reading stopped and why. What was read before
// stays good.
type FormatError struct {
	File   string
	Packet uint64 // number of the packet that could not be read, 0 for the file's head
	What   string
}

// Error returns one line.
func (e *FormatError) Error() string {
	if e.Packet == 0 {
		return e.File + ": " + e.What
	}
	return fmt.Sprintf("%s: packet %d: %s", e.File, e.Packet, e.What)
}

// openError makes one line of what the system says.
func openError(name string, err error) error {
	switch {
	case errors.Is(err, fs.ErrNotExist):
		return fmt.Errorf("%s: there is no such file: %w", name, fs.ErrNotExist)
	case errors.Is(err, fs.ErrPermission):
		return fmt.Errorf("%s: may not be read: run as its owner or change its mode: %w", name, fs.ErrPermission)
	}
	var p *fs.PathError
	if errors.As(err, &p) {
		err = p.Err
	}
	return fmt.Errorf("%s: %w", name, err)
}

// readError makes a FormatError of what reading on a packet said.
func (r *Reader) readError(err error) error {
	switch {
	case r.packing == "":
		var p *fs.PathError
		if errors.As(err, &p) {
			err = p.Err
		}
		return &FormatError{r.name, r.number + 1, "reading failed: " + err.Error()}
	case errors.Is(err, io.ErrUnexpectedEOF):
		return &FormatError{r.name, r.number + 1, "the " + r.packing + " data ends too early: was the file copied completely?"}
	}
	return &FormatError{r.name, r.number + 1, "the " + r.packing + " data is damaged: " + err.Error()}
}
