package ble

import (
	"strconv"

	"wardkeeper/sense"
)

// Security manager codes, Vol 3 Part H 3.3.
const (
	smpRequest  = 0x01
	smpResponse = 0x02
	smpFailed   = 0x05

	authMITM   = 4
	authSecure = 8
)

// smpState holds what the two sides offered.
type smpState struct {
	request [7]byte
	asked   bool
}

func (k *conn) pairing(c *sense.Context, b []byte) {
	switch {
	case b[0] == smpRequest && len(b) >= 7:
		copy(k.smp.request[:], b)
		k.smp.asked = true
	case b[0] == smpResponse && len(b) >= 7:
		k.paired(c, b)
	case b[0] == smpFailed && len(b) >= 2:
		a := k.act(c, true, "pair")
		a.Reply, a.Outcome = true, "failed"
		a.Attrs = c.Attrs(attr("reason", strconv.Itoa(int(b[1]))))
	}
}

// paired says how two devices pair, Vol 3 Part H 2.3.5.1. Nothing of keys is kept.
func (k *conn) paired(c *sense.Context, rsp []byte) {
	a := k.act(c, true, "pair")
	if !k.smp.asked {
		return
	}
	req := &k.smp.request
	secure := req[3]&rsp[3]&authSecure != 0
	generation := "legacy"
	if secure {
		generation = "le secure connections"
	}
	size := min(req[4], rsp[4])
	bond := "no"
	if req[3]&rsp[3]&3 == 1 {
		bond = "yes"
	}
	a.Attrs = c.Attrs(attr("generation", generation), attr("method", pairMethod(req, rsp, secure)),
		attr("key-octets", strconv.Itoa(int(size))), attr("bonding", bond))
	k.smp.asked = false
}

// Input and output capabilities, Vol 3 Part H 2.3.2.
const (
	ioYesNo       = 1
	ioKeyboard    = 2
	ioNone        = 3
	ioBoth        = 4
	methodJust    = "just works"
	methodPasskey = "passkey"
)

func pairMethod(req *[7]byte, rsp []byte, secure bool) string {
	oob := req[2] == 1 && rsp[2] == 1
	if secure {
		oob = req[2] == 1 || rsp[2] == 1
	}
	a, b := req[1], rsp[1]
	switch {
	case oob:
		return "out of band"
	case (req[3]|rsp[3])&authMITM == 0, a == ioNone, b == ioNone:
		return methodJust
	case secure && (a == ioYesNo || a == ioBoth) && (b == ioYesNo || b == ioBoth):
		return "numeric comparison"
	case a == ioKeyboard, b == ioKeyboard, a == ioBoth, b == ioBoth:
		return methodPasskey
	}
	return methodJust // two displays, or displays and buttons
}
