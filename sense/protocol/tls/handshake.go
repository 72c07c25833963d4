package tls

import (
	"bytes"
	"encoding/binary"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Handshake message types, RFC 8446 section 4.
const (
	typeClientHello  = 1
	typeServerHello  = 2
	typeServerHello2 = 4 // SSL 2.0
	typeCertificate  = 11
)

// Versions as on the wire.
const (
	versionSSL2 = 0x0002
	versionSSL3 = 0x0300
	version10   = 0x0301
	version11   = 0x0302
	version12   = 0x0303
	version13   = 0x0304
	versionD10  = 0xfeff
	versionD12  = 0xfefd
	versionD13  = 0xfefc
)

// versionName returns the usual name; "" for none that is known.
func versionName(v uint16) string {
	switch v {
	case versionSSL2:
		return "ssl 2.0"
	case versionSSL3:
		return "ssl 3.0"
	case version10:
		return "tls 1.0"
	case version11:
		return "tls 1.1"
	case version12:
		return "tls 1.2"
	case version13:
		return "tls 1.3"
	case versionD10:
		return "dtls 1.0"
	case versionD12:
		return "dtls 1.2"
	case versionD13:
		return "dtls 1.3"
	}
	if v>>8 == 0x7f { // drafts of 1.3
		return "tls 1.3"
	}
	return ""
}

// weakService names a chosen version that should no longer be offered.
func weakService(v uint16) string {
	switch v {
	case versionSSL2, versionSSL3, version10, version11, versionD10:
		return versionName(v)
	}
	return ""
}

// handshake collects what both sides said until it is emitted.
type handshake struct {
	client, server bool // hello seen
	retry          bool // the server asked for another hello
	offered        uint16
	version        uint16 // chosen; 0 while not known
	cipher         uint16
	sni            string
	alpn           string
	ja4            string
	session        [32]byte // offered session ID
	sessionN       int
	resumed        bool
	certificate    bool // the server sent one
	echoed         bool // the server echoed the session ID
	heartbeat      bool
	ccs            [2]bool
	done           bool // emitted
}

// handshakeBytes assembles messages from the payload of handshake records.
func (s *stream) handshakeBytes(c *sense.Context, dir sense.Dir, b []byte) {
	d := &s.sides[dir]
	for len(b) > 0 {
		if d.msgHeadN < 4 {
			n := copy(d.msgHead[d.msgHeadN:], b)
			d.msgHeadN += n
			b = b[n:]
			if d.msgHeadN < 4 {
				return
			}
			s.messageStart(c, dir)
		}
		n := min(d.msgLeft, len(b))
		if n == d.msgWhole { // in one piece: no copy
			s.message(c, dir, b[:n])
		} else if d.msgKeep && d.msg.Append(c, b[:n], maxHandshake, "tls.handshake-bytes") {
			if n == d.msgLeft {
				s.message(c, dir, d.msg.Bytes())
			}
		} else {
			d.msgKeep = false
		}
		d.msgLeft -= n
		b = b[n:]
		if d.msgLeft == 0 {
			d.msg.Reset()
			d.msgHeadN = 0
		}
	}
}

func (s *stream) messageStart(c *sense.Context, dir sense.Dir) {
	d := &s.sides[dir]
	d.msgWhole = int(d.msgHead[1])<<16 | int(d.msgHead[2])<<8 | int(d.msgHead[3])
	d.msgLeft = d.msgWhole
	switch d.msgHead[0] {
	case typeClientHello, typeServerHello, typeCertificate:
		d.msgKeep = d.msgWhole <= maxHandshake
		if !d.msgKeep {
			c.Limit("tls.handshake-bytes")
		}
	default:
		d.msgKeep = false
	}
	if d.msgLeft == 0 {
		d.msgHeadN = 0
	}
}

// message takes one whole handshake message without its header.
func (s *stream) message(c *sense.Context, dir sense.Dir, b []byte) {
	ok := true
	switch kind := s.sides[dir].msgHead[0]; {
	case kind == typeClientHello && dir == sense.ToServer:
		ok = s.hs.clientHello(c, b, 't')
	case kind == typeServerHello && dir == sense.ToClient:
		ok = s.hs.serverHello(b)
	case kind == typeCertificate:
		if dir == sense.ToClient {
			s.hs.certificate = true
		}
		ok = certificates(c, dir, b)
	}
	if !ok {
		c.Anomaly(dir, "tls.bad-handshake", "a handshake message whose lengths do not fit")
	}
}

// cursor reads length-prefixed fields; after a misfit everything is empty and
// bad is set.
type cursor struct {
	b   []byte
	bad bool
}

func (r *cursor) take(n int) []byte {
	if n > len(r.b) {
		r.b, r.bad = nil, true
		return nil
	}
	v := r.b[:n]
	r.b = r.b[n:]
	return v
}

func (r *cursor) u8() int {
	if v := r.take(1); v != nil {
		return int(v[0])
	}
	return 0
}

func (r *cursor) u16() uint16 {
	if v := r.take(2); v != nil {
		return binary.BigEndian.Uint16(v)
	}
	return 0
}

func (r *cursor) u24() int {
	if v := r.take(3); v != nil {
		return int(v[0])<<16 | int(v[1])<<8 | int(v[2])
	}
	return 0
}

func (r *cursor) vec8() []byte  { return r.take(r.u8()) }
func (r *cursor) vec16() []byte { return r.take(int(r.u16())) }

// extensions returns the block that older hellos do without.
func (r *cursor) extensions() cursor {
	if len(r.b) == 0 {
		return cursor{}
	}
	return cursor{b: r.vec16()}
}

// Extensions, IANA "TLS ExtensionType Values".
const (
	extServerName   = 0
	extSignatures   = 13
	extHeartbeat    = 15
	extALPN         = 16
	extPreSharedKey = 41
	extVersions     = 43
)

// clientHello reads RFC 8446 section 4.1.2; proto is JA4's first letter. Only the
// first hello of a handshake counts.
func (h *handshake) clientHello(c *sense.Context, b []byte, proto byte) bool {
	if h.client {
		return true
	}
	h.client = true
	c.Message()
	var j ja4
	r := cursor{b: b}
	h.offered = r.u16()
	r.take(32)
	h.sessionN = copy(h.session[:], r.vec8())
	if proto == 'd' {
		r.vec8() // cookie, RFC 6347 section 4.2.1
	}
	j.ciphers = r.vec16()
	r.vec8() // compression
	exts := r.extensions()
	for len(exts.b) > 0 {
		t := exts.u16()
		v := exts.vec16()
		if exts.bad {
			break
		}
		j.extension(t)
		switch t {
		case extServerName:
			j.sni = true
			h.sni = c.Text(sense.ClassHost, serverName(v))
		case extALPN:
			l := cursor{b: v}
			list := cursor{b: l.vec16()}
			j.alpn = list.vec8()
		case extSignatures:
			l := cursor{b: v}
			j.signatures = l.vec16()
		case extVersions:
			l := cursor{b: v}
			h.offered = max13(h.offered, l.vec8())
		}
	}
	j.version = h.offered
	h.ja4 = j.String(proto)
	c.Sight(sense.ToServer, "tls client hello", ward.Fact{Field: ward.FieldFingerprint, Value: h.ja4, Confidence: 70})
	return !r.bad && !exts.bad
}

// max13 returns the highest version of a supported_versions list. DTLS counts
// downwards.
func max13(otherwise uint16, list []byte) uint16 {
	var best uint16
	for ; len(list) >= 2; list = list[2:] {
		v := binary.BigEndian.Uint16(list)
		switch {
		case grease(v):
		case best == 0, v>>8 == 0xfe && v < best, v>>8 != 0xfe && v > best:
			best = v
		}
	}
	if best == 0 {
		return otherwise
	}
	return best
}

// serverName returns the first host name of RFC 6066 section 3's list.
func serverName(b []byte) []byte {
	l := cursor{b: b}
	r := cursor{b: l.vec16()}
	for len(r.b) > 0 {
		if kind, name := r.u8(), r.vec16(); kind == 0 {
			return name
		}
	}
	return nil
}

// helloRetry is the random of a HelloRetryRequest, RFC 8446 section 4.1.3.
const helloRetry = "\xcf\x21\xad\x74\xe5\x9a\x61\x11\xbe\x1d\x8c\x02\x1e\x65\xb8\x91\xc2\xa2\x11\x16\x7a\xbb\x8c\x5e\x07\x9e\x09\xe2\xc8\xa8\x33\x9c"

// serverHello reads RFC 8446 section 4.1.3.
func (h *handshake) serverHello(b []byte) bool {
	r := cursor{b: b}
	version := r.u16()
	random := r.take(32)
	session := r.vec8()
	if version>>8 == 0x7f { // drafts before 22 had no session and no compression
		r = cursor{b: b}
		r.take(34)
		h.cipher = r.u16()
	} else {
		h.cipher = r.u16()
		r.u8()
	}
	h.retry = string(random) == helloRetry
	h.echoed = len(session) > 0 && bytes.Equal(session, h.session[:h.sessionN])
	exts := r.extensions()
	for len(exts.b) > 0 {
		t := exts.u16()
		v := exts.vec16()
		switch t {
		case extVersions:
			if len(v) == 2 {
				version = binary.BigEndian.Uint16(v)
			}
		case extALPN:
			l := cursor{b: v}
			list := cursor{b: l.vec16()}
			h.alpn = knownALPN(list.vec8())
		case extPreSharedKey:
			h.resumed = true
		case extHeartbeat:
			h.heartbeat = true
		}
	}
	if version>>8 == 0x7f {
		version = version13
	}
	h.version, h.server = version, !h.retry
	return !r.bad && !exts.bad
}

func (h *handshake) ssl2Client(version uint16) {
	h.client, h.offered = true, version
}

func (h *handshake) ssl2Server(c *sense.Context) {
	h.server, h.version = true, versionSSL2
	h.finish(c, "")
}

// changeCipher notes a resumed session: the server is ready without having sent
// a certificate for the session that the client named.
func (h *handshake) changeCipher(dir sense.Dir) {
	if dir == sense.ToClient && h.server && h.version != version13 && h.echoed && !h.certificate {
		h.resumed = true
	}
	h.ccs[dir] = true
}

// alerted takes a plain alert, RFC 8446 section 6.
func (h *handshake) alerted(c *sense.Context, dir sense.Dir, level, description byte) {
	const closeNotify, userCanceled, noRenegotiation = 0, 90, 100
	if level != 2 || description == closeNotify || description == userCanceled || description == noRenegotiation {
		return
	}
	if h.done {
		return
	}
	by := "client"
	if dir == sense.ToClient {
		by = "server"
	}
	h.emit(c, "failed", by+" "+alertName(description))
	c.Done()
}

// finish emits the handshake once, if a hello was seen at all.
func (h *handshake) finish(c *sense.Context, outcome string) {
	if h.done || !h.client && !h.server {
		return
	}
	if !h.server {
		outcome = ""
	}
	h.emit(c, outcome, "")
}

func (h *handshake) emit(c *sense.Context, outcome, alert string) {
	h.done = true
	if h.server {
		c.Message()
		h.sightServer(c, outcome)
	}
	a := c.Act(sense.ToServer, "handshake")
	a.Outcome = outcome
	var attrs [8]ward.Attr
	n := 0
	add := func(name, value string) {
		if value != "" {
			attrs[n] = ward.Attr{Name: name, Value: value}
			n++
		}
	}
	if h.server {
		add("version", versionName(h.version))
		add("cipher", cipherName(h.version, h.cipher))
	}
	add("offered", versionName(h.offered))
	add("alpn", h.alpn)
	add("sni", h.sni)
	if h.ja4 != "" {
		add("ja4", h.ja4[len("ja4 "):])
	}
	if h.resumed {
		add("resumed", "yes")
	}
	add("alert", alert)
	a.Attrs = c.Attrs(attrs[:n]...)
}

// sightServer says what the server accepted: a version, a cipher, a name.
func (h *handshake) sightServer(c *sense.Context, outcome string) {
	c.Sight(sense.ToClient, "tls server hello",
		ward.Fact{Field: ward.FieldService, Value: weakService(h.version), Confidence: 95},
		ward.Fact{Field: ward.FieldService, Value: weakCipher(h.cipher), Confidence: 95})
	if outcome != "failed" {
		c.Sight(sense.ToClient, "tls server name", ward.Fact{Field: ward.FieldHostname, Value: h.sni, Confidence: 50})
	}
}
