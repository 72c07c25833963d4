package smb

import (
	"bytes"
	"unicode/utf16"
	"unicode/utf8"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// maxName is the most of a name that is looked at, in bytes on the wire.
const maxName = 2048

// utf16 decodes a little-endian UTF-16 name into the stream's scratch.
func (s *stream) utf16(b []byte) []byte {
	s.text = appendUTF16(s.text[:0], b)
	return s.text
}

func appendUTF16(to, b []byte) []byte {
	b = b[:min(len(b), maxName)]
	for ; len(b) >= 2; b = b[2:] {
		r := rune(le.Uint16(b))
		if utf16.IsSurrogate(r) && len(b) >= 4 {
			if p := utf16.DecodeRune(r, rune(le.Uint16(b[2:]))); p != utf8.RuneError {
				r, b = p, b[2:]
			}
		}
		if r == 0 {
			break
		}
		to = utf8.AppendRune(to, r)
	}
	return to
}

// path cleans a file name and tells its extension: known ones by name, others as
// a token, which still shows that many files got the same one.
func (s *stream) path(c *sense.Context, name []byte) (clean, ext string) {
	if len(name) == 0 {
		return "", ""
	}
	clean = c.Text(sense.ClassPath, name)
	base := name[bytes.LastIndexAny(name, `\/`)+1:]
	stream := bytes.IndexByte(base, ':') // alternate data stream
	if stream >= 0 {
		base = base[:stream]
	}
	dot := bytes.LastIndexByte(base, '.')
	if dot < 0 || dot == len(base)-1 || dot == 0 {
		return clean, ""
	}
	raw := base[dot+1:]
	var low [maxExt]byte
	if len(raw) <= maxExt {
		for i, x := range raw {
			if 'A' <= x && x <= 'Z' {
				x += 'a' - 'A'
			}
			low[i] = x
		}
		if e, ok := extensions[string(low[:len(raw)])]; ok {
			return clean, e.name
		}
	}
	return clean, c.Text(sense.ClassName, raw)
}

// share reads the path of a share, \\server\share.
func (s *stream) share(c *sense.Context, up sense.Dir, r *request, path []byte) {
	path = bytes.TrimLeft(path, `\`)
	server, name, ok := bytes.Cut(path, []byte(`\`))
	if !ok {
		server, name = nil, path
	}
	if len(server) > 0 && !isAddress(server) {
		c.Sight(up.Other(), "smb tree connect path", hostFact(c, server, 50))
	}
	up8 := bytes.ToUpper(name)
	if known, ok := shares[string(up8)]; ok {
		r.name, r.pipe = known, known == "IPC$"
	} else if len(up8) == 2 && up8[1] == '$' && up8[0] >= 'A' && up8[0] <= 'Z' {
		r.name = string(up8)
	} else {
		r.name = c.Text(sense.ClassPath, name)
	}
}

// isAddress reports an IPv4 or IPv6 address in the place of a host name.
func isAddress(b []byte) bool {
	for _, x := range b {
		if x != '.' && x != ':' && (x < '0' || x > '9') {
			return false
		}
	}
	return true
}

// connected keeps a share that the server has opened.
func (s *stream) connected(c *sense.Context, up sense.Dir, r *request, id uint32, kind string, encrypted bool) {
	if s.trees == nil {
		s.trees = map[uint32]tree{}
	}
	if _, ok := s.trees[id]; !ok && len(s.trees) >= maxTrees {
		c.Limit("smb.trees")
	} else {
		s.trees[id] = tree{name: r.name, pipe: kind == "pipe" || r.pipe}
	}
	r.info = kind
	switch kind {
	case "disk":
		c.Sight(up.Other(), "smb tree connect", ward.Fact{Field: ward.FieldRole, Value: "file server", Confidence: 60})
	case "printer":
		c.Sight(up.Other(), "smb tree connect", ward.Fact{Field: ward.FieldRole, Value: "print server", Confidence: 60})
	}
	if encrypted {
		c.Sight(up.Other(), "smb tree connect", ward.Fact{Field: ward.FieldService, Value: "smb encrypted share", Confidence: 90})
	}
}

// create starts an open file for a request to open it.
func (s *stream) create(c *sense.Context, up sense.Dir, r *request, name []byte, disposition, options uint32) *open {
	o := s.newOpen(c, up)
	t := s.trees[r.tree]
	o.share, o.actor = t.name, r.actor
	o.dir, o.doomed = options&1 != 0, options&0x1000 != 0
	if p, ok := pipeName(name); ok && (t.pipe || t.name == "") {
		o.pipe, o.name = true, p
	} else if t.pipe {
		o.pipe, o.name = true, c.Text(sense.ClassPath, name)
	} else {
		o.name, o.ext = s.path(c, name)
		o.kind = kindOf(o.ext)
	}
	r.act, r.open = actCreate, o
	if disposition < uint32(len(dispositions)) {
		r.info = dispositions[disposition]
	}
	return o
}

// pipeName returns the known name of a pipe.
func pipeName(name []byte) (string, bool) {
	name = bytes.TrimLeft(name, `\`)
	var low [24]byte
	if len(name) > len(low) {
		return "", false
	}
	for i, x := range name {
		if 'A' <= x && x <= 'Z' {
			x += 'a' - 'A'
		}
		low[i] = x
	}
	p, ok := pipes[string(low[:len(name)])]
	return p, ok
}

// hostFact is a host name as evidence.
func hostFact(c *sense.Context, name []byte, confidence uint8) ward.Fact {
	return ward.Fact{Field: ward.FieldHostname, Value: c.Text(sense.ClassHost, name), Confidence: confidence}
}
