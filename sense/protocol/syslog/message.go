package syslog

import (
	"bytes"
	"net/netip"
	"strconv"

	"wardkeeper/format/atna"
	"wardkeeper/format/pen"
	"wardkeeper/format/syslog"
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// The identifiers by which audit messages are recognised: DICOM PS3.15 section
// A.6.2 and IHE ITI TF-2 3.20.7.
const (
	idDICOM = "DICOM+RFC3881"
	idIHE   = "IHE+RFC-3881"
)

var severities = [8]string{"emergency", "alert", "critical", "error", "warning", "notice", "informational", "debug"}

var facilities = [24]string{"kern", "user", "mail", "daemon", "auth", "syslog", "lpr", "news", "uucp", "cron", "authpriv", "ftp", "ntp", "audit", "alert", "clock",
	"local0", "local1", "local2", "local3", "local4", "local5", "local6", "local7"}

// reader reads the messages of a conversation; audit is used again and again.
type reader struct{ audit atna.Message }

func (r *reader) message(c *sense.Context, dir sense.Dir, b []byte) {
	if len(b) > syslog.MaxMessage {
		c.Limit("syslog.message-bytes")
		b = b[:syslog.MaxMessage]
	}
	m, ok := syslog.Parse(b)
	if !ok {
		c.Anomaly(dir, "syslog.malformed", "no priority")
		return
	}
	c.Message()
	sender(c, dir, &m)
	if id := string(m.ID); id == idDICOM || id == idIHE {
		if atna.Parse(m.Text, &r.audit) == nil {
			r.act(c, dir, &m)
			return
		}
		c.Anomaly(dir, "syslog.audit", "no audit message where one is announced")
	}
	a := c.Act(dir, "log")
	a.Object, a.Bytes = severities[m.Severity], uint64(len(b))
	a.SrcApp = c.Text(sense.ClassSoftware, m.App)
	a.Attrs = c.Attrs(ward.Attr{Name: "facility", Value: facilities[m.Facility]}, ward.Attr{Name: "id", Value: c.Text(sense.ClassName, m.ID)})
	if len(m.ID) == 0 {
		a.Attrs = a.Attrs[:1]
	}
}

// sender sights who wrote the message: a relay passes on what others wrote, so a
// host that is another address is behind the sender.
func sender(c *sense.Context, dir sense.Dir, m *syslog.Message) {
	s := ward.Subject{}
	host, confidence := "", uint8(60)
	if ip, ok := address(m.Host); ok {
		if ip != c.Sender(dir).IP {
			s = ward.Subject{Key: "ip", Value: c.IPText(ip), Behind: true}
		}
	} else {
		host = c.Text(sense.ClassHost, m.Host)
	}
	c.SightOf(dir, s, "syslog hostname", fact(ward.FieldHostname, host, confidence), fact(ward.FieldRole, "syslog sender", 40))
	c.SightOf(dir, s, "syslog app-name", fact(ward.FieldSoftware, c.Text(sense.ClassSoftware, m.App), 40))
	if m.Data == nil {
		return
	}
	software := append(c.Scratch(), m.Param("origin", "software")...)
	if version := m.Param("origin", "swVersion"); len(software) > 0 && len(version) > 0 {
		software = append(append(software, ' '), version...)
	}
	c.SightOf(dir, s, "syslog origin", fact(ward.FieldSoftware, c.Text(sense.ClassSoftware, software), 70), fact(ward.FieldMaker, pen.Maker(enterprise(m.Param("origin", "enterpriseId"))), 50))
}

// maxAddress is the longest text of an IPv6 address.
const maxAddress = 45

// address reads an IP address; host names are told from one without allocating.
func address(b []byte) (netip.Addr, bool) {
	if ip, ok := address4(b); ok {
		return ip, true
	}
	if len(b) > maxAddress || bytes.IndexByte(b, ':') < 0 {
		return netip.Addr{}, false
	}
	ip, err := netip.ParseAddr(string(b))
	return ip, err == nil && ip.Zone() == ""
}

func address4(b []byte) (netip.Addr, bool) {
	var a [4]byte
	i, v, digits := 0, 0, 0
	for k := 0; k <= len(b); k++ {
		if k == len(b) || b[k] == '.' {
			if digits == 0 || v > 255 || i > 3 {
				return netip.Addr{}, false
			}
			a[i] = byte(v)
			i++
			v, digits = 0, 0
			continue
		}
		if b[k] < '0' || b[k] > '9' || digits == 3 {
			return netip.Addr{}, false
		}
		v = v*10 + int(b[k]-'0')
		digits++
	}
	return netip.AddrFrom4(a), i == 4
}

// enterprise reads the number before the first dot.
func enterprise(b []byte) uint32 {
	n := uint64(0)
	for _, ch := range b {
		if ch < '0' || ch > '9' {
			break
		}
		if n = n*10 + uint64(ch-'0'); n > 1<<31 {
			return 0
		}
	}
	return uint32(n)
}

// codeStudyUID is DICOM's code for a study instance UID as an object's identifier.
const codeStudyUID = "110180"

// act says what an audit message reports.
func (r *reader) act(c *sense.Context, dir sense.Dir, m *syslog.Message) {
	e := &r.audit
	if e.Truncated {
		c.Limit("syslog.audit-items")
	}
	verb := atna.EventName(string(e.EventID))
	if verb == "" {
		verb = "audit event"
	}
	a := c.Act(dir, verb)
	a.Object, a.Outcome = atna.TypeName(string(e.EventType)), atna.OutcomeName(string(e.Outcome))
	a.SrcApp = c.Text(sense.ClassApp, e.SourceID)
	a.Count = uint64(len(e.Objects))
	attrs := [6]ward.Attr{{Name: "facility", Value: facilities[m.Facility]}, {Name: "participants", Value: strconv.Itoa(len(e.Participants))}}
	n := 2
	add := func(name, value string) {
		if value != "" && n < len(attrs) {
			attrs[n] = ward.Attr{Name: name, Value: value}
			n++
		}
	}
	add("action", atna.ActionName(string(e.Action)))
	for i := range e.Participants {
		p := &e.Participants[i]
		if p.Requestor && a.Actor.Zero() {
			a.Actor = c.Token(ward.TokenStaff, nil, p.UserID)
			add("from", networkPoint(c, p))
		} else if role := atna.RoleName(string(p.Role)); role == "destination" {
			add("destination", networkPoint(c, p))
		}
	}
	for i := range e.Objects {
		o := &e.Objects[i]
		if authority, id, ok := o.Patient(); ok && a.Patient.Zero() {
			a.Patient, a.Clear = c.Token(ward.TokenPatient, authority, id), true
		}
		if string(o.IDType) == codeStudyUID && a.Study.Zero() {
			a.Study = c.Token(ward.TokenStudy, nil, o.ID)
		}
	}
	a.Attrs = c.Attrs(attrs[:n]...)
	c.Sight(dir, "syslog msgid", fact(ward.FieldRole, "audit source", 80), fact(ward.FieldApplication, a.SrcApp, 70))
}

// networkPoint returns a participant's address or what may be kept of its name.
func networkPoint(c *sense.Context, p *atna.Participant) string {
	if ip, ok := address(p.NetworkID); ok {
		return c.IPText(ip)
	}
	return c.Text(sense.ClassHost, p.NetworkID)
}

func fact(f ward.Field, value string, confidence uint8) ward.Fact {
	return ward.Fact{Field: f, Value: value, Confidence: confidence}
}
