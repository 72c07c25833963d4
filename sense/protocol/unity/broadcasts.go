package unity

import (
	"bytes"
	"net/netip"
	"strconv"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// broadcasts follows one sender.
type broadcasts struct {
	patient ward.Token // who was announced last
	told    bool       // that something was announced
	odd     int        // datagrams of another layout
}

// maxOdd is how many of those are told of.
const maxOdd = 4

// Datagram implements sense.Datagrams.
func (x *broadcasts) Datagram(c *sense.Context, dir sense.Dir, b []byte) {
	switch {
	case isTime(b):
		c.Message()
		c.Act(dir, "time sync")
		unit, _, _ := bytes.Cut(b[timeUnit:timeEnd], []byte("|"))
		c.Sight(dir, "carescape time sync", maker, address(b[timeIP:]), department(c, unit),
			ward.Fact{Field: ward.FieldRole, Value: "carescape time master", Confidence: 60},
			ward.Fact{Field: ward.FieldCategory, Value: "central station", Confidence: 50})
	case isRWHAT(b):
		c.Message()
		x.rwhat(c, dir, b)
	case x.odd >= maxOdd:
		c.Limit("unity.anomalies")
	default:
		x.odd++
		c.Anomaly(dir, "unity.layout", "datagram does not have the layout of its port")
	}
}

// Close implements sense.Datagrams.
func (x *broadcasts) Close(*sense.Context) {}

// maker: only GE's monitors form such a network.
var maker = ward.Fact{Field: ward.FieldMaker, Value: "GE HealthCare", Confidence: 75}

func address(b []byte) ward.Fact {
	return ward.Fact{Field: ward.FieldIP, Value: netip.AddrFrom4([4]byte(b[:4])).String(), Confidence: 80}
}

func department(c *sense.Context, unit []byte) ward.Fact {
	return ward.Fact{Field: ward.FieldDepartment, Value: c.Text(sense.ClassDepartment, bytes.TrimSpace(unit)), Confidence: 75}
}

// rwhat tells of a device and its services, and that a patient's name is sent in
// clear; it is repeated every few seconds, so only a change of patient counts.
func (x *broadcasts) rwhat(c *sense.Context, dir sense.Dir, b []byte) {
	unit, _, _ := bytes.Cut(b[rwhatUnit:rwhatName], []byte("|"))
	name, _, _ := bytes.Cut(b[rwhatName:rwhatCount], []byte{0})
	who := c.Token(ward.TokenPatient, []byte("unity name"), bytes.Trim(name, ", "))
	category := ward.Fact{Field: ward.FieldCategory, Value: "patient monitor", Confidence: 40}
	if !who.Zero() {
		category.Confidence = 65
	}
	c.Sight(dir, "carescape rwhat", maker, address(b[rwhatIP:]), department(c, unit), category,
		ward.Fact{Field: ward.FieldFingerprint, Value: services(b), Confidence: 60},
		ward.Fact{Field: ward.FieldProduct, Value: "GE CARESCAPE network", Confidence: 60},
		ward.Fact{Field: ward.FieldRole, Value: "carescape monitor", Confidence: 50})
	if x.told && who == x.patient {
		return
	}
	x.told, x.patient = true, who
	a := c.Act(dir, "announce")
	a.Object, a.Patient, a.Clear, a.Count = "rwhat", who, !who.Zero(), uint64(b[rwhatCount])
}

// services writes the services and ports offered: "rwhat 3:2000,17:32".
func services(b []byte) string {
	out := []byte("rwhat ")
	n := int(b[rwhatCount])
	for i, s := 0, b[rwhatServices:]; i < n; i, s = i+1, s[4:] {
		if i > 0 {
			out = append(out, ',')
		}
		out = strconv.AppendUint(out, uint64(be.Uint16(s)), 10)
		out = append(out, ':')
		out = strconv.AppendUint(out, uint64(be.Uint16(s[2:])), 10)
	}
	return string(out)
}
