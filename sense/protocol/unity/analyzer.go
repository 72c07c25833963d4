// Package unity analyses what GE's CARESCAPE (formerly Unity) network of patient
// monitors broadcasts: time synchronisation (UDP 2000), as Vocera's CARESCAPE
// adapter reference 1.3.0, "Understanding GE Carescape Networks", lays it out, and
// RWHAT discovery (UDP 7000), named in GE's ApexPro service manual and laid out by
// the published decoding of a Dash 4000 monitor: message type, address, clock,
// "unit|bed", patient name, number of services, then service and port each.
//
// Not verified against real traffic: none was to be had. The tests' frames are
// built from those layouts.
//
// Of the location only the unit is kept, never room or bed. The patient's name
// becomes a token.
package unity

import (
	"encoding/binary"

	"wardkeeper/sense"
)

var be = binary.BigEndian

// Ports and layouts.
const (
	timePort = 2000
	timeLen  = 64
	timeIP   = 6
	timeUnit = 24
	timeEnd  = 37
	timeAt   = 60

	rwhatPort     = 7000
	rwhatIP       = 4
	rwhatUnit     = 12
	rwhatName     = 28
	rwhatCount    = 43
	rwhatServices = 44
	rwhatMax      = 512
	maxServices   = 64

	// year2000 in seconds since 1900: no clock of these monitors shows less.
	year2000 = 3155673600
)

// Analyzer describes the CARESCAPE network's broadcasts.
func Analyzer() sense.Analyzer {
	return sense.Analyzer{
		Name:         "unity",
		Doc:          "Vocera CARESCAPE adapter reference 1.3.0; GE ApexPro service manual (RWHAT)",
		Transports:   sense.UDP,
		Ports:        []uint16{rwhatPort, timePort},
		Probe:        probe,
		NewDatagrams: func(*sense.Context) sense.Datagrams { return &broadcasts{} },
	}
}

// probe needs the port too: the layouts have no signature of their own.
func probe(_ sense.Dir, b []byte, port uint16) sense.Verdict {
	if port == rwhatPort && isRWHAT(b) || port == timePort && isTime(b) {
		return sense.Yes
	}
	return sense.No
}

func isTime(b []byte) bool {
	return len(b) == timeLen && be.Uint32(b[timeAt:]) >= year2000 && isAddress(b[timeIP:]) && isLocation(b[timeUnit:timeEnd])
}

func isRWHAT(b []byte) bool {
	if len(b) < rwhatServices || len(b) > rwhatMax || b[0] != 1 || b[2] != 0 || b[3] != 0 {
		return false
	}
	n := int(b[rwhatCount])
	return n > 0 && n <= maxServices && rwhatServices+4*n <= len(b) && isAddress(b[rwhatIP:]) && isLocation(b[rwhatUnit:rwhatName])
}

// isAddress wants a unicast IPv4 address.
func isAddress(b []byte) bool { return b[0] != 0 && b[0] != 127 && b[0] < 224 }

// isLocation wants printable text with one separator, then zeros.
func isLocation(b []byte) bool {
	bars, ended := 0, false
	for _, x := range b {
		switch {
		case x == 0:
			ended = true
		case ended || x < ' ' || x > '~':
			return false
		case x == '|':
			bars++
		}
	}
	return bars == 1 && b[0] != 0
}
