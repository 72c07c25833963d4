//go:build !linux

package privacy

// secretMemory returns n bytes; locking them is done on Linux only.
func secretMemory(n int) []byte { return make([]byte, n) }

// NoCoreDumps does nothing on this system.
func NoCoreDumps() error { return nil }
