package intrusion

import (
	"net/netip"
	"testing"

	"wardkeeper/detect"
	"wardkeeper/detect/detecttest"
	"wardkeeper/ward"
)

// TestIdle: what is common and means nothing costs no allocation.
func TestIdle(t *testing.T) {
	src, dst := ward.Endpoint{IP: netip.MustParseAddr("10.0.0.1"), Port: 1}, ward.Endpoint{IP: netip.MustParseAddr("10.0.0.2"), Port: 2}
	var all []ward.Observation
	for _, protocol := range []string{"hl7", "dicom", "http", "smb", "dns", "snmp", "ldap", "kerberos", "arp", "tls"} {
		for _, verb := range []string{"GET", "C-STORE", "GetRequest", "login", "bind", "query"} {
			all = append(all, ward.Observation{Kind: ward.KindAct, Time: 1, Protocol: protocol, Src: src, Dst: dst, Act: &ward.Act{Verb: verb, Outcome: "ok"}})
		}
	}
	all = append(all,
		ward.Observation{Kind: ward.KindFlow, Time: 1, Src: src, Dst: dst, Flow: &ward.Flow{Transport: "tcp", State: "closed", PacketsTo: 9, BytesTo: 9}},
		ward.Observation{Kind: ward.KindSighting, Time: 1, Src: src, Dst: dst, Sighting: &ward.Sighting{Facts: []ward.Fact{
			{Field: ward.FieldService, Value: "http", Confidence: 90}, {Field: ward.FieldOS, Value: "Linux", Confidence: 90}}}},
		ward.Observation{Kind: ward.KindAnomaly, Time: 1, Src: src, Dst: dst, Anomaly: &ward.Anomaly{Code: "hl7.framing"}})
	for _, d := range []detect.Detector{Reconnaissance(), PasswordGuessing(), SharedSecret(), WeakService(), LateralMovement(), MemoryRead()} {
		detecttest.Idle(t, d, all...)
	}
}
