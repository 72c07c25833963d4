package device

import (
	"fmt"
	"math/rand/v2"
	"net/netip"
	"reflect"
	"slices"
	"strings"
	"testing"

	"wardkeeper/ward"
)

// story builds observations, one second apart.
type story struct {
	now ward.Time
	obs []ward.Observation
}

func newStory() *story { return &story{now: 1_700_000_000_000_000_000} }

// end reads "10.0.0.1:104 00:1c:59:00:00:01"; either part may be missing.
func end(s string) ward.Endpoint {
	var e ward.Endpoint
	for _, f := range strings.Fields(s) {
		if m, ok := parseMAC(f); ok {
			e.MAC = m
		} else if ap, err := netip.ParseAddrPort(f); err == nil {
			e.IP, e.Port = ap.Addr(), ap.Port()
		} else {
			e.IP = netip.MustParseAddr(f)
		}
	}
	return e
}

func parseMAC(s string) (m ward.MAC, ok bool) {
	if len(s) != 17 {
		return m, false
	}
	_, err := fmt.Sscanf(s, "%02x:%02x:%02x:%02x:%02x:%02x", &m[0], &m[1], &m[2], &m[3], &m[4], &m[5])
	return m, err == nil
}

func (s *story) add(o ward.Observation) *ward.Observation {
	s.now += 1e9
	o.Time, o.Capture, o.Packet = s.now, "story.pcap", uint64(len(s.obs)+1)
	s.obs = append(s.obs, o)
	return &s.obs[len(s.obs)-1]
}

func (s *story) wait(minutes int) { s.now += ward.Time(minutes) * 60e9 }

// says adds a sighting of the sender: "field value" with a confidence each.
func (s *story) says(src, protocol, from string, facts ...ward.Fact) {
	s.about(src, protocol, ward.Subject{}, from, facts...)
}

// samePacket lets the last sighting be of the packet before it.
func (s *story) samePacket() { s.obs[len(s.obs)-1].Packet = s.obs[len(s.obs)-2].Packet }

func (s *story) about(src, protocol string, sub ward.Subject, from string, facts ...ward.Fact) {
	s.add(ward.Observation{Kind: ward.KindSighting, Src: end(src), Protocol: protocol,
		Sighting: &ward.Sighting{Subject: sub, From: from, Facts: facts}})
}

func fact(f ward.Field, v string, c uint8) ward.Fact {
	return ward.Fact{Field: f, Value: v, Confidence: c}
}

func (s *story) flow(src, dst, protocol string) *ward.Flow {
	f := &ward.Flow{Transport: "tcp", Start: s.now, End: s.now + 5e8, Final: true, PacketsTo: 8, PacketsFrom: 6, BytesTo: 900, BytesFrom: 400, Messages: 2, State: "closed"}
	s.add(ward.Observation{Kind: ward.KindFlow, Src: end(src), Dst: end(dst), Protocol: protocol, Flow: f})
	return f
}

func (s *story) act(src, dst, protocol string, clear bool) {
	s.add(ward.Observation{Kind: ward.KindAct, Src: end(src), Dst: end(dst), Protocol: protocol, Act: &ward.Act{Verb: "C-STORE", Clear: clear}})
}

func (s *story) arp(ip, mac string) {
	s.about(mac, "arp", ward.Subject{Key: "mac", Value: mac}, "arp sender", fact(ward.FieldIP, ip, 85), fact(ward.FieldMAC, mac, 90))
}

func (s *story) zone(zone string) {
	for i := range s.obs {
		if s.obs[i].Zone == "" {
			s.obs[i].Zone = zone
		}
	}
}

// tell folds the story in batches and checks that it gives the same devices when
// it is told again.
func (s *story) tell(t *testing.T) *Inventory {
	t.Helper()
	inv := New(Options{})
	for batch := range slices.Chunk(s.obs, 7) {
		inv.Observe(batch)
		inv.Devices() // asking in between changes nothing
	}
	again := New(Options{})
	again.Observe(s.obs)
	if a, b := inv.Devices(), again.Devices(); !reflect.DeepEqual(a, b) {
		t.Fatalf("told twice, it differs:\n%+v\n%+v", a, b)
	}
	if a, b := inv.Links(), again.Links(); !reflect.DeepEqual(a, b) {
		t.Fatalf("links differ:\n%+v\n%+v", a, b)
	}
	return inv
}

