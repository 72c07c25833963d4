package run

import (
	"bytes"
	"encoding/binary"
	"encoding/json"
	"os"
	"path/filepath"
	"strings"
	"testing"

	"wardkeeper/ward"
)

// captureOf writes a capture of a link type.
func captureOf(t *testing.T, link uint32, packets ...[]byte) string {
	t.Helper()
	var b []byte
	for _, v := range []uint32{0xa1b2c3d4, 4<<16 | 2, 0, 0, 65535, link} {
		b = binary.LittleEndian.AppendUint32(b, v)
	}
	binary.LittleEndian.PutUint16(b[4:], 2)
	binary.LittleEndian.PutUint16(b[6:], 4)
	for i, p := range packets {
		for _, v := range []uint32{1700000000 + uint32(i), 0, uint32(len(p)), uint32(len(p))} {
			b = binary.LittleEndian.AppendUint32(b, v)
		}
		b = append(b, p...)
	}
	path := filepath.Join(t.TempDir(), "test.pcap")
	if err := os.WriteFile(path, b, 0o600); err != nil {
		t.Fatal(err)
	}
	return path
}

// TestReadFilter: what does not match is not read; what does keeps its number.
func TestReadFilter(t *testing.T) {
	arp := func(ip byte) []byte {
		return []byte{255, 255, 255, 255, 255, 255, 0, 9, 0xfb, 0, 0, ip, 8, 6, 0, 1, 8, 0, 6, 4, 0, 1,
			0, 9, 0xfb, 0, 0, ip, 10, 0, 0, ip, 0, 0, 0, 0, 0, 0, 10, 0, 0, 9}
	}
	path := captureOf(t, 1, arp(1), arp(2), arp(3))
	key := filepath.Join(t.TempDir(), "key")
	read := func(path, expr string) (string, error) {
		var out, notes bytes.Buffer
		err := Read(t.Context(), ReadOptions{Inputs: []string{path}, JSON: true, Key: key, Filter: expr}, &out, &notes)
		return out.String(), err
	}
	text, err := read(path, "arp host 10.0.0.2")
	if err != nil {
		t.Fatal(err)
	}
	lines := strings.Split(strings.TrimSuffix(text, "\n"), "\n")
	var s ward.Summary
	if err := json.Unmarshal([]byte(lines[len(lines)-1]), &s); err != nil || s.Packets != 1 {
		t.Errorf("%v: %s", err, text)
	}
	if strings.Contains(text, "10.0.0.1") || !strings.Contains(text, "10.0.0.2") || !strings.Contains(text, `"packet":2`) {
		t.Error(text)
	}
	if _, err := read(path, "host"); err == nil || !strings.Contains(err.Error(), "position 5") {
		t.Error(err)
	}
	if _, err := read(captureOf(t, 251, arp(1)), "ip"); err == nil || !strings.Contains(err.Error(), "test.pcap: packet 1: filter: cannot look into packets of link type 251") {
		t.Error(err)
	}
}
