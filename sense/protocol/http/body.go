package http

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"

	"wardkeeper/sense"
)

// Caps of bodies.
const (
	maxPacked   = 1 << 20  // bytes of a compressed body that a child wants
	maxUnpacked = 16 << 20 // bytes that one unpacks to
)

// body passes a message's content to those who want it. Nobody does most of the
// time: then bytes are skipped by their number.
type body struct {
	child   sense.Child
	parts   *parts
	wanted  bool // a child took the message
	started bool // content has come
	idle    bool // content is of no interest

	coding coding
	packed sense.Buffer
	broken bool // packed is a beginning only

	pages uint8 // whose title was searched
	title title
}

// open begins a message. The envelope's slices need not outlive the call.
func (b *body) open(c *sense.Context, e *sense.Envelope, cd coding) {
	b.started, b.broken, b.coding = false, false, cd
	b.child = c.Child(e)
	b.wanted = b.child != nil
	b.parts = nil
	if boundary := boundaryOf(e.ContentType); boundary != nil && (cd == identity || b.wanted) {
		b.parts = newParts(e, boundary)
	}
	b.idle = b.child == nil && b.parts == nil
}

// sniff has the title of an HTML page searched, unless it tells of an error.
func (b *body) sniff(h *head) {
	if b.pages < maxTitles && h.status == 200 && h.coding == identity && fold(mediaType(h.contentType), "text/html") {
		b.pages++
		b.title.begin()
		b.idle = false
	}
}

func (b *body) data(c *sense.Context, d sense.Dir, p []byte) {
	b.started = true
	if b.idle {
		return
	}
	if b.title.searching() {
		b.title.data(c, d, p)
	}
	switch {
	case b.child == nil && b.parts == nil:
		b.idle = !b.title.searching()
	case b.coding == identity:
		b.deliver(c, p)
	case b.coding == gzipped || b.coding == deflated:
		b.pack(c, p)
	}
}

func (b *body) deliver(c *sense.Context, p []byte) {
	switch {
	case b.parts != nil:
		if !b.parts.data(c, p) { // nobody wants what comes
			b.parts = nil
			b.idle = !b.title.searching()
		}
	case b.child != nil:
		b.child.Data(c, p)
	}
}

// pack keeps compressed content up to its cap.
func (b *body) pack(c *sense.Context, p []byte) {
	if b.broken {
		return
	}
	room := maxPacked - b.packed.Len()
	if len(p) > room {
		c.Limit("http.packed-bytes")
		p, b.broken = p[:room], true
	}
	if !b.packed.Append(c, p, maxPacked, "http.packed-bytes") {
		b.broken = true
	}
}

// unpack decompresses what was kept and delivers it, within bounds.
func (b *body) unpack(c *sense.Context) {
	if b.packed.Len() == 0 {
		return
	}
	in := bytes.NewReader(b.packed.Bytes())
	var r io.Reader
	var err error
	if b.coding == gzipped {
		r, err = gzip.NewReader(in)
	} else if r, err = zlib.NewReader(in); err != nil { // some send raw deflate
		in.Reset(b.packed.Bytes())
		r, err = flate.NewReader(in), nil
	}
	if err == nil {
		err = b.copyOut(c, r)
	}
	if err != nil || b.broken {
		b.lose(c, -1)
	}
	b.packed.Reset()
}

func (b *body) copyOut(c *sense.Context, r io.Reader) error {
	chunk := make([]byte, 16<<10)
	for total := 0; ; {
		n, err := r.Read(chunk)
		b.deliver(c, chunk[:n])
		total += n
		switch {
		case err == io.EOF:
			return nil
		case err != nil:
			return err
		case total > maxUnpacked:
			c.Limit("http.unpacked-bytes")
			return io.ErrShortBuffer
		}
	}
}

// lose tells of bytes that never come.
func (b *body) lose(c *sense.Context, n int64) {
	switch {
	case b.parts != nil:
		b.parts.gap(c, n)
	case b.child != nil:
		b.child.Gap(c, n)
	}
}

func (b *body) gap(c *sense.Context, _ sense.Dir, n int64) {
	b.started = true
	b.title.stop()
	if b.coding == identity {
		b.lose(c, n)
	} else {
		b.broken = true
	}
}

// finish ends a message that is complete.
func (b *body) finish(c *sense.Context, _ sense.Dir) {
	if b.idle && b.child == nil {
		return
	}
	switch b.coding {
	case gzipped, deflated:
		b.unpack(c)
	case unreadable:
		if b.started {
			b.lose(c, -1)
		}
	}
	b.end(c)
}

// abort ends a message of which more should have come.
func (b *body) abort(c *sense.Context, d sense.Dir) {
	if !b.idle {
		if b.coding == identity {
			b.lose(c, -1)
		}
		b.broken = true
	}
	b.finish(c, d)
}

func (b *body) end(c *sense.Context) {
	if b.parts != nil {
		b.parts.close(c)
		b.parts = nil
	}
	if b.child != nil {
		b.child.Close(c)
		b.child = nil
	}
	b.packed.Reset()
	b.title.stop()
	b.idle = true
}

func (b *body) free(c *sense.Context) {
	b.packed.Free(c)
	b.title.text.Free(c)
}
