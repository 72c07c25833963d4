package http

import "bytes"

const maxMethod = 20 // longest method token taken for one

// methodName returns the known method that b is, or "".
func methodName(b []byte) string {
	switch string(b) {
	case "GET":
		return "GET"
	case "POST":
		return "POST"
	case "HEAD":
		return "HEAD"
	case "PUT":
		return "PUT"
	case "DELETE":
		return "DELETE"
	case "OPTIONS":
		return "OPTIONS"
	case "PATCH":
		return "PATCH"
	case "CONNECT":
		return "CONNECT"
	case "TRACE":
		return "TRACE"
	case "PROPFIND":
		return "PROPFIND"
	case "PROPPATCH":
		return "PROPPATCH"
	case "MKCOL":
		return "MKCOL"
	case "COPY":
		return "COPY"
	case "MOVE":
		return "MOVE"
	case "LOCK":
		return "LOCK"
	case "UNLOCK":
		return "UNLOCK"
	case "SEARCH":
		return "SEARCH"
	case "REPORT":
		return "REPORT"
	case "SUBSCRIBE":
		return "SUBSCRIBE"
	case "UNSUBSCRIBE":
		return "UNSUBSCRIBE"
	case "NOTIFY":
		return "NOTIFY"
	case "PURGE":
		return "PURGE"
	case "RPC_IN_DATA":
		return "RPC_IN_DATA"
	case "RPC_OUT_DATA":
		return "RPC_OUT_DATA"
	case "BITS_POST":
		return "BITS_POST"
	case "CCM_POST":
		return "CCM_POST"
	}
	return ""
}

func isMethodToken(b []byte) bool {
	for _, c := range b {
		if (c < 'A' || c > 'Z') && c != '_' && c != '-' {
			return false
		}
	}
	return true
}

func isPrintable(b []byte) bool {
	for _, c := range b {
		if c < 0x20 && c != '\r' && c != '\t' || c == 0x7f {
			return false
		}
	}
	return true
}

func digit(c byte) bool { return c >= '0' && c <= '9' }

// isVersion reports "HTTP/1.d" exactly.
func isVersion(b []byte) bool {
	return len(b) == 8 && string(b[:7]) == "HTTP/1." && digit(b[7])
}

// isStatusStart reports that b begins with "HTTP/1.d ddd".
func isStatusStart(b []byte) bool {
	return len(b) >= 12 && isVersion(b[:8]) && b[8] == ' ' && b[9] >= '1' && b[9] <= '9' && digit(b[10]) && digit(b[11])
}

// isResponseLine judges a line without its LF.
func isResponseLine(line []byte) bool {
	return isStatusStart(line) && (len(line) == 12 || line[12] == ' ' || line[12] == '\r')
}

// splitRequestLine returns the parts of a line without its LF; ok is false where
// it is no request line. Targets with spaces are wrong but common in attacks.
func splitRequestLine(line []byte) (method, target []byte, minor byte, ok bool) {
	line = bytes.TrimRight(line, "\r ")
	sp := bytes.IndexByte(line, ' ')
	last := bytes.LastIndexByte(line, ' ')
	if sp < 1 || sp > maxMethod || last <= sp || !isVersion(line[last+1:]) || !isMethodToken(line[:sp]) {
		return nil, nil, 0, false
	}
	target = bytes.TrimSpace(line[sp:last])
	if len(target) == 0 {
		return nil, nil, 0, false
	}
	return line[:sp], target, line[len(line)-1], true
}

func isRequestLine(line []byte) bool {
	_, _, _, ok := splitRequestLine(line)
	return ok
}

// findStart looks within a line (without LF) for a start line that is certain, as
// it follows a body without a line end of its own. It returns where, or -1.
func findStart(line []byte, requests, responses bool) (at int, response bool) {
	for off := 0; ; {
		i := bytes.Index(line[off:], []byte("HTTP/1."))
		if i < 0 {
			return -1, false
		}
		i += off
		if responses && isResponseLine(line[i:]) {
			return i, true
		}
		if requests && i > 0 && line[i-1] == ' ' && isVersion(bytes.TrimRight(line[i:], "\r ")) {
			if at := requestBefore(line[:i-1]); at >= 0 && isRequestLine(line[at:i+8]) {
				return at, false
			}
		}
		off = i + 7
	}
}

// requestBefore finds "METHOD target" at the end of b, with a known method.
func requestBefore(b []byte) int {
	sp := bytes.LastIndexByte(b, ' ')
	if sp < 0 || sp == len(b)-1 || !isPrintable(b[sp:]) {
		return -1
	}
	start := sp
	for start > 0 && sp-start < maxMethod && isMethodToken(b[start-1:start]) {
		start--
	}
	for ; start < sp; start++ { // a body may end in capitals: "…ABCGET"
		if methodName(b[start:sp]) != "" {
			return start
		}
	}
	return -1
}

// headEnd returns the length of the head at the start of b with its blank line, or
// -1. from is an offset at or before the first line's LF.
func headEnd(b []byte, from int) int {
	for {
		i := bytes.IndexByte(b[from:], '\n')
		if i < 0 {
			return -1
		}
		from += i + 1
		switch {
		case from < len(b) && b[from] == '\n':
			return from + 1
		case from+1 < len(b) && b[from] == '\r' && b[from+1] == '\n':
			return from + 2
		}
	}
}

// endsHead reports that b ends with a blank line after another line.
func endsHead(b []byte) bool {
	return bytes.HasSuffix(b, []byte("\n\r\n")) || bytes.HasSuffix(b, []byte("\n\n"))
}
