package ble

import (
	"encoding/binary"
	"os"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
	"wardkeeper/ward"
)

// air builds link-layer frames after Vol 6 Part B, as a sniffer captures them.
type air struct {
	frames []sensetest.Frame
	sn     [2]byte
}

const (
	testAA  = 0x50123456
	testCRC = 0x00a1b2c3
)

var (
	central    = []byte{1, 2, 3, 4, 5, 0xc6}
	peripheral = []byte{0x11, 0x12, 0x13, 0x14, 0x15, 0xd6}
)

func (a *air) put(aa uint32, init uint32, pdu []byte) {
	b := binary.LittleEndian.AppendUint32(nil, aa)
	b = append(b, pdu...)
	crc := crcOf(pdu, init)
	b = append(b, byte(crc), byte(crc>>8), byte(crc>>16))
	a.frames = append(a.frames, sensetest.Frame{Type: sense.FrameBLE, B: b, Time: ward.Time(len(a.frames)+1) * 1e6})
}

// crcOf finds the CRC that crcOK accepts, by its definition rather than by its
// code: remainder of the polynomial, Vol 6 Part B 3.1.1.
func crcOf(pdu []byte, init uint32) uint32 {
	lfsr := init
	for _, x := range pdu {
		for i := range 8 {
			in := uint32(x>>i)&1 ^ lfsr>>23&1
			lfsr = lfsr << 1 & 0xffffff
			if in != 0 {
				lfsr ^= 0x00065b
			}
		}
	}
	out := uint32(0)
	for i := range 24 { // sent most significant bit first
		out |= lfsr >> (23 - i) & 1 << i
	}
	return out
}

func (a *air) adv(kind byte, data ...byte) {
	a.put(advAddress, advCRC, append([]byte{kind | 0x40, byte(6 + len(data))}, append(append([]byte{}, peripheral...), data...)...))
}

func (a *air) connect() {
	b := append(append([]byte{}, central...), peripheral...)
	b = binary.LittleEndian.AppendUint32(b, testAA)
	b = append(b, testCRC&0xff, testCRC>>8&0xff, testCRC>>16&0xff, 3, 0x10, 0, 0x18, 0, 0, 0, 0x48, 0, 0xff, 0xff, 0xff, 0xff, 0x1f, 0x05)
	a.put(advAddress, advCRC, append([]byte{pduConnect | 0xc0, byte(len(b))}, b...))
}

// send puts a data PDU of side 0 (central) or 1.
func (a *air) send(side int, llid byte, b []byte) {
	header := llid | a.sn[side]<<3
	a.sn[side] ^= 1
	a.put(testAA, testCRC, append([]byte{header, byte(len(b))}, b...))
}

func (a *air) l2(side int, cid uint16, b ...byte) {
	f := binary.LittleEndian.AppendUint16(nil, uint16(len(b)))
	f = binary.LittleEndian.AppendUint16(f, cid)
	f = append(f, b...)
	for llid := byte(llidStart); len(f) > 0; llid = llidContinue {
		n := min(27, len(f))
		a.send(side, llid, f[:n])
		a.send(side^1, llidContinue, nil)
		f = f[n:]
	}
}

func (a *air) up(b ...byte)   { a.l2(0, cidATT, b...) }
func (a *air) down(b ...byte) { a.l2(1, cidATT, b...) }

// protected appends E2E counter and CRC.
func protected(counter byte, b ...byte) []byte {
	b = append(b, counter)
	return binary.LittleEndian.AppendUint16(b, crc16(b))
}

