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

// IsMeta reports whether b begins with an element of file meta information.
func IsMeta(b []byte) bool {
	return len(b) >= 8 && b[0] == 2 && b[1] == 0 && validVR([2]byte{b[4], b[5]})
}

// MetaElement reads the first element of file meta information, which is always
// Explicit VR Little Endian. n is its length, 0 if b begins with something else,
// -1 if the element is cut.
func MetaElement(b []byte) (tag Tag, value []byte, n int) {
	if len(b) < 8 {
		return 0, nil, -1
	}
	if !IsMeta(b) {
		return 0, nil, 0
	}
	head, length := 8, uint64(binary.LittleEndian.Uint16(b[6:]))
	if longVR([2]byte{b[4], b[5]}) {
		if head = 12; len(b) < head {
			return 0, nil, -1
		}
		length = uint64(binary.LittleEndian.Uint32(b[8:]))
	}
	if uint64(len(b)-head) < length {
		return 0, nil, -1
	}
	n = head + int(length)
	return 2<<16 | Tag(binary.LittleEndian.Uint16(b[2:])), b[head:n], n
}
