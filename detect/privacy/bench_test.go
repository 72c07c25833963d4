package privacy

import (
	"net/netip"
	"testing"

	"wardkeeper/detect"
	"wardkeeper/ward"
)

type nobody struct{}

func (nobody) Device(string, ward.Endpoint) string { return "" }
func (nobody) Category(string) string              { return "" }

// feeds are acts in the clear on many paths, in turn.
func feeds(paths int) []ward.Observation {
	all := make([]ward.Observation, 1000)
	for i := range all {
		all[i] = ward.Observation{Kind: ward.KindAct, Time: ward.Time(i), Protocol: "hl7", Act: &ward.Act{Verb: "ORU^R01", Clear: true},
			Src: ward.Endpoint{IP: netip.AddrFrom4([4]byte{10, 1, 1, byte(i % paths)}), Port: uint16(i)}, Dst: ward.Endpoint{IP: netip.AddrFrom4([4]byte{10, 1, 2, 1}), Port: 6661}}
	}
	return all
}

// BenchmarkClear is what a message with a patient in the clear costs in the runner.
func BenchmarkClear(b *testing.B) {
	for name, paths := range map[string]int{"one path": 1, "20 paths": 20, "200 paths": 200} {
		b.Run(name, func(b *testing.B) {
			all := feeds(paths)
			r := detect.NewRunner(nobody{}, []detect.Detector{CleartextInside(), CleartextOutside()})
			r.Observe(all)
			b.ReportAllocs()
			for i := 0; i < b.N; i += len(all) {
				r.Observe(all)
			}
		})
	}
}

func TestClearAllocatesNothing(t *testing.T) {
	all := feeds(20)
	r := detect.NewRunner(nobody{}, []detect.Detector{CleartextInside(), CleartextOutside()})
	r.Observe(all)
	if n := testing.AllocsPerRun(10, func() { r.Observe(all) }); n > 0 {
		t.Errorf("%v allocations for %d acts", n, len(all))
	}
}
