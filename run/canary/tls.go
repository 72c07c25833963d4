package canary

import (
	"crypto/ecdsa"
	"crypto/elliptic"
	"crypto/rand"
	"crypto/tls"
	"crypto/x509"
	"crypto/x509/pkix"
	"encoding/asn1"
	"io"
	"math/big"
	"net"
	"net/url"
	"sync"
	"time"
)

// tap keeps what goes through a connection, in order.
type tap struct {
	net.Conn
	down  bool
	lock  *sync.Mutex
	turns *[]Turn
}

func (t tap) Write(b []byte) (int, error) {
	t.lock.Lock()
	*t.turns = append(*t.turns, Turn{t.down, append([]byte{}, b...)})
	t.lock.Unlock()
	return t.Conn.Write(b)
}

func certificate(p *Plant, f string) tls.Certificate {
	v := func(s string) string { return p.V(f + " " + s) }
	key, err := ecdsa.GenerateKey(elliptic.P256(), rand.Reader)
	check(err)
	name := func(k string) pkix.Name {
		one := func(s string) []string { return []string{v(k + " " + s)} }
		return pkix.Name{CommonName: v(k + " CN"), Organization: one("O"), OrganizationalUnit: one("OU"), Country: one("C"), Locality: one("L"), Province: one("ST"), StreetAddress: one("street"), PostalCode: one("postal code"), SerialNumber: v(k + " serial"),
			ExtraNames: []pkix.AttributeTypeAndValue{{Type: asn1.ObjectIdentifier{1, 2, 840, 113549, 1, 9, 1}, Value: v(k + " mail")}, {Type: asn1.ObjectIdentifier{2, 5, 4, 4}, Value: v(k + " surname")}, {Type: asn1.ObjectIdentifier{2, 5, 4, 42}, Value: v(k + " given")}, {Type: asn1.ObjectIdentifier{2, 5, 4, 12}, Value: v(k + " title")}, {Type: asn1.ObjectIdentifier{2, 5, 4, 13}, Value: v(k + " description")}}}
	}
	issuer := &x509.Certificate{SerialNumber: big.NewInt(1), Subject: name("issuer"), NotBefore: start, NotAfter: start.AddDate(1, 0, 0), IsCA: true, BasicConstraintsValid: true}
	leaf := &x509.Certificate{SerialNumber: new(big.Int).SetBytes([]byte(p.Short(f+" serial number", 16))), Subject: name("subject"), NotBefore: start, NotAfter: start.AddDate(1, 0, 0),
		DNSNames: []string{p.Word(f + " SAN dns"), p.Word(f+" SAN dns2") + ".hospital.example"}, EmailAddresses: []string{p.Word(f+" SAN mail") + "@x.example"}, URIs: []*url.URL{{Scheme: "https", Host: p.Word(f + " SAN uri"), Path: "/" + p.Word(f+" SAN uri path")}},
		CRLDistributionPoints: []string{"http://" + p.Word(f+" CRL")}, OCSPServer: []string{"http://" + p.Word(f+" OCSP")}, IssuingCertificateURL: []string{"http://" + p.Word(f+" AIA")}}
	der, err := x509.CreateCertificate(rand.Reader, leaf, issuer, &key.PublicKey, key)
	check(err)
	ca, err := x509.CreateCertificate(rand.Reader, issuer, issuer, &key.PublicKey, key)
	check(err)
	return tls.Certificate{Certificate: [][]byte{der, ca}, PrivateKey: key}
}

// tlsTalk adds real handshakes, with certificates on both sides.
func tlsTalk(n *Net, p *Plant) {
	p.In("tls")
	for _, version := range []uint16{tls.VersionTLS10, tls.VersionTLS12, tls.VersionTLS13} {
		server := &tls.Config{Certificates: []tls.Certificate{certificate(p, "server")}, MinVersion: tls.VersionTLS10, MaxVersion: version, ClientAuth: tls.RequestClientCert, NextProtos: []string{"h2", p.Word("server ALPN")}, Time: func() time.Time { return start }}
		client := &tls.Config{Certificates: []tls.Certificate{certificate(p, "client")}, MinVersion: tls.VersionTLS10, MaxVersion: version, InsecureSkipVerify: true, ServerName: p.Word("SNI") + ".hospital.example", NextProtos: []string{p.Word("ALPN"), "h2"}, Time: func() time.Time { return start }}
		n.TCP("tls", 443, handshake(server, client)...)
	}
}

func handshake(server, client *tls.Config) []Turn {
	a, b := net.Pipe()
	var lock sync.Mutex
	var turns []Turn
	done := make(chan error, 1)
	go func() {
		s := tls.Server(tap{b, true, &lock, &turns}, server)
		err := s.Handshake()
		if err == nil {
			_, err = s.Write([]byte("hello"))
		}
		done <- err
	}()
	c := tls.Client(tap{a, false, &lock, &turns}, client)
	check(c.Handshake())
	_, err := io.ReadFull(c, make([]byte, 5)) // TLS 1.0 sends it in two records
	check(err)
	check(<-done)
	lock.Lock()
	defer lock.Unlock()
	return turns
}
