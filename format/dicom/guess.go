package dicom

// GuessBytes is how much of a data set Guess looks at.
const GuessBytes = 8

// maxFirstLength bounds the first element's length where a guess rests on it.
const maxFirstLength = 1 << 12

// Guess says how a data set that begins with b is probably encoded, where no
// negotiation tells: UnknownEncoding if it does not look like a data set.
func Guess(b []byte) Encoding {
	if len(b) < GuessBytes {
		return UnknownEncoding
	}
	vr := [2]byte{b[4], b[5]}
	explicit := validVR(vr) && (!longVR(vr) || b[6] == 0 && b[7] == 0)
	little := Tag(b[1])<<24 | Tag(b[0])<<16 | Tag(b[3])<<8 | Tag(b[2])
	big := Tag(b[0])<<24 | Tag(b[1])<<16 | Tag(b[2])<<8 | Tag(b[3])
	length := uint32(b[7])<<24 | uint32(b[6])<<16 | uint32(b[5])<<8 | uint32(b[4])
	switch {
	case explicit && firstTag(little):
		return ExplicitLE
	case explicit && firstTag(big):
		return ExplicitBE
	case firstTag(little) && (length <= maxFirstLength && length%2 == 0 || length == undefinedLength):
		return ImplicitLE
	}
	return UnknownEncoding
}

// firstTag reports whether a data set may begin with t: they begin with low
// groups, most with 0008.
func firstTag(t Tag) bool {
	group, element := t>>16, t&0xffff
	return group >= 0x0004 && group <= 0x0040 && group%2 == 0 && element <= 0x2000 ||
		group >= 0x2000 && group <= 0x2200 && group%2 == 0 && element <= 0x2000 ||
		group == 0x0074
}
