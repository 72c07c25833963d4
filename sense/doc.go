// Package sense holds the contract between the wire, the protocol analyzers and
// privacy: what an analyzer is, what it is fed, and what it may say.
//
// The rooms below it (wire, protocol/<name>, intake/<name>, privacy, spool) import
// this package and never each other.
package sense
