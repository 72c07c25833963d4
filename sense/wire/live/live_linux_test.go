package live

import (
	"bytes"
	"encoding/binary"
	"errors"
	"io"
	"math/bits"
	"net"
	"os"
	"os/exec"
	"runtime"
	"strings"
	"testing"
	"time"

	"golang.org/x/sys/unix"

	"wardkeeper/sense/wire"
	"wardkeeper/sense/wire/filter"
)

// namespace gives the test a network of its own, gone when the test ends.
func namespace(t *testing.T) {
	t.Helper()
	runtime.LockOSThread() // never unlocked: the thread ends with the test and its network with it
	if err := unix.Unshare(unix.CLONE_NEWNET); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatalf("a network namespace is needed: %v", err)
		}
		t.Skipf("needs root for a network namespace: %v", err)
	}
	command(t, "sysctl", "-qw", "net.ipv6.conf.default.disable_ipv6=1", "net.ipv6.conf.all.disable_ipv6=1")
}

func command(t *testing.T, name string, args ...string) {
	t.Helper()
	if out, err := exec.CommandContext(t.Context(), name, args...).CombinedOutput(); err != nil {
		t.Fatalf("%s %s: %v: %s", name, strings.Join(args, " "), err, out)
	}
}

// cable is two ends: what is sent into one comes out of the other.
func cable(t *testing.T, in, out string) *sender {
	t.Helper()
	command(t, "ip", "link", "add", in, "type", "veth", "peer", "name", out)
	command(t, "ip", "link", "set", in, "up")
	command(t, "ip", "link", "set", out, "up")
	i, err := net.InterfaceByName(in)
	if err != nil {
		t.Fatal(err)
	}
	fd, err := unix.Socket(unix.AF_PACKET, unix.SOCK_RAW|unix.SOCK_CLOEXEC, 0)
	if err != nil {
		t.Fatal(err)
	}
	s := &sender{t, fd, &unix.SockaddrLinklayer{Ifindex: i.Index, Protocol: bits.ReverseBytes16(unix.ETH_P_ALL)}}
	t.Cleanup(func() {
		if err := unix.Close(fd); err != nil {
			t.Error(err)
		}
	})
	return s
}

type sender struct {
	t  *testing.T
	fd int
	to *unix.SockaddrLinklayer
}

func (s *sender) send(b []byte) {
	s.t.Helper()
	if err := unix.Sendto(s.fd, b, 0, s.to); err != nil {
		s.t.Fatal(err)
	}
}

// packet is a UDP packet that carries n, with VLAN tags of the ids.
func packet(port uint16, n uint32, vlans ...uint16) []byte {
	b := []byte{2, 0, 0, 0, 0, 9, 2, 0, 0, 0, 0, 8}
	for i, v := range vlans {
		typ := uint16(0x8100)
		if i == 0 && len(vlans) > 1 {
			typ = 0x88a8
		}
		b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, typ), v)
	}
	b = append(b, 8, 0, 0x45, 0, 0, 32, 0, 0, 0, 0, 64, 17, 0, 0, 10, 9, 0, 1, 10, 9, 0, 2)
	b = binary.BigEndian.AppendUint16(binary.BigEndian.AppendUint16(b, port), port)
	b = append(b, 0, 12, 0, 0)
	return binary.BigEndian.AppendUint32(b, n)
}

