package sqlite

import (
	"os"
	"path/filepath"
	"strings"
	"syscall"
	"testing"
)

// mount mounts a small file system and returns its folder.
func mount(t *testing.T, size string) string {
	t.Helper()
	dir := t.TempDir()
	if err := syscall.Mount("tmpfs", dir, "tmpfs", 0, "size="+size); err != nil {
		if os.Getenv("CI") == "true" {
			t.Fatal(err)
		}
		t.Skip("mounting needs root: ", err)
	}
	t.Cleanup(func() {
		if err := syscall.Unmount(dir, 0); err != nil {
			t.Error(err)
		}
	})
	return dir
}

// TestReadOnlyFolder: a database on a medium that cannot be written is read.
func TestReadOnlyFolder(t *testing.T) {
	dir := mount(t, "4m")
	path := filepath.Join(dir, "ward.db")
	write(t, path, 1)
	interrupted := filepath.Join(dir, "interrupted.db")
	s := create(t, interrupted)
	if _, err := s.db.Exec("INSERT INTO runs(started, inputs, program) VALUES ('', '', '')"); err != nil {
		t.Fatal(err)
	}
	for _, suffix := range []string{"", "-wal"} {
		b, err := os.ReadFile(interrupted + suffix)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(filepath.Join(dir, "killed.db"+suffix), b, 0o600); err != nil {
			t.Fatal(err)
		}
	}
	if err := s.Close(); err != nil {
		t.Fatal(err)
	}
	if err := syscall.Mount("", dir, "", syscall.MS_REMOUNT|syscall.MS_RDONLY, ""); err != nil {
		t.Fatal(err)
	}
	s, err := Open(t.Context(), path)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.Devices(t.Context(), Filter{}); err != nil {
		t.Error(err)
	}
	if err := s.Close(); err != nil {
		t.Error(err)
	}
	if _, err := Open(t.Context(), filepath.Join(dir, "killed.db")); err == nil || !strings.Contains(err.Error(), "cannot be written to") {
		t.Error(err)
	}
	if _, err := Create(t.Context(), path); err == nil || !strings.Contains(err.Error(), path) {
		t.Error(err)
	}
}

// TestFullDisk: whenever the disk is full, the error names the file, once.
func TestFullDisk(t *testing.T) {
	for _, size := range []string{"4k", "16k", "64k", "96k", "128k", "160k", "192k", "256k"} {
		path := filepath.Join(mount(t, size), "ward.db")
		s, err := Create(t.Context(), path)
		if err == nil {
			r, berr := s.Begin(t.Context(), nil, "test")
			if err = berr; err == nil {
				for i := 0; err == nil && i < 100_000; i++ {
					err = r.Observe(batch(i))
				}
				if ferr := r.Abort(); err == nil {
					err = ferr
				}
			}
			_ = s.Close() // full as well
		}
		if err == nil || strings.Count(err.Error(), path) != 1 || strings.Count(err.Error(), "free disk space") != 1 {
			t.Errorf("%s: %v", size, err)
		}
	}
}
