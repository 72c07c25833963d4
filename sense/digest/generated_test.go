package digest

import (
	"bytes"
	"os"
	"os/exec"
	"testing"
)

// TestGenerated fails when the assembly is not what the generator writes.
func TestGenerated(t *testing.T) {
	if testing.Short() {
		t.Skip("runs the compiler")
	}
	tool, err := exec.LookPath("go")
	if err != nil {
		t.Skip("no go tool")
	}
	want, err := exec.Command(tool, "run", "./internal/gen").Output()
	if err != nil {
		t.Fatal(err)
	}
	got, err := os.ReadFile("kernel_amd64.s")
	if err != nil {
		t.Fatal(err)
	}
	if !bytes.Equal(got, want) {
		t.Error("kernel_amd64.s: run go generate")
	}
}
