//go:build unix

package main

import (
	"bufio"
	"errors"
	"fmt"
	"io"
	"os"
	"time"

	"github.com/gopacket/gopacket"
	"github.com/gopacket/gopacket/layers"
	"github.com/gopacket/gopacket/pcapgo"
	"github.com/gopacket/gopacket/reassembly"
)

// sinkStream throws reassembled bytes away.
type sinkStream struct{ bytes *uint64 }

func (s *sinkStream) Accept(*layers.TCP, gopacket.CaptureInfo, reassembly.TCPFlowDirection, reassembly.Sequence, *bool, reassembly.AssemblerContext) bool {
	return true
}

func (s *sinkStream) ReassembledSG(sg reassembly.ScatterGather, _ reassembly.AssemblerContext) {
	n, _ := sg.Lengths()
	*s.bytes += uint64(n)
}

func (s *sinkStream) ReassemblyComplete(reassembly.AssemblerContext) bool { return true }

type factory struct{ bytes uint64 }

func (f *factory) New(_, _ gopacket.Flow, _ *layers.TCP, _ reassembly.AssemblerContext) reassembly.Stream {
	return &sinkStream{&f.bytes}
}

type at struct{ ci gopacket.CaptureInfo }

func (a *at) GetCaptureInfo() gopacket.CaptureInfo { return a.ci }

// reassemble is the usual way in Go: decode with gopacket, reassemble, look at nothing.
func reassemble(file string) error {
	f, err := os.Open(file)
	if err != nil {
		return err
	}
	defer f.Close()
	r, err := pcapgo.NewReader(bufio.NewReaderSize(f, 1<<20))
	if err != nil {
		return err
	}
	var (
		eth  layers.Ethernet
		vlan layers.Dot1Q
		ip4  layers.IPv4
		ip6  layers.IPv6
		tcp  layers.TCP
		udp  layers.UDP
		rest gopacket.Payload
	)
	p := gopacket.NewDecodingLayerParser(layers.LayerTypeEthernet, &eth, &vlan, &ip4, &ip6, &tcp, &udp, &rest)
	p.IgnoreUnsupported = true
	fac := &factory{}
	asm := reassembly.NewAssembler(reassembly.NewStreamPool(fac))
	asm.MaxBufferedPagesPerConnection, asm.MaxBufferedPagesTotal = 4096, 1<<17
	var decoded []gopacket.LayerType
	where := &at{}
	for n := 0; ; n++ {
		b, ci, err := r.ZeroCopyReadPacketData()
		if errors.Is(err, io.EOF) {
			break
		}
		if err != nil {
			return err
		}
		_ = p.DecodeLayers(b, &decoded) // what it does not know is of no interest
		for i, l := range decoded {
			if l == layers.LayerTypeTCP && i > 0 {
				where.ci = ci
				flow := ip4.NetworkFlow()
				if decoded[i-1] == layers.LayerTypeIPv6 {
					flow = ip6.NetworkFlow()
				}
				asm.AssembleWithContext(flow, &tcp, where)
			}
		}
		if n%100000 == 0 {
			asm.FlushCloseOlderThan(ci.Timestamp.Add(-2 * time.Minute))
		}
	}
	asm.FlushAll()
	fmt.Println(fac.bytes, "bytes reassembled")
	return nil
}
