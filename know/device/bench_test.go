package device

import (
	"fmt"
	"testing"

	"wardkeeper/ward"
)

// acts of 200 conversations in turn, as a mixed capture brings them.
func benchActs() []ward.Observation {
	var obs []ward.Observation
	for i := range 2000 {
		c := i / 3 % 200
		src, dst := end(fmt.Sprintf("10.0.%d.%d:4000 %s", c/50, c%50+1, macA)), end("10.9.0.1:104 "+macB)
		if i%2 == 1 {
			src, dst = dst, src
		}
		obs = append(obs, ward.Observation{Kind: ward.KindAct, Time: ward.Time(i + 1), Protocol: "dicom", Src: src, Dst: dst, Act: &ward.Act{Verb: "C-STORE", Reply: i%2 == 1, Clear: true}})
	}
	return obs
}

func BenchmarkAct(b *testing.B) {
	inv, obs := New(Options{}), benchActs()
	inv.Observe(obs)
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i += len(obs) {
		inv.Observe(obs)
	}
}

func benchFlows(n int) []ward.Observation {
	var obs []ward.Observation
	for i := range 5000 {
		c := i % n
		obs = append(obs, ward.Observation{Kind: ward.KindFlow, Time: ward.Time(i + 1), Protocol: "hl7", Src: end(fmt.Sprintf("10.0.%d.%d:4000 %s", c/200, c%200+1, macA)), Dst: end("10.9.0.1:2575 " + macB),
			Flow: &ward.Flow{Transport: "tcp", Start: ward.Time(i + 1), End: ward.Time(i + 9), PacketsTo: 5, PacketsFrom: 4, BytesTo: 100, BytesFrom: 90, State: "closed"}})
	}
	return obs
}

func BenchmarkFlow(b *testing.B) {
	for _, n := range []int{200, 5000} {
		b.Run(fmt.Sprint(n, "-pairs"), func(b *testing.B) {
			inv, obs := New(Options{}), benchFlows(n)
			inv.Observe(obs)
			b.ReportAllocs()
			b.ResetTimer()
			for i := 0; i < b.N; i += len(obs) {
				inv.Observe(obs)
			}
		})
	}
}

func BenchmarkSighting(b *testing.B) {
	s := newStory()
	for i := range 500 {
		s.says(fmt.Sprintf("10.0.0.%d:104 %s", i%200+1, macA), "dicom", "dicom general equipment", fact(ward.FieldMaker, "Philips", 90), fact(ward.FieldModel, "Achieva", 90), fact(ward.FieldSerial, fmt.Sprint("S0", i%200), 90))
	}
	inv := New(Options{})
	inv.Observe(s.obs)
	b.ReportAllocs()
	b.ResetTimer()
	for i := 0; i < b.N; i += len(s.obs) {
		inv.Observe(s.obs)
	}
}

func BenchmarkDevices(b *testing.B) {
	s := newStory()
	for i := range 5000 {
		src := fmt.Sprintf("10.%d.%d.%d:104 00:09:fb:%02x:%02x:01", i/40000, i/200%200, i%200+1, i>>8, i&255)
		s.says(src, "dicom", "dicom general equipment", fact(ward.FieldMaker, "Philips", 90), fact(ward.FieldModel, "Achieva", 90), fact(ward.FieldSerial, fmt.Sprint("S0", i), 90))
		s.says(src, "http", "http server", fact(ward.FieldProduct, "nginx/1.22.1 (Debian)", 75))
		s.flow(src, "10.250.0.9:104 "+macB, "dicom")
	}
	inv := New(Options{})
	inv.Observe(s.obs)
	b.ReportAllocs()
	b.ResetTimer()
	for range b.N {
		inv.version++
		if n := len(inv.Devices()); n != 5001 {
			b.Fatal(n)
		}
	}
}

func TestHotPathAllocates(t *testing.T) {
	inv, obs := New(Options{}), append(benchActs(), benchFlows(5000)...)
	inv.Observe(obs)
	if n := testing.AllocsPerRun(3, func() { inv.Observe(obs) }); n > 0 {
		t.Errorf("%v allocations", n)
	}
}
