// Package sensetest is the shared harness for analyzers: golden output from real
// captures, every split point, gaps, foreign traffic and fuzzing. It reads
// captures with gopacket, so that it does not share faults with the wire.
package sensetest

import (
	"crypto/sha256"
	"strings"

	"wardkeeper/sense"
	"wardkeeper/ward"
)

// Plain is a Privacy for tests that shows what an analyzer passed: Text returns
// class(raw), so that goldens tell whether every free string went through it.
type Plain struct{ key [32]byte }

var classNames = [...]string{"name", "host", "ae", "app", "maker", "model", "software", "version", "serial", "path", "department", "drug", "code"}

// Token implements sense.Privacy.
func (p *Plain) Token(kind ward.TokenKind, authority, value []byte) ward.Token {
	v := strings.TrimSpace(string(value))
	if v == "" {
		return ward.Token{}
	}
	h := sha256.Sum256([]byte(kind.String() + "\x00" + string(authority) + "\x00" + v))
	t := ward.Token{Kind: kind, Epoch: 1}
	copy(t.Sum[:], h[:])
	return t
}

// Text implements sense.Privacy.
func (p *Plain) Text(class sense.Class, raw []byte) string {
	if len(raw) == 0 {
		return ""
	}
	return classNames[class] + "(" + string(raw[:min(len(raw), 128)]) + ")"
}

// DigestKey implements sense.Privacy.
func (p *Plain) DigestKey() *[32]byte { return &p.key }
