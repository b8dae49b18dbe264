package guest

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// keptMax is how many guests stay in the cache. Each takes some 230 MB, and every change of pindrop's source makes another.
const keptMax = 8

// abandonedAfter is when a compilation that has not come to its end is taken for one whose process is gone.
const abandonedAfter = 24 * time.Hour

// touch marks a file as used now. Where that fails, the guest may have to be made again, and nothing is wrong.
func touch(path string) {
	now := time.Now()
	_ = os.Chtimes(path, now, now)
}

// prune removes the guests that were not used for the longest time. What cannot be removed stays.
func prune(root string) {
	guests, _ := filepath.Glob(modulePath(root, "*")) // fails for a bad pattern only
	age := func(path string) time.Duration {
		info, err := os.Stat(path)
		if err != nil {
			return 0 // another process is at it
		}
		return time.Since(info.ModTime())
	}
	slices.SortFunc(guests, func(a, b string) int { return cmp.Compare(age(a), age(b)) })
	for _, path := range guests[min(keptMax, len(guests)):] {
		id := strings.TrimSuffix(strings.TrimPrefix(filepath.Base(path), "guest-"), ".wasm")
		_ = os.RemoveAll(compiledPath(root, id))
		_ = os.Remove(path)
	}
	unfinished, _ := filepath.Glob(filepath.Join(root, compiling+"*"))
	for _, path := range unfinished {
		if age(path) > abandonedAfter {
			_ = os.RemoveAll(path)
		}
	}
}
