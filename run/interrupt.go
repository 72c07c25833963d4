package run

import (
	"context"
	"errors"
	"io"
	"os"
)

// ErrInterrupted is returned when reading ended before its input did.
var ErrInterrupted = errors.New("interrupted: the answer covers only what was read until then")

// ErrInterruptedEarly is returned when reading ended before there was an answer.
var ErrInterruptedEarly = errors.New("interrupted before anything was read")

// interrupted words err, nil for none, for whoever interrupted the work.
func interrupted(ctx context.Context, err error) error {
	switch {
	case ctx.Err() == nil:
		return err
	case err == nil:
		return ErrInterrupted
	}
	return ErrInterruptedEarly
}

// maxAhead is how much is read from standard input at a time.
const maxAhead = 256 << 10

// cancelReader reads from what cannot be closed while it is read, as standard input.
type cancelReader struct {
	ctx     context.Context
	r       io.Reader
	buf     []byte
	left    []byte // of buf
	err     error  // after left
	reading bool
	done    chan int // bytes read; buffered, for nobody may be waiting
}

// untilDone returns a reader of r that fails with os.ErrClosed when ctx is done, even
// while r gives nothing.
func untilDone(ctx context.Context, r io.Reader) io.Reader {
	return &cancelReader{ctx: ctx, r: r, done: make(chan int, 1)}
}

// Read implements io.Reader.
func (c *cancelReader) Read(p []byte) (int, error) {
	if len(c.left) == 0 {
		if !c.reading {
			c.start()
		}
		select {
		case n := <-c.done:
			c.left, c.reading = c.buf[:n], false
		case <-c.ctx.Done():
			return 0, os.ErrClosed
		}
	}
	n := copy(p, c.left)
	if c.left = c.left[n:]; len(c.left) > 0 {
		return n, nil
	}
	return n, c.err
}

// start reads in the background.
func (c *cancelReader) start() {
	if c.buf == nil {
		c.buf = make([]byte, maxAhead)
	}
	c.reading = true
	go func() {
		var n int
		n, c.err = c.r.Read(c.buf)
		c.done <- n
	}()
}
