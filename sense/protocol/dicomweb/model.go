package dicomweb

import (
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// The attributes of a dataset that are looked at.
const (
	tagModality = iota
	tagMaker
	tagStation
	tagDepartment
	tagModel
	tagPatientID
	tagIssuer
	tagSerial
	tagSoftware
	tagStudyUID
	tagCount
)

// Caps of a message.
const (
	maxValue    = 128 // bytes of an attribute's first value
	maxPatients = 64  // different patients told apart
)

// model reads the DICOM JSON model (PS3.18 annex F) as a fhir.Tree: datasets are
// objects whose members are attributes, objects with "vr" and "Value".
type model struct {
	dataset func(*model)

	depth     int
	attribute int // of tagCount, or -1
	sequence  seq
	values    [tagCount][]byte

	count           uint64 // datasets
	stored, refused uint64 // STOW response
	person          bool
	patients        []ward.Token
}

// seq is a sequence of a STOW response (PS3.18 section 10.5.3).
type seq uint8

const (
	noSeq seq = iota
	referenced
	failedSeq
)

// Open implements fhir.Tree.
func (m *model) Open(name []byte) {
	m.depth++
	switch m.depth {
	case 1:
		m.count++
		for i := range m.values {
			m.values[i] = m.values[i][:0]
		}
	case 2:
		m.attribute, m.sequence = tagOf(name), noSeq
		switch string(name) {
		case "00081199":
			m.sequence = referenced
		case "00081198":
			m.sequence = failedSeq
		case "00100010", "00100030":
			m.person = true
		}
	case 3:
		switch m.sequence {
		case referenced:
			m.stored++
		case failedSeq:
			m.refused++
		}
	}
}

// Value implements fhir.Tree.
func (m *model) Value(name, v []byte, whole bool) {
	if m.depth == 2 && m.attribute >= 0 && whole && string(name) == "Value" && len(m.values[m.attribute]) == 0 {
		m.values[m.attribute] = append(m.values[m.attribute], v[:min(len(v), maxValue)]...)
	}
}

// Close implements fhir.Tree.
func (m *model) Close() {
	if m.depth == 1 {
		m.dataset(m)
	}
	m.depth--
}

// value is the first value of an attribute of the current dataset, or nil.
func (m *model) value(tag int) []byte {
	if len(m.values[tag]) == 0 {
		return nil
	}
	return m.values[tag]
}

func (m *model) notePatient(c *sense.Context, t ward.Token) {
	for _, p := range m.patients {
		if p == t {
			return
		}
	}
	if len(m.patients) == maxPatients {
		c.Limit("dicomweb.patients")
		return
	}
	m.patients = append(m.patients, t)
}

func tagOf(name []byte) int {
	switch string(name) {
	case "00080060":
		return tagModality
	case "00080070":
		return tagMaker
	case "00081010":
		return tagStation
	case "00081040":
		return tagDepartment
	case "00081090":
		return tagModel
	case "00100020":
		return tagPatientID
	case "00100021":
		return tagIssuer
	case "00181000":
		return tagSerial
	case "00181020":
		return tagSoftware
	case "0020000D":
		return tagStudyUID
	}
	return -1
}
