package live

import (
	"encoding/binary"
	"errors"
	"fmt"
	"math/bits"
	"net"
	"strings"
	"sync"
	"sync/atomic"
	"time"
	"unsafe"

	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"wardkeeper/sense/wire"
	"wardkeeper/sense/wire/filter"
	"wardkeeper/ward"
)

// Shape of a ring.
const (
	blockSize = 1 << 20
	minBlocks = 4
	maxRing   = 2 << 30
	frameSize = 2048                  // only a divisor of blockSize: a version 3 block holds frames of any length
	retire    = 50 * time.Millisecond // a block with packets is handed over after this time even if not full
)

// Numbers of link types (LINKTYPE_) by hardware type.
var linkTypes = map[uint16]int{unix.ARPHRD_ETHER: 1, unix.ARPHRD_LOOPBACK: 1, unix.ARPHRD_NONE: 101, unix.ARPHRD_PPP: 101,
	unix.ARPHRD_IEEE80211: 105, unix.ARPHRD_IEEE80211_RADIOTAP: 127}

// ring is the kernel's buffer of one interface, shared with it. Blocks change hands
// one after the other.
type ring struct {
	name   string
	link   int
	fd     int
	memory []byte
	block  int  // that comes next or is being read
	open   bool // the block is ours
	left   uint32
	at     uint32 // of the head packet in the block
	number uint64

	down  bool
	told  bool      // that it is down
	since time.Time // it is down
	heard uint64    // packets until then
	gone  time.Time // when it was seen to have disappeared

	statsMu sync.Mutex // guards what follows
	drops   uint64
}

// openRing starts capturing on an interface; the filter is in place before the first
// packet comes.
func openRing(name string, f *filter.Filter, size int) (*ring, error) {
	i, err := net.InterfaceByName(name)
	if err != nil {
		return nil, fmt.Errorf("interface %s: not found; the interfaces here are: %s", name, interfaceNames())
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0) // protocol 0: receives nothing yet
	if errors.Is(err, unix.EPERM) {
		return nil, fmt.Errorf("interface %s: no permission to capture: run as root, or once: setcap cap_net_raw+ep $(command -v wardkeeper)", name)
	}
	if err != nil {
		return nil, fmt.Errorf("interface %s: %w", name, err)
	}
	r := &ring{name: name, fd: fd}
	if err := r.setUp(i.Index, f, size); err != nil {
		return nil, errors.Join(fmt.Errorf("interface %s: %w", name, err), r.close())
	}
	return r, nil
}

func (r *ring) setUp(index int, f *filter.Filter, size int) error {
	address := &unix.SockaddrLinklayer{Ifindex: index}
	if err := unix.Bind(r.fd, address); err != nil {
		return err
	}
	at, err := r.address()
	if err != nil {
		return err
	}
	link, ok := linkTypes[at.Hatype]
	if !ok {
		return fmt.Errorf("packets of hardware type %d are not understood", at.Hatype)
	}
	r.link = link
	if err := r.share(size); err != nil {
		return err
	}
	if err := r.filter(f); err != nil {
		return err
	}
	promiscuous := unix.PacketMreq{Ifindex: int32(index), Type: unix.PACKET_MR_PROMISC}
	if err := unix.SetsockoptPacketMreq(r.fd, unix.SOL_PACKET, unix.PACKET_ADD_MEMBERSHIP, &promiscuous); err != nil {
		return fmt.Errorf("promiscuous mode: %w", err)
	}
	address.Protocol = bits.ReverseBytes16(unix.ETH_P_ALL)
	if nativeBig() {
		address.Protocol = unix.ETH_P_ALL
	}
	return unix.Bind(r.fd, address)
}

func nativeBig() bool { return binary.NativeEndian.Uint16([]byte{0, 1}) == 1 }

// share makes the ring and maps it.
func (r *ring) share(size int) error {
	if err := unix.SetsockoptInt(r.fd, unix.SOL_PACKET, unix.PACKET_VERSION, unix.TPACKET_V3); err != nil {
		return fmt.Errorf("packet ring version 3: %w", err)
	}
	blocks := uint32(max(size/blockSize, minBlocks))
	shape := unix.TpacketReq3{Block_size: blockSize, Block_nr: blocks, Frame_size: frameSize, Frame_nr: blocks * (blockSize / frameSize),
		Retire_blk_tov: uint32(retire / time.Millisecond)}
	if err := unix.SetsockoptTpacketReq3(r.fd, unix.SOL_PACKET, unix.PACKET_RX_RING, &shape); err != nil {
		return fmt.Errorf("a ring of %d MiB: %w", blocks, err)
	}
	memory, err := unix.Mmap(r.fd, 0, int(blocks)*blockSize, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return fmt.Errorf("mapping the ring: %w", err)
	}
	r.memory = memory
	return nil
}

// filter puts the filter into the kernel and locks it.
func (r *ring) filter(f *filter.Filter) error {
	if f == nil {
		return nil
	}
	raw, err := f.Program(r.link, true)
	if err != nil {
		return err
	}
	program := unix.SockFprog{Len: uint16(len(raw)), Filter: (*unix.SockFilter)(unsafe.Pointer(unsafe.SliceData(raw)))}
	if err := unix.SetsockoptSockFprog(r.fd, unix.SOL_SOCKET, unix.SO_ATTACH_FILTER, &program); err != nil {
		return fmt.Errorf("filter: %w", err)
	}
	return unix.SetsockoptInt(r.fd, unix.SOL_SOCKET, unix.SO_LOCK_FILTER, 1)
}

