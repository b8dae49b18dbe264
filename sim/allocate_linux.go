package sim

import (
	"errors"
	"os"

	"golang.org/x/sys/unix"
)

// allocate makes a file longer, and has the disk give it all of that: zeros. It keeps what is there. An error leaves the file as long
// as it was, or longer.
func allocate(file *os.File, from, to int64) error {
	for {
		switch err := unix.Fallocate(int(file.Fd()), 0, from, to-from); {
		case err == nil:
			return nil
		case errors.Is(err, unix.EINTR):
		case errors.Is(err, unix.EOPNOTSUPP), errors.Is(err, unix.ENOSYS):
			return writeZeros(file, from, to)
		default:
			return &os.PathError{Op: "take room for", Path: file.Name(), Err: err}
		}
	}
}
