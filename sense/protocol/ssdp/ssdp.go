// Package ssdp analyses the Simple Service Discovery Protocol (UPnP Device
// Architecture 2.0, section 1: NOTIFY, M-SEARCH and search responses).
package ssdp

import (
	"bytes"
	"strconv"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Analyzer returns the analyzer "ssdp".
func Analyzer() sense.Analyzer {
	return sense.Analyzer{
		Name:         "ssdp",
		Doc:          "UPnP Device Architecture 2.0 section 1",
		Transports:   sense.UDP,
		Ports:        []uint16{1900},
		Probe:        probe,
		NewDatagrams: func(*sense.Context) sense.Datagrams { return datagrams{} },
	}
}

func probe(_ sense.Dir, b []byte, _ uint16) sense.Verdict {
	switch kindOf(b) {
	case notify, search:
		return sense.Yes
	case response:
		if field(b, "usn") != nil && field(b, "st") != nil {
			return sense.Yes
		}
	}
	return sense.No
}

type kind uint8

const (
	none kind = iota
	notify
	search
	response
)

func kindOf(b []byte) kind {
	switch {
	case bytes.HasPrefix(b, []byte("NOTIFY * HTTP/1.")):
		return notify
	case bytes.HasPrefix(b, []byte("M-SEARCH * HTTP/1.")):
		return search
	case bytes.HasPrefix(b, []byte("HTTP/1.1 200")), bytes.HasPrefix(b, []byte("HTTP/1.0 200")):
		return response
	}
	return none
}

// datagrams keeps no state: every datagram is a message.
type datagrams struct{}

// maxMessage is the most bytes of a datagram that are read.
const maxMessage = 8 << 10

// Datagram implements sense.Datagrams.
func (datagrams) Datagram(c *sense.Context, d sense.Dir, b []byte) {
	if len(b) > maxMessage {
		c.Limit("ssdp.message-bytes")
		b = b[:maxMessage]
	}
	k := kindOf(b)
	if k == none {
		if len(b) > 0 {
			c.Anomaly(d, "ssdp.start-line", "no SSDP message")
		}
		return
	}
	c.Message()
	m := parse(b)
	switch k {
	case search:
		c.Act(d, "M-SEARCH").Object = targetKind(m.st)
		c.Sight(d, "ssdp user-agent",
			ward.Fact{Field: ward.FieldProduct, Value: c.Text(sense.ClassSoftware, m.agent), Confidence: 60},
			ward.Fact{Field: ward.FieldRole, Value: "upnp control point", Confidence: 40})
		return
	case notify:
		a := c.Act(d, notifyVerb(m.nts))
		a.Object = targetKind(m.nt)
		withPort(c, a, m.location)
		m.st = m.nt
	case response:
		a := c.Act(d, "M-SEARCH")
		a.Object, a.Reply, a.Outcome = targetKind(m.st), true, "ok"
		withPort(c, a, m.location)
	}
	device(c, d, &m)
}

// Close implements sense.Datagrams.
func (datagrams) Close(*sense.Context) {}

// message holds the fields that matter; slices point into the datagram.
type message struct{ server, usn, st, nt, nts, location, agent []byte }

func parse(b []byte) (m message) {
	return message{
		server: field(b, "server"), usn: field(b, "usn"), st: field(b, "st"), nt: field(b, "nt"),
		nts: field(b, "nts"), location: field(b, "location"), agent: field(b, "user-agent"),
	}
}

// field returns the trimmed value of a header field; name is in lower case.
func field(b []byte, name string) []byte {
	for len(b) > 0 {
		line := b
		if i := bytes.IndexByte(b, '\n'); i >= 0 {
			line, b = b[:i], b[i+1:]
		} else {
			b = nil
		}
		if len(line) > len(name) && line[len(name)] == ':' && equalFold(line[:len(name)], name) {
			return bytes.TrimSpace(line[len(name)+1:])
		}
	}
	return nil
}

func equalFold(b []byte, word string) bool {
	for i := range len(word) {
		c := b[i]
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != word[i] {
			return false
		}
	}
	return true
}

func notifyVerb(nts []byte) string {
	switch string(nts) {
	case "ssdp:alive":
		return "alive"
	case "ssdp:byebye":
		return "byebye"
	case "ssdp:update":
		return "update"
	}
	return "NOTIFY"
}

// device says what a device tells of itself.
func device(c *sense.Context, d sense.Dir, m *message) {
	facts := [5]ward.Fact{
		{Field: ward.FieldProduct, Value: c.Text(sense.ClassSoftware, m.server), Confidence: 75},
	}
	n := 1
	if id := uuid(m.usn); id != nil {
		facts[n] = ward.Fact{Field: ward.FieldFingerprint, Value: "upnp-udn " + c.Text(sense.ClassSerial, id), Confidence: 60}
		n++
	}
	if port(m.location) > 0 {
		facts[n] = ward.Fact{Field: ward.FieldService, Value: "http", Confidence: 70}
		n++
	}
	category, role := typeOf(targetKind(m.st))
	facts[n] = ward.Fact{Field: ward.FieldCategory, Value: category, Confidence: 70}
	facts[n+1] = ward.Fact{Field: ward.FieldRole, Value: role, Confidence: 70}
	c.Sight(d, "ssdp", facts[:n+2]...)
}

// uuid returns the device part of a USN, "uuid:…::urn:…".
func uuid(usn []byte) []byte {
	id, ok := bytes.CutPrefix(usn, []byte("uuid:"))
	if !ok {
		return nil
	}
	id, _, _ = bytes.Cut(id, []byte("::"))
	return id
}

// targetKind returns the known kind of a search target or notification type.
func targetKind(st []byte) string {
	switch {
	case len(st) == 0:
		return ""
	case string(st) == "ssdp:all":
		return "all"
	case string(st) == "upnp:rootdevice":
		return "root device"
	case bytes.HasPrefix(st, []byte("uuid:")):
		return "one device"
	}
	for _, marker := range [...]string{":device:", ":service:"} {
		i := bytes.Index(st, []byte(marker))
		if i < 0 {
			continue
		}
		name, _, _ := bytes.Cut(st[i+len(marker):], []byte{':'})
		for _, k := range [...]string{"InternetGatewayDevice", "WANDevice", "WANConnectionDevice", "LANDevice", "WLANAccessPointDevice",
			"MediaServer", "MediaRenderer", "Printer", "Scanner", "DigitalSecurityCamera", "Basic", "ManageableDevice", "WFADevice",
			"PrintBasic", "PrintEnhanced", "Layer3Forwarding", "WANIPConnection", "ContentDirectory", "ConnectionManager", "RenderingControl", "AVTransport", "dial"} {
			if string(name) == k {
				return k
			}
		}
	}
	return "other"
}

// typeOf says what a kind makes of its device.
func typeOf(kind string) (category, role string) {
	switch kind {
	case "InternetGatewayDevice", "WANDevice", "LANDevice", "WLANAccessPointDevice", "WFADevice":
		return "network gear", "upnp gateway"
	case "Printer", "PrintBasic", "PrintEnhanced":
		return "printer", "printer"
	case "Scanner":
		return "printer", "scanner"
	case "DigitalSecurityCamera":
		return "camera", "camera"
	case "MediaServer":
		return "", "media server"
	case "MediaRenderer":
		return "", "media player"
	}
	return "", ""
}

// port returns the port of a location URL, 0 if it has none that is readable.
func port(location []byte) uint16 {
	rest, ok := bytes.CutPrefix(location, []byte("http://"))
	if !ok {
		return 0
	}
	host, _, _ := bytes.Cut(rest, []byte{'/'})
	i := bytes.LastIndexByte(host, ':')
	if i < 0 || bytes.IndexByte(host[i:], ']') >= 0 {
		return 80
	}
	n, err := strconv.ParseUint(string(host[i+1:]), 10, 16)
	if err != nil {
		return 0
	}
	return uint16(n)
}

func withPort(c *sense.Context, a *ward.Act, location []byte) {
	if p := port(location); p > 0 {
		a.Attrs = c.Attrs(ward.Attr{Name: "port", Value: strconv.Itoa(int(p))})
	}
}
