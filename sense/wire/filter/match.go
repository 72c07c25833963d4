package filter

import (
	"encoding/binary"

	"golang.org/x/net/bpf"
)

// Matcher runs a filter over packets of one link type.
type Matcher struct{ program []bpf.Instruction }

// Matcher returns the filter for packets of a link type (LINKTYPE_ number). It fails
// where the expression asks for what such packets do not have.
func (f *Filter) Matcher(link int) (*Matcher, error) {
	p, err := compile(f, link, false)
	if err != nil {
		return nil, err
	}
	return &Matcher{p}, nil
}

// Match reports whether a packet passes. length is that on the wire. As in the
// kernel, a packet too short for a question does not pass, whatever the question.
func (m *Matcher) Match(b []byte, length int) bool {
	var a, x uint32
	for pc := 0; pc < len(m.program); pc++ {
		ok := true
		switch i := m.program[pc].(type) {
		case bpf.LoadAbsolute:
			a, ok = load(b, uint64(i.Off), i.Size)
		case bpf.LoadIndirect:
			a, ok = load(b, uint64(i.Off)+uint64(x), i.Size)
		case bpf.LoadMemShift:
			x, ok = load(b, uint64(i.Off), 1)
			x = x & 0xf * 4
		case bpf.LoadExtension:
			a = uint32(length) // the only one outside the kernel
		case bpf.ALUOpConstant:
			a &= i.Val // the only operation that filters use
		case bpf.Jump:
			pc += int(i.Skip)
		case bpf.JumpIf:
			if holds(i.Cond, a, i.Val) {
				pc += int(i.SkipTrue)
			} else {
				pc += int(i.SkipFalse)
			}
		case bpf.RetConstant:
			return i.Val != 0
		}
		if !ok {
			return false
		}
	}
	return false
}

func load(b []byte, off uint64, size int) (uint32, bool) {
	if off+uint64(size) > uint64(len(b)) {
		return 0, false
	}
	switch b = b[off:]; size {
	case 1:
		return uint32(b[0]), true
	case 2:
		return uint32(binary.BigEndian.Uint16(b)), true
	}
	return binary.BigEndian.Uint32(b), true
}

func holds(c bpf.JumpTest, a, value uint32) bool {
	switch c {
	case bpf.JumpEqual:
		return a == value
	case bpf.JumpGreaterOrEqual:
		return a >= value
	case bpf.JumpLessOrEqual:
		return a <= value
	}
	return a&value != 0 // JumpBitsSet
}
