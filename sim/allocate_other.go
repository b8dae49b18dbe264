//go:build unix && !linux

package sim

import "os"

// allocate makes a file longer, and has the disk give it all of that: zeros. It keeps what is there.
func allocate(file *os.File, from, to int64) error { return writeZeros(file, from, to) }