func withIP(t *testing.T, devices []ward.Device, ip string) *ward.Device {
	t.Helper()
	var found *ward.Device
	for i := range devices {
		if slices.Contains(devices[i].IPs, ip) {
			if found != nil {
				t.Fatalf("%s is in two devices:\n%s", ip, list(devices))
			}
			found = &devices[i]
		}
	}
	if found == nil {
		t.Fatalf("no device has %s:\n%s", ip, list(devices))
	}
	return found
}

func list(devices []ward.Device) string {
	var b strings.Builder
	for _, d := range devices {
		fmt.Fprintf(&b, "  %s %q %q %q serial=%q ips=%v macs=%v hosts=%v aes=%v apps=%v behind=%q sure=%d contradicts=%v\n", d.ID, d.Category, d.Maker, d.Model, d.Serial, d.IPs, d.MACs, d.Hostnames, d.AEs, d.Applications, d.Behind, d.Confidence, d.Contradictions)
	}
	return b.String()
}

func want(t *testing.T, devices []ward.Device, n int) {
	t.Helper()
	if len(devices) != n {
		t.Fatalf("want %d devices, got %d:\n%s", n, len(devices), list(devices))
	}
}

const (
	macA   = "00:09:fb:00:00:01" // Philips
	macB   = "00:09:fb:00:00:02"
	router = "00:00:0c:00:00:01" // Cisco
	local  = "02:11:22:33:44:55"
)

func TestTwoNetworkCards(t *testing.T) {
	s := newStory()
	s.arp("10.1.0.5", macA)
	s.arp("10.2.0.5", macB)
	for _, src := range []string{"10.1.0.5:104 " + macA, "10.2.0.5:104 " + macB} {
		s.says(src, "dicom", "dicom general equipment", fact(ward.FieldMaker, "Philips Medical Systems", 90), fact(ward.FieldModel, "Ingenia", 90), fact(ward.FieldSerial, "42817", 90))
	}
	d := s.tell(t).Devices()
	want(t, d, 1)
	if d[0].Category != "MR" || d[0].Maker != "Philips" || d[0].Serial != "42817" || len(d[0].IPs) != 2 || len(d[0].MACs) != 2 || d[0].Confidence < 80 {
		t.Error(list(d))
	}
}

func TestTwoNetworkCardsByNameAndModel(t *testing.T) {
	s := newStory()
	for _, src := range []string{"10.1.0.5 " + macA, "10.2.0.5 " + macB} {
		s.says(src, "snmp", "snmp sysName", fact(ward.FieldHostname, "mon-icu-3", 80))
		s.says(src, "snmp", "snmp entPhysicalModelName", fact(ward.FieldModel, "IntelliVue MX800", 85))
	}
	want(t, s.tell(t).Devices(), 1)
}

func TestSameModelOtherNameStaysApart(t *testing.T) {
	s := newStory()
	for i, src := range []string{"10.1.0.5 " + macA, "10.2.0.5 " + macB} {
		s.says(src, "snmp", "snmp sysName", fact(ward.FieldHostname, fmt.Sprint("mon-icu-", i), 80))
		s.says(src, "snmp", "snmp entPhysicalModelName", fact(ward.FieldModel, "IntelliVue MX800", 85))
	}
	want(t, s.tell(t).Devices(), 2)
}

func TestDHCPAddressChanges(t *testing.T) {
	s := newStory()
	lease := func(ip string) {
		sub := ward.Subject{Key: "mac", Value: macA}
		s.about("10.0.0.1 "+router, "dhcp", sub, "dhcp yiaddr", fact(ward.FieldIP, ip, 95), fact(ward.FieldMAC, macA, 90))
	}
	lease("10.0.0.50")
	s.flow("10.0.0.50:40000 "+macA, "10.0.0.9:443 "+macB, "tls")
	s.wait(600)
	lease("10.0.0.77")
	s.flow("10.0.0.77:40000 "+macA, "10.0.0.9:443 "+macB, "tls")
	d := s.tell(t).Devices()
	pump := withIP(t, d, "10.0.0.50")
	if !slices.Contains(pump.IPs, "10.0.0.77") || !reflect.DeepEqual(pump.MACs, []string{macA}) {
		t.Error(list(d))
	}
}

