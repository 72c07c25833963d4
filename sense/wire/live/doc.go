// Package live captures from network interfaces with a memory-mapped AF_PACKET ring
// (Linux, packet(7)), without cgo and without ever sending.
package live
