package sense

import (
	"hash/maphash"

	"wardkeeper/sense/digest"
	"wardkeeper/ward"
)

// Packet is where the current bytes came from.
type Packet struct {
	Time    ward.Time
	Index   uint64 // place in the whole input, over all files and interfaces
	Capture string
	Number  uint64 // in Capture, from 1
}

// Context is what an analyzer sees of the world and how it speaks. One serves a
// whole shard: it is only valid during the call it is passed to, always shows the
// current packet and conversation, and is not safe for concurrent use.
type Context struct {
	packet    Packet
	zone      string
	ends      [2]ward.Endpoint // client, server
	protocol  string
	midstream bool
	done      bool
	messages  *uint64

	out     *Output
	privacy Privacy
	open    func(c *Context, e *Envelope) Child
	hashers []*Hasher
	limits  map[string]uint64

	budget, used int // bytes that analyzers of this shard buffer

	seed      maphash.Seed
	seen      map[uint64]struct{} // sightings and anomalies said already
	seenSince ward.Time

	addresses addresses
	scratch   []byte
}

// Caps of a Context.
const (
	maxSeen    = 1 << 14 // sightings remembered for de-duplication in a shard
	maxLimits  = 256     // names of limits counted
	seenPeriod = int64(3600e9)
)

// NewContext returns a Context for one shard whose analyzers may buffer budget
// bytes together. open finds a child analyzer; it may be nil.
func NewContext(p Privacy, budget int, open func(c *Context, e *Envelope) Child) *Context {
	return &Context{privacy: p, budget: budget, open: open, limits: map[string]uint64{},
		seed: maphash.MakeSeed(), seen: map[uint64]struct{}{}}
}

// SetOutput says where observations go. For the wire and harnesses.
func (c *Context) SetOutput(o *Output) { c.out = o }

// SetPacket sets the current packet. For the wire and harnesses.
func (c *Context) SetPacket(p Packet) { c.packet = p }

// SetOrigin says where what is emitted next is to be found, other than the current
// packet. For the wire.
func (c *Context) SetOrigin(capture string, number uint64) {
	c.packet.Capture, c.packet.Number = capture, number
}

// SetConversation sets the current conversation. messages, if not nil, counts
// what the analyzer understood. For the wire and harnesses.
func (c *Context) SetConversation(zone, protocol string, client, server ward.Endpoint, midstream bool, messages *uint64) {
	c.zone, c.protocol, c.ends, c.midstream, c.messages = zone, protocol, [2]ward.Endpoint{client, server}, midstream, messages
	c.done = false
}

// TakeDone reports whether the analyzer called Done since the last SetConversation.
func (c *Context) TakeDone() bool { return c.done }

// Time is the current packet's.
func (c *Context) Time() ward.Time { return c.packet.Time }

// Ends returns the conversation's client and server.
func (c *Context) Ends() (client, server ward.Endpoint) { return c.ends[0], c.ends[1] }

// Sender returns who sends in direction d.
func (c *Context) Sender(d Dir) ward.Endpoint { return c.ends[d] }

// Midstream reports that the conversation's start was not seen: who is client is
// a guess and the first bytes may be the middle of a message.
func (c *Context) Midstream() bool { return c.midstream }

// Done says that the rest of the conversation is of no interest: it is still
// counted but no longer reassembled or fed (TLS after its handshake).
func (c *Context) Done() { c.done = true }

// Message counts one message understood in the conversation.
func (c *Context) Message() {
	if c.messages != nil {
		*c.messages++
	}
}

// Token returns a pseudonym, see Privacy.
func (c *Context) Token(kind ward.TokenKind, authority, value []byte) ward.Token {
	return c.privacy.Token(kind, authority, value)
}

// Text returns what may be kept of a free string, see Privacy.
func (c *Context) Text(class Class, raw []byte) string { return c.privacy.Text(class, raw) }

func (c *Context) emit(k ward.Kind, d Dir) *ward.Observation {
	c.out.Obs = append(c.out.Obs, ward.Observation{})
	c.out.Index = append(c.out.Index, c.packet.Index)
	o := &c.out.Obs[len(c.out.Obs)-1]
	o.Kind, o.Time, o.Zone, o.Capture, o.Packet = k, c.packet.Time, c.zone, c.packet.Capture, c.packet.Number
	o.Src, o.Dst, o.Protocol = c.ends[d], c.ends[d.Other()], c.protocol
	return o
}

// Act emits an act of the sender in direction d and returns it to be filled in
// before the call ends.
func (c *Context) Act(d Dir, verb string) *ward.Act {
	o := c.emit(ward.KindAct, d)
	o.Act = c.out.acts.next()
	o.Act.Verb = verb
	return o.Act
}

// ActAs is Act under another protocol's name (a child: "fhir" inside "http").
func (c *Context) ActAs(protocol string, d Dir, verb string) *ward.Act {
	a := c.Act(d, verb)
	c.out.Obs[len(c.out.Obs)-1].Protocol = protocol
	return a
}

// Dose emits a dose stated by the sender in direction d, to be filled in.
func (c *Context) Dose(d Dir) *ward.Dose {
	o := c.emit(ward.KindDose, d)
	o.Dose = c.out.doses.next()
	return o.Dose
}

