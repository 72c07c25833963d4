package http

import (
	"bytes"
)

// coding is a body's content coding.
type coding uint8

const (
	identity coding = iota
	gzipped
	deflated
	unreadable // a coding, or a stack of them, that we do not undo
)

// head is what matters of a parsed head. Slices point into it.
type head struct {
	response bool
	minor    byte // of HTTP/1.x
	method   []byte
	target   []byte
	status   int

	contentType, server, agent, powered []byte
	authorization, authenticate         []byte
	upgrade                             []byte

	coding  coding
	length  int64 // -1 if not stated
	chunked bool
	expect  bool // 100-continue

	oddLength bool // unreadable or contradicting Content-Length
	both      bool // Content-Length and Transfer-Encoding: smuggling
	badLine   bool // a header line without a colon
}

// parseHead reads a whole head whose start line is known to be good.
func parseHead(b []byte, h *head) {
	*h = head{length: -1}
	i := bytes.IndexByte(b, '\n')
	line := b[:i]
	if isStatusStart(line) {
		h.response, h.minor = true, line[7]
		h.status = int(line[9]-'0')*100 + int(line[10]-'0')*10 + int(line[11]-'0')
	} else {
		h.method, h.target, h.minor, _ = splitRequestLine(line)
	}
	for b = b[i+1:]; ; {
		i := bytes.IndexByte(b, '\n')
		if i < 0 {
			break
		}
		line := b[:i]
		b = b[i+1:]
		if n := len(line); n > 0 && line[n-1] == '\r' {
			line = line[:n-1]
		}
		if len(line) == 0 || line[0] == ' ' || line[0] == '\t' { // end, or obsolete folding
			continue
		}
		colon := bytes.IndexByte(line, ':')
		if colon < 0 {
			h.badLine = true
			continue
		}
		h.field(line[:colon], line[colon+1:])
	}
	h.both = h.chunked && h.length >= 0
}

func (h *head) field(name, value []byte) {
	switch len(name) { // most names are told apart by length already
	case 6:
		if fold(name, "server") {
			h.server = trim(value)
		} else if fold(name, "expect") {
			h.expect = fold(trim(value), "100-continue")
		}
	case 7:
		if fold(name, "upgrade") {
			h.upgrade = trim(value)
		}
	case 10:
		if fold(name, "user-agent") {
			h.agent = trim(value)
		}
	case 12:
		if fold(name, "content-type") {
			h.contentType = trim(value)
		} else if fold(name, "x-powered-by") {
			h.powered = trim(value)
		}
	case 13:
		if fold(name, "authorization") {
			h.authorization = trim(value)
		}
	case 14:
		if fold(name, "content-length") {
			h.setLength(trim(value))
		}
	case 16:
		if fold(name, "content-encoding") {
			h.coding = codingOf(trim(value))
		} else if fold(name, "www-authenticate") && h.authenticate == nil {
			h.authenticate = trim(value)
		}
	case 17:
		if fold(name, "transfer-encoding") {
			h.chunked = hasToken(value, "chunked")
		}
	case 19:
		if fold(name, "proxy-authorization") {
			h.authorization = trim(value)
		}
	}
}

const maxLength = int64(1) << 60 // a Content-Length beyond it is no length

func (h *head) setLength(v []byte) {
	var n int64
	for _, c := range v {
		if !digit(c) || n > maxLength/10 {
			h.oddLength = true
			return
		}
		n = n*10 + int64(c-'0')
	}
	if len(v) == 0 || h.length >= 0 && h.length != n {
		h.oddLength = true
		return
	}
	h.length = n
}

func codingOf(v []byte) coding {
	switch {
	case fold(v, "gzip"), fold(v, "x-gzip"):
		return gzipped
	case fold(v, "deflate"):
		return deflated
	case fold(v, "identity"), len(v) == 0:
		return identity
	}
	return unreadable
}

// hasToken looks for a token in a comma-separated list.
func hasToken(list []byte, token string) bool {
	for len(list) > 0 {
		item := list
		if i := bytes.IndexByte(list, ','); i >= 0 {
			item, list = list[:i], list[i+1:]
		} else {
			list = nil
		}
		if fold(trim(item), token) {
			return true
		}
	}
	return false
}

// fold compares without regard to ASCII case; word is in lower case.
func fold(b []byte, word string) bool {
	if len(b) != len(word) {
		return false
	}
	for i := range len(b) {
		c := b[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != word[i] {
			return false
		}
	}
	return true
}

// trim removes optional white space (RFC 9110 section 5.6.3).
func trim(b []byte) []byte {
	for len(b) > 0 && (b[0] == ' ' || b[0] == '\t') {
		b = b[1:]
	}
	for len(b) > 0 && (b[len(b)-1] == ' ' || b[len(b)-1] == '\t') {
		b = b[:len(b)-1]
	}
	return b
}

// parameter returns a parameter of a header value, without quotes.
func parameter(value []byte, name string) []byte {
	for {
		i := bytes.IndexAny(value, ";, ") // a space follows the scheme of WWW-Authenticate
		if i < 0 {
			return nil
		}
		value = trim(value[i+1:])
		if len(value) > len(name) && value[len(name)] == '=' && fold(value[:len(name)], name) {
			return unquote(value[len(name)+1:])
		}
	}
}

func unquote(v []byte) []byte {
	if len(v) > 0 && v[0] == '"' {
		v = v[1:]
		if i := bytes.IndexByte(v, '"'); i >= 0 {
			return v[:i]
		}
		return v
	}
	if i := bytes.IndexAny(v, ";, "); i >= 0 {
		v = v[:i]
	}
	return v
}
