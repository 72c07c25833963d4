package run

import (
	"cmp"
	"maps"
	"slices"
	"strconv"

	"wardkeeper/sense/wire"
	"wardkeeper/ward"
)

// Caps of the collector.
const (
	maxVerbs     = 512  // verbs counted for a protocol
	maxUnknown   = 1024 // kinds of not-understood traffic
	maxAnomalies = 1024 // anomaly codes
)

// AnomalyCount is how often a protocol was misused in one way.
type AnomalyCount struct {
	Code    string
	Detail  string // of the first
	Count   uint64
	Capture string // of the first
	Packet  uint64
	Src     string
}

// collector counts what the summary shows. It sees every observation once.
type collector struct {
	protocols map[string]*ward.ProtocolCount
	unknown   map[string]uint64
	anomalies map[string]*AnomalyCount
	flows     uint64
	missing   uint64
	oneSided  uint64
	midstream uint64
	encrypted uint64

	lastProtocol, lastVerb string
	lastCounts             *ward.ProtocolCount
	lastCount              *uint64
	verbs                  map[verbKey]*uint64
}

type verbKey struct{ protocol, verb string }

func newCollector() *collector {
	return &collector{protocols: map[string]*ward.ProtocolCount{}, unknown: map[string]uint64{},
		anomalies: map[string]*AnomalyCount{}, verbs: map[verbKey]*uint64{}}
}

func (c *collector) observe(batch []ward.Observation) {
	for i := range batch {
		o := &batch[i]
		switch o.Kind {
		case ward.KindAct:
			c.act(o)
		case ward.KindFlow:
			c.flow(o)
		case ward.KindAnomaly:
			c.anomaly(o)
		}
	}
}

func (c *collector) protocol(name string) *ward.ProtocolCount {
	if c.lastCounts != nil && c.lastProtocol == name {
		return c.lastCounts
	}
	p := c.protocols[name]
	if p == nil {
		p = &ward.ProtocolCount{}
		c.protocols[name] = p
	}
	c.lastProtocol, c.lastCounts = name, p
	return p
}

func (c *collector) act(o *ward.Observation) {
	if c.lastCount != nil && c.lastVerb == o.Act.Verb && c.lastProtocol == o.Protocol {
		*c.lastCount++
		return
	}
	k := verbKey{o.Protocol, o.Act.Verb}
	n := c.verbs[k]
	if n == nil {
		if len(c.verbs) >= maxVerbs {
			k.verb = "other"
		}
		n = new(uint64)
		c.verbs[k] = n
	}
	*n++
	c.protocol(o.Protocol)
	c.lastVerb, c.lastCount = o.Act.Verb, n
}

func (c *collector) flow(o *ward.Observation) {
	f := o.Flow
	c.missing += f.MissingTo + f.MissingFrom
	if !f.Final {
		return // a conversation is counted with its last part
	}
	c.flows++
	if f.OneSided {
		c.oneSided++
	}
	if f.Midstream {
		c.midstream++
	}
	if f.Encrypted {
		c.encrypted++
	}
	if o.Protocol != "" {
		c.protocol(o.Protocol).Flows++
		c.lastCount = nil
		return
	}
	if f.BytesTo+f.BytesFrom == 0 || f.Transport == "icmp" || f.Transport == "icmp6" {
		return
	}
	k := f.Transport
	if o.Dst.Port != 0 {
		k += "/" + strconv.Itoa(int(o.Dst.Port))
	}
	if _, ok := c.unknown[k]; !ok && len(c.unknown) >= maxUnknown {
		k = f.Transport + "/other"
	}
	c.unknown[k]++
}

func (c *collector) anomaly(o *ward.Observation) {
	a := c.anomalies[o.Anomaly.Code]
	if a == nil {
		if len(c.anomalies) >= maxAnomalies {
			return
		}
		a = &AnomalyCount{Code: o.Anomaly.Code, Detail: o.Anomaly.Detail, Capture: o.Capture, Packet: o.Packet, Src: o.Src.IP.String()}
		if !o.Src.IP.IsValid() {
			a.Src = o.Src.MAC.String()
		}
		c.anomalies[o.Anomaly.Code] = a
	}
	a.Count += max(o.Anomaly.Count, 1)
}

// summary puts the counts together with the engine's.
func (c *collector) summary(st *wire.Stats, devices, findings int) ward.Summary {
	s := ward.Summary{Kind: "summary", Packets: st.Packets, Bytes: st.Bytes, Flows: c.flows, Protocols: c.protocols,
		Devices: devices, Findings: findings, LimitsHit: st.Limits, NotUnderstood: maps.Clone(c.unknown)}
	if st.Last > st.First {
		s.Seconds = st.Last.Sub(st.First).Seconds()
	}
	for k, n := range c.verbs {
		p := c.protocol(k.protocol)
		if p.Messages == nil {
			p.Messages = map[string]uint64{}
		}
		p.Messages[k.verb] += *n
	}
	for _, a := range c.anomalies {
		s.Anomalies += a.Count
	}
	for why, n := range st.NotDecoded {
		s.NotUnderstood["packets: "+why] += n
	}
	for what, n := range st.Hidden {
		s.NotUnderstood["hidden: "+what] += n
	}
	return s
}

// anomalyList returns the anomalies, most frequent first.
func (c *collector) anomalyList() []AnomalyCount {
	var out []AnomalyCount
	for _, a := range c.anomalies {
		out = append(out, *a)
	}
	slices.SortFunc(out, func(a, b AnomalyCount) int {
		return cmp.Or(-cmp.Compare(a.Count, b.Count), cmp.Compare(a.Code, b.Code))
	})
	return out
}
