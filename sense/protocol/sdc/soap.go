package sdc

import (
	"bytes"
	"encoding/xml"
	"io"
	"strings"
)

// Caps of a message.
const (
	maxDepth   = 64
	maxMatches = 16      // devices that one message tells of
	maxText    = 8 << 10 // bytes of a list of scopes
	maxTokens  = 50_000
)

// match is one device that a discovery message tells of.
type match struct {
	epr, types, scopes, xaddrs []byte
}

// soap is what is read of a message. Values are raw.
type soap struct {
	body    string // local name of the Body's element
	action  []byte
	matches []match

	maker, model, number, firmware, serial []byte
	computer                               []byte // "NAME/Workgroup:GROUP" or "NAME/Domain:NAME"
	host                                   bool   // a description of this device was there

	patientRoot, patient []byte // a patient context's identifier
	patientDepth         int    // of the patient context being read
	person               bool   // demographics were there
	cut                  bool   // more devices than are kept
}

// read walks the XML. encoding/xml expands no entities beyond the predefined.
func read(b []byte) (s soap, err error) {
	dec := xml.NewDecoder(bytes.NewReader(b))
	dec.CharsetReader = func(_ string, in io.Reader) (io.Reader, error) { return in, nil }
	var stack []string
	var text []byte
	for range maxTokens {
		tok, err := dec.RawToken()
		if err == io.EOF {
			return s, nil
		}
		if err != nil {
			return s, err
		}
		switch t := tok.(type) {
		case xml.StartElement:
			if len(stack) == maxDepth {
				return s, nil
			}
			stack = append(stack, t.Name.Local)
			text = text[:0]
			s.start(stack, t.Attr)
		case xml.CharData:
			text = append(text, t[:min(len(t), maxText-len(text))]...)
		case xml.EndElement:
			if len(stack) == 0 {
				return s, nil
			}
			s.end(stack, bytes.TrimSpace(text))
			stack = stack[:len(stack)-1]
			text = text[:0]
		}
	}
	return s, nil
}

func (s *soap) start(stack []string, attrs []xml.Attr) {
	n := len(stack)
	name := stack[n-1]
	if n > 1 && stack[n-2] == "Body" && s.body == "" {
		s.body = name
	}
	s.context(n, name, attrs)
	switch name {
	case "Hello", "Bye", "ProbeMatch", "ResolveMatch":
		if len(s.matches) == maxMatches {
			s.cut = true
			return
		}
		s.matches = append(s.matches, match{})
	case "ThisModel", "ThisDevice", "GetDeviceInformationResponse":
		s.host = true
	case "Identification":
		s.identification(n, attrs)
	case "Givenname", "Familyname", "Birthname", "DateOfBirth":
		s.person = true
	}
}

// context notes where a PatientContextState begins (BICEPS): the element itself, or
// one whose xsi:type says so.
func (s *soap) context(depth int, name string, attrs []xml.Attr) {
	patient := name == "PatientContextState"
	for _, a := range attrs {
		patient = patient || a.Name.Local == "type" && strings.HasSuffix(a.Value, "PatientContextState")
	}
	if patient && s.patientDepth == 0 {
		s.patientDepth = depth
	}
}

// identification reads the identifier of a patient context.
func (s *soap) identification(depth int, attrs []xml.Attr) {
	if s.patient != nil || s.patientDepth == 0 || depth != s.patientDepth+1 {
		return
	}
	for _, a := range attrs {
		switch a.Name.Local {
		case "Root":
			s.patientRoot = []byte(a.Value)
		case "Extension":
			s.patient = []byte(a.Value)
		}
	}
}

func (s *soap) end(stack []string, text []byte) {
	if len(stack) == s.patientDepth {
		s.patientDepth = 0
	}
	if len(text) == 0 {
		return
	}
	switch stack[len(stack)-1] {
	case "Action":
		keep(&s.action, text)
	case "Address":
		if m := s.current(); m != nil && len(stack) > 1 && stack[len(stack)-2] == "EndpointReference" {
			keep(&m.epr, text)
		}
	case "Types":
		s.list(func(m *match) *[]byte { return &m.types }, text)
	case "Scopes":
		s.list(func(m *match) *[]byte { return &m.scopes }, text)
	case "XAddrs":
		s.list(func(m *match) *[]byte { return &m.xaddrs }, text)
	case "Manufacturer":
		keep(&s.maker, text)
	case "ModelName", "Model":
		keep(&s.model, text)
	case "ModelNumber":
		keep(&s.number, text)
	case "FirmwareVersion":
		keep(&s.firmware, text)
	case "Computer":
		keep(&s.computer, text)
	case "SerialNumber":
		keep(&s.serial, text)
	}
}

// list fills a field of the current device; a Probe has none: what it looks for is
// kept as one.
func (s *soap) list(field func(*match) *[]byte, text []byte) {
	if s.body == "Probe" && len(s.matches) == 0 {
		s.matches = append(s.matches, match{})
	}
	if m := s.current(); m != nil {
		keep(field(m), text)
	}
}

func (s *soap) current() *match {
	if len(s.matches) == 0 {
		return nil
	}
	return &s.matches[len(s.matches)-1]
}

func keep(field *[]byte, text []byte) {
	if *field == nil {
		*field = bytes.Clone(text)
	}
}