// DoseAs is Dose under another protocol's name, as ActAs.
func (c *Context) DoseAs(protocol string, d Dir) *ward.Dose {
	dose := c.Dose(d)
	c.out.Obs[len(c.out.Obs)-1].Protocol = protocol
	return dose
}

// Attrs copies up to eight attributes to where they live as long as the
// observation that they are put into.
func (c *Context) Attrs(a ...ward.Attr) []ward.Attr {
	s := c.out.attrs.next()
	return s[:copy(s[:], a):len(s)]
}

// Flow emits the record of the current conversation, to be filled in. For the wire.
func (c *Context) Flow() *ward.Flow {
	o := c.emit(ward.KindFlow, ToServer)
	o.Flow = c.out.flows.next()
	return o.Flow
}

// Sight emits evidence about the sender in direction d. from names the protocol's
// field. Facts with an empty value are dropped; the same evidence from the same
// sender is emitted once an hour. At most eight facts.
func (c *Context) Sight(d Dir, from string, facts ...ward.Fact) {
	c.SightOf(d, ward.Subject{}, from, facts...)
}

// SightOf is Sight about another subject than the sender.
func (c *Context) SightOf(d Dir, s ward.Subject, from string, facts ...ward.Fact) {
	var kept [8]ward.Fact
	n := 0
	for _, f := range facts {
		if f.Value != "" && n < len(kept) {
			kept[n] = f
			n++
		}
	}
	if n == 0 || !c.first(d, s, from, kept[:n]) {
		return
	}
	o := c.emit(ward.KindSighting, d)
	o.Sighting = c.out.sightings.next()
	o.Sighting.Subject, o.Sighting.From = s, from
	fs := c.out.facts.next()
	*fs = kept
	o.Sighting.Facts = fs[:n:n]
}

// first reports whether this evidence is new this hour.
func (c *Context) first(d Dir, s ward.Subject, from string, facts []ward.Fact) bool {
	if c.packet.Time.Sub(c.seenSince).Abs().Nanoseconds() > seenPeriod || len(c.seen) >= maxSeen {
		clear(c.seen)
		c.seenSince = c.packet.Time
	}
	var h maphash.Hash
	h.SetSeed(c.seed)
	ip := c.ends[d].IP.As16()
	mac := c.ends[d].MAC
	h.Write(ip[:])
	h.Write(mac[:])
	for _, t := range [...]string{c.zone, c.protocol, s.Key, s.Value, from} {
		h.WriteString(t)
		h.WriteByte(0)
	}
	for _, f := range facts {
		h.WriteString(string(f.Field))
		h.WriteByte(0)
		h.WriteString(f.Value)
		h.WriteByte(0)
	}
	k := h.Sum64()
	if _, ok := c.seen[k]; ok {
		return false
	}
	c.seen[k] = struct{}{}
	return true
}

// Anomaly emits a misuse by the sender in direction d. code is
// "<protocol>.<what>"; detail is fixed text or numbers, never bytes of the packet.
func (c *Context) Anomaly(d Dir, code, detail string) {
	o := c.emit(ward.KindAnomaly, d)
	o.Anomaly = c.out.anomalies.next()
	o.Anomaly.Code, o.Anomaly.Detail, o.Anomaly.Count = code, detail, 1
}

// Limit counts that a named cap was hit, e.g. "hl7.message-bytes". It shows in
// the summary: no cap is hit silently.
func (c *Context) Limit(name string) {
	if _, ok := c.limits[name]; ok || len(c.limits) < maxLimits {
		c.limits[name]++
	}
}

// Limits returns the counts of Limit. For the wire and harnesses.
func (c *Context) Limits() map[string]uint64 { return c.limits }

// Child opens the analyzer that wants this content, or returns nil.
func (c *Context) Child(e *Envelope) Child {
	if c.open == nil {
		return nil
	}
	return c.open(c, e)
}

// hasherBytes is about what a hasher occupies at most, on any processor.
const hasherBytes = 24 << 10

// Hasher computes a keyed BLAKE3 digest.
type Hasher = digest.Hasher

// Hasher returns an empty keyed BLAKE3 hasher; give it back with FreeHasher. A
// stream that holds on to one should take it with TryHasher.
func (c *Context) Hasher() *Hasher {
	c.used += hasherBytes
	if n := len(c.hashers); n > 0 {
		h := c.hashers[n-1]
		c.hashers = c.hashers[:n-1]
		h.Reset()
		return h
	}
	return digest.New(c.privacy.DigestKey())
}

// Charge counts n bytes that the wire keeps for this shard's conversations against
// the analyzers' budget (n<0 gives them back); false if there is no room.
func (c *Context) Charge(n int) bool {
	if n > 0 && c.used+n > c.budget {
		return false
	}
	c.used += n
	return true
}

// TryHasher is Hasher within the shard's budget: where that is exhausted it counts
// the limit and returns nil.
func (c *Context) TryHasher() *Hasher {
	if c.used+hasherBytes > c.budget {
		c.Limit("sense.parser-memory")
		return nil
	}
	return c.Hasher()
}

// FreeHasher takes a hasher back.
func (c *Context) FreeHasher(h *Hasher) {
	c.used -= hasherBytes
	if len(c.hashers) < 16 {
		c.hashers = append(c.hashers, h)
	}
}
