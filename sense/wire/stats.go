package wire

import (
	"time"

	"wardkeeper/ward"
)

// Stats is what an engine counted that is no observation.
type Stats struct {
	Packets, Bytes              uint64 // records and their lengths on the wire
	First, Last                 ward.Time
	Copies                      uint64            // mirror copies, counted once in flows
	Cut                         uint64            // packets shortened by the snap length
	NotDecoded                  map[string]uint64 // reason → packets
	Hidden                      map[string]uint64 // coverage gaps: macsec, ipsec … → packets
	Limits                      map[string]uint64 // caps that were hit
	Notes                       []string          // once a capture: checksums, jumbo frames, time
	Offsets                     []Offset          // between the clocks of interfaces
	Dropped                     uint64            // by the kernel, live only
	Fragments, FragmentOverlaps uint64            // IP fragments; datagrams whose fragments disagreed
}

// Offset is how far the clock of B runs ahead of A's, from packets both showed.
type Offset struct {
	A, B     string
	Packets  uint64
	Sum      time.Duration
	Min, Max time.Duration
}

func (o *Offset) add(d time.Duration) {
	if o.Packets == 0 || d < o.Min {
		o.Min = d
	}
	if o.Packets == 0 || d > o.Max {
		o.Max = d
	}
	o.Packets++
	o.Sum += d
}

func (o *Offset) merge(p *Offset) {
	if p.Packets == 0 {
		return
	}
	n, sum := o.Packets, o.Sum
	o.add(p.Min)
	o.add(p.Max)
	o.Packets, o.Sum = n+p.Packets, sum+p.Sum
}

// Mean is the average offset.
func (o Offset) Mean() time.Duration {
	if o.Packets == 0 {
		return 0
	}
	return o.Sum / time.Duration(o.Packets)
}
