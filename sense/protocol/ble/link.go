package ble

import (
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Link layer, Vol 6 Part B 2.
const (
	advAddress = 0x8e89bed6 // access address of the advertising channels
	advCRC     = 0x555555

	pduDirect  = 1
	pduScanReq = 3
	pduConnect = 5
	pduExt     = 7

	llidContinue = 1
	llidStart    = 2
	llidControl  = 3

	opTerminate = 0x02
	opEncReq    = 0x03
	opStartEnc  = 0x05
	opStartRsp  = 0x06
	opPauseReq  = 0x0a
)

// link reads one PDU: access address, header, payload, CRC.
func (r *radio) link(c *sense.Context, info sense.FrameInfo, b []byte) {
	if len(b) < 4+2 {
		return
	}
	aa := le.Uint32(b)
	n := int(b[5])
	if aa == advAddress {
		if len(b) < 6+n {
			return
		}
		if !info.CRCValid && len(b) >= 9+n && !crcOK(b[4:9+n], advCRC) {
			c.Limit("ble.damaged-frames")
			return
		}
		c.Message()
		r.advertising(c, b[4], b[6:6+n])
		return
	}
	k := r.conns[uint64(aa)]
	if len(b) < 6+n || b[4]&3 == 0 {
		return
	}
	if k != nil && k.crc != 0 && k.crypt == plain && !info.CRCValid && !info.Decrypted && len(b) >= 9+n && !crcOK(b[4:9+n], k.crc) {
		c.Limit("ble.damaged-frames")
		return
	}
	if k == nil && n == 0 { // an empty PDU alone tells nothing
		return
	}
	c.Message()
	k = r.conn(c, uint64(aa))
	if k.repeated(b[4], b[6:6+n]) {
		return
	}
	k.data(c, r, info, b[4]&3, b[6:6+n])
}

// crcOK checks the CRC at the end of pdu, Vol 6 Part B 3.1.1. A CRC of zeros was
// not captured.
func crcOK(pdu []byte, init uint32) bool {
	n := len(pdu) - 3
	want := uint32(pdu[n]) | uint32(pdu[n+1])<<8 | uint32(pdu[n+2])<<16
	if want == 0 {
		return true
	}
	state := uint32(0)
	for i := range 24 {
		state |= init >> i & 1 << (23 - i)
	}
	for _, x := range pdu[:n] {
		for range 8 {
			bit := (state ^ uint32(x)) & 1
			x >>= 1
			state >>= 1
			if bit != 0 {
				state |= 1 << 23
				state ^= 0x5a6000
			}
		}
	}
	return state == want
}

// advertising reads a PDU of the advertising channels, Vol 6 Part B 2.3.
func (r *radio) advertising(c *sense.Context, header byte, b []byte) {
	random := header&0x40 != 0
	switch kind := header & 15; kind {
	case pduScanReq, pduDirect:
	case pduConnect:
		if len(b) >= 34 {
			r.connect(c, random, header&0x80 != 0, b)
		}
	case pduExt:
		if addr, data, ok := extended(b); ok {
			sightAdvert(c, token(c, addr, random), random, data)
		}
	default:
		if len(b) >= 6 {
			sightAdvert(c, token(c, b[:6], random), random, b[6:])
		}
	}
}

// extended finds the advertiser's address and data, Vol 6 Part B 2.3.4.
func extended(b []byte) (addr, data []byte, ok bool) {
	if len(b) < 1 {
		return nil, nil, false
	}
	n := int(b[0] & 63)
	if len(b) < 1+n || n < 7 || b[1]&1 == 0 {
		return nil, nil, false
	}
	return b[2:8], b[1+n:], true
}

// connect reads CONNECT_IND, Vol 6 Part B 2.3.3.1.
func (r *radio) connect(c *sense.Context, randomInit, randomAdv bool, b []byte) {
	key := uint64(le.Uint32(b[12:]))
	if k := r.conns[key]; k != nil && !k.before[0].set { // heard twice
		return
	}
	r.drop(c, key)
	k := r.conn(c, key)
	k.central, k.peripheral = token(c, b[:6], randomInit), token(c, b[6:12], randomAdv)
	k.crc = uint32(b[16]) | uint32(b[17])<<8 | uint32(b[18])<<16
	k.act(c, true, "connect")
}

// token is the pseudonym of a device address. Addresses stand reversed on the
// air; public and random ones are different things.
func token(c *sense.Context, b []byte, random bool) ward.Token {
	authority := "public"
	if random {
		authority = "random"
	}
	var a [6]byte
	for i := range a {
		a[i] = b[5-i]
	}
	return c.Token(ward.TokenAddress, []byte(authority), a[:])
}

// crypt is how much of a connection can be read.
type crypt uint8

const (
	plain    crypt = iota
	starting       // keys agreed; the next control PDU shows whether the capture is decrypted
	sealed
	opened // encrypted on the air, decrypted by the capturing tool
)

// conn is one connection.
type conn struct {
	key                 uint64
	used                uint64
	central, peripheral ward.Token
	crc                 uint32
	crypt               crypt
	before              [2]frameMark
	parts               [2]partial
	att                 attState
	smp                 smpState
}

// frameMark tells a PDU from the ones before it.
type frameMark struct {
	set bool
	bit byte // sequence bit and LLID
	sum uint64
	n   int
}

// repeated reports the same PDU with the same sequence bit right before, or with
// one frame of the other side between: a retransmission, Vol 6 Part B 4.5.9.
func (k *conn) repeated(header byte, b []byte) bool {
	m := frameMark{set: true, bit: header &^ 4 & 0x0b, n: len(b), sum: 14695981039346656037}
	for _, x := range b {
		m.sum = (m.sum ^ uint64(x)) * 1099511628211
	}
	again := len(b) > 0 && (m == k.before[0] || m == k.before[1])
	k.before[1], k.before[0] = k.before[0], m
	return again
}

// data reads a PDU of a connection.
func (k *conn) data(c *sense.Context, r *radio, info sense.FrameInfo, llid byte, b []byte) {
	if info.Decrypted && k.crypt != plain {
		k.crypt = opened
	}
	if k.crypt == starting && llid == llidControl {
		if len(b) == 1 && b[0] == opStartRsp {
			k.crypt = opened
			return
		}
		k.seal(c)
	}
	switch {
	case k.crypt == sealed || k.crypt == starting:
	case llid == llidControl:
		k.control(c, r, b)
	case llid == llidStart:
		k.begin(c, -1, b)
	case len(b) > 0:
		k.more(c, -1, b)
	}
}

func (k *conn) seal(c *sense.Context) {
	k.crypt = sealed
	k.act(c, true, "encrypted").Attrs = c.Attrs(attr("content", "not readable"))
}

// control reads an LL control PDU, Vol 6 Part B 2.4.2.
func (k *conn) control(c *sense.Context, r *radio, b []byte) {
	if len(b) == 0 {
		return
	}
	switch b[0] {
	case opTerminate:
		k.act(c, true, "disconnect")
		r.drop(c, k.key)
	case opEncReq:
		if len(b) == 23 {
			a := k.act(c, true, "encrypt")
			if [10]byte(b[1:11]) == [10]byte{} { // Rand and EDIV of a key made just now
				a.Attrs = c.Attrs(attr("key", "of this pairing"))
			} else {
				a.Attrs = c.Attrs(attr("key", "of an earlier pairing"))
			}
		}
	case opStartEnc:
		if k.crypt == plain {
			k.crypt = starting
		}
	case opPauseReq: // only ever sent encrypted
		k.crypt = opened
	}
}

// act emits an act of the central (or of the peripheral) of k.
func (k *conn) act(c *sense.Context, central bool, verb string) *ward.Act {
	a := c.Act(sense.ToServer, verb)
	a.Actor, a.Target = k.central, k.peripheral.String()
	if !central {
		a.Actor, a.Target = k.peripheral, k.central.String()
	}
	return a
}

func (k *conn) free(c *sense.Context) {
	for i := range k.parts {
		k.parts[i].buf.Free(c)
	}
	k.att.long.Free(c)
}

func attr(name, value string) ward.Attr { return ward.Attr{Name: name, Value: value} }
