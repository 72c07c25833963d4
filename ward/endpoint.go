package ward

import (
	"net/netip"
)

// MAC is a 48-bit hardware address; zero means "not known".
type MAC [6]byte

// Zero reports whether the address is not known.
func (m MAC) Zero() bool { return m == MAC{} }

// Multicast reports the group bit (broadcast included).
func (m MAC) Multicast() bool { return m[0]&1 != 0 }

// Local reports a locally administered address, which identifies nobody.
func (m MAC) Local() bool { return m[0]&2 != 0 }

const hexDigits = "0123456789abcdef"

// Append appends the form 00:1c:59:aa:05:41.
func (m MAC) Append(b []byte) []byte {
	for i, c := range m {
		if i > 0 {
			b = append(b, ':')
		}
		b = append(b, hexDigits[c>>4], hexDigits[c&15])
	}
	return b
}

// String returns the form 00:1c:59:aa:05:41, or "" for zero.
func (m MAC) String() string {
	if m.Zero() {
		return ""
	}
	return string(m.Append(make([]byte, 0, 17)))
}

// Endpoint is one end of a conversation. Port is 0 where there is none.
type Endpoint struct {
	IP   netip.Addr
	Port uint16
	MAC  MAC
}
