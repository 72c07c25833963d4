package device

import (
	"testing"

	"wardkeeper/ward"
)

// FuzzObserve tells what an analyzer might of hostile traffic.
func FuzzObserve(f *testing.F) {
	f.Add("10.0.0.5", macA, "serial", "4711", "dicom general equipment", "maker", "Philips", true)
	f.Add("10.0.0.5", router, "mac", macB, "arp sender", "ip", "10.0.0.7", false)
	f.Add("fe80::1", local, "hl7-app", "A", "hl7 MSH-3", "application", "B", true)
	f.Add("224.0.0.1", "ff:ff:ff:ff:ff:ff", "ip", "x", "", "mac", "zz:zz", true)
	f.Add("", "", "eui64", "", "dicom (0008,0060)", "modality", "CT", false)
	f.Fuzz(func(t *testing.T, ip, mac, key, value, from, field, fact1 string, behind bool) {
		inv := New(Options{MaxAtoms: 50, MaxEvidence: 100, MaxLinks: 20})
		var e ward.Endpoint
		e.IP = inv.ip(ip)
		e.MAC = inv.mac(mac)
		peer := end("10.0.0.9:104 " + macA)
		sub := ward.Subject{Key: key, Value: value, Behind: behind}
		for range 2 {
			inv.Observe([]ward.Observation{
				{Kind: ward.KindSighting, Time: 1, Src: e, Protocol: "dicom", Sighting: &ward.Sighting{Subject: sub, From: from, Facts: []ward.Fact{{Field: ward.Field(field), Value: fact1, Confidence: 90}, {Field: ward.FieldSerial, Value: value, Confidence: 90}}}},
				{Kind: ward.KindSighting, Time: 2, Src: e, Protocol: "dicom", Sighting: &ward.Sighting{From: from, Facts: []ward.Fact{{Field: ward.Field(field), Value: value, Confidence: 200}, {Field: ward.FieldSerial, Value: fact1, Confidence: 90}}}},
				{Kind: ward.KindFlow, Time: 3, Src: e, Dst: peer, Protocol: key, Flow: &ward.Flow{Transport: "tcp", Start: 1, End: 3, PacketsFrom: 1}},
				{Kind: ward.KindAct, Time: 4, Src: peer, Dst: e, Protocol: key, Act: &ward.Act{}},
			})
			for _, d := range inv.Devices() {
				if d.ID == "" || d.Confidence < 0 || d.Confidence > 99 {
					t.Fatalf("%+v", d)
				}
			}
			inv.Links()
			inv.Coverage()
		}
	})
}