func TestAddressChangesHands(t *testing.T) {
	s := newStory()
	s.arp("10.0.0.50", macA)
	s.says("10.0.0.50 "+macA, "dhcp", "dhcp option 12", fact(ward.FieldHostname, "pump-1", 90))
	s.wait(600)
	s.arp("10.0.0.50", macB)
	s.says("10.0.0.50 "+macB, "dhcp", "dhcp option 12", fact(ward.FieldHostname, "pump-2", 90))
	d := s.tell(t).Devices()
	want(t, d, 2)
	for _, x := range d {
		if len(x.Hostnames) != 1 || len(x.Contradictions) != 0 {
			t.Error(list(d))
		}
	}
}

func TestAddressClaimedByTwo(t *testing.T) {
	s := newStory()
	for range 3 { // in turn, as when one forges the other's
		s.arp("10.0.0.1", macA)
		s.arp("10.0.0.1", macB)
	}
	inv := s.tell(t)
	d := inv.Devices()
	want(t, d, 2)
	if !slices.Contains(d[0].Contradictions, "ip") || inv.Coverage().Disputed != 2 {
		t.Error(list(d))
	}
}

func TestRouterIsNotItsHosts(t *testing.T) {
	s := newStory()
	s.arp("10.0.0.1", router)
	for i := range 5 {
		s.flow(fmt.Sprintf("10.9.0.%d:4000 %s", i+1, router), "10.0.0.9:104 "+macA, "dicom")
	}
	s.flow("8.8.8.8:443 "+router, "10.0.0.9:50000 "+macA, "tls")
	d := s.tell(t).Devices()
	want(t, d, 7) // the router, five hosts, the archive
	for i := range 5 {
		h := withIP(t, d, fmt.Sprintf("10.9.0.%d", i+1))
		if len(h.IPs) != 1 || len(h.MACs) != 0 || h.Maker != "" {
			t.Error(list(d))
		}
	}
	if r := withIP(t, d, "10.0.0.1"); r.Maker != "Cisco" || !reflect.DeepEqual(r.MACs, []string{router}) {
		t.Error(list(d))
	}
}

func TestRouterWithoutARP(t *testing.T) {
	s := newStory()
	for range 2 {
		for i := range 3 {
			s.flow(fmt.Sprintf("10.9.0.%d:4000 %s", i+1, router), "10.0.0.9:104 "+macA, "dicom")
		}
	}
	d := s.tell(t).Devices()
	want(t, d, 4)
	if h := withIP(t, d, "10.9.0.2"); len(h.MACs) != 0 {
		t.Error(list(d))
	}
	if h := withIP(t, d, "10.0.0.9"); !reflect.DeepEqual(h.MACs, []string{macA}) {
		t.Error(list(d))
	}
}

func TestOneAddressSeenOnBothSidesOfARouter(t *testing.T) {
	s := newStory()
	s.arp("10.0.0.9", macA)
	s.flow("10.0.0.9:4000 "+macA, "10.9.0.1:80 "+router, "http")
	s.flow("10.0.0.9:4000 "+router, "10.9.0.1:80 "+macB, "http")
	s.arp("10.9.0.1", macB)
	d := s.tell(t).Devices()
	want(t, d, 2)
	if x := withIP(t, d, "10.0.0.9"); !reflect.DeepEqual(x.MACs, []string{macA}) {
		t.Error(list(d))
	}
}

func TestBehindRelay(t *testing.T) {
	s := newStory()
	sub := ward.Subject{Key: "mac", Value: macA, Behind: true}
	s.about("10.5.0.1:67 "+router, "dhcp", sub, "dhcp chaddr", fact(ward.FieldMAC, macA, 90), fact(ward.FieldRole, "dhcp client", 60))
	s.about("10.5.0.1:67 "+router, "dhcp", sub, "dhcp option 12", fact(ward.FieldHostname, "pump-117", 90))
	s.about("10.5.0.1:67 "+router, "dhcp", sub, "dhcp giaddr", fact(ward.FieldLocation, "10.5.0.1", 80))
	s.about("10.0.0.2:67 "+macB, "dhcp", sub, "dhcp yiaddr", fact(ward.FieldIP, "10.5.0.60", 95), fact(ward.FieldMAC, macA, 90))
	s.flow("10.5.0.60:5000 "+router, "10.0.0.9:443 00:50:56:00:00:01", "tls")
	d := s.tell(t).Devices()
	pump := withIP(t, d, "10.5.0.60")
	if pump.Location != "10.5.0.1" || !reflect.DeepEqual(pump.MACs, []string{macA}) || !slices.Contains(pump.Hostnames, "pump-117") || pump.Category != "infusion pump" || pump.Behind != "" {
		t.Error(list(d))
	}
	if r := withIP(t, d, "10.5.0.1"); slices.Contains(r.MACs, macA) {
		t.Error(list(d))
	}
}

