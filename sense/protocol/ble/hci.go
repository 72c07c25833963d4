package ble

import (
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// HCI, Vol 4 Part A 2 and Part E 5.4 and 7.7.
const (
	h4ACL   = 2
	h4Event = 4

	evDisconnected = 0x05
	evEncryption   = 0x08
	evEncryption2  = 0x59
	evLE           = 0x3e

	leConnected   = 0x01
	leAdvertising = 0x02
	leConnected2  = 0x0a
	leConnected3  = 0x29
	leExtended    = 0x0d

	hciKey = 1 << 32 // tells handles from access addresses
)

func (r *radio) hci(c *sense.Context, info sense.FrameInfo, b []byte) {
	if len(b) < 4 {
		return
	}
	switch b[0] {
	case h4ACL:
		c.Message()
		r.acl(c, info, b[1:])
	case h4Event:
		c.Message()
		if n := int(b[2]); len(b) >= 3+n {
			r.event(c, b[1], b[3:3+n])
		}
	}
}

// acl takes a fragment of L2CAP.
func (r *radio) acl(c *sense.Context, info sense.FrameInfo, b []byte) {
	if len(b) < 4 {
		return
	}
	head, n := le.Uint16(b), int(le.Uint16(b[2:]))
	if len(b) < 4+n {
		return
	}
	side, flags := 0, head>>12&3
	if info.ToHost || flags == 2 {
		side = 1
	}
	k := r.conn(c, hciKey|uint64(head&0xfff))
	if flags == 1 {
		k.more(c, side, b[4:4+n])
	} else {
		k.begin(c, side, b[4:4+n])
	}
}

func (r *radio) event(c *sense.Context, code byte, b []byte) {
	switch {
	case code == evDisconnected && len(b) >= 4:
		key := hciKey | uint64(le.Uint16(b[1:])&0xfff)
		if k := r.conns[key]; k != nil && b[0] == 0 {
			k.act(c, true, "disconnect")
			r.drop(c, key)
		}
	case (code == evEncryption || code == evEncryption2) && len(b) >= 4:
		k := r.conn(c, hciKey|uint64(le.Uint16(b[1:])&0xfff))
		a := k.act(c, true, "encrypt")
		a.Outcome = "ok"
		if b[0] != 0 {
			a.Outcome = "failed"
		} else if b[3] != 0 {
			k.crypt = opened // on the air; the host sees it in clear
		}
	case code == evLE && len(b) >= 1:
		r.leEvent(c, b[0], b[1:])
	}
}

// leEvent reads an LE meta event, Vol 4 Part E 7.7.65.
func (r *radio) leEvent(c *sense.Context, code byte, b []byte) {
	switch code {
	case leConnected, leConnected2, leConnected3:
		if len(b) < 11 || b[0] != 0 {
			return
		}
		key := hciKey | uint64(le.Uint16(b[1:])&0xfff)
		r.drop(c, key)
		k := r.conn(c, key)
		peer := token(c, b[5:11], b[4]&1 != 0)
		if b[3] == 0 { // we are the central
			k.peripheral = peer
		} else {
			k.central = peer
		}
		k.act(c, true, "connect")
	case leAdvertising:
		// One report is what controllers send; the format of several is ambiguous
		// between implementations.
		if len(b) >= 10 && b[0] == 1 {
			random := b[2]&1 != 0
			if n := int(b[9]); len(b) >= 10+n {
				sightAdvert(c, token(c, b[3:9], random), random, b[10:10+n])
			}
		}
	case leExtended:
		if len(b) >= 25 && b[0] == 1 {
			random := b[3]&1 != 0
			if n := int(b[24]); len(b) >= 25+n {
				sightAdvert(c, token(c, b[4:10], random), random, b[25:25+n])
			}
		}
	}
}

// advert is what advertising data says.
type advert struct {
	name     []byte
	maker    string
	category string
	services [4]string
	n        int
}

// sightAdvert tells what a device says of itself, Supplement Part A 1.
func sightAdvert(c *sense.Context, who ward.Token, random bool, data []byte) {
	var a advert
	for len(data) >= 2 {
		n := int(data[0])
		if n == 0 || n >= len(data) {
			break
		}
		a.take(data[1], data[2:1+n])
		data = data[1+n:]
	}
	s := ward.Subject{Key: "ble", Value: who.String()}
	f := [8]ward.Fact{{Field: ward.FieldProduct, Value: c.Text(sense.ClassName, a.name), Confidence: 60}}
	if a.maker != "" {
		f[1] = ward.Fact{Field: ward.FieldMaker, Value: a.maker, Confidence: 60}
	}
	f[2] = ward.Fact{Field: ward.FieldCategory, Value: a.category, Confidence: 80}
	kind := "ble public address"
	if random {
		kind = "ble random address"
	}
	f[3] = ward.Fact{Field: ward.FieldFingerprint, Value: kind, Confidence: 20}
	for i, name := range a.services[:a.n] {
		f[4+i] = ward.Fact{Field: ward.FieldService, Value: name, Confidence: 85}
	}
	c.SightOf(sense.ToServer, s, "ble advertising", f[:]...)
}

// Advertising data types, Assigned Numbers 2.3.
func (a *advert) take(kind byte, b []byte) {
	switch kind {
	case 0x02, 0x03: // 16-bit service UUIDs
		for ; len(b) >= 2; b = b[2:] {
			a.service(le.Uint16(b))
		}
	case 0x06, 0x07: // 128-bit service UUIDs
		for ; len(b) >= 16; b = b[16:] {
			if u, ok := short(b[:16]); ok {
				a.service(u)
			} else if v, ok := vendorServices[[16]byte(b[:16])]; ok {
				a.vendor(v)
			}
		}
	case 0x08, 0x09:
		a.name = b
	case 0x16:
		if len(b) >= 2 {
			a.service(le.Uint16(b))
		}
	case 0x19:
		if len(b) >= 2 {
			a.is(appearances[le.Uint16(b)>>6])
		}
	case 0xff:
		if len(b) >= 2 && a.maker == "" {
			a.maker = companies[le.Uint16(b)]
		}
	}
}

func (a *advert) service(u uint16) {
	if v, ok := memberServices[u]; ok {
		a.vendor(v)
		return
	}
	v, ok := services[u]
	if !ok {
		return
	}
	a.is(v.category)
	name := "ble " + v.name
	for _, have := range a.services[:a.n] {
		if have == name {
			return
		}
	}
	if a.n < len(a.services) {
		a.services[a.n] = name
		a.n++
	}
}

func (a *advert) vendor(v product) {
	a.maker = v.maker
	a.is(v.category)
}

// is says what the device is. A pump that also shows glucose is a pump.
func (a *advert) is(category string) {
	if a.category == "" || category == insulinPump {
		a.category = category
	}
}
