package dicomweb

import (
	"bytes"
	"net/url"
)

// Caps of a request target.
const (
	maxSegments = 16
	maxParams   = 64
)

// target is what a request target asks for. Slices point into it.
type target struct {
	verb   string // "" if this is not DICOMweb
	object string // level: study, series, instance, frames, metadata …
	study  []byte // UIDs
	series []byte
	sop    []byte
	query  []byte
	base   bool // a segment that only DICOMweb servers have
}

// parseTarget reads method and target. It is pure and keeps nothing.
func parseTarget(method string, t []byte) target {
	path, query, _ := bytes.Cut(t, []byte{'?'})
	r := target{query: query}
	if bytes.Contains(query, []byte("requestType=WADO")) {
		r.verb, r.object = "WADO-URI", "instance"
		r.study, r.series, r.sop = param(query, "studyUID"), param(query, "seriesUID"), param(query, "objectUID")
		return r
	}
	plain := r.path(path)
	if r.object == "" || !r.base && r.study == nil && r.series == nil && r.sop == nil && !plain {
		return r
	}
	r.verb = r.service(method)
	return r
}

// path reads the segments. plain reports a resource right at the server's root,
// as image archives without a base path have it.
func (r *target) path(path []byte) (plain bool) {
	var last *[]byte // where an identifier that follows goes
	for n := 0; n < maxSegments && len(path) > 0; n++ {
		path = bytes.TrimLeft(path, "/")
		seg := path
		if i := bytes.IndexByte(path, '/'); i >= 0 {
			seg, path = path[:i], path[i:]
		} else {
			path = nil
		}
		to := last
		last = nil
		switch string(seg) {
		case "":
		case "studies":
			r.object, last = "study", &r.study
			plain = plain || n == 0
		case "series":
			r.object, last = "series", &r.series
			plain = plain || r.study != nil
		case "instances":
			r.object, last = "instance", &r.sop
			plain = plain || n == 0 || r.series != nil
		case "workitems":
			r.object, last = "workitem", &r.sop
		case "metadata", "rendered", "thumbnail", "frames", "bulkdata", "pixeldata":
			if r.object != "" {
				r.object = string(seg)
			}
		case "dicom-web", "dicomweb", "wado-rs", "qido-rs", "stow-rs", "rs", "aets", "wado", "stow":
			r.base = true
		default:
			if to != nil && isUID(seg) {
				*to = seg
			}
		}
	}
	return plain
}

// service names the service that a method on a resource belongs to.
func (r *target) service(method string) string {
	switch {
	case r.object == "workitem":
		return "UPS-RS"
	case method == "POST" || method == "PUT":
		return "STOW-RS"
	case method == "DELETE":
		return "DELETE"
	case method == "OPTIONS":
		return ""
	case r.object == "study" && r.study != nil, r.object == "series" && r.series != nil, r.object == "instance" && r.sop != nil:
		return "WADO-RS"
	case r.object == "study", r.object == "series", r.object == "instance":
		return "QIDO-RS"
	}
	return "WADO-RS"
}

// isUID accepts a UID, and the digest-like identifiers that some archives use.
func isUID(b []byte) bool {
	if len(b) < 5 || len(b) > 64 {
		return false
	}
	dots, hexes := 0, 0
	for _, c := range b {
		switch {
		case c == '.' || c == '-':
			dots++
		case c >= '0' && c <= '9':
		case c >= 'a' && c <= 'f':
			hexes++
		default:
			return false
		}
	}
	return dots >= 2 && (hexes == 0 || len(b) == 44)
}

// param returns a query parameter's raw value.
func param(query []byte, name string) []byte {
	for n := 0; len(query) > 0 && n < maxParams; n++ {
		var pair []byte
		pair, query, _ = bytes.Cut(query, []byte{'&'})
		if k, v, ok := bytes.Cut(pair, []byte{'='}); ok && string(k) == name {
			return v
		}
	}
	return nil
}

// plainValue undoes percent-encoding.
func plainValue(b []byte) []byte {
	if s, err := url.QueryUnescape(string(b)); err == nil {
		return []byte(s)
	}
	return b
}
