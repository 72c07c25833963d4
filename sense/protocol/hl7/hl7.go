// Package hl7 analyses HL7 v2 over MLLP.
//
// Standards: HL7 v2.1 to v2.9 (chapter 2 Control, 3 ADT, 4 and 4A Orders and
// Pharmacy, 7 Observations, 17 DEV); HL7 Minimal Lower Layer Protocol releases 1
// and 2 (Transport Specification: MLLP, 2 "block format", 3.1 commit
// acknowledgement); IHE Devices Technical Framework volume 2, transactions PCD-01
// (DEC), PCD-03 (PIV), PCD-04 (ACM), PCD-09 (IDCO), PCD-10 (IPEC), PCD-15; codes
// of ISO/IEEE 11073-10101 and 11073-10103.
//
// Messages are read segment by segment as they come: no message is ever held as a
// whole, so that a document of many megabytes costs no memory. Observations of a
// message are emitted when its block ends; of a message that was cut off by a gap
// nothing is said.
//
// Of OBX and NTE only coded fields and numbers of an allow-list are looked at,
// never text.
package hl7

import (
	"bytes"

	"wardkeeper/format/hl7"
	"wardkeeper/sense"
)

// MLLP's block characters.
const (
	startBlock = 0x0b
	endBlock   = 0x1c
	mllpAck    = 0x06
	mllpNak    = 0x15
)

// Analyzer returns the analyzer for HL7 v2 over MLLP.
func Analyzer() sense.Analyzer {
	return sense.Analyzer{
		Name:       "hl7",
		Doc:        "HL7 v2.1 to v2.9 over MLLP releases 1 and 2; IHE PCD-01, 03, 04, 09, 10, 15",
		Transports: sense.TCP,
		Ports:      []uint16{2575, 6661, 6660, 7001, 4601, 5000},
		Probe:      probe,
		NewStream:  func(c *sense.Context) sense.Stream { return newStream(c) },
	}
}

// ported reports the ports on which HL7 is more likely than anything else.
func ported(port uint16) bool { return port == 2575 || port == 6661 }

func probe(_ sense.Dir, b []byte, port uint16) sense.Verdict {
	if len(b) == 0 {
		return sense.More
	}
	if b[0] == startBlock {
		return block(b[1:])
	}
	// Mid-stream: the start of the next message is as sure a sign.
	for rest := b; ; {
		i := bytes.IndexByte(rest, startBlock)
		if i < 0 {
			break
		}
		rest = rest[i+1:]
		if block(rest) == sense.Yes {
			return sense.Yes
		}
	}
	if ported(port) || pipes(b) {
		return sense.More
	}
	return sense.No
}

// block judges what follows a start-of-block character.
func block(b []byte) sense.Verdict {
	e, bom := hl7.DetectEncoding(b)
	if e != hl7.Single {
		return sense.Yes
	}
	b = b[bom:]
	if len(b) >= 4 {
		switch {
		case hl7.IsHeader(b):
			return sense.Yes
		case b[0] == mllpAck || b[0] == mllpNak:
			if b[1] == endBlock && b[2] == '\r' {
				return sense.Yes
			}
		}
		return sense.No
	}
	if len(b) == 3 && (b[0] == mllpAck || b[0] == mllpNak) && b[1] == endBlock && b[2] == '\r' {
		return sense.Yes
	}
	for _, s := range [...]string{"MSH", "FHS", "BHS", "M\x00S", "\x00MS", "\xef\xbb\xbf", "\xff\xfe", "\xfe\xff", "\x06\x1c\r", "\x15\x1c\r"} {
		if bytes.HasPrefix([]byte(s), b) {
			return sense.More
		}
	}
	return sense.No
}

// pipes reports whether b may be the middle of a message: text without control
// characters other than the terminators, with a separator among the first bytes.
func pipes(b []byte) bool {
	seen := false
	for i, c := range b[:min(len(b), 256)] {
		switch {
		case c == '|':
			seen = true
		case c < ' ' && c != '\r' && c != '\n' && c != '\t' && c != endBlock:
			return false
		case i == 64 && !seen:
			return false
		}
	}
	return seen
}
