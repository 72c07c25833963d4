//go:build amd64 && !purego

package digest

import "golang.org/x/sys/cpu"

//go:generate sh -c "go run ./internal/gen > kernel_amd64.s"

// hasKernel tells whether the processor and the operating system have what the
// kernels use.
var hasKernel = cpu.X86.HasAVX512F && cpu.X86.HasAVX512VL && cpu.X86.HasAVX512BW

// chunks puts the chaining values of the sixteen chunks at in, of which counter is
// the first one's and a multiple of sixteen, to out.
//
//go:noescape
func chunks(in *byte, key *chain, counter uint64, out *[16]chain)

// chunks8 is chunks for eight.
//
//go:noescape
func chunks8(in *byte, key *chain, counter uint64, out *[8]chain)

// parents puts the chaining values of sixteen pairs to out, which may overlap in.
//
//go:noescape
func parents(in *[32]chain, key *chain, out *[16]chain)

// compress replaces cv by what the compression function makes of it.
//
//go:noescape
func compress(cv *chain, block *[64]byte, counter uint64, length, flags uint32)