func open(t *testing.T, expr string, size int, names ...string) *Source {
	t.Helper()
	var f *filter.Filter
	if expr != "" {
		var err error
		if f, err = filter.Parse(expr); err != nil {
			t.Fatal(err)
		}
	}
	s, err := Open(names, f, size)
	if err != nil {
		t.Fatal(err)
	}
	t.Cleanup(func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	return s
}

// collect reads until n packets came, or 5 seconds passed, or the source ended.
func collect(t *testing.T, s *Source, n int) ([]wire.Record, error) {
	t.Helper()
	var out []wire.Record
	buf := make([]byte, 512<<10)
	for end := time.Now().Add(5 * time.Second); time.Now().Before(end); {
		recs, err := s.Fill(buf, nil)
		for _, r := range recs {
			if r.Data != nil {
				r.Data = bytes.Clone(r.Data)
				out = append(out, r)
			}
		}
		if err != nil || len(out) >= n {
			return out, err
		}
	}
	return out, nil
}

// quiet fails if the interface ever sent.
func quiet(t *testing.T, names ...string) {
	t.Helper()
	for _, name := range names {
		out, err := exec.CommandContext(t.Context(), "ip", "-s", "-o", "link", "show", name).CombinedOutput()
		if err != nil {
			t.Fatal(err)
		}
		_, tx, _ := strings.Cut(string(out), "TX:")
		_, tx, _ = strings.Cut(tx, `\`)
		if f := strings.Fields(tx); len(f) < 2 || f[0] != "0" || f[1] != "0" {
			t.Errorf("%s sent: %s", name, out)
		}
	}
}

// TestOrder: packets of two interfaces come in order of time, whole, and nothing is
// sent.
func TestOrder(t *testing.T) {
	namespace(t)
	a, b := cable(t, "a0", "a1"), cable(t, "b0", "b1")
	s := open(t, "", 0, "a1", "b1")
	const total = 3000
	go func() {
		for i := range uint32(total) {
			if i%3 == 0 {
				b.send(packet(7, i))
			} else {
				a.send(packet(7, i))
			}
			if i%500 == 0 {
				time.Sleep(20 * time.Millisecond)
			}
		}
	}()
	recs, err := collect(t, s, total)
	if err != nil || len(recs) != total {
		t.Fatal(len(recs), err)
	}
	numbers := [2]uint64{}
	for i, r := range recs {
		source := 0
		if i%3 == 0 {
			source = 1
		}
		numbers[source]++
		if want := packet(7, uint32(i)); !bytes.Equal(r.Data, want) || r.Source != source || r.Orig != len(want) || r.Link != 1 || r.Number != numbers[source] {
			t.Fatalf("%d: %+v", i, r)
		}
	}
	if s.Name(0) != "a1" || s.Name(1) != "b1" || s.Packets() != total || s.Dropped() != 0 {
		t.Error(s.Name(0), s.Name(1), s.Packets(), s.Dropped())
	}
	quiet(t, "a1", "b1")
}

// TestVLAN: tags are as on the wire, although the kernel takes the outer one off.
func TestVLAN(t *testing.T) {
	namespace(t)
	a := cable(t, "a0", "a1")
	s := open(t, "", 0, "a1")
	sent := [][]byte{packet(7, 1), packet(7, 2, 0x6005), packet(7, 3, 10, 20), packet(7, 4, 0)}
	for _, b := range sent {
		a.send(b)
	}
	recs, err := collect(t, s, len(sent))
	if err != nil || len(recs) != len(sent) {
		t.Fatal(len(recs), err)
	}
	for i, r := range recs {
		if !bytes.Equal(r.Data, sent[i]) || r.Orig != len(sent[i]) {
			t.Errorf("got % x of %d, want % x", r.Data, r.Orig, sent[i])
		}
	}
}

// TestFilter runs filters in the kernel.
func TestFilter(t *testing.T) {
	namespace(t)
	for _, c := range []struct {
		expr string
		want []uint32
	}{
		{"udp port 8", []uint32{2, 4}}, // as tcpdump: also behind the tag that the kernel takes off
		{"vlan 5 and udp port 8", []uint32{4}},
		{"vlan", []uint32{3, 4, 5, 6}},
		{"vlan 10 and vlan 20 and port 7", []uint32{5}},
		{"not vlan", []uint32{1, 2}},
		{"vlan and udp port 7", []uint32{3}},
	} {
		a := cable(t, "a0", "a1")
		s := open(t, c.expr, 0, "a1")
		for _, b := range [][]byte{packet(7, 1), packet(8, 2), packet(7, 3, 5), packet(8, 4, 5), packet(7, 5, 10, 20), packet(8, 6, 10, 21)} {
			a.send(b)
		}
		s.Stop()
		recs, err := collect(t, s, 100)
		if !errors.Is(err, io.EOF) {
			t.Fatal(err)
		}
		var got []uint32
		for _, r := range recs {
			got = append(got, binary.BigEndian.Uint32(r.Data[len(r.Data)-4:]))
		}
		if len(got) != len(c.want) || !bytes.Equal(words(got), words(c.want)) {
			t.Errorf("%s: %v, want %v", c.expr, got, c.want)
		}
		command(t, "ip", "link", "del", "a0")
	}
}

func words(n []uint32) []byte {
	var b []byte
	for _, v := range n {
		b = binary.BigEndian.AppendUint32(b, v)
	}
	return b
}

// TestLarge: a packet of 60 KB, as coalescing makes them, stays whole.
func TestLarge(t *testing.T) {
	namespace(t)
	a := cable(t, "a0", "a1")
	command(t, "ip", "link", "set", "a0", "mtu", "65000")
	command(t, "ip", "link", "set", "a1", "mtu", "65000")
	s := open(t, "", 0, "a1")
	big := append(packet(7, 1), bytes.Repeat([]byte{0xab}, 60000)...)
	for range 20 {
		a.send(big)
	}
	recs, err := collect(t, s, 20)
	if err != nil || len(recs) != 20 {
		t.Fatal(len(recs), err)
	}
	for _, r := range recs {
		if !bytes.Equal(r.Data, big) {
			t.Fatal(len(r.Data), r.Orig)
		}
	}
}

// TestDrops: what finds the ring full is counted, what is in it is delivered.
func TestDrops(t *testing.T) {
	namespace(t)
	a := cable(t, "a0", "a1")
	s := open(t, "", 0, "a1")
	const total = 20000 // of 1 KB: more than the smallest ring
	b := append(packet(7, 1), make([]byte, 1000)...)
	for range total {
		a.send(b)
	}
	s.Stop()
	recs, err := collect(t, s, total+1)
	if !errors.Is(err, io.EOF) || len(recs) == 0 || s.Dropped() == 0 || uint64(len(recs))+s.Dropped() != total || s.Packets() != uint64(len(recs)) {
		t.Fatalf("%d packets and %d dropped of %d: %v", len(recs), s.Dropped(), total, err)
	}
}

// TestRemoved: a removed interface is named, what came is kept, others go on.
func TestRemoved(t *testing.T) {
	namespace(t)
	a, b := cable(t, "a0", "a1"), cable(t, "b0", "b1")
	s := open(t, "", 0, "a1", "b1")
	var problems []string
	s.OnProblem = func(err error) { problems = append(problems, err.Error()) }
	a.send(packet(7, 1))
	command(t, "ip", "link", "del", "a0")
	time.Sleep(2 * hold)
	b.send(packet(7, 2))
	recs, err := collect(t, s, 2)
	if err != nil || len(recs) != 2 {
		t.Fatal(len(recs), err)
	}
	for i := 0; i < 50 && len(problems) == 0; i++ {
		if _, err := s.Fill(make([]byte, 1<<16), nil); err != nil {
			t.Fatal(err)
		}
	}
	b.send(packet(7, 3))
	command(t, "ip", "link", "del", "b0")
	recs, err = collect(t, s, 100)
	if err == nil || err.Error() != "interface b1 disappeared after 2 packets" || len(recs) != 1 {
		t.Errorf("%d packets, %v", len(recs), err)
	}
	if len(problems) != 2 || problems[0] != "interface a1 disappeared after 1 packets" || problems[1] != err.Error() {
		t.Errorf("%q", problems)
	}
}

// TestDown: an interface that goes down and up again is watched on.
func TestDown(t *testing.T) {
	namespace(t)
	a := cable(t, "a0", "a1")
	s := open(t, "", 0, "a1")
	var problems []string
	s.OnProblem = func(err error) { problems = append(problems, err.Error()) }
	command(t, "ip", "link", "set", "a1", "down")
	for end := time.Now().Add(5 * hold); time.Now().Before(end); {
		if _, err := s.Fill(make([]byte, 1<<16), nil); err != nil {
			t.Fatal(err)
		}
	}
	command(t, "ip", "link", "set", "a1", "up")
	time.Sleep(hold)
	a.send(packet(7, 1))
	recs, err := collect(t, s, 1)
	if err != nil || len(recs) != 1 {
		t.Fatal(len(recs), err)
	}
	for i := 0; i < 50 && len(problems) < 2; i++ {
		if _, err := s.Fill(make([]byte, 1<<16), nil); err != nil {
			t.Fatal(err)
		}
	}
	if len(problems) != 2 || !strings.Contains(problems[0], "a1 is down") || !strings.Contains(problems[1], "a1 is up again") {
		t.Errorf("%q", problems)
	}
}

// TestSilent: the time is told when nothing comes.
func TestSilent(t *testing.T) {
	namespace(t)
	cable(t, "a0", "a1")
	s := open(t, "", 0, "a1")
	began := time.Now()
	recs, err := s.Fill(make([]byte, 1<<16), nil)
	if err != nil || len(recs) != 1 || recs[0].Data != nil || recs[0].Orig != 0 || recs[0].Time == 0 || time.Since(began) > time.Second {
		t.Fatal(recs, err)
	}
}

func TestOpenErrors(t *testing.T) {
	if _, err := Open(nil, nil, 0); err == nil || !strings.Contains(err.Error(), "-i") {
		t.Error(err)
	}
	namespace(t)
	for want, names := range map[string][]string{
		"interface nosuch0: not found; the interfaces here are: lo": {"nosuch0"},
		"interface lo: named twice":                                 {"lo", "lo"},
	} {
		if _, err := Open(names, nil, 0); err == nil || !strings.Contains(err.Error(), want) {
			t.Errorf("%v: %v", names, err)
		}
	}
	if _, err := Open([]string{"lo"}, nil, maxRing+1); err == nil || !strings.Contains(err.Error(), "too large") {
		t.Error(err)
	}
}

// TestWrap goes round the ring many times.
func TestWrap(t *testing.T) {
	namespace(t)
	a := cable(t, "a0", "a1")
	s := open(t, "", 0, "a1")
	b := append(packet(7, 0), make([]byte, 1400)...)
	next := uint32(0)
	for range 60 {
		for i := range uint32(500) {
			binary.BigEndian.PutUint32(b[38:], next+i)
			a.send(b)
		}
		recs, err := collect(t, s, 500)
		if err != nil || len(recs) != 500 {
			t.Fatal(len(recs), err)
		}
		for _, r := range recs {
			if binary.BigEndian.Uint32(r.Data[38:]) != next || len(r.Data) != len(b) {
				t.Fatal(next, r.Number)
			}
			next++
		}
	}
}
