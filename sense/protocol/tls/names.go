package tls

import "strconv"

// alertName returns RFC 8446 section 6's description; older ones by RFC 5246.
func alertName(d byte) string {
	switch d {
	case 10:
		return "unexpected message"
	case 20:
		return "bad record mac"
	case 21:
		return "decryption failed"
	case 22:
		return "record overflow"
	case 30:
		return "decompression failure"
	case 40:
		return "handshake failure"
	case 41:
		return "no certificate"
	case 42:
		return "bad certificate"
	case 43:
		return "unsupported certificate"
	case 44:
		return "certificate revoked"
	case 45:
		return "certificate expired"
	case 46:
		return "certificate unknown"
	case 47:
		return "illegal parameter"
	case 48:
		return "unknown ca"
	case 49:
		return "access denied"
	case 50:
		return "decode error"
	case 51:
		return "decrypt error"
	case 60:
		return "export restriction"
	case 70:
		return "protocol version"
	case 71:
		return "insufficient security"
	case 80:
		return "internal error"
	case 86:
		return "inappropriate fallback"
	case 109:
		return "missing extension"
	case 110:
		return "unsupported extension"
	case 112:
		return "unrecognized name"
	case 113:
		return "bad certificate status response"
	case 115:
		return "unknown psk identity"
	case 116:
		return "certificate required"
	case 120:
		return "no application protocol"
	}
	return "alert " + strconv.Itoa(int(d))
}

// knownALPN returns a protocol of IANA's registry, "other" for any other.
func knownALPN(b []byte) string {
	switch s := string(b); s {
	case "", "h2", "h3", "http/1.0", "http/1.1", "spdy/3", "spdy/3.1", "ftp", "imap", "pop3", "smtp", "dot", "doq",
		"mqtt", "coap", "co", "xmpp-client", "xmpp-server", "stun.turn", "stun.nat-discovery", "webrtc", "c-webrtc",
		"acme-tls/1", "postgresql", "tds/8.0", "sip/2", "radius/1.0", "radius/1.1", "ntske/1", "irc", "nntp", "managesieve", "smb":
		return s
	}
	return "other"
}
