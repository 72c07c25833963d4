package ssh

import (
	"bytes"
	"crypto/md5"
	"encoding/hex"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

func hexOf(b []byte) string { return hex.EncodeToString(b) }

// Places of SSH_MSG_KEXINIT's name-lists, RFC 4253 section 7.1.
const (
	listKex = iota
	listHostKey
	listCipherUp
	listCipherDown
	listMACUp
	listMACDown
	listZipUp
	listZipDown
	lists
)

// kexInit reads an SSH_MSG_KEXINIT without its message number.
func (s *stream) kexInit(c *sense.Context, dir sense.Dir, b []byte) {
	d := &s.sides[dir]
	const cookie = 16
	if d.kexInit || len(b) < cookie {
		return
	}
	b = b[cookie:]
	var l [lists][]byte
	for i := range l {
		var ok bool
		if l[i], b, ok = str(b); !ok {
			c.Anomaly(dir, "ssh.bad-kexinit", "a name-list that runs over the end")
			s.end(c, dir)
			return
		}
	}
	d.kexInit = true
	c.Message()
	// The direction's own lists: client to server for the client.
	own := int(dir)
	h := md5.New()
	for i, list := range [...][]byte{l[listKex], l[listCipherUp+own], l[listMACUp+own], l[listZipUp+own]} {
		if i > 0 {
			h.Write([]byte{';'})
		}
		h.Write(list)
	}
	d.hassh = hexOf(h.Sum(nil))
	method := "hassh "
	if dir == sense.ToClient {
		method = "hasshserver "
	}
	c.Sight(dir, "ssh kexinit", ward.Fact{Field: ward.FieldFingerprint, Value: method + d.hassh, Confidence: 65})
	// What is negotiated for client to server stands for both ways.
	d.keepOffers(c, l[listKex], l[listHostKey], l[listCipherUp], l[listMACUp])
	if dir == sense.ToClient {
		c.Sight(dir, "ssh kexinit weakness", ward.Fact{Field: ward.FieldService, Value: weakOffer(l[:]), Confidence: 90})
	}
}

// keepOffers keeps the lists for the negotiation's outcome.
func (d *side) keepOffers(c *sense.Context, offers ...[]byte) {
	n := 0
	for _, o := range offers {
		n += len(o)
	}
	for _, o := range offers {
		if !d.offerMem.Append(c, o, n, "ssh.packet-bytes") {
			return
		}
	}
	all := d.offerMem.Bytes()
	for i, o := range offers {
		d.offers[i], all = all[:len(o)], all[len(o):]
	}
}

// weakOffer names a server that still offers what RFC 9142 and RFC 8758 retire.
func weakOffer(l [][]byte) string {
	switch {
	case has(l[listCipherDown], "none"):
		return "ssh null cipher"
	case has(l[listCipherDown], "arcfour") || has(l[listCipherDown], "arcfour128") || has(l[listCipherDown], "des-cbc"):
		return "ssh weak cipher"
	case has(l[listKex], "diffie-hellman-group1-sha1"):
		return "ssh weak key exchange"
	}
	return ""
}

// has reports whether a name-list holds a name.
func has(list []byte, name string) bool {
	for len(list) > 0 {
		var item []byte
		item, list, _ = bytes.Cut(list, []byte{','})
		if string(item) == name {
			return true
		}
	}
	return false
}

// negotiated returns the first of the client's offers that the server has too
// (RFC 4253 section 7.1).
func (s *stream) negotiated(c *sense.Context, i int) string {
	list, server := s.sides[sense.ToServer].offers[i], s.sides[sense.ToClient].offers[i]
	for n := 0; len(list) > 0 && n < 64; n++ {
		var item []byte
		item, list, _ = bytes.Cut(list, []byte{','})
		if has(server, string(item)) {
			if known := algorithm(string(item)); known != "" {
				return known
			}
			return c.Text(sense.ClassCode, item)
		}
	}
	return ""
}

// algorithm returns the name if it is one of IANA's or OpenSSH's; else "".
func algorithm(name string) string {
	switch name {
	case "curve25519-sha256", "curve25519-sha256@libssh.org", "curve448-sha512",
		"sntrup761x25519-sha512", "sntrup761x25519-sha512@openssh.com", "mlkem768x25519-sha256",
		"ecdh-sha2-nistp256", "ecdh-sha2-nistp384", "ecdh-sha2-nistp521",
		"diffie-hellman-group-exchange-sha1", "diffie-hellman-group-exchange-sha256", "diffie-hellman-group1-sha1",
		"diffie-hellman-group14-sha1", "diffie-hellman-group14-sha256", "diffie-hellman-group15-sha512",
		"diffie-hellman-group16-sha512", "diffie-hellman-group17-sha512", "diffie-hellman-group18-sha512",
		"ssh-rsa", "ssh-dss", "ssh-ed25519", "ssh-ed448", "rsa-sha2-256", "rsa-sha2-512",
		"ecdsa-sha2-nistp256", "ecdsa-sha2-nistp384", "ecdsa-sha2-nistp521",
		"sk-ssh-ed25519@openssh.com", "sk-ecdsa-sha2-nistp256@openssh.com",
		"ssh-rsa-cert-v01@openssh.com", "ssh-ed25519-cert-v01@openssh.com", "ecdsa-sha2-nistp256-cert-v01@openssh.com",
		"aes128-ctr", "aes192-ctr", "aes256-ctr", "aes128-cbc", "aes192-cbc", "aes256-cbc", "rijndael-cbc@lysator.liu.se",
		"aes128-gcm@openssh.com", "aes256-gcm@openssh.com", "chacha20-poly1305@openssh.com",
		"3des-cbc", "3des-ctr", "des-cbc", "blowfish-cbc", "cast128-cbc", "arcfour", "arcfour128", "arcfour256", "none",
		"hmac-sha1", "hmac-sha1-96", "hmac-md5", "hmac-md5-96", "hmac-sha2-256", "hmac-sha2-512", "hmac-ripemd160",
		"hmac-sha1-etm@openssh.com", "hmac-sha2-256-etm@openssh.com", "hmac-sha2-512-etm@openssh.com", "hmac-md5-etm@openssh.com",
		"umac-64@openssh.com", "umac-128@openssh.com", "umac-64-etm@openssh.com", "umac-128-etm@openssh.com":
		return name
	}
	return ""
}
