package dicom

import (
	"os"
	"path/filepath"
	"testing"

	"wardkeeper/sense"
	"wardkeeper/sense/sensetest"
)

// segment is what a TCP segment carries on Ethernet.
const segment = 1448

// benchConversations returns DICOM conversations to measure with: of the folder
// that WARDKEEPER_BENCH names, else made up.
func benchConversations(b testing.TB) []*sensetest.Conversation {
	dir := os.Getenv("WARDKEEPER_BENCH")
	if dir == "" {
		return store(8, 512<<10).Conversations
	}
	var out []*sensetest.Conversation
	for _, conv := range sensetest.Load(b, filepath.Join(dir, "dicom-small.pcap")).Conversations {
		if conv.TCP && conv.Server.Port == 104 {
			out = append(out, conv)
		}
	}
	return out
}

// BenchmarkStream feeds conversations in segments.
func BenchmarkStream(b *testing.B) {
	convs := benchConversations(b)
	var bytes int64
	for _, conv := range convs {
		for _, p := range conv.Pieces {
			bytes += int64(len(p.B))
		}
	}
	c := sense.NewContext(&sensetest.Plain{}, 64<<20, nil)
	out := &sense.Output{}
	c.SetOutput(out)
	b.SetBytes(bytes)
	b.ReportAllocs()
	for b.Loop() {
		for _, conv := range convs {
			c.SetConversation("", name, conv.Client, conv.Server, false, nil)
			s := &stream{}
			for _, p := range conv.Pieces {
				for rest := p.B; len(rest) > 0; {
					n := min(segment, len(rest))
					s.Data(c, p.Dir, rest[:n])
					rest = rest[n:]
				}
			}
			s.Close(c)
			out.Reset()
		}
	}
}

// BenchmarkDigest is the floor: the same bytes in the same segments, digested.
func BenchmarkDigest(b *testing.B) {
	convs := benchConversations(b)
	c := sense.NewContext(&sensetest.Plain{}, 64<<20, nil)
	var bytes int64
	for _, conv := range convs {
		for _, p := range conv.Pieces {
			bytes += int64(len(p.B))
		}
	}
	b.SetBytes(bytes)
	var d [32]byte
	for b.Loop() {
		h := c.Hasher()
		for _, conv := range convs {
			for _, p := range conv.Pieces {
				for rest := p.B; len(rest) > 0; {
					n := min(segment, len(rest))
					h.Write(rest[:n])
					rest = rest[n:]
				}
			}
		}
		h.Sum(&d)
		c.FreeHasher(h)
	}
}
