// Package hl7 reads HL7 v2 messages (HL7 v2.1 to v2.9, chapter 2 "Control", 2.5
// message delimiters, 2.6 message construction, 2.7 escape sequences, 2.10.3
// batches) as they lie in a byte slice.
//
// Nothing is copied or allocated: a segment and a field are parts of the slice
// that was given, found when asked for. Any segment terminator is taken (CR, LF,
// CRLF), any delimiters, and any encoding whose delimiters are single ASCII bytes
// (ASCII, UTF-8, ISO 8859, the East Asian ones); see Encoding for the rest.
package hl7
