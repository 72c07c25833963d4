package tls

import (
	"bytes"
	"crypto/ecdsa"
	"crypto/rsa"
	"crypto/x509"
	"encoding/hex"
	"slices"
	"strings"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Caps.
const (
	maxCertificate = 1 << 14 // one that is read; longer ones are only digested
	maxAltNames    = 4       // DNS names taken from one certificate
)

// certificates reads RFC 5246 section 7.4.2 and says what the sender's own (the
// first) certificate tells. The message of TLS 1.3 is never in the clear.
func certificates(c *sense.Context, dir sense.Dir, b []byte) bool {
	r := cursor{b: b}
	list := cursor{b: r.take(r.u24())}
	if len(list.b) == 0 {
		return !r.bad
	}
	der := list.take(list.u24())
	if list.bad || len(der) == 0 {
		return false
	}
	c.Sight(dir, "tls certificate", ward.Fact{Field: ward.FieldFingerprint, Value: "cert " + digest(c, der), Confidence: 80})
	if len(der) > maxCertificate {
		c.Limit("tls.certificate-bytes")
		return true
	}
	// Odd certificates that the library rejects are only digested.
	if cert, err := x509.ParseCertificate(der); err == nil {
		sightNames(c, dir, cert)
		sightFaults(c, dir, cert)
	}
	return true
}

// digest is a keyed digest: equal certificates on several devices show without
// the certificate being kept.
func digest(c *sense.Context, b []byte) string {
	h := c.Hasher()
	defer c.FreeHasher(h)
	h.Write(b)
	var sum [32]byte
	h.Sum(&sum)
	return hex.EncodeToString(sum[:16])
}

func selfIssued(cert *x509.Certificate) bool {
	return bytes.Equal(cert.RawSubject, cert.RawIssuer)
}

func sightNames(c *sense.Context, dir sense.Dir, cert *x509.Certificate) {
	var facts [8]ward.Fact
	n := 0
	add := func(f ward.Field, class sense.Class, raw string, confidence uint8) {
		if raw != "" && n < len(facts) {
			facts[n] = ward.Fact{Field: f, Value: c.Text(class, []byte(raw)), Confidence: confidence}
			n++
		}
	}
	for i, name := range cert.DNSNames {
		if i == maxAltNames {
			break
		}
		if !strings.HasPrefix(name, "*") {
			add(ward.FieldHostname, sense.ClassHost, name, 60)
		}
	}
	switch cn := cert.Subject.CommonName; {
	case !hostLike(cn):
		add(ward.FieldProduct, sense.ClassModel, cn, 50)
	case !strings.HasPrefix(cn, "*") && !slices.Contains(cert.DNSNames, cn):
		add(ward.FieldHostname, sense.ClassHost, cn, 60)
	}
	// Who made a certificate for itself or within a private hierarchy is often
	// the maker; behind a public authority the organisation is the owner.
	if selfIssued(cert) {
		add(ward.FieldMaker, sense.ClassMaker, first(cert.Subject.Organization), 40)
	} else {
		add(ward.FieldMaker, sense.ClassMaker, first(cert.Issuer.Organization), 20)
	}
	c.Sight(dir, "tls certificate subject", facts[:n]...)
}

func first(s []string) string {
	if len(s) == 0 {
		return ""
	}
	return s[0]
}

// hostLike reports a name of letters, digits, dots and dashes with a dot in it.
func hostLike(s string) bool {
	for i := range len(s) {
		if !alphanumeric(s[i]) && !strings.ContainsRune(".-_*", rune(s[i])) {
			return false
		}
	}
	return strings.Contains(s, ".")
}

// sightFaults says what is wrong with a certificate, by the packet's clock.
func sightFaults(c *sense.Context, dir sense.Dir, cert *x509.Certificate) {
	now := c.Time().Std()
	service := func(on bool, name string, confidence uint8) ward.Fact {
		if !on {
			return ward.Fact{}
		}
		return ward.Fact{Field: ward.FieldService, Value: name, Confidence: confidence}
	}
	c.Sight(dir, "tls certificate fault",
		service(now.After(cert.NotAfter), "certificate expired", 90),
		service(now.Before(cert.NotBefore), "certificate not yet valid", 90),
		service(selfIssued(cert), "certificate self-signed", 95),
		service(weakKey(cert), "certificate weak key", 95),
		service(weakSignature(cert), "certificate weak signature", 95))
}

// weakKey follows NIST SP 800-131A: RSA below 2048 bits, curves below 224.
func weakKey(cert *x509.Certificate) bool {
	switch k := cert.PublicKey.(type) {
	case *rsa.PublicKey:
		return k.N.BitLen() < 2048
	case *ecdsa.PublicKey:
		return k.Curve.Params().BitSize < 224
	}
	return false
}

func weakSignature(cert *x509.Certificate) bool {
	switch cert.SignatureAlgorithm {
	case x509.MD2WithRSA, x509.MD5WithRSA, x509.SHA1WithRSA, x509.DSAWithSHA1, x509.ECDSAWithSHA1:
		return true
	}
	return false
}
