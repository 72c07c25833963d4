package hl7

import (
	"bytes"
	"strings"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// maxSeen is how many different things of a sort a direction remembers to have
// said; further ones are told through the Context's own memory only.
const maxSeen = 32

// seen remembers hashes of what was said, so that nothing is said per message.
type seen struct {
	h     []uint64
	since ward.Time
}

// seenPeriod is after how long the same evidence is said again.
const seenPeriod = ward.Time(3600e9)

// first reports whether h is new.
func (s *seen) first(c *sense.Context, h uint64) bool {
	if now := c.Time(); now-s.since > seenPeriod || now < s.since {
		s.h, s.since = s.h[:0], now
	}
	for _, v := range s.h {
		if v == h {
			return false
		}
	}
	if len(s.h) < maxSeen {
		s.h = append(s.h, h)
	}
	return true
}

const fnvStart = 0xcbf29ce484222325

func fnv[T string | []byte](h uint64, s T) uint64 {
	for i := range len(s) {
		h = (h ^ uint64(s[i])) * 0x100000001b3
	}
	return (h ^ 0xff) * 0x100000001b3
}

// said is what a stream told of its two ends.
type said struct {
	service bool
}

// Bits of parser.told above those of the kinds.
const (
	saidProcessing = uint32(1) << (31 - iota)
	saidEngine
	saidDevices
)

// once reports whether bit is told for the first time in this direction.
func (p *parser) once(bit uint32) bool {
	if p.told&bit != 0 {
		return false
	}
	p.told |= bit
	return true
}

func app(name string, confidence uint8) ward.Fact {
	return ward.Fact{Field: ward.FieldApplication, Value: name, Confidence: confidence}
}

// sightApps tells the applications that MSH-3 and MSH-5 name. One connection with
// several senders is an interface engine's.
func (p *parser) sightApps(c *sense.Context) {
	h := &p.head
	if h.src != "" && p.sources.first(c, fnv(fnvStart, h.src)) {
		switch n := len(p.sources.h); {
		case n <= 1:
			eui := ""
			if h.hasEUI {
				eui = "eui64 " + c.Text(sense.ClassSerial, h.eui[:])
			}
			c.Sight(p.dir, "hl7 MSH-3", app(h.src, 80), ward.Fact{Field: ward.FieldFingerprint, Value: eui, Confidence: 80})
		default:
			c.SightOf(p.dir, ward.Subject{Key: "hl7-app", Value: h.src, Behind: true}, "hl7 MSH-3", app(h.src, 70))
			if n >= 3 && p.once(saidEngine) {
				c.Sight(p.dir, "hl7 MSH-3", ward.Fact{Field: ward.FieldCategory, Value: "interface engine", Confidence: 45})
			}
		}
	}
	if h.dst != "" && p.targets.first(c, fnv(fnvStart, h.dst)) {
		if len(p.targets.h) <= 1 {
			c.Sight(p.dir.Other(), "hl7 MSH-5", app(h.dst, 50))
		} else {
			c.SightOf(p.dir.Other(), ward.Subject{Key: "hl7-app", Value: h.dst, Behind: true}, "hl7 MSH-5", app(h.dst, 45))
		}
	}
}

// roles of who sends a kind of message.
var roles = [kinds]string{
	kindADT: "hl7 adt sender", kindResult: "hl7 result sender", kindAlarm: "hl7 alarm sender", kindOrder: "hl7 order sender", kindPharmacy: "hl7 pharmacy order sender",
	kindDispense: "hl7 dispense sender", kindGive: "hl7 infusion order sender", kindGiveReply: "hl7 infusion order receiver", kindAdmin: "hl7 administration sender",
	kindVaccination: "hl7 vaccination sender", kindQuery: "hl7 query client", kindDocument: "hl7 document sender", kindScheduling: "hl7 scheduling sender",
	kindFinance: "hl7 billing sender", kindMaster: "hl7 master file sender",
}

func role(value string, confidence uint8) ward.Fact {
	return ward.Fact{Field: ward.FieldRole, Value: value, Confidence: confidence}
}

// sightRoles tells what the two ends do, once for each kind of message.
func (p *parser) sightRoles(c *sense.Context) {
	k := p.head.kind
	if !p.once(uint32(1) << k) {
		return
	}
	if !p.s.said.service {
		p.s.said.service = true
		c.Sight(sense.ToClient, "hl7 mllp", ward.Fact{Field: ward.FieldService, Value: "hl7 mllp", Confidence: 80})
	}
	if k == kindAck {
		c.Sight(p.dir, "hl7 MSH-9", role("hl7 receiver", 60))
		return
	}
	c.Sight(p.dir, "hl7 MSH-9", role("hl7 sender", 60), role(roles[k], 55))
	c.Sight(p.dir.Other(), "hl7 MSH-9", role("hl7 receiver", 60))
}

// sft tells the sending software: SFT-1 vendor, 2 version, 3 product. The first
// SFT is the application's own, later ones are of what passed the message on.
func (p *parser) sft(c *sense.Context, seg []byte) {
	p.m.software++
	if !p.software.first(c, fnv(fnv(fnvStart, p.head.src), seg)) {
		return
	}
	d := &p.head.d
	var f [5][]byte
	d.Fields(seg, f[:])
	product, version := d.Component(f[3], 1), d.Component(f[2], 1)
	line := append(append([]byte(nil), product...), ' ')
	line = append(line, version...)
	sub := ward.Subject{}
	if len(p.sources.h) > 1 && p.m.software == 1 {
		sub = ward.Subject{Key: "hl7-app", Value: p.head.src, Behind: true}
	}
	confidence := uint8(85)
	if p.m.software > 1 {
		confidence = 50
	}
	c.SightOf(p.dir, sub, "hl7 SFT",
		ward.Fact{Field: ward.FieldMaker, Value: c.Text(sense.ClassMaker, bytes.TrimSpace(d.Component(f[1], 1))), Confidence: confidence},
		ward.Fact{Field: ward.FieldProduct, Value: c.Text(sense.ClassSoftware, bytes.TrimSpace(product)), Confidence: confidence},
		ward.Fact{Field: ward.FieldSoftware, Value: c.Text(sense.ClassSoftware, bytes.TrimSpace(line)), Confidence: confidence})
}

// identityOf finds the identifier in an EI: an EUI-64 wherever senders put it,
// else the first component as a serial number.
func (p *parser) identityOf(equipment []byte) (key string, id []byte) {
	d := &p.head.d
	equipment, _ = d.Repetition(equipment)
	for n := 4; n >= 1; n-- {
		if v := d.Component(equipment, n); hex16(v) {
			return "eui64", v
		}
	}
	return "serial", p.trimmed(d.Component(equipment, 1))
}

// equipment tells a device that only an identifier is known of.
func (p *parser) equipment(c *sense.Context, from string, raw []byte) {
	if !p.equip.first(c, fnv(fnvStart, raw)) {
		return
	}
	key, id := p.identityOf(raw)
	if len(id) == 0 {
		return
	}
	value := c.Text(sense.ClassSerial, id)
	fact := ward.Fact{Field: ward.FieldSerial, Value: value, Confidence: 60}
	if key == "eui64" {
		fact.Field, fact.Value = ward.FieldFingerprint, "eui64 "+value
	}
	c.SightOf(p.dir, ward.Subject{Key: key, Value: value, Behind: true}, from, fact)
}

// prt tells equipment that takes part (PRT-4 EQUIP): PRT-10 device, 16 UDI, 20 serial.
func (p *parser) prt(c *sense.Context, seg []byte) {
	d := &p.head.d
	if string(d.Component(d.Field(seg, 4), 1)) != "EQUIP" || !p.equip.first(c, fnv(fnvStart, seg)) {
		return
	}
	var f [21][]byte
	d.Fields(seg, f[:])
	key, id := p.identityOf(f[10])
	serial := p.trimmed(d.Component(f[20], 1))
	if len(id) == 0 {
		id = serial
	}
	udi := d.Component(f[16], 1)
	if len(id) == 0 {
		key, id = "serial", udi
	}
	if len(id) == 0 {
		return
	}
	c.SightOf(p.dir, ward.Subject{Key: key, Value: c.Text(sense.ClassSerial, id), Behind: true}, "hl7 PRT",
		ward.Fact{Field: ward.FieldUDI, Value: c.Text(sense.ClassSerial, bytes.TrimSpace(udi)), Confidence: 90},
		ward.Fact{Field: ward.FieldSerial, Value: c.Text(sense.ClassSerial, bytes.Clone(serial)), Confidence: 85})
}

// dev tells a device by v2.9's segment: DEV-2 UDI, 5 maker, 7 model, 11 serial, 16 software.
func (p *parser) dev(c *sense.Context, seg []byte) {
	if !p.equip.first(c, fnv(fnvStart, seg)) {
		return
	}
	d := &p.head.d
	var f [17][]byte
	d.Fields(seg, f[:])
	udi, serial := bytes.TrimSpace(d.Component(f[2], 1)), bytes.TrimSpace(d.Component(f[11], 1))
	id := serial
	if len(id) == 0 {
		id = udi
	}
	if len(id) == 0 {
		return
	}
	kind := d.Component(f[3], 2)
	c.SightOf(p.dir, ward.Subject{Key: "serial", Value: c.Text(sense.ClassSerial, id), Behind: true}, "hl7 DEV",
		ward.Fact{Field: ward.FieldUDI, Value: c.Text(sense.ClassSerial, udi), Confidence: 90},
		ward.Fact{Field: ward.FieldCategory, Value: deviceCategory(kind), Confidence: 85},
		ward.Fact{Field: ward.FieldMaker, Value: c.Text(sense.ClassMaker, bytes.TrimSpace(d.Component(f[5], 1))), Confidence: 90},
		ward.Fact{Field: ward.FieldModel, Value: c.Text(sense.ClassModel, bytes.TrimSpace(d.Component(f[7], 1))), Confidence: 90},
		ward.Fact{Field: ward.FieldSerial, Value: c.Text(sense.ClassSerial, serial), Confidence: 90},
		ward.Fact{Field: ward.FieldFirmware, Value: c.Text(sense.ClassVersion, bytes.TrimSpace(d.Component(f[16], 1))), Confidence: 80})
}

// personal devices belong to one patient: their serials are identities.
func personal(category string) bool {
	return category == "implant" || category == "insulin pump" || category == "glucose sensor"
}

// identify takes the identifier that OBX-18 states for a part.
func (p *parser) identify(c *sense.Context, e *part, equipment []byte) {
	key, id := p.identityOf(equipment)
	if len(id) == 0 {
		return
	}
	if personal(e.category) {
		e.key, e.device = "serial", c.Token(ward.TokenSerial, nil, id).String()
		return
	}
	e.key, e.device = key, c.Text(sense.ClassSerial, id)
	e.own = key == "eui64" && p.head.hasEUI && strings.EqualFold(string(id), string(p.head.eui[:]))
}

// identity takes one observation that names model, maker, serial or version.
func (p *parser) identity(c *sense.Context, e *part, tm *term, value []byte) {
	d := &p.head.d
	one, two := p.head.d.Component(value, 1), d.Component(value, 2)
	implant := tm.code>>16 == 11
	if len(one) == 0 || implant && tm.use == useMaker && len(two) > 0 { // maker codes: "753732^MDC_IDC_ENUM_MFG_…"
		one, two = two, nil
	}
	if implant {
		e.category = "implant"
	}
	one = bytes.TrimSpace(one)
	switch tm.use {
	case useModel:
		if len(two) > 0 && tm.code == 67880 { // manufacturer, model
			e.maker, e.model = c.Text(sense.ClassMaker, one), c.Text(sense.ClassModel, bytes.TrimSpace(two))
			return
		}
		e.model = c.Text(sense.ClassModel, one)
	case useMaker:
		if i := bytes.LastIndexByte(one, '_'); implant && i >= 0 {
			one = one[i+1:]
		}
		e.maker = c.Text(sense.ClassMaker, one)
	case useSerial:
		if personal(e.category) {
			e.key, e.device = "serial", c.Token(ward.TokenSerial, nil, one).String()
			return
		}
		e.serial = c.Text(sense.ClassSerial, one)
	case useSoftware:
		e.software = c.Text(sense.ClassVersion, one)
	case useFirmware:
		e.firmware = c.Text(sense.ClassVersion, one)
	case useSystemID:
		if e.device == "" {
			p.identify(c, e, value)
		}
	}
}

// named lets a part without an identifier be known by its serial number.
func (e *part) named() {
	if e.device == "" && e.serial != "" {
		e.key, e.device = "serial", e.serial
	}
}

// sightParts tells the devices of a message; they hold no address of dir's sender
// unless the sender named itself.
func (t *therapy) sightParts(c *sense.Context, p *parser, dir sense.Dir) {
	others := 0
	for i := range t.parts {
		e := &t.parts[i]
		if e.device == "" {
			continue
		}
		if !e.own && (p.head.hasEUI || p.units.first(c, fnv(fnvStart, e.device)) && len(p.units.h) > 1) {
			others++
		}
		h := uint64(fnvStart)
		for _, s := range [...]string{e.key, e.device, e.category, e.maker, e.model, e.serial, e.software, e.firmware, p.m.department} {
			h = fnv(h, s)
		}
		if !p.devices.first(c, h) {
			continue
		}
		software := ""
		if e.software != "" {
			software = "software " + e.software
		}
		c.SightOf(dir, ward.Subject{Key: e.key, Value: e.device, Behind: !e.own}, "hl7 OBX device",
			ward.Fact{Field: ward.FieldCategory, Value: e.category, Confidence: 90},
			ward.Fact{Field: ward.FieldMaker, Value: e.maker, Confidence: 92},
			ward.Fact{Field: ward.FieldModel, Value: e.model, Confidence: 92},
			ward.Fact{Field: ward.FieldSerial, Value: e.serial, Confidence: 92},
			ward.Fact{Field: ward.FieldSoftware, Value: software, Confidence: 90},
			ward.Fact{Field: ward.FieldFirmware, Value: e.firmware, Confidence: 90},
			ward.Fact{Field: ward.FieldDepartment, Value: p.m.department, Confidence: 50},
			ward.Fact{Field: ward.FieldRole, Value: "hl7 device", Confidence: 80})
	}
	if others > 0 && dir == p.dir && p.once(saidDevices) {
		c.Sight(dir, "hl7 OBX-18", role("hl7 device data sender", 60), ward.Fact{Field: ward.FieldCategory, Value: "device gateway", Confidence: 60})
	}
}
