package tls

import (
	"encoding/binary"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Lengths of DTLS headers, RFC 6347 section 4.
const (
	recordHeaderD    = 13
	handshakeHeaderD = 12
)

func probeDTLS(_ sense.Dir, b []byte, _ uint16) sense.Verdict {
	r, ok := recordD(b)
	if !ok {
		return sense.No
	}
	if r.kind == recordHandshake && r.epoch == 0 {
		return verdict(len(r.body) >= handshakeHeaderD && r.body[0] <= 24)
	}
	// Midstream: the datagram must be whole records.
	rest := b[recordHeaderD+len(r.body):]
	if len(rest) == 0 {
		return verdict(len(r.body) > 1)
	}
	_, ok = recordD(rest)
	return verdict(ok)
}

type datagramRecord struct {
	kind  byte
	epoch uint16
	body  []byte
}

// recordD reads the DTLS record that b starts with.
func recordD(b []byte) (r datagramRecord, ok bool) {
	if len(b) < recordHeaderD || b[0] < recordCCS || b[0] > recordHeartbeat || b[1] != 0xfe || b[2] < 0xfd {
		return r, false
	}
	n := int(binary.BigEndian.Uint16(b[11:]))
	if n > len(b)-recordHeaderD {
		return r, false
	}
	return datagramRecord{b[0], binary.BigEndian.Uint16(b[3:]), b[recordHeaderD : recordHeaderD+n]}, true
}

// fragments is a handshake message that comes in parts (RFC 6347 section 4.2.3).
type fragments struct {
	buf   sense.Buffer
	seq   uint16
	kind  byte
	whole int
}

// datagrams reads DTLS hellos and certificates.
type datagrams struct {
	hs     handshake
	sealed [2]bool
	parts  [2]fragments
}

// Datagram implements sense.Datagrams.
func (s *datagrams) Datagram(c *sense.Context, dir sense.Dir, b []byte) {
	for {
		r, ok := recordD(b)
		if !ok {
			return
		}
		b = b[recordHeaderD+len(r.body):]
		switch {
		case r.epoch > 0 || r.kind == recordCCS:
			s.hs.changeCipher(dir)
			if s.sealed[dir] = true; s.sealed[dir.Other()] {
				s.hs.finish(c, "ok")
				c.Done()
				return
			}
		case r.kind == recordAlert && len(r.body) == 2:
			s.hs.alerted(c, dir, r.body[0], r.body[1])
		case r.kind == recordHandshake:
			s.handshake(c, dir, r.body)
		}
	}
}

// handshake reads the messages or fragments of a record, RFC 6347 section 4.2.2.
func (s *datagrams) handshake(c *sense.Context, dir sense.Dir, b []byte) {
	for len(b) >= handshakeHeaderD {
		kind := b[0]
		h := cursor{b: b[1:]}
		whole, seq, offset := h.u24(), h.u16(), h.u24()
		body := h.take(h.u24())
		if h.bad {
			return
		}
		b = h.b
		if kind != typeClientHello && kind != typeServerHello && kind != typeCertificate {
			continue
		}
		if offset == 0 && len(body) == whole {
			s.message(c, dir, kind, body)
			continue
		}
		s.fragment(c, dir, kind, seq, whole, offset, body)
	}
}

// fragment joins what comes in order; other fragments are passed over, since they
// are sent again as a rule.
func (s *datagrams) fragment(c *sense.Context, dir sense.Dir, kind byte, seq uint16, whole, offset int, body []byte) {
	p := &s.parts[dir]
	if offset == 0 {
		p.buf.Reset()
		p.seq, p.kind, p.whole = seq, kind, whole
	}
	if p.kind != kind || p.seq != seq || p.whole != whole || offset != p.buf.Len() ||
		!p.buf.Append(c, body, min(whole, maxHandshake), "dtls.handshake-bytes") {
		return
	}
	if p.buf.Len() == whole {
		s.message(c, dir, kind, p.buf.Bytes())
		p.kind = 0
		p.buf.Reset()
	}
}

func (s *datagrams) message(c *sense.Context, dir sense.Dir, kind byte, body []byte) {
	ok := true
	switch {
	case kind == typeClientHello && dir == sense.ToServer:
		ok = s.hs.clientHello(c, body, 'd')
	case kind == typeServerHello && dir == sense.ToClient:
		ok = s.hs.serverHello(body)
	case kind == typeCertificate:
		s.hs.certificate = s.hs.certificate || dir == sense.ToClient
		ok = certificates(c, dir, body)
	}
	if !ok {
		c.Anomaly(dir, "dtls.bad-handshake", "a handshake message whose lengths do not fit")
	}
}

// Close implements sense.Datagrams.
func (s *datagrams) Close(c *sense.Context) {
	s.hs.finish(c, "")
	s.parts[0].buf.Free(c)
	s.parts[1].buf.Free(c)
}

// QUIC versions: 1, 2, drafts and Google's own (RFC 9000 section 15, RFC 9369).
func quicVersion(v uint32) string {
	switch {
	case v == 1:
		return "quic 1"
	case v == 0x6b3343cf:
		return "quic 2"
	case v>>8 == 0xff0000 && v&0xff >= 22:
		return "quic draft"
	case v>>24 == 'Q' && v>>16&0xff == '0':
		return "gquic"
	}
	return ""
}

// probeQUIC wants a long header with the fixed bit, a known version, connection
// IDs within 20 bytes and, from the client, the datagram size of an Initial.
func probeQUIC(dir sense.Dir, b []byte, _ uint16) sense.Verdict {
	v, ok := quicHeader(b)
	return verdict(ok && quicVersion(v) != "" && (dir == sense.ToClient || len(b) >= 1200))
}

// quicHeader reads RFC 9000 section 17.2's invariant part.
func quicHeader(b []byte) (version uint32, ok bool) {
	if len(b) < 7 || b[0]&0xc0 != 0xc0 {
		return 0, false
	}
	r := cursor{b: b[5:]}
	dst, src := r.vec8(), r.vec8()
	return binary.BigEndian.Uint32(b[1:]), !r.bad && len(dst) <= 20 && len(src) <= 20 && len(r.b) > 0
}

// quic says once that a conversation is QUIC, and its version. What is inside is
// protected from the first packet on and is left alone.
type quic struct {
	version string
	seen    [2]bool
	done    bool
}

// Datagram implements sense.Datagrams.
func (q *quic) Datagram(c *sense.Context, dir sense.Dir, b []byte) {
	v, ok := quicHeader(b)
	if ok {
		if name := quicVersion(v); name != "" {
			q.version = name
		}
	}
	q.seen[dir] = true
	if q.seen[dir.Other()] {
		q.emit(c, "ok")
	}
}

func (q *quic) emit(c *sense.Context, outcome string) {
	if q.done || q.version == "" {
		return
	}
	q.done = true
	c.Message()
	a := c.Act(sense.ToServer, "handshake")
	a.Outcome = outcome
	a.Attrs = c.Attrs(ward.Attr{Name: "version", Value: q.version})
	c.Done()
}

// Close implements sense.Datagrams.
func (q *quic) Close(c *sense.Context) { q.emit(c, "") }
