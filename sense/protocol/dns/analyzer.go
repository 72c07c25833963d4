// Package dns reads the domain name system and its relatives: DNS over UDP and
// TCP (RFC 1035 section 4, RFC 2136 for updates), multicast DNS with service
// discovery (RFC 6762 section 18, RFC 6763 section 6), LLMNR (RFC 4795 section 2)
// and the NetBIOS name service (RFC 1002 section 4.2).
//
// Names never leave as they are: an act has the name's shape (length, longest
// label, entropy) and what privacy keeps of its domain and of the rest.
package dns

import (
	"encoding/binary"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Ports by which the relatives are told apart: their messages look alike.
const (
	portDNS   = 53
	portNBNS  = 137
	portMDNS  = 5353
	portLLMNR = 5355
)

// Analyzers returns the four analyzers: dns, mdns, llmnr and nbns.
func Analyzers() []sense.Analyzer {
	return []sense.Analyzer{
		{
			Name: "dns", Doc: "RFC 1035 section 4, RFC 2136, RFC 7766", Transports: sense.UDP | sense.TCP, Ports: []uint16{portDNS},
			Probe:        probeDNS,
			NewDatagrams: newDNS,
			NewStream:    func(*sense.Context) sense.Stream { return &stream{} },
		},
		{
			Name: "mdns", Doc: "RFC 6762 section 18, RFC 6763 section 6", Transports: sense.UDP, Ports: []uint16{portMDNS},
			Probe:        func(_ sense.Dir, b []byte, port uint16) sense.Verdict { return onPort(b, port, portMDNS) },
			NewDatagrams: func(*sense.Context) sense.Datagrams { return mdns{} },
		},
		{
			Name: "llmnr", Doc: "RFC 4795 section 2", Transports: sense.UDP, Ports: []uint16{portLLMNR},
			Probe:        func(_ sense.Dir, b []byte, port uint16) sense.Verdict { return onPort(b, port, portLLMNR) },
			NewDatagrams: func(*sense.Context) sense.Datagrams { return llmnr{} },
		},
		{
			Name: "nbns", Doc: "RFC 1002 section 4.2", Transports: sense.UDP, Ports: []uint16{portNBNS},
			Probe:        probeNBNS,
			NewDatagrams: func(*sense.Context) sense.Datagrams { return nbns{} },
		},
	}
}

// newDNS corrects the choice for an answer that came from a relative's port in a
// conversation of its own, where the query went to a multicast group.
func newDNS(c *sense.Context) sense.Datagrams {
	client, server := c.Ends()
	switch {
	case client.Port == portMDNS || server.Port == portMDNS:
		return mdns{}
	case client.Port == portLLMNR || server.Port == portLLMNR:
		return llmnr{}
	}
	return unicast{}
}

// probeDNS has to tell a datagram or stream without any mark: on port 53 a sound
// header is enough, elsewhere the whole message must fit.
func probeDNS(dir sense.Dir, b []byte, port uint16) sense.Verdict {
	if port == portMDNS || port == portLLMNR || port == portNBNS {
		return sense.No
	}
	if v := datagramVerdict(b, port); v == sense.Yes {
		return v
	}
	return streamVerdict(b, port)
}

func datagramVerdict(b []byte, port uint16) sense.Verdict {
	h, ok := readHeader(b)
	if !ok || !plausible(&h) {
		return sense.No
	}
	if port == portDNS && h.qd == 1 {
		return sense.Yes // malformed ones too: they are looked for
	}
	if rec, ok := firstQuestion(b, &h); ok && h.qd == 1 && rec.class == classIN && typeName(rec.typ) != "other type" &&
		!isNetBIOS(b, rec.name) && readable(b, rec.name) && whole(b, &h) {
		return sense.Yes
	}
	return sense.No
}

// streamVerdict looks for a length of two octets and a message (RFC 1035 section
// 4.2.2). Whether b is a datagram is not known: More only hurts a stream.
func streamVerdict(b []byte, port uint16) sense.Verdict {
	if len(b) < 2+headerSize {
		if len(b) >= 2 && binary.BigEndian.Uint16(b) < headerSize {
			return sense.No
		}
		return sense.More
	}
	n := int(binary.BigEndian.Uint16(b))
	h, _ := readHeader(b[2:])
	if n < headerSize+5 || !plausible(&h) || h.qd != 1 {
		return sense.No
	}
	m := b[2:min(2+n, len(b))]
	rec, ok := firstQuestion(m, &h)
	switch {
	case !ok && len(m) < n && len(m) < headerSize+maxName+4:
		return sense.More
	case !ok || !readable(m, rec.name):
		return sense.No
	case port == portDNS:
		return sense.Yes
	case rec.class != classIN || typeName(rec.typ) == "other type":
		return sense.No
	case len(m) < n:
		return sense.More
	case whole(m, &h):
		return sense.Yes
	}
	return sense.No
}

// onPort answers for a relative that its port tells apart.
func onPort(b []byte, port, mine uint16) sense.Verdict {
	h, ok := readHeader(b)
	if port == mine && ok && h.opcode() == 0 && h.rcode() == 0 && h.qd+h.an+h.ns+h.ar > 0 && h.qd+h.an+h.ns+h.ar < len(b) {
		r := newRecords(b, &h)
		if _, _, ok := r.next(); ok {
			return sense.Yes
		}
	}
	return sense.No
}

func probeNBNS(_ sense.Dir, b []byte, port uint16) sense.Verdict {
	h, ok := readHeader(b)
	if !ok || h.flags&0x0060 != 0 || netbiosOpcodes[h.opcode()] == "" || h.qd > 1 || h.an+h.ns+h.ar > 8 {
		return sense.No
	}
	r := newRecords(b, &h)
	rec, _, ok := r.next()
	if ok && isNetBIOS(b, rec.name) && (rec.typ == typeNB || rec.typ == typeSRV || rec.typ == 10 || rec.typ == typeNS) && rec.class == classIN {
		return sense.Yes
	}
	return sense.No
}

// plausible checks what every header of a real message fulfils.
func plausible(h *header) bool {
	if opcodeNames[h.opcode()] == "" || h.flags&0x0040 != 0 || h.qd > 16 {
		return false
	}
	return h.response() || h.rcode() == 0 && (h.an == 0 || h.opcode() > 2)
}

// firstQuestion returns the question where it has a sound name and class.
func firstQuestion(b []byte, h *header) (rec record, ok bool) {
	if h.qd == 0 {
		return rec, false
	}
	r := newRecords(b, h)
	rec, _, ok = r.next()
	if !ok {
		return rec, false
	}
	class := rec.class
	return rec, class >= 1 && class <= 4 || class == 254 || class == 255
}

// readable reports whether an uncompressed name is of printable characters.
func readable(b []byte, off int) bool {
	for off < len(b) && b[off] != 0 {
		n := int(b[off])
		if n > 63 || off+1+n > len(b) {
			return false
		}
		for _, c := range b[off+1 : off+1+n] {
			if c <= ' ' || c >= 0x7f {
				return false
			}
		}
		off += 1 + n
	}
	return off < len(b)
}

// unicast analyses DNS over UDP; without state, so that a conversation costs nothing.
type unicast struct{}

func (unicast) Datagram(c *sense.Context, dir sense.Dir, b []byte) { message(c, "dns", dir, b) }
func (unicast) Close(*sense.Context)                               {}

// maxMessage is the longest message with its length prefix.
const maxMessage = 2 + 1<<16

// huntWant is how many bytes suffice to be sure of a message's start.
const huntWant = 2 + headerSize + maxName + 5

// stream analyses DNS over TCP.
type stream struct {
	frames [2]sense.Framer
	hunt   [2]sense.Hunter
	lost   [2]bool
	begun  [2]bool
}

func size(b []byte) int {
	if len(b) < 2 {
		return 0
	}
	return 2 + int(binary.BigEndian.Uint16(b))
}

func start(b []byte) sense.Verdict { return streamVerdict(b, portDNS) }

// Data implements sense.Stream.
func (s *stream) Data(c *sense.Context, dir sense.Dir, b []byte) {
	if !s.begun[dir] {
		s.begun[dir] = true
		s.lost[dir] = c.Midstream()
	}
	if s.lost[dir] {
		head, rest, ok := s.hunt[dir].Next(c, b, huntWant, "dns.resync-bytes", start)
		if !ok {
			return
		}
		s.lost[dir] = false
		s.feed(c, dir, head)
		b = rest
	}
	s.feed(c, dir, b)
}

func (s *stream) feed(c *sense.Context, dir sense.Dir, b []byte) {
	for {
		m, rest, v := s.frames[dir].Next(c, b, maxMessage, "dns.message-bytes", size)
		if v != sense.Yes {
			return
		}
		message(c, "dns", dir, m[2:])
		b = rest
	}
}

// Gap implements sense.Stream.
func (s *stream) Gap(_ *sense.Context, dir sense.Dir, n int64) {
	s.begun[dir] = true
	if !s.frames[dir].Gap(n) {
		s.lost[dir] = true
	}
}

// Close implements sense.Stream.
func (s *stream) Close(c *sense.Context) {
	for i := range s.frames {
		s.frames[i].Free(c)
		s.hunt[i].Free(c)
	}
}

// say emits the act of a message, under the name it belongs to even where the
// probe could not tell.
func say(c *sense.Context, protocol string, dir sense.Dir, verb string, h *header, size int) *ward.Act {
	a := c.ActAs(protocol, dir, verb)
	a.Reply, a.Bytes = h.response(), uint64(size)
	c.Message()
	return a
}
