// Package tls reads the part of TLS that is in the clear: SSL 2.0 and 3.0 hellos
// (RFC 6101), TLS 1.0 to 1.2 (RFC 2246, 4346, 5246 sections 6.2 and 7.4), TLS 1.3
// (RFC 8446 sections 4.1, 4.2, 5.1), server name and ALPN (RFC 6066 section 3, RFC
// 7301), heartbeats (RFC 6520 section 4), certificates (RFC 5280), DTLS hellos
// (RFC 6347 section 4, RFC 9147) and QUIC's first packets (RFC 9000 section 17.2).
//
// The client's fingerprint is JA4 (TLS client only, BSD-3-Clause, FoxIO).
package tls

import (
	"encoding/binary"

	"wardkeeper/sense"
)

// Analyzers returns the analyzers for TLS, DTLS and QUIC.
func Analyzers() []sense.Analyzer {
	return []sense.Analyzer{
		{
			Name: "tls", Doc: "SSL 2.0, 3.0; TLS 1.0 to 1.3 (RFC 5246, RFC 8446)", Transports: sense.TCP,
			Ports: []uint16{443, 2762, 8443, 636, 993, 995, 465, 6514, 8883, 2575, 3269, 5986, 853},
			Probe: probe, NewStream: func(*sense.Context) sense.Stream { return &stream{} },
		},
		{
			Name: "dtls", Doc: "DTLS 1.0 to 1.3 hellos (RFC 6347, RFC 9147)", Transports: sense.UDP, Ports: []uint16{4433, 5684, 3391},
			Probe: probeDTLS, NewDatagrams: func(*sense.Context) sense.Datagrams { return &datagrams{} },
		},
		{
			Name: "quic", Doc: "QUIC long headers (RFC 9000 section 17.2, RFC 9369)", Transports: sense.UDP, Ports: []uint16{443},
			Probe: probeQUIC, NewDatagrams: func(*sense.Context) sense.Datagrams { return &quic{} },
		},
	}
}

// Record types, RFC 5246 section 6.2.1 and RFC 6520.
const (
	recordCCS       = 20
	recordAlert     = 21
	recordHandshake = 22
	recordData      = 23
	recordHeartbeat = 24
)

// Caps.
const (
	maxRecord     = 1<<14 + 2048 // RFC 5246 section 6.2.3
	maxHandshake  = 1 << 17      // one handshake message that is read
	patience      = 8            // sealed records waited for the other side's hello
	heartbeatKept = 3 + 16       // header and least padding of a heartbeat
)

// header reads a record header: its type and length; ok is false if b (at least
// five bytes) does not start with one.
func header(b []byte) (kind byte, n int, ok bool) {
	n = int(binary.BigEndian.Uint16(b[3:]))
	return b[0], n, b[0] >= recordCCS && b[0] <= recordHeartbeat && b[1] == 3 && b[2] <= 4 && n <= maxRecord
}

func probe(dir sense.Dir, b []byte, port uint16) sense.Verdict {
	if len(b) > 0 && b[0]&0x80 != 0 {
		return probeSSL2(dir, b)
	}
	if len(b) < 3 {
		if len(b) > 0 && (b[0] < recordCCS || b[0] > recordHeartbeat) || len(b) > 1 && b[1] != 3 {
			return sense.No
		}
		return sense.More
	}
	if b[1] != 3 || b[2] > 4 {
		return sense.No
	}
	if len(b) < 5 {
		return sense.More
	}
	kind, n, ok := header(b)
	if !ok || n == 0 {
		return sense.No
	}
	switch kind {
	case recordHandshake:
		return probeHello(dir, b, n)
	case recordAlert:
		if n == 2 && len(b) >= 7 {
			return verdict(b[5] == 1 || b[5] == 2)
		}
	}
	return probeChain(b)
}

func verdict(ok bool) sense.Verdict {
	if ok {
		return sense.Yes
	}
	return sense.No
}

// probeHello wants a hello with a believable length and version, or, midstream,
// a chain of records.
func probeHello(dir sense.Dir, b []byte, n int) sense.Verdict {
	if n < 4 {
		return verdict(n > 0 && len(b) > 5 && b[5] <= 2)
	}
	if len(b) < 11 {
		return sense.More
	}
	want := byte(typeClientHello)
	if dir == sense.ToClient {
		want = typeServerHello
	}
	if b[5] == want && b[6] == 0 && b[9] == 3 && b[10] <= 4 {
		return sense.Yes
	}
	return probeChain(b)
}

// probeChain recognises the middle of a conversation: two records that fit
// together, or one that ends with what was seen.
func probeChain(b []byte) sense.Verdict {
	_, n, _ := header(b)
	end := 5 + n
	switch {
	case end == len(b):
		return verdict(n >= 16 || b[0] != recordData)
	case end > len(b):
		return sense.More
	case end+5 > len(b):
		return sense.More
	}
	_, _, ok := header(b[end:])
	return verdict(ok && b[end+2] == b[2])
}

