// Package sdc analyses the discovery of medical devices by IEEE 11073 SDC:
// WS-Discovery (OASIS 1.1 and the 2005/04 version, sections 4 to 6) over UDP with
// the scopes of IEEE 11073-20701 section 9 and MDPWS (IEEE 11073-20702), and, as a
// child of package http, DPWS metadata (OASIS DPWS 1.1 section 5) and BICEPS
// messages (IEEE 11073-10207) where a site runs them without TLS.
//
// Printers and cameras use the same discovery; they are recognised too. Of a
// location only facility, building, floor and point of care are kept, never room or
// bed; a patient context becomes a token.
package sdc

import (
	"bytes"

	"wardkeeper/sense"
)

// Analyzer returns the analyzer "sdc".
func Analyzer() sense.Analyzer {
	return sense.Analyzer{
		Name:         "sdc",
		Doc:          "WS-Discovery 1.1, IEEE 11073-20701, -20702",
		Transports:   sense.UDP,
		Ports:        []uint16{3702},
		Probe:        probe,
		NewDatagrams: func(*sense.Context) sense.Datagrams { return datagrams{} },
		WantsChild:   wants,
		NewChild:     func(_ *sense.Context, e *sense.Envelope) sense.Child { return &child{dir: e.Dir, reply: e.Response} },
	}
}

func probe(_ sense.Dir, b []byte, _ uint16) sense.Verdict {
	if len(b) > 0 && (b[0] == '<' || b[0] == 0xef) && bytes.Contains(b, []byte("Envelope")) &&
		(bytes.Contains(b, []byte("ws/2005/04/discovery")) || bytes.Contains(b, []byte("ws-dd/ns/discovery"))) {
		return sense.Yes
	}
	return sense.No
}

// wants takes SOAP 1.2 messages.
func wants(e *sense.Envelope) bool {
	mt, _, _ := bytes.Cut(e.ContentType, []byte{';'})
	return e.Part == 0 && bytes.EqualFold(bytes.TrimSpace(mt), []byte("application/soap+xml"))
}

// datagrams keeps no state: every datagram is a message.
type datagrams struct{}

// Datagram implements sense.Datagrams.
func (datagrams) Datagram(c *sense.Context, d sense.Dir, b []byte) {
	if len(b) > 0 {
		message(c, d, b, false)
	}
}

// Close implements sense.Datagrams.
func (datagrams) Close(*sense.Context) {}

// maxMessage is the most bytes of a SOAP message that are read.
const maxMessage = 256 << 10

// child collects a SOAP message in HTTP and reads it when it is complete.
type child struct {
	dir   sense.Dir
	reply bool
	full  bool
	buf   sense.Buffer
}

// Data implements sense.Child.
func (h *child) Data(c *sense.Context, b []byte) {
	if h.full {
		return
	}
	if room := maxMessage - h.buf.Len(); len(b) > room {
		c.Limit("sdc.message-bytes")
		b, h.full = b[:room], true
	}
	if !h.buf.Append(c, b, maxMessage, "sdc.message-bytes") {
		h.full = true
	}
}

// Gap implements sense.Child: what came before is still read.
func (h *child) Gap(*sense.Context, int64) { h.full = true }

// Close implements sense.Child.
func (h *child) Close(c *sense.Context) {
	if h.buf.Len() > 0 {
		message(c, h.dir, h.buf.Bytes(), h.reply)
	}
	h.buf.Free(c)
}
