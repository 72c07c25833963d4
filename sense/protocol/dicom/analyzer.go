// Package dicom analyses DICOM's upper layer (PS3.8 section 9), its messages
// (PS3.7 sections 9 and 10) and the data sets they carry (PS3.5 section 7; RT
// objects PS3.3 C.8.8), and files inside other protocols (PS3.10 section 7). What
// names equipment becomes a sighting, what names a person a token, and of images
// only keyed digests remain.
//
// A digest of the header covers every byte of the data set but the values of
// pixel data elements, which the digest of the pixels covers; of a deflated data
// set the header's covers all, compressed as it came. Neither depends on how the
// instance was cut into PDUs, and a file's preamble and meta information do not
// count.
package dicom

import (
	"bytes"
	"encoding/binary"

	"wardkeeper/format/dicom"
	"wardkeeper/sense"
)

// name is the analyzer's, in observations.
const name = "dicom"

// Analyzer returns the analyzer of DICOM over TCP and of its files.
func Analyzer() sense.Analyzer {
	return sense.Analyzer{
		Name:       name,
		Doc:        "DICOM PS3.8 section 9, PS3.7 sections 9 and 10, PS3.10 section 7",
		Transports: sense.TCP,
		Ports:      []uint16{104, 11112, 4242},
		Probe:      probe,
		NewStream:  func(*sense.Context) sense.Stream { return &stream{} },
		WantsChild: wantsFile,
		NewChild:   newFile,
	}
}

// associateProbe is what the probe must see of an association request: its fixed
// fields and the head of the application context item.
const associateProbe = 78

// probe recognises an association's first PDU in either direction, a rejection,
// and in the middle of a conversation a PDU that is certain. On DICOM's ports the
// latter is searched for behind the end of a PDU that was cut.
func probe(_ sense.Dir, b []byte, port uint16) sense.Verdict {
	if v := probeStart(b); v != sense.No {
		return v
	}
	if port != 104 && port != 11112 && port != 4242 {
		return sense.No
	}
	switch at, found := dicom.Find(b); {
	case found:
		return sense.Yes
	case at < len(b) || len(b) < sense.ProbeCap:
		return sense.More
	}
	return sense.No
}

func probeStart(b []byte) sense.Verdict {
	is, sure := dicom.Begins(b)
	switch {
	case !is:
		return sense.No
	case !sure:
		return sense.More
	}
	t := dicom.PDUType(b[0])
	if t != dicom.AssociateRQ && t != dicom.AssociateAC {
		return sense.Yes
	}
	// Protocol version bit 0, then the application context's item head.
	if len(b) > 7 && b[7]&1 == 0 {
		return sense.No
	}
	if len(b) < associateProbe {
		return sense.More
	}
	n := int(binary.BigEndian.Uint16(b[76:]))
	if b[74] != dicom.ItemApplicationContext || n == 0 || n > 64 {
		return sense.No
	}
	uid := b[associateProbe:min(len(b), associateProbe+n)]
	for len(uid) > 0 && uid[len(uid)-1] == 0 {
		uid = uid[:len(uid)-1]
	}
	if len(bytes.Trim(uid, "0123456789.")) > 0 {
		return sense.No
	}
	return sense.Yes
}