// pump is a session with an insulin pump that also measures glucose.
func pump() *sensetest.Trace {
	a := &air{}
	a.adv(0, 2, 1, 6, 5, 3, 0x3a, 0x18, 0x1f, 0x18, 11, 9, 'D', 'o', 'e', ' ', 'J', 'a', 'n', 'e', '-', '7')
	a.adv(4, 5, 0xff, 0xf9, 0x01, 1, 2, 3, 0x19, 0x40, 0x0d)
	a.connect()
	// Discovery.
	a.up(0x10, 1, 0, 0xff, 0xff, 0, 0x28)
	a.down(0x11, 6, 0x10, 0, 0x1f, 0, 0x3a, 0x18, 0x20, 0, 0x2f, 0, 0x1f, 0x18)
	a.up(0x10, 0x30, 0, 0xff, 0xff, 0, 0x28)
	a.down(0x01, 0x10, 0x30, 0, 0x0a)
	a.up(0x08, 0x10, 0, 0x2f, 0, 0x03, 0x28)
	a.down(0x09, 7, 0x11, 0, 0x28, 0x12, 0, 0x25, 0x2b, 0x13, 0, 0x12, 0x14, 0, 0x21, 0x2b, 0x21, 0, 0x10, 0x22, 0, 0xa7, 0x2a)
	a.up(0x08, 0x30, 0, 0xff, 0xff, 0x03, 0x28)
	a.down(0x09, 7, 0x31, 0, 2, 0x32, 0, 0x29, 0x2a, 0x33, 0, 2, 0x34, 0, 0x24, 0x2a, 0x35, 0, 2, 0x36, 0, 0x25, 0x2a)
	a.up(0x04, 0x15, 0, 0x16, 0)
	a.down(0x05, 1, 0x15, 0, 0x02, 0x29)
	// Identity.
	a.up(0x0a, 0x32, 0)
	a.down(append([]byte{0x0b}, "Acme Diabetes"...)...)
	a.up(0x0a, 0x34, 0)
	a.down(append([]byte{0x0b}, "Pump 5"...)...)
	a.up(0x0a, 0x36, 0)
	a.down(append([]byte{0x0b}, "SN123456"...)...)
	a.up(0x0a, 0x40, 0)
	a.down(0x01, 0x0a, 0x40, 0, 0x05)
	// Set Bolus, fast, 2.5 IU (25 × 10^-1); accepted as bolus 2.
	write := func(b []byte) {
		a.up(append([]byte{0x12, 0x12, 0}, b...)...)
		a.down(0x13)
	}
	indicate := func(b []byte) {
		a.down(append([]byte{0x1d, 0x12, 0}, b...)...)
		a.up(0x1e)
	}
	write(protected(1, 0x4b, 0x11, 0, 0x33, 0x19, 0xf0, 0, 0, 0, 0))
	indicate(protected(1, 0x77, 0x11, 2, 0))
	// Maximum bolus to 25.0 IU; done.
	write(protected(2, 0x8d, 0x14, 0xfa, 0xf0))
	indicate(protected(2, 0x55, 0x0f, 0x8d, 0x14, 0x0f))
	// Temporary basal rate 1.20 IU/h for 30 minutes; refused.
	write(protected(3, 0xff, 0x0f, 0, 0x33, 0x78, 0xe0, 30, 0))
	indicate(protected(3, 0x55, 0x0f, 0xff, 0x0f, 0x73))
	// The same command again, with its counter: a replay.
	write(protected(3, 0xff, 0x0f, 0, 0x33, 0x78, 0xe0, 30, 0))
	// Stop, with a wrong checksum.
	write([]byte{0x5a, 0x0f, 0x33, 4, 0x12, 0x34})
	// Status: running, ready, 120 IU left. CGM: 5.6e1 mg/dL with trend, and NaN.
	a.up(0x0a, 0x14, 0)
	a.down(append([]byte{0x0b}, protected(9, 0x55, 0x96, 0x78, 0, 1)...)...)
	a.down(0x1b, 0x22, 0, 8, 1, 0x38, 0, 10, 0, 0xfc, 0xff, 6, 0, 0xff, 0x07, 15, 0)
	a.down(0x1b, 0x22, 0, 6, 0, 0x39, 0, 20, 0)
	return &sensetest.Trace{Frames: a.frames}
}

