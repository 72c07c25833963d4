// Package ssh reads what SSH says before encryption: identification strings (RFC
// 4253 section 4.2), algorithm negotiation (section 7.1), and the server's host
// key (section 8, RFC 4419 section 3, RFC 5656 section 4). Fingerprints are HASSH
// and hasshServer (BSD-3-Clause, Salesforce). Whether a login succeeded is
// encrypted and cannot be seen.
package ssh

import (
	"bytes"
	"encoding/binary"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Analyzer returns the SSH analyzer.
func Analyzer() sense.Analyzer {
	return sense.Analyzer{
		Name: "ssh", Doc: "SSH transport (RFC 4253), HASSH", Transports: sense.TCP, Ports: []uint16{22, 2222, 8022},
		Probe: probe, NewStream: func(*sense.Context) sense.Stream { return &stream{} },
	}
}

// Caps.
const (
	maxLine   = 1024    // RFC 4253 section 4.2 allows 255
	maxLines  = 64      // before the identification string
	maxPacket = 1 << 16 // one packet that is read; negotiation fits in 35000
)

// Message numbers, RFC 4253 section 12 and RFC 4419.
const (
	msgKexInit   = 20
	msgNewKeys   = 21
	msgReply     = 31
	msgGroupData = 33
)

const port = 22

var sshID = []byte("SSH-")

func probe(dir sense.Dir, b []byte, at uint16) sense.Verdict {
	if len(b) < len(sshID) {
		if bytes.HasPrefix(sshID, b) || dir == sense.ToClient && at == port {
			return sense.More
		}
		return sense.No
	}
	if bytes.HasPrefix(b, sshID) {
		if len(b) < 7 {
			return sense.More
		}
		if (b[4] == '1' || b[4] == '2') && b[5] == '.' && b[6] >= '0' && b[6] <= '9' {
			return sense.Yes
		}
		return sense.No
	}
	// A server may send lines of text first.
	if dir == sense.ToClient && at == port && text(b) {
		if bytes.Contains(b, []byte("\nSSH-2.0-")) || bytes.Contains(b, []byte("\nSSH-1.99-")) {
			return sense.Yes
		}
		return sense.More
	}
	return sense.No
}

func text(b []byte) bool {
	for _, v := range b {
		if v == 0 {
			return false
		}
		if v == '\n' {
			return true
		}
	}
	return true
}

// side is the state of one direction.
type side struct {
	lines    sense.Lines
	frames   sense.Framer
	lineN    int
	hasID    bool
	old      bool // SSH-1 only: nothing after the identification is read
	both     bool // SSH-1 and SSH-2
	over     bool // keys taken into use, or the place in the stream is lost
	banner   string
	hassh    string
	kexInit  bool
	offers   [5][]byte
	offerMem sense.Buffer
}

type stream struct {
	sides   [2]side
	hostKey string
	done    bool
}

// Data implements sense.Stream.
func (s *stream) Data(c *sense.Context, dir sense.Dir, b []byte) {
	d := &s.sides[dir]
	for len(b) > 0 && !d.over && !d.hasID {
		line, rest, ok := d.lines.Next(c, b, maxLine, "ssh.line-bytes")
		if !ok {
			return
		}
		b = rest
		s.line(c, dir, line)
	}
	for !d.over {
		msg, rest, v := d.frames.Next(c, b, maxPacket, "ssh.packet-bytes", packetSize)
		switch v {
		case sense.More:
			return
		case sense.No:
			if !s.mayBeOld() {
				c.Anomaly(dir, "ssh.bad-packet", "packet length out of bounds before encryption")
			}
			s.end(c, dir)
			return
		}
		b = rest
		s.packet(c, dir, msg)
	}
}

// packetSize reads RFC 4253 section 6's packet_length.
func packetSize(b []byte) int {
	if len(b) < 6 {
		return 0
	}
	n := binary.BigEndian.Uint32(b)
	if n < 5 || n > 1<<20 || int(b[4]) >= int(n)-1 {
		return -1
	}
	return int(n) + 4
}

func (s *stream) line(c *sense.Context, dir sense.Dir, line []byte) {
	d := &s.sides[dir]
	if !bytes.HasPrefix(line, sshID) {
		if d.lineN++; d.lineN > maxLines || dir == sense.ToServer {
			c.Anomaly(dir, "ssh.no-identification", "")
			s.end(c, dir)
		}
		return
	}
	d.hasID = true
	c.Message()
	parts := bytes.SplitN(line, []byte{'-'}, 3)
	if len(parts) < 3 {
		s.end(c, dir)
		return
	}
	d.banner = c.Text(sense.ClassSoftware, parts[2])
	service := ""
	if dir == sense.ToClient {
		service = "ssh"
	}
	c.Sight(dir, "ssh identification",
		ward.Fact{Field: ward.FieldProduct, Value: d.banner, Confidence: 75},
		ward.Fact{Field: ward.FieldService, Value: service, Confidence: 95},
		ward.Fact{Field: ward.FieldService, Value: oldService(dir, parts[1]), Confidence: 90})
	d.both = string(parts[1]) == "1.99"
	if !d.both && len(parts[1]) > 0 && parts[1][0] == '1' {
		d.old = true
		s.end(c, dir)
	}
}

// mayBeOld reports that packets may be SSH-1's, which have another form.
func (s *stream) mayBeOld() bool { return s.sides[0].both || s.sides[1].both }

// oldService names a server that speaks SSH-1, alone or beside SSH-2.
func oldService(dir sense.Dir, version []byte) string {
	if dir == sense.ToClient && len(version) > 0 && version[0] == '1' {
		return "ssh 1"
	}
	return ""
}

func (s *stream) packet(c *sense.Context, dir sense.Dir, b []byte) {
	payload := b[5 : len(b)-int(b[4])]
	if len(payload) == 0 {
		return
	}
	switch kind, body := payload[0], payload[1:]; kind {
	case msgKexInit:
		s.kexInit(c, dir, body)
	case msgReply, msgGroupData:
		if dir == sense.ToClient {
			s.serverKey(c, body)
		}
	case msgNewKeys:
		c.Message()
		s.end(c, dir)
	}
}

// serverKey takes the host key that a key exchange reply starts with. Type 31 may
// be a group instead: then no key type stands there.
func (s *stream) serverKey(c *sense.Context, b []byte) {
	blob, _, ok := str(b)
	if !ok {
		return
	}
	name, _, ok := str(blob)
	if !ok || s.hostKey != "" {
		return
	}
	known := algorithm(string(name))
	if known == "" {
		return
	}
	s.hostKey = known
	h := c.Hasher()
	h.Write(blob)
	var sum [32]byte
	h.Sum(&sum)
	c.FreeHasher(h)
	c.Sight(sense.ToClient, "ssh host key", ward.Fact{Field: ward.FieldFingerprint, Value: "ssh-hostkey " + hexOf(sum[:16]), Confidence: 90})
}

// str reads RFC 4251 section 5's string.
func str(b []byte) (v, rest []byte, ok bool) {
	if len(b) < 4 {
		return nil, nil, false
	}
	n := binary.BigEndian.Uint32(b)
	if uint64(n) > uint64(len(b)-4) {
		return nil, nil, false
	}
	return b[4 : 4+n], b[4+n:], true
}

// end says that nothing more of a direction can be read.
func (s *stream) end(c *sense.Context, dir sense.Dir) {
	s.sides[dir].over = true
	if s.sides[dir.Other()].over || s.sides[dir].old {
		s.finish(c)
		c.Done()
	}
}

// finish emits the handshake once.
func (s *stream) finish(c *sense.Context) {
	up, down := &s.sides[sense.ToServer], &s.sides[sense.ToClient]
	if s.done || !up.hasID && !down.hasID {
		return
	}
	s.done = true
	a := c.Act(sense.ToServer, "handshake")
	if up.over && down.over && up.kexInit && down.kexInit {
		a.Outcome = "ok"
	}
	attrs := make([]ward.Attr, 0, 8)
	add := func(name, value string) {
		if value != "" {
			attrs = append(attrs, ward.Attr{Name: name, Value: value})
		}
	}
	add("client", up.banner)
	add("server", down.banner)
	names := [...]string{"kex", "host_key", "cipher", "mac"}
	for i, name := range names {
		add(name, s.negotiated(c, i))
	}
	add("hassh", up.hassh)
	add("hasshserver", down.hassh)
	a.Attrs = c.Attrs(attrs...)
}

// Gap implements sense.Stream.
func (s *stream) Gap(c *sense.Context, dir sense.Dir, n int64) {
	d := &s.sides[dir]
	if d.over || d.hasID && d.frames.Gap(n) {
		return
	}
	s.end(c, dir)
}

// Close implements sense.Stream.
func (s *stream) Close(c *sense.Context) {
	s.finish(c)
	for i := range s.sides {
		d := &s.sides[i]
		d.lines.Free(c)
		d.frames.Free(c)
		d.offerMem.Free(c)
	}
}
