package tls

import (
	"crypto/sha256"
	"encoding/binary"
	"encoding/hex"
	"slices"
)

// maxListed is how many ciphers or extensions JA4 hashes: more are cut off,
// which no client in use comes near.
const maxListed = 256

// ja4 collects a client hello's parts for its fingerprint.
type ja4 struct {
	version    uint16
	sni        bool
	alpn       []byte // the first protocol
	ciphers    []byte // as on the wire
	signatures []byte
	exts       [maxListed]uint16
	extsN      int
	extsAll    int // counted, server name and ALPN included
}

// grease reports RFC 8701's reserved values, which fingerprints leave out.
func grease(v uint16) bool { return v&0x0f0f == 0x0a0a && v>>8 == v&0xff }

func (j *ja4) extension(t uint16) {
	if grease(t) {
		return
	}
	j.extsAll++
	if t != extServerName && t != extALPN && j.extsN < maxListed {
		j.exts[j.extsN] = t
		j.extsN++
	}
}

// String returns "ja4 " and the fingerprint. proto is t, d or q.
func (j *ja4) String(proto byte) string {
	var list [maxListed]uint16
	n := 0
	for b := j.ciphers; len(b) >= 2 && n < maxListed; b = b[2:] {
		if v := binary.BigEndian.Uint16(b); !grease(v) {
			list[n] = v
			n++
		}
	}
	ciphers, exts := list[:n], j.exts[:j.extsN]
	slices.Sort(ciphers)
	slices.Sort(exts)

	out := append(make([]byte, 0, 40), "ja4 "...)
	out = append(out, proto)
	out = append(out, ja4Version(j.version)...)
	out = append(out, "id"[boolIndex(j.sni)])
	out = twoDigits(out, len(ciphers))
	out = twoDigits(out, j.extsAll)
	out = appendALPN(out, j.alpn)

	var text [2*5*maxListed + 8]byte
	out = appendHash(append(out, '_'), appendList(text[:0], ciphers))
	t := appendList(text[:0], exts)
	if len(t) > 0 && len(j.signatures) >= 2 {
		t = append(t, '_')
		t = appendSignatures(t, j.signatures)
	}
	return string(appendHash(append(out, '_'), t))
}

func boolIndex(b bool) int {
	if b {
		return 1
	}
	return 0
}

func ja4Version(v uint16) string {
	switch v {
	case versionSSL2:
		return "s2"
	case versionSSL3:
		return "s3"
	case version10:
		return "10"
	case version11:
		return "11"
	case version12:
		return "12"
	case version13:
		return "13"
	case versionD10:
		return "d1"
	case versionD12:
		return "d2"
	case versionD13:
		return "d3"
	}
	return "00"
}

func twoDigits(out []byte, n int) []byte {
	n = min(n, 99)
	return append(out, byte('0'+n/10), byte('0'+n%10))
}

// appendALPN appends the protocol's first and last character, or those of its
// hexadecimal form where either is not alphanumeric.
func appendALPN(out, alpn []byte) []byte {
	if len(alpn) == 0 {
		return append(out, "00"...)
	}
	first, last := alpn[0], alpn[len(alpn)-1]
	if alphanumeric(first) && alphanumeric(last) {
		return append(out, first, last)
	}
	const digits = "0123456789abcdef"
	return append(out, digits[first>>4], digits[last&15])
}

func alphanumeric(b byte) bool {
	return b >= '0' && b <= '9' || b >= 'A' && b <= 'Z' || b >= 'a' && b <= 'z'
}

func appendList(out []byte, list []uint16) []byte {
	for i, v := range list {
		if i > 0 {
			out = append(out, ',')
		}
		out = hex.AppendEncode(out, []byte{byte(v >> 8), byte(v)})
	}
	return out
}

func appendSignatures(out, b []byte) []byte {
	for first := true; len(b) >= 2 && len(out) < 2*5*maxListed; b = b[2:] {
		if grease(binary.BigEndian.Uint16(b)) {
			continue
		}
		if !first {
			out = append(out, ',')
		}
		first = false
		out = hex.AppendEncode(out, b[:2])
	}
	return out
}

// appendHash appends the first twelve hexadecimal digits of the SHA-256 of text,
// zeros for an empty one.
func appendHash(out, text []byte) []byte {
	if len(text) == 0 {
		return append(out, "000000000000"...)
	}
	sum := sha256.Sum256(text)
	return hex.AppendEncode(out, sum[:6])
}
