package device

import (
	"maps"
	"net/netip"
	"strings"

	"wardkeeper/know/device/fingerprint"
	"wardkeeper/know/device/oui"
	"wardkeeper/ward"
)

// Options configure an Inventory. The zero value is usable.
type Options struct {
	Fingerprints *fingerprint.Set // nil: the built-in ones
	OUI          *oui.Registry    // nil: the built-in one
	Internal     []netip.Prefix   // public addresses that are the site's own
	MaxAtoms     int              // addresses and hidden devices kept, 0: 32768
	MaxEvidence  int              // pieces of evidence kept in all, 0: 400000
	MaxLinks     int              // conversing pairs kept, 0: 65536
}

// Default caps, and those of one atom.
const (
	defaultAtoms    = 32768
	defaultEvidence = 400000
	defaultLinks    = 65536

	maxEvidenceAtom  = 96 // pieces of evidence about one address
	maxEvidenceField = 16 // different values of one field
	maxPortsAtom     = 24
	maxProtocolsAtom = 24
	maxExternal      = 4096 // public addresses told apart
	maxZones         = 4096
)

// Inventory is the fold of observations into devices. It is not safe for
// concurrent use.
type Inventory struct {
	o         Options
	prints    *fingerprint.Set
	oui       *oui.Registry
	known     map[portKey]bool // ports that some fingerprint knows
	atoms     []*atom
	byKey     map[atomKey]*atom
	places    []place
	bound     map[binding]*bond
	links     []*link
	byLink    map[linkKey]*link
	pairs     map[pairKey]*conversation
	cache     [cacheSize]cached
	protocols []string
	limits    map[string]uint64
	kept      int // pieces of evidence
	outside   int // external atoms
	weak      int // atoms that were only spoken to
	version   uint64
	view      *view // built for version
	viewed    uint64
	last      ward.Time // that the view knows of
	ips       map[string]netip.Addr
	macs      map[string]ward.MAC
}

// New returns an empty inventory. It panics if the built-in data cannot be read,
// which the package's tests exclude.
func New(o Options) *Inventory {
	inv := &Inventory{o: o, prints: o.Fingerprints, oui: o.OUI, byKey: map[atomKey]*atom{}, bound: map[binding]*bond{},
		byLink: map[linkKey]*link{}, limits: map[string]uint64{}, pairs: map[pairKey]*conversation{}, known: map[portKey]bool{}, ips: map[string]netip.Addr{}, macs: map[string]ward.MAC{}}
	var err error
	if inv.prints == nil {
		if inv.prints, err = fingerprint.Embedded(); err != nil {
			panic(err)
		}
	}
	if inv.oui == nil {
		if inv.oui, err = oui.Embedded(); err != nil {
			panic(err)
		}
	}
	for _, p := range inv.prints.Ports() {
		if k, ok := parsePort(p); ok {
			inv.known[k] = true
		}
	}
	if inv.o.MaxAtoms <= 0 {
		inv.o.MaxAtoms = defaultAtoms
	}
	if inv.o.MaxEvidence <= 0 {
		inv.o.MaxEvidence = defaultEvidence
	}
	if inv.o.MaxLinks <= 0 {
		inv.o.MaxLinks = defaultLinks
	}
	return inv
}

// Observe folds a batch in. Nothing of it is kept but strings.
func (inv *Inventory) Observe(batch []ward.Observation) {
	for i := range batch {
		o := &batch[i]
		switch o.Kind {
		case ward.KindAct:
			inv.act(o)
		case ward.KindFlow:
			inv.flow(o)
		case ward.KindSighting:
			inv.sighting(o)
		}
	}
}

// limit counts that a cap was hit.
func (inv *Inventory) limit(name string) { inv.limits[name]++ }

// Limits returns how often each cap was hit, by name.
func (inv *Inventory) Limits() map[string]uint64 {
	out := maps.Clone(inv.limits)
	if n := inv.resolve().cut; n > 0 {
		out["device.shown-evidence"] = uint64(n)
	}
	return out
}

// act counts a message on the link between two addresses. This is the hot path.
func (inv *Inventory) act(o *ward.Observation) {
	c := inv.conversation(o)
	l := c.link
	if l == nil {
		return
	}
	l.acts++
	if o.Act.Clear {
		l.clear = true
	}
	if !o.Act.Reply {
		l.opened[c.from]++
	}
	l.during.add(o.Time)
}

func (inv *Inventory) flow(o *ward.Observation) {
	f := o.Flow
	c := inv.conversation(o)
	if c.src != nil {
		c.src.seen.add(f.Start)
		c.src.seen.add(f.End)
		c.src.spoke = c.src.spoke || speaks(o)
	}
	answered := f.PacketsFrom > 0
	if c.dst != nil && (answered || f.Transport == "tcp" && f.BytesTo > 0) {
		c.dst.seen.add(f.Start)
		c.dst.seen.add(f.End)
		c.dst.spoke = true
		if answered && o.Dst.Port != 0 {
			inv.served(c.src, c.dst, o, f)
		}
	}
	if l := c.link; l != nil {
		if f.Part == 0 {
			l.flows++
			l.opened[c.from] += 2
		}
		l.bytes += f.BytesTo + f.BytesFrom
		l.messages += f.Messages
		l.during.add(f.Start)
		l.during.add(f.End)
	}
}

// served notes a port that was offered, and used from the other side.
func (inv *Inventory) served(src, dst *atom, o *ward.Observation, f *ward.Flow) {
	if f.Transport == "tcp" && (f.State == "reset" || f.State == "new") && f.BytesFrom == 0 || f.Midstream && o.Protocol == "" {
		return
	}
	udp := f.Transport == "udp"
	if f.Transport != "tcp" && !udp {
		return
	}
	k := portKey{o.Dst.Port, udp}
	if !inv.known[k] {
		return
	}
	p := port{portKey: k, packet: o.Packet, capture: o.Capture, time: o.Time}
	inv.port(&dst.ports, p)
	if src != nil {
		inv.port(&src.talks, p)
	}
}

func (inv *Inventory) port(list *[]port, p port) {
	for i := range *list {
		if (*list)[i].portKey == p.portKey {
			return
		}
	}
	if len(*list) >= maxPortsAtom {
		inv.limit("device.ports")
		return
	}
	*list = append(*list, p)
	inv.version++
}

// ip parses an address as analyzers write it, remembering the last ones.
func (inv *Inventory) ip(s string) netip.Addr {
	if a, ok := inv.ips[s]; ok {
		return a
	}
	a, err := netip.ParseAddr(s)
	if err != nil {
		return netip.Addr{}
	}
	if len(inv.ips) >= maxExternal {
		clear(inv.ips)
	}
	a = a.Unmap().WithZone("")
	inv.ips[s] = a
	return a
}

// mac parses 00:1c:59:aa:05:41 or 00-1c-….
func (inv *Inventory) mac(s string) ward.MAC {
	if m, ok := inv.macs[s]; ok {
		return m
	}
	var m ward.MAC
	if len(s) != 17 {
		return m
	}
	for i := range m {
		hi, lo := strings.IndexByte(hexDigits, s[3*i]|0x20), strings.IndexByte(hexDigits, s[3*i+1]|0x20)
		if hi < 0 || lo < 0 {
			return ward.MAC{}
		}
		m[i] = byte(hi<<4 | lo)
	}
	if len(inv.macs) >= maxExternal {
		clear(inv.macs)
	}
	inv.macs[s] = m
	return m
}

// hexDigits with digits as they are after |0x20.
const hexDigits = "0123456789abcdef"
