//go:build unix

package sim

import (
	"errors"
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// logFile is the memory of a log, mapped from a file: writing to it costs no system call, and what was written before
// the process was killed is in the file. The mapping outlives the descriptor, so that thousands of logs need none. The disk has given
// all of the file before it is mapped, for the memory of a file that it cannot give faults.
type logFile struct {
	path string
	buf  []byte
}

// grow is a [history.Grow]: it makes the file longer and maps it anew. The old mapping shows the same pages, so nothing
// needs to be copied.
func (f *logFile) grow(used, size int) ([]byte, error) {
	file, err := os.OpenFile(f.path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, err
	}
	defer file.Close()
	if f.buf == nil { // behind what is used there may be half a record of a process that was killed: it must read as zeros
		if err := file.Truncate(int64(used)); err != nil {
			return nil, err
		}
	}
	if err := allocate(file, int64(max(used, len(f.buf))), int64(size)); err != nil {
		return nil, err
	}
	at, err := mapShared(file, size)
	if err != nil {
		return nil, err
	}
	if err := f.close(); err != nil {
		return nil, err
	}
	f.buf = unsafe.Slice((*byte)(at), size)
	return f.buf, nil
}

// read is what an earlier process has left in the file; nothing where there was none.
func (f *logFile) read() ([]byte, error) {
	buf, err := os.ReadFile(f.path)
	if errors.Is(err, os.ErrNotExist) {
		return nil, nil
	}
	return buf, err
}

// trim gives back what the log has taken and not used.
func (f *logFile) trim(used int) error {
	if err := f.close(); err != nil {
		return err
	}
	if err := os.Truncate(f.path, int64(used)); err != nil && !errors.Is(err, os.ErrNotExist) {
		return err
	}
	return nil
}

func (f *logFile) close() error {
	if f.buf == nil {
		return nil
	}
	if err := unix.MunmapPtr(unsafe.Pointer(&f.buf[0]), uintptr(len(f.buf))); err != nil {
		return fmt.Errorf("unmap %s: %w", f.path, err)
	}
	f.buf = nil
	return nil
}
