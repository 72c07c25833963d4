package ble

import (
	"strconv"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// idsState holds a command until its answer.
type idsState struct {
	opcode  uint16
	doses   [3]amount
	n       int
	counter [2]e2e // of commands, of answers
}

// amount is one quantity of a command.
type amount struct{ quantity, value, unit string }

// e2e is the last counter of a characteristic, IDS 1.0.1 3.1.
type e2e struct {
	seen    bool
	counter byte
}

// protection splits a value into what it says and its E2E counter and CRC.
// fixed is how long the value itself is where that is known, else -1.
func (k *conn) protection(c *sense.Context, v []byte, fixed int) (body []byte, counter int, ok bool) {
	n := len(v)
	if n >= 3 && crc16(v[:n-2]) == le.Uint16(v[n-2:]) {
		return v[:n-3], int(v[n-3]), true
	}
	if fixed >= 0 && n == fixed+3 && le.Uint16(v[n-2:]) != 0xffff {
		c.Anomaly(sense.ToServer, "ble.e2e-crc", "checksum of an insulin pump's message is wrong")
		return v[:n-3], int(v[n-3]), false
	}
	if fixed >= 0 && n >= fixed {
		return v[:fixed], -1, true
	}
	return v, -1, true
}

// crc16 is the E2E-CRC: CCITT, reflected, initially all ones.
func crc16(b []byte) uint16 {
	crc := uint16(0xffff)
	for _, x := range b {
		crc ^= uint16(x)
		for range 8 {
			if crc&1 != 0 {
				crc = crc>>1 ^ 0x8408
			} else {
				crc >>= 1
			}
		}
	}
	return crc
}

// count checks that an E2E counter moves: a value seen again is a replay.
func (k *conn) count(c *sense.Context, which, counter int) {
	if counter <= 0 {
		return
	}
	e := &k.att.ids.counter[which]
	if e.seen && e.counter == byte(counter) {
		c.Anomaly(sense.ToServer, "ble.e2e-replay", "counter of an insulin pump's message did not move")
	}
	e.seen, e.counter = true, byte(counter)
}

// dose emits a quantity of the pump (or sensor) of k.
func (k *conn) dose(c *sense.Context, state ward.DoseState, therapy, code string, a amount) *ward.Dose {
	d := c.Dose(sense.ToServer)
	d.State, d.Therapy, d.Code = state, therapy, code
	d.Device = k.peripheral.String()
	d.Quantity, d.Value, d.Unit = a.quantity, a.value, a.unit
	if !k.central.Zero() {
		d.Attrs = c.Attrs(attr("controller", k.central.String()))
	}
	return d
}

// command reads the IDD command control point: commands that the central writes
// and answers that the pump indicates.
func (k *conn) command(c *sense.Context, central bool, v []byte) {
	if len(v) < 2 {
		return
	}
	op := le.Uint16(v)
	x, known := commands[op]
	if !known {
		k.act(c, central, "command "+hex16(op)).Object = insulinPump
		return
	}
	body, counter, ok := k.protection(c, v, commandLen(v))
	which := 0
	if !central {
		which = 1
	}
	k.count(c, which, counter)
	if len(body) < 2 {
		return
	}
	if x.answer {
		k.answered(c, op, x.name, body[2:])
		return
	}
	a := k.act(c, true, x.name)
	a.Object = insulinPump
	a.Attrs = c.Attrs(attr("opcode", hex16(op)), attr("e2e", e2eName(counter, ok)))
	if op == idsTherapyState && len(body) >= 3 {
		a.Attrs = c.Attrs(attr("opcode", hex16(op)), attr("e2e", e2eName(counter, ok)), attr("state", therapyStates[body[2]]))
	}
	s := &k.att.ids
	s.opcode, s.n = op, 0
	s.quantities(op, body[2:])
	for _, q := range s.doses[:s.n] {
		k.dose(c, ward.DoseSent, "insulin", "IDS "+hex16(op), q)
	}
}

func e2eName(counter int, ok bool) string {
	switch {
	case counter < 0:
		return "none"
	case ok:
		return "ok"
	}
	return "wrong"
}

func hex16(v uint16) string {
	s := strconv.FormatUint(uint64(v), 16)
	for len(s) < 4 {
		s = "0" + s
	}
	return s
}

var therapyStates = map[byte]string{0x0f: "undetermined", 0x33: "stop", 0x3c: "pause", 0x55: "run"}

// commandLen is how long a command is without protection, -1 if that varies.
func commandLen(v []byte) int {
	op := le.Uint16(v)
	switch op {
	case idsSetBolus, idsSetTBR:
		if len(v) < 3 {
			return -1
		}
		n, flags := 10, v[2] // opcode, flags, type, fast, extended, duration
		if op == idsSetTBR {
			n = 8 // opcode, flags, type, value, duration
			return n + int(flags&1) + int(flags>>1&1)
		}
		return n + 2*int(flags&1) + int(flags>>1&1) + int(flags>>2&1)
	case idsSetMaxBolus, idsMaxBolusReply, idsSetBolusReply:
		return 4
	case idsTherapyState:
		return 3
	case idsResponse:
		return 5
	case 0x1111, 0x1188, 0x1284, 0x147d, 0x0f66:
		return 2
	case 0x1178: // cancel bolus: its id
		return 4
	}
	return -1
}

var bolusTypes = map[byte]string{0x33: "fast", 0x3c: "extended", 0x55: "multiwave"}

func (s *idsState) add(quantity, value, unit string) {
	s.doses[s.n] = amount{quantity, value, unit}
	s.n++
}

// quantities reads the amounts of a command, IDS 1.0.1 4.10.
func (s *idsState) quantities(op uint16, b []byte) {
	switch {
	case op == idsSetBolus && len(b) >= 8:
		if kind := bolusTypes[b[1]]; kind != "extended" {
			s.add("bolus-fast", sfloat(le.Uint16(b[2:])), "IU")
		}
		if b[1] != 0x33 {
			s.add("bolus-extended", sfloat(le.Uint16(b[4:])), "IU")
			s.add("bolus-duration", strconv.Itoa(int(le.Uint16(b[6:]))), "min")
		}
	case op == idsSetTBR && len(b) >= 6:
		unit := "IU/h"
		if b[1] == 0x3c {
			unit = "1" // a factor of the basal rate
		}
		s.add("temporary-basal-rate", sfloat(le.Uint16(b[2:])), unit)
		s.add("temporary-basal-duration", strconv.Itoa(int(le.Uint16(b[4:]))), "min")
	case op == idsSetMaxBolus && len(b) >= 2:
		s.add("max-bolus", sfloat(le.Uint16(b)), "IU")
	}
}

// answered reads an answer of the pump.
func (k *conn) answered(c *sense.Context, op uint16, name string, b []byte) {
	s := &k.att.ids
	outcome, status := "ok", ""
	about := s.opcode
	if op == idsResponse {
		if len(b) < 3 {
			return
		}
		about = le.Uint16(b)
		name = commands[about].name
		if name == "" {
			name = "command " + hex16(about)
		}
		if b[2] != idsSuccess {
			outcome, status = "refused", idsResults[b[2]]
		}
	}
	a := k.act(c, false, name)
	a.Object, a.Outcome, a.Reply = insulinPump, outcome, true
	if status != "" {
		a.Attrs = c.Attrs(attr("status", status))
	}
	if op == idsMaxBolusReply && len(b) >= 2 {
		k.dose(c, ward.DoseSet, "insulin", "IDS "+hex16(op), amount{"max-bolus", sfloat(le.Uint16(b)), "IU"})
	}
	if about != s.opcode || op != idsResponse && op != idsSetBolusReply {
		return
	}
	state := ward.DoseAccepted
	switch {
	case outcome != "ok":
		state = ward.DoseRefused
	case about == idsSetMaxBolus:
		state = ward.DoseSet
	}
	for _, q := range s.doses[:s.n] {
		k.dose(c, state, "insulin", "IDS "+hex16(about), q)
	}
	s.n = 0
}

// eventBolusDelivered is the history event "bolus delivered, part 1 of 2".
const eventBolusDelivered = 0x0069

// insulin reads the other characteristics of the insulin delivery service.
func (k *conn) insulin(c *sense.Context, u uint16, v []byte) {
	switch u {
	case 0x2b25:
		k.command(c, false, v)
	case 0x2b21:
		b, _, _ := k.protection(c, v, 5)
		if len(b) < 5 {
			return
		}
		a := k.act(c, false, "therapy state")
		a.Object = insulinPump
		a.Attrs = c.Attrs(attr("state", therapyStates[b[0]]), attr("operation", operationStates[b[1]]))
		k.dose(c, ward.DoseRunning, "insulin", "2b21", amount{"reservoir-remaining", sfloat(le.Uint16(b[2:])), "IU"})
	case 0x2b22:
		b, _, _ := k.protection(c, v, -1)
		if len(b) >= 6 && b[0]&1 != 0 {
			a := k.act(c, false, "annunciation")
			a.Object = insulinPump
			a.Attrs = c.Attrs(attr("type", hex16(le.Uint16(b[3:]))), attr("status", hex16(uint16(b[5]))))
		}
	case 0x2b28:
		b, _, _ := k.protection(c, v, -1)
		if len(b) < 8+9 || le.Uint16(b) != eventBolusDelivered {
			return
		}
		b = b[8:] // event type, sequence number, offset
		k.dose(c, ward.DoseDelivered, "insulin", "IDS event 0069", amount{"bolus-fast", sfloat(le.Uint16(b[3:])), "IU"})
		if b[2] != 0x33 {
			k.dose(c, ward.DoseDelivered, "insulin", "IDS event 0069", amount{"bolus-extended", sfloat(le.Uint16(b[5:])), "IU"})
		}
	}
}

var operationStates = map[byte]string{0x0f: "undetermined", 0x33: "off", 0x3c: "standby", 0x55: "preparing", 0x5a: "priming", 0x66: "waiting", 0x96: "ready"}
