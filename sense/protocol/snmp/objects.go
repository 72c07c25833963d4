package snmp

import (
	"net/netip"

	"wardkeeper/format/ber"
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// group is a subtree that is named as an act's object. Prefixes are encoded
// object identifiers: 1.3 is 0x2b, and what is below 128 stands for itself.
type group struct{ prefix, name string }

// groups: the longer prefix comes first.
var groups = []group{
	{"\x2b\x06\x01\x02\x01\x01", "system"},
	{"\x2b\x06\x01\x02\x01\x02", "interfaces"},
	{"\x2b\x06\x01\x02\x01\x03", "at"},
	{"\x2b\x06\x01\x02\x01\x04", "ip"},
	{"\x2b\x06\x01\x02\x01\x05", "icmp"},
	{"\x2b\x06\x01\x02\x01\x06", "tcp"},
	{"\x2b\x06\x01\x02\x01\x07", "udp"},
	{"\x2b\x06\x01\x02\x01\x0b", "snmp"},
	{"\x2b\x06\x01\x02\x01\x11", "bridge"},
	{"\x2b\x06\x01\x02\x01\x19\x03", "hrDevice"},
	{"\x2b\x06\x01\x02\x01\x19\x04", "hrSWRun"},
	{"\x2b\x06\x01\x02\x01\x19\x06", "hrSWInstalled"},
	{"\x2b\x06\x01\x02\x01\x19", "host"},
	{"\x2b\x06\x01\x02\x01\x1f", "ifMIB"},
	{"\x2b\x06\x01\x02\x01\x21", "ups"},
	{"\x2b\x06\x01\x02\x01\x2b", "printer"},
	{"\x2b\x06\x01\x02\x01\x2f", "entity"},
	{"\x2b\x06\x01\x02\x01", "mib-2"},
	{"\x2b\x06\x01\x06\x03", "snmpModules"},
	{enterprises, "enterprises"},
	{"\x2b\x06\x01", "internet"},
	{"\x2a\x86\x48\xce\x14", "ieee 11073"}, // 1.2.840.10004
	{"\x28\xc4\x62", "ieee"},               // 1.0.8802
}

func objectName(oid []byte) string {
	for i := range groups {
		if hasPrefix(oid, groups[i].prefix) {
			return groups[i].name
		}
	}
	return "other"
}

func hasPrefix(b []byte, p string) bool { return len(b) >= len(p) && string(b[:len(p)]) == p }

// object is a variable that names equipment. Below its prefix only an instance
// follows.
type object struct {
	prefix     string
	from       string
	field      ward.Field
	class      sense.Class
	confidence uint8
}

// objects of MIB-2 (RFC 3418), HOST-RESOURCES-MIB (RFC 2790), Printer-MIB (RFC
// 3805), ENTITY-MIB (RFC 6933) and UPS-MIB (RFC 1628).
var objects = []object{
	{"\x2b\x06\x01\x02\x01\x01\x01", "snmp sysDescr", ward.FieldProduct, sense.ClassSoftware, 85},
	{"\x2b\x06\x01\x02\x01\x01\x05", "snmp sysName", ward.FieldHostname, sense.ClassHost, 85},
	{"\x2b\x06\x01\x02\x01\x01\x06", "snmp sysLocation", ward.FieldDepartment, sense.ClassDepartment, 70},
	{"\x2b\x06\x01\x02\x01\x19\x06\x03\x01\x02", "snmp hrSWInstalledName", ward.FieldSoftware, sense.ClassSoftware, 85},
	{"\x2b\x06\x01\x02\x01\x21\x01\x01\x01", "snmp upsIdentManufacturer", ward.FieldMaker, sense.ClassMaker, 90},
	{"\x2b\x06\x01\x02\x01\x21\x01\x01\x02", "snmp upsIdentModel", ward.FieldModel, sense.ClassModel, 90},
	{"\x2b\x06\x01\x02\x01\x2b\x05\x01\x01\x10", "snmp prtGeneralPrinterName", ward.FieldProduct, sense.ClassModel, 85},
	{"\x2b\x06\x01\x02\x01\x2b\x05\x01\x01\x11", "snmp prtGeneralSerialNumber", ward.FieldSerial, sense.ClassSerial, 90},
}

// entity objects describe parts of a device too, so only those of the first
// entity, which is the chassis nearly everywhere, are taken.
var entityObjects = []object{
	{"\x2b\x06\x01\x02\x01\x2f\x01\x01\x01\x01\x02", "snmp entPhysicalDescr", ward.FieldProduct, sense.ClassModel, 70},
	{"\x2b\x06\x01\x02\x01\x2f\x01\x01\x01\x01\x09", "snmp entPhysicalFirmwareRev", ward.FieldFirmware, sense.ClassVersion, 85},
	{"\x2b\x06\x01\x02\x01\x2f\x01\x01\x01\x01\x0a", "snmp entPhysicalSoftwareRev", ward.FieldFirmware, sense.ClassVersion, 85},
	{"\x2b\x06\x01\x02\x01\x2f\x01\x01\x01\x01\x0b", "snmp entPhysicalSerialNum", ward.FieldSerial, sense.ClassSerial, 90},
	{"\x2b\x06\x01\x02\x01\x2f\x01\x01\x01\x01\x0c", "snmp entPhysicalMfgName", ward.FieldMaker, sense.ClassMaker, 90},
	{"\x2b\x06\x01\x02\x01\x2f\x01\x01\x01\x01\x0d", "snmp entPhysicalModelName", ward.FieldModel, sense.ClassModel, 90},
}

const (
	sysObjectID   = "\x2b\x06\x01\x02\x01\x01\x02\x00"
	ifPhysAddress = "\x2b\x06\x01\x02\x01\x02\x02\x01\x06"
	ipAdEntAddr   = "\x2b\x06\x01\x02\x01\x04\x14\x01\x01"
	hrDeviceDescr = "\x2b\x06\x01\x02\x01\x19\x03\x02\x01\x03"
	printerMIB    = "\x2b\x06\x01\x02\x01\x2b"
	upsMIB        = "\x2b\x06\x01\x02\x01\x21"
	mib2          = "\x2b\x06\x01\x02\x01"
	tagIPAddress  = 0x40
)

// variable sights what an agent says of itself in one variable.
func variable(c *sense.Context, dir sense.Dir, oid []byte, tag byte, value []byte) {
	if !hasPrefix(oid, mib2) {
		return
	}
	switch tag {
	case ber.OID:
		if string(oid) == sysObjectID {
			maker(c, dir, "snmp sysObjectID", value, 80)
		}
	case tagIPAddress:
		if ip, ok := netip.AddrFromSlice(value); ok && hasPrefix(oid, ipAdEntAddr) && !ip.IsLoopback() {
			c.Sight(dir, "snmp ipAdEntAddr", fact(ward.FieldIP, c.IPText(ip), 85))
		}
	case ber.OctetString:
		octets(c, dir, oid, value)
	}
	switch {
	case hasPrefix(oid, printerMIB):
		c.Sight(dir, "snmp Printer-MIB", fact(ward.FieldRole, "printer", 80), fact(ward.FieldCategory, "printer", 80))
	case hasPrefix(oid, upsMIB):
		c.Sight(dir, "snmp UPS-MIB", fact(ward.FieldRole, "ups", 80))
	}
}

func octets(c *sense.Context, dir sense.Dir, oid, value []byte) {
	if hasPrefix(oid, ifPhysAddress) {
		if len(value) == 6 && !ward.MAC(value).Local() {
			c.Sight(dir, "snmp ifPhysAddress", fact(ward.FieldMAC, c.MACText(ward.MAC(value)), 80))
		}
		return
	}
	if hasPrefix(oid, hrDeviceDescr) {
		// The first device is the processor or, on a printer, the printer.
		if len(oid) == len(hrDeviceDescr)+1 && oid[len(hrDeviceDescr)] == 1 {
			c.Sight(dir, "snmp hrDeviceDescr", fact(ward.FieldProduct, c.Text(sense.ClassModel, value), 70))
		}
		return
	}
	for i := range objects {
		if o := &objects[i]; hasPrefix(oid, o.prefix) {
			c.Sight(dir, o.from, fact(o.field, c.Text(o.class, value), o.confidence))
			return
		}
	}
	for i := range entityObjects {
		if o := &entityObjects[i]; hasPrefix(oid, o.prefix) && len(oid) == len(o.prefix)+1 && oid[len(o.prefix)] == 1 {
			c.Sight(dir, o.from, fact(o.field, c.Text(o.class, value), o.confidence))
			return
		}
	}
}
