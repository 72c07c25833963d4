package http

import (
	"bytes"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Caps of the search for a page's title.
const (
	maxPage   = 4 << 10 // bytes of a page that are searched
	maxTitle  = 256     // bytes of a title
	maxTitles = 4       // pages of a connection
)

// title searches the title element at the beginning of an HTML page.
type title struct {
	state   titleState
	matched int // bytes of "<title" that have come
	left    int // bytes still to be searched
	text    sense.Buffer
}

type titleState uint8

const (
	noTitle titleState = iota
	inPage
	inTitleTag
	inTitle
)

func (t *title) begin() {
	t.state, t.matched, t.left = inPage, 0, maxPage
	t.text.Reset()
}

func (t *title) stop()           { t.state = noTitle }
func (t *title) searching() bool { return t.state != noTitle }

func (t *title) data(c *sense.Context, d sense.Dir, b []byte) {
	b = b[:min(len(b), t.left)]
	t.left -= len(b)
	for len(b) > 0 && t.state != noTitle {
		b = b[t.step(c, d, b):]
	}
	if t.left == 0 {
		t.stop()
	}
}

// step takes some of b and returns how much.
func (t *title) step(c *sense.Context, d sense.Dir, b []byte) int {
	const tag = "<title"
	switch t.state {
	case inPage:
		if t.matched == 0 {
			i := bytes.IndexByte(b, '<')
			if i < 0 {
				return len(b)
			}
			t.matched = 1
			return i + 1
		}
		if b[0]|0x20 != tag[t.matched] {
			t.matched = 0
			return 0
		}
		if t.matched++; t.matched == len(tag) {
			t.state = inTitleTag
		}
		return 1
	case inTitleTag:
		i := bytes.IndexByte(b, '>')
		if i < 0 {
			return len(b)
		}
		t.state = inTitle
		return i + 1
	}
	i := bytes.IndexByte(b, '<')
	if i < 0 {
		t.keep(c, b)
		return len(b)
	}
	t.keep(c, b[:i])
	t.stop()
	text := bytes.TrimSpace(t.text.Bytes())
	c.Sight(d, "http html title", ward.Fact{Field: ward.FieldProduct, Value: c.Text(sense.ClassSoftware, text), Confidence: 60})
	return i
}

func (t *title) keep(c *sense.Context, b []byte) {
	b = b[:min(len(b), maxTitle-t.text.Len())]
	t.text.Append(c, b, maxTitle, "http.title-bytes")
}
