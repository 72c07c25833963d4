// Package privacy turns what was on the wire into what may be kept: identities
// become keyed pseudonyms and of free text only known vocabulary stays.
//
// # Keys
//
// A Keeper holds one random master key for each epoch of the site. Each purpose
// has a key of its own, derived from the master by HKDF-SHA256 (RFC 5869), so that
// tokens of two purposes cannot be joined even by who has one purpose's key:
//
//	therapy  patient, visit, order, message
//	study    study, instance
//	implant  serial, address
//	access   staff
//	secret   secret
//	text     name (words of free text)
//	digest   keyed content digests
//	echo     hashes of lately seen identities, in memory only
//
// # Tokens
//
// A token is AES-256-CMAC over the kind's number (1 byte),
// the authority's length (4 bytes, big endian), the authority and the value.
// Both are first stripped of leading and trailing white space, controls and NUL.
// ASCII letters of the authority are lowered; the value is taken as it is: case
// and leading zeros count, since two numbers that differ in them may be two people.
// The privacy officer's look-up is the same call with the real number.
//
// # Text
//
// A string is cut into words (letters and digits) and separators. A word stays if
// it is known vocabulary for its class or has a shape that names things and not
// people; any other becomes "~" and the first ten characters of the digest of its
// name token, made from the word in lower case. See Scrubber.Text.
package privacy
