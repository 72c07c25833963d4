package dicom

import (
	"bytes"
	"compress/flate"
	"io"

	"wardkeeper/format/dicom"
	"wardkeeper/sense"
)

// Caps of a deflated data set. What is beyond them is digested but not read.
const (
	maxDeflated = 1 << 20
	maxInflated = 16 << 20
)

// inflater holds a deflated data set until it is complete.
type inflater struct {
	buf  sense.Buffer
	full bool
}

func (i *inflater) add(c *sense.Context, b []byte) {
	if i.full {
		return
	}
	if n := maxDeflated - i.buf.Len(); len(b) > n {
		b = b[:n]
		i.full = true
		c.Limit("dicom.deflated-bytes")
	}
	if !i.buf.Append(c, b, maxDeflated, "dicom.deflated-bytes") {
		i.full = true
	}
}

// run inflates into r.
func (i *inflater) run(c *sense.Context, r *dicom.Reader) {
	z := flate.NewReader(bytes.NewReader(i.buf.Bytes()))
	b := make([]byte, 16<<10)
	for total := 0; ; {
		n, err := io.ReadFull(z, b)
		if total += n; total > maxInflated {
			c.Limit("dicom.inflated-bytes")
			return
		}
		r.Write(b[:n])
		if err != nil {
			return
		}
	}
}

func (i *inflater) free(c *sense.Context) {
	i.buf.Free(c)
	i.full = false
}
