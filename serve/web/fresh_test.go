package web

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
)

// TestGeneratedIsFresh generates the components again and compares. It needs the
// generator that go.mod names, which an offline machine may not have.
func TestGeneratedIsFresh(t *testing.T) {
	if testing.Short() {
		t.Skip("builds the generator")
	}
	templates, err := filepath.Glob("*.templ")
	if err != nil || len(templates) == 0 {
		t.Fatalf("%d templates: %v", len(templates), err)
	}
	for _, name := range templates {
		cmd := exec.CommandContext(t.Context(), "go", "tool", "templ", "generate", "-stdout", "-f", name)
		fresh, err := cmd.Output()
		if err != nil {
			if os.Getenv("CI") == "true" {
				t.Fatal(err)
			}
			t.Skipf("the generator does not run here: %v", err)
		}
		have, err := os.ReadFile(name[:len(name)-len(".templ")] + "_templ.go")
		if err != nil {
			t.Fatal(err)
		}
		if string(fresh) != string(have) {
			t.Errorf("%s was changed: run go generate ./serve/web", name)
		}
	}
}
