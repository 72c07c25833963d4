// Package fhir analyses HL7 FHIR over HTTP (R4 section 3.1 RESTful API, DSTU2 to
// R5; Bulk Data Access $export; search parameters 3.2): a child of package http.
//
// It says who asked for, wrote or exported which kind of resource, of whom (as a
// token) and how many; which devices are named; and which doses are ordered or
// given. Names, narrative and raw identifiers are never kept.
package fhir

import (
	"bytes"

	"wardkeeper/format/fhir"
	"wardkeeper/sense"
)

// Analyzer returns the analyzer "fhir". It has no transport of its own.
func Analyzer() sense.Analyzer {
	return sense.Analyzer{
		Name:       "fhir",
		Doc:        "HL7 FHIR R4 section 3.1",
		WantsChild: wants,
		NewChild:   newChild,
	}
}

// wants decides by content type or by the shape of the target.
func wants(e *sense.Envelope) bool {
	if e.Part > 0 {
		return false
	}
	if isFHIRType(e.ContentType) {
		return true
	}
	if len(e.Target) == 0 || !mayBeFHIR(e.ContentType) {
		return false
	}
	return looksFHIR(e.Target)
}

// isFHIRType recognises application/fhir+json, +xml, +ndjson and their old names.
func isFHIRType(ct []byte) bool {
	return containsFold(ct, "fhir+") || containsFold(ct, "+fhir")
}

// mayBeFHIR lets through what servers that know no better send, and no type at all.
func mayBeFHIR(ct []byte) bool {
	return len(ct) == 0 || containsFold(ct, "json") || containsFold(ct, "xml") || containsFold(ct, "x-www-form-urlencoded")
}

// looksFHIR recognises /…fhir…/… and resource names that mean nothing else.
func looksFHIR(target []byte) bool {
	path, _ := splitTarget(target)
	for n := 0; n < maxSegments && len(path) > 0; n++ {
		var seg []byte
		seg, path = nextSegment(path)
		if containsFold(seg, "fhir") || distinct(fhir.Known(seg)) {
			return true
		}
	}
	return false
}

// distinct reports a resource name that other programs' paths hardly use.
func distinct(name string) bool {
	switch name {
	case "Patient", "Observation", "Encounter", "Practitioner", "Immunization", "Specimen":
		return true
	}
	capitals := 0
	for _, c := range name {
		if c >= 'A' && c <= 'Z' {
			capitals++
		}
	}
	return capitals >= 2
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

// splitTarget returns path and query of a request target.
func splitTarget(target []byte) (path, query []byte) {
	path, query, _ = bytes.Cut(target, []byte{'?'})
	if i := bytes.Index(path, []byte("://")); i >= 0 {
		path = path[i+3:]
		if i = bytes.IndexByte(path, '/'); i < 0 {
			return nil, query
		}
		path = path[i:]
	}
	return path, query
}

// nextSegment cuts the first segment off a path.
func nextSegment(path []byte) (seg, rest []byte) {
	path = bytes.TrimLeft(path, "/")
	if i := bytes.IndexByte(path, '/'); i >= 0 {
		return path[:i], path[i:]
	}
	return path, nil
}
