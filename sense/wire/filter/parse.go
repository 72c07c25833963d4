package filter

import (
	"fmt"
	"math"
	"net"
	"net/netip"
	"slices"
	"strconv"
	"strings"
)

// Filter is a parsed expression.
type Filter struct {
	expr string
	root *node // nil: everything
	vlan bool  // a vlan keyword is in it
}

// String returns the expression as it was given.
func (f *Filter) String() string { return f.expr }

// kind says what a node asks.
type kind uint8

const (
	kindAnd kind = iota
	kindOr
	kindNot
	kindHost // and net
	kindPort
	kindEtherHost
	kindEtherProto
	kindProto
	kindVLAN
	kindLess
	kindGreater
	kindMulticast
	kindBroadcast
)

// dir says which end of a packet is meant.
type dir uint8

const (
	dirEither dir = iota
	dirSrc
	dirDst
	dirBoth
)

// node is a part of an expression.
type node struct {
	kind   kind
	a, b   *node
	dir    dir
	proto  string // qualifier, "" for any
	prefix netip.Prefix
	mac    [6]byte
	lo, hi uint32
	any    bool // vlan without number
	depth  int  // vlan keywords before it
}

// qualifier is the words before a value.
type qualifier struct {
	proto string
	dir   dir
	what  string // host, net, port, portrange, proto; "" for none given
}

// parser reads an expression. tcpdump's grammar: the words before a value hold for
// values that follow without words of their own.
type parser struct {
	expr   string
	toks   []token
	depth  int
	vlans  int
	last   *qualifier // of the value just read; nil: values need words
	values bool       // inside "port ( … )": values only
}

// Parse reads an expression. An empty one means every packet.
func Parse(expr string) (*Filter, error) {
	if len(expr) > maxLength {
		return nil, fmt.Errorf("filter: %d characters, at most %d", len(expr), maxLength)
	}
	p := &parser{expr: expr, toks: tokens(expr)}
	f := &Filter{expr: expr}
	if p.peek() == "" {
		return f, nil
	}
	root, err := p.terms()
	if err != nil {
		return nil, err
	}
	if p.peek() != "" {
		return nil, p.expected(`"and", "or" or the end`)
	}
	f.root, f.vlan = root, p.vlans > 0
	if _, err := compile(f, linkEthernet, true); err != nil { // too long shows now, not when capturing
		return nil, err
	}
	return f, nil
}

func (p *parser) peek() string { return p.toks[0].text }

func (p *parser) take() string {
	t := p.toks[0].text
	if len(p.toks) > 1 {
		p.toks = p.toks[1:]
	}
	return t
}

func (p *parser) accept(text string) bool {
	if p.peek() != text {
		return false
	}
	p.take()
	return true
}

func (p *parser) expected(what string) error {
	t := p.toks[0]
	return &SyntaxError{Expr: p.expr, Position: t.at + 1, Found: t.text, Expected: what}
}

// terms reads terms joined by and, or: of equal rank, from the left.
func (p *parser) terms() (*node, error) {
	left, err := p.term()
	for err == nil {
		k := kindOr
		switch p.peek() {
		case "and":
			k = kindAnd
		case "or":
		default:
			return left, nil
		}
		p.take()
		var right *node
		if right, err = p.term(); err == nil {
			left = &node{kind: k, a: left, b: right}
		}
	}
	return nil, err
}

func (p *parser) term() (*node, error) {
	if p.depth++; p.depth > maxDepth {
		return nil, p.expected(fmt.Sprintf("at most %d parentheses and negations inside each other", maxDepth))
	}
	defer func() { p.depth-- }()
	switch {
	case p.accept("not"):
		n, err := p.term()
		return &node{kind: kindNot, a: n}, err
	case p.accept("("):
		return p.group()
	}
	return p.primitive()
}

func (p *parser) group() (*node, error) {
	n, err := p.terms()
	if err != nil {
		return nil, err
	}
	if !p.accept(")") {
		return nil, p.expected(`"and", "or" or ")"`)
	}
	return n, nil
}

const primitives = "host, net, port, portrange, src, dst, ether, proto, tcp, udp, sctp, icmp, icmp6, ip, ip6, arp, rarp, vlan, less, greater, broadcast, multicast, not or ("

// primitive reads one question: words and a value, a value alone, or a word alone.
func (p *parser) primitive() (*node, error) {
	if p.startsValue() {
		if p.last == nil {
			return nil, p.expected(`words such as "host" or "port" before the value`)
		}
		return p.value(*p.last)
	}
	if p.values {
		return nil, p.expected("a value")
	}
	switch p.peek() {
	case "vlan":
		return p.vlan()
	case "less", "greater":
		k := kindLess
		if p.take() == "greater" {
			k = kindGreater
		}
		n, err := p.number(math.MaxUint32, "a length in bytes")
		p.last = nil
		return &node{kind: k, lo: n}, err
	case "broadcast", "multicast":
		return p.cast()
	}
	return p.qualified()
}

