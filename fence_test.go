package wardkeeper_test

import (
	"go/parser"
	"go/token"
	"io/fs"
	"path/filepath"
	"strconv"
	"strings"
	"testing"
)

// ranks order the rooms from left to right. A package imports only rooms of lower
// rank; rooms of equal rank are the two sides of a "|" and never import each other.
var ranks = map[string]int{
	"ward": 0, "format": 1, "sense": 2, "know": 2, "detect": 3, "act": 4, "lab": 5, "serve": 5, "run": 6, "cmd": 7,
}

// TestFence holds the house's one rule: import only leftward. Inside a room a
// plugin may import its parent's contract and a parent its plugins, siblings never
// each other; format's codecs may share one another.
func TestFence(t *testing.T) {
	err := filepath.WalkDir(".", func(path string, d fs.DirEntry, err error) error {
		if err != nil || d.IsDir() || !strings.HasSuffix(path, ".go") || strings.Contains(path, "testdata") {
			return err
		}
		f, err := parser.ParseFile(token.NewFileSet(), path, nil, parser.ImportsOnly)
		if err != nil {
			return err
		}
		from := filepath.ToSlash(filepath.Dir(path))
		for _, i := range f.Imports {
			name, err := strconv.Unquote(i.Path.Value)
			if err != nil {
				return err
			}
			to, ours := strings.CutPrefix(name, "wardkeeper/")
			if ours && !allowed(from, to, strings.HasSuffix(path, "_test.go")) {
				t.Errorf("%s imports %s", path, to)
			}
		}
		return nil
	})
	if err != nil {
		t.Fatal(err)
	}
}

func allowed(from, to string, test bool) bool {
	fromRoom, _, _ := strings.Cut(from, "/")
	toRoom, _, _ := strings.Cut(to, "/")
	if fromRoom != toRoom {
		return ranks[toRoom] < ranks[fromRoom]
	}
	if from == to || fromRoom == "format" || fromRoom == "run" || fromRoom == "cmd" {
		return true
	}
	if test && strings.HasSuffix(to, "test") { // the room's harness
		return true
	}
	if strings.HasPrefix(from, to+"/") || strings.HasPrefix(to, from+"/") {
		return true
	}
	home := second(from) // parts of one room, such as know/device/oui
	return home == second(to) && !plugins[home]
}

// plugins are the folders whose members are complete in themselves.
var plugins = map[string]bool{"sense/protocol": true, "sense/intake": true, "act/report": true, "act/notify": true, "serve/store": true}

func second(pkg string) string {
	parts := strings.SplitN(pkg, "/", 3)
	return strings.Join(parts[:min(len(parts), 2)], "/")
}

// TestFenceKnowsRooms fails when a room appears that the fence does not rank.
func TestFenceKnowsRooms(t *testing.T) {
	dirs, err := filepath.Glob("*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	deeper, err := filepath.Glob("*/*/*.go")
	if err != nil {
		t.Fatal(err)
	}
	for _, f := range append(dirs, deeper...) {
		room, _, _ := strings.Cut(filepath.ToSlash(f), "/")
		if _, ok := ranks[room]; !ok {
			t.Errorf("%s: room %q has no place in the house", f, room)
		}
	}
}

// TestFenceCatches proves that the rule can fail.
func TestFenceCatches(t *testing.T) {
	for _, c := range []struct {
		from, to string
		ok       bool
	}{
		{"sense/wire", "sense", true},
		{"sense/wire", "sense/privacy", false},
		{"sense/protocol/hl7", "sense/protocol/dicom", false},
		{"sense/protocol/hl7", "format/hl7", true},
		{"sense/protocol", "sense/protocol/hl7", true},
		{"know/device", "sense", false},
		{"know/device/fingerprint", "know/device/category", true},
		{"know/device", "know/vuln", false},
		{"detect/privacy", "detect/intrusion", false},
		{"detect/privacy", "know/device", true},
		{"lab/maker", "serve/web", false},
		{"ward", "format/hl7", false},
		{"run", "serve/web", true},
	} {
		if got := allowed(c.from, c.to, false); got != c.ok {
			t.Errorf("%s imports %s: allowed %v, want %v", c.from, c.to, got, c.ok)
		}
	}
}