// paired is a session that pairs and encrypts.
func paired() *sensetest.Trace {
	a := &air{}
	a.connect()
	a.l2(0, cidSMP, 1, ioBoth, 0, authSecure|authMITM|1, 16, 1, 1)
	a.l2(1, cidSMP, 2, ioNone, 0, authSecure|1, 16, 1, 1)
	a.send(0, llidControl, append([]byte{opEncReq}, make([]byte, 22)...))
	a.send(1, llidControl, append([]byte{4}, make([]byte, 12)...))
	a.send(1, llidControl, []byte{opStartEnc})
	a.send(0, llidControl, []byte{0x9a, 1, 2, 3, 4})
	a.send(0, llidStart, []byte{9, 9, 9, 9, 9, 9, 9, 9, 9})
	return &sensetest.Trace{Frames: a.frames}
}

// hciPump is the same command as a phone's HCI log shows it.
func hciPump() *sensetest.Trace {
	tr := &sensetest.Trace{}
	put := func(toHost bool, b ...byte) {
		tr.Frames = append(tr.Frames, sensetest.Frame{Type: sense.FrameHCI, Info: sense.FrameInfo{ToHost: toHost}, B: b, Time: ward.Time(len(tr.Frames)+1) * 1e6})
	}
	put(true, append(append([]byte{4, 0x3e, 12 + 7, leAdvertising, 1, 0, 1}, peripheral...), 7, 3, 3, 0x3a, 0x18, 2, 1, 6, 0xc8)...)
	put(true, append(append([]byte{4, 0x3e, 19, leConnected, 0, 0x40, 0, 0, 1}, peripheral...), 0x18, 0, 0, 0, 0x48, 0, 0)...)
	put(true, 4, evEncryption, 4, 0, 0x40, 0, 1)
	put(false, 2, 0x40, 0, 11, 0, 7, 0, 4, 0, 0x08, 1, 0, 0xff, 0xff, 0x03, 0x28)
	put(true, 2, 0x40, 0x20, 13, 0, 9, 0, 4, 0, 0x09, 7, 0x11, 0, 0x28, 0x12, 0, 0x25, 0x2b)
	cmd := protected(7, 0x4b, 0x11, 0, 0x55, 0x19, 0xf0, 0x0f, 0xf0, 60, 0)
	att := append([]byte{0x12, 0x12, 0}, cmd...)
	f := append([]byte{byte(len(att)), 0, 4, 0}, att...)
	put(false, append([]byte{2, 0x40, 0, 10, 0}, f[:10]...)...)
	put(false, append([]byte{2, 0x40, 0x10, byte(len(f) - 10), 0}, f[10:]...)...)
	put(true, 2, 0x40, 0x20, 5, 0, 1, 0, 4, 0, 0x13)
	put(true, 4, evDisconnected, 4, 0, 0x40, 0, 0x13)
	return tr
}

// writePcap writes frames for Wireshark, where WARDKEEPER_BLE names a folder.
func writePcap(t *testing.T, name string, link uint32, tr *sensetest.Trace) {
	dir := os.Getenv("WARDKEEPER_BLE")
	if dir == "" {
		return
	}
	b := binary.LittleEndian.AppendUint32(nil, 0xa1b2c3d4)
	b = append(b, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0, 1, 0)
	b = binary.LittleEndian.AppendUint32(b, link)
	for _, f := range tr.Frames {
		p := f.B
		if f.Type == sense.FrameHCI {
			dir := byte(0)
			if f.Info.ToHost {
				dir = 1
			}
			p = append([]byte{0, 0, 0, dir}, p...)
		}
		for _, v := range []uint32{uint32(f.Time / 1e9), uint32(f.Time % 1e9 / 1000), uint32(len(p)), uint32(len(p))} {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
		b = append(b, p...)
	}
	if err := os.WriteFile(dir+"/"+name+".pcap", b, 0o644); err != nil {
		t.Fatal(err)
	}
}
