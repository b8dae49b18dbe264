package guest

import (
	"encoding/json"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strings"
	"testing"
)

func goroot(t *testing.T) string {
	t.Helper()
	out, err := exec.Command("go", "env", "GOROOT").Output()
	if err != nil {
		t.Fatal(err)
	}
	return strings.TrimSpace(string(out))
}

// Every patch finds its place in the standard library, on both architectures, and nothing but the listed files is changed.
func TestOverlay(t *testing.T) {
	root := goroot(t)
	for _, arch := range []string{"amd64", "arm64"} {
		at, err := overlay(root, arch, t.TempDir())
		if err != nil {
			t.Fatal(err)
		}
		text, err := os.ReadFile(at)
		if err != nil {
			t.Fatal(err)
		}
		var list struct{ Replace map[string]string }
		if err := json.Unmarshal(text, &list); err != nil {
			t.Fatal(err)
		}
		for original, changed := range list.Replace {
			now, err := os.ReadFile(changed)
			if err != nil {
				t.Fatal(err)
			}
			if was, err := os.ReadFile(original); err == nil && string(was) == string(now) {
				t.Errorf("%s: %s is not changed", arch, original)
			}
		}
		for _, p := range patches {
			file := filepath.Join(root, "src", filepath.FromSlash(strings.ReplaceAll(p.file, "$ARCH", arch)))
			if needed := p.only == "" || p.only == arch; needed && list.Replace[file] == "" {
				t.Errorf("%s: %s is not changed", arch, file)
			}
		}
	}
}

// A toolchain whose standard library is another one is not patched by guess: the error names the place.
func TestOtherToolchain(t *testing.T) {
	root := t.TempDir()
	for _, p := range patches {
		file := strings.ReplaceAll(p.file, "$ARCH", runtime.GOARCH)
		text, err := os.ReadFile(filepath.Join(goroot(t), "src", file))
		if err != nil {
			continue // it is added
		}
		at := filepath.Join(root, "src", file)
		if err := os.MkdirAll(filepath.Dir(at), 0o777); err != nil {
			t.Fatal(err)
		}
		changed := strings.Replace(string(text), "func randinit() {", "func initrand() {", 1)
		if err := os.WriteFile(at, []byte(changed), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	_, err := overlay(root, runtime.GOARCH, t.TempDir())
	if !errors.Is(err, ErrBuild) || !strings.Contains(err.Error(), "runtime/rand.go") || !strings.Contains(err.Error(), "randinit") {
		t.Errorf("got %v, want that the place in runtime/rand.go is not there", err)
	}
}