// probeSSL2 wants an SSL 2.0 style hello whose lengths add up.
func probeSSL2(dir sense.Dir, b []byte) sense.Verdict {
	if len(b) < 11 {
		if len(b) >= 3 && b[2] != typeClientHello && b[2] != typeServerHello2 {
			return sense.No
		}
		return sense.More
	}
	_, ok := ssl2Hello(dir, b)
	return verdict(ok)
}

// ssl2Hello checks an SSL 2.0 hello's header and returns its record's length.
func ssl2Hello(dir sense.Dir, b []byte) (n int, ok bool) {
	u16 := func(i int) int { return int(binary.BigEndian.Uint16(b[i:])) }
	n = u16(0) & 0x7fff
	if dir == sense.ToServer {
		version, ciphers, session, challenge := u16(3), u16(5), u16(7), u16(9)
		return n + 2, b[2] == typeClientHello && (version == 2 || version>>8 == 3 && version&0xff <= 4) &&
			ciphers%3 == 0 && ciphers > 0 && (session == 0 || session == 16) && challenge >= 16 && challenge <= 32 &&
			n == 9+ciphers+session+challenge
	}
	// Server: type, hit, certificate type, version, three lengths.
	return n + 2, b[2] == typeServerHello2 && b[3] <= 1 && b[4] <= 1 && u16(5) == 2 && n >= 11
}

// side is the state of one direction.
type side struct {
	head   [11]byte // a record header (or SSL 2.0 hello) that came in parts
	headN  int
	kind   byte
	left   int  // of the current record
	sealed bool // no more of this side is in the clear or worth reading
	lost   bool // a gap or misfit: the place in the stream is not known
	ccs    bool
	any    bool // a record was seen
	count  int  // sealed records

	beat    [3]byte // the start of a plain heartbeat
	beatN   int
	beatLen int // record length of the last heartbeat
	alert   [2]byte
	alertN  int

	// Handshake messages may span records.
	msg      sense.Buffer
	msgHead  [4]byte
	msgHeadN int
	msgLeft  int
	msgKeep  bool
	msgWhole int
}

type stream struct {
	sides [2]side
	hs    handshake
}

// Data implements sense.Stream.
func (s *stream) Data(c *sense.Context, dir sense.Dir, b []byte) {
	d := &s.sides[dir]
	for len(b) > 0 && !d.lost && !c.TakeDone() {
		if d.left > 0 {
			n := min(d.left, len(b))
			d.left -= n
			s.payload(c, dir, b[:n])
			b = b[n:]
			if d.left == 0 {
				s.recordEnd(c, dir)
			}
			continue
		}
		n := s.header(c, dir, b)
		b = b[n:]
	}
}

// header takes a record header from b and returns how many bytes it used.
func (s *stream) header(c *sense.Context, dir sense.Dir, b []byte) int {
	d := &s.sides[dir]
	want := 5
	if !d.any && (d.headN > 0 && d.head[0]&0x80 != 0 || d.headN == 0 && b[0]&0x80 != 0) {
		want = 11
	}
	h, used := d.head[:want], want
	if d.headN == 0 && len(b) >= want {
		h = b[:want]
	} else {
		used = copy(h[d.headN:], b)
		d.headN += used
		if d.headN < want {
			return used
		}
	}
	d.headN = 0
	if want == 11 {
		s.ssl2(c, dir, h)
		return used
	}
	kind, n, ok := header(h)
	if !ok {
		s.misfit(c, dir)
		return used
	}
	d.any, d.kind, d.left = true, kind, n
	s.recordStart(c, dir)
	return used
}

func (s *stream) misfit(c *sense.Context, dir sense.Dir) {
	if !c.Midstream() && !s.hs.done {
		c.Anomaly(dir, "tls.bad-record", "bytes that are no TLS record before the handshake's end")
	}
	s.lose(c, dir)
}

// lose gives a direction up.
func (s *stream) lose(c *sense.Context, dir sense.Dir) {
	d := &s.sides[dir]
	d.lost, d.sealed = true, true
	d.msg.Free(c)
	s.settle(c)
}

// ssl2 takes an SSL 2.0 hello, which only the first record of a side can be.
func (s *stream) ssl2(c *sense.Context, dir sense.Dir, h []byte) {
	d := &s.sides[dir]
	n, ok := ssl2Hello(dir, h)
	if !ok {
		s.misfit(c, dir)
		return
	}
	d.any, d.kind, d.left = true, 0, n-len(h)
	if dir == sense.ToServer {
		s.hs.ssl2Client(binary.BigEndian.Uint16(h[3:]))
		return
	}
	s.hs.ssl2Server(c)
	d.sealed, s.sides[sense.ToServer].sealed = true, true
	s.settle(c)
}

