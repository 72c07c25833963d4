package sdc

import (
	"bytes"
	"net/netip"
	"net/url"
	"strconv"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// message reads one SOAP message and says what is in it.
func message(c *sense.Context, d sense.Dir, b []byte, reply bool) {
	s, err := read(b)
	verb := verbOf(s.body, s.action)
	if err != nil && s.body == "" {
		c.Anomaly(d, "sdc.xml", "not well-formed XML")
		return
	}
	if s.cut {
		c.Limit("sdc.matches")
	}
	c.Message()
	var found scopes
	provider := false
	for i := range s.matches {
		m := &s.matches[i]
		sc := readScopes(c, m.scopes)
		if s.body != "Probe" {
			provider = device(c, d, m, &sc) || provider
		} else if hasType(m.types, "MedicalDevice") {
			c.Sight(d, "ws-discovery probe", ward.Fact{Field: ward.FieldRole, Value: "sdc consumer", Confidence: 60})
		}
		if i == 0 {
			found = sc
		}
	}
	if s.host {
		metadata(c, d, &s)
	}
	a := c.ActAs("sdc", d, verb)
	a.Reply = reply || isReply(s.body)
	a.Count = uint64(len(s.matches))
	if s.body == "Probe" {
		a.Count = 0
	}
	a.Patient = found.patient
	if s.patient != nil {
		a.Patient = c.Token(ward.TokenPatient, s.patientRoot, s.patient)
	}
	a.Clear = s.person || !a.Patient.Zero()
	switch {
	case provider:
		a.Object = "medical device"
	case len(s.matches) > 0:
		a.Object = kindOf(s.matches[0].types)
	}
	if len(s.matches) > 0 {
		attrs(c, a, &s.matches[0], &found)
	}
}

func attrs(c *sense.Context, a *ward.Act, m *match, sc *scopes) {
	var list [2]ward.Attr
	n := 0
	if _, port, ok := address(m.xaddrs); ok {
		list[n] = ward.Attr{Name: "port", Value: strconv.Itoa(int(port))}
		n++
	}
	if sc.code != "" {
		list[n] = ward.Attr{Name: "mds-type", Value: sc.code}
		n++
	}
	if n > 0 {
		a.Attrs = c.Attrs(list[:n]...)
	}
}

// verbOf names the message by its Body's element, else by its action (a Get of
// WS-Transfer has an empty Body).
func verbOf(body string, action []byte) string {
	for _, name := range [...]string{body, string(action[bytes.LastIndexByte(action, '/')+1:])} {
		for _, v := range [...]string{
			"Hello", "Bye", "Probe", "ProbeMatches", "Resolve", "ResolveMatches",
			"Get", "GetResponse", "GetMetadata", "Metadata", "Subscribe", "SubscribeResponse", "Renew", "RenewResponse", "Unsubscribe", "SubscriptionEnd",
			"GetMdib", "GetMdibResponse", "GetMdDescription", "GetMdState", "GetContextStates", "GetContextStatesResponse",
			"SetValue", "SetString", "Activate", "SetAlertState", "SetComponentState", "SetMetricState", "SetContextState",
			"SetValueResponse", "SetStringResponse", "ActivateResponse", "SetAlertStateResponse", "SetMetricStateResponse", "SetContextStateResponse",
			"OperationInvokedReport", "EpisodicMetricReport", "PeriodicMetricReport", "EpisodicAlertReport", "PeriodicAlertReport",
			"EpisodicContextReport", "EpisodicComponentReport", "EpisodicOperationalStateReport", "DescriptionModificationReport", "WaveformStream", "SystemErrorReport",
			"GetDeviceInformation", "GetDeviceInformationResponse", "Fault",
		} {
			if name == v {
				return v
			}
		}
	}
	return "SOAP"
}

func isReply(body string) bool { return body == "ProbeMatches" || body == "ResolveMatches" }

// device says what a discovery message tells of a device. It reports whether that
// is an SDC provider.
func device(c *sense.Context, d sense.Dir, m *match, sc *scopes) bool {
	medical := hasType(m.types, "MedicalDevice") || sc.sdc
	facts := [8]ward.Fact{}
	n := 0
	add := func(f ward.Field, v string, confidence uint8) {
		if v != "" && n < len(facts) {
			facts[n] = ward.Fact{Field: f, Value: v, Confidence: confidence}
			n++
		}
	}
	if medical {
		add(ward.FieldRole, "sdc provider", 90)
	}
	add(ward.FieldMaker, sc.maker, 90)
	add(ward.FieldModel, sc.model, 90)
	add(ward.FieldSerial, sc.serial, 90)
	add(ward.FieldFirmware, sc.software, 85)
	add(ward.FieldDepartment, sc.department, 80)
	category, role := typeRole(m.types)
	if sc.category != "" {
		category = sc.category
	}
	add(ward.FieldCategory, category, 85)
	add(ward.FieldRole, role, 80)
	if id, ok := bytes.CutPrefix(m.epr, []byte("urn:uuid:")); ok {
		add(ward.FieldFingerprint, "wsd-epr "+c.Text(sense.ClassSerial, id), 60)
	}
	// The message may come from another address of the device, or from a proxy.
	subject := ward.Subject{}
	if ip, _, ok := address(m.xaddrs); ok && ip.IsValid() && ip != c.Sender(d).IP.Unmap() {
		subject = ward.Subject{Key: "ip", Value: ip.String()}
	}
	c.SightOf(d, subject, "ws-discovery", facts[:n]...)
	return medical
}

// minSerial is the shortest serial that tells devices apart; programs say "1" or "0".
const minSerial = 3

// metadata says what ThisModel and ThisDevice state.
func metadata(c *sense.Context, d sense.Dir, s *soap) {
	model := s.model
	if model == nil {
		model = s.number
	}
	serial := s.serial
	if len(serial) < minSerial {
		serial = nil
	}
	computer, _, _ := bytes.Cut(s.computer, []byte{'/'})
	c.Sight(d, "dpws metadata",
		ward.Fact{Field: ward.FieldHostname, Value: c.Text(sense.ClassHost, computer), Confidence: 85},
		ward.Fact{Field: ward.FieldMaker, Value: c.Text(sense.ClassMaker, s.maker), Confidence: 92},
		ward.Fact{Field: ward.FieldModel, Value: c.Text(sense.ClassModel, model), Confidence: 92},
		ward.Fact{Field: ward.FieldSerial, Value: c.Text(sense.ClassSerial, serial), Confidence: 92},
		ward.Fact{Field: ward.FieldFirmware, Value: c.Text(sense.ClassVersion, s.firmware), Confidence: 90})
}

// hasType looks for a qualified name's local part in a list of types.
func hasType(types []byte, local string) bool {
	for _, t := range bytes.Fields(types) {
		if string(t[bytes.LastIndexByte(t, ':')+1:]) == local {
			return true
		}
	}
	return false
}

// typeRole reads the types of common devices.
func typeRole(types []byte) (category, role string) {
	switch {
	case hasType(types, "PrintDeviceType"), hasType(types, "PrinterServiceType"):
		return "printer", "printer"
	case hasType(types, "ScanDeviceType"), hasType(types, "ScannerServiceType"):
		return "printer", "scanner"
	case hasType(types, "NetworkVideoTransmitter"):
		return "camera", "camera"
	case hasType(types, "Computer"):
		return "", "windows computer"
	}
	return "", ""
}

func kindOf(types []byte) string {
	if hasType(types, "MedicalDevice") {
		return "medical device"
	}
	if _, role := typeRole(types); role != "" {
		return role
	}
	if hasType(types, "Device") {
		return "device"
	}
	return ""
}

// address reads the first transport address that has an IP address or a port.
func address(xaddrs []byte) (ip netip.Addr, port uint16, ok bool) {
	for _, x := range bytes.Fields(xaddrs) {
		u, err := url.Parse(string(x))
		if err != nil || u.Scheme != "http" && u.Scheme != "https" {
			continue
		}
		n := uint64(80)
		if u.Scheme == "https" {
			n = 443
		}
		if p := u.Port(); p != "" {
			if n, err = strconv.ParseUint(p, 10, 16); err != nil {
				continue
			}
		}
		ip, _ := netip.ParseAddr(u.Hostname())
		return ip.Unmap().WithZone(""), uint16(n), true
	}
	return netip.Addr{}, 0, false
}
