package smb

import (
	"wardkeeper/sense"
	"wardkeeper/ward"
)

// The caps of one connection.
const (
	maxHead      = 72 << 10 // bytes of a message that are held at once
	maxCommand   = 8 << 10  // of them for all but session setup
	maxOpens     = 256      // open files followed
	maxTrees     = 64       // connected shares
	maxSessions  = 32       // logged in users
	maxRequests  = 128      // requests awaiting their answer
	maxAnomalies = 8        // broken messages told of
)

// stream follows one connection.
type stream struct {
	half     [2]half
	opens    map[fileID]*open
	spare    []*open
	trees    map[uint32]tree
	sessions map[uint64]ward.Token
	requests requests
	tx       transactions
	text     []byte // scratch for names in UTF-8
	told     int    // anomalies
	sealed   [2]sealed
	samples  []*sample // to be used again
}

// sealed counts messages whose content is encrypted.
type sealed struct{ messages, bytes uint64 }

// tree is a connected share.
type tree struct {
	name string // cleaned
	pipe bool
}

func newStream(c *sense.Context) sense.Stream {
	s := &stream{}
	for d := range s.half {
		s.half[d].want = nbHeader
		s.half[d].lost = c.Midstream()
	}
	return s
}

// Data implements sense.Stream.
func (s *stream) Data(c *sense.Context, dir sense.Dir, b []byte) { s.half[dir].feed(c, s, dir, b) }

// Gap implements sense.Stream.
func (s *stream) Gap(c *sense.Context, dir sense.Dir, n int64) { s.half[dir].gap(c, s, n) }

// Close implements sense.Stream.
func (s *stream) Close(c *sense.Context) {
	up := s.up()
	s.requests.flush(c, s, up)
	s.closeAll(c, up)
	for d := range s.sealed {
		if n := s.sealed[d]; n.messages > 0 {
			a := c.Act(sense.Dir(d), "encrypted transfer")
			a.Count, a.Bytes = n.messages, n.bytes
		}
	}
	for d := range s.half {
		s.half[d].buf.Free(c)
	}
}

// up is the direction of requests: normally ToServer, but where the start was
// not seen the guess of who is client may be wrong, and messages know better.
func (s *stream) up() sense.Dir {
	if s.half[sense.ToServer].replies && !s.half[sense.ToClient].replies {
		return sense.ToClient
	}
	return sense.ToServer
}

func (s *stream) anomaly(c *sense.Context, dir sense.Dir, code, detail string) {
	if s.told++; s.told > maxAnomalies {
		c.Limit("smb.anomalies")
		return
	}
	c.Anomaly(dir, code, detail)
}
