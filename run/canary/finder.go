package canary

import (
	"bytes"
	"compress/gzip"
	"compress/zlib"
	"encoding/base64"
	"fmt"
	"html"
	"io"
	"strconv"
	"strings"

	"github.com/klauspost/compress/zstd"
)

// Finder looks for needles in anything that was written. Rather than write every
// needle in every encoding it undoes the encodings.
type Finder struct {
	about  map[string]string // needle → where it was planted
	starts map[[4]byte][]string
	begin  []uint64 // a bit for each three bytes that a needle begins with
}

// NewFinder returns one that looks for nothing yet.
func NewFinder() *Finder {
	return &Finder{about: map[string]string{}, starts: map[[4]byte][]string{}, begin: make([]uint64, 1<<24/64)}
}

// Add looks for the needles, in lower case and of four bytes at least.
func (f *Finder) Add(about string, needles ...string) {
	for _, n := range needles {
		if len(n) < 4 {
			continue
		}
		if _, ok := f.about[n]; ok {
			continue
		}
		f.about[n] = about
		k := [4]byte([]byte(n[:4]))
		f.starts[k] = append(f.starts[k], n)
		at := three(k[:])
		f.begin[at/64] |= 1 << (at % 64)
	}
}

// Len is how many needles are looked for.
func (f *Finder) Len() int { return len(f.about) }

// Hit is an identity found.
type Hit struct{ Needle, Planted, Where, How, Context string }

func (h Hit) String() string {
	return fmt.Sprintf("%q of %s found in %s (%s): …%s…", h.Needle, h.Planted, h.Where, h.How, h.Context)
}

// maxDepth is how many encodings inside each other are undone.
const maxDepth = 3

// Search looks through b, plain and with each encoding undone.
func (f *Finder) Search(where string, b []byte) []Hit {
	seen := map[string]bool{}
	var hits []Hit
	f.search(where, "plain", b, 0, func(h Hit) {
		if !seen[h.Needle] {
			seen[h.Needle] = true
			hits = append(hits, h)
		}
	})
	return hits
}

func (f *Finder) search(where, how string, b []byte, depth int, hit func(Hit)) {
	f.scan(where, how, b, hit)
	if depth == maxDepth {
		return
	}
	deeper := func(kind string, b []byte) {
		if len(b) >= 4 {
			f.search(where, how+" > "+kind, b, depth+1, hit)
		}
	}
	for i := range 2 {
		if u := narrow(b, i); u != nil {
			deeper("utf-16", u)
		}
	}
	deeper("hex", runs(b, isHex, 8, unhexBoth))
	deeper("base64", runs(b, isBase64, 8, unbase64))
	if bytes.IndexByte(b, '%') >= 0 {
		deeper("percent", escapes(b, '%', 2, ""))
	}
	if bytes.IndexByte(b, '=') >= 0 {
		deeper("quoted-printable", escapes(bytes.ReplaceAll(bytes.ReplaceAll(b, []byte("=\r\n"), nil), []byte("=\n"), nil), '=', 2, ""))
	}
	if bytes.Contains(b, []byte(`\u`)) {
		deeper(`\u`, escapes(b, '\\', 4, "u"))
	}
	if bytes.Contains(b, []byte(`\x`)) {
		deeper(`\x`, escapes(b, '\\', 2, "x"))
	}
	if bytes.Contains(b, []byte("&#")) {
		deeper("html", []byte(html.UnescapeString(string(b))))
	}
	compressed(b, deeper)
}

// changed returns nil when nothing was decoded.
func narrow(b []byte, at int) []byte {
	// UTF-16 in either order: letters that have a zero on one side. What is not such
	// becomes a separator.
	var out []byte
	any := 0
	for i := at; i+1 < len(b); i += 2 {
		switch {
		case b[i] == 0 && b[i+1] >= ' ' && b[i+1] < 0x7f:
			out = append(out, b[i+1])
			any++
		case b[i+1] == 0 && b[i] >= ' ' && b[i] < 0x7f:
			out = append(out, b[i])
			any++
		default:
			if n := len(out); n > 0 && out[n-1] != 1 {
				out = append(out, 1)
			}
		}
	}
	if any < 4 {
		return nil
	}
	return out
}

// runs decodes each run of at least n bytes of a kind; runs stay apart.
func runs(b []byte, of func(byte) bool, n int, decode func(out, run []byte) []byte) []byte {
	var out []byte
	for i := 0; i < len(b); i++ {
		j := i
		for j < len(b) && of(b[j]) {
			j++
		}
		if j-i >= n {
			out = append(decode(out, b[i:j]), 1)
		}
		i = j
	}
	return out
}

func isHex(c byte) bool { return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'f' }

func isBase64(c byte) bool {
	return '0' <= c && c <= '9' || 'a' <= c|0x20 && c|0x20 <= 'z' || c == '+' || c == '/' || c == '-' || c == '_'
}

func unhexBoth(out, run []byte) []byte {
	for at := range 2 {
		for i := at; i+1 < len(run); i += 2 {
			v, _ := strconv.ParseUint(string(run[i:i+2]), 16, 8) // only hex digits
			out = append(out, byte(v))
		}
		out = append(out, 1)
	}
	return out
}

