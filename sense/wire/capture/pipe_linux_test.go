package capture

import (
	"errors"
	"io"
	"os"
	"path/filepath"
	"syscall"
	"testing"
	"time"
)

// TestClosePipe: a named pipe that is silent is given up.
func TestClosePipe(t *testing.T) {
	path := filepath.Join(t.TempDir(), "pipe")
	if err := syscall.Mkfifo(path, 0o600); err != nil {
		t.Skip(err)
	}
	feed, err := os.OpenFile(path, os.O_RDWR, 0)
	if err != nil {
		t.Fatal(err)
	}
	defer feed.Close()
	header := []byte{0xd4, 0xc3, 0xb2, 0xa1, 2, 0, 4, 0, 0, 0, 0, 0, 0, 0, 0, 0, 0xff, 0xff, 0, 0, 1, 0, 0, 0}
	if _, err := feed.Write(header); err != nil {
		t.Fatal(err)
	}
	s, err := Open([]string{path}, nil)
	if err != nil {
		t.Fatal(err)
	}
	time.AfterFunc(50*time.Millisecond, func() {
		if err := s.Close(); err != nil {
			t.Error(err)
		}
	})
	if recs, err := s.Fill(make([]byte, 1<<16), nil); len(recs) > 0 || !errors.Is(err, io.EOF) || len(s.Problems()) > 0 {
		t.Error(recs, err, s.Problems())
	}
}
