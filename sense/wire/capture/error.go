package capture

import "fmt"

// FormatError is what is wrong with a capture and where.
type FormatError struct {
	File   string
	Packet uint64 // the last one that was whole; 0: before the first
	What   string
}

// Error says file, place and what to do, on one line.
func (e *FormatError) Error() string {
	if e.Packet == 0 {
		return fmt.Sprintf("%s: %s", e.File, e.What)
	}
	return fmt.Sprintf("%s: after packet %d: %s; everything before was read", e.File, e.Packet, e.What)
}
