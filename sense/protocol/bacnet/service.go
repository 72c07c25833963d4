package bacnet

import (
	"strconv"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

type bacnet struct{}

func (bacnet) Close(*sense.Context) {}

// Types of PDU, clause 20.1.
const (
	pduConfirmed   = 0
	pduUnconfirmed = 1
	pduSimpleAck   = 2
	pduComplexAck  = 3
	pduSegmentAck  = 4
	pduError       = 5
	pduReject      = 6
	pduAbort       = 7
)

// Services that are looked into.
const (
	serviceReadProperty         = 12
	serviceReadMultiple         = 14
	serviceWriteProperty        = 15
	serviceWriteMultiple        = 16
	serviceCommunication        = 17
	serviceReinitialize         = 20
	serviceIAm                  = 0
	serviceIHave                = 1
	segmented                   = 0x08
	networkIAmRouter            = 1
	maxProperties               = 256 // of one answer
	maxDeviceInstance    uint32 = 1<<22 - 1
)

// message is an application message on its way through this package.
type message struct {
	c       *sense.Context
	dir     sense.Dir
	act     *ward.Act
	subject ward.Subject
	routed  bool
	attrs   [4]ward.Attr
	n       int
}

// Datagram implements sense.Datagrams.
func (bacnet) Datagram(c *sense.Context, dir sense.Dir, b []byte) {
	f, ok := readFrame(b)
	if !ok {
		c.Anomaly(dir, "bacnet.malformed", "virtual link header does not fit")
		return
	}
	m := message{c: c, dir: dir}
	if f.origin.IsValid() {
		m.subject = ward.Subject{Key: "ip", Value: c.IPText(f.origin), Behind: true}
		c.Sight(dir, "bacnet forwarded", fact(ward.FieldRole, "bacnet broadcast manager", 70))
	}
	if f.npdu == nil {
		m.begin(bvlcName(f.function))
		return
	}
	n, ok := readNetwork(f.npdu)
	if !ok {
		c.Anomaly(dir, "bacnet.malformed", "network header does not fit")
		return
	}
	m.routed = n.routed
	if n.apdu == nil {
		m.begin(networkName(n.message))
		if n.message == networkIAmRouter {
			c.SightOf(dir, m.subject, "bacnet I-Am-Router-To-Network", fact(ward.FieldRole, "bacnet router", 80))
		}
		return
	}
	m.application(n.apdu)
}

func (m *message) begin(verb string) {
	m.act = m.c.Act(m.dir, verb)
	m.c.Message()
}

func (m *message) attr(name, value string) {
	if m.n < len(m.attrs) {
		m.attrs[m.n] = ward.Attr{Name: name, Value: value}
		m.n++
	}
}

// application reads an APDU's header and hands its service on.
func (m *message) application(b []byte) {
	kind, head := b[0]>>4, 0
	switch kind {
	case pduConfirmed:
		head = 3
	case pduUnconfirmed:
		head = 1
	case pduSimpleAck, pduComplexAck, pduError:
		head = 2
	}
	if (kind == pduConfirmed || kind == pduComplexAck) && b[0]&segmented != 0 {
		head += 2
	}
	switch {
	case kind == pduSegmentAck || kind == pduReject || kind == pduAbort:
		m.begin(pduName(kind))
		m.act.Reply = true
		return
	case kind > pduAbort || head >= len(b):
		m.c.Anomaly(m.dir, "bacnet.malformed", "application header does not fit")
		return
	}
	service, data := b[head], b[head+1:]
	if kind == pduUnconfirmed {
		m.begin(unconfirmedName(service))
		m.unconfirmed(service, data)
	} else {
		m.begin(confirmedName(service))
		m.act.Reply = kind != pduConfirmed
		switch kind {
		case pduConfirmed:
			m.request(service, data)
		case pduSimpleAck:
			m.act.Outcome = "ok"
		case pduComplexAck:
			m.act.Outcome = "ok"
			m.answer(service, data)
		case pduError:
			m.act.Outcome = errorName(data)
		}
	}
	if m.n > 0 {
		m.act.Attrs = m.c.Attrs(m.attrs[:m.n]...)
	}
}

func (m *message) unconfirmed(service byte, b []byte) {
	if service != serviceIAm && service != serviceIHave {
		return
	}
	t, b, ok := next(b)
	o, ok2 := readObject(t.value)
	if !ok || !ok2 || o.kind != kindDevice {
		return
	}
	m.device(o.instance)
	if service == serviceIHave {
		return
	}
	for range 2 { // longest APDU, segmentation
		if _, b, ok = next(b); !ok {
			return
		}
	}
	t, _, ok = next(b)
	if vendor, fits := unsigned(t.value); ok && fits {
		m.c.SightOf(m.dir, m.subject, "bacnet I-Am vendor", fact(ward.FieldMaker, vendorName(vendor), 85))
	}
}

// device notes who speaks: its instance names it within the site.
func (m *message) device(instance uint32) {
	if instance >= maxDeviceInstance { // the wildcard
		return
	}
	text := strconv.Itoa(int(instance))
	m.attr("device", text)
	if m.routed {
		m.subject = ward.Subject{Key: "bacnet", Value: "device " + text, Behind: true}
	}
	m.c.SightOf(m.dir, m.subject, "bacnet device instance", fact(ward.FieldRole, "bacnet device", 80), fact(ward.FieldService, "bacnet", 85))
}

// request notes what a confirmed request is about.
func (m *message) request(service byte, b []byte) {
	switch service {
	case serviceCommunication, serviceReinitialize:
		m.control(service, b)
		return
	case serviceReadProperty, serviceReadMultiple, serviceWriteProperty, serviceWriteMultiple:
	default:
		return
	}
	t, b, ok := next(b)
	o, ok2 := readObject(t.value)
	if !ok || !ok2 || !t.context || t.number != 0 {
		return
	}
	m.act.Object = kindName(o.kind)
	if service != serviceReadProperty && service != serviceWriteProperty {
		return
	}
	m.attr("instance", strconv.Itoa(int(o.instance)))
	t, b, ok = next(b)
	if property, fits := unsigned(t.value); ok && fits && t.number == 1 {
		m.attr("property", propertyName(property))
	}
	if service == serviceWriteProperty {
		m.priority(b)
	}
}

// priority notes at which priority a value is written, clause 19.2.
func (m *message) priority(b []byte) {
	for range maxProperties {
		t, rest, ok := next(b)
		if !ok {
			return
		}
		if n, fits := unsigned(t.value); t.context && t.number == 4 && fits && n <= 16 {
			m.attr("priority", strconv.Itoa(int(n)))
			return
		}
		b = rest
	}
}

// control notes how a device is silenced or restarted, clauses 16.1 and 16.4, and
// whether the same password is used again.
func (m *message) control(service byte, b []byte) {
	state, password := byte(1), byte(2)
	if service == serviceReinitialize {
		state, password = 0, 1
	}
	for range 4 {
		t, rest, ok := next(b)
		if !ok {
			return
		}
		switch {
		case t.context && t.number == state:
			if n, fits := unsigned(t.value); fits {
				m.act.Object = stateName(service, n)
			}
		case t.context && t.number == password && len(t.value) > 1:
			m.act.Actor = m.c.Token(ward.TokenSecret, nil, t.value[1:])
		}
		b = rest
	}
}

// answer reads the properties of a device that an acknowledgement holds.
func (m *message) answer(service byte, b []byte) {
	if service != serviceReadProperty && service != serviceReadMultiple {
		return
	}
	var o object
	var property uint32
	isDevice, depth := false, 0
	nested := 0
	if service == serviceReadMultiple {
		nested = 1
	}
	for range 4 * maxProperties {
		t, rest, ok := next(b)
		if !ok {
			return
		}
		b = rest
		switch {
		case t.open:
			depth++
		case t.close:
			depth--
		case t.context && t.number == 0 && depth == 0:
			if o, ok = readObject(t.value); ok {
				if isDevice = o.kind == kindDevice; m.act.Object == "" {
					m.act.Object = kindName(o.kind)
					if isDevice {
						m.device(o.instance)
					}
				}
			}
		case t.context && depth == nested && int(t.number) == 1+nested:
			property, _ = unsigned(t.value)
		case !t.context && depth == 1+nested:
			m.act.Count++
			if isDevice {
				m.property(property, &t)
			}
		}
	}
	m.c.Limit("bacnet.properties")
}

// property sights one of a device's properties that names equipment, clause 12.11.
func (m *message) property(id uint32, t *tagged) {
	var f ward.Fact
	class := sense.ClassName
	from := ""
	switch id {
	case 12:
		f, class, from = fact(ward.FieldSoftware, "", 80), sense.ClassVersion, "bacnet application-software-version"
	case 44:
		f, class, from = fact(ward.FieldFirmware, "", 90), sense.ClassVersion, "bacnet firmware-revision"
	case 58:
		f, class, from = fact(ward.FieldDepartment, "", 60), sense.ClassDepartment, "bacnet location"
	case 70:
		f, class, from = fact(ward.FieldModel, "", 90), sense.ClassModel, "bacnet model-name"
	case 77:
		f, class, from = fact(ward.FieldHostname, "", 60), sense.ClassHost, "bacnet object-name"
	case 121:
		f, class, from = fact(ward.FieldMaker, "", 90), sense.ClassMaker, "bacnet vendor-name"
	case 372:
		f, class, from = fact(ward.FieldSerial, "", 90), sense.ClassSerial, "bacnet serial-number"
	case 120:
		if n, ok := unsigned(t.value); ok && t.number == 2 {
			m.c.SightOf(m.dir, m.subject, "bacnet vendor-identifier", fact(ward.FieldMaker, vendorName(n), 85))
		}
		return
	default:
		return
	}
	f.Value = m.c.Text(class, characters(m.c, t))
	if id == 12 && f.Value != "" { // only a version
		f.Value = "application " + f.Value
	}
	m.c.SightOf(m.dir, m.subject, from, f)
}

// characters returns a character string's text, clause 20.2.9: UTF-8, or UCS-2 of
// which only ASCII is taken.
func characters(c *sense.Context, t *tagged) []byte {
	if t.number != 7 || len(t.value) < 2 {
		return nil
	}
	v := t.value[1:]
	if t.value[0] != 4 {
		return v
	}
	dst := c.Scratch()
	for i := 0; i+1 < len(v) && len(dst) < cap(dst); i += 2 {
		if v[i] == 0 {
			dst = append(dst, v[i+1])
		} else {
			dst = append(dst, '?')
		}
	}
	return dst
}

func fact(f ward.Field, value string, confidence uint8) ward.Fact {
	return ward.Fact{Field: f, Value: value, Confidence: confidence}
}
