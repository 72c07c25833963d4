package lldp

import (
	"encoding/binary"
	"net/netip"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Types of CDP, as Cisco and Wireshark document them.
const (
	cdpDeviceID     = 0x01
	cdpAddresses    = 0x02
	cdpCapability   = 0x04
	cdpVersion      = 0x05
	cdpPlatform     = 0x06
	cdpSystemName   = 0x14
	cdpManagement   = 0x16
	cdpLocation     = 0x17
	maxCDPAddresses = 64
)

type cdp struct{}

// Frame implements sense.Frames.
func (cdp) Frame(c *sense.Context, _ sense.FrameType, _ sense.FrameInfo, b []byte) {
	if len(b) < 4 || b[0] != 1 && b[0] != 2 {
		c.Anomaly(here, "cdp.malformed", "version is neither 1 nor 2")
		return
	}
	c.Message()
	b = b[4:]
	for n := 0; len(b) >= 4; n++ {
		typ, length := binary.BigEndian.Uint16(b), int(binary.BigEndian.Uint16(b[2:]))
		if n >= maxTLVs {
			c.Limit("cdp.tlvs")
			return
		}
		if length < 4 || length > len(b) {
			c.Anomaly(here, "cdp.malformed", "a TLV reaches past the end")
			return
		}
		cdpTLV(c, typ, b[4:length])
		b = b[length:]
	}
}

func cdpTLV(c *sense.Context, typ uint16, v []byte) {
	switch typ {
	case cdpDeviceID:
		// The host name, on some devices the serial number or hardware address.
		c.Sight(here, "cdp device ID", fact(ward.FieldHostname, c.Text(sense.ClassHost, v), 80))
	case cdpSystemName:
		c.Sight(here, "cdp system name", fact(ward.FieldHostname, c.Text(sense.ClassHost, v), 90))
	case cdpVersion:
		c.Sight(here, "cdp software version", fact(ward.FieldProduct, c.Text(sense.ClassSoftware, v), 85))
	case cdpPlatform:
		c.Sight(here, "cdp platform", fact(ward.FieldModel, c.Text(sense.ClassModel, v), 85))
	case cdpCapability:
		if len(v) >= 4 {
			capabilities(c, "cdp capabilities", binary.BigEndian.Uint32(v), cdpCapabilities[:])
		}
	case cdpAddresses, cdpManagement:
		cdpAddress(c, v)
	case cdpLocation:
		if len(v) > 1 {
			c.Sight(here, "cdp location", fact(ward.FieldDepartment, c.Text(sense.ClassDepartment, v[1:]), 60))
		}
	}
}

// cdpAddress sights addresses: a count, then protocol type, protocol, address,
// each with its length.
func cdpAddress(c *sense.Context, v []byte) {
	if len(v) < 4 {
		return
	}
	n := min(binary.BigEndian.Uint32(v), maxCDPAddresses)
	v = v[4:]
	for range n {
		if len(v) < 2 || 2+int(v[1])+2 > len(v) {
			return
		}
		v = v[2+int(v[1]):]
		size := int(binary.BigEndian.Uint16(v))
		if 2+size > len(v) {
			return
		}
		if ip, ok := netip.AddrFromSlice(v[2 : 2+size]); ok && !ip.IsUnspecified() {
			c.Sight(here, "cdp address", fact(ward.FieldIP, c.IPText(ip), 85))
		}
		v = v[2+size:]
	}
}
