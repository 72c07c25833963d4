package canary

// Bluetooth Low Energy as a sniffer and as a phone's log see it.

const (
	advertising    = 0x8e89bed6
	advertisingCRC = 0x555555
	connection     = 0x50123456
	connectionCRC  = 0x00a1b2c3
)

type air struct {
	frames [][]byte
	sn     [2]byte
}

func (a *air) put(address, crc int, pdu []byte) {
	lfsr := uint32(crc)
	for _, x := range pdu {
		for i := range 8 {
			in := uint32(x>>i)&1 ^ lfsr>>23&1
			if lfsr = lfsr << 1 & 0xffffff; in != 0 {
				lfsr ^= 0x00065b
			}
		}
	}
	sum := uint32(0)
	for i := range 24 { // sent most significant bit first
		sum |= lfsr >> (23 - i) & 1 << i
	}
	a.frames = append(a.frames, join(le32(address), pdu, []byte{byte(sum), byte(sum >> 8), byte(sum >> 16)}))
}

func (a *air) l2(side int, b ...byte) {
	f := join(le16(len(b), 4), b)
	for llid := byte(2); len(f) > 0; llid = 1 {
		k := min(27, len(f))
		a.put(connection, connectionCRC, join([]byte{llid | a.sn[side]<<3, byte(k)}, f[:k]))
		a.sn[side] ^= 1
		a.put(connection, connectionCRC, []byte{1 | a.sn[side^1]<<3, 0})
		a.sn[side^1] ^= 1
		f = f[k:]
	}
}

// characteristics are those of the Device Information and Generic Access services,
// and one nobody knows.
var characteristics = []struct {
	uuid int
	name string
}{{0x2a00, "device name"}, {0x2a29, "manufacturer"}, {0x2a24, "model"}, {0x2a25, "serial"}, {0x2a26, "firmware"}, {0x2a27, "hardware"}, {0x2a28, "software"}, {0x2a23, "system id"}, {0x2a2a, "regulatory"}, {0x2a50, "PnP"}, {0x2a8a, "first name"}, {0x2a90, "last name"}, {0x2a87, "mail"}, {0x2abe, "object name"}, {0x1234, "unknown"}}

// Air returns frames of link type BLE.
func Air(p *Plant) [][]byte {
	p.In("ble")
	a := &air{}
	central, peripheral := []byte{1, 2, 3, 4, 5, 0xc6}, []byte{0x11, 0x12, 0x13, 0x14, 0x15, 0xd6}
	field := func(kind byte, v string) []byte { return len8([]byte{kind}, []byte(v)) }
	for _, kind := range []byte{0, 4, 2} {
		for _, b := range [][]byte{join([]byte{2, 1, 6, 5, 3, 0x3a, 0x18, 0x1f, 0x18}, field(9, p.Short("complete name", 20))), field(8, p.Short("short name", 28)), field(0x24, p.Short("URI", 28)), join([]byte{5, 0xff, 0xf9, 1}, []byte{1, 2}), field(0xff, "\xf9\x01"+p.Short("manufacturer data", 26)), field(0x16, "\x3a\x18"+p.Short("service data", 26)), field(0x30, p.Short("broadcast name", 28))} {
			a.put(advertising, advertisingCRC, join([]byte{kind | 0x40, byte(6 + len(b))}, peripheral, b))
		}
	}
	a.put(advertising, advertisingCRC, join([]byte{5 | 0xc0, 34}, central, peripheral, le32(connection), []byte{connectionCRC & 0xff, connectionCRC >> 8 & 0xff, connectionCRC >> 16 & 0xff, 3, 0x10, 0, 0x18, 0, 0, 0, 0x48, 0, 0xff, 0xff, 0xff, 0xff, 0x1f, 5}))
	for i, c := range characteristics {
		handle := byte(0x10 + 2*i)
		a.l2(0, 0x08, handle, 0, handle+1, 0, 3, 0x28)
		a.l2(1, join([]byte{0x09, 7, handle, 0, 2, handle + 1, 0}, le16(c.uuid))...)
		a.l2(0, 0x0a, handle+1, 0)
		a.l2(1, append([]byte{0x0b}, p.V(c.name)...)...)
		a.l2(0, append([]byte{0x12, handle + 1, 0}, p.V(c.name+" written")...)...)
		a.l2(1, 0x13)
		a.l2(1, append([]byte{0x1b, handle + 1, 0}, p.V(c.name+" notified")...)...)
	}
	return a.frames
}

// Log returns frames of link type HCI.
func Log(p *Plant) [][]byte {
	p.In("ble")
	peripheral := []byte{0x21, 0x22, 0x23, 0x24, 0x25, 0xd6}
	name := p.Short("HCI advertised name", 24)
	adv := join([]byte{byte(len(name) + 1), 9}, []byte(name))
	remote := make([]byte, 248)
	copy(remote, p.V("HCI remote name"))
	frames := [][]byte{join([]byte{4, 0x3e, byte(12 + len(adv)), 2, 1, 0, 1}, peripheral, len8(adv), []byte{0xc8}), join([]byte{4, 7, 255, 0}, peripheral, remote),
		join([]byte{4, 0x3e, 19, 1, 0, 0x40, 0, 0, 1}, peripheral, []byte{0x18, 0, 0, 0, 0x48, 0, 0}), join([]byte{1, 0x13, 0x0c, 248}, remote)}
	acl := func(flags byte, att []byte) []byte {
		return join([]byte{2, 0x40, flags}, le16(len(att)+4), le16(len(att), 4), att)
	}
	for i, c := range characteristics {
		handle := byte(0x10 + 2*i)
		frames = append(frames, acl(0, []byte{0x08, handle, 0, handle + 1, 0, 3, 0x28}), acl(0x20, join([]byte{0x09, 7, handle, 0, 2, handle + 1, 0}, le16(c.uuid))), acl(0, []byte{0x0a, handle + 1, 0}), acl(0x20, append([]byte{0x0b}, p.V("HCI "+c.name)...)))
	}
	return frames
}
