// Package smb analyses SMB: [MS-SMB] and [MS-CIFS] (SMB1, 2.2.4 commands,
// 2.2.5 transactions), [MS-SMB2] (2.2 messages, 3.3.4.1.4 compounds), direct TCP
// ([MS-SMB2] 2.1) and the NetBIOS session service (RFC 1002 4.3), with NTLMSSP
// ([MS-NLMP] 2.2) for names and the operating system's build.
//
// File content is counted, sampled for entropy and otherwise skipped by length;
// only content that looks like DICOM or HL7, and named pipes, are passed on:
//
//   - Envelope{Parent: "smb", Method: "read" or "write", Target: file name,
//     ContentType: "application/dicom" or "x-application/hl7-v2+er7"}
//   - Envelope{Parent: "smb-pipe", Target: pipe name}, one child a direction
package smb

import (
	"bytes"
	"encoding/binary"

	"wardkeeper/sense"
)

var (
	le = binary.LittleEndian
	be = binary.BigEndian
)

// Analyzer describes SMB.
func Analyzer() sense.Analyzer {
	return sense.Analyzer{
		Name:       "smb",
		Doc:        "[MS-SMB2] 2.2, [MS-CIFS] 2.2.4, [MS-NLMP] 2.2, RFC 1002 4.3",
		Transports: sense.TCP,
		Ports:      []uint16{445, 139},
		Probe:      probe,
		NewStream:  newStream,
	}
}

// frameNeed is how many bytes show for certain that an SMB message starts.
const frameNeed = 12

func probe(_ sense.Dir, b []byte, _ uint16) sense.Verdict {
	if len(b) == 0 {
		return sense.More
	}
	if findFrame(b) >= 0 || sessionRequest(b) {
		return sense.Yes
	}
	switch b[0] {
	case 0, nbPositive, nbKeepAlive:
		if len(b) < 2*frameNeed {
			return sense.More
		}
	case nbRequest:
		if len(b) < nbRequestLen {
			return sense.More
		}
	}
	// A conversation picked up in the middle of a large read or write shows its
	// next message later.
	if len(b) < sense.ProbeCap && bytes.Contains(b, []byte("SMB")) {
		return sense.More
	}
	return sense.No
}

// sessionRequest recognises RFC 1002 4.3.2 with two first-level encoded names.
func sessionRequest(b []byte) bool {
	if len(b) < nbRequestLen || b[0] != nbRequest || b[1] != 0 || be.Uint16(b[2:]) < 2*(nbNameLen+2) {
		return false
	}
	_, ok := nbName(b[4:])
	return ok
}

// findFrame returns where an SMB message certainly starts, or -1.
func findFrame(b []byte) int {
	for from := 0; ; {
		i := bytes.Index(b[from:], []byte("SMB"))
		if i < 0 {
			return -1
		}
		at := from + i - 5
		if at >= 0 && at+frameNeed <= len(b) && isFrame(b[at:]) {
			return at
		}
		from += i + 3
	}
}

// isFrame checks the length and header of the message at the start of b, which
// holds at least frameNeed bytes.
func isFrame(b []byte) bool {
	n := int(b[1])<<16 | int(be.Uint16(b[2:]))
	if b[0] != 0 {
		return false
	}
	switch b[4] {
	case magic1:
		return n >= smb1Header+3
	case magic2:
		return n >= smb2Header && le.Uint16(b[8:]) == smb2Header
	case magicEncrypted:
		return n > transformHeader
	case magicCompressed:
		return n > compressedHeader
	}
	return false
}
