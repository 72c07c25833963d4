package run

import (
	"bytes"
	"context"
	"encoding/json"
	"errors"
	"io"
	"os"
	"path/filepath"
	"strings"
	"testing"
	"testing/iotest"
	"time"

	"wardkeeper/serve/store/sqlite"
	"wardkeeper/ward"
)

// arpFrom is a packet that shows one device.
func arpFrom(ip byte) []byte {
	return []byte{255, 255, 255, 255, 255, 255, 0, 9, 0xfb, 0, 0, ip, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1,
		0, 9, 0xfb, 0, 0, ip, 10, 0, 0, ip, 0, 0, 0, 0, 0, 0, 10, 0, 0, 9}
}

// summaryOf returns the last line of JSON Lines.
func summaryOf(t *testing.T, text string) ward.Summary {
	t.Helper()
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	var s ward.Summary
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &s); err != nil || s.Kind != "summary" {
		t.Errorf("no summary: %v: %q", err, text)
	}
	return s
}

func keptObservations(t *testing.T, path string) int {
	t.Helper()
	s, err := sqlite.Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	defer s.Close()
	n := 0
	if err := s.Observations(t.Context(), nil, func(*ward.Observation) error { n++; return nil }); err != nil {
		t.Fatal(err)
	}
	return n
}

// TestInterrupted: reading ends while its input is silent, and what was read until
// then is told and kept, before the interruption already.
func TestInterrupted(t *testing.T) {
	data, err := os.ReadFile(captureOf(t, 1, arpFrom(1), arpFrom(2)))
	if err != nil {
		t.Fatal(err)
	}
	for name, sent := range map[string][]byte{"nothing": nil, "some": data, "half a packet": data[:len(data)-5]} {
		t.Run(name, func(t *testing.T) {
			ctx, cancel := context.WithCancel(t.Context())
			in, feed := io.Pipe()
			db := filepath.Join(t.TempDir(), "ward.db")
			var out, notes bytes.Buffer
			done := make(chan error, 1)
			go func() {
				done <- Read(ctx, ReadOptions{Inputs: []string{"-"}, Stdin: in, JSON: true, DB: db, Key: filepath.Join(t.TempDir(), "key")}, &out, &notes)
			}()
			if _, err := feed.Write(sent); err != nil {
				t.Fatal(err)
			}
			want := ErrInterruptedEarly
			if sent != nil {
				want = ErrInterrupted
				time.Sleep(3500 * time.Millisecond)
				if keptObservations(t, db) == 0 {
					t.Error("nothing kept before the interruption")
				}
			}
			cancel()
			select {
			case err := <-done:
				if !errors.Is(err, want) || errors.Is(err, context.Canceled) {
					t.Error(err)
				}
			case <-time.After(10 * time.Second):
				t.Fatal("still reading")
			}
			if sent == nil {
				return
			}
			if s := summaryOf(t, out.String()); s.Packets == 0 || keptObservations(t, db) == 0 || notes.Len() > 0 && strings.Contains(notes.String(), "closed") {
				t.Errorf("%+v: %s", s, notes.String())
			}
		})
	}
}

// TestUntilDone: the reader gives what the one behind it gives.
func TestUntilDone(t *testing.T) {
	if err := iotest.TestReader(untilDone(t.Context(), iotest.DataErrReader(strings.NewReader("some text"))), []byte("some text")); err != nil {
		t.Error(err)
	}
	ctx, cancel := context.WithCancel(t.Context())
	cancel()
	in, _ := io.Pipe()
	if _, err := untilDone(ctx, in).Read(make([]byte, 1)); !errors.Is(err, os.ErrClosed) {
		t.Error(err)
	}
}

// TestReadFails: an input that cannot be read on ends the reading, not the answer.
func TestReadFails(t *testing.T) {
	db := filepath.Join(t.TempDir(), "ward.db")
	var out, notes bytes.Buffer
	err := Read(t.Context(), ReadOptions{Inputs: []string{captureOf(t, 1, arpFrom(1)), captureOf(t, 251, arpFrom(2))}, Filter: "arp", JSON: true, DB: db,
		Key: filepath.Join(t.TempDir(), "key")}, &out, &notes)
	if err == nil || strings.Count(err.Error(), "link type 251") != 1 {
		t.Error(err)
	}
	if s := summaryOf(t, out.String()); !strings.Contains(out.String(), "10.0.0.1") || s.Devices == 0 {
		t.Errorf("%+v", s)
	}
	if keptObservations(t, db) == 0 {
		t.Error("nothing kept")
	}
}

// TestWriterFails: a broken output is told once.
func TestWriterFails(t *testing.T) {
	var notes bytes.Buffer
	err := Read(t.Context(), ReadOptions{Inputs: []string{captureOf(t, 1, arpFrom(1))}, JSON: true, Key: filepath.Join(t.TempDir(), "key")}, brokenWriter{}, &notes)
	if !errors.Is(err, errBroken) || strings.Count(err.Error(), "broken") != 1 {
		t.Error(err)
	}
}