// startsValue reports whether a value comes, not a word.
func (p *parser) startsValue() bool {
	t := p.peek()
	return t != "" && (t[0] >= '0' && t[0] <= '9' || strings.Contains(t, ":"))
}

func (p *parser) cast() (*node, error) {
	k := kindBroadcast
	if p.take() == "multicast" {
		k = kindMulticast
	}
	p.last = nil
	return &node{kind: k}, nil
}

func (p *parser) vlan() (*node, error) {
	if p.vlans == maxVLANs {
		return nil, p.expected(fmt.Sprintf("at most %d vlan", maxVLANs))
	}
	p.take()
	n := &node{kind: kindVLAN, any: true, depth: p.vlans}
	p.vlans++
	p.last = nil
	if p.startsValue() {
		id, err := p.number(4095, "a VLAN number from 0 to 4095")
		n.any, n.lo = false, id
		return n, err
	}
	return n, nil
}

// protocols are the words that may qualify a value or stand alone.
var protocols = []string{"ether", "ip", "ip6", "arp", "rarp", "tcp", "udp", "sctp", "icmp", "icmp6"}

// takes lists the protocol words that may stand before a kind of value.
var takes = map[string][]string{
	"host": {"", "ether", "ip", "ip6", "arp", "rarp"}, "net": {"", "ip", "ip6", "arp", "rarp"},
	"port": {"", "tcp", "udp", "sctp"}, "portrange": {"", "tcp", "udp", "sctp"}, "proto": {"", "ether", "ip", "ip6"},
}

// qualified reads words and then their value.
func (p *parser) qualified() (*node, error) {
	var q qualifier
	start := p.toks
	if slices.Contains(protocols, p.peek()) {
		q.proto = p.take()
	}
	directed, err := p.direction(&q)
	if err != nil {
		return nil, err
	}
	allowed, known := takes[p.peek()]
	switch {
	case known && q.proto != "" && !slices.Contains(allowed, q.proto):
		return nil, p.expected(whatFollows(q.proto))
	case known && directed && p.peek() == "proto":
		return nil, p.expected("host, net, port or portrange after src or dst")
	case known:
		q.what = p.take()
	case q.proto == "ether" && (p.peek() == "broadcast" || p.peek() == "multicast"):
		return p.cast()
	case directed && p.startsValue():
	case q.proto != "" && !directed:
		if p.startsValue() || q.proto == "ether" {
			return nil, p.expected(whatFollows(q.proto))
		}
		p.last = nil
		return p.bare(q.proto), nil
	case !directed:
		p.toks = start
		return nil, p.expected(primitives)
	default:
		return nil, p.expected("host, net, port, portrange or an address")
	}
	if p.accept("(") {
		return p.valueGroup(q)
	}
	return p.value(q)
}

// whatFollows lists what may follow a protocol's word.
func whatFollows(proto string) string {
	var out []string
	for _, w := range []string{"host", "net", "port", "portrange", "proto"} {
		if slices.Contains(takes[w], proto) {
			out = append(out, w)
		}
	}
	if out == nil {
		return fmt.Sprintf(`"and", "or" or the end after %q`, proto)
	}
	return strings.Join(out, ", ") + fmt.Sprintf(" after %q", proto)
}

// direction reads src, dst, "src or dst", "src and dst".
func (p *parser) direction(q *qualifier) (bool, error) {
	first := p.peek()
	if first != "src" && first != "dst" {
		return false, nil
	}
	p.take()
	q.dir = dirSrc
	if first == "dst" {
		q.dir = dirDst
	}
	join := p.peek()
	if join != "or" && join != "and" {
		return true, nil
	}
	p.take()
	if other := p.peek(); other != "src" && other != "dst" || other == first {
		return true, p.expected(fmt.Sprintf(`the other of "src" and "dst" after "%s %s"`, first, join))
	}
	p.take()
	q.dir = dirEither
	if join == "and" {
		q.dir = dirBoth
	}
	return true, nil
}

// valueGroup reads the values in "port (80 or 443)".
func (p *parser) valueGroup(q qualifier) (*node, error) {
	was := p.values
	p.values, p.last = true, &q
	defer func() { p.values = was }()
	if p.depth++; p.depth > maxDepth {
		return nil, p.expected(fmt.Sprintf("at most %d parentheses and negations inside each other", maxDepth))
	}
	defer func() { p.depth-- }()
	return p.group()
}

// value reads what q asks for.
func (p *parser) value(q qualifier) (*node, error) {
	n := &node{kind: kindHost, dir: q.dir, proto: q.proto, depth: p.vlans}
	var err error
	switch q.what {
	case "", "host":
		err = p.host(n, q.what)
	case "net":
		n.prefix, err = p.network(q.proto)
	case "port":
		n.kind = kindPort
		n.lo, err = p.number(math.MaxUint16, "a port number from 0 to 65535")
		n.hi = n.lo
	case "portrange":
		n.kind = kindPort
		err = p.portrange(n)
	default:
		err = p.protocol(n)
	}
	p.last = &q
	return n, err
}

