package sense

import "wardkeeper/ward"

const slabSize = 64

// slab hands out zeroed values whose addresses stay valid until reset.
type slab[T any] struct {
	chunks [][]T
	n      int
}

func (s *slab[T]) next() *T {
	c, i := s.n/slabSize, s.n%slabSize
	if c == len(s.chunks) {
		s.chunks = append(s.chunks, make([]T, slabSize))
	}
	s.n++
	p := &s.chunks[c][i]
	var zero T
	*p = zero
	return p
}

func (s *slab[T]) reset(keep int) {
	if len(s.chunks) > keep {
		s.chunks = s.chunks[:keep:keep]
	}
	s.n = 0
}

// Output collects one shard's observations of one batch of packets, in order.
type Output struct {
	Obs []ward.Observation
	// Index holds for each observation the place of its packet in the whole input.
	Index []uint64

	flows     slab[ward.Flow]
	sightings slab[ward.Sighting]
	acts      slab[ward.Act]
	doses     slab[ward.Dose]
	anomalies slab[ward.Anomaly]
	facts     slab[[8]ward.Fact]
	attrs     slab[[8]ward.Attr]
}

// keepChunks is how many slabs of 64 an idle Output holds on to.
const keepChunks = 64

// Reset empties o for use again; everything handed out becomes invalid.
func (o *Output) Reset() {
	if cap(o.Obs) > keepChunks*slabSize {
		o.Obs, o.Index = nil, nil
	}
	o.Obs, o.Index = o.Obs[:0], o.Index[:0]
	o.flows.reset(keepChunks)
	o.sightings.reset(keepChunks)
	o.acts.reset(keepChunks)
	o.doses.reset(keepChunks)
	o.anomalies.reset(keepChunks)
	o.facts.reset(keepChunks)
	o.attrs.reset(keepChunks)
}
