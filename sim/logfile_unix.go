//go:build unix

package sim

import (
	"fmt"
	"os"

	"golang.org/x/sys/unix"
)

// logFile is the memory of a log, mapped from a file: writing to it costs no system call, and what was written before
// the process was killed is in the file.
type logFile struct {
	path string
	file *os.File
	buf  []byte
}

// grow is a [history.Grow]: it makes the file longer and maps it anew. The old mapping shows the same pages, so nothing
// needs to be copied.
func (f *logFile) grow(_, size int) ([]byte, error) {
	if f.file == nil {
		file, err := os.OpenFile(f.path, os.O_RDWR|os.O_CREATE|os.O_TRUNC, 0o666)
		if err != nil {
			return nil, err
		}
		f.file = file
	}
	if err := f.file.Truncate(int64(size)); err != nil {
		return nil, err
	}
	buf, err := unix.Mmap(int(f.file.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map %s: %w", f.path, err)
	}
	if f.buf != nil {
		if err := unix.Munmap(f.buf); err != nil {
			return nil, fmt.Errorf("unmap %s: %w", f.path, err)
		}
	}
	f.buf = buf
	return buf, nil
}

func (f *logFile) close() error {
	if f.file == nil {
		return nil
	}
	if err := unix.Munmap(f.buf); err != nil {
		return fmt.Errorf("unmap %s: %w", f.path, err)
	}
	return f.file.Close()
}
