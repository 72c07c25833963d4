// Package dicomweb analyses DICOMweb over HTTP (DICOM PS3.18: section 9 URI, 10.4
// Retrieve, 10.5 Store, 10.6 Search, 11 Worklist; annex F JSON model): a child of
// package http.
//
// It says which studies and instances were searched, fetched or stored (as tokens)
// and which equipment the JSON metadata names. Instances themselves go to whoever
// wants content of type application/dicom.
package dicomweb

import (
	"bytes"

	"wardkeeper/sense"
)

// Analyzer returns the analyzer "dicomweb". It has no transport of its own.
func Analyzer() sense.Analyzer {
	return sense.Analyzer{
		Name:       "dicomweb",
		Doc:        "DICOM PS3.18 sections 9 to 11",
		WantsChild: wants,
		NewChild:   newChild,
	}
}

// wants decides by content type and the shape of the target. An instance sent by
// itself is left to the analyzer of instances.
func wants(e *sense.Envelope) bool {
	ct := e.ContentType
	switch {
	case e.Part > 0, isInstance(ct):
		return false
	case containsFold(ct, "application/dicom"): // +json, +xml, multipart of instances
		return true
	case containsFold(ct, "html"), containsFold(ct, "javascript"), containsFold(ct, "text/css"):
		return false
	}
	return parseTarget(e.Method, e.Target).verb != ""
}

// isInstance recognises application/dicom itself.
func isInstance(ct []byte) bool {
	mt, _, _ := bytes.Cut(ct, []byte{';'})
	return equalFold(bytes.TrimSpace(mt), "application/dicom")
}

func containsFold(b []byte, word string) bool {
	for i := 0; i+len(word) <= len(b); i++ {
		if equalFold(b[i:i+len(word)], word) {
			return true
		}
	}
	return false
}

// equalFold compares without regard to ASCII case; word is in lower case.
func equalFold(b []byte, word string) bool {
	if len(b) != len(word) {
		return false
	}
	for i, c := range b {
		if c >= 'A' && c <= 'Z' {
			c += 'a' - 'A'
		}
		if c != word[i] {
			return false
		}
	}
	return true
}
