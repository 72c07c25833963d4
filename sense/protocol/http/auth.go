package http

import (
	"bytes"
	"encoding/base64"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

const maxCredential = 1 << 10 // bytes of a Basic credential that is decoded

// schemeName returns the known authentication scheme a header value begins with.
func schemeName(v []byte) string {
	if i := bytes.IndexByte(v, ' '); i >= 0 {
		v = v[:i]
	}
	for _, s := range [...]string{"basic", "digest", "bearer", "ntlm", "negotiate", "hoba", "mutual", "aws4-hmac-sha256"} {
		if fold(v, s) {
			return s
		}
	}
	return "other"
}

// credential reads an Authorization header: its scheme, who it names, and for
// Basic a pseudonym of the credential. Nothing else of it is kept.
func (m *memo) credential(c *sense.Context, v []byte) {
	if !m.isNew(&m.auth, v) {
		return
	}
	m.scheme, m.user, m.secret = schemeName(v), ward.Token{}, ""
	switch m.scheme {
	case "basic":
		sp := bytes.IndexByte(v, ' ')
		if sp < 0 {
			return
		}
		v = trim(v[sp:])
		var buf [maxCredential]byte
		if base64.StdEncoding.DecodedLen(len(v)) > len(buf) {
			c.Limit("http.credential-bytes")
			return
		}
		n, err := base64.StdEncoding.Decode(buf[:], v)
		if err != nil {
			return
		}
		pair := buf[:n]
		name, _, _ := bytes.Cut(pair, []byte{':'})
		m.user = c.Token(ward.TokenStaff, nil, name)
		m.secret = c.Token(ward.TokenSecret, nil, pair).String()
	case "digest":
		m.user = c.Token(ward.TokenStaff, nil, parameter(v, "username"))
	}
}

// upgradeKind names the protocol that an Upgrade header asks for.
func upgradeKind(v []byte) string {
	if len(v) == 0 {
		return ""
	}
	if i := bytes.IndexAny(v, ",/ "); i >= 0 {
		v = v[:i]
	}
	for _, k := range [...]string{"websocket", "h2c", "tls", "spdy"} {
		if fold(v, k) {
			return k
		}
	}
	return "other"
}
