package lldp

import (
	"encoding/binary"
	"net/netip"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// TLV types, IEEE 802.1AB table 8-1.
const (
	tlvEnd         = 0
	tlvChassis     = 1
	tlvPort        = 2
	tlvTTL         = 3
	tlvPortDesc    = 4
	tlvSystemName  = 5
	tlvSystemDesc  = 6
	tlvCapability  = 7
	tlvManagement  = 8
	tlvOrganised   = 127
	maxTLVs        = 128
	familyIPv4     = 1
	familyIPv6     = 2
	chassisMAC     = 4
	chassisAddress = 5
)

// Organizations of TLV 127 with subtype in the low octet.
const (
	medFirmware = 0x0012bb06
	medSoftware = 0x0012bb07
	medSerial   = 0x0012bb08
	medMaker    = 0x0012bb09
	medModel    = 0x0012bb0a
	medClass    = 0x0012bb01
)

const here = sense.ToServer // frames have one direction

type lldp struct{}

// Frame implements sense.Frames.
func (lldp) Frame(c *sense.Context, _ sense.FrameType, _ sense.FrameInfo, b []byte) {
	if len(b) < 2 || b[0] != tlvChassis<<1 {
		c.Anomaly(here, "lldp.malformed", "does not begin with a chassis ID")
		return
	}
	c.Message()
	for n := 0; len(b) >= 2; n++ {
		head := binary.BigEndian.Uint16(b)
		typ, length := head>>9, int(head&0x1ff)
		if n >= maxTLVs {
			c.Limit("lldp.tlvs")
			return
		}
		if 2+length > len(b) {
			c.Anomaly(here, "lldp.malformed", "a TLV reaches past the end")
			return
		}
		if typ == tlvEnd {
			return
		}
		tlv(c, typ, b[2:2+length])
		b = b[2+length:]
	}
}

func tlv(c *sense.Context, typ uint16, v []byte) {
	switch typ {
	case tlvChassis:
		chassis(c, v)
	case tlvSystemName:
		c.Sight(here, "lldp system name", fact(ward.FieldHostname, c.Text(sense.ClassHost, v), 90))
	case tlvSystemDesc:
		c.Sight(here, "lldp system description", fact(ward.FieldProduct, c.Text(sense.ClassSoftware, v), 85))
	case tlvCapability:
		if len(v) >= 4 {
			capabilities(c, "lldp enabled capabilities", uint32(binary.BigEndian.Uint16(v[2:])), lldpCapabilities[:])
		}
	case tlvManagement:
		management(c, v)
	case tlvOrganised:
		if len(v) > 4 {
			organised(c, binary.BigEndian.Uint32(v), v[4:])
		}
	}
}

// chassis sights the identifier of the whole device, section 8.5.2.
func chassis(c *sense.Context, v []byte) {
	switch {
	case len(v) == 7 && v[0] == chassisMAC:
		c.Sight(here, "lldp chassis ID", fact(ward.FieldMAC, c.MACText(ward.MAC(v[1:7])), 85))
	case len(v) > 2 && v[0] == chassisAddress:
		if ip, ok := address(v[1], v[2:]); ok {
			c.Sight(here, "lldp chassis ID", fact(ward.FieldIP, c.IPText(ip), 80))
		}
	case len(v) > 1 && v[0] == 7: // locally assigned: mostly the host name
		c.Sight(here, "lldp chassis ID", fact(ward.FieldHostname, c.Text(sense.ClassHost, v[1:]), 50))
	}
}

// management sights the address under which the device is managed, section 8.5.9.
func management(c *sense.Context, v []byte) {
	if len(v) < 2 || 1+int(v[0]) > len(v) {
		return
	}
	if ip, ok := address(v[1], v[2:1+max(1, int(v[0]))]); ok {
		c.Sight(here, "lldp management address", fact(ward.FieldIP, c.IPText(ip), 85))
	}
}

func address(family byte, v []byte) (netip.Addr, bool) {
	if family == familyIPv4 && len(v) == 4 || family == familyIPv6 && len(v) == 16 {
		ip, ok := netip.AddrFromSlice(v)
		return ip, ok && !ip.IsUnspecified()
	}
	return netip.Addr{}, false
}

// organised reads the LLDP-MED inventory.
func organised(c *sense.Context, kind uint32, v []byte) {
	switch kind {
	case medFirmware:
		c.Sight(here, "lldp-med firmware revision", fact(ward.FieldFirmware, c.Text(sense.ClassVersion, v), 90))
	case medSoftware:
		c.Sight(here, "lldp-med software revision", fact(ward.FieldFirmware, c.Text(sense.ClassVersion, v), 80))
	case medSerial:
		c.Sight(here, "lldp-med serial number", fact(ward.FieldSerial, c.Text(sense.ClassSerial, v), 90))
	case medMaker:
		c.Sight(here, "lldp-med manufacturer", fact(ward.FieldMaker, c.Text(sense.ClassMaker, v), 90))
	case medModel:
		c.Sight(here, "lldp-med model", fact(ward.FieldModel, c.Text(sense.ClassModel, v), 90))
	case medClass:
		if len(v) >= 3 && v[2] == 3 { // endpoint class III: communication device
			c.Sight(here, "lldp-med device class", fact(ward.FieldCategory, "phone", 60))
		}
	}
}

// lldpCapabilities are roles by bit, IEEE 802.1AB table 8-4.
var lldpCapabilities = [...]string{1: "repeater", 2: "switch", 3: "wireless access point", 4: "router", 5: "phone", 6: "cable modem", 7: "station"}

// cdpCapabilities are roles by bit.
var cdpCapabilities = [...]string{0: "router", 1: "switch", 2: "switch", 3: "switch", 4: "host", 6: "repeater", 7: "phone", 8: "remotely managed device"}

func capabilities(c *sense.Context, from string, bits uint32, names []string) {
	for i, name := range names {
		if bits&(1<<i) != 0 && name != "" {
			c.Sight(here, from, fact(ward.FieldRole, name, 80))
		}
	}
}

func fact(f ward.Field, value string, confidence uint8) ward.Fact {
	return ward.Fact{Field: f, Value: value, Confidence: confidence}
}
