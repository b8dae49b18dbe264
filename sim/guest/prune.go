package guest

import (
	"cmp"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"
)

// keptMax is how many guests stay in the cache. Each takes some 40 MB, and every change of pindrop's source makes another.
const keptMax = 8

// touch marks a file as used now. Where that fails, the guest may have to be made again, and nothing is wrong.
func touch(path string) {
	now := time.Now()
	_ = os.Chtimes(path, now, now)
}

// prune removes the guests that were not used for the longest time. What cannot be removed stays.
func prune(root string) {
	files, _ := os.ReadDir(root) // what cannot be listed stays
	var guests []string
	for _, file := range files {
		if strings.HasPrefix(file.Name(), filepath.Base(programPath("", ""))) && !strings.HasSuffix(file.Name(), sumSuffix) {
			guests = append(guests, filepath.Join(root, file.Name()))
		}
	}
	age := func(path string) time.Duration {
		info, err := os.Stat(path)
		if err != nil {
			return 0 // another process is at it
		}
		return time.Since(info.ModTime())
	}
	slices.SortFunc(guests, func(a, b string) int { return cmp.Compare(age(a), age(b)) })
	for _, path := range guests[min(keptMax, len(guests)):] {
		_, _ = os.Remove(path), os.Remove(path+sumSuffix)
	}
}
