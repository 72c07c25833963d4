package wire

import (
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// kind says what a decoded packet is, which decides who takes it.
type kind uint8

const (
	kindOther kind = iota // counted, not analysed
	kindTCP
	kindUDP
	kindIP    // another IP protocol: counted as a flow
	kindFrame // for Link analyzers
)

// addr is an IPv6 or IPv4-mapped address: fixed size, no pointer, fast to compare.
type addr [16]byte

// packet is what the decoder makes of a record; it points into the batch's bytes.
type packet struct {
	time   ward.Time
	index  uint64 // place in the whole input
	number uint64 // in its capture, from 1

	src, dst       addr
	srcMAC, dstMAC ward.MAC
	sport, dport   uint16
	seq, ack       uint32
	ipid           uint32

	payload []byte // of TCP, UDP or the frame
	wire    uint32 // bytes on the wire
	cut     uint32 // payload bytes that the snap length cut off

	next   int32  // next packet of the same shard in the batch
	source uint16 // index of the interface in the engine
	vlan   uint16
	zone   uint16
	kind   kind
	proto  uint8 // IP protocol number, or sense.FrameType
	flags  uint8 // of TCP
	ttl    uint8
	shard  uint8
	v4     bool
	frame  sense.FrameInfo
}

// tick says that the clock has passed time, before the packet of that index.
type tick struct {
	time  ward.Time
	index uint64
}

// TCP flags.
const (
	flagFIN = 1 << iota
	flagSYN
	flagRST
	flagPSH
	flagACK
)

// shards is the number of virtual shards. It is part of the same-answer contract
// (caps are per shard) and is not to be changed by the number of workers.
const shards = 64

// shardOf maps an unordered host pair to its shard: both directions of every
// conversation between two hosts meet in one.
func shardOf(src, dst *addr) uint8 {
	a, b := fold(src), fold(dst)
	x := (a ^ b) + (a+b)*0x9e3779b97f4a7c15 // symmetric
	x ^= x >> 32
	x *= 0xd6e8feb86659fd93
	x ^= x >> 32
	return uint8(x % shards)
}

func fold(a *addr) uint64 {
	hi := uint64(a[0])<<56 | uint64(a[1])<<48 | uint64(a[2])<<40 | uint64(a[3])<<32 | uint64(a[4])<<24 | uint64(a[5])<<16 | uint64(a[6])<<8 | uint64(a[7])
	lo := uint64(a[8])<<56 | uint64(a[9])<<48 | uint64(a[10])<<40 | uint64(a[11])<<32 | uint64(a[12])<<24 | uint64(a[13])<<16 | uint64(a[14])<<8 | uint64(a[15])
	x := (hi*0x9e3779b97f4a7c15 ^ lo) * 0xff51afd7ed558ccd
	return x ^ x>>33
}

// shardOfMACs is shardOf for frames without addresses.
func shardOfMACs(a, b ward.MAC) uint8 {
	var x, y addr
	copy(x[:], a[:])
	copy(y[:], b[:])
	return shardOf(&x, &y)
}
