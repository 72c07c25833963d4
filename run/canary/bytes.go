package canary

import "encoding/binary"

func join(parts ...[]byte) (b []byte) {
	for _, p := range parts {
		b = append(b, p...)
	}
	return b
}

func be16(v ...int) (b []byte) {
	for _, x := range v {
		b = binary.BigEndian.AppendUint16(b, uint16(x))
	}
	return b
}

func be32(v int) []byte { return binary.BigEndian.AppendUint32(nil, uint32(v)) }

func le16(v ...int) (b []byte) {
	for _, x := range v {
		b = binary.LittleEndian.AppendUint16(b, uint16(x))
	}
	return b
}

func le32(v ...int) (b []byte) {
	for _, x := range v {
		b = binary.LittleEndian.AppendUint32(b, uint32(x))
	}
	return b
}

func le64(v int) []byte { return binary.LittleEndian.AppendUint64(nil, uint64(v)) }

// len16 puts a big-endian length before the parts, len8 one byte.
func len16(parts ...[]byte) []byte { b := join(parts...); return append(be16(len(b)), b...) }
func len8(parts ...[]byte) []byte  { b := join(parts...); return append([]byte{byte(len(b))}, b...) }

func utf16le(s string) (b []byte) {
	for _, r := range s {
		b = binary.LittleEndian.AppendUint16(b, uint16(r))
	}
	return b
}

func utf16be(s string) (b []byte) {
	for _, r := range s {
		b = binary.BigEndian.AppendUint16(b, uint16(r))
	}
	return b
}

// ber is one element of BER.
func ber(tag byte, parts ...[]byte) []byte {
	v := join(parts...)
	switch {
	case len(v) < 0x80:
		return append([]byte{tag, byte(len(v))}, v...)
	default:
		return append([]byte{tag, 0x82, byte(len(v) >> 8), byte(len(v))}, v...)
	}
}

func berText(tag byte, s string) []byte { return ber(tag, []byte(s)) }
