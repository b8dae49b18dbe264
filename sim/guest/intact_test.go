package guest

import (
	"os"
	"path/filepath"
	"testing"
)

// A guest that is damaged, or cut off, or without its checksum, is not taken for one.
func TestIntact(t *testing.T) {
	for name, harm := range map[string]func(path string) error{
		"damaged": func(path string) error { return os.WriteFile(path, []byte("a guesT"), 0o755) },
		"cut off": func(path string) error { return os.Truncate(path, 3) },
		"gone":    os.Remove,
		"no sum":  func(path string) error { return os.Remove(path + sumSuffix) },
	} {
		path := filepath.Join(t.TempDir(), "guest-1")
		if err := keep(path, []byte("a guest")); err != nil {
			t.Fatal(err)
		}
		if !intact(path) {
			t.Fatal("as it was kept, it is damaged")
		}
		if err := harm(path); err != nil {
			t.Fatal(err)
		}
		if intact(path) {
			t.Errorf("%s, and yet intact", name)
		}
	}
}
