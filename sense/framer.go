package sense

import "bytes"

// Lines cuts one direction of a stream into lines. A line that lies whole in the
// given slice is returned in place. The zero Lines is ready to use.
type Lines struct {
	buf  Buffer
	held bool // buf was handed out
	skip bool // within a line that is too long
}

// Next returns the next line without its CR LF and what follows it; ok is false
// when b holds no further whole line and is used up. A line longer than max is
// dropped and counted as limit. The line is valid until the next call.
func (l *Lines) Next(c *Context, b []byte, max int, limit string) (line, rest []byte, ok bool) {
	if l.held {
		l.buf.Reset()
		l.held = false
	}
	for {
		i := bytes.IndexByte(b, '\n')
		switch {
		case l.skip:
			if i < 0 {
				return nil, nil, false
			}
			l.skip = false
		case i < 0:
			if len(b) > 0 && !l.buf.Append(c, b, max, limit) {
				l.buf.Reset()
				l.skip = true
			}
			return nil, nil, false
		case l.buf.Len() == 0 && i <= max:
			return bytes.TrimSuffix(b[:i], []byte{'\r'}), b[i+1:], true
		case l.buf.Append(c, b[:i], max, limit):
			l.held = true
			return bytes.TrimSuffix(l.buf.Bytes(), []byte{'\r'}), b[i+1:], true
		default:
			l.buf.Reset()
		}
		b = b[i+1:]
	}
}

// Gap forgets the current line: the next one starts after the next LF.
func (l *Lines) Gap() {
	l.buf.Reset()
	l.held, l.skip = false, true
}

// Free gives the memory back.
func (l *Lines) Free(c *Context) { l.buf.Free(c) }

// Framer cuts one direction of a stream into messages that state their length.
// A message that lies whole in the given slice is returned in place. The zero
// Framer is ready to use.
type Framer struct {
	buf  Buffer
	need int // length of the message in buf, 0 while not known
	skip int // bytes of a message that is not kept
	held bool
}

// Next returns the next message and what follows it (Yes), says that b is used up
// (More), or that no message starts here (No). size tells the length of the
// message that b starts with: 0 when more bytes are needed to know, negative when
// it is none. A message longer than max is skipped and counted as limit. The
// message is valid until the next call. With No, msg and then rest are the bytes
// in which to look for the next start.
func (f *Framer) Next(c *Context, b []byte, max int, limit string, size func(b []byte) int) (msg, rest []byte, v Verdict) {
	if f.held {
		f.reset()
	}
	for {
		n := min(f.skip, len(b))
		f.skip -= n
		b = b[n:]
		if f.need == 0 && len(b) == 0 {
			return nil, nil, More
		}
		if f.buf.Len() == 0 {
			n := size(b)
			if n > 0 && n <= max && n <= len(b) {
				return b[:n], b[n:], Yes
			}
		}
		if f.need == 0 {
			// Headers are short: a byte at a time until the length is known.
			if !f.buf.Append(c, b[:1], max, limit) {
				f.reset()
				return nil, nil, No
			}
			b = b[1:]
			if f.need = size(f.buf.Bytes()); f.need < 0 {
				msg = f.buf.Bytes()
				f.reset()
				return msg, b, No
			}
			if f.need > max {
				c.Limit(limit)
				f.drop()
			}
			continue
		}
		take := min(f.need-f.buf.Len(), len(b))
		if !f.buf.Append(c, b[:take], max, limit) {
			f.drop()
			continue
		}
		if f.buf.Len() < f.need {
			return nil, nil, More
		}
		f.held = true
		return f.buf.Bytes(), b[take:], Yes
	}
}

// drop passes over what is left of the current message.
func (f *Framer) drop() {
	skip := f.need - f.buf.Len()
	f.reset()
	f.skip = skip
}

func (f *Framer) reset() {
	f.buf.Reset()
	f.need, f.skip, f.held = 0, 0, false
}

// Gap says that n bytes are missing. It reports whether the next byte's place is
// still known, which it is when the bytes belonged to a message being skipped.
func (f *Framer) Gap(n int64) bool {
	if n >= 0 && n <= int64(f.skip) {
		f.skip -= int(n)
		return true
	}
	f.reset()
	return false
}

// Free gives the memory back.
func (f *Framer) Free(c *Context) { f.buf.Free(c) }
