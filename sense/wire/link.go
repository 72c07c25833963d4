package wire

import (
	"encoding/binary"
	"strconv"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// otherLink decodes the less usual link types.
func (d *decoder) otherLink(link int, b []byte) {
	switch link {
	case linkSLL:
		d.sll(b)
	case linkSLL2:
		d.sll2(b)
	case linkNull, linkLoop:
		if len(b) < 4 {
			d.fail("short loopback")
			return
		}
		d.ip(b[4:]) // the family's number differs between systems; the version nibble does not
	case linkPPP, linkPPPHDLC:
		d.ppp(b)
	case linkPPPEther:
		d.pppoe(b)
	case linkCHDLC:
		if len(b) < 4 {
			d.fail("short hdlc")
			return
		}
		d.ether(binary.BigEndian.Uint16(b[2:]), b[4:])
	case linkWiFi:
		d.wifi(b)
	case linkRadiotap:
		d.radiotap(b)
	case linkBLE:
		d.emitFrame(sense.FrameBLE, b)
	case linkBLEPHDR:
		d.ble(b)
	case linkHCI:
		d.emitFrame(sense.FrameHCI, b)
	case linkHCIDir:
		if len(b) < 4 {
			d.fail("short hci")
			return
		}
		d.template.frame = sense.FrameInfo{ToHost: b[3] == 1}
		d.emitFrame(sense.FrameHCI, b[4:])
	default:
		d.fail("link type " + strconv.Itoa(link))
	}
}

func (d *decoder) sll(b []byte) {
	if len(b) < 16 {
		d.fail("short linux cooked")
		return
	}
	if binary.BigEndian.Uint16(b[4:]) == 6 {
		d.template.srcMAC = ward.MAC(b[6:12])
	}
	d.ether(binary.BigEndian.Uint16(b[14:]), b[16:])
}

func (d *decoder) sll2(b []byte) {
	if len(b) < 20 {
		d.fail("short linux cooked")
		return
	}
	if b[11] == 6 {
		d.template.srcMAC = ward.MAC(b[12:18])
	}
	d.ether(binary.BigEndian.Uint16(b), b[20:])
}

// ble removes the pseudo-header of LINKTYPE_BLUETOOTH_LE_LL_WITH_PHDR.
func (d *decoder) ble(b []byte) {
	if len(b) < 10 {
		d.fail("short ble")
		return
	}
	flags := binary.LittleEndian.Uint16(b[8:])
	d.template.frame = sense.FrameInfo{Channel: b[0], Decrypted: flags&0x0008 != 0,
		CRCValid: flags&0x0c00 == 0x0c00}
	d.emitFrame(sense.FrameBLE, b[10:])
}

func (d *decoder) radiotap(b []byte) {
	if len(b) < 8 {
		d.fail("short radiotap")
		return
	}
	n := int(binary.LittleEndian.Uint16(b[2:]))
	if n < 8 || n > len(b) {
		d.fail("short radiotap")
		return
	}
	d.wifi(b[n:])
}

// wifi decodes 802.11 data frames.
func (d *decoder) wifi(b []byte) {
	if len(b) < 24 {
		d.fail("short 802.11")
		return
	}
	fc, flags := b[0], b[1]
	if fc&0x0c != 0x08 && flags&0x0c == 0x08 { // some access points send the two bytes swapped
		fc, flags = flags, fc
	}
	if fc&0x0f != 0x08 {
		d.fail("802.11 management or control")
		return
	}
	if fc&0x40 != 0 {
		d.fail("802.11 without data")
		return
	}
	if flags&0x40 != 0 {
		d.hide("wi-fi encryption")
		return
	}
	n := 24
	toDS, fromDS := flags&1 != 0, flags&2 != 0
	dst, src := b[4:10], b[10:16]
	switch {
	case toDS && fromDS:
		n += 6
		if len(b) < n {
			d.fail("short 802.11")
			return
		}
		dst, src = b[16:22], b[24:30]
	case toDS:
		dst = b[16:22]
	case fromDS:
		src = b[16:22]
	}
	aggregated := false
	if fc&0x80 != 0 { // QoS
		if len(b) < n+2 {
			d.fail("short 802.11")
			return
		}
		aggregated = b[n]&0x80 != 0
		n += 2
		if flags&0x80 != 0 { // HT control
			n += 4
		}
	}
	if len(b) < n+8 {
		d.fail("short 802.11")
		return
	}
	d.macs(dst, src)
	if aggregated {
		d.amsdu(b[n:])
		return
	}
	d.llc(b[n:])
}

// maxSubframes is how many frames an A-MSDU may aggregate.
const maxSubframes = 64

// amsdu decodes the frames that one 802.11 frame aggregates.
func (d *decoder) amsdu(b []byte) {
	for range maxSubframes {
		if len(b) < 14 {
			return
		}
		n := int(binary.BigEndian.Uint16(b[12:]))
		if 14+n > len(b) {
			d.fail("short a-msdu")
			return
		}
		d.macs(b[0:6], b[6:12])
		d.llc(b[14 : 14+n])
		b = b[min(len(b), (14+n+3)&^3):]
	}
	d.limits["wifi.a-msdu"]++
}
