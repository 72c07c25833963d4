// Package lldp reads what network gear and phones tell their neighbours: LLDP
// (IEEE 802.1AB section 8) with the inventory of LLDP-MED (ANSI/TIA-1057 section
// 10.2.6), and the Cisco discovery protocol.
package lldp

import "wardkeeper/sense"

// Analyzers returns the analyzers lldp and cdp.
func Analyzers() []sense.Analyzer {
	return []sense.Analyzer{
		{
			Name: "lldp", Doc: "IEEE 802.1AB section 8, ANSI/TIA-1057 section 10.2", Transports: sense.Link, Frames: []sense.FrameType{sense.FrameLLDP},
			NewFrames: func(*sense.Context) sense.Frames { return lldp{} },
		},
		{
			Name: "cdp", Doc: "Cisco Discovery Protocol versions 1 and 2", Transports: sense.Link, Frames: []sense.FrameType{sense.FrameCDP},
			NewFrames: func(*sense.Context) sense.Frames { return cdp{} },
		},
	}
}