func TestGatewayHidesManyDevices(t *testing.T) {
	s := newStory()
	gw := "10.0.0.20:6661 " + macA
	s.says(gw, "hl7", "hl7 MSH-3", fact(ward.FieldApplication, "MINDRAY_EGATEWAY", 80))
	for i := range 3 {
		sub := ward.Subject{Key: "eui64", Value: fmt.Sprintf("0000CAFE0000%04X", i+1), Behind: true}
		s.about(gw, "hl7", sub, "hl7 OBX device", fact(ward.FieldModel, "BeneVision N17", 90), fact(ward.FieldMaker, "Mindray", 90), fact(ward.FieldCategory, "patient monitor", 85))
	}
	d := s.tell(t).Devices()
	want(t, d, 4)
	g := withIP(t, d, "10.0.0.20")
	if g.Category != "device gateway" || len(g.Applications) != 1 {
		t.Error(list(d))
	}
	n := 0
	for _, x := range d {
		if x.Behind == g.ID && x.Category == "patient monitor" && x.Model == "BeneVision N17" && len(x.IPs) == 0 {
			n++
		}
	}
	if n != 3 {
		t.Error(list(d))
	}
}

func TestGatewayThatStatesSerialsAsItsOwn(t *testing.T) {
	s := newStory()
	for i := range 3 {
		s.says("10.0.0.20:4001 "+macA, "astm", "astm H-5", fact(ward.FieldMaker, "Sysmex", 85), fact(ward.FieldModel, "XN-1000", 85), fact(ward.FieldSerial, fmt.Sprint("A10", i), 85))
	}
	d := s.tell(t).Devices()
	want(t, d, 4)
	g := withIP(t, d, "10.0.0.20")
	if g.Serial != "" || g.Model != "" {
		t.Error(list(d))
	}
	for _, x := range d {
		if x.ID != g.ID && (x.Behind != g.ID || x.Category != "analyser" || x.Maker != "Sysmex") {
			t.Error(list(d))
		}
	}
}

func TestSerialServer(t *testing.T) {
	s := newStory()
	moxa := "10.0.0.30:80 00:90:e8:00:00:01"
	s.arp("10.0.0.30", "00:90:e8:00:00:01")
	s.says(moxa, "http", "http server", fact(ward.FieldProduct, "MoxaHttp/1.0", 75))
	for i, m := range []string{"ABL90 FLEX", "cobas b 221", "Evita V500"} {
		sub := ward.Subject{Key: "serial", Value: fmt.Sprint("90X", i), Behind: true}
		s.about(fmt.Sprintf("10.0.0.30:%d 00:90:e8:00:00:01", 4001+i), "astm", sub, "astm H-5", fact(ward.FieldModel, m, 85))
	}
	d := s.tell(t).Devices()
	want(t, d, 4)
	g := withIP(t, d, "10.0.0.30")
	if g.Category != "serial server" || g.Maker != "Moxa" {
		t.Error(list(d))
	}
	var kinds []string
	for _, x := range d {
		if x.Behind == g.ID {
			kinds = append(kinds, x.Maker+" "+x.Category)
		}
	}
	slices.Sort(kinds)
	if !reflect.DeepEqual(kinds, []string{"Dräger ventilator", "Radiometer analyser", "Roche analyser"}) {
		t.Error(kinds, list(d))
	}
}

