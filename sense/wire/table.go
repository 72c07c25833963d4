package wire

import (
	"encoding/binary"
	"hash/maphash"
)

// flowKey is a conversation without direction: a is the lower end.
type flowKey struct {
	a, b   addr
	ap, bp uint16
	zone   uint16
	proto  uint8
}

// makeKey returns the packet's key and whether its sender is end b.
func makeKey(p *packet) (k flowKey, fromB bool) {
	k.zone, k.proto = p.zone, p.proto
	if less(&p.src, p.sport, &p.dst, p.dport) {
		k.a, k.b, k.ap, k.bp = p.src, p.dst, p.sport, p.dport
		return k, false
	}
	k.a, k.b, k.ap, k.bp = p.dst, p.src, p.dport, p.sport
	return k, true
}

func less(a *addr, ap uint16, b *addr, bp uint16) bool {
	for i := 0; i < 16; i += 8 {
		x, y := binary.BigEndian.Uint64(a[i:]), binary.BigEndian.Uint64(b[i:])
		if x != y {
			return x < y
		}
	}
	return ap < bp
}

// table finds flows by key: open addressing with linear probing, grown as needed.
// Nothing that leaves the engine depends on its order.
type table struct {
	seed  maphash.Seed
	slots []slot
	used  int
}

type slot struct {
	hash uint32
	flow *flow // nil: free
}

func newTable() *table {
	return &table{seed: maphash.MakeSeed(), slots: make([]slot, 64)}
}

func (t *table) hash(k *flowKey) uint32 { return uint32(maphash.Comparable(t.seed, *k)) }

func (t *table) find(k *flowKey, h uint32) *flow {
	mask := uint32(len(t.slots) - 1)
	for i := h & mask; ; i = (i + 1) & mask {
		s := &t.slots[i]
		if s.flow == nil {
			return nil
		}
		if s.hash == h && s.flow.key == *k {
			return s.flow
		}
	}
}

func (t *table) insert(f *flow) {
	if t.used*4 >= len(t.slots)*3 {
		t.grow()
	}
	t.put(slot{f.hash, f})
	t.used++
}

func (t *table) put(s slot) {
	mask := uint32(len(t.slots) - 1)
	i := s.hash & mask
	for t.slots[i].flow != nil {
		i = (i + 1) & mask
	}
	t.slots[i] = s
}

func (t *table) grow() {
	old := t.slots
	t.slots = make([]slot, 2*len(old))
	for _, s := range old {
		if s.flow != nil {
			t.put(s)
		}
	}
}

// remove deletes f and closes the hole, so that probes stay short.
func (t *table) remove(f *flow) {
	mask := uint32(len(t.slots) - 1)
	i := f.hash & mask
	for t.slots[i].flow != f {
		i = (i + 1) & mask
	}
	for j := i; ; {
		j = (j + 1) & mask
		s := t.slots[j]
		if s.flow == nil {
			break
		}
		if home := s.hash & mask; (j-home)&mask >= (j-i)&mask {
			t.slots[i] = s
			i = j
		}
	}
	t.slots[i] = slot{}
	t.used--
}
