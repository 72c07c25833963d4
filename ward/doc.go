// Package ward holds the nouns of Wardkeeper: what crosses the bus or leaves
// the program as an observation, a device or a finding, and nothing else.
//
// It imports only the standard library, so every other room may import it.
package ward
