// Package modbus reads Modbus over TCP: the MBAP header of the Modbus Messaging on
// TCP/IP Implementation Guide V1.0b section 3.1, function codes and the device
// identification of the Modbus Application Protocol Specification V1.1b3 sections
// 6 and 6.21.
package modbus

import (
	"encoding/binary"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

const (
	port = 502
	// headerSize is the MBAP header without the unit identifier, which its length
	// counts.
	headerSize = 6
	maxADU     = 260 // section 4.1 of the application protocol
	minADU     = headerSize + 2
)

// Function codes, section 6.
const (
	readCoils          = 1
	readDiscreteInputs = 2
	readHolding        = 3
	readInput          = 4
	writeCoil          = 5
	writeRegister      = 6
	diagnostics        = 8
	writeCoils         = 15
	writeRegisters     = 16
	maskWrite          = 22
	readWrite          = 23
	encapsulated       = 43
	meiIdentification  = 14
	exceptionBit       = 0x80
)

// Analyzer returns the analyzer.
func Analyzer() sense.Analyzer {
	return sense.Analyzer{
		Name: "modbus", Doc: "Modbus Application Protocol V1.1b3 section 6, Modbus Messaging on TCP/IP V1.0b section 3.1", Transports: sense.TCP, Ports: []uint16{port},
		Probe:     probe,
		NewStream: func(*sense.Context) sense.Stream { return &stream{} },
	}
}

// function says what a function code does.
type function struct{ verb, object string }

func functionOf(code byte) function {
	switch code &^ exceptionBit {
	case readCoils:
		return function{"read", "coils"}
	case readDiscreteInputs:
		return function{"read", "discrete inputs"}
	case readHolding:
		return function{"read", "holding registers"}
	case readInput:
		return function{"read", "input registers"}
	case writeCoil, writeCoils:
		return function{"write", "coils"}
	case writeRegister, writeRegisters, maskWrite:
		return function{"write", "holding registers"}
	case 7:
		return function{"read", "exception status"}
	case diagnostics:
		return function{"diagnostics", ""}
	case 11, 12:
		return function{"read", "event log"}
	case 17:
		return function{"read", "server id"}
	case 20:
		return function{"read", "file record"}
	case 21:
		return function{"write", "file record"}
	case readWrite:
		return function{"read and write", "holding registers"}
	case 24:
		return function{"read", "fifo queue"}
	case encapsulated:
		return function{"encapsulated", ""}
	case 90:
		return function{"umas", "controller"} // Schneider's programming protocol
	}
	return function{}
}

// exceptions are those of section 7.
func exception(code byte) string {
	switch code {
	case 1:
		return "illegal function"
	case 2:
		return "illegal data address"
	case 3:
		return "illegal data value"
	case 4:
		return "server device failure"
	case 5:
		return "pending"
	case 6:
		return "server device busy"
	case 8:
		return "memory parity error"
	case 10:
		return "gateway path unavailable"
	case 11:
		return "gateway target failed to respond"
	}
	return "exception"
}

// probe wants a message whose function, length and content agree; off the port,
// two of them, since a short PDU of DICOM looks like one.
func probe(dir sense.Dir, b []byte, p uint16) sense.Verdict {
	n := size(b)
	if n == 0 {
		return sense.More
	}
	if n < 0 {
		return sense.No
	}
	if len(b) < n {
		return sense.More
	}
	if !agrees(b[:n], dir) {
		return sense.No
	}
	if p == port {
		return sense.Yes
	}
	m := size(b[n:])
	switch {
	case m < 0:
		return sense.No
	case m == 0 || len(b) < n+m:
		return sense.More
	case agrees(b[n:n+m], dir):
		return sense.Yes
	}
	return sense.No
}

// size is the length of the message that b starts with, from the MBAP header.
func size(b []byte) int {
	if len(b) >= 4 && (b[2] != 0 || b[3] != 0) || len(b) >= 5 && b[4] > 1 {
		return -1
	}
	if len(b) < minADU {
		return 0
	}
	n := headerSize + int(binary.BigEndian.Uint16(b[4:]))
	if n < minADU || n > maxADU || functionOf(b[7]).verb == "" {
		return -1
	}
	return n
}

// agrees checks the length of a whole message against its function. A direction
// that was guessed wrong must not matter, so either form will do.
func agrees(b []byte, _ sense.Dir) bool {
	f, data := b[7], b[8:]
	if f&exceptionBit != 0 {
		return len(data) == 1 && data[0] >= 1 && data[0] <= 11
	}
	switch f {
	case readCoils, readDiscreteInputs, readHolding, readInput:
		return len(data) == 4 || len(data) >= 2 && len(data) == 1+int(data[0])
	case writeCoil, writeRegister:
		return len(data) == 4
	case writeCoils, writeRegisters:
		return len(data) == 4 || len(data) >= 6 && len(data) == 5+int(data[4])
	case maskWrite:
		return len(data) == 6
	case readWrite:
		return len(data) >= 11 && len(data) == 9+int(data[8]) || len(data) >= 2 && len(data) == 1+int(data[0])
	case encapsulated:
		return len(data) >= 2 && (data[0] == meiIdentification || data[0] == 13)
	case 17:
		return len(data) == 0 || len(data) == 1+int(data[0])
	}
	return true
}

// start is for resynchronising: a whole message that agrees with itself.
func start(b []byte) sense.Verdict {
	n := size(b)
	switch {
	case n < 0:
		return sense.No
	case n == 0 || len(b) < n:
		return sense.More
	case functionOf(b[7]).object != "" && agrees(b[:n], sense.ToServer):
		return sense.Yes
	}
	return sense.No
}

type stream struct {
	frames [2]sense.Framer
	hunt   [2]sense.Hunter
	lost   [2]bool
	begun  [2]bool
}

// Data implements sense.Stream.
func (s *stream) Data(c *sense.Context, dir sense.Dir, b []byte) {
	if !s.begun[dir] {
		s.begun[dir], s.lost[dir] = true, c.Midstream()
	}
	for len(b) > 0 {
		if !s.lost[dir] {
			b = s.feed(c, dir, b)
			continue
		}
		head, rest, ok := s.hunt[dir].Next(c, b, maxADU, "modbus.resync-bytes", start)
		if !ok {
			return
		}
		s.lost[dir] = false
		s.Data(c, dir, head) // shorter each time
		b = rest
	}
}

// feed reads messages until b is used up; where one does not begin as it must, it
// returns the bytes in which to look for the next.
func (s *stream) feed(c *sense.Context, dir sense.Dir, b []byte) []byte {
	for {
		m, rest, v := s.frames[dir].Next(c, b, maxADU, "modbus.message-bytes", size)
		if v == sense.No {
			c.Anomaly(dir, "modbus.malformed", "no MBAP header where one must be")
			s.lost[dir] = true
			s.Data(c, dir, m)
			return rest
		}
		if v != sense.Yes {
			return nil
		}
		message(c, dir, m)
		b = rest
	}
}

// Gap implements sense.Stream.
func (s *stream) Gap(_ *sense.Context, dir sense.Dir, n int64) {
	s.begun[dir] = true
	if !s.frames[dir].Gap(n) {
		s.lost[dir] = true
	}
}

// Close implements sense.Stream.
func (s *stream) Close(c *sense.Context) {
	for i := range s.frames {
		s.frames[i].Free(c)
		s.hunt[i].Free(c)
	}
}

// units are the texts of unit identifiers.
var units = func() (t [256]string) {
	for i := range t {
		t[i] = decimal(i)
	}
	return t
}()

func decimal(n int) string {
	if n < 10 {
		return string(rune('0' + n))
	}
	return decimal(n/10) + decimal(n%10)
}

func message(c *sense.Context, dir sense.Dir, b []byte) {
	code, data := b[7], b[8:]
	f := functionOf(code)
	a := c.Act(dir, f.verb)
	c.Message()
	a.Object, a.Reply = f.object, dir == sense.ToClient
	a.Attrs = c.Attrs(ward.Attr{Name: "unit", Value: units[b[6]]})
	if dir == sense.ToServer {
		a.Count = quantity(code, data)
		c.Sight(dir, "modbus request", ward.Fact{Field: ward.FieldRole, Value: "modbus client", Confidence: 60})
	} else {
		a.Outcome = "ok"
		if code&exceptionBit != 0 {
			a.Outcome = "exception"
			if len(data) > 0 {
				a.Outcome = exception(data[0])
			}
		}
		c.Sight(dir, "modbus response", ward.Fact{Field: ward.FieldRole, Value: "modbus server", Confidence: 70}, ward.Fact{Field: ward.FieldService, Value: "modbus", Confidence: 90})
	}
	switch {
	case code == diagnostics && len(data) >= 2:
		a.Object = diagnosticName(binary.BigEndian.Uint16(data))
	case code == encapsulated && len(data) > 0 && data[0] == meiIdentification:
		a.Verb, a.Object = "read", "device identification"
		if dir == sense.ToClient {
			identification(c, dir, data)
		}
	}
}

// quantity is how many coils or registers a request is about.
func quantity(code byte, data []byte) uint64 {
	if len(data) < 4 {
		return 0
	}
	switch code {
	case writeCoil, writeRegister, maskWrite:
		return 1
	case readCoils, readDiscreteInputs, readHolding, readInput, writeCoils, writeRegisters, readWrite:
		return uint64(binary.BigEndian.Uint16(data[2:]))
	}
	return 0
}

// diagnosticName names the sub-functions of section 6.8 that stop or reset.
func diagnosticName(sub uint16) string {
	switch sub {
	case 0:
		return "echo"
	case 1:
		return "restart communications"
	case 4:
		return "force listen only"
	case 10:
		return "clear counters"
	}
	return "counters"
}

// identification sights the objects of section 6.21.
func identification(c *sense.Context, dir sense.Dir, data []byte) {
	if len(data) < 6 {
		return
	}
	n := int(data[5])
	for o := data[6:]; n > 0 && len(o) >= 2 && 2+int(o[1]) <= len(o); n-- {
		value := o[2 : 2+int(o[1])]
		switch o[0] {
		case 0:
			c.Sight(dir, "modbus VendorName", ward.Fact{Field: ward.FieldMaker, Value: c.Text(sense.ClassMaker, value), Confidence: 90})
		case 1:
			c.Sight(dir, "modbus ProductCode", ward.Fact{Field: ward.FieldProduct, Value: c.Text(sense.ClassModel, value), Confidence: 80})
		case 2:
			c.Sight(dir, "modbus MajorMinorRevision", ward.Fact{Field: ward.FieldFirmware, Value: c.Text(sense.ClassVersion, value), Confidence: 90})
		case 4:
			c.Sight(dir, "modbus ProductName", ward.Fact{Field: ward.FieldProduct, Value: c.Text(sense.ClassModel, value), Confidence: 85})
		case 5:
			c.Sight(dir, "modbus ModelName", ward.Fact{Field: ward.FieldModel, Value: c.Text(sense.ClassModel, value), Confidence: 90})
		}
		o = o[2+len(value):]
	}
}
