// Package frame is the stored form of observations: a table of strings, then one
// record an observation with variable-length numbers, compressed as a whole. It is
// read back by Decode whatever the order of fields in package ward becomes, since
// every field is written by hand and the version leads.
package frame

import (
	"encoding/binary"
	"errors"
	"fmt"
	"net/netip"

	"github.com/klauspost/compress/zstd"

	"wardkeeper/ward"
)

// version of the layout.
const version = 1

// Caps of decoding.
const (
	maxFrame   = 64 << 20 // bytes of a frame once uncompressed
	maxStrings = 1 << 20
	maxList    = 1 << 12 // facts, attributes, vantages of one observation
)

// ErrDamaged is wrapped by every error of Decode.
var ErrDamaged = errors.New("stored frame is damaged")

// Encoder writes frames. It is not safe for concurrent use.
type Encoder struct {
	body  []byte
	table map[string]uint64
	texts []byte
	prev  ward.Time
	zstd  *zstd.Encoder
	plain []byte
}

// NewEncoder returns an Encoder that compresses at the fastest level.
func NewEncoder() (*Encoder, error) {
	z, err := zstd.NewWriter(nil, zstd.WithEncoderLevel(zstd.SpeedFastest), zstd.WithEncoderConcurrency(1))
	if err != nil {
		return nil, fmt.Errorf("frame encoder: %w", err)
	}
	return &Encoder{table: map[string]uint64{}, zstd: z}, nil
}

// Add appends an observation to the frame being built.
func (e *Encoder) Add(o *ward.Observation) {
	e.body = append(e.body, byte(o.Kind))
	e.int(int64(o.Time - e.prev))
	e.prev = o.Time
	for _, s := range [...]string{o.Site, o.Sensor, o.Zone, o.Capture, o.Protocol} {
		e.str(s)
	}
	e.uint(o.Packet)
	e.endpoint(o.Src)
	e.endpoint(o.Dst)
	switch {
	case o.Flow != nil:
		e.flow(o.Flow, o.Time)
	case o.Sighting != nil:
		e.sighting(o.Sighting)
	case o.Act != nil:
		e.act(o.Act)
	case o.Dose != nil:
		e.dose(o.Dose)
	case o.Anomaly != nil:
		e.str(o.Anomaly.Code)
		e.str(o.Anomaly.Detail)
		e.uint(o.Anomaly.Count)
	case o.Decision != nil:
		d := o.Decision
		for _, s := range [...]string{d.Verb, d.Object, d.User, d.Reason} {
			e.str(s)
		}
		e.int(int64(d.Until))
	}
}

// Len is the size of the frame being built, uncompressed.
func (e *Encoder) Len() int { return len(e.body) + len(e.texts) }

// Finish returns the frame, uncompressed, and starts a new one. The result is valid until the
// next Finish; compress it with Compress.
func (e *Encoder) Finish() []byte {
	p := append(e.plain[:0], version)
	p = binary.AppendUvarint(p, uint64(len(e.table)))
	p = append(p, e.texts...)
	p = append(p, e.body...)
	e.plain = p
	e.body, e.texts, e.prev = e.body[:0], e.texts[:0], 0
	clear(e.table)
	return p
}

// Compress appends the stored form of a finished frame to dst. It may run while
// the next frame is built.
func (e *Encoder) Compress(frame, dst []byte) []byte { return e.zstd.EncodeAll(frame, dst) }

func (e *Encoder) uint(v uint64) { e.body = binary.AppendUvarint(e.body, v) }
func (e *Encoder) int(v int64)   { e.body = binary.AppendVarint(e.body, v) }

func (e *Encoder) bool(bits ...bool) {
	var v uint64
	for i, b := range bits {
		if b {
			v |= 1 << i
		}
	}
	e.uint(v)
}

// str writes a reference into the table; 0 is the empty string.
func (e *Encoder) str(s string) {
	if s == "" {
		e.body = append(e.body, 0)
		return
	}
	id, ok := e.table[s]
	if !ok {
		id = uint64(len(e.table) + 1)
		e.table[s] = id
		e.texts = binary.AppendUvarint(e.texts, uint64(len(s)))
		e.texts = append(e.texts, s...)
	}
	e.uint(id)
}

func (e *Encoder) token(t ward.Token) {
	e.body = append(e.body, byte(t.Kind))
	if t.Zero() {
		return
	}
	e.uint(uint64(t.Epoch))
	e.body = append(e.body, t.Sum[:]...)
}

func (e *Encoder) digest(d ward.Digest) {
	if d == (ward.Digest{}) {
		e.body = append(e.body, 0)
		return
	}
	e.body = append(e.body, 1)
	e.body = append(e.body, d[:]...)
}

func (e *Encoder) endpoint(p ward.Endpoint) {
	switch {
	case !p.IP.IsValid():
		e.body = append(e.body, 0)
	case p.IP.Is4():
		a := p.IP.As4()
		e.body = append(append(e.body, 4), a[:]...)
	default:
		a := p.IP.As16()
		e.body = append(append(e.body, 16), a[:]...)
	}
	e.uint(uint64(p.Port))
	e.body = append(e.body, p.MAC[:]...)
}