func TestLocalAddressesDoNotLast(t *testing.T) {
	s := newStory()
	s.about(local, "ndp", ward.Subject{Key: "mac", Value: local}, "ndp source link-layer", fact(ward.FieldIP, "fe80::11:22ff:fe33:4455", 85), fact(ward.FieldMAC, local, 90))
	s.flow("2001:db8::a1b2:c3d4:e5f6:1234 "+local, "ff02::1 33:33:00:00:00:01", "")
	inv := s.tell(t)
	want(t, inv.Devices(), 0)
	if inv.Coverage().Passing == 0 {
		t.Errorf("%+v", inv.Coverage())
	}
	// With a name of its own it is a device.
	s.says("fe80::11:22ff:fe33:4455 "+local, "mdns", "mdns SRV", fact(ward.FieldHostname, "bedside-12", 80))
	want(t, s.tell(t).Devices(), 1)
}

func TestTemporaryAddressJoinsItsDevice(t *testing.T) {
	s := newStory()
	s.arp("10.0.0.8", macA)
	s.flow("fd00::a1b2:c3d4:e5f6:1234 "+macA, "fd00::1 "+macB, "dns")
	s.flow("fe80::209:fbff:fe00:1 "+macA, "fd00::1 "+macB, "dns")
	d := s.tell(t).Devices()
	if x := withIP(t, d, "10.0.0.8"); len(x.IPs) != 3 {
		t.Error(list(d))
	}
}

func TestArchiveForwardsWhatOthersMade(t *testing.T) {
	s := newStory()
	ct, pacs, ws := "10.0.0.5:50000 "+macA, "10.0.0.6:104 "+macB, "10.0.0.7:104 00:50:56:00:00:01"
	made := []ward.Fact{fact(ward.FieldMaker, "SIEMENS", 90), fact(ward.FieldModel, "SOMATOM Force", 90), fact(ward.FieldSerial, "75643", 90)}
	modality := []ward.Fact{fact(ward.FieldModality, "CT", 85), fact(ward.FieldCategory, "CT", 75)}
	s.says(ct, "dicom", "dicom general equipment", made...)
	s.says(ct, "dicom", "dicom (0008,0060)", modality...)
	s.says(pacs, "dicom", "dicom presentation contexts", fact(ward.FieldRole, "dicom storage scp", 65), fact(ward.FieldRole, "dicom query scp", 65))
	s.says(pacs, "dicom", "dicom association", fact(ward.FieldAE, "ARCHIVE", 85))
	s.flow(ct, pacs, "dicom")
	s.says(pacs, "dicom", "dicom general equipment", made...) // the archive sends the scanner's images on
	s.says(pacs, "dicom", "dicom (0008,0060)", modality...)
	s.flow(pacs, ws, "dicom")
	d := s.tell(t).Devices()
	want(t, d, 3)
	if x := withIP(t, d, "10.0.0.5"); x.Category != "CT" || x.Serial != "75643" {
		t.Error(list(d))
	}
	if x := withIP(t, d, "10.0.0.6"); x.Category != "PACS" || x.Serial != "" || x.Model != "" || x.Maker == "Siemens Healthineers" {
		t.Error(list(d))
	}
}

func TestScannersBehindAnArchive(t *testing.T) {
	s := newStory()
	pacs := "10.0.0.6:104 " + macB
	s.says(pacs, "dicom", "dicom association", fact(ward.FieldAE, "ORTHANC", 85))
	s.says(pacs, "dicom", "dicom general equipment", fact(ward.FieldMaker, "GE MEDICAL SYSTEMS", 90), fact(ward.FieldModel, "LightSpeed VCT", 90), fact(ward.FieldSerial, "99001", 90))
	s.about(pacs, "dicom", ward.Subject{Key: "serial", Value: "4711", Behind: true}, "dicom general equipment", fact(ward.FieldMaker, "Philips", 90), fact(ward.FieldModel, "Achieva", 90), fact(ward.FieldSerial, "4711", 90))
	d := s.tell(t).Devices()
	want(t, d, 3)
	g := withIP(t, d, "10.0.0.6")
	if g.Category != "PACS" || g.Serial != "" {
		t.Error(list(d))
	}
	var kinds []string
	for _, x := range d {
		if x.Behind == g.ID {
			kinds = append(kinds, x.Category)
		}
	}
	slices.Sort(kinds)
	if !reflect.DeepEqual(kinds, []string{"CT", "MR"}) {
		t.Error(list(d))
	}
}