func unbase64(out, run []byte) []byte {
	std := bytes.ReplaceAll(bytes.ReplaceAll(run, []byte("-"), []byte("+")), []byte("_"), []byte("/"))
	for at := range 4 {
		s := std[min(at, len(std)):]
		if len(s)%4 == 1 {
			s = s[:len(s)-1]
		}
		d := make([]byte, base64.RawStdEncoding.DecodedLen(len(s)))
		n, _ := base64.RawStdEncoding.Decode(d, s) // what does not decode is cut
		out = append(append(out, d[:n]...), 1)
	}
	return out
}

// escapes undoes mark + kind + n hex digits.
func escapes(b []byte, mark byte, n int, kind string) []byte {
	out := make([]byte, 0, len(b))
	for i := 0; i < len(b); i++ {
		at := i + 1 + len(kind)
		if b[i] == mark && at+n <= len(b) && strings.EqualFold(string(b[i+1:at]), kind) {
			if v, err := strconv.ParseUint(string(b[at:at+n]), 16, 16); err == nil {
				if v < 0x100 {
					out = append(out, byte(v))
				} else {
					out = append(out, string(rune(v))...)
				}
				i = at + n - 1
				continue
			}
		}
		out = append(out, b[i])
	}
	return out
}

// maxPlain is the most that is unpacked of one compressed stream.
const maxPlain = 64 << 20

func compressed(b []byte, each func(string, []byte)) {
	try := func(kind string, magic []byte, open func(io.Reader) (io.Reader, error)) {
		for at := 0; ; {
			i := bytes.Index(b[at:], magic)
			if i < 0 {
				return
			}
			if r, err := open(bytes.NewReader(b[at+i:])); err == nil {
				plain, _ := io.ReadAll(io.LimitReader(r, maxPlain)) // a stream that ends early was read so far
				each(kind, plain)
			}
			at += i + 1
		}
	}
	try("gzip", []byte{0x1f, 0x8b, 8}, func(r io.Reader) (io.Reader, error) { return gzip.NewReader(r) })
	try("zstd", []byte{0x28, 0xb5, 0x2f, 0xfd}, func(r io.Reader) (io.Reader, error) {
		d, err := zstd.NewReader(r, zstd.WithDecoderConcurrency(1), zstd.WithDecoderMaxMemory(maxPlain))
		return d, err
	})
	for _, second := range []byte{0x01, 0x5e, 0x9c, 0xda} {
		try("deflate", []byte{0x78, second}, func(r io.Reader) (io.Reader, error) { return zlib.NewReader(r) })
	}
}

func three(b []byte) uint32 { return uint32(b[0])<<16 | uint32(b[1])<<8 | uint32(b[2]) }

// scan looks for needles as they are, in any case.
func (f *Finder) scan(where, how string, b []byte, hit func(Hit)) {
	low := bytes.ToLower(b)
	if len(low) != len(b) { // not UTF-8
		low = bytes.Clone(b)
		for i, c := range low {
			if 'A' <= c && c <= 'Z' {
				low[i] = c | 0x20
			}
		}
	}
	for i := 0; i+4 <= len(low); i++ {
		if at := three(low[i:]); f.begin[at/64]&(1<<(at%64)) == 0 {
			continue
		}
		for _, n := range f.starts[[4]byte(low[i:i+4])] {
			if !bytes.HasPrefix(low[i:], []byte(n)) || !whole(low, i, n) {
				continue
			}
			hit(Hit{n, f.about[n], where, how, strconv.QuoteToASCII(string(b[max(0, i-60):min(len(b), i+len(n)+40)]))})
		}
	}
}

// tokenRun is the least length of a run of letters and digits that is a token or a
// digest, where digits may stand in any order.
const tokenRun = 20

// whole reports whether digits found at i are a number of their own, and not part of
// a longer number or of a token.
func whole(b []byte, i int, n string) bool {
	if strings.Trim(n, "0123456789-./ ") != "" {
		return true
	}
	from, to := i, i+len(n)
	isNumber := func(c byte) bool { return '0' <= c && c <= '9' }
	if len(n) < 8 && (from > 0 && (isNumber(b[from-1]) || b[from-1] == '.') || to < len(b) && isNumber(b[to])) {
		return false
	}
	letter := false
	isWord := func(c byte) bool {
		letter = letter || 'a' <= c && c <= 'z'
		return isNumber(c) || 'a' <= c && c <= 'z'
	}
	for from > 0 && isWord(b[from-1]) {
		from--
	}
	for to < len(b) && isWord(b[to]) {
		to++
	}
	return (to-from < tokenRun || !letter) && !deviceID(b[from:to])
}

// deviceID reports a device's id as tables show it: d and nine hexadecimal digits.
func deviceID(b []byte) bool {
	return len(b) == 10 && b[0] == 'd' && bytes.IndexFunc(b[1:], func(r rune) bool { return r > 0x7f || !isHex(byte(r)) }) < 0
}
