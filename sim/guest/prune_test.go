package guest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Of many guests those that were used last stay, with their compiled forms, however early they were made; and what was never
// finished goes when nobody can be at it any more.
func TestPrune(t *testing.T) {
	root := t.TempDir()
	old := func(path string, hours int) {
		at := time.Now().Add(-time.Duration(hours) * time.Hour)
		if err := os.Chtimes(path, at, at); err != nil {
			t.Fatal(err)
		}
	}
	for i := range keptMax + 4 {
		id := fmt.Sprintf("%02d", i)
		if err := keep(modulePath(root, id), []byte("a guest")); err != nil {
			t.Fatal(err)
		}
		if err := os.MkdirAll(filepath.Join(compiledPath(root, id), "inner"), 0o777); err != nil {
			t.Fatal(err)
		}
		old(modulePath(root, id), i)
	}
	for name, hours := range map[string]int{compiling + "gone": 30, compiling + "going on": 1} {
		if err := os.Mkdir(filepath.Join(root, name), 0o777); err != nil {
			t.Fatal(err)
		}
		old(filepath.Join(root, name), hours)
	}
	last := fmt.Sprintf("%02d", keptMax+3)
	touch(modulePath(root, last))
	prune(root)
	for i := range keptMax + 4 {
		id := fmt.Sprintf("%02d", i)
		want := i < keptMax-1 || id == last
		for _, path := range []string{modulePath(root, id), compiledPath(root, id)} {
			if _, err := os.Stat(path); (err == nil) != want {
				t.Errorf("%s is there: %v, want %v", filepath.Base(path), err == nil, want)
			}
		}
	}
	for name, want := range map[string]bool{compiling + "gone": false, compiling + "going on": true} {
		if _, err := os.Stat(filepath.Join(root, name)); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", name, err == nil, want)
		}
	}
}
