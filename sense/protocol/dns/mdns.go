package dns

import (
	"bytes"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// llmnr analyses link-local multicast name resolution.
type llmnr struct{}

func (llmnr) Datagram(c *sense.Context, dir sense.Dir, b []byte) { message(c, "llmnr", dir, b) }
func (llmnr) Close(*sense.Context)                               {}

// mdns analyses multicast DNS: who answers offers what it says.
type mdns struct{}

func (mdns) Datagram(c *sense.Context, dir sense.Dir, b []byte) {
	message(c, "mdns", dir, b)
	h, ok := readHeader(b)
	if !ok || !h.response() {
		return
	}
	r := newRecords(b, &h)
	for {
		rec, section, ok := r.next()
		if !ok {
			return
		}
		if section == 0 {
			continue
		}
		switch rec.typ {
		case typePTR, typeSRV:
			offered(c, dir, b, &rec)
		case typeTXT:
			described(c, dir, b, &rec)
		case typeHINFO:
			hostInfo(c, dir, b, &rec)
		case typeA, typeAAAA:
			if section > 1 { // message has seen to the answers
				named(c, dir, b, &rec)
			}
		}
	}
}

func (mdns) Close(*sense.Context) {}

// service is what a service type of DNS-SD says of who offers it.
type service struct{ label, service, role, category string }

// services are those that tell a device's kind; names as registered with IANA.
var services = []service{
	{"_ipp", "ipp", "printer", "printer"},
	{"_ipps", "ipp tls", "printer", "printer"},
	{"_printer", "lpd", "printer", "printer"},
	{"_pdl-datastream", "raw printing", "printer", "printer"},
	{"_scanner", "scanner", "scanner", ""},
	{"_uscan", "scanner", "scanner", ""},
	{"_axis-video", "axis video", "camera", "camera"},
	{"_rtsp", "rtsp", "", ""},
	{"_nvr", "video recorder", "video recorder", ""},
	{"_http", "http", "", ""},
	{"_https", "https", "", ""},
	{"_ssh", "ssh", "", ""},
	{"_sftp-ssh", "sftp", "", ""},
	{"_telnet", "telnet", "", ""},
	{"_ftp", "ftp", "", ""},
	{"_tftp", "tftp", "", ""},
	{"_smb", "smb", "file server", ""},
	{"_afpovertcp", "afp", "file server", ""},
	{"_nfs", "nfs", "file server", ""},
	{"_rfb", "vnc", "", ""},
	{"_rdp", "rdp", "", ""},
	{"_workstation", "", "workstation", ""},
	{"_dicom", "dicom", "dicom node", ""},
	{"_acr-nema", "dicom", "dicom node", ""},
	{"_hl7", "hl7", "", ""},
	{"_ldap", "ldap", "ldap server", ""},
	{"_kerberos", "kerberos", "domain controller", ""},
	{"_ntp", "ntp", "ntp server", ""},
	{"_snmp", "snmp", "", ""},
	{"_sip", "sip", "phone", ""},
	{"_airplay", "airplay", "media receiver", ""},
	{"_raop", "airplay", "media receiver", ""},
	{"_googlecast", "googlecast", "media receiver", ""},
	{"_homekit", "homekit", "", ""},
	{"_hap", "homekit", "", ""},
	{"_mqtt", "mqtt", "", ""},
	{"_companion-link", "", "apple device", ""},
}

// serviceOf finds the service type in a name such as printer._ipp._tcp.local.
func serviceOf(name []byte) *service {
	for rest := name; len(rest) > 0; {
		var label []byte
		label, rest, _ = bytes.Cut(rest, []byte{'.'})
		if len(label) < 2 || label[0] != '_' {
			continue
		}
		for i := range services {
			if services[i].label == string(label) {
				return &services[i]
			}
		}
		return nil
	}
	return nil
}

// offered sights the services that the sender owns: it is asked for a PTR's
// target or answers with where the service is. Names are read into scratch space,
// so one is done with before the next.
func offered(c *sense.Context, dir sense.Dir, b []byte, rec *record) {
	name, ok := appendName(c.Scratch(), b, rec.name)
	if !ok {
		return
	}
	if s := serviceOf(name); s != nil {
		c.Sight(dir, "mdns service", ward.Fact{Field: ward.FieldService, Value: s.service, Confidence: 80},
			ward.Fact{Field: ward.FieldRole, Value: s.role, Confidence: 60}, ward.Fact{Field: ward.FieldCategory, Value: s.category, Confidence: 60})
	}
	if rec.typ != typeSRV || rec.length < 7 {
		return
	}
	if target, ok := appendName(c.Scratch(), b, rec.data+6); ok {
		c.Sight(dir, "mdns SRV", ward.Fact{Field: ward.FieldHostname, Value: c.Text(sense.ClassHost, target), Confidence: 80})
	}
}

// txtKey is a key of a service's TXT record that names equipment.
type txtKey struct {
	key        string
	field      ward.Field
	class      sense.Class
	confidence uint8
}

// txtKeys are from Apple's Bonjour Printing specification, and what makers of
// other devices use. fn, which is what a person called it, is not among them.
var txtKeys = []txtKey{
	{"ty", ward.FieldProduct, sense.ClassModel, 85},
	{"usb_mfg", ward.FieldMaker, sense.ClassMaker, 85},
	{"usb_mdl", ward.FieldModel, sense.ClassModel, 85},
	{"mfg", ward.FieldMaker, sense.ClassMaker, 85},
	{"mdl", ward.FieldModel, sense.ClassModel, 85},
	{"manufacturer", ward.FieldMaker, sense.ClassMaker, 85},
	{"vendor", ward.FieldMaker, sense.ClassMaker, 85},
	{"md", ward.FieldModel, sense.ClassModel, 80},
	{"am", ward.FieldModel, sense.ClassModel, 80},
	{"model", ward.FieldModel, sense.ClassModel, 85},
	{"product", ward.FieldProduct, sense.ClassModel, 70},
	{"serialnumber", ward.FieldSerial, sense.ClassSerial, 85},
	{"sn", ward.FieldSerial, sense.ClassSerial, 70},
	{"fwversion", ward.FieldFirmware, sense.ClassVersion, 80},
	{"fv", ward.FieldFirmware, sense.ClassVersion, 70},
	{"note", ward.FieldDepartment, sense.ClassDepartment, 50},
}

// described sights what a service's TXT record says of its device.
func described(c *sense.Context, dir sense.Dir, b []byte, rec *record) {
	for data := b[rec.data : rec.data+rec.length]; len(data) > 0; {
		n := int(data[0])
		if 1+n > len(data) {
			return
		}
		key, value, ok := bytes.Cut(data[1:1+n], []byte{'='})
		data = data[1+n:]
		if !ok || len(value) == 0 {
			continue
		}
		for i := range txtKeys {
			k := &txtKeys[i]
			if !equalFold(key, k.key) {
				continue
			}
			if k.key == "product" {
				value = bytes.TrimSuffix(bytes.TrimPrefix(value, []byte{'('}), []byte{')'})
			}
			c.Sight(dir, "mdns TXT "+k.key, ward.Fact{Field: k.field, Value: c.Text(k.class, value), Confidence: k.confidence})
		}
	}
}

// equalFold compares ASCII without case; lower is lower case.
func equalFold(b []byte, lower string) bool {
	if len(b) != len(lower) {
		return false
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c |= 0x20
		}
		if c != lower[i] {
			return false
		}
	}
	return true
}

// hostInfo sights the operating system of an HINFO record (RFC 1035 section 3.3.2).
func hostInfo(c *sense.Context, dir sense.Dir, b []byte, rec *record) {
	data := b[rec.data : rec.data+rec.length]
	if len(data) == 0 || 1+int(data[0]) >= len(data) {
		return
	}
	data = data[1+int(data[0]):]
	if n := int(data[0]); n < len(data) {
		c.Sight(dir, "mdns HINFO", ward.Fact{Field: ward.FieldOS, Value: c.Text(sense.ClassSoftware, data[1:1+n]), Confidence: 70})
	}
}
