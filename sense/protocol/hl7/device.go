package hl7

import (
	"bytes"
	"strconv"

	"wardkeeper/format/hl7"
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// part is a device or a VMD or channel of it (OBX-4: MDS.VMD.CHANNEL.METRIC).
type part struct {
	vmd, chn   uint16
	key        string // what device is: "eui64" or "serial"
	device     string
	own        bool // its EUI-64 is the sender's own
	category   string
	maker      string
	model      string
	serial     string
	software   string
	firmware   string
	drug, mode string
	state      ward.DoseState
}

// obx reads an observation: of MDC codes all that the tables name, of others only
// which equipment made it (OBX-18).
func (p *parser) obx(c *sense.Context, seg []byte) {
	d := &p.head.d
	i := hl7.Nth(seg, d.Sep, 3)
	if i < 0 {
		return
	}
	rest := seg[i+1:]
	// Most codes are a laboratory's: their first letter tells.
	if len(rest) > 0 && (rest[0] == 'M' || rest[0] >= '0' && rest[0] <= '9') && p.head.kind != kindADT {
		f3, more := cut(rest, d.Sep)
		if code, name, ok := mdc(d, f3); ok {
			p.observation(c, code, name, more)
			return
		}
	}
	if j := hl7.Nth(rest, d.Sep, 15); j >= 0 {
		if equipment, _ := cut(rest[j+1:], d.Sep); len(equipment) > 0 {
			p.equipment(c, "hl7 OBX-18", equipment)
		}
	}
}

// observation reads an OBX from OBX-4 on.
func (p *parser) observation(c *sense.Context, code uint32, name, rest []byte) {
	t := p.therapy()
	d := &p.head.d
	var f [15][]byte // OBX-4 to OBX-18
	d.Fields(rest, f[:])
	value, units, when, equipment := f[1], f[2], f[10], f[14]
	place := placeOf(f[0])
	tm := lookup(code, name)
	device := tm != nil && tm.use == useDevice || bytes.HasPrefix(name, []byte("MDC_DEV_"))
	t.moveTo(c, p, place, device)
	if device {
		e := t.part(c, place)
		if category := deviceCategory(name); category != "" {
			e.category = category
		}
	}
	if len(equipment) > 0 {
		e := t.part(c, place)
		if !device {
			e = t.part(c, position{mds: place.mds, known: place.known})
		}
		if e.device == "" {
			p.identify(c, e, equipment)
		}
	}
	if code>>16 == 11 {
		p.session(value)
	}
	if tm == nil {
		return
	}
	t.term(c, p, tm, place, value, units)
	if n := len(t.doses); n > t.start && t.doses[n-1].code == tm.label {
		if at, ok := hl7.Time(when); ok {
			t.doses[n-1].at = ward.TimeOf(at)
		}
	}
}

// term takes one observation that the tables know.
func (t *therapy) term(c *sense.Context, p *parser, tm *term, place position, value, units []byte) {
	d := &p.head.d
	switch tm.use {
	case useQuantity:
		v, ok := hl7.Decimal(number(d, value))
		if !ok {
			return
		}
		e := t.observed(c, p, tm, place)
		e.unit, e.value = unit(c, d, units), t.keep(v)
	case useChoice:
		if v := choice(d, tm, value); v != "" {
			t.observed(c, p, tm, place).choice = v
		}
	case useDrug:
		if text := d.Component(value, 2); len(text) > 0 {
			value = text
		}
		t.part(c, place).drug = c.Text(sense.ClassDrug, p.plain(d.Component(value, 1)))
	case useStatus:
		t.part(c, place).state = status(value)
	case useMode:
		t.part(c, place).mode = mode(value)
	case useAlarm:
		p.attr(tm.what, alarmValue(c, d, value))
	case useEvent:
		p.attr(tm.what, alarmValue(c, d, value))
		t.event = eventState(d, value)
	case useDevice:
		if tm.code>>16 == 11 {
			p.attr("implant", choice(d, tm, value))
		}
	case useModel, useMaker, useSerial, useSoftware, useFirmware, useSystemID:
		p.identity(c, t.part(c, position{mds: place.mds, vmd: place.vmd, known: place.known}), tm, value)
	}
}

// observed adds a dose of the current device.
func (t *therapy) observed(c *sense.Context, p *parser, tm *term, place position) *pending {
	e := t.add(c, p)
	e.what, e.code, e.state, e.therapy = tm.what, tm.label, tm.state, tm.heal
	e.order = p.group(c)
	e.vmd, e.chn, e.placed = place.vmd, place.chn, place.known
	if place.known && (place.vmd > 0 || place.chn > 0) {
		from := len(t.text)
		t.text = strconv.AppendUint(t.text, uint64(place.vmd), 10)
		t.text = append(t.text, '.')
		t.text = strconv.AppendUint(t.text, uint64(place.chn), 10)
		e.channel = span{uint16(from), uint16(len(t.text))}
	} else if place.group > 0 {
		from := len(t.text)
		t.text = strconv.AppendUint(t.text, uint64(place.group), 10)
		e.channel = span{uint16(from), uint16(len(t.text))}
	}
	return e
}

// position is OBX-4.
type position struct {
	mds      uint32
	vmd, chn uint16
	group    uint16 // implants: the instance alone
	known    bool   // has the dotted form
}

// placeOf reads OBX-4; numbers that no containment tree has make it unknown.
func placeOf(b []byte) (pos position) {
	var n [3]uint32
	levels := 0
	for len(b) > 0 && levels < len(n) {
		var one []byte
		one, b = cut(b, '.')
		v, ok := hl7.Number(one)
		if !ok || levels > 0 && v > 0xffff {
			return position{}
		}
		n[levels] = v
		levels++
	}
	if levels == 1 && n[0] <= 0xff {
		return position{mds: n[0], group: uint16(n[0])}
	}
	return position{mds: n[0], vmd: uint16(n[1]), chn: uint16(n[2]), known: levels > 1}
}

// moveTo notices that another device begins.
func (t *therapy) moveTo(c *sense.Context, p *parser, place position, device bool) {
	another := t.open && place.known && place.mds != t.mds
	if t.open && device && place.vmd == 0 && place.chn == 0 && len(t.parts) > 0 && t.parts[0].category != "" {
		another = true
	}
	if another && !p.pharmaceutical() {
		t.settle(c, p)
	}
	if place.known || device {
		t.open, t.mds = true, place.mds
	}
}

// part returns the entry of a place in the current device, the device's own where
// there are too many.
func (t *therapy) part(c *sense.Context, place position) *part {
	if len(t.parts) == 0 {
		t.parts = append(t.parts, part{})
	}
	for i := range t.parts {
		if e := &t.parts[i]; e.vmd == place.vmd && e.chn == place.chn {
			return e
		}
	}
	if len(t.parts) == maxParts {
		c.Limit("hl7.device-parts")
		return &t.parts[0]
	}
	t.parts = append(t.parts, part{vmd: place.vmd, chn: place.chn})
	return &t.parts[len(t.parts)-1]
}

// settleDevice completes the doses of the current device and tells who it is.
func (t *therapy) settleDevice(c *sense.Context, p *parser) {
	for i := range t.parts {
		t.parts[i].named()
	}
	for i := t.start; i < len(t.doses); i++ {
		t.resolve(&t.doses[i])
	}
	t.sightParts(c, p, p.dir)
	t.parts, t.open = t.parts[:0], false
}

// resolve finds drug, mode, state and device of a dose: at its channel, else its
// VMD, else the device, else wherever in the device only one is stated.
func (t *therapy) resolve(e *pending) {
	state := t.event
	for level := range 3 {
		for i := range t.parts {
			q := &t.parts[i]
			if !(level == 0 && q.vmd == e.vmd && q.chn == e.chn || level == 1 && q.vmd == e.vmd && q.chn == 0 || level == 2 && q.vmd == 0 && q.chn == 0) {
				continue
			}
			first(&e.drug, q.drug)
			first(&e.way, q.mode)
			first(&e.device, q.device)
			if state == "" {
				state = q.state
			}
		}
	}
	if e.therapy == "infusion" {
		only := ""
		for i := range t.parts {
			if d := t.parts[i].drug; d != "" && only == "" {
				only = d
			} else if d != "" {
				only = e.drug
				break
			}
		}
		first(&e.drug, only)
	}
	if e.state == ward.DoseRunning && state != "" && e.therapy == "infusion" {
		e.state = state
	}
}

func first(to *string, s string) {
	if *to == "" {
		*to = s
	}
}

// identified returns the part that has an identity, -1 if none has.
func (t *therapy) identified() int {
	for i := range t.parts {
		if t.parts[i].device != "" {
			return i
		}
	}
	return -1
}

// number takes the number out of an NM or SN value.
func number(d *hl7.Delims, v []byte) []byte {
	if i := bytes.IndexByte(v, d.Comp); i == 0 || i == 1 && v[0] == '=' {
		return d.Component(v, 2)
	}
	return v
}

func status(v []byte) ward.DoseState {
	for i := range statusWords {
		if bytes.Contains(v, []byte(statusWords[i].mark)) {
			return statusWords[i].state
		}
	}
	return ""
}

func mode(v []byte) string {
	for i := range modeWords {
		if bytes.Contains(v, []byte(modeWords[i].mark)) {
			return modeWords[i].value
		}
	}
	return ""
}

// alarmValue is an alarm facet's value: a word of the profile, or the number of an
// MDC event as privacy allows it.
func alarmValue(c *sense.Context, d *hl7.Delims, v []byte) string {
	one := d.Component(v, 1)
	if len(one) == 0 {
		one = d.Component(v, 2)
	}
	for _, w := range alarmWords {
		if string(one) == w {
			return w
		}
	}
	if code, _, ok := mdc(d, v); ok && code > 0 {
		if t := termsByCode[code]; t != nil {
			return t.label
		}
		return c.Text(sense.ClassCode, one)
	}
	return ""
}

func eventState(d *hl7.Delims, v []byte) ward.DoseState {
	if code, name, ok := mdc(d, v); ok {
		if s := eventNumbers[code]; s != "" {
			return s
		}
		for i := range eventStates {
			if bytes.Contains(name, []byte(eventStates[i].mark)) {
				return eventStates[i].state
			}
		}
	}
	return ""
}

// choice is the coded value of an implant's setting.
func choice(d *hl7.Delims, tm *term, v []byte) string {
	if tm.what == "mode" {
		if m := paceMode(d, v); m != "" {
			return m
		}
	}
	n, ok := hl7.Number(d.Component(v, 1))
	if !ok || n < firstChoice || n >= lastChoice {
		return ""
	}
	if w := implantChoices[n]; w != "" {
		return w
	}
	return "MDC " + strconv.Itoa(int(n))
}

// paceModes are the NBG codes that a pacemaker may be set to.
var paceModes = [...]string{"DDDR", "DDIR", "DDDI", "DDD", "DDI", "DOOR", "DOO", "VVIR", "VVI", "VVTR", "VVT", "VOOR", "VOO", "VDDR", "VDD", "VDI", "AAIR", "AAI", "AATR", "AAT", "AOOR", "AOO", "ODO", "OVO", "OAO", "OOO"}

func paceMode(d *hl7.Delims, v []byte) string {
	for n := 1; n <= 2; n++ {
		word := d.Component(v, n)
		if i := bytes.LastIndexByte(word, '_'); i >= 0 {
			word = word[i+1:]
		}
		for _, m := range paceModes {
			if string(word) == m {
				return m
			}
		}
	}
	return ""
}

// session notes how an implant was read out: a value of MDC_IDC_SESS_TYPE.
func (p *parser) session(v []byte) {
	n, _ := hl7.Number(p.head.d.Component(v, 1))
	if n == 754050 || n == 754051 {
		p.attr("session", implantChoices[n])
	}
}
