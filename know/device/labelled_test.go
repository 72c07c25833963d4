package device

import (
	"fmt"
	"slices"
	"strings"
	"testing"

	"wardkeeper/ward"
)

// labelled is a device as its traffic shows it and what it is. Evidence is
// "protocol|from|field|confidence|value", several apart by newline.
type labelled struct {
	category, maker, model string
	mac                    string
	says                   string
}

const tok = "~abcdefghij" // what the sensor leaves of a word that it does not know

var labelledSet = []labelled{
	{"infusion pump", "BD", "8015", "00:18:db:00:00:01", "dhcp|dhcp option 12|hostname|90|" + tok + "-pcu\nhttp|http user-agent|product|70|Alaris PCU 8015/9.33"},
	{"infusion pump", "BD", "8015", "", "hl7|hl7 OBX device|maker|90|CareFusion\nhl7|hl7 OBX device|model|90|8015\nhl7|hl7 OBX device|category|85|infusion pump"},
	{"infusion pump", "B. Braun", "Infusomat Space", "00:1c:f9:00:00:01", "sdc|ws-discovery|maker|90|B. Braun Melsungen AG\nsdc|ws-discovery|model|90|Infusomat Space"},
	{"infusion pump", "B. Braun", "SpaceCom", "", "http|http server|product|75|SpaceCom/012U000061\nftp|ftp greeting|product|70|BBraun SpaceCom FTP"},
	{"infusion pump", "Baxter", "Spectrum", "", "telnet|telnet banner|product|60|Sigma Spectrum WBM v20D29\nftp|ftp greeting|product|70|WBM FTP"},
	{"infusion pump", "ICU Medical", "Plum 360", "", "http|http html title|product|60|Hospira Plum 360 " + tok},
	{"infusion pump", "Smiths Medical", "Medfusion 4000", "", "telnet|telnet banner|product|60|Medfusion 4000"},
	{"infusion pump", "Fresenius Kabi", "Agilia", "", "tls|tls certificate subject|maker|60|Fresenius Kabi\nhttp|http html title|product|60|Agilia Connect"},
	{"infusion pump", "Mindray", "BeneFusion", "", "hl7|hl7 OBX device|maker|90|Mindray\nhl7|hl7 OBX device|model|90|BeneFusion VP5"},
	{"insulin pump", "Medtronic", "780G", "", "ble|ble local name|product|80|MiniMed 780G\nble|ble services|fingerprint|85|ble-service 183a"},
	{"insulin pump", "Tandem Diabetes Care", "X2", "", "ble|ble local name|product|80|tslim X2 " + tok},
	{"glucose sensor", "Dexcom", "", "", "ble|ble local name|product|80|DXCM\nble|ble services|fingerprint|85|ble-service 181f"},
	{"patient monitor", "Philips", "MX800", macA, "intellivue|intellivue 2344|model|90|IntelliVue MX800\nintellivue|intellivue 2344|maker|85|Philips"},
	{"patient monitor", "Philips", "", macA, "snmp|snmp sysDescr|product|80|Philips " + tok + "\ndhcp|dhcp option 12|hostname|90|bedside-12"},
	{"patient monitor", "GE HealthCare", "B650", "", "unity|unity discovery|role|80|ge unity monitor\nhttp|http html title|product|60|CARESCAPE B650"},
	{"patient monitor", "GE HealthCare", "B850", "", "hl7|hl7 OBX device|maker|90|GE Healthcare\nhl7|hl7 OBX device|model|90|B850"},
	{"patient monitor", "Dräger", "Delta", "", "snmp|snmp sysDescr|product|80|Draeger Infinity Delta VF8"},
	{"patient monitor", "Spacelabs Healthcare", "Xprezzon", "", "http|http server|product|75|Spacelabs Xprezzon 91393"},
	{"patient monitor", "Masimo", "Root", "", "hl7|hl7 SFT|maker|85|Masimo\nhl7|hl7 OBX device|model|90|Root"},
	{"patient monitor", "Contec", "CMS8000", "", "http|http user-agent|product|70|CMS8000"},
	{"central station", "Philips", "Information Center", "", "snmp|snmp sysDescr|product|80|Philips IntelliVue Information Center iX C.03\nsmb|smb ntlm|os|85|Windows Server 2016 build 14393"},
	{"ventilator", "Hamilton Medical", "C6", "", "hl7|hl7 OBX device|maker|90|Hamilton Medical AG\nhl7|hl7 OBX device|model|90|HAMILTON-C6"},
	{"ventilator", "Dräger", "V500", "", "hl7|hl7 OBX device|model|90|Evita Infinity V500"},
	{"ventilator", "Medtronic", "840", "", "hl7|hl7 OBX device|maker|90|Puritan Bennett\nhl7|hl7 OBX device|model|90|840"},
	{"anaesthesia machine", "GE HealthCare", "Aisys", "", "hl7|hl7 OBX device|model|90|Aisys CS2"},
	{"dialysis machine", "Fresenius Medical Care", "5008", "", "hl7|hl7 OBX device|maker|90|Fresenius Medical Care\nhl7|hl7 OBX device|model|90|5008S"},
	{"defibrillator", "ZOLL", "X Series", "", "http|http user-agent|product|70|ZOLL X Series"},
	{"electrocardiograph", "GE HealthCare", "MAC 5500", "", "dicom|dicom general equipment|maker|90|GE Healthcare\ndicom|dicom general equipment|model|90|MAC 5500 HD\ndicom|dicom (0008,0060)|modality|85|ECG"},
	{"electrocardiograph", "Philips", "TC70", "", "ftp|ftp greeting|product|70|Philips PageWriter TC70"},
	{"CT", "Siemens Healthineers", "SOMATOM Definition", "08:00:06:00:00:01", "dicom|dicom general equipment|maker|90|SIEMENS\ndicom|dicom general equipment|model|90|SOMATOM Definition AS+\ndicom|dicom (0008,0060)|modality|85|CT\ndicom|dicom association|ae|85|CT_" + tok},
	{"CT", "GE HealthCare", "LightSpeed VCT", "", "dicom|dicom general equipment|maker|90|GE MEDICAL SYSTEMS\ndicom|dicom general equipment|model|90|LightSpeed VCT\ndicom|dicom (0018,1020)|software|85|07MW18.4"},
	{"CT", "Canon Medical", "Aquilion", "", "dicom|dicom general equipment|maker|90|TOSHIBA\ndicom|dicom general equipment|model|90|Aquilion\ndicom|dicom (0008,0060)|modality|85|CT"},
	{"MR", "Siemens Healthineers", "Avanto", "", "dicom|dicom general equipment|maker|90|SIEMENS\ndicom|dicom general equipment|model|90|Avanto\ndicom|dicom (0018,1020)|software|85|syngo MR B17"},
	{"MR", "Philips", "Ingenia", "", "dicom|dicom general equipment|maker|90|Philips Medical Systems\ndicom|dicom general equipment|model|90|Ingenia\ndicom|dicom (0008,0060)|modality|85|MR"},
	{"MR", "GE HealthCare", "SIGNA", "", "dicom|dicom implementation|fingerprint|75|dicom-impl 1.2.840.113619.6.336\ndicom|dicom (0008,0060)|modality|85|MR\ndicom|dicom general equipment|model|90|Signa HDxt"},
	{"US", "Philips", "EPIQ", "", "dicom|dicom general equipment|maker|90|Philips Medical Systems\ndicom|dicom general equipment|model|90|EPIQ 7C\ndicom|dicom (0008,0060)|modality|85|US"},
	{"US", "Samsung Medison", "", "", "dicom|dicom implementation|fingerprint|75|dicom-impl 1.2.410.200001.1.11\ndicom|dicom (0008,0060)|modality|85|US"},
	{"US", "", "", "", "dicom|dicom (0008,0060)|modality|85|US\ndicom|dicom association|ae|85|" + tok},
	{"X-ray", "Carestream", "DRX", "", "dicom|dicom general equipment|maker|90|Carestream Health\ndicom|dicom general equipment|model|90|DRX-Evolution\ndicom|dicom (0008,0060)|modality|85|DX"},
	{"X-ray", "Philips", "Allura", "", "dicom|dicom general equipment|maker|90|Philips Medical Systems\ndicom|dicom general equipment|model|90|AlluraXper FD20\ndicom|dicom (0008,0060)|modality|85|XA"},
	{"X-ray", "Fujifilm", "", "", "dicom|dicom general equipment|maker|90|FUJIFILM Corporation\ndicom|dicom (0008,0060)|modality|85|CR"},
	{"X-ray", "Hologic", "Selenia", "", "dicom|dicom general equipment|maker|90|HOLOGIC, Inc.\ndicom|dicom general equipment|model|90|Selenia Dimensions\ndicom|dicom (0008,0060)|modality|85|MG"},
	{"nuclear medicine", "Siemens Healthineers", "Biograph", "", "dicom|dicom general equipment|maker|90|SIEMENS/CTI\ndicom|dicom general equipment|model|90|Biograph 64\ndicom|dicom (0008,0060)|modality|85|PT"},
	{"RT", "Varian", "TrueBeam", "", "dicom|dicom general equipment|maker|90|Varian Medical Systems\ndicom|dicom general equipment|model|90|TrueBeam\ndicom|dicom (0008,0060)|modality|85|RTIMAGE"},
	{"RT", "Raysearch", "RayStation", "", "dicom|dicom general equipment|maker|90|RaySearch Laboratories\ndicom|dicom general equipment|model|90|RayStation\ndicom|dicom (0008,0060)|modality|85|RTPLAN"},
	{"ophthalmology", "Zeiss", "CIRRUS", "", "dicom|dicom general equipment|maker|90|Carl Zeiss Meditec\ndicom|dicom general equipment|model|90|CIRRUS HD-OCT 5000"},
	{"PACS", "Orthanc", "Orthanc", "", "dicom|dicom association|ae|85|ORTHANC\ndicom|dicom presentation contexts|role|65|dicom storage scp\ndicom|dicom presentation contexts|role|65|dicom query scp\nhttp|http www-authenticate|product|50|Orthanc Secure Area"},
	{"PACS", "", "", "", "dicom|dicom presentation contexts|role|65|dicom storage scp\ndicom|dicom presentation contexts|role|65|dicom query scp\ndicom|dicom services offered|category|45|PACS\ndicom|dicom implementation|fingerprint|75|dicom-impl 1.2.276.0.7230010.3.0.3.6.7\nssh|ssh identification|product|75|OpenSSH_9.2p1 Debian-2"},
	{"PACS", "Sectra", "", "", "dicom|dicom association|ae|85|PACSMAIN\ndicom|dicom implementation|fingerprint|75|dicom-impl 1.2.752.24.3.3.25\nsmb|smb ntlm|os|85|Windows Server 2019 build 17763"},
	{"imaging workstation", "Siemens Healthineers", "syngo", "", "dicom|dicom implementation|product|70|syngo.via VB60\ndicom|dicom presentation contexts|role|45|dicom query scu"},
	{"analyser", "Roche", "cobas", "", "astm|astm H-5|product|85|cobas 8000\nastm|astm direction|role|60|astm sender"},
	{"analyser", "Sysmex", "XN", "", "astm|astm H-5|product|85|XN-1000\nastm|astm direction|role|60|astm sender"},
	{"analyser", "Radiometer", "ABL", "", "hl7|hl7 SFT|maker|85|Radiometer\nhl7|hl7 MSH-3|application|80|ABL90 FLEX"},
	{"LIS", "", "", "", "hl7|hl7 MSH-3|application|80|LIS\nhl7|hl7 MSH-9|role|55|hl7 result sender\nhl7|hl7 mllp|service|80|hl7 mllp"},
	{"LIS", "Sunquest", "Sunquest", "", "hl7|hl7 SFT|maker|85|Sunquest\nhl7|hl7 SFT|product|85|Sunquest Laboratory\nhl7|hl7 MSH-3|application|80|LAB"},
	{"EHR", "Epic", "", "", "hl7|hl7 MSH-3|application|80|EPIC\nhl7|hl7 MSH-9|role|55|hl7 adt sender"},
	{"EHR", "", "", "", "hl7|hl7 MSH-3|application|80|ADT1\nhl7|hl7 MSH-9|role|55|hl7 adt sender\nssh|ssh identification|product|75|OpenSSH_8.0"},
	{"interface engine", "NextGen Healthcare", "Mirth", "", "hl7|hl7 SFT|product|85|Mirth Connect\nhl7|hl7 MSH-3|application|80|MIRTH\nhttp|http server|product|75|Jetty(9.4.44.v20210927)"},
	{"device gateway", "Capsule", "", "", "hl7|hl7 OBX-18|category|60|device gateway\nhl7|hl7 SFT|maker|85|Capsule Technologies"},
	{"implant programmer", "Medtronic", "2090", "", "dhcp|dhcp option 60|product|75|Medtronic CareLink 2090"},
	{"nurse call", "Rauland", "Responder", "", "http|http html title|product|60|Rauland Responder 5"},
	{"hospital bed", "Stryker", "iBed", "", "http|http user-agent|product|70|Stryker iBed Wireless"},
	{"pharmacy automation", "BD", "Pyxis", "", "http|http html title|product|60|BD Pyxis MedStation ES\nsmb|smb ntlm|os|85|Windows 10 build 17763"},
	{"printer", "HP", "LaserJet", "00:01:e6:00:00:01", "snmp|snmp sysDescr|product|80|HP ETHERNET MULTI-ENVIRONMENT,ROM none,JETDIRECT\nhttp|http html title|product|60|HP LaserJet 4250"},
	{"printer", "Zebra", "", "", "snmp|snmp Printer-MIB|role|80|printer\nsnmp|snmp sysDescr|product|80|Zebra Technologies ZTC ZD410-203dpi ZPL"},
	{"camera", "Axis", "", "00:40:8c:00:00:01", "http|http html title|product|60|AXIS Network Camera\nmdns|mdns service|service|80|axis video"},
	{"network gear", "Cisco", "C2960", "00:00:0c:00:00:09", "cdp|cdp platform|model|85|cisco WS-C2960X-24TS-L\ncdp|cdp software version|product|85|Cisco IOS Software, C2960X Software, Version 15.2(2)E6"},
	{"network gear", "Aruba", "", "", "lldp|lldp system description|product|85|ArubaOS (MODEL: 225), Version 6.5\nlldp|lldp capabilities|role|80|access point"},
	{"firewall", "Fortinet", "", "00:09:0f:00:00:01", "snmp|snmp sysObjectID|fingerprint|75|snmp-oid 1.3.6.1.4.1.12356.101.1.1\nsnmp|snmp sysObjectID|maker|60|Fortinet"},
	{"phone", "Cisco", "", "", "dhcp|dhcp option 60|product|75|Cisco Systems, Inc. IP Phone CP-7911G\ndhcp|dhcp option 12|hostname|90|SEP001122334455"},
	{"workstation", "", "", "00:50:56:00:00:07", "dhcp|dhcp option 60|product|75|MSFT 5.0\ndhcp|dhcp option 12|hostname|90|DESKTOP-" + tok + "\nsmb|smb ntlm|os|85|Windows 10 build 19045"},
	{"workstation", "Apple", "", "", "dhcp|dhcp option 60|product|75|AAPLBSDPC/i386/iMac18,2"},
	{"server", "", "", "", "smb|smb ntlm|os|85|Windows Server 2022 build 20348\nldap|ldap|role|80|domain controller\ndns|dns flags|role|60|dns server"},
	{"smartphone", "Apple", "", "", "mdns|mdns TXT model|product|70|iPhone14,5\ndhcp|dhcp option 12|hostname|90|" + tok + "-iPhone"},
	{"building automation", "", "", "", "bacnet|bacnet i-am|role|80|bacnet device\nbacnet|bacnet model name|product|80|Niagara"},
	{"industrial controller", "Siemens AG", "", "", "modbus|modbus response|role|70|modbus server\nmodbus|modbus ProductName|product|85|SIMATIC S7-1200"},
	{"serial server", "Moxa", "NPort", "00:90:e8:00:00:02", "http|http server|product|75|MoxaHttp/1.0\nsnmp|snmp sysDescr|product|80|NPort 5110"},
	{"power supply", "APC", "", "00:c0:b7:00:00:01", "snmp|snmp sysDescr|product|80|APC Web/SNMP Management Card (MB:v3.8.6)\nsnmp|snmp UPS-MIB|role|80|ups"},
}

