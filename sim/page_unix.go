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
	info, err := file.Stat()
	if err == nil && info.Size() < int64(size) {
		err = allocate(file, info.Size(), int64(size))
	}
	if err != nil {
		return nil, nil, err
	}
	at, err := mapShared(file, size)
	if err != nil {
		return nil, nil, err
	}
	return (*T)(at), func() error { return unix.MunmapPtr(at, uintptr(size)) }, nil
}

// mapShared maps the first bytes of a file, which all processes that do so share. The kernel chooses the address, by chance. Therefore
// it must not become the key of a map, as unix.Mmap makes it: how often that map grows would differ from run to run of a guest.
func mapShared(file *os.File, size int) (unsafe.Pointer, error) {
	at, err := unix.MmapPtr(int(file.Fd()), 0, nil, uintptr(size), unix.PROT_READ|unix.PROT_WRITE, unix.MAP_SHARED)
	if err != nil {
		return nil, fmt.Errorf("map %s: %w", file.Name(), err)
	}
	return at, nil
}
