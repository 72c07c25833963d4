// Package http analyses HTTP/1.0 and 1.1 (RFC 9110; RFC 9112 sections 2 to 9:
// message format, framing, chunked coding, pipelining, upgrade) and recognises
// the HTTP/2 preface (RFC 9113 section 3.4). Multipart bodies follow RFC 2046
// section 5.1, Basic authentication RFC 7617.
//
// Bodies are only looked at where another analyzer wants them: they are handed on
// through sense.Context.Child with the envelope's Parent "http". Every request and
// every final response opens a child, with or without a body. The parts of a
// multipart body are envelopes of their own (Part from 1); the message's own
// envelope then gets no data.
package http

import (
	"bytes"

	"wardkeeper/sense"
)

// Analyzers returns the analyzers "http" and "http2".
func Analyzers() []sense.Analyzer {
	return []sense.Analyzer{
		{
			Name:       "http",
			Doc:        "RFC 9110, RFC 9112",
			Transports: sense.TCP,
			Ports:      []uint16{80, 8080, 8042, 8000, 8008, 8081, 8088, 8888, 3128, 5000, 5357, 5985, 9090, 2375, 631},
			Probe:      probe,
			NewStream:  newStream,
		},
		{
			Name:       "http2",
			Doc:        "RFC 9113 section 3.4",
			Transports: sense.TCP,
			Ports:      []uint16{80, 8080},
			Probe:      probeHTTP2,
			NewStream:  newHTTP2,
		},
	}
}

// probe says Yes to a complete start line. A start line in the middle of the bytes
// (a capture that began within a message) counts on usual ports only, since mail
// and files quote HTTP too.
func probe(_ sense.Dir, b []byte, port uint16) sense.Verdict {
	text := bytes.TrimLeft(b, "\r\n")
	line, complete := firstLine(text)
	if complete && (isResponseLine(line) || isRequestLine(line)) {
		return sense.Yes
	}
	if !complete && plausible(line) {
		if len(b) >= sense.ProbeCap {
			return longRequest(line)
		}
		return sense.More
	}
	if !usual(port) {
		return sense.No
	}
	for rest := b; ; {
		line, complete := firstLine(rest)
		if !complete {
			break
		}
		if i, _ := findStart(line, true, true); i >= 0 {
			return sense.Yes
		}
		rest = rest[len(line)+1:]
	}
	if len(b) >= sense.ProbeCap || bytes.HasPrefix(b, []byte{0x16, 3}) {
		return sense.No
	}
	return sense.More
}

// longRequest judges a first line that fills the probe: a known method and a path.
func longRequest(line []byte) sense.Verdict {
	sp := bytes.IndexByte(line, ' ')
	if sp > 0 && methodName(line[:sp]) != "" && sp+1 < len(line) && line[sp+1] == '/' {
		return sense.Yes
	}
	return sense.No
}

func usual(port uint16) bool {
	switch port {
	case 80, 8080, 8042, 8000, 8008, 8081, 8088, 8888, 3128, 5357, 5985, 9090, 631:
		return true
	}
	return false
}

// plausible reports whether the beginning of a line could become a start line.
func plausible(line []byte) bool {
	const version = "HTTP/1."
	n := min(len(line), len(version))
	if string(line[:n]) == version[:n] {
		return true
	}
	sp := bytes.IndexByte(line, ' ')
	if sp < 0 {
		return len(line) <= maxMethod && isMethodToken(line)
	}
	if sp == 0 || sp > maxMethod || methodName(line[:sp]) == "" {
		return false
	}
	return !bytes.Contains(line[sp:], []byte("sip:")) && isPrintable(line)
}

// firstLine returns the bytes before the first LF, and whether there is one.
func firstLine(b []byte) ([]byte, bool) {
	if i := bytes.IndexByte(b, '\n'); i >= 0 {
		return b[:i], true
	}
	return b, false
}