func TestScannerFilesReportsUnderAnotherName(t *testing.T) {
	s := newStory()
	ct := "10.0.0.5:50000 " + macA
	report := func(sub ward.Subject) {
		s.about(ct, "dicom", sub, "dicom general equipment", fact(ward.FieldMaker, "SIEMENS", 90), fact(ward.FieldModel, "Dose Report", 90), fact(ward.FieldSerial, "R-1", 90))
		s.about(ct, "dicom", sub, "dicom (0008,0060)", fact(ward.FieldModality, "SR", 85))
		s.samePacket()
	}
	image := func(sub ward.Subject) {
		s.about(ct, "dicom", sub, "dicom general equipment", fact(ward.FieldMaker, "SIEMENS", 90), fact(ward.FieldModel, "SOMATOM Force", 90), fact(ward.FieldSerial, "75643", 90))
		s.about(ct, "dicom", sub, "dicom (0008,0060)", fact(ward.FieldModality, "CT", 85))
		s.samePacket()
	}
	image(ward.Subject{})
	report(ward.Subject{Key: "serial", Value: "R-1", Behind: true})
	if x := withIP(t, s.tell(t).Devices(), "10.0.0.5"); x.Category != "CT" || x.Serial != "75643" || len(x.Contradictions) != 0 {
		t.Error(list(s.tell(t).Devices()))
	}
	s = newStory()
	report(ward.Subject{})
	image(ward.Subject{})
	if x := withIP(t, s.tell(t).Devices(), "10.0.0.5"); x.Category != "CT" || x.Serial != "75643" || x.Model != "SOMATOM Force" || len(x.Contradictions) != 0 {
		t.Error(list(s.tell(t).Devices()))
	}
	s = newStory()
	report(ward.Subject{})
	image(ward.Subject{Key: "serial", Value: "75643", Behind: true})
	if x := withIP(t, s.tell(t).Devices(), "10.0.0.5"); x.Category != "CT" || x.Serial != "75643" || x.Model != "SOMATOM Force" || len(x.Contradictions) != 0 {
		t.Error(list(s.tell(t).Devices()))
	}
}

func TestHiddenDeviceIsSeenDirectlyToo(t *testing.T) {
	s := newStory()
	s.about("10.0.0.6:104 "+macB, "dicom", ward.Subject{Key: "serial", Value: "4711", Behind: true}, "dicom general equipment", fact(ward.FieldMaker, "Philips", 90), fact(ward.FieldModel, "Achieva", 90), fact(ward.FieldSerial, "4711", 90))
	s.says("10.0.0.9 "+macA, "dicom", "dicom general equipment", fact(ward.FieldMaker, "Philips Healthcare", 90), fact(ward.FieldModel, "Achieva", 90), fact(ward.FieldSerial, "4711", 90))
	d := s.tell(t).Devices()
	want(t, d, 2)
	if x := withIP(t, d, "10.0.0.9"); x.Serial != "4711" || x.Behind != "" {
		t.Error(list(d))
	}
}

func TestApplicationsBeforeAddress(t *testing.T) {
	s := newStory()
	engine := "10.0.0.40:40000 " + macA
	for _, app := range []string{"EPIC", "LAB", "PHARMACY", "RADIOLOGY"} {
		s.about(engine, "hl7", ward.Subject{Key: "hl7-app", Value: app, Behind: true}, "hl7 MSH-3", fact(ward.FieldApplication, app, 70))
	}
	s.about(engine, "hl7", ward.Subject{Key: "hl7-app", Value: "LAB", Behind: true}, "hl7 SFT", fact(ward.FieldMaker, "Sunquest", 85), fact(ward.FieldProduct, "Sunquest Laboratory", 85))
	// The laboratory's system is seen through another engine, too.
	s.about("10.0.0.41:40000 "+macB, "hl7", ward.Subject{Key: "hl7-app", Value: "LAB", Behind: true}, "hl7 MSH-3", fact(ward.FieldApplication, "LAB", 70))
	d := s.tell(t).Devices()
	want(t, d, 3)
	g := withIP(t, d, "10.0.0.40")
	if g.Category != "interface engine" || !reflect.DeepEqual(g.Applications, []string{"EPIC", "PHARMACY", "RADIOLOGY"}) {
		t.Error(list(d))
	}
	i := slices.IndexFunc(d, func(x ward.Device) bool { return x.Category == "LIS" })
	if i < 0 || d[i].Maker != "Sunquest" || d[i].Behind == "" || len(d[i].IPs) != 0 {
		t.Error(list(d))
	}
}

