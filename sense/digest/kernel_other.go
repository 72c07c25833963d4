//go:build !amd64 || purego

package digest

const hasKernel = false

func chunks(*byte, *chain, uint64, *[16]chain)           { panic("digest: no kernel") }
func chunks8(*byte, *chain, uint64, *[8]chain)           { panic("digest: no kernel") }
func parents(*[32]chain, *chain, *[16]chain)             { panic("digest: no kernel") }
func compress(*chain, *[64]byte, uint64, uint32, uint32) { panic("digest: no kernel") }
