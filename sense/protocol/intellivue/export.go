package intellivue

import (
	"strconv"
	"time"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Remote operations and commands.
const (
	roInvoke = 1
	roResult = 2
	roError  = 3
	roLinked = 5

	cmdEvent           = 0
	cmdConfirmedEvent  = 1
	cmdGet             = 3
	cmdSet             = 4
	cmdConfirmedSet    = 5
	cmdConfirmedAction = 7

	notiCreate  = 3334
	notiConnect = 3351
	actPoll     = 3094
	actPollExt  = 61755
)

// reportEvery is how often counts of measurements are told.
const reportEvery = time.Minute

// maxPatients is how many patients of a conversation are told of once.
const maxPatients = 16

// export follows one conversation.
type export struct {
	since    ward.Time
	dir      sense.Dir
	numbers  uint64
	waves    uint64
	alarms   uint64
	polled   bool
	patients []ward.Token
	odd      int
}

// maxOdd is how many malformed datagrams of a conversation are told of.
const maxOdd = 8

func (x *export) anomaly(c *sense.Context, dir sense.Dir, code, detail string) {
	if x.odd++; x.odd > maxOdd {
		c.Limit("intellivue.anomalies")
		return
	}
	c.Anomaly(dir, code, detail)
}

// Datagram implements sense.Datagrams.
func (x *export) Datagram(c *sense.Context, dir sense.Dir, b []byte) {
	switch {
	case isProtocol(b):
		c.Message()
		x.operation(c, dir, be.Uint16(b[4:]), b[8:])
	case isIndication(b):
		c.Message()
		c.Sight(dir, "connect indication", ward.Fact{Field: ward.FieldMaker, Value: "Philips", Confidence: 85},
			ward.Fact{Field: ward.FieldCategory, Value: "patient monitor", Confidence: 80},
			ward.Fact{Field: ward.FieldProduct, Value: "Philips IntelliVue", Confidence: 75},
			ward.Fact{Field: ward.FieldRole, Value: "intellivue data export server", Confidence: 60})
		x.attributes(c, dir, b[28:], "connect indication")
	case isSession(b):
		c.Message()
		x.association(c, dir, b[0])
	default:
		x.anomaly(c, dir, "intellivue.header", "datagram is no message of the data export protocol")
	}
	if x.since != 0 && c.Time().Sub(x.since) >= reportEvery {
		x.report(c)
	}
}

// Close implements sense.Datagrams.
func (x *export) Close(c *sense.Context) { x.report(c) }

// report tells how many measurements were exported.
func (x *export) report(c *sense.Context) {
	for _, r := range [...]struct {
		what string
		n    *uint64
	}{{"numerics", &x.numbers}, {"wave samples", &x.waves}, {"alarm lists", &x.alarms}} {
		if *r.n > 0 {
			a := c.Act(x.dir, "export")
			a.Object, a.Count = r.what, *r.n
			*r.n = 0
		}
	}
	x.since = 0
}

var associations = map[byte]struct {
	verb, outcome string
	reply         bool
}{
	siConnect: {"associate", "", false}, siAccept: {"associate", "ok", true}, siRefuse: {"associate", "refused", true},
	siFinish: {"release", "", false}, siDisconnect: {"release", "ok", true}, siAbort: {"abort", "", false},
}

func (x *export) association(c *sense.Context, dir sense.Dir, kind byte) {
	m := associations[kind]
	a := c.Act(dir, m.verb)
	a.Outcome, a.Reply = m.outcome, m.reply
	if kind == siAccept || kind == siRefuse {
		c.Sight(dir, "intellivue association", ward.Fact{Field: ward.FieldRole, Value: "intellivue data export server", Confidence: 60})
	}
}

// operation reads a remote operation.
func (x *export) operation(c *sense.Context, dir sense.Dir, kind uint16, b []byte) {
	if kind == roLinked && len(b) >= 2 {
		b = b[2:] // state and number of the linked result
	}
	if len(b) < 6 {
		x.anomaly(c, dir, "intellivue.operation", "operation is cut short")
		return
	}
	command, body := be.Uint16(b[2:]), b[6:]
	body = body[:min(len(body), int(be.Uint16(b[4:])))]
	switch {
	case kind == roError:
		a := c.Act(dir, "operation")
		a.Reply, a.Outcome = true, "failed"
		a.Attrs = c.Attrs(ward.Attr{Name: "error", Value: errorName(command)})
	case kind == roInvoke && (command == cmdEvent || command == cmdConfirmedEvent):
		x.event(c, dir, body)
	case kind == roInvoke && (command == cmdSet || command == cmdConfirmedSet):
		c.Act(dir, "set")
	case kind == roInvoke && command == cmdGet:
		c.Act(dir, "get")
	case kind == roInvoke && command == cmdConfirmedAction:
		if !x.polled {
			x.polled = true
			c.Act(dir, "poll")
		}
	case kind == roResult && command == cmdConfirmedSet:
		a := c.Act(dir, "set")
		a.Reply, a.Outcome = true, "ok"
	case (kind == roResult || kind == roLinked) && command == cmdConfirmedAction:
		x.pollReply(c, dir, body)
	}
}

var errorNames = map[uint16]string{
	0: "no such class", 1: "no such instance", 2: "access denied", 7: "get list", 8: "set list", 9: "no such action", 10: "processing failure",
	15: "invalid argument", 16: "invalid scope", 17: "invalid instance",
}

func errorName(v uint16) string {
	if n := errorNames[v]; n != "" {
		return n
	}
	return strconv.Itoa(int(v))
}

// event reads an event report: managed object, time, type, length, information.
func (x *export) event(c *sense.Context, dir sense.Dir, b []byte) {
	if len(b) < 14 || be.Uint16(b[10:]) != notiCreate {
		return
	}
	a := c.Act(dir, "create")
	a.Object = "medical device system"
	c.Sight(dir, "mds create", ward.Fact{Field: ward.FieldCategory, Value: "patient monitor", Confidence: 85},
		ward.Fact{Field: ward.FieldRole, Value: "intellivue data export server", Confidence: 60})
	if b = b[14:]; len(b) >= 6 { // managed object again
		x.attributes(c, dir, b[6:], "mds create")
	}
}

// pollReply reads the result of a poll: action result, then the objects.
func (x *export) pollReply(c *sense.Context, dir sense.Dir, b []byte) {
	if len(b) < 10 {
		return
	}
	skip := 0
	switch be.Uint16(b[6:]) {
	case actPoll:
		skip = 2 + 4 + 8 + 4 + 2
	case actPollExt:
		skip = 2 + 2 + 4 + 8 + 4 + 2
	default:
		return
	}
	if b = b[10:]; len(b) < skip+4 {
		return
	}
	if x.since == 0 {
		x.since = c.Time()
	}
	x.dir = dir
	b = b[skip+4:] // the list's count and length: what there is, is read
	for len(b) >= 6 {
		n := int(be.Uint16(b[4:]))
		objects := b[6:]
		objects = objects[:min(n, len(objects))]
		b = b[6+len(objects):]
		for len(objects) >= 6 {
			n := 6 + int(be.Uint16(objects[4:]))
			list := objects[2:min(n, len(objects))]
			x.attributes(c, dir, list, "poll")
			objects = objects[min(n, len(objects)):]
		}
	}
}
