// Package ble analyses Bluetooth Low Energy: Bluetooth Core Specification 5.4,
// Vol 6 Part B (link layer: 2.3 advertising, 2.4 data and control PDUs), Vol 4
// Part E (HCI events 7.7) and Part A (H4), Vol 3 Part A (L2CAP fixed channels),
// Part F (ATT 3.4), Part G (GATT discovery), Part H (SMP 3.5); Supplement Part A
// (advertising data); and the characteristics of the Insulin Delivery Service
// 1.0.1, Continuous Glucose Monitoring Service 1.0.2, Glucose Service 1.0.1, Pulse
// Oximeter Service 1.0.1 and Device Information Service 1.2. Numbers are IEEE
// 11073-20601 SFLOATs, told as the exact decimal.
//
// A Bluetooth device is somebody's: its address is always a token. Advertising,
// connecting, pairing and encrypting were checked against real captures. There
// were none of HCI, of attribute traffic or of the insulin and glucose services:
// those follow the documents and were checked with Wireshark's dissector on frames
// built from them; the layout of IDD history events is from memory.
package ble

import (
	"encoding/binary"

	"wardkeeper/sense"
)

var le = binary.LittleEndian

// Analyzer describes Bluetooth Low Energy.
func Analyzer() sense.Analyzer {
	return sense.Analyzer{
		Name:      "ble",
		Doc:       "Bluetooth Core 5.4 Vol 6 Part B, Vol 3 Parts A, F, G, H, Vol 4 Part E; IDS 1.0.1, CGMS 1.0.2, GLS 1.0.1, PLXS 1.0.1, DIS 1.2",
		Frames:    []sense.FrameType{sense.FrameBLE, sense.FrameHCI},
		NewFrames: func(*sense.Context) sense.Frames { return &radio{conns: map[uint64]*conn{}} },
	}
}

// maxConns is how many connections of a shard are followed.
const maxConns = 64

// radio holds the connections of a shard.
type radio struct {
	conns map[uint64]*conn
	clock uint64 // frames seen; says which connection rested longest
}

// Frame implements sense.Frames.
func (r *radio) Frame(c *sense.Context, t sense.FrameType, info sense.FrameInfo, b []byte) {
	r.clock++
	if t == sense.FrameHCI {
		r.hci(c, info, b)
		return
	}
	r.link(c, info, b)
}

// conn returns the connection of a key, new if need be.
func (r *radio) conn(c *sense.Context, key uint64) *conn {
	k := r.conns[key]
	if k == nil {
		if len(r.conns) >= maxConns {
			c.Limit("ble.connections")
			r.drop(c, r.idle())
		}
		k = &conn{key: key}
		r.conns[key] = k
	}
	k.used = r.clock
	return k
}

// idle is the connection that rested longest; clocks differ, so map order does
// not matter.
func (r *radio) idle() (key uint64) {
	least := ^uint64(0)
	for k, x := range r.conns {
		if x.used < least {
			least, key = x.used, k
		}
	}
	return key
}

func (r *radio) drop(c *sense.Context, key uint64) {
	if k := r.conns[key]; k != nil {
		k.free(c)
		delete(r.conns, key)
	}
}
