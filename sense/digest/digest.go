// Package digest computes keyed BLAKE3 digests ("BLAKE3: one function, fast
// everywhere", section 2.3's keyed_hash) of content that comes in small slices. On
// processors with AVX-512 it hashes sixteen chunks at a time; on others it is
// github.com/zeebo/blake3. The digests are the same.
package digest

import "github.com/zeebo/blake3"

// Size is of a digest, in bytes.
const Size = 32

// Hasher digests what is written to it. It is not safe for concurrent use.
type Hasher struct {
	tree     *tree // nil where the processor lacks AVX-512
	portable *blake3.Hasher
}

// New returns an empty hasher with a key.
func New(key *[Size]byte) *Hasher {
	if hasKernel {
		return &Hasher{tree: newTree(key)}
	}
	return newPortable(key)
}

func newPortable(key *[Size]byte) *Hasher {
	h, err := blake3.NewKeyed(key[:])
	if err != nil { // only for a key that is not 32 bytes, which the type excludes
		panic(err)
	}
	return &Hasher{portable: h}
}

// Write adds p to what is digested. It never fails.
func (h *Hasher) Write(p []byte) (int, error) {
	if h.tree != nil {
		h.tree.write(p)
		return len(p), nil
	}
	return h.portable.Write(p)
}

// Sum stores the digest of what was written since the last Reset.
func (h *Hasher) Sum(d *[Size]byte) {
	if h.tree != nil {
		h.tree.sum(d)
		return
	}
	h.portable.Sum(d[:0])
}

// Reset makes the hasher empty, with the same key.
func (h *Hasher) Reset() {
	if h.tree != nil {
		h.tree.reset()
		return
	}
	h.portable.Reset()
}
