package ward

import (
	"encoding/base32"
	"errors"
	"fmt"
	"strconv"
	"strings"
)

// TokenKind says what a token stands for. Numbers are stable: they are stored.
type TokenKind uint8

// The kinds of token. The key that makes a kind's tokens is chosen by purpose
// (see package privacy), so that tokens of two purposes cannot be joined.
const (
	TokenNone     TokenKind = iota
	TokenPatient            // patient identifier with its assigning authority
	TokenVisit              // visit or encounter number
	TokenOrder              // placer or filler order number, prescription
	TokenMessage            // message control number
	TokenStudy              // accession number, study instance UID
	TokenInstance           // series or SOP instance UID
	TokenSerial             // serial of an implant, insulin pump or other personal device
	TokenAddress            // personal Bluetooth address
	TokenStaff              // staff identifier, login name
	TokenName               // any free string that is not known vocabulary
	TokenSecret             // credential digest, for "same one used twice" only
	tokenKinds
)

var tokenKindNames = [...]string{"none", "patient", "visit", "order", "message", "study", "instance", "serial", "address", "staff", "name", "secret"}

// String returns the kind's stable name.
func (k TokenKind) String() string {
	if int(k) < len(tokenKindNames) {
		return tokenKindNames[k]
	}
	return "kind" + strconv.Itoa(int(k))
}

// Token is a keyed pseudonym: key epoch, kind and 128 bits. The zero Token
// means "not known". Tokens are comparable and are patient data all the same:
// exports replace them with aliases.
type Token struct {
	Kind  TokenKind
	Epoch uint16
	Sum   [16]byte
}

// Zero reports whether t stands for nothing.
func (t Token) Zero() bool { return t.Kind == TokenNone }

var tokenEncoding = base32.NewEncoding("0123456789abcdefghjkmnpqrstvwxyz").WithPadding(base32.NoPadding)

// String returns kind.epoch.base32, for example patient.1.8k2j…; "" for zero.
func (t Token) String() string {
	if t.Zero() {
		return ""
	}
	return string(t.Append(nil))
}

// Append appends the text form to b.
func (t Token) Append(b []byte) []byte {
	if t.Zero() {
		return b
	}
	b = append(b, t.Kind.String()...)
	b = append(b, '.')
	b = strconv.AppendUint(b, uint64(t.Epoch), 10)
	b = append(b, '.')
	return tokenEncoding.AppendEncode(b, t.Sum[:])
}

// ErrToken is wrapped by every ParseToken error.
var ErrToken = errors.New("not a token")

// ParseToken reads what String wrote.
func ParseToken(s string) (Token, error) {
	var t Token
	if s == "" {
		return t, nil
	}
	parts := strings.Split(s, ".")
	if len(parts) != 3 {
		return t, fmt.Errorf("%w: want kind.epoch.digest", ErrToken)
	}
	for k := TokenPatient; k < tokenKinds; k++ {
		if k.String() == parts[0] {
			t.Kind = k
		}
	}
	epoch, err := strconv.ParseUint(parts[1], 10, 16)
	sum, err2 := tokenEncoding.DecodeString(parts[2])
	if t.Kind == TokenNone || err != nil || err2 != nil || len(sum) != len(t.Sum) {
		return Token{}, fmt.Errorf("%w: unknown kind, epoch or digest", ErrToken)
	}
	t.Epoch = uint16(epoch)
	copy(t.Sum[:], sum)
	return t, nil
}
