// Package dcerpc analyses connection-oriented DCE/RPC: C706 12.6 (PDUs) with the
// extensions of [MS-RPCE] 2.2.2, over TCP on any port and inside SMB named pipes
// (as a child of "smb-pipe", one for each direction). It tells which interface
// was bound and which operation called; arguments are not read, but for the
// credential of NetrServerAuthenticate3 ([MS-NRPC] 3.5.4.4.2), whose being zero is
// the mark of Zerologon (CVE-2020-1472).
package dcerpc

import (
	"encoding/binary"

	"wardkeeper/sense"
)

// Analyzer describes DCE/RPC.
func Analyzer() sense.Analyzer {
	return sense.Analyzer{
		Name:       "dcerpc",
		Doc:        "C706 12.6, [MS-RPCE] 2.2.2, [MS-NRPC] 3.5.4.4.2",
		Transports: sense.TCP,
		Ports:      []uint16{135},
		Probe:      probe,
		NewStream:  newStream,
		WantsChild: func(e *sense.Envelope) bool { return e.Parent == "smb-pipe" },
		NewChild:   newChild,
	}
}

func probe(_ sense.Dir, b []byte, _ uint16) sense.Verdict {
	if len(b) >= headerLen {
		if _, ok := parseHeader(b); ok || chain(b) {
			return sense.Yes
		}
		if len(b) < 4*headerLen && b[0] == version {
			return sense.More
		}
		return sense.No
	}
	if len(b) > 0 && b[0] != version || len(b) > 1 && b[1] > 1 || len(b) > 2 && b[2] > ptypeMax {
		return sense.No
	}
	return sense.More
}

// chain finds two PDUs that follow each other: one alone in the middle of other
// bytes is a named pipe's within SMB.
func chain(b []byte) bool {
	for from := 0; ; {
		i := findPDU(b[from:])
		if i < 0 {
			return false
		}
		from += i
		h, _ := parseHeader(b[from:])
		if next := from + h.frag; next+headerLen <= len(b) {
			if _, ok := parseHeader(b[next:]); ok {
				return true
			}
		}
		from++
	}
}

// PDU types, C706 12.6.4.
const (
	ptypeRequest   = 0
	ptypeResponse  = 2
	ptypeFault     = 3
	ptypeBind      = 11
	ptypeBindAck   = 12
	ptypeBindNak   = 13
	ptypeAlter     = 14
	ptypeAlterResp = 15
	ptypeAuth3     = 16
	ptypeMax       = 19

	version   = 5
	headerLen = 16

	flagFirst  = 1
	flagObject = 0x80
)

// header is the common header, C706 12.6.3.1.
type header struct {
	ptype, flags byte
	order        binary.ByteOrder
	frag, auth   int
	call         uint32
}

// parseHeader reads the header at the start of b, at least headerLen bytes.
func parseHeader(b []byte) (h header, ok bool) {
	if b[0] != version || b[1] > 1 || b[2] > ptypeMax || b[4]&^0x10 != 0 || b[5] > 3 || b[6] != 0 || b[7] != 0 {
		return h, false
	}
	h = header{ptype: b[2], flags: b[3], order: binary.LittleEndian}
	if b[4] == 0 {
		h.order = binary.BigEndian
	}
	h.frag, h.auth, h.call = int(h.order.Uint16(b[8:])), int(h.order.Uint16(b[10:])), h.order.Uint32(b[12:])
	least := headerLen
	switch h.ptype {
	case ptypeRequest, ptypeResponse, ptypeFault, ptypeBind, ptypeAlter, ptypeBindAck, ptypeAlterResp:
		least = 24
	case 1, 4, 5, 6, 7, 8, 9, 10: // of the connectionless protocol
		return h, false
	}
	return h, h.frag >= least && h.auth <= h.frag-headerLen && (h.ptype != ptypeRequest || h.call < 1<<24)
}

// findPDU returns where a PDU starts, or -1.
func findPDU(b []byte) int {
	for i := 0; i+headerLen <= len(b); i++ {
		if b[i] == version {
			if _, ok := parseHeader(b[i:]); ok {
				return i
			}
		}
	}
	return -1
}