// facts reads a labelled device's evidence into a story.
func (l *labelled) tell(s *story, i int) string {
	ip := fmt.Sprintf("10.3.%d.%d", i/200, i%200+1)
	mac := l.mac
	if mac == "" {
		mac = fmt.Sprintf("02:00:00:00:%02x:%02x", i>>8, i&255)
	}
	s.arp(ip, mac)
	for _, line := range strings.Split(l.says, "\n") {
		f := strings.SplitN(line, "|", 5)
		c := 0
		fmt.Sscan(f[3], &c)
		s.says(ip+":4000 "+mac, f[0], f[1], fact(ward.Field(f[2]), f[4], uint8(c)))
	}
	// Noise that every host makes.
	s.flow(ip+":50000 "+mac, "10.9.9.9:53 00:50:56:00:00:aa", "dns")
	s.flow(ip+":50001 "+mac, "93.184.216.34:443 "+router, "tls")
	return ip
}

func TestLabelledDevices(t *testing.T) {
	s := newStory()
	ips := make([]string, len(labelledSet))
	for i := range labelledSet {
		ips[i] = labelledSet[i].tell(s, i)
	}
	inv := New(Options{})
	inv.Observe(s.obs)
	devices := inv.Devices()
	type score struct{ right, all int }
	categories := map[string]*score{}
	var maker, model score
	confidentWrong := 0
	for i, l := range labelledSet {
		d := withIP(t, devices, ips[i])
		if categories[l.category] == nil {
			categories[l.category] = &score{}
		}
		c := categories[l.category]
		c.all++
		wrong := false
		if d.Category == l.category {
			c.right++
		} else {
			wrong = true
			t.Logf("category: want %q, got %q (%d): %s", l.category, d.Category, d.Confidence, l.says)
		}
		if l.maker != "" {
			maker.all++
			if d.Maker == l.maker {
				maker.right++
			} else {
				wrong = wrong || d.Maker != ""
				t.Logf("maker: want %q, got %q (%d): %s", l.maker, d.Maker, d.Confidence, l.says)
			}
		}
		if l.model != "" {
			model.all++
			if strings.Contains(strings.ToLower(d.Model), strings.ToLower(l.model)) {
				model.right++
			} else {
				t.Logf("model: want %q, got %q: %s", l.model, d.Model, l.says)
			}
		}
		if wrong && d.Confidence >= 50 {
			confidentWrong++
		}
	}
	average := 0.0
	for _, c := range categories {
		average += float64(c.right) / float64(c.all) / float64(len(categories))
	}
	t.Logf("%d devices in %d categories: category %.1f %% (macro average), maker %d/%d, model %d/%d, confident but wrong %d",
		len(labelledSet), len(categories), 100*average, maker.right, maker.all, model.right, model.all, confidentWrong)
	if average < 0.95 || maker.right*100 < 95*maker.all || model.right*100 < 90*model.all || confidentWrong*100 > len(labelledSet) {
		t.Error("not good enough")
	}
}

