package filter

import (
	"fmt"

	"golang.org/x/net/bpf"
)

const (
	maxProgram = 4096    // instructions the kernel takes (BPF_MAXINSNS)
	maxSkip    = 255     // of a conditional jump
	whole      = 1 << 18 // how much of a packet that matches is captured
)

// label is a place in a program; its position is known when all is written.
type label int

// step is an instruction, or a jump to labels.
type step struct {
	ins  bpf.Instruction
	jump bool
	yes  label
	no   label // conditional jumps
	long bool  // its labels are too far for a conditional jump alone
}

// writer collects steps.
type writer struct {
	steps  []step
	labels []int // step of each label
}

func (w *writer) label() label {
	w.labels = append(w.labels, -1)
	return label(len(w.labels) - 1)
}

func (w *writer) place(l label) { w.labels[l] = len(w.steps) }

func (w *writer) put(i bpf.Instruction) { w.steps = append(w.steps, step{ins: i}) }

// cond writes c, going to yes or no.
func (w *writer) cond(c *cond, yes, no label) {
	switch c.op {
	case kindNot:
		w.cond(&c.kids[0], no, yes)
	case kindAnd, kindOr:
		w.series(c, yes, no)
	default:
		w.test(&c.test, yes, no)
	}
}

func (w *writer) series(c *cond, yes, no label) {
	if len(c.kids) == 0 { // and of nothing is true, or of nothing false
		to := yes
		if c.op == kindOr {
			to = no
		}
		w.steps = append(w.steps, step{jump: true, yes: to, no: to})
		return
	}
	for i := range c.kids {
		if i == len(c.kids)-1 {
			w.cond(&c.kids[i], yes, no)
			return
		}
		next := w.label()
		if c.op == kindAnd {
			w.cond(&c.kids[i], next, no)
		} else {
			w.cond(&c.kids[i], yes, next)
		}
		w.place(next)
	}
}

func (w *writer) test(t *test, yes, no label) {
	switch {
	case t.extended:
		w.put(bpf.LoadExtension{Num: t.extension})
	case t.indexed:
		w.put(bpf.LoadMemShift{Off: uint32(t.header)})
		w.put(bpf.LoadIndirect{Off: uint32(t.off), Size: t.size})
	default:
		w.put(bpf.LoadAbsolute{Off: uint32(t.off), Size: t.size})
	}
	if t.mask != 0 && t.mask != ^uint32(0) {
		w.put(bpf.ALUOpConstant{Op: bpf.ALUOpAnd, Val: t.mask})
	}
	w.steps = append(w.steps, step{ins: bpf.JumpIf{Cond: t.is, Val: t.value}, jump: true, yes: yes, no: no})
}

// compile writes the program for a link type. The program of live capture looks for
// the outer VLAN tag where the kernel puts it when it takes it off the packet.
func compile(f *Filter, link int, live bool) ([]bpf.Instruction, error) {
	if f.root == nil {
		return []bpf.Instruction{bpf.RetConstant{Val: whole}}, nil
	}
	at, err := layoutOf(link)
	if err != nil {
		return nil, err
	}
	w := &writer{}
	yes, no := w.label(), w.label()
	if live && f.vlan {
		there, gone := w.label(), w.label()
		w.put(bpf.LoadExtension{Num: bpf.ExtVLANTagPresent})
		w.steps = append(w.steps, step{ins: bpf.JumpIf{Cond: bpf.JumpEqual, Val: 0}, jump: true, yes: there, no: gone})
		w.place(gone)
		stripped := at
		stripped.stripped = true
		if err := w.tree(f.root, stripped, yes, no); err != nil {
			return nil, err
		}
		w.place(there)
	}
	if err := w.tree(f.root, at, yes, no); err != nil {
		return nil, err
	}
	w.place(yes)
	w.put(bpf.RetConstant{Val: whole})
	w.place(no)
	w.put(bpf.RetConstant{})
	return w.finish()
}

func (w *writer) tree(n *node, at layout, yes, no label) error {
	l := &lowerer{layout: at}
	c := l.node(n)
	if l.err != nil {
		return l.err
	}
	w.cond(&c, yes, no)
	return nil
}

// finish turns labels into distances. A conditional jump that is too far becomes
// one over two unconditional ones.
func (w *writer) finish() ([]bpf.Instruction, error) {
	for {
		at := w.positions()
		if n := at[len(at)-1]; n > maxProgram {
			return nil, fmt.Errorf("filter: the expression is too long: %d instructions, at most %d", n, maxProgram)
		}
		if w.lengthen(at) {
			continue
		}
		var out []bpf.Instruction
		for i := range w.steps {
			out = w.steps[i].write(out, w.distance(at, i))
		}
		return out, nil
	}
}

// positions returns where each step begins, and the end.
func (w *writer) positions() []int {
	at := make([]int, len(w.steps)+1)
	for i, s := range w.steps {
		at[i+1] = at[i] + 1
		if s.long {
			at[i+1] += 2
		}
	}
	return at
}

// lengthen marks jumps that do not reach; true if there was a new one.
func (w *writer) lengthen(at []int) bool {
	changed := false
	for i := range w.steps {
		s := &w.steps[i]
		if !s.jump || s.ins == nil || s.long {
			continue
		}
		if d := w.distance(at, i); d[0] > maxSkip || d[1] > maxSkip {
			s.long, changed = true, true
		}
	}
	return changed
}

// distance returns how many instructions lie between a step and its labels.
func (w *writer) distance(at []int, i int) (d [2]int) {
	s := w.steps[i]
	if !s.jump {
		return d
	}
	return [2]int{at[w.labels[s.yes]] - at[i] - 1, at[w.labels[s.no]] - at[i] - 1}
}

func (s *step) write(out []bpf.Instruction, d [2]int) []bpf.Instruction {
	switch {
	case !s.jump:
		return append(out, s.ins)
	case s.ins == nil:
		return append(out, bpf.Jump{Skip: uint32(d[0])})
	}
	j := s.ins.(bpf.JumpIf)
	if s.long {
		j.SkipTrue, j.SkipFalse = 0, 1
		return append(out, j, bpf.Jump{Skip: uint32(d[0] - 1)}, bpf.Jump{Skip: uint32(d[1] - 2)})
	}
	j.SkipTrue, j.SkipFalse = uint8(d[0]), uint8(d[1])
	return append(out, j)
}

// Program returns the filter for packets of a link type (LINKTYPE_ number). live is for a socket of the
// kernel, which takes the outer VLAN tag off packets; such packets also answer to
// what stands before the first vlan, as with tcpdump.
func (f *Filter) Program(link int, live bool) ([]bpf.RawInstruction, error) {
	p, err := compile(f, link, live)
	if err != nil {
		return nil, err
	}
	raw, err := bpf.Assemble(p)
	if err != nil {
		return nil, fmt.Errorf("filter: %w", err)
	}
	return raw, nil
}
