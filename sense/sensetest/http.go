package sensetest

import (
	"bufio"
	"bytes"
	"io"
	"net/http"

	"wardkeeper/sense"
)

// HTTP returns a parent for the tests of analyzers of content in HTTP. It reads
// with net/http and hands bodies over as package protocol/http does, so that such
// tests rest on no other analyzer. Pieces are those that bodies arrive in.
func HTTP() sense.Analyzer {
	return sense.Analyzer{
		Name:       "http",
		Transports: sense.TCP,
		Probe: func(_ sense.Dir, b []byte, _ uint16) sense.Verdict {
			if bytes.Contains(b, []byte(" HTTP/1.")) {
				return sense.Yes
			}
			return sense.More
		},
		NewStream: func(*sense.Context) sense.Stream { return &parent{} },
	}
}

// parent keeps both directions until the end.
type parent struct {
	sent   [2][]byte
	pieces [2][]int // ends of pieces, so that cuts of the trace are cuts of bodies
	gap    [2]bool
}

func (p *parent) Data(_ *sense.Context, d sense.Dir, b []byte) {
	if !p.gap[d] {
		p.sent[d] = append(p.sent[d], b...)
		p.pieces[d] = append(p.pieces[d], len(b))
	}
}

func (p *parent) Gap(_ *sense.Context, d sense.Dir, _ int64) { p.gap[d] = true }

func (p *parent) Close(c *sense.Context) {
	var asked []*http.Request
	up := bufio.NewReader(bytes.NewReader(p.sent[0]))
	for {
		r, err := http.ReadRequest(up)
		if err != nil {
			break
		}
		asked = append(asked, r)
		e := sense.Envelope{Parent: "http", Dir: sense.ToServer, Method: r.Method, Target: []byte(r.RequestURI),
			ContentType: []byte(r.Header.Get("Content-Type")), Length: r.ContentLength}
		p.body(c, &e, r.Body)
	}
	down := bufio.NewReader(bytes.NewReader(p.sent[1]))
	for i := 0; ; {
		var of *http.Request
		if i < len(asked) {
			of = asked[i]
		}
		r, err := http.ReadResponse(down, of)
		if err != nil {
			return
		}
		if r.StatusCode < 200 {
			continue
		}
		i++
		e := sense.Envelope{Parent: "http", Dir: sense.ToClient, Response: true, Status: r.StatusCode,
			ContentType: []byte(r.Header.Get("Content-Type")), Length: r.ContentLength}
		if of != nil {
			e.Method, e.Target = of.Method, []byte(of.RequestURI)
		}
		p.body(c, &e, r.Body)
	}
}

// body hands content over in the sizes that the trace was cut into.
func (p *parent) body(c *sense.Context, e *sense.Envelope, r io.Reader) {
	child := c.Child(e)
	b, err := io.ReadAll(r)
	if child == nil {
		return
	}
	sizes := p.pieces[e.Dir]
	for i := 0; len(b) > 0; i++ {
		n := min(len(b), sizes[i%len(sizes)])
		child.Data(c, b[:n])
		b = b[n:]
	}
	if err != nil {
		child.Gap(c, -1)
	}
	child.Close(c)
}
