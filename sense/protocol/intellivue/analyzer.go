// Package intellivue analyses Philips IntelliVue patient monitors: connect
// indications (UDP 24005) and the data export protocol (UDP 24105), after the Data
// Export Interface Programming Guide, part 4535 642 59271: session headers and
// association, remote operations (SPpdu, ROapdus, ROIVapdu, RORSapdu, ROLRSapdu,
// ROERapdu), MDS Create, Connect Indication, Poll Data and Extended Poll Data.
//
// Not verified against real traffic: none was to be had. The tests' frames are
// built from the guide's layouts.
//
// Bed labels are skipped: the bed is not kept. A patient's name, number and date
// of birth become one token; measurements are only counted.
package intellivue

import (
	"encoding/binary"

	"wardkeeper/sense"
)

var be = binary.BigEndian

// Analyzer describes IntelliVue data export.
func Analyzer() sense.Analyzer {
	return sense.Analyzer{
		Name:         "intellivue",
		Doc:          "Philips Data Export Interface Programming Guide 4535 642 59271",
		Transports:   sense.UDP,
		Ports:        []uint16{24105, 24005},
		Probe:        probe,
		NewDatagrams: func(*sense.Context) sense.Datagrams { return &export{} },
	}
}

// Session protocol headers.
const (
	siFinish     = 0x09
	siDisconnect = 0x0a
	siRefuse     = 0x0c
	siConnect    = 0x0d
	siAccept     = 0x0e
	siAbort      = 0x19
)

const exportPort = 24105

// sessionData is what follows the header of an association request, and with
// other values of a response.
var sessionData = []byte{0x05, 0x08, 0x13, 0x01, 0x00, 0x16, 0x01, 0x02, 0x80, 0x00}

func probe(_ sense.Dir, b []byte, port uint16) sense.Verdict {
	switch {
	case isIndication(b), isProtocol(b):
		return sense.Yes
	case isSession(b):
		_, body, _ := session(b)
		if port == exportPort || len(body) >= len(sessionData) && string(body[:len(sessionData)]) == string(sessionData) {
			return sense.Yes
		}
	}
	return sense.No
}

// isProtocol recognises SPpdu and ROapdus; the length must fit.
func isProtocol(b []byte) bool {
	if len(b) < 8 || be.Uint32(b) != 0xe1000002 {
		return false
	}
	switch be.Uint16(b[4:]) {
	case roInvoke, roResult, roError, roLinked:
		return int(be.Uint16(b[6:])) <= len(b)-8
	}
	return false
}

// isIndication recognises Nomenclature, ROapdus, ROIVapdu and an event report of
// a connect indication.
func isIndication(b []byte) bool {
	return len(b) >= 28 && b[0] == 0 && be.Uint16(b[4:]) == roInvoke && int(be.Uint16(b[6:])) <= len(b)-8 &&
		be.Uint16(b[10:]) <= cmdConfirmedEvent && be.Uint16(b[24:]) == notiConnect
}

func isSession(b []byte) bool { _, _, ok := session(b); return ok }

// session reads a session header: its type and what it announces the length of.
func session(b []byte) (kind byte, body []byte, ok bool) {
	if len(b) < 2 {
		return 0, nil, false
	}
	switch b[0] {
	case siFinish, siDisconnect, siRefuse, siConnect, siAccept, siAbort:
	default:
		return 0, nil, false
	}
	n, at := int(b[1]), 2
	if b[1] == 0xff {
		if len(b) < 4 {
			return 0, nil, false
		}
		n, at = int(be.Uint16(b[2:])), 4
	}
	return b[0], b[at:], n == len(b)-at && n > 0
}
