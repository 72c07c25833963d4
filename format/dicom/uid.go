package dicom

import (
	"bytes"
	"slices"
)

// Encoding says how data elements are written (PS3.5 annex A).
type Encoding uint8

// The encodings. Every compressed transfer syntax is ExplicitLE.
const (
	UnknownEncoding Encoding = iota
	ImplicitLE
	ExplicitLE
	ExplicitBE
	DeflatedLE // ExplicitLE inside a raw deflate stream (PS3.5 A.5)
)

// Service is what a SOP class is for.
type Service uint8

// The services that matter for telling devices apart.
const (
	Other Service = iota
	Verification
	Storage
	Query
	Worklist
	Move
	Get
	ProcedureStep
	Commitment
	Print
	UnifiedStep
)

type sopClass struct {
	suffix, name string
	service      Service
}

type transferSyntax struct {
	suffix, name string
	encoding     Encoding
}

// uidRoot is the root of all UIDs that DICOM itself assigns (PS3.5 section 9).
const uidRoot = "1.2.840.10008."

// UIDs that code asks for by name.
const (
	ApplicationContext = uidRoot + "3.1.1.1"
	RTPlan             = uidRoot + "5.1.4.1.1.481.5"
	RTIonPlan          = uidRoot + "5.1.4.1.1.481.8"
)

// SOPClass returns the name of a SOP class of PS3.6 and what it is for; ok is
// false for a private or unknown one.
func SOPClass(uid []byte) (name string, s Service, ok bool) {
	suffix, ok := bytes.CutPrefix(Trim(uid), []byte(uidRoot))
	if !ok {
		return "", Other, false
	}
	i, ok := slices.BinarySearchFunc(sopClasses[:], suffix, func(c sopClass, s []byte) int { return compare(c.suffix, s) })
	if !ok {
		return "", Other, false
	}
	return sopClasses[i].name, sopClasses[i].service, true
}

// TransferSyntax returns the name and encoding of a transfer syntax of PS3.6; ok
// is false for a private or unknown one.
func TransferSyntax(uid []byte) (name string, e Encoding, ok bool) {
	suffix, ok := bytes.CutPrefix(Trim(uid), []byte(uidRoot))
	if !ok {
		return "", UnknownEncoding, false
	}
	i, ok := slices.BinarySearchFunc(transferSyntaxes[:], suffix, func(t transferSyntax, s []byte) int { return compare(t.suffix, s) })
	if !ok {
		return "", UnknownEncoding, false
	}
	return transferSyntaxes[i].name, transferSyntaxes[i].encoding, true
}

func compare(a string, b []byte) int {
	switch { // without a copy of b
	case a < string(b):
		return -1
	case a == string(b):
		return 0
	}
	return 1
}

// Trim removes the padding of a value: spaces around it and trailing NULs.
func Trim(v []byte) []byte {
	for len(v) > 0 && (v[len(v)-1] == 0 || v[len(v)-1] == ' ') {
		v = v[:len(v)-1]
	}
	for len(v) > 0 && v[0] == ' ' {
		v = v[1:]
	}
	return v
}

// Maker is who wrote a DICOM implementation.
type Maker struct {
	root, Name string
	Toolkit    bool // a library: says nothing of who made the device
}

// makers lists whose implementations use which UID root.
var makers = [...]Maker{
	{"1.2.124.113532", "Agfa HealthCare", false},
	{"1.2.246.352", "Varian", false},
	{"1.2.276.0.20", "Brainlab", false},
	{"1.2.276.0.7230010.3", "OFFIS DCMTK", true},
	{"1.2.392.200036.9107", "Konica Minolta", false},
	{"1.2.392.200036.9116", "Canon Medical Systems", false},
	{"1.2.392.200036.9123", "Hitachi", false},
	{"1.2.392.200036.9125", "Fujifilm", false},
	{"1.2.40.0.13", "dcm4che", true},
	{"1.2.752.24", "Sectra", false},
	{"1.2.752.243", "RaySearch", false},
	{"1.2.826.0.1.3680043.2.1143", "GDCM", true},
	{"1.2.826.0.1.3680043.2.135.1066", "Conquest", true},
	{"1.2.826.0.1.3680043.8.498", "pydicom", true},
	{"1.2.826.0.1.3680043.9.3811", "pynetdicom", true},
	{"1.2.840.113564", "Carestream", false},
	{"1.2.840.113619", "GE Healthcare", false},
	{"1.2.840.113681", "Hologic", false},
	{"1.2.840.114257", "LEADTOOLS", true},
	{"1.3.12.2.1107.5", "Siemens", false},
	{"1.3.46.670589", "Philips", false},
	{"1.3.51", "Agfa HealthCare", false},
	{"1.3.6.1.4.1.25403", "ClearCanvas", true},
	{"1.3.6.1.4.1.30071", "fo-dicom", true},
	{"1.3.6.1.4.1.5962", "PixelMed", true},
	{"2.16.840.1.113669", "Merge", true},
}

// Bounds of the part of an implementation class UID after its root that can be
// a version: anything longer could hold a number that identifies someone.
const (
	maxTailArcs   = 6
	maxArcDigits  = 4
	maxTailDigits = 10
)

// Implementation returns whose root an implementation class UID begins with; the
// zero Maker if that is not known. plain reports that the rest is short enough to be a version.
func Implementation(uid []byte) (m Maker, plain bool) {
	uid = Trim(uid)
	for _, m := range makers {
		if tail, ok := bytes.CutPrefix(uid, []byte(m.root)); ok && (len(tail) == 0 || tail[0] == '.') {
			return m, plainTail(tail)
		}
	}
	return Maker{}, false
}

func plainTail(tail []byte) bool {
	arcs, digits, total := 0, maxArcDigits, 0
	for _, b := range tail {
		switch {
		case b == '.' && digits > 0:
			arcs, digits = arcs+1, 0
		case '0' <= b && b <= '9':
			digits, total = digits+1, total+1
		default:
			return false
		}
		if digits > maxArcDigits && arcs > 0 {
			return false
		}
	}
	return arcs <= maxTailArcs && total <= maxTailDigits && (arcs == 0 || digits > 0)
}
