package sense

// Buffer collects bytes that a parser must see whole, within a cap of its own and
// the shard's budget. The zero Buffer is ready to use.
type Buffer struct{ b []byte }

// minBuffer is what a Buffer grows to first.
const minBuffer = 512

// Append adds b unless that would exceed max bytes or the shard's budget; then it
// adds nothing, counts limit and returns false.
func (f *Buffer) Append(c *Context, b []byte, max int, limit string) bool {
	need := len(f.b) + len(b)
	if need > max {
		c.Limit(limit)
		return false
	}
	if need > cap(f.b) {
		size := min(max, need+need/2+minBuffer)
		if c.used+size-cap(f.b) > c.budget {
			c.Limit("sense.parser-memory")
			return false
		}
		c.used += size - cap(f.b)
		grown := make([]byte, len(f.b), size)
		copy(grown, f.b)
		f.b = grown[:len(f.b):size]
	}
	f.b = append(f.b, b...)
	return true
}

// Reserve makes room for n bytes more where their number is known beforehand, so
// that Append need not grow step by step. It only helps: where max or the budget
// does not allow it, nothing is reserved.
func (f *Buffer) Reserve(c *Context, n, max int) {
	size := len(f.b) + n
	if size <= cap(f.b) || size > max || c.used+size-cap(f.b) > c.budget {
		return
	}
	c.used += size - cap(f.b)
	grown := make([]byte, len(f.b), size)
	copy(grown, f.b)
	f.b = grown[:len(f.b):size]
}

// Bytes returns what is held; valid until the next call of another method.
func (f *Buffer) Bytes() []byte { return f.b }

// Len returns how many bytes are held.
func (f *Buffer) Len() int { return len(f.b) }

// Skip drops the first n bytes.
func (f *Buffer) Skip(n int) {
	if n >= len(f.b) {
		f.b = f.b[:0]
		return
	}
	f.b = f.b[:copy(f.b, f.b[n:])]
}

// Reset empties the buffer and keeps its memory.
func (f *Buffer) Reset() { f.b = f.b[:0] }

// Free gives the memory back to the shard's budget. Call it from Close.
func (f *Buffer) Free(c *Context) {
	c.used -= cap(f.b)
	f.b = nil
}
