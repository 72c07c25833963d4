// Package astm analyses the talk of laboratory instruments with their host.
//
// Standards: ASTM E1381-02 / CLSI LIS01-A2 (6.2 establishment, 6.3 transfer, 6.4
// termination) over TCP, and without its frames, as some instruments send; ASTM
// E1394-97 / CLSI LIS02-A2 records (6 header, 7 patient, 8 order, 9 result, 11
// request, 12 terminator). There is no registered port.
//
// Comments and result values are never looked at.
package astm

import (
	"bytes"

	"wardkeeper/format/astm"
	"wardkeeper/sense"
)

// Analyzer returns the analyzer for ASTM E1381/E1394.
func Analyzer() sense.Analyzer {
	return sense.Analyzer{
		Name:       "astm",
		Doc:        "ASTM E1381 (CLSI LIS01) frames and E1394 (CLSI LIS02) records over TCP",
		Transports: sense.TCP,
		Ports:      []uint16{4000, 5000, 6000, 7777, 12000, 15000},
		Probe:      probe,
		NewStream:  func(c *sense.Context) sense.Stream { return newStream(c) },
	}
}

// maxHandshake is how many control characters a probe skips: a receiver sends
// nothing else for a whole message.
const maxHandshake = 32

func probe(_ sense.Dir, b []byte, _ uint16) sense.Verdict {
	i := 0
	for i < len(b) && (b[i] == astm.ENQ || b[i] == astm.EOT || b[i] == astm.ACK || b[i] == astm.NAK) {
		i++
	}
	if i > maxHandshake {
		return sense.No
	}
	b = b[i:]
	if len(b) == 0 {
		return sense.More
	}
	if b[0] == astm.STX {
		return framed(b[1:])
	}
	if b[0] == 'H' {
		if v := raw(b); v != sense.No {
			return v
		}
	}
	return middle(b)
}

// middle judges bytes that may be the middle of a frame: the next frame is a sure
// sign, text with separators a hope.
func middle(b []byte) sense.Verdict {
	for rest := b; ; {
		i := bytes.IndexByte(rest, astm.STX)
		if i < 0 {
			break
		}
		if (i > 0 && (rest[i-1] == '\n' || rest[i-1] == astm.ENQ)) && framed(rest[i+1:]) == sense.Yes {
			return sense.Yes
		}
		rest = rest[i+1:]
	}
	seen := false
	for _, c := range b[:min(len(b), 64)] {
		if c < ' ' && c != '\r' && c != '\n' && c != astm.ETX && c != astm.ETB && c != astm.ENQ && c != astm.EOT && c != astm.STX {
			return sense.No
		}
		seen = seen || c == '|'
	}
	if seen {
		return sense.More
	}
	return sense.No
}

// framed judges what follows STX: a frame number and the start of a record.
func framed(b []byte) sense.Verdict {
	switch {
	case len(b) == 0:
		return sense.More
	case b[0] < '0' || b[0] > '7':
		return sense.No
	case len(b) == 1:
		return sense.More
	case b[1] == 'H':
		return raw(b[1:])
	case len(b) == 2:
		return sense.More
	case astm.Standard().Type(b[1:]) != 0 && b[2] == '|':
		return sense.Yes // not the first frame
	}
	return sense.No
}

// raw judges a header record.
func raw(b []byte) sense.Verdict {
	if len(b) >= 5 {
		if d, ok := astm.ParseDelims(b); ok && d.Field != d.Component && d.Component != d.Repeat {
			return sense.Yes
		}
		return sense.No
	}
	for _, c := range b[1:] {
		if c <= ' ' || c >= '0' && c <= '9' || c >= 'A' && c <= 'Z' || c >= 'a' && c <= 'z' {
			return sense.No
		}
	}
	return sense.More
}
