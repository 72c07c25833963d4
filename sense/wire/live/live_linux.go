package live

import (
	"cmp"
	"context"
	"errors"
	"fmt"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/gopacket/gopacket/afpacket"
	"golang.org/x/net/bpf"
	"golang.org/x/sys/unix"

	"wardkeeper/sense/wire"
	"wardkeeper/ward"
)

// Sizes of live capture.
const (
	blockSize   = 1 << 20
	frameSize   = 2048
	pollTime    = 50 * time.Millisecond
	chunkBytes  = 256 << 10
	chunkTime   = 50 * time.Millisecond
	chunksAhead = 8                      // of one interface
	window      = 100 * time.Millisecond // packets of several interfaces are put in order within it
	minRing     = 4 << 20
)

// Source captures from interfaces.
type Source struct {
	names   []string
	rings   []*afpacket.TPacket
	full    chan chunk
	free    chan chunk
	waiting []wire.Record // of chunks read but not yet delivered, in order of time
	held    []chunk       // that waiting points into
	failed  error
	stop    context.CancelFunc
	readers sync.WaitGroup
}

// chunk is what one interface brought in a short time.
type chunk struct {
	buf  []byte
	recs []wire.Record
	err  error
}

// Open starts capturing on interfaces, promiscuously and without sending. ring is
// the size in bytes of each interface's kernel buffer. It needs CAP_NET_RAW; once it
// returns, no privilege is needed any more.
func Open(interfaces []string, filter []bpf.RawInstruction, ring int) (*Source, error) {
	if len(interfaces) == 0 {
		return nil, errors.New("name at least one interface with -i")
	}
	s := &Source{names: interfaces, full: make(chan chunk, chunksAhead*len(interfaces)), free: make(chan chunk, chunksAhead*len(interfaces))}
	for _, name := range interfaces {
		r, err := openRing(name, filter, ring)
		if err != nil {
			s.closeRings()
			return nil, err
		}
		s.rings = append(s.rings, r)
	}
	ctx, stop := context.WithCancel(context.Background())
	s.stop = stop
	for i := range s.rings {
		for range chunksAhead {
			s.free <- chunk{buf: make([]byte, chunkBytes)}
		}
		s.readers.Go(func() { s.read(ctx, i) })
	}
	return s, nil
}

func openRing(name string, filter []bpf.RawInstruction, ring int) (*afpacket.TPacket, error) {
	if _, err := net.InterfaceByName(name); err != nil {
		return nil, fmt.Errorf("interface %s: not found; the interfaces here are: %s", name, interfaceNames())
	}
	r, err := afpacket.NewTPacket(afpacket.OptInterface(name), afpacket.OptFrameSize(frameSize), afpacket.OptBlockSize(blockSize),
		afpacket.OptNumBlocks(max(ring, minRing)/blockSize), afpacket.OptBlockTimeout(pollTime), afpacket.OptPollTimeout(pollTime),
		afpacket.OptTPacketVersion(afpacket.TPacketVersion3), afpacket.OptAddVLANHeader(true))
	if errors.Is(err, unix.EPERM) {
		return nil, fmt.Errorf("interface %s: no permission to capture; run as root, or once: setcap cap_net_raw+ep $(command -v wardkeeper)", name)
	}
	if err != nil {
		return nil, fmt.Errorf("interface %s: %w", name, err)
	}
	if err := r.SetPromiscuous(true); err != nil {
		r.Close()
		return nil, fmt.Errorf("interface %s: promiscuous mode: %w", name, err)
	}
	if len(filter) > 0 {
		if err := r.SetBPF(filter); err != nil {
			r.Close()
			return nil, fmt.Errorf("interface %s: filter: %w", name, err)
		}
	}
	return r, nil
}

func interfaceNames() string {
	all, err := net.Interfaces()
	if err != nil {
		return "unknown: " + err.Error()
	}
	out := ""
	for _, i := range all {
		out += " " + i.Name
	}
	return out[min(len(out), 1):]
}

// read fills chunks from one interface until it is stopped or the interface is gone.
func (s *Source) read(ctx context.Context, i int) {
	var number uint64
	for ctx.Err() == nil {
		var c chunk
		select {
		case c = <-s.free:
		case <-ctx.Done():
			return
		}
		c.recs = c.recs[:0]
		used := 0
		began := time.Now()
		for used < chunkBytes-frameSize && time.Since(began) < chunkTime && ctx.Err() == nil {
			data, ci, err := s.rings[i].ZeroCopyReadPacketData()
			if errors.Is(err, afpacket.ErrTimeout) {
				break
			}
			if err != nil {
				c.err = fmt.Errorf("interface %s disappeared or went down: %w", s.names[i], err)
				break
			}
			number++
			n := copy(c.buf[used:], data)
			c.recs = append(c.recs, wire.Record{Time: ward.TimeOf(ci.Timestamp), Source: i, Link: 1, Orig: max(ci.Length, n), Data: c.buf[used : used+n : used+n], Number: number})
			used += n
		}
		select {
		case s.full <- c:
		case <-ctx.Done():
			return
		}
		if c.err != nil {
			return
		}
	}
}

// Name implements wire.Source.
func (s *Source) Name(i int) string { return s.names[i] }

// Fill implements wire.Source: it waits a short time for packets of all interfaces
// and returns them in order of time, ended by the time itself.
func (s *Source) Fill(buf []byte, recs []wire.Record) ([]wire.Record, error) {
	if len(s.waiting) == 0 {
		s.gather()
	}
	used, n := 0, 0
	for ; n < len(s.waiting); n++ {
		r := s.waiting[n]
		if used+len(r.Data) > len(buf) {
			break
		}
		at := used
		used += copy(buf[at:], r.Data)
		r.Data = buf[at:used:used]
		recs = append(recs, r)
	}
	s.waiting = s.waiting[n:]
	if len(s.waiting) > 0 {
		return recs, nil
	}
	for _, c := range s.held {
		s.free <- c
	}
	s.held = s.held[:0]
	recs = append(recs, wire.Record{Time: ward.TimeOf(time.Now())})
	return recs, s.failed
}

// gather collects what the interfaces bring within the window.
func (s *Source) gather() {
	s.waiting = s.waiting[:0]
	until := time.After(window)
	for s.failed == nil && len(s.held) < cap(s.free)/2 {
		select {
		case c := <-s.full:
			s.held = append(s.held, c)
			s.waiting = append(s.waiting, c.recs...)
			s.failed = c.err
			continue
		case <-until:
		}
		break
	}
	slices.SortStableFunc(s.waiting, func(a, b wire.Record) int { return cmp.Compare(a.Time, b.Time) })
}

// Dropped returns how many packets the kernel dropped because the ring was full.
func (s *Source) Dropped() uint64 {
	var n uint64
	for _, r := range s.rings {
		if _, v3, err := r.SocketStats(); err == nil {
			n += uint64(v3.Drops())
		}
	}
	return n
}

// Close stops capturing.
func (s *Source) Close() {
	s.stop()
	s.readers.Wait()
	s.closeRings()
}

func (s *Source) closeRings() {
	for _, r := range s.rings {
		r.Close()
	}
}
