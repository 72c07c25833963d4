package smb

import (
	"bytes"
	"strconv"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// NTLMSSP flags, [MS-NLMP] 2.2.2.5.
const (
	ntlmUnicode = 1 << 0
	ntlmVersion = 1 << 25
)

var (
	ntlmSignature = []byte("NTLMSSP\x00")
	kerberosOID   = []byte{0x2a, 0x86, 0x48, 0x86, 0xf7, 0x12, 0x01, 0x02, 0x02}
)

// loginRequest reads the security token of a session setup. False means that
// nobody logs in with it yet.
func (s *stream) loginRequest(c *sense.Context, up sense.Dir, r *request, blob []byte) bool {
	r.act = actLogin
	r.actor = ward.Token{}
	i := bytes.Index(blob, ntlmSignature)
	if i < 0 {
		if bytes.Contains(blob, kerberosOID) {
			r.auth = "kerberos"
		}
		return len(blob) > 0
	}
	m := blob[i:]
	switch ntlmType(m) {
	case 1:
		s.ntlmNegotiate(c, up, m)
		return false
	case 3:
		s.ntlmAuthenticate(c, up, r, m)
	}
	return true
}

func ntlmType(m []byte) uint32 {
	if len(m) < 16 {
		return 0
	}
	return le.Uint32(m[8:])
}

// ntlmField returns the bytes that a field at offset at points to.
func ntlmField(m []byte, at int) []byte {
	b := part(m, uint32(at), 8)
	if len(b) < 8 {
		return nil
	}
	return part(m, le.Uint32(b[4:]), uint32(le.Uint16(b)))
}

// ntlmNegotiate reads NEGOTIATE_MESSAGE, [MS-NLMP] 2.2.1.1.
func (s *stream) ntlmNegotiate(c *sense.Context, up sense.Dir, m []byte) {
	flags := le.Uint32(m[12:])
	const from = "ntlmssp negotiate"
	if name := ntlmField(m, 24); len(name) > 0 && len(m) >= 32 {
		c.Sight(up, from, hostFact(c, name, 75))
	}
	if flags&ntlmVersion != 0 {
		sightVersion(c, up, from, part(m, 32, 8))
	}
}

// challenge reads CHALLENGE_MESSAGE, [MS-NLMP] 2.2.1.2, if blob holds one: the
// server's names.
func (s *stream) challenge(c *sense.Context, up sense.Dir, blob []byte) {
	i := bytes.Index(blob, ntlmSignature)
	if i < 0 || ntlmType(blob[i:]) != 2 || len(blob[i:]) < 48 {
		return
	}
	m := blob[i:]
	const from = "ntlmssp challenge"
	for info := ntlmField(m, 40); len(info) >= 4; {
		id, n := le.Uint16(info), le.Uint16(info[2:])
		value := part(info, 4, uint32(n))
		switch id {
		case 1: // NetBIOS computer name
			c.Sight(up.Other(), from, hostFact(c, s.utf16(value), 90))
		case 3: // DNS computer name
			c.Sight(up.Other(), from, hostFact(c, s.utf16(value), 85))
		}
		if id == 0 || len(value) < int(n) {
			break
		}
		info = info[4+int(n):]
	}
	if le.Uint32(m[20:])&ntlmVersion != 0 {
		sightVersion(c, up.Other(), from, part(m, 48, 8))
	}
}

// ntlmAuthenticate reads AUTHENTICATE_MESSAGE, [MS-NLMP] 2.2.1.3.
func (s *stream) ntlmAuthenticate(c *sense.Context, up sense.Dir, r *request, m []byte) {
	if len(m) < 64 {
		return
	}
	flags := le.Uint32(m[60:])
	text := func(at int) []byte {
		b := ntlmField(m, at)
		b = b[:min(len(b), maxName)]
		if flags&ntlmUnicode != 0 {
			return appendUTF16(nil, b)
		}
		return bytes.Clone(b)
	}
	user, answer := text(36), ntlmField(m, 20)
	switch {
	case len(user) == 0 && len(answer) == 0:
		r.auth = "anonymous"
	case len(answer) == 24:
		r.auth = "ntlm v1"
	default:
		r.auth = "ntlm v2"
	}
	r.actor = c.Token(ward.TokenStaff, bytes.ToUpper(text(28)), bytes.ToLower(user))
	const from = "ntlmssp authenticate"
	c.Sight(up, from, hostFact(c, text(44), 85))
	if flags&ntlmVersion != 0 {
		sightVersion(c, up, from, part(m, 64, 8))
	}
}

// sightVersion reads VERSION, [MS-NLMP] 2.2.2.10.
func sightVersion(c *sense.Context, d sense.Dir, from string, v []byte) {
	if len(v) < 8 || v[7] != 15 {
		return
	}
	number := uint32(le.Uint16(v[2:]))
	switch {
	case number == 0 && v[0] == 6 && v[1] == 1: // what Samba has always claimed
		c.Sight(d, from, ward.Fact{Field: ward.FieldProduct, Value: "Samba", Confidence: 60})
	case number != 0:
		c.Sight(d, from, ward.Fact{Field: ward.FieldOS, Value: osName(v[0], v[1], number), Confidence: 85})
	}
}

// osName names Windows by version and build: "Windows 10 1909 (18363)".
func osName(major, minor byte, number uint32) string {
	n := strconv.FormatUint(uint64(number), 10)
	if w := windows(number); w != "" {
		return w + " (" + n + ")"
	}
	return "Windows " + strconv.Itoa(int(major)) + "." + strconv.Itoa(int(minor)) + " (" + n + ")"
}
