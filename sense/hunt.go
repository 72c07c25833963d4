package sense

// Hunter finds the next certain start of a message after bytes were lost. The zero
// Hunter is ready to use.
type Hunter struct{ buf Buffer }

// Next takes the bytes that came and returns those from the first certain start
// on, in two pieces: head, valid until the next call, then rest. start looks at
// bytes from one place on; it must not say More to want bytes or longer.
func (h *Hunter) Next(c *Context, b []byte, want int, limit string, start func(b []byte) Verdict) (head, rest []byte, ok bool) {
	for len(b) > 0 {
		n := min(len(b), want)
		if !h.buf.Append(c, b[:n], 2*want, limit) {
			h.buf.Reset()
			return nil, nil, false
		}
		b = b[n:]
		i := 0
		for ; i < h.buf.Len(); i++ {
			v := start(h.buf.Bytes()[i:])
			if v == Yes {
				h.buf.Skip(i)
				head = h.buf.Bytes()
				h.buf.Reset()
				return head, b, true
			}
			if v == More && h.buf.Len()-i < want {
				break
			}
		}
		h.buf.Skip(i)
	}
	return nil, nil, false
}

// Free gives the memory back.
func (h *Hunter) Free(c *Context) { h.buf.Free(c) }
