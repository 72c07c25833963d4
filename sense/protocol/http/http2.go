package http

import (
	"wardkeeper/sense"
	"wardkeeper/ward"
)

const preface = "PRI * HTTP/2.0\r\n\r\nSM\r\n\r\n"

func probeHTTP2(_ sense.Dir, b []byte, _ uint16) sense.Verdict {
	n := min(len(b), len(preface))
	switch {
	case string(b[:n]) != preface[:n]:
		return sense.No
	case n < len(preface):
		return sense.More
	}
	return sense.Yes
}

// http2 notes the preface and leaves: frames are not read.
type http2 struct{ said bool }

func newHTTP2(*sense.Context) sense.Stream { return &http2{} }

func (h *http2) Data(c *sense.Context, d sense.Dir, _ []byte) {
	if h.said || d != sense.ToServer {
		return
	}
	h.said = true
	c.Act(d, "preface").Object = "http/2"
	c.Message()
	c.Sight(d.Other(), "http2 preface", ward.Fact{Field: ward.FieldService, Value: "http", Confidence: 80})
	c.Done()
}

func (*http2) Gap(c *sense.Context, _ sense.Dir, _ int64) { c.Done() }

func (*http2) Close(*sense.Context) {}