// Evidence that says little must leave little confidence.
func TestWeakEvidenceStaysWeak(t *testing.T) {
	for _, says := range []string{
		"dhcp|dhcp option 12|hostname|90|" + tok,
		"dhcp|dhcp option 12|hostname|90|monitor-" + tok,
		"http|http server|product|75|nginx/1.22.1",
		"http|http server|product|75|" + tok + "/2.1",
		"ssh|ssh identification|product|75|dropbear_2019.78",
		"dicom|dicom association|ae|85|" + tok,
		"dicom|dicom presentation contexts|role|45|dicom storage scu",
		"dicom|dicom presentation contexts|role|65|dicom storage scp",
		"tls|tls client hello|fingerprint|70|ja4 t13d1516h2_8daaf6152771_b186095e22b6",
		"hl7|hl7 MSH-3|application|80|" + tok,
	} {
		s := newStory()
		l := labelled{says: says}
		ip := l.tell(s, 0)
		inv := New(Options{})
		inv.Observe(s.obs)
		if d := withIP(t, inv.Devices(), ip); d.Confidence >= 50 {
			t.Errorf("%s: %s %d", says, d.Category, d.Confidence)
		}
	}
}

func TestEveryClaimShowsItsEvidence(t *testing.T) {
	s := newStory()
	for i := range labelledSet {
		labelledSet[i].tell(s, i)
	}
	inv := New(Options{})
	inv.Observe(s.obs)
	for _, d := range inv.Devices() {
		for field, value := range map[string]string{"category": d.Category, "maker": d.Maker, "os": d.OS, "serial": d.Serial} {
			if value != "" && !slices.ContainsFunc(d.Evidence, func(e ward.Evidence) bool {
				return e.Field == field || field == "maker" && e.Field == "registrant"
			}) {
				t.Errorf("%s %q of %s has no evidence", field, value, d.ID)
			}
		}
	}
}
