// Package tftp reads requests of the trivial file transfer protocol (RFC 1350
// section 5, options of RFC 2347). The transfer itself goes on between other ports
// without a mark, and is not followed.
package tftp

import (
	"bytes"
	"encoding/binary"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

const (
	port      = 69
	opRead    = 1
	opWrite   = 2
	opError   = 5
	maxLength = 1024 // RFC 2347 allows 512
)

// Analyzer returns the analyzer.
func Analyzer() sense.Analyzer {
	return sense.Analyzer{
		Name: "tftp", Doc: "RFC 1350 section 5, RFC 2347", Transports: sense.UDP, Ports: []uint16{port},
		Probe:        probe,
		NewDatagrams: func(*sense.Context) sense.Datagrams { return tftp{} },
	}
}

func probe(_ sense.Dir, b []byte, _ uint16) sense.Verdict {
	if _, ok := readRequest(b); ok {
		return sense.Yes
	}
	return sense.No
}

// request is a read or write request.
type request struct {
	op             uint16
	file, mode     []byte
	textual, octet bool
}

func readRequest(b []byte) (r request, ok bool) {
	if len(b) < 4 || len(b) > maxLength {
		return r, false
	}
	r.op = binary.BigEndian.Uint16(b)
	if r.op != opRead && r.op != opWrite {
		return r, false
	}
	var rest []byte
	r.file, rest, ok = bytes.Cut(b[2:], []byte{0})
	if !ok || len(r.file) == 0 {
		return r, false
	}
	r.mode, _, ok = bytes.Cut(rest, []byte{0})
	r.textual, r.octet = bytes.EqualFold(r.mode, []byte("netascii")), bytes.EqualFold(r.mode, []byte("octet"))
	return r, ok && (r.textual || r.octet || bytes.EqualFold(r.mode, []byte("mail")))
}

// mode is one of the three of RFC 1350.
func (r *request) modeName() string {
	switch {
	case r.textual:
		return "netascii"
	case r.octet:
		return "octet"
	}
	return "mail"
}

type tftp struct{}

func (tftp) Close(*sense.Context) {}

// Datagram implements sense.Datagrams.
func (tftp) Datagram(c *sense.Context, dir sense.Dir, b []byte) {
	r, ok := readRequest(b)
	if !ok {
		if len(b) >= 4 && binary.BigEndian.Uint16(b) == opError {
			a := c.Act(dir, "error")
			a.Reply, a.Outcome = true, errorName(binary.BigEndian.Uint16(b[2:]))
			c.Message()
		}
		return // data and acknowledgements, where both ends kept their ports
	}
	verb := "read"
	if r.op == opWrite {
		verb = "write"
	}
	a := c.Act(dir, verb)
	c.Message()
	a.Object = "file"
	a.Attrs = c.Attrs(ward.Attr{Name: "file", Value: c.Text(sense.ClassPath, r.file)}, ward.Attr{Name: "mode", Value: r.modeName()})
	c.Sight(dir, "tftp request", ward.Fact{Field: ward.FieldRole, Value: "tftp client", Confidence: 50})
}

func errorName(code uint16) string {
	names := [...]string{"error", "not found", "refused", "disk full", "illegal operation", "unknown transfer", "already exists", "no such user", "option refused"}
	if int(code) < len(names) {
		return names[code]
	}
	return "error"
}
