//go:build unix

package scratch

import (
	"os"

	"golang.org/x/sys/unix"
)

// locks reports whether files can be locked here.
const locks = true

// hold locks a file for as long as the process lives, or the file is open; an error says that somebody else holds it.
func hold(file *os.File) error { return unix.Flock(int(file.Fd()), unix.LOCK_EX|unix.LOCK_NB) }
