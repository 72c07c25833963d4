package hl7

import "bytes"

// Encoding is how far MSH-18 and the first bytes let a message be read.
type Encoding uint8

// The encodings that matter here: all of Single are read alike, because their
// delimiters are single bytes that occur in no other character.
const (
	Single Encoding = iota // ASCII, UTF-8, ISO 8859, EUC, Shift-JIS, GB 18030 …
	UTF16LE
	UTF16BE
	UTF32
)

// DetectEncoding looks at the first bytes of a message. bom is how many of them
// are a byte order mark.
func DetectEncoding(b []byte) (e Encoding, bom int) {
	switch {
	case bytes.HasPrefix(b, []byte("\xef\xbb\xbf")):
		return Single, 3
	case bytes.HasPrefix(b, []byte("\xff\xfe\x00\x00")), bytes.HasPrefix(b, []byte("\x00\x00\xfe\xff")):
		return UTF32, 4
	case bytes.HasPrefix(b, []byte("\xff\xfe")):
		return UTF16LE, 2
	case bytes.HasPrefix(b, []byte("\xfe\xff")):
		return UTF16BE, 2
	case bytes.HasPrefix(b, []byte("M\x00S\x00H\x00")):
		return UTF16LE, 0
	case bytes.HasPrefix(b, []byte("\x00M\x00S\x00H")):
		return UTF16BE, 0
	case bytes.HasPrefix(b, []byte("\x00\x00\x00M")), bytes.HasPrefix(b, []byte("M\x00\x00\x00")):
		return UTF32, 0
	}
	return Single, 0
}
