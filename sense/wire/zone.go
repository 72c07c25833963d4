package wire

import "fmt"

// ZoneRule assigns packets to a zone: networks whose addresses mean the same. Two
// sites that use the same private addresses are two zones.
type ZoneRule struct {
	Interface string   // capture name or interface; "" for any
	VLANs     []uint16 // empty for any
	Zone      string
}

// maxZones is how many zones there may be.
const maxZones = 1 << 12

type zones struct {
	rules []ZoneRule
	names []string // 0 is the default zone
	cache map[uint32]uint16
}

func newZones(rules []ZoneRule) (*zones, error) {
	if len(rules) >= maxZones {
		return nil, fmt.Errorf("%d zone rules, at most %d", len(rules), maxZones-1)
	}
	z := &zones{rules: rules, names: []string{""}, cache: map[uint32]uint16{}}
	for i, r := range rules {
		if r.Zone == "" {
			return nil, fmt.Errorf("zone rule %d has no zone name", i+1)
		}
		z.names = append(z.names, r.Zone)
	}
	return z, nil
}

func (z *zones) name(id uint16) string { return z.names[id] }

// of returns the zone of a packet; only the decoder calls it.
func (z *zones) of(source uint16, from *sourceState, vlan uint16) uint16 {
	if len(z.rules) == 0 {
		return 0
	}
	k := uint32(source)<<16 | uint32(vlan)
	if id, ok := z.cache[k]; ok {
		return id
	}
	id := z.match(from, vlan)
	z.cache[k] = id
	return id
}

func (z *zones) match(from *sourceState, vlan uint16) uint16 {
	for i, r := range z.rules {
		if r.Interface != "" && r.Interface != from.name && r.Interface != from.iface {
			continue
		}
		ok := len(r.VLANs) == 0
		for _, v := range r.VLANs {
			ok = ok || v == vlan
		}
		if ok {
			return z.first(r.Zone, i)
		}
	}
	return 0
}

// first returns the id of the first rule with that zone name, so that several
// rules may feed one zone.
func (z *zones) first(zone string, upTo int) uint16 {
	for i := range z.rules[:upTo+1] {
		if z.rules[i].Zone == zone {
			return uint16(i + 1)
		}
	}
	return 0
}
