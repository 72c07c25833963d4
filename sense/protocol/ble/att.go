package ble

import (
	"strconv"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Attribute protocol, Vol 3 Part F 3.4.8.
const (
	attError       = 0x01
	attFindReply   = 0x05
	attTypeReq     = 0x08
	attTypeReply   = 0x09
	attReadReq     = 0x0a
	attReadReply   = 0x0b
	attBlobReq     = 0x0c
	attBlobReply   = 0x0d
	attGroupReply  = 0x11
	attWriteReq    = 0x12
	attPrepareReq  = 0x16
	attExecuteReq  = 0x18
	attNotify      = 0x1b
	attIndicate    = 0x1d
	attNotifyMany  = 0x23
	attWriteCmd    = 0x52
	attSignedWrite = 0xd2

	typeCharacteristic = 0x2803
)

// The caps of one connection's attributes.
const (
	maxHandles = 512 // handles whose type is known
	maxLong    = 512 // octets of a long write, Vol 3 Part F 3.2.9
)

// attState holds what attribute traffic refers back to.
type attState struct {
	types   map[uint16]uuid
	request byte   // last request
	handle  uint16 // that it was about
	typ     uint16 // type that was read by
	offset  int
	long    sense.Buffer // a prepared write
	longOf  uint16
	told    map[uint16]struct{} // handles whose notifications were told of
	ids     idsState
}

// uuid is the type of a handle: assigned, or a vendor's cleaned text.
type uuid struct {
	short uint16
	name  string
}

// baseUUID surrounds assigned UUIDs, least octet first.
var baseUUID = [16]byte{0xfb, 0x34, 0x9b, 0x5f, 0x80, 0, 0, 0x80, 0, 0x10, 0, 0, 0, 0, 0, 0}

// short returns the assigned number in a 128-bit UUID.
func short(b []byte) (uint16, bool) {
	if len(b) != 16 || [12]byte(b) != [12]byte(baseUUID[:12]) || b[14] != 0 || b[15] != 0 {
		return 0, false
	}
	return le.Uint16(b[12:]), true
}

// uuidOf reads a UUID of 2 or 16 octets.
func uuidOf(c *sense.Context, b []byte) uuid {
	u := uuid{}
	if len(b) == 2 {
		u.short = le.Uint16(b)
	} else if s, ok := short(b); ok {
		u.short = s
	} else {
		return uuid{name: c.Text(sense.ClassCode, uuidText(b))}
	}
	if u.name = characteristics[u.short]; u.name == "" {
		u.name = "uuid " + strconv.FormatUint(uint64(u.short), 16)
	}
	return u
}

// uuidText writes a 128-bit UUID in its usual form.
func uuidText(b []byte) []byte {
	const digits = "0123456789abcdef"
	out := make([]byte, 0, 36)
	for i := range b {
		x := b[len(b)-1-i]
		if i == 4 || i == 6 || i == 8 || i == 10 {
			out = append(out, '-')
		}
		out = append(out, digits[x>>4], digits[x&15])
	}
	return out
}

func (a *attState) learn(c *sense.Context, handle uint16, u uuid) {
	if a.types == nil {
		a.types = map[uint16]uuid{}
	}
	if _, ok := a.types[handle]; !ok && len(a.types) >= maxHandles {
		c.Limit("ble.handles")
		return
	}
	a.types[handle] = u
}

// of names the type of a handle; it is not known where discovery was not seen.
func (a *attState) of(handle uint16) uuid {
	if u, ok := a.types[handle]; ok {
		return u
	}
	return uuid{name: "unknown"}
}

// attribute reads one ATT PDU. Its opcode says which side sends, whatever the
// link knows.
func (k *conn) attribute(c *sense.Context, b []byte) {
	a, op := &k.att, b[0]
	b = b[1:]
	switch op {
	case attError:
		if len(b) >= 4 {
			k.refused(c, b[0], le.Uint16(b[1:]), b[3])
		}
	case attFindReply:
		k.found(c, b)
	case attTypeReq:
		if len(b) == 6 || len(b) == 20 {
			a.request, a.handle, a.typ = op, 0, uuidOf(c, b[4:]).short
		}
	case attTypeReply:
		k.readByType(c, b)
	case attGroupReply:
		k.groups(c, b)
	case attReadReq:
		if len(b) >= 2 {
			a.request, a.handle, a.offset = op, le.Uint16(b), 0
		}
	case attBlobReq:
		if len(b) >= 4 {
			a.request, a.handle, a.offset = op, le.Uint16(b), int(le.Uint16(b[2:]))
		}
	case attReadReply:
		if a.request == attReadReq {
			k.read(c, a.of(a.handle), b)
		}
		a.request = 0
	case attBlobReply:
		a.request = 0
	case attWriteReq, attWriteCmd, attSignedWrite:
		if len(b) >= 2 {
			a.request, a.handle = op, le.Uint16(b)
			k.wrote(c, a.of(a.handle), b[2:])
		}
	case attPrepareReq:
		k.prepare(c, b)
	case attExecuteReq:
		if len(b) >= 1 && b[0] == 1 && a.long.Len() > 0 {
			k.wrote(c, a.of(a.longOf), a.long.Bytes())
		}
		a.long.Reset()
	case attNotify, attIndicate:
		if len(b) >= 2 {
			k.pushed(c, op, le.Uint16(b), b[2:])
		}
	case attNotifyMany:
		for len(b) >= 4 {
			n := int(le.Uint16(b[2:]))
			if 4+n > len(b) {
				return
			}
			k.pushed(c, attNotify, le.Uint16(b), b[4:4+n])
			b = b[4+n:]
		}
	}
}

// found learns from FIND_INFORMATION_RSP.
func (k *conn) found(c *sense.Context, b []byte) {
	size := 2
	if len(b) > 0 && b[0] == 2 {
		size = 16
	}
	for b = b[min(1, len(b)):]; len(b) >= 2+size; b = b[2+size:] {
		k.att.learn(c, le.Uint16(b), uuidOf(c, b[2:2+size]))
	}
}

// readByType learns characteristics, or takes values that were read by type.
func (k *conn) readByType(c *sense.Context, b []byte) {
	if len(b) < 1 || b[0] < 2 || k.att.request != attTypeReq {
		return
	}
	size, typ := int(b[0]), k.att.typ
	k.att.request = 0
	for b = b[1:]; len(b) >= size; b = b[size:] {
		switch v := b[2:size]; {
		case typ != typeCharacteristic:
			k.read(c, uuid{typ, characteristics[typ]}, v)
		case len(v) == 5 || len(v) == 19: // properties, handle of the value, type
			k.att.learn(c, le.Uint16(v[1:]), uuidOf(c, v[3:]))
		}
	}
}

// groups tells the services that a device offers.
func (k *conn) groups(c *sense.Context, b []byte) {
	if len(b) < 1 || b[0] != 6 && b[0] != 20 {
		return
	}
	size := int(b[0])
	for b = b[1:]; len(b) >= size; b = b[size:] {
		u := uuidOf(c, b[4:size]).short
		var x advert
		x.service(u)
		sure := uint8(80)
		if x.category == insulinPump {
			sure = 90
		}
		if x.n > 0 {
			k.sight(c, "gatt service", ward.Fact{Field: ward.FieldService, Value: x.services[0], Confidence: 95},
				ward.Fact{Field: ward.FieldCategory, Value: x.category, Confidence: sure})
		} else if x.maker != "" {
			k.sight(c, "gatt service", ward.Fact{Field: ward.FieldMaker, Value: x.maker, Confidence: 75},
				ward.Fact{Field: ward.FieldCategory, Value: x.category, Confidence: 75})
		}
	}
}

// prepare collects a long write. A gap or another handle starts anew.
func (k *conn) prepare(c *sense.Context, b []byte) {
	if len(b) < 4 {
		return
	}
	a := &k.att
	handle, offset := le.Uint16(b), int(le.Uint16(b[2:]))
	if handle != a.longOf || offset != a.long.Len() {
		a.long.Reset()
		if offset != 0 {
			return
		}
	}
	a.longOf = handle
	a.long.Append(c, b[4:], maxLong, "ble.long-write-bytes")
}

// sight tells of the peripheral.
func (k *conn) sight(c *sense.Context, from string, facts ...ward.Fact) {
	if k.peripheral.Zero() {
		return
	}
	c.SightOf(sense.ToServer, ward.Subject{Key: "ble", Value: k.peripheral.String()}, from, facts...)
}

// read takes a value that the central read.
func (k *conn) read(c *sense.Context, u uuid, v []byte) {
	a := k.act(c, true, "read")
	a.Object, a.Outcome = u.name, "ok"
	k.value(c, u, v)
}

// wrote takes a value that the central writes.
func (k *conn) wrote(c *sense.Context, u uuid, v []byte) {
	a := k.act(c, true, "write")
	a.Object, a.Bytes = u.name, uint64(len(v))
	if u.short == 0x2b25 {
		k.command(c, true, v)
	}
}

// pushed takes a value that the peripheral sends of its own accord. The act is
// told once for each handle; values of medical characteristics each.
func (k *conn) pushed(c *sense.Context, op byte, handle uint16, v []byte) {
	a := &k.att
	u := a.of(handle)
	if _, ok := a.told[handle]; !ok {
		if a.told == nil {
			a.told = map[uint16]struct{}{}
		}
		if len(a.told) < maxHandles {
			a.told[handle] = struct{}{}
		}
		verb := "notify"
		if op == attIndicate {
			verb = "indicate"
		}
		k.act(c, false, verb).Object = u.name
	}
	k.value(c, u, v)
}

// refused tells of a request that was not allowed.
func (k *conn) refused(c *sense.Context, op byte, handle uint16, code byte) {
	k.att.request = 0
	verb := ""
	switch op {
	case attReadReq, attBlobReq:
		verb = "read"
	case attWriteReq, attPrepareReq:
		verb = "write"
	default:
		return // the end of discovery is told by an error
	}
	a := k.act(c, true, verb)
	a.Object, a.Reply, a.Outcome = k.att.of(handle).name, true, "failed"
	switch code {
	case 0x02, 0x03, 0x05, 0x08, 0x0c, 0x0f:
		a.Outcome = "refused"
	}
	name := attErrors[code]
	if name == "" {
		name = strconv.Itoa(int(code))
	}
	a.Attrs = c.Attrs(attr("status", name))
}

// value takes a value of the peripheral, read or pushed.
func (k *conn) value(c *sense.Context, u uuid, v []byte) {
	switch u.short {
	case 0x2b20, 0x2b21, 0x2b22, 0x2b23, 0x2b24, 0x2b25, 0x2b28:
		k.insulin(c, u.short, v)
	case 0x2aa7:
		k.cgm(c, v)
	case 0x2a18:
		k.glucose(c, v)
	case 0x2a5e, 0x2a5f:
		k.oximeter(c, u.short, v)
	case 0x2a00, 0x2a01, 0x2a24, 0x2a25, 0x2a26, 0x2a28, 0x2a29, 0x2a50:
		k.information(c, u.short, v)
	}
}

// information reads the Device Information and Generic Access services.
func (k *conn) information(c *sense.Context, u uint16, v []byte) {
	for len(v) > 0 && v[len(v)-1] == 0 && u != 0x2a50 {
		v = v[:len(v)-1]
	}
	f := ward.Fact{Confidence: 90}
	switch u {
	case 0x2a00:
		f.Field, f.Value, f.Confidence = ward.FieldProduct, c.Text(sense.ClassName, v), 60
	case 0x2a01:
		if len(v) >= 2 {
			f.Field, f.Value, f.Confidence = ward.FieldCategory, appearances[le.Uint16(v)>>6], 80
		}
	case 0x2a24:
		f.Field, f.Value = ward.FieldModel, c.Text(sense.ClassModel, v)
	case 0x2a25:
		f.Field, f.Value = ward.FieldSerial, c.Token(ward.TokenSerial, nil, v).String()
	case 0x2a26:
		f.Field, f.Value = ward.FieldFirmware, c.Text(sense.ClassVersion, v)
	case 0x2a28:
		f.Field, f.Value = ward.FieldSoftware, c.Text(sense.ClassVersion, v)
	case 0x2a29:
		f.Field, f.Value = ward.FieldMaker, c.Text(sense.ClassMaker, v)
	case 0x2a50:
		if len(v) >= 3 && v[0] == 1 { // vendor number of the Bluetooth SIG
			f.Field, f.Value, f.Confidence = ward.FieldMaker, companies[le.Uint16(v[1:])], 70
		}
	}
	k.sight(c, "ble "+characteristics[u], f)
}
