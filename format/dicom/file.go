package dicom

import (
	"bytes"
	"encoding/binary"
)

// The beginning of a file (PS3.10 section 7.1).
const (
	PreambleBytes = 128
	FileHead      = PreambleBytes + 4
)

// IsFile reports whether b begins with a preamble and the prefix DICM.
func IsFile(b []byte) bool {
	return len(b) >= FileHead && string(b[PreambleBytes:FileHead]) == "DICM"
}

// Executable names the program format that a preamble starts as, "" for none. A
// TIFF header is legitimate (dual-format slides).
func Executable(preamble []byte) string {
	if len(preamble) < 4 {
		return ""
	}
	switch binary.BigEndian.Uint32(preamble) {
	case 0x7F454C46:
		return "ELF"
	case 0xFEEDFACE, 0xFEEDFACF, 0xCEFAEDFE, 0xCFFAEDFE, 0xCAFEBABE:
		return "Mach-O"
	}
	switch {
	case bytes.HasPrefix(preamble, []byte("MZ")):
		return "PE"
	case bytes.HasPrefix(preamble, []byte("#!")):
		return "script"
	}
	return ""
}
