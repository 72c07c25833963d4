package http

import (
	"bytes"
	"compress/flate"
	"compress/gzip"
	"compress/zlib"
	"io"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Caps of bodies.
const (
	maxPacked   = 1 << 20  // bytes of a compressed body that a child wants
	maxUnpacked = 16 << 20 // bytes that one unpacks to
	maxTitle    = 4 << 10  // bytes of a page in which its title is searched
	maxTitles   = 4        // pages of a connection whose title is searched
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
	title bool  // searching one
	page  sense.Buffer
}

// open begins a message. The envelope's slices need not outlive the call.
func (b *body) open(c *sense.Context, e *sense.Envelope, cd coding) {
	b.started, b.broken, b.title, b.coding = false, false, false, cd
	b.child = c.Child(e)
	b.wanted = b.child != nil
	b.parts = nil
	if boundary := boundaryOf(e.ContentType); boundary != nil && (cd == identity || b.wanted) {
		b.parts = newParts(e, boundary)
	}
	b.idle = b.child == nil && b.parts == nil
}

// sniff has the title of an HTML page searched.
func (b *body) sniff(h *head) {
	if b.pages < maxTitles && h.coding == identity && fold(mediaType(h.contentType), "text/html") {
		b.pages++
		b.title, b.idle = true, false
	}
}

func (b *body) data(c *sense.Context, d sense.Dir, p []byte) {
	b.started = true
	if b.idle {
		return
	}
	if b.title {
		b.findTitle(c, d, p)
	}
	switch {
	case b.child == nil && b.parts == nil:
		b.idle = !b.title
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
			b.idle = !b.title
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
	b.started, b.title = true, false
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
	b.page.Reset()
	b.title, b.idle = false, true
}

func (b *body) free(c *sense.Context) {
	b.packed.Free(c)
	b.page.Free(c)
}

// findTitle searches a page's beginning for its title.
func (b *body) findTitle(c *sense.Context, d sense.Dir, p []byte) {
	room := maxTitle - b.page.Len()
	last := len(p) >= room
	p = p[:min(len(p), room)]
	held := b.page.Len() > 0
	if held {
		b.title = b.page.Append(c, p, maxTitle, "http.title-bytes")
		p = b.page.Bytes()
	}
	text, found := titleOf(p)
	if !found && !last {
		if !held {
			b.title = b.page.Append(c, p, maxTitle, "http.title-bytes")
		}
		return
	}
	b.title = false
	b.page.Reset()
	c.Sight(d, "http html title", ward.Fact{Field: ward.FieldProduct, Value: c.Text(sense.ClassSoftware, bytes.TrimSpace(text)), Confidence: 60})
}

// titleOf returns the text of a complete title element.
func titleOf(p []byte) ([]byte, bool) {
	i := indexFold(p, "<title")
	if i < 0 {
		return nil, false
	}
	p = p[i+len("<title"):]
	gt := bytes.IndexByte(p, '>')
	if gt < 0 {
		return nil, false
	}
	p = p[gt+1:]
	end := bytes.IndexByte(p, '<')
	if end < 0 {
		return nil, false
	}
	return p[:end], true
}

// indexFold is bytes.Index without regard to case; word begins with '<'.
func indexFold(p []byte, word string) int {
	for off := 0; ; {
		i := bytes.IndexByte(p[off:], '<')
		if i < 0 || off+i+len(word) > len(p) {
			return -1
		}
		off += i
		if fold(p[off:off+len(word)], word) {
			return off
		}
		off++
	}
}
