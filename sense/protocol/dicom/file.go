package dicom

import (
	"bytes"

	"wardkeeper/format/dicom"
	"wardkeeper/sense"
)

// maxMeta bounds preamble and file meta information.
const maxMeta = 64 << 10

// wantsFile takes files by their media type or name.
func wantsFile(e *sense.Envelope) bool {
	kind, _, _ := bytes.Cut(e.ContentType, []byte{';'})
	if bytes.EqualFold(bytes.TrimSpace(kind), []byte("application/dicom")) {
		return true
	}
	target, _, _ := bytes.Cut(e.Target, []byte{'?'})
	const suffix = ".dcm"
	return len(target) >= len(suffix) && bytes.EqualFold(target[len(target)-len(suffix):], []byte(suffix))
}

// file reads a file inside another protocol.
type file struct {
	dir      sense.Dir
	buf      sense.Buffer // until the data set begins
	at       int          // in buf: what of the meta information is read
	checked  bool         // for a preamble
	reading  bool         // the data set
	refused  bool         // not a DICOM file
	broken   bool         // bytes are missing
	encoding dicom.Encoding
	syntax   string // name of the transfer syntax
	program  string // format of an executable preamble
	content  content
}

func newFile(_ *sense.Context, e *sense.Envelope) sense.Child { return &file{dir: e.Dir} }

// Data implements sense.Child.
func (f *file) Data(c *sense.Context, b []byte) {
	if !f.reading && !f.refused && !f.broken {
		n := min(len(b), maxMeta-f.buf.Len())
		if n == 0 && len(b) > 0 || !f.buf.Append(c, b[:n], maxMeta, "dicom.file-meta-bytes") {
			f.refuse(c, "file meta information does not end")
			return
		}
		b = b[n:]
		f.head(c, false)
		if len(b) > 0 && !f.reading {
			f.Data(c, b)
			return
		}
	}
	if f.reading && !f.broken {
		f.content.write(c, b)
	}
}

// Gap implements sense.Child.
func (f *file) Gap(c *sense.Context, _ int64) {
	if !f.reading && !f.refused && !f.broken {
		f.head(c, true)
	}
	f.broken = true
}

// Close implements sense.Child.
func (f *file) Close(c *sense.Context) {
	if !f.reading && !f.refused && !f.broken && f.buf.Len() > 0 {
		f.head(c, true)
	}
	f.buf.Free(c)
	if !f.reading {
		return
	}
	x := &f.content
	x.finish(c, !f.broken)
	a := c.ActAs(name, f.dir, "file")
	a.Object = x.object
	c.Message()
	var at attributes
	at.add("transfer_syntax", f.syntax)
	at.add("preamble", f.program)
	x.describe(c, a, &at)
	switch {
	case f.broken:
		at.add("dataset", "incomplete")
	case x.fault != dicom.NoFault:
		at.add("dataset", "malformed")
	}
	a.Attrs = c.Attrs(at.a[:at.n]...)
	if !f.broken {
		x.sight(c, f.dir, true)
		x.emitDoses(c, f.dir, a.Patient, a.Instance)
	}
	x.end(c)
}

func (f *file) refuse(c *sense.Context, why string) {
	f.refused = true
	f.buf.Free(c)
	c.Anomaly(f.dir, "dicom.not-dicom", why)
}

// head reads preamble and file meta information (PS3.10 section 7.1). final says
// that nothing follows.
func (f *file) head(c *sense.Context, final bool) {
	b := f.buf.Bytes()
	if !f.checked {
		if len(b) < dicom.FileHead && !final {
			return
		}
		f.checked = true
		switch {
		case dicom.IsFile(b):
			f.at = dicom.FileHead
			if f.program = dicom.Executable(b); f.program != "" {
				c.Anomaly(f.dir, "dicom.preamble-executable", f.program)
			}
		case !dicom.IsMeta(b) && dicom.Guess(b) == dicom.UnknownEncoding:
			f.refuse(c, "neither DICM nor a data set")
			return
		}
	}
	for {
		tag, value, n := dicom.MetaElement(b[f.at:])
		if n < 0 && !final {
			return
		}
		if n <= 0 {
			break
		}
		if tag == dicom.TransferSyntaxUID {
			var known bool
			if f.syntax, f.encoding, known = dicom.TransferSyntax(value); !known {
				f.syntax = c.Text(sense.ClassCode, dicom.Trim(value))
			}
		}
		f.at += n
	}
	f.reading = true
	f.content.begin(wantDigest|wantEquipment, f.encoding)
	f.content.write(c, b[f.at:])
	f.buf.Free(c)
}