// encrypted reports whether dir's handshake records are unreadable by now.
func (s *stream) encrypted(dir sense.Dir) bool {
	return s.sides[dir].ccs && s.hs.version != version13
}

func (s *stream) recordStart(c *sense.Context, dir sense.Dir) {
	d := &s.sides[dir]
	d.beatN, d.alertN = 0, 0
	switch d.kind {
	case recordCCS:
		s.hs.changeCipher(dir)
		d.ccs = true
		if s.hs.version != 0 && s.hs.version != version13 {
			d.sealed = true
		}
		s.settle(c)
	case recordData:
		d.sealed = true
		s.settle(c)
	case recordHeartbeat:
		s.heartbeatStart(c, dir)
	}
	if d.sealed {
		d.count++
		s.settle(c)
	}
	if d.left == 0 {
		s.recordEnd(c, dir)
	}
}

// settle ends the handshake and the analysis when nothing in the clear is left.
func (s *stream) settle(c *sense.Context) {
	up, down := &s.sides[sense.ToServer], &s.sides[sense.ToClient]
	over := up.sealed && down.sealed ||
		up.count > patience || down.count > patience // one side was not captured
	if !over {
		return
	}
	s.hs.finish(c, s.outcome())
	// Where heartbeats were agreed on, their record lengths stay worth watching.
	if !s.hs.heartbeat || up.lost && down.lost {
		c.Done()
	}
}

// outcome is "ok" when both sides were seen to go on under encryption.
func (s *stream) outcome() string {
	for i := range s.sides {
		if d := &s.sides[i]; d.lost || !d.sealed {
			return ""
		}
	}
	return "ok"
}

func (s *stream) payload(c *sense.Context, dir sense.Dir, b []byte) {
	d := &s.sides[dir]
	switch d.kind {
	case recordHandshake:
		if !s.encrypted(dir) && !d.sealed {
			s.handshakeBytes(c, dir, b)
		}
	case recordAlert:
		if !s.encrypted(dir) && !d.sealed {
			d.alertN += copy(d.alert[min(d.alertN, 2):], b)
		}
	case recordHeartbeat:
		if d.beatN < len(d.beat) {
			d.beatN += copy(d.beat[d.beatN:], b)
			if d.beatN == len(d.beat) {
				s.heartbeatHead(c, dir)
			}
		}
	}
}

func (s *stream) recordEnd(c *sense.Context, dir sense.Dir) {
	d := &s.sides[dir]
	if d.kind == recordAlert && d.alertN == 2 {
		d.alertN = 0
		s.hs.alerted(c, dir, d.alert[0], d.alert[1])
	}
}

// heartbeatStart compares lengths, which encryption does not hide: a reply that
// is longer than its request has read more than it was sent.
func (s *stream) heartbeatStart(c *sense.Context, dir sense.Dir) {
	d, peer := &s.sides[dir], &s.sides[dir.Other()]
	if s.encrypted(dir) && peer.beatLen > 0 && d.left > peer.beatLen {
		c.Anomaly(dir.Other(), "tls.heartbeat-overread", "encrypted heartbeat answered with more than was sent")
	}
	d.beatLen = d.left
}

// heartbeatHead checks a plain request's length against its record (CVE-2014-0160).
func (s *stream) heartbeatHead(c *sense.Context, dir sense.Dir) {
	d := &s.sides[dir]
	if s.encrypted(dir) || d.sealed || d.beat[0] != 1 {
		return
	}
	if int(binary.BigEndian.Uint16(d.beat[1:]))+heartbeatKept > d.beatLen {
		c.Anomaly(dir, "tls.heartbeat-overread", "heartbeat request states more than it carries")
	}
}

// Gap implements sense.Stream.
func (s *stream) Gap(c *sense.Context, dir sense.Dir, n int64) {
	d := &s.sides[dir]
	if d.lost {
		return
	}
	skippable := d.kind == recordData || d.sealed || d.kind == recordHandshake && d.msgLeft > 0 && !d.msgKeep && n <= int64(d.msgLeft)
	if n >= 0 && d.left > 0 && n <= int64(d.left) && skippable {
		d.left -= int(n)
		if d.kind == recordHandshake {
			d.msgLeft = max(0, d.msgLeft-int(n))
		}
		return
	}
	s.lose(c, dir)
}

// Close implements sense.Stream.
func (s *stream) Close(c *sense.Context) {
	s.hs.finish(c, s.outcome())
	for i := range s.sides {
		s.sides[i].msg.Free(c)
	}
}
