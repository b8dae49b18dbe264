//go:build unix

package sim

import "golang.org/x/sys/unix"

// freeDisk is how many bytes are free where dir is; false if that cannot be known.
func freeDisk(dir string) (bytes uint64, ok bool) {
	var s unix.Statfs_t
	if err := unix.Statfs(dir, &s); err != nil {
		return 0, false
	}
	return uint64(s.Bavail) * uint64(s.Bsize), true
}
