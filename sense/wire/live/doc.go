// Package live captures from network interfaces with a memory-mapped AF_PACKET ring
// (TPACKET_V3, Linux Documentation/networking/packet_mmap.rst), without cgo and
// without ever sending.
package live