func (e *Encoder) attrs(attrs []ward.Attr) {
	e.uint(uint64(len(attrs)))
	for _, a := range attrs {
		e.str(a.Name)
		e.str(a.Value)
	}
}

func (e *Encoder) flow(f *ward.Flow, at ward.Time) {
	e.str(f.Transport)
	e.str(f.State)
	e.int(int64(at - f.Start))
	e.int(int64(at - f.End))
	for _, v := range [...]uint64{uint64(f.Part), f.PacketsTo, f.PacketsFrom, f.BytesTo, f.BytesFrom, f.WireBytes,
		f.MissingTo, f.MissingFrom, f.Copies, f.Messages} {
		e.uint(v)
	}
	e.bool(f.Final, f.Midstream, f.OneSided, f.Encrypted)
	e.uint(uint64(len(f.Vantages)))
	for _, v := range f.Vantages {
		e.uint(uint64(v.Interface))
		e.uint(uint64(v.VLAN))
		e.uint(v.Packets)
	}
}

func (e *Encoder) sighting(s *ward.Sighting) {
	e.str(s.Subject.Key)
	e.str(s.Subject.Value)
	e.bool(s.Subject.Behind)
	e.str(s.From)
	e.uint(uint64(len(s.Facts)))
	for _, f := range s.Facts {
		e.str(string(f.Field))
		e.str(f.Value)
		e.body = append(e.body, f.Confidence)
	}
}

func (e *Encoder) act(a *ward.Act) {
	for _, s := range [...]string{a.Verb, a.Object, a.Outcome, a.SrcApp, a.DstApp, a.Target} {
		e.str(s)
	}
	for _, t := range [...]ward.Token{a.Actor, a.Patient, a.Visit, a.Order, a.Message, a.Study, a.Instance} {
		e.token(t)
	}
	e.bool(a.Reply, a.Clear)
	e.uint(a.Count)
	e.uint(a.Bytes)
	e.digest(a.Header)
	e.digest(a.Pixels)
	e.attrs(a.Attrs)
}

func (e *Encoder) dose(d *ward.Dose) {
	for _, s := range [...]string{string(d.State), d.Therapy, d.Device, d.Channel, d.Drug, d.Code, d.Quantity, d.Value, d.Unit} {
		e.str(s)
	}
	for _, t := range [...]ward.Token{d.Patient, d.Order, d.Visit, d.Message, d.Plan} {
		e.token(t)
	}
	e.int(int64(d.At))
	e.attrs(d.Attrs)
}

// Decode calls f for each observation of a stored frame, in order.
func Decode(stored []byte, f func(*ward.Observation) error) error {
	z, err := zstd.NewReader(nil, zstd.WithDecoderMaxMemory(maxFrame), zstd.WithDecoderConcurrency(1))
	if err != nil {
		return fmt.Errorf("frame decoder: %w", err)
	}
	defer z.Close()
	p, err := z.DecodeAll(stored, nil)
	if err != nil {
		return fmt.Errorf("%w: %w", ErrDamaged, err)
	}
	r := &reader{b: p}
	if v := r.byte(); v != version {
		return fmt.Errorf("%w: version %d, this program reads %d", ErrDamaged, v, version)
	}
	r.strings()
	for len(r.b) > 0 && !r.bad {
		o := r.observation()
		if r.bad {
			break
		}
		if err := f(o); err != nil {
			return err
		}
	}
	if r.bad {
		return fmt.Errorf("%w: cut short", ErrDamaged)
	}
	return nil
}

// reader takes values off b; once bad it yields zeros.
type reader struct {
	b     []byte
	bad   bool
	table []string
	prev  ward.Time
}

func (r *reader) take(n int) []byte {
	if n < 0 || n > len(r.b) {
		r.bad, r.b = true, nil
		return make([]byte, min(max(n, 0), 64))
	}
	p := r.b[:n]
	r.b = r.b[n:]
	return p
}

func (r *reader) byte() byte { return r.take(1)[0] }

func (r *reader) uint() uint64 {
	v, n := binary.Uvarint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) int() int64 {
	v, n := binary.Varint(r.b)
	if n <= 0 {
		r.bad, r.b = true, nil
		return 0
	}
	r.b = r.b[n:]
	return v
}

func (r *reader) count(max int) int {
	n := r.uint()
	if n > uint64(max) {
		r.bad, r.b = true, nil
		return 0
	}
	return int(n)
}

func (r *reader) strings() {
	n := r.count(maxStrings)
	r.table = append(r.table, "")
	for range n {
		if r.bad {
			return
		}
		l := r.count(maxFrame)
		if l > len(r.b) {
			r.bad, r.b = true, nil
			return
		}
		r.table = append(r.table, string(r.take(l)))
	}
}

func (r *reader) str() string {
	i := r.uint()
	if i >= uint64(len(r.table)) {
		r.bad = true
		return ""
	}
	return r.table[i]
}