func TestVirtualAddressesAreNoDevices(t *testing.T) {
	s := newStory()
	for _, m := range []string{"00:00:5e:00:01:0a", "00:00:0c:07:ac:01", "00:00:0c:9f:f0:01", "00:07:b4:00:01:02"} {
		s.about(m, "arp", ward.Subject{Key: "mac", Value: m}, "arp sender", fact(ward.FieldMAC, m, 90))
	}
	s.flow("10.0.0.5:68 "+macA, "255.255.255.255:67 ff:ff:ff:ff:ff:ff", "dhcp")
	s.flow("10.0.0.5:5353 "+macA, "224.0.0.251:5353 01:00:5e:00:00:fb", "mdns")
	s.flow("10.0.0.5:137 "+macA, "10.0.0.255:137 ff:ff:ff:ff:ff:ff", "nbns")
	inv := s.tell(t)
	d := inv.Devices()
	want(t, d, 1)
	if len(d[0].IPs) != 1 || len(inv.Links()) != 0 {
		t.Error(list(d), inv.Links())
	}
}

func TestPublicAddressesAreExternal(t *testing.T) {
	s := newStory()
	s.arp("10.0.0.5", macA)
	s.flow("10.0.0.5:4000 "+macA, "93.184.216.34:443 "+router, "tls")
	s.says("93.184.216.34:443 "+router, "http", "http server", fact(ward.FieldProduct, "nginx/1.22.1", 75))
	inv := s.tell(t)
	d := inv.Devices()
	want(t, d, 1)
	l := inv.Links()
	if len(l) != 1 || l[0].A != d[0].ID || l[0].B != "external 93.184.216.34" || l[0].Protocol != "tls" {
		t.Errorf("%+v", l)
	}
	if inv.Coverage().External != 1 {
		t.Errorf("%+v", inv.Coverage())
	}
}

func TestSilentAddressesAreNoDevices(t *testing.T) {
	s := newStory()
	s.arp("10.0.0.5", macA)
	for i := range 50 {
		f := s.flow("10.0.0.5:4000 "+macA, fmt.Sprintf("10.0.1.%d:22 %s", i+1, router), "")
		f.PacketsFrom, f.BytesFrom, f.BytesTo, f.State = 0, 0, 0, "new"
	}
	inv := s.tell(t)
	want(t, inv.Devices(), 1)
	if inv.Coverage().Silent != 50 {
		t.Errorf("%+v", inv.Coverage())
	}
}

func TestOverlappingZonesStayApart(t *testing.T) {
	s := newStory()
	s.says("10.0.0.5:104", "dicom", "dicom association", fact(ward.FieldAE, "CT1", 85))
	s.zone("north")
	s.says("10.0.0.5:104", "dicom", "dicom association", fact(ward.FieldAE, "MR1", 85))
	s.zone("south")
	inv := s.tell(t)
	want(t, inv.Devices(), 2)
	a, _ := inv.Lookup("", "north", end("10.0.0.5"))
	b, ok := inv.Lookup("", "south", end("10.0.0.5"))
	if !ok || a == b {
		t.Error(a, b)
	}
	if d, ok := inv.Device(a); !ok || d.Zone != "north" {
		t.Error(d)
	}
	if _, ok := inv.Lookup("", "west", end("10.0.0.5")); ok {
		t.Error("found in a zone that does not exist")
	}
}

func TestContradictionsAreShown(t *testing.T) {
	s := newStory()
	src := "10.0.0.5:104 " + macA
	s.says(src, "dicom", "dicom general equipment", fact(ward.FieldMaker, "GE Healthcare", 90), fact(ward.FieldModel, "Revolution CT", 90))
	s.says(src, "hl7", "hl7 SFT", fact(ward.FieldMaker, "Philips", 85))
	d := s.tell(t).Devices()
	want(t, d, 1)
	if d[0].Maker != "GE HealthCare" || !slices.Contains(d[0].Contradictions, "maker") {
		t.Error(list(d))
	}
	i := slices.IndexFunc(d[0].Evidence, func(e ward.Evidence) bool { return e.Field == "maker" && e.Value == "Philips" })
	if i < 0 || !d[0].Evidence[i].Contradicts {
		t.Errorf("%+v", d[0].Evidence)
	}
}