// A bpf.RawInstruction is laid out as the kernel's struct sock_filter.
var _ = [1]struct{}{}[unsafe.Sizeof(bpf.RawInstruction{})-unsafe.Sizeof(unix.SockFilter{})]

func (r *ring) address() (*unix.SockaddrLinklayer, error) {
	a, err := unix.Getsockname(r.fd)
	if err != nil {
		return nil, err
	}
	at, ok := a.(*unix.SockaddrLinklayer)
	if !ok {
		return nil, fmt.Errorf("unexpected socket address %T", a)
	}
	return at, nil
}

func (r *ring) base() int { return r.block * blockSize }

// descriptor returns the head of the current block.
func (r *ring) descriptor() *unix.TpacketHdrV1 {
	d := (*unix.TpacketBlockDesc)(unsafe.Pointer(&r.memory[r.base()]))
	return (*unix.TpacketHdrV1)(unsafe.Pointer(&d.Hdr[0]))
}

// head returns the first packet not yet taken, nil if there is none.
func (r *ring) head() *unix.Tpacket3Hdr {
	for !r.open || r.left == 0 {
		if r.open {
			r.release()
		}
		d := r.descriptor()
		if atomic.LoadUint32(&d.Block_status)&unix.TP_STATUS_USER == 0 {
			return nil
		}
		r.open, r.left, r.at = true, d.Num_pkts, d.Offset_to_first_pkt
	}
	return (*unix.Tpacket3Hdr)(unsafe.Pointer(&r.memory[r.base()+int(r.at)]))
}

// release gives the block back to the kernel.
func (r *ring) release() {
	atomic.StoreUint32(&r.descriptor().Block_status, unix.TP_STATUS_KERNEL)
	r.open = false
	r.block++
	if r.block*blockSize == len(r.memory) {
		r.block = 0
	}
}

func timeOf(h *unix.Tpacket3Hdr) ward.Time {
	return ward.Time(int64(h.Sec)*int64(time.Second) + int64(h.Nsec))
}

// tagSize is the length of a VLAN tag, tagAt its place.
const tagSize, tagAt = 4, 12

// take copies the head packet into buf; ok is false if it does not fit. The VLAN tag
// that the kernel took off is put back.
func (r *ring) take(h *unix.Tpacket3Hdr, buf []byte, alone bool) (rec wire.Record, ok bool) {
	from := r.base() + int(r.at) + int(h.Mac)
	data := r.memory[from : from+int(h.Snaplen)]
	tag := 0
	if h.Status&unix.TP_STATUS_VLAN_VALID != 0 && len(data) >= tagAt {
		tag = tagSize
	}
	n := len(data) + tag
	if n > len(buf) {
		if !alone {
			return rec, false
		}
		n = len(buf) // larger than any buffer: shortened
	}
	out := buf[:n:n]
	if tag == 0 {
		copy(out, data)
	} else {
		copy(out, data[:tagAt])
		binary.BigEndian.PutUint16(out[tagAt:], tpid(h))
		binary.BigEndian.PutUint16(out[tagAt+2:], uint16(h.Hv1.Vlan_tci))
		copy(out[tagAt+tagSize:], data[tagAt:])
	}
	r.number++
	rec = wire.Record{Time: timeOf(h), Link: r.link, Orig: int(h.Len) + tag, Data: out, Number: r.number}
	r.left--
	r.at += h.Next_offset
	return rec, true
}

func tpid(h *unix.Tpacket3Hdr) uint16 {
	if h.Status&unix.TP_STATUS_VLAN_TPID_VALID != 0 {
		return h.Hv1.Vlan_tpid
	}
	return unix.ETH_P_8021Q
}

// dropped returns how many packets found the ring full.
func (r *ring) dropped() uint64 {
	r.statsMu.Lock()
	defer r.statsMu.Unlock()
	if st, err := unix.GetsockoptTpacketStatsV3(r.fd, unix.SOL_PACKET, unix.PACKET_STATISTICS); err == nil {
		r.drops += uint64(st.Drops) // the kernel counts from 0 after each question
	}
	return r.drops
}

// trouble asks what poll's error means, and clears it.
func (r *ring) trouble() error {
	code, err := unix.GetsockoptInt(r.fd, unix.SOL_SOCKET, unix.SO_ERROR)
	if err != nil {
		return fmt.Errorf("interface %s: %w", r.name, err)
	}
	if e := unix.Errno(code); e != 0 && e != unix.ENETDOWN {
		return fmt.Errorf("interface %s: %w", r.name, e)
	}
	return nil
}

// removed reports whether the interface no longer exists.
func (r *ring) removed() bool {
	a, err := r.address()
	return err != nil || a.Ifindex <= 0
}

func (r *ring) close() error {
	var err error
	if r.memory != nil {
		err = unix.Munmap(r.memory)
		r.memory = nil
	}
	return errors.Join(err, unix.Close(r.fd))
}

func interfaceNames() string {
	all, err := net.Interfaces()
	if err != nil {
		return "unknown: " + err.Error()
	}
	names := make([]string, len(all))
	for i := range all {
		names[i] = all[i].Name
	}
	return strings.Join(names, ", ")
}
