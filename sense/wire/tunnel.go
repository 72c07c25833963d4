package wire

import (
	"encoding/binary"
)

// UDP ports of tunnels. They are tried only where the header fits.
const (
	portTZSP    = 37008
	portVXLAN   = 4789
	portVXLANo  = 8472
	portGeneve  = 6081
	portCAPWAP  = 5247
	portESPUDP  = 4500
	portWGuard  = 51820
	portOpenVPN = 1194
)

// mpls pops labels (RFC 3032) and guesses what is below by its first nibble.
func (d *decoder) mpls(b []byte) {
	for range maxDepth {
		if len(b) < 4 {
			d.fail("short mpls")
			return
		}
		bottom := b[2]&1 != 0
		b = b[4:]
		if bottom {
			break
		}
	}
	if len(b) == 0 {
		d.fail("short mpls")
		return
	}
	switch b[0] >> 4 {
	case 4, 6:
		d.inner(func() { d.ip(b) })
	case 0: // pseudowire control word (RFC 4385)
		if len(b) > 18 {
			d.inner(func() { d.ethernet(b[4:]) })
			return
		}
		d.fail("mpls payload")
	default:
		d.inner(func() { d.ethernet(b) })
	}
}

// pppoe decodes a session packet (RFC 2516).
func (d *decoder) pppoe(b []byte) {
	if len(b) < 8 || b[0] != 0x11 {
		d.fail("short pppoe")
		return
	}
	d.ppp(b[6:])
}

func (d *decoder) ppp(b []byte) {
	if len(b) >= 2 && b[0] == 0xff && b[1] == 3 {
		b = b[2:]
	}
	if len(b) < 2 {
		d.fail("short ppp")
		return
	}
	switch binary.BigEndian.Uint16(b) {
	case 0x0021, 0x0057:
		d.ip(b[2:])
	case 0x0281:
		d.mpls(b[2:])
	default:
		d.fail("ppp protocol")
	}
}

// gre decodes GRE (RFC 2784, 2890), ERSPAN and Aruba's access-point tunnels.
func (d *decoder) gre(b []byte) {
	if len(b) < 4 {
		d.fail("short gre")
		return
	}
	flags, t := binary.BigEndian.Uint16(b), binary.BigEndian.Uint16(b[2:])
	n := 4
	if flags&0x8000 != 0 || flags&0x4000 != 0 { // checksum and offset
		n += 4
	}
	if flags&0x2000 != 0 { // key
		n += 4
	}
	sequence := flags&0x1000 != 0
	if sequence {
		n += 4
	}
	if flags&7 == 1 && flags&0x0080 != 0 { // PPTP acknowledgement
		n += 4
	}
	if n > len(b) {
		d.fail("short gre")
		return
	}
	b = b[n:]
	switch {
	case t == etherERSPAN2:
		if sequence { // type II has a header, type I has none
			if len(b) < 8 {
				d.fail("short erspan")
				return
			}
			b = b[8:]
		}
		d.inner(func() { d.ethernet(b) })
	case t == etherERSPAN3:
		d.erspan3(b)
	case t == 0x880b:
		d.inner(func() { d.ppp(b) })
	case t >= 0x8200 && t <= 0x9fff && t != etherIP6 && t != etherMPLS && t != etherMPLSMC && t != etherVLAN:
		d.inner(func() { d.wifi(b) })
	case t == 0:
		d.emitIP(kindIP, b) // keepalive
	default:
		d.inner(func() { d.ether(t, b) })
	}
}

// erspan3 skips the 12-byte header and the platform header that its O bit announces.
func (d *decoder) erspan3(b []byte) {
	if len(b) < 12 {
		d.fail("short erspan")
		return
	}
	n := 12
	if b[11]&1 != 0 {
		n += 8
	}
	if len(b) < n {
		d.fail("short erspan")
		return
	}
	d.inner(func() { d.ethernet(b[n:]) })
}

// tunnelUDP decodes tunnels over UDP; false if this is ordinary UDP.
func (d *decoder) tunnelUDP(sport, dport uint16, b []byte) bool {
	switch dport {
	case portVXLAN, portVXLANo:
		if len(b) >= 8+14 && b[0]&0x08 != 0 && b[1]|b[2]|b[3]|b[7] == 0 {
			d.inner(func() { d.ethernet(b[8:]) })
			return true
		}
	case portGeneve:
		return d.geneve(b)
	case portTZSP:
		return d.tzsp(b)
	case portCAPWAP:
		return d.capwap(b)
	}
	if sport == portCAPWAP {
		return d.capwap(b)
	}
	if sport == portESPUDP || dport == portESPUDP {
		if len(b) > 8 && binary.BigEndian.Uint32(b) != 0 {
			d.hide("ipsec")
		}
	}
	if (sport == portWGuard || dport == portWGuard) && len(b) >= 32 && b[0] == 4 && b[1]|b[2]|b[3] == 0 {
		d.hide("wireguard")
	}
	if (sport == portOpenVPN || dport == portOpenVPN) && len(b) > 20 && (b[0]>>3 == 9 || b[0]>>3 == 6) {
		d.hide("openvpn")
	}
	return false
}

// geneve decodes RFC 8926.
func (d *decoder) geneve(b []byte) bool {
	if len(b) < 8 || b[0]>>6 != 0 {
		return false
	}
	n, t := 8+int(b[0]&0x3f)*4, binary.BigEndian.Uint16(b[2:])
	if len(b) < n || t != etherTEB && t != etherIP4 && t != etherIP6 {
		return false
	}
	d.inner(func() { d.ether(t, b[n:]) })
	return true
}

// tzsp decodes TaZmen Sniffer Protocol: tags, then a frame.
func (d *decoder) tzsp(b []byte) bool {
	if len(b) < 5 || b[0] != 1 || b[1] > 1 {
		return false
	}
	inside := binary.BigEndian.Uint16(b[2:])
	b = b[4:]
	for {
		if len(b) == 0 {
			return false
		}
		tag := b[0]
		if tag == 1 { // end
			b = b[1:]
			break
		}
		if tag == 0 { // padding
			b = b[1:]
			continue
		}
		if len(b) < 2 || len(b) < 2+int(b[1]) {
			return false
		}
		b = b[2+int(b[1]):]
	}
	switch inside {
	case 1:
		d.inner(func() { d.ethernet(b) })
	case 18:
		d.inner(func() { d.wifi(b) })
	case 126, 127:
		d.inner(func() { d.otherLink(linkRadiotap, b) })
	default:
		return false
	}
	return true
}

// capwap decodes the data channel of RFC 5415 §4.3 with 802.11 or 802.3 inside.
func (d *decoder) capwap(b []byte) bool {
	if len(b) < 8 {
		return false
	}
	if b[0] == 1 { // DTLS
		d.hide("capwap dtls")
		return false
	}
	if b[0] != 0 {
		return false
	}
	n := int(b[1]>>3) * 4
	flags := uint16(b[2])<<8 | uint16(b[3]) // WBID's last bit … T F L W M K
	native, fragment := flags&0x100 != 0, flags&0x80 != 0
	if n < 8 || n > len(b) {
		return false
	}
	if fragment {
		d.limits["capwap.fragment"]++
		return true
	}
	if native {
		d.inner(func() { d.wifi(b[n:]) })
	} else {
		d.inner(func() { d.ethernet(b[n:]) })
	}
	return true
}