func (p *parser) number(limit uint32, what string) (uint32, error) {
	n, err := strconv.ParseUint(p.peek(), 0, 32)
	if err != nil || n > uint64(limit) || strings.Contains(p.peek(), "_") {
		return 0, p.expected(what)
	}
	p.take()
	return uint32(n), nil
}

func (p *parser) host(n *node, word string) error {
	if n.proto == "ether" {
		mac, err := net.ParseMAC(p.peek())
		if err != nil || len(mac) != 6 {
			return p.expected("a hardware address such as 00:09:fb:12:34:56")
		}
		n.kind = kindEtherHost
		copy(n.mac[:], mac)
		p.take()
		return nil
	}
	what := "an IP address such as 10.20.0.7 or fd00::7"
	if mac, err := net.ParseMAC(p.peek()); err == nil && len(mac) == 6 {
		what = `"ether host" before a hardware address`
	} else if word == "" {
		what = `an IP address, or a word such as "port" or "net" before the value`
	} else if !p.startsValue() && p.peek() != "" && p.peek() != ")" {
		what += " (names are not looked up)"
	}
	ip, err := netip.ParseAddr(p.peek())
	if err != nil || ip.Zone() != "" {
		return p.expected(what)
	}
	n.prefix = netip.PrefixFrom(ip, ip.BitLen())
	return p.checked(n.prefix, n.proto)
}

// checked takes an address if the protocol word allows its version.
func (p *parser) checked(a netip.Prefix, proto string) error {
	if proto == "ip6" && a.Addr().Is4() {
		return p.expected(`an IPv6 address after "ip6"`)
	}
	if !a.Addr().Is4() && proto != "" && proto != "ip6" {
		return p.expected(fmt.Sprintf("an IPv4 address after %q", proto))
	}
	p.take()
	return nil
}

func (p *parser) network(proto string) (netip.Prefix, error) {
	n, err := netip.ParsePrefix(p.peek())
	if err != nil {
		ip, err := netip.ParseAddr(p.peek())
		if err != nil || ip.Zone() != "" {
			return n, p.expected("a network such as 10.20.0.0/16 or fd00::/8")
		}
		n = netip.PrefixFrom(ip, ip.BitLen())
	}
	if n.Masked() != n {
		return n, p.expected(fmt.Sprintf("%s: no bits behind the prefix", n.Masked()))
	}
	return n, p.checked(n, proto)
}

func (p *parser) portrange(n *node) error {
	const what = "two port numbers such as 6000-6010"
	lo, hi, ok := strings.Cut(p.peek(), "-")
	if !ok {
		hi = lo
	}
	a, errA := strconv.ParseUint(lo, 10, 16)
	b, errB := strconv.ParseUint(hi, 10, 16)
	if errA != nil || errB != nil {
		return p.expected(what)
	}
	p.take()
	n.lo, n.hi = uint32(min(a, b)), uint32(max(a, b))
	return nil
}

// names of protocols by number.
var (
	etherNumbers = map[string]uint32{"ip": etherIP4, "arp": etherARP, "rarp": etherRARP, "ip6": etherIP6}
	ipNumbers    = map[string]uint32{"icmp": 1, "igmp": 2, "tcp": 6, "udp": 17, "gre": 47, "esp": 50, "ah": 51, "icmp6": 58, "sctp": 132}
)

// protocol reads the value of "proto"; tcpdump wants a backslash before names that
// are words too, here it may be left out.
func (p *parser) protocol(n *node) error {
	names, limit, what := ipNumbers, uint32(math.MaxUint8), "an IP protocol number from 0 to 255 or its name"
	n.kind = kindProto
	if n.proto == "ether" {
		n.kind = kindEtherProto
		names, limit, what = etherNumbers, math.MaxUint16, "an EtherType from 1501 to 65535, or ip, ip6, arp, rarp"
	}
	if v, ok := names[strings.TrimPrefix(p.peek(), `\`)]; ok {
		p.take()
		n.lo = v
		return nil
	}
	at := p.toks
	v, err := p.number(limit, what)
	if err == nil && n.kind == kindEtherProto && v <= maxLLC {
		p.toks = at
		err = p.expected(what)
	}
	n.lo = v
	return err
}

// bare is a protocol's word alone.
func (p *parser) bare(proto string) *node {
	if v, ok := etherNumbers[proto]; ok {
		return &node{kind: kindEtherProto, lo: v, depth: p.vlans}
	}
	n := &node{kind: kindProto, lo: ipNumbers[proto], depth: p.vlans}
	switch proto {
	case "icmp":
		n.proto = "ip"
	case "icmp6":
		n.proto = "ip6"
	}
	return n
}
