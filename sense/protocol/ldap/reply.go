package ldap

import (
	"bytes"
	"strconv"

	"wardkeeper/format/ber"
	"wardkeeper/sense"
	"wardkeeper/ward"
)

func (s *stream) reply(c *sense.Context, id int64, tag byte, op []byte) {
	c.Sight(sense.ToClient, "ldap", ward.Fact{Field: ward.FieldRole, Value: "ldap server", Confidence: 80})
	q := s.find(id)
	r := ber.Reader{B: op}
	switch tag {
	case searchEntry:
		if q != nil {
			q.entries++
		}
		// A client asks for the root entry by an empty name; so it is named here.
		if name, ok := r.Take(ber.OctetString); ok && len(name) == 0 {
			if list, ok := r.Take(ber.Sequence); ok {
				rootEntry(c, list)
			}
		}
		return
	case searchRef, interReply:
		return
	}
	v, ok := r.Take(ber.Enumerated)
	n, ok2 := ber.Int(v)
	if !ok || !ok2 {
		c.Anomaly(sense.ToClient, "ldap.bad-message", "a result without a code")
		return
	}
	if q == nil {
		return
	}
	tls, sasl, bind := q.tls, q.sasl, q.verb == "bind"
	emit(c, q, resultName(n))
	switch {
	case tls && n == 0:
		s.end(c)
	case bind && n == 0:
		s.bound = sasl
	case bind && n != saslInProgress:
		s.user = ward.Token{}
	}
}

const saslInProgress = 14

// rootEntry reads what a server says of itself (RFC 4512 section 5.1, MS-ADTS
// section 3.1.1.3.2).
func rootEntry(c *sense.Context, list []byte) {
	var facts [8]ward.Fact
	n := 0
	add := func(f ward.Field, value string, confidence uint8) {
		if n < len(facts) {
			facts[n] = ward.Fact{Field: f, Value: value, Confidence: confidence}
			n++
		}
	}
	for r := (ber.Reader{B: list}); ; {
		_, attribute, ok := r.Next()
		if !ok {
			break
		}
		f := ber.Reader{B: attribute}
		name, _ := f.Take(ber.OctetString)
		values, _ := f.Take(ber.Set)
		value, ok := ber.Inner(values, ber.OctetString)
		if !ok {
			continue
		}
		switch {
		case bytes.EqualFold(name, []byte("dnsHostName")):
			add(ward.FieldHostname, c.Text(sense.ClassHost, value), 90)
		case bytes.EqualFold(name, []byte("vendorName")):
			add(ward.FieldMaker, c.Text(sense.ClassMaker, value), 60)
		case bytes.EqualFold(name, []byte("vendorVersion")):
			add(ward.FieldProduct, c.Text(sense.ClassSoftware, value), 75)
		case bytes.EqualFold(name, []byte("domainControllerFunctionality")):
			add(ward.FieldOS, controllerLevel(value), 60)
			add(ward.FieldRole, "domain controller", 90)
		}
	}
	c.Sight(sense.ToClient, "ldap root dse", facts[:n]...)
}

// controllerLevel is MS-ADTS section 3.1.1.3.2.25's functional level, which is
// that of the Windows which runs the controller.
func controllerLevel(b []byte) string {
	switch string(b) {
	case "0":
		return "Windows 2000 Server"
	case "2":
		return "Windows Server 2003"
	case "3":
		return "Windows Server 2008"
	case "4":
		return "Windows Server 2008 R2"
	case "5":
		return "Windows Server 2012"
	case "6":
		return "Windows Server 2012 R2"
	case "7":
		return "Windows Server 2016 or later"
	case "10":
		return "Windows Server 2025"
	}
	return ""
}

// resultName names the codes of RFC 4511 section 4.1.9 that are met.
func resultName(n int64) string {
	switch n {
	case 0:
		return "ok"
	case 1:
		return "operations error"
	case 2:
		return "protocol error"
	case 3:
		return "time limit exceeded"
	case 4:
		return "size limit exceeded"
	case 5:
		return "compare false"
	case 6:
		return "compare true"
	case 7:
		return "method not supported"
	case 8:
		return "stronger authentication required"
	case 10:
		return "referral"
	case 12:
		return "critical extension unavailable"
	case 13:
		return "confidentiality required"
	case saslInProgress:
		return "pending"
	case 16:
		return "no such attribute"
	case 19:
		return "constraint violation"
	case 20:
		return "value exists"
	case 32:
		return "no such object"
	case 34:
		return "invalid name"
	case 48:
		return "inappropriate authentication"
	case 49:
		return "invalid credentials"
	case 50:
		return "access denied"
	case 51:
		return "busy"
	case 52:
		return "unavailable"
	case 53:
		return "unwilling to perform"
	case 65:
		return "object class violation"
	case 68:
		return "entry exists"
	case 80:
		return "other"
	}
	return "result " + strconv.FormatInt(n, 10)
}