func TestIDsAreStable(t *testing.T) {
	one, two := newStory(), newStory()
	facts := []ward.Fact{fact(ward.FieldMaker, "Philips", 90), fact(ward.FieldModel, "Ingenia", 90), fact(ward.FieldSerial, "42817", 90)}
	one.says("10.1.0.5:104 "+macA, "dicom", "dicom general equipment", facts...)
	two.wait(90)
	two.says("10.7.0.5:104 "+macB, "dicom", "dicom general equipment", facts...) // another day, another address
	a, b := one.tell(t).Devices(), two.tell(t).Devices()
	if a[0].ID != b[0].ID {
		t.Error(list(a), list(b))
	}
}

func TestLinks(t *testing.T) {
	s := newStory()
	ct, pacs := "10.0.0.5:50000 "+macA, "10.0.0.6:104 "+macB
	s.flow(ct, pacs, "dicom")
	s.flow(ct, pacs, "dicom")
	s.act(ct, pacs, "dicom", true)
	s.act(pacs, ct, "dicom", false)
	s.act(ct, pacs, "fhir", false)
	inv := s.tell(t)
	a, _ := inv.Lookup("", "", end(ct))
	b, _ := inv.Lookup("", "", end(pacs))
	l := inv.Links()
	if len(l) != 2 || l[0].A != a || l[0].B != b || l[0].Flows != 2 || l[0].Bytes != 2600 || l[0].Messages != 4 || !l[0].Clear || l[1].Protocol != "fhir" || l[1].Messages != 1 {
		t.Errorf("%+v", l)
	}
}

func TestBounds(t *testing.T) {
	inv := New(Options{MaxAtoms: 100, MaxEvidence: 300, MaxLinks: 50})
	s := newStory()
	for i := range 400 {
		src := fmt.Sprintf("10.0.%d.%d:4000 %s", i/200, i%200+1, macA)
		s.says(src, "dns", "mdns SRV", fact(ward.FieldHostname, fmt.Sprint("host-", i), 80))
		s.flow(src, "10.0.0.1:80 "+macB, "http")
	}
	for i := range 200 {
		s.says("10.0.0.1 "+macB, "dns", "mdns SRV", fact(ward.FieldHostname, fmt.Sprint("alias-", i), 80))
	}
	inv.Observe(s.obs)
	if len(inv.atoms) > 100 || inv.kept > 300 || len(inv.links) > 50 {
		t.Errorf("%d atoms, %d pieces, %d links", len(inv.atoms), inv.kept, len(inv.links))
	}
	for _, name := range []string{"device.atoms", "device.evidence", "device.links"} {
		if inv.Limits()[name] == 0 {
			t.Errorf("%s was not counted: %v", name, inv.Limits())
		}
	}
	inv.Devices()
}

// What shards deliver between merges may come in another order within a moment:
// the devices must be the same.
func TestOrderDoesNotDecide(t *testing.T) {
	s := newStory()
	for i := range 20 {
		ip := fmt.Sprintf("10.0.0.%d", i+10)
		mac := fmt.Sprintf("00:09:fb:00:01:%02x", i)
		s.arp(ip, mac)
		s.says(ip+" "+mac, "dicom", "dicom general equipment", fact(ward.FieldMaker, "Philips", 90), fact(ward.FieldModel, "Achieva", 90), fact(ward.FieldSerial, fmt.Sprint("S00", i/2), 90))
		s.flow(ip+":4000 "+mac, fmt.Sprintf("10.9.0.%d:104 %s", i, router), "dicom")
	}
	ids := func(d []ward.Device) (out []string) {
		for _, x := range d {
			out = append(out, fmt.Sprint(x.ID, x.IPs, x.MACs, x.Category, x.Confidence))
		}
		return out
	}
	first := ids(s.tell(t).Devices())
	r := rand.New(rand.NewPCG(1, 2))
	for range 5 {
		r.Shuffle(len(s.obs), func(i, j int) { s.obs[i], s.obs[j] = s.obs[j], s.obs[i] })
		inv := New(Options{})
		inv.Observe(s.obs)
		if got := ids(inv.Devices()); !reflect.DeepEqual(got, first) {
			t.Fatalf("order decides:\n%v\n%v", first, got)
		}
	}
}
