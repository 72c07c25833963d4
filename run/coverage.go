package run

import (
	"fmt"
	"maps"
	"slices"
	"strings"

	"wardkeeper/sense/wire"
)

// hiddenRemedy says what would make hidden traffic visible.
var hiddenRemedy = map[string]string{
	"macsec":           "mirror behind the switch that ends MACsec",
	"ipsec":            "mirror behind the VPN gateway",
	"wireguard":        "mirror behind the VPN gateway",
	"openvpn":          "mirror behind the VPN gateway",
	"capwap dtls":      "mirror behind the wireless controller",
	"wi-fi encryption": "mirror at the wireless controller or its switch port",
}

// coverage lists what this input could not show.
func coverage(c *collector, st *wire.Stats) []Coverage {
	var out []Coverage
	add := func(n uint64, what, remedy string) {
		if n > 0 {
			out = append(out, Coverage{what, n, remedy})
		}
	}
	for _, what := range slices.Sorted(maps.Keys(st.Hidden)) {
		add(st.Hidden[what], "packets inside "+what, hiddenRemedy[what])
	}
	add(c.encrypted, "encrypted conversations: who and how much is seen, content is not", "audit trails of the systems at their ends")
	add(c.oneSided, "TCP conversations seen in one direction only", "mirror both directions (TX and RX) of the port")
	add(c.midstream, "conversations older than the capture: their beginning is not known", "longer captures")
	add(c.missing, "bytes of conversations never captured", "a faster capture machine or a less busy mirror port")
	add(st.Cut, "packets shortened by the snap length", "capture whole packets (snap length 0)")
	add(st.Dropped, "packets dropped by the kernel", "a larger ring (--ring) or fewer interfaces")
	add(st.Fragments, "IP fragments that completed nothing by themselves", "")
	var undecoded uint64
	for _, n := range st.NotDecoded {
		undecoded += n
	}
	if undecoded > 0 {
		add(undecoded, "packets not decoded: "+strings.Join(topReasons(st.NotDecoded, 4), ", "), "")
	}
	return out
}

// topReasons returns the most frequent keys with their counts.
func topReasons(m map[string]uint64, n int) []string {
	keys := slices.SortedFunc(maps.Keys(m), func(a, b string) int {
		if m[a] != m[b] {
			if m[a] > m[b] {
				return -1
			}
			return 1
		}
		return strings.Compare(a, b)
	})
	var out []string
	for _, k := range keys[:min(n, len(keys))] {
		out = append(out, fmt.Sprintf("%s (%d)", k, m[k]))
	}
	return out
}