func (r *reader) bit(v uint64, i int) bool { return v&(1<<i) != 0 }

func (r *reader) token() ward.Token {
	t := ward.Token{Kind: ward.TokenKind(r.byte())}
	if t.Zero() {
		return t
	}
	t.Epoch = uint16(r.uint())
	copy(t.Sum[:], r.take(len(t.Sum)))
	return t
}

func (r *reader) digest() (d ward.Digest) {
	if r.byte() != 0 {
		copy(d[:], r.take(len(d)))
	}
	return d
}

func (r *reader) endpoint() (p ward.Endpoint) {
	switch r.byte() {
	case 0:
	case 4:
		p.IP = netip.AddrFrom4([4]byte(r.take(4)))
	case 16:
		p.IP = netip.AddrFrom16([16]byte(r.take(16)))
	default:
		r.bad = true
	}
	p.Port = uint16(r.uint())
	copy(p.MAC[:], r.take(len(p.MAC)))
	return p
}

func (r *reader) attrs() []ward.Attr {
	n := r.count(maxList)
	var out []ward.Attr
	for range n {
		out = append(out, ward.Attr{Name: r.str(), Value: r.str()})
	}
	return out
}

func (r *reader) observation() *ward.Observation {
	o := &ward.Observation{Kind: ward.Kind(r.byte())}
	o.Time = r.prev + ward.Time(r.int())
	r.prev = o.Time
	for _, s := range [...]*string{&o.Site, &o.Sensor, &o.Zone, &o.Capture, &o.Protocol} {
		*s = r.str()
	}
	o.Packet = r.uint()
	o.Src, o.Dst = r.endpoint(), r.endpoint()
	switch o.Kind {
	case ward.KindFlow:
		o.Flow = r.flow(o.Time)
	case ward.KindSighting:
		o.Sighting = r.sighting()
	case ward.KindAct:
		o.Act = r.act()
	case ward.KindDose:
		o.Dose = r.dose()
	case ward.KindAnomaly:
		o.Anomaly = &ward.Anomaly{Code: r.str(), Detail: r.str(), Count: r.uint()}
	case ward.KindDecision:
		o.Decision = &ward.Decision{Verb: r.str(), Object: r.str(), User: r.str(), Reason: r.str(), Until: ward.Time(r.int())}
	case ward.KindTick:
	default:
		r.bad = true
	}
	return o
}

func (r *reader) flow(at ward.Time) *ward.Flow {
	f := &ward.Flow{Transport: r.str(), State: r.str()}
	f.Start = at - ward.Time(r.int())
	f.End = at - ward.Time(r.int())
	f.Part = uint32(r.uint())
	for _, v := range [...]*uint64{&f.PacketsTo, &f.PacketsFrom, &f.BytesTo, &f.BytesFrom, &f.WireBytes, &f.MissingTo, &f.MissingFrom, &f.Copies, &f.Messages} {
		*v = r.uint()
	}
	b := r.uint()
	f.Final, f.Midstream, f.OneSided, f.Encrypted = r.bit(b, 0), r.bit(b, 1), r.bit(b, 2), r.bit(b, 3)
	for range r.count(maxList) {
		f.Vantages = append(f.Vantages, ward.Vantage{Interface: uint16(r.uint()), VLAN: uint16(r.uint()), Packets: r.uint()})
	}
	return f
}

func (r *reader) sighting() *ward.Sighting {
	s := &ward.Sighting{Subject: ward.Subject{Key: r.str(), Value: r.str()}}
	s.Subject.Behind = r.bit(r.uint(), 0)
	s.From = r.str()
	for range r.count(maxList) {
		s.Facts = append(s.Facts, ward.Fact{Field: ward.Field(r.str()), Value: r.str(), Confidence: r.byte()})
	}
	return s
}

func (r *reader) act() *ward.Act {
	a := &ward.Act{}
	for _, s := range [...]*string{&a.Verb, &a.Object, &a.Outcome, &a.SrcApp, &a.DstApp, &a.Target} {
		*s = r.str()
	}
	for _, t := range [...]*ward.Token{&a.Actor, &a.Patient, &a.Visit, &a.Order, &a.Message, &a.Study, &a.Instance} {
		*t = r.token()
	}
	b := r.uint()
	a.Reply, a.Clear = r.bit(b, 0), r.bit(b, 1)
	a.Count, a.Bytes = r.uint(), r.uint()
	a.Header, a.Pixels = r.digest(), r.digest()
	a.Attrs = r.attrs()
	return a
}

func (r *reader) dose() *ward.Dose {
	d := &ward.Dose{State: ward.DoseState(r.str())}
	for _, s := range [...]*string{&d.Therapy, &d.Device, &d.Channel, &d.Drug, &d.Code, &d.Quantity, &d.Value, &d.Unit} {
		*s = r.str()
	}
	for _, t := range [...]*ward.Token{&d.Patient, &d.Order, &d.Visit, &d.Message, &d.Plan} {
		*t = r.token()
	}
	d.At = ward.Time(r.int())
	d.Attrs = r.attrs()
	return d
}
