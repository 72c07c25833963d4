package sense

import "wardkeeper/ward"

// Class says where a free string stood, which decides what of it may be kept.
// Everything else becomes a token's text: default deny.
type Class uint8

// The classes.
const (
	ClassName       Class = iota // anything: kept only if every word is known vocabulary
	ClassHost                    // host, DNS, DHCP, NetBIOS and certificate names
	ClassAE                      // DICOM AE title, station name
	ClassApp                     // HL7 application or facility, SNMP sysName
	ClassMaker                   // manufacturer
	ClassModel                   // model, product name
	ClassSoftware                // product with version: banner, user agent, software version
	ClassVersion                 // a version alone
	ClassSerial                  // equipment serial number (implants and insulin pumps: use Token)
	ClassPath                    // file name, share, URL path
	ClassDepartment              // department, ward, location
	ClassDrug                    // drug name
	ClassCode                    // coded value of a known coding system, units
)

// Privacy turns what was on the wire into what may be kept. An implementation
// serves one shard and is not safe for concurrent use.
type Privacy interface {
	// Token returns the pseudonym of value as authority assigned it; the zero
	// Token for an empty value. Surrounding space is not part of a value.
	Token(kind ward.TokenKind, authority, value []byte) ward.Token
	// Text returns what may be kept of raw: cleaned text, at most 128 bytes, in
	// which whatever is not known vocabulary is replaced by a token's short text
	// ("~" and 10 characters). Empty for empty.
	Text(class Class, raw []byte) string
	// DigestKey is the key for keyed content digests.
	DigestKey() *[32]byte
}
