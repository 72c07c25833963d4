package protocol

import (
	"os"
	"strings"
	"testing"
)

// TestListIsComplete: every folder beside the list is in it, and every name once.
func TestListIsComplete(t *testing.T) {
	list, err := os.ReadFile("list.go")
	if err != nil {
		t.Fatal(err)
	}
	entries, err := os.ReadDir(".")
	if err != nil {
		t.Fatal(err)
	}
	for _, e := range entries {
		if e.IsDir() && !strings.Contains(string(list), "\t"+e.Name()+".Analyzers(),") && !strings.Contains(string(list), "{"+e.Name()+".Analyzer()},") {
			t.Errorf("%s is not in All", e.Name())
		}
	}
	seen := map[string]bool{}
	for _, a := range All() {
		if seen[a.Name] {
			t.Errorf("two analyzers are called %s", a.Name)
		}
		seen[a.Name] = true
		if a.Doc == "" || strings.ToLower(a.Name) != a.Name {
			t.Errorf("%q: a name in lower case and the standard are needed", a.Name)
		}
	}
}
