package web

import (
	"fmt"
	"math/rand/v2"

	"wardkeeper/know/device"
	"wardkeeper/know/device/category"
	"wardkeeper/ward"
)

// start is when synthetic traffic begins.
const start = ward.Time(1_790_000_000_000_000_000)

// synthetic is a hospital of n devices, the same for the same n.
func synthetic(n int) *Report {
	r := rand.New(rand.NewPCG(7, uint64(n)))
	all := append(category.All(), "", "", "")
	out := &Report{Inputs: []string{"hospital.pcapng"}, Version: "wardkeeper test", First: start, Last: start.Add(3_600_000_000_000),
		Medical: []string{"dicom", "dicomweb", "hl7", "fhir", "astm"},
		Summary: ward.Summary{Packets: uint64(n) * 1000, Bytes: uint64(n) * 100_000, Flows: uint64(n) * 20, Devices: n,
			Protocols: map[string]*ward.ProtocolCount{"dicom": {Flows: uint64(n), Messages: map[string]uint64{"C-STORE": uint64(n) * 3, "C-FIND": 12}},
				"hl7": {Flows: uint64(n), Messages: map[string]uint64{"ORU^R01": uint64(n) * 9}}, "dns": {Flows: uint64(n) * 4}},
			LimitsHit: map[string]uint64{"wire.flows": 3}, NotUnderstood: map[string]uint64{"tcp/9999": 4}},
		Gaps:      []Gap{{12, "encrypted conversations", "audit trails"}, {3, "packets inside macsec", ""}},
		Anomalies: []Anomaly{{Code: "hl7.length", Detail: "length beyond the end", Count: 4, From: "10.0.0.1", Capture: "hospital.pcapng", Packet: 77}},
		Notes:     []string{"hospital.pcapng: timestamps run backwards"}, Clocks: []string{"The clock of b runs 2ms ahead of that of a."}, Copies: 9}
	hubs := []string{category.PACS, category.PACS, category.EHR, category.LIS, category.InterfaceEngine, category.ClinicalServer, category.Server, category.RIS}
	for i := range n {
		if i < len(hubs) {
			out.Devices = append(out.Devices, someDevice(i, hubs[i]))
			continue
		}
		out.Devices = append(out.Devices, someDevice(i, all[r.IntN(len(all))]))
	}
	for i := range n * 3 {
		protocol := []string{"dicom", "hl7", "dns", "http", "fhir", ""}[r.IntN(6)]
		l := device.Link{A: out.Devices[r.IntN(n)].ID, B: out.Devices[r.IntN(min(n, len(hubs)))].ID, Protocol: protocol, Flows: uint64(i%9 + 1),
			Bytes: uint64(i) * 100, Messages: uint64(i % 1000), Clear: protocol == "hl7" && i%2 == 0, First: start, Last: start + 5}
		if i%50 == 0 {
			l.B = fmt.Sprint("external 203.0.113.", i%250)
		}
		if i%77 == 0 {
			l.B = "address 224.0.0.251"
		}
		out.Links = append(out.Links, l)
	}
	for i := range n / 2 {
		out.Findings = append(out.Findings, someFinding(i, out.Devices[i].ID))
	}
	return out
}

func someDevice(i int, category string) ward.Device {
	id := fmt.Sprintf("d%016x", i*2654435761)
	d := ward.Device{Kind: "device", ID: id, Category: category, Maker: "Maker " + fmt.Sprint(i%9), Model: "M" + fmt.Sprint(i%31),
		Serial: fmt.Sprint("SN", i), Software: []ward.Named{{Name: "firmware", Version: "1.2"}}, OS: "Linux", Hostnames: []string{fmt.Sprint("host-", i)},
		MACs: []string{"00:1c:59:aa:05:41"}, IPs: []string{fmt.Sprintf("10.%d.%d.%d", i>>16, i>>8&255, i&255)}, Protocols: []string{"dicom", "dns"},
		Services: []string{"telnet"}, FirstSeen: start.String(), LastSeen: (start + 9).String(), Confidence: i % 100}
	for j := range 30 {
		d.Evidence = append(d.Evidence, ward.Evidence{Field: "category", Value: fmt.Sprint("value ", j%12), From: "dhcp option 60", Capture: "hospital.pcapng",
			Packet: uint64(i + j), Time: start.String(), Confidence: 70, Contradicts: j == 29})
	}
	if i%7 == 0 {
		d.Contradictions = []string{"category"}
	}
	return d
}

func someFinding(i int, about string) ward.Finding {
	f := ward.Finding{Kind: "finding", Rule: fmt.Sprintf("PRIV-%02d", i%4+1), ID: fmt.Sprint("f", i), Title: fmt.Sprint("Something is wrong: case ", i),
		Severity: severities[i%len(severities)], Confidence: 90, PatientHarm: "harm", Advice: "advice", Devices: []string{about}, Victims: []string{"10.0.0.1"},
		Attack:  []ward.Technique{{Technique: "T1040", Matrix: "enterprise", Version: "19"}, {Technique: "T0830", Matrix: "ics", Version: "19"}},
		Motives: []ward.Motive{{Motive: "money", Reason: "records sell"}}, FirstSeen: start.String(), LastSeen: start.String(), Count: uint64(i + 10)}
	for j := range 5 {
		f.Evidence = append(f.Evidence, ward.Record{Time: start.String(), Capture: "hospital.pcapng", Packet: uint64(j + 1), Src: "10.0.0.1", Dst: "10.0.0.2",
			Protocol: "hl7", Says: "a message named a patient"})
	}
	return f
}
