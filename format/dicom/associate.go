package dicom

import "encoding/binary"

// Associate is an A-ASSOCIATE-RQ or -AC (PS3.8 sections 9.3.2 and 9.3.3). Slices
// alias the body.
type Associate struct {
	Version         uint16
	Called, Calling []byte
	items           []byte
}

// ParseAssociate reads the body of an A-ASSOCIATE-RQ or -AC.
func ParseAssociate(body []byte) (a Associate, ok bool) {
	if len(body) < minAssociate {
		return a, false
	}
	return Associate{Version: binary.BigEndian.Uint16(body), Called: Trim(body[4:20]), Calling: Trim(body[20:36]), items: body[68:]}, true
}

// Items returns the variable items.
func (a *Associate) Items() Items { return Items(a.items) }

// The item types of A-ASSOCIATE PDUs.
const (
	ItemApplicationContext = 0x10
	ItemContextRQ          = 0x20
	ItemContextAC          = 0x21
	ItemAbstractSyntax     = 0x30
	ItemTransferSyntax     = 0x40
	ItemUser               = 0x50
	ItemMaxLength          = 0x51
	ItemImplementation     = 0x52
	ItemAsyncWindow        = 0x53
	ItemRole               = 0x54
	ItemVersionName        = 0x55
	ItemUserIdentity       = 0x58
	ItemUserIdentityAC     = 0x59
)

// Items are type, reserved octet, length and value, one after the other.
type Items []byte

// Next returns the first item and removes it; ok is false at the end or where an
// item does not fit.
func (i *Items) Next() (kind uint8, value []byte, ok bool) {
	b := *i
	if len(b) < 4 {
		return 0, nil, false
	}
	n := int(binary.BigEndian.Uint16(b[2:]))
	if len(b)-4 < n {
		*i = nil
		return 0, nil, false
	}
	*i = b[4+n:]
	return b[0], b[4 : 4+n], true
}

// PresentationContext is an item 20 or 21. Its sub-items are syntaxes.
type PresentationContext struct {
	ID     uint8
	Result uint8 // of an AC: 0 accepted
	Items  Items
}

// ParseContext reads a presentation context item.
func ParseContext(v []byte) (p PresentationContext, ok bool) {
	if len(v) < 4 {
		return p, false
	}
	return PresentationContext{ID: v[0], Result: v[2], Items: v[4:]}, true
}

// Role is an SCP/SCU role selection (PS3.7 annex D.3.3.4).
type Role struct {
	SOPClass []byte
	SCU, SCP bool
}

// ParseRole reads a role selection item.
func ParseRole(v []byte) (r Role, ok bool) {
	if len(v) < 4 {
		return r, false
	}
	n := int(binary.BigEndian.Uint16(v))
	if len(v)-4 < n {
		return r, false
	}
	return Role{SOPClass: v[2 : 2+n], SCU: v[2+n] == 1, SCP: v[3+n] == 1}, true
}

// UserIdentity is a user identity negotiation (PS3.7 annex D.3.3.7) without its
// secret.
type UserIdentity struct {
	Type    uint8 // 1 user name, 2 with passcode, 3 Kerberos, 4 SAML, 5 JWT
	Primary []byte
	Secret  bool // a passcode follows
}

// ParseUserIdentity reads a user identity item.
func ParseUserIdentity(v []byte) (u UserIdentity, ok bool) {
	if len(v) < 4 {
		return u, false
	}
	n := int(binary.BigEndian.Uint16(v[2:]))
	if len(v)-4 < n {
		return u, false
	}
	u = UserIdentity{Type: v[0], Primary: v[4 : 4+n]}
	if rest := v[4+n:]; len(rest) >= 2 {
		u.Secret = binary.BigEndian.Uint16(rest) > 0
	}
	return u, true
}
