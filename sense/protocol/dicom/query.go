package dicom

import (
	"bytes"

	"wardkeeper/format/dicom"
)

// query collects the keys of an identifier (PS3.4 C.2.2.2).
type query struct {
	keys, matching, wildcard uint64
	names, last              []byte // names of the keys; the same of the query before
	text                     string // last, as a string
}

// maxKeyNames bounds the list of key names.
const maxKeyNames = 256

func (q query) empty() query { return query{names: q.names[:0], last: q.last, text: q.text} }

// element counts a key and tells whether its value is wanted.
func (q *query) element(e *dicom.Element) bool {
	switch {
	case e.Tag&0xffff == 0, e.Tag == dicom.QueryRetrieveLevel, e.Tag == dicom.SpecificCharacterSet:
		return false
	case e.Depth > 1 || e.Depth == 1 && e.Parent != dicom.ScheduledProcedureSteps:
		return false
	case e.Tag == dicom.ScheduledProcedureSteps:
		return false
	}
	q.keys++
	if n := keyName(e.Tag); n != "" && len(q.names)+1+len(n) <= maxKeyNames {
		if len(q.names) > 0 {
			q.names = append(q.names, ' ')
		}
		q.names = append(q.names, n...)
	}
	return true
}

// value sees what a key must match.
func (q *query) value(e *dicom.Element, v []byte) {
	switch {
	case e.Tag == dicom.QueryRetrieveLevel, e.Tag == dicom.SpecificCharacterSet, e.Tag&0xffff == 0:
	case len(bytes.Trim(v, "*?^ ")) == 0:
		q.wildcard++ // matches everything
	case hasWildcard(v):
		q.wildcard++
		q.matching++
	default:
		q.matching++
	}
}

// describe tells how broad the query is: a sweep is one that nothing narrows.
func (q *query) describe(at *attributes) {
	if !bytes.Equal(q.names, q.last) {
		q.last = append(q.last[:0], q.names...)
		q.text = string(q.names)
	}
	at.add("keys", q.text)
	at.add("matching", decimal(q.matching))
	if q.wildcard > 0 {
		at.add("wildcard", decimal(q.wildcard))
	}
	if q.matching == 0 {
		at.add("sweep", "true")
	}
}

func hasWildcard(v []byte) bool { return bytes.IndexByte(v, '*') >= 0 || bytes.IndexByte(v, '?') >= 0 }
