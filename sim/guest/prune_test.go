package guest

import (
	"fmt"
	"os"
	"path/filepath"
	"testing"
	"time"
)

// Of many guests those that were used last stay, however early they were made.
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
		if err := keep(programPath(root, id), []byte("a guest")); err != nil {
			t.Fatal(err)
		}
		old(programPath(root, id), i)
	}
	last := fmt.Sprintf("%02d", keptMax+3)
	touch(programPath(root, last))
	prune(root)
	for i := range keptMax + 4 {
		id := fmt.Sprintf("%02d", i)
		want := i < keptMax-1 || id == last
		path := programPath(root, id)
		if _, err := os.Stat(path); (err == nil) != want {
			t.Errorf("%s is there: %v, want %v", filepath.Base(path), err == nil, want)
		}
	}
}
