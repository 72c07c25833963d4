package digest

import (
	"encoding/binary"
	"slices"
)

// chain is a chaining value, or the key in its place.
type chain [8]uint32

// Flags of the compression function (section 2.2).
const (
	chunkStart = 1 << 0
	chunkEnd   = 1 << 1
	parent     = 1 << 2
	root       = 1 << 3
	keyed      = 1 << 4
)

const (
	lanes    = 16
	blockLen = 64
	chunkLen = 1024
	groupLen = lanes * chunkLen
)

// depth is how many subtrees fit before the stack grows: enough for 64 MiB.
const depth = 12

// few is up to how many pairs are faster one after another.
const few = 2

// tree hashes sixteen chunks at a time, a group. Its stack is the paper's (section
// 5.1.2), except that an entry holds the sixteen uppermost nodes of sixteen
// subtrees of equal size: so every parent but the last few is made in a full
// kernel too. As there, the last chunk waits until it is known not to be the root.
type tree struct {
	buf    [groupLen]byte
	n      int    // of buf
	groups uint64 // hashed; each bit that is set has an entry on the stack
	stack  []chain
	key    chain
}

func newTree(key *[Size]byte) *tree {
	t := &tree{stack: make([]chain, 0, depth*lanes)}
	for i := range t.key {
		t.key[i] = binary.LittleEndian.Uint32(key[4*i:])
	}
	return t
}

func (t *tree) reset() { t.n, t.groups, t.stack = 0, 0, t.stack[:0] }

func (t *tree) write(p []byte) {
	for len(p) > groupLen-t.n {
		if t.n == 0 {
			t.group((*[groupLen]byte)(p))
			p = p[groupLen:]
			continue
		}
		p = p[copy(t.buf[t.n:], p):]
		t.group(&t.buf)
		t.n = 0
	}
	t.n += copy(t.buf[t.n:], p)
}

// group pushes sixteen chunks, which are not the last ones.
func (t *tree) group(in *[groupLen]byte) {
	top := len(t.stack)
	t.stack = slices.Grow(t.stack, lanes)[:top+lanes]
	chunks(&in[0], &t.key, t.groups*lanes, (*[lanes]chain)(t.stack[top:]))
	for g := t.groups; g&1 == 1; g >>= 1 {
		top -= lanes
		both := (*[2 * lanes]chain)(t.stack[top:])
		parents(both, &t.key, (*[lanes]chain)(both[:]))
	}
	t.stack = t.stack[:top+lanes]
	t.groups++
}

// node is a node of the tree before its last compression, which is another one for
// the root.
type node struct {
	cv      chain
	block   [blockLen]byte
	counter uint64
	length  uint32
	flags   uint32
}

// chain returns n's chaining value.
func (n *node) chain(flags uint32) chain {
	cv := n.cv
	compress(&cv, &n.block, n.counter, n.length, n.flags|flags)
	return cv
}

// sum joins, from the last chunk up, what is on the stack. It changes nothing.
func (t *tree) sum(d *[Size]byte) {
	var n node
	whole := max(t.n-1, 0) / chunkLen // chunks before the last
	t.last(&n, whole)
	if whole > 0 || t.groups > 0 {
		t.join(&n, whole)
	}
	n.counter = 0
	for i, w := range n.chain(root) {
		binary.LittleEndian.PutUint32(d[4*i:], w)
	}
}

// last is the chunk after whole ones in the buffer.
func (t *tree) last(n *node, whole int) {
	*n = node{cv: t.key, counter: t.groups*lanes + uint64(whole), flags: keyed | chunkStart}
	b := t.buf[whole*chunkLen : t.n]
	for len(b) > blockLen {
		compress(&n.cv, (*[blockLen]byte)(b), n.counter, blockLen, n.flags)
		n.flags = keyed
		b = b[blockLen:]
	}
	n.length = uint32(copy(n.block[:], b))
	n.flags |= chunkEnd
}

// join replaces n, the last chunk, by the root.
func (t *tree) join(n *node, whole int) {
	var level [2 * lanes]chain // subtrees of equal size, from left to right
	t.chunks(&level, whole)
	count, top := whole, len(t.stack)
	for g := t.groups; g > 0 || count > 0; g >>= 1 {
		if g&1 == 1 {
			top -= lanes
			copy(level[lanes:], level[:count])
			copy(level[:lanes], t.stack[top:])
			count += lanes
		}
		if count&1 == 1 { // the rightmost has n for its sibling
			t.parent(n, &level[count-1])
		}
		count /= 2
		if count > few {
			parents(&level, &t.key, (*[lanes]chain)(level[:]))
			continue
		}
		for i := range count {
			level[i] = t.pair(&level[2*i], &level[2*i+1])
		}
	}
}

// chunks puts the chaining values of the first whole chunks in the buffer to out,
// and behind them what is of no use.
func (t *tree) chunks(out *[2 * lanes]chain, whole int) {
	switch counter := t.groups * lanes; {
	case whole > lanes/2:
		chunks(&t.buf[0], &t.key, counter, (*[lanes]chain)(out[:]))
	case whole > 0:
		chunks8(&t.buf[0], &t.key, counter, (*[lanes / 2]chain)(out[:]))
	}
}

// parent makes n the parent of left and n.
func (t *tree) parent(n *node, left *chain) {
	right := n.chain(0)
	*n = node{cv: t.key, length: blockLen, flags: keyed | parent}
	fill(&n.block, left, &right)
}

// pair returns the parent's chaining value.
func (t *tree) pair(left, right *chain) chain {
	var block [blockLen]byte
	fill(&block, left, right)
	cv := t.key
	compress(&cv, &block, 0, blockLen, keyed|parent)
	return cv
}

func fill(block *[blockLen]byte, left, right *chain) {
	for i := range left {
		binary.LittleEndian.PutUint32(block[4*i:], left[i])
		binary.LittleEndian.PutUint32(block[blockLen/2+4*i:], right[i])
	}
}
