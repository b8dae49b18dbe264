//go:build unix

package sim

import (
	"fmt"
	"os"
	"unsafe"

	"golang.org/x/sys/unix"
)

// monotonic is the clock that all processes of this machine share, and package time tells differences by.
func monotonic() int64 {
	var t unix.Timespec
	if err := unix.ClockGettime(unix.CLOCK_MONOTONIC, &t); err != nil {
		panic(fmt.Sprintf("sim: the monotonic clock cannot be read: %v", err))
	}
	return t.Nano()
}

// mapPage maps a file as a T, which all processes that do so share. Its zero value is what a new file holds. The file may
// be removed while it is mapped.
func mapPage[T any](path string) (page *T, unmap func() error, err error) {
	file, err := os.OpenFile(path, os.O_RDWR|os.O_CREATE, 0o666)
	if err != nil {
		return nil, nil, err
	}
	defer file.Close()
	size := int(unsafe.Sizeof(*page))
	if err := file.Truncate(int64(size)); err != nil {
		return nil, nil, err
	}
	buf, err := unix.Mmap(int(file.Fd()), 0, size, unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, nil, fmt.Errorf("map %s: %w", path, err)
	}
	return (*T)(unsafe.Pointer(&buf[0])), func() error { return unix.Munmap(buf) }, nil
}
