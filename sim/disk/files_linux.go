package disk

import (
	"encoding/binary"
	"errors"
	"io"
	"io/fs"
	"sync"
	"syscall"
	"unsafe"
)

// Files are a file system's, as system calls see them: with the descriptors and the error numbers of Linux. They are what
// package syscall of a guest's toolchain calls (see package sim/guest). Paths begin at the root of the file system.
type Files struct {
	system *System

	mu   sync.Mutex // also of the system
	open map[int]*descriptor
	next int
}

// descriptor is a file or a folder that is open.
type descriptor struct {
	node *Node
	path string
	at   int64

	appends, syncs, reads, writes bool

	names []string // of a folder: what is still to be read
	begun bool     // that is known
}

// NewFiles are the files of a file system with nothing in it.
func NewFiles() *Files {
	return &Files{system: New(), open: map[int]*descriptor{}, next: FirstDescriptor}
}

// Do calls do with the file system, while nobody else uses it.
func (f *Files) Do(do func(*System) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return do(f.system)
}

// number is what an error is for whoever calls the system.
func number(err error) error {
	for _, known := range []struct {
		err error
		is  syscall.Errno
	}{
		{fs.ErrNotExist, syscall.ENOENT}, {fs.ErrExist, syscall.EEXIST}, {ErrNotDir, syscall.ENOTDIR}, {ErrIsDir, syscall.EISDIR},
		{ErrNotEmpty, syscall.ENOTEMPTY}, {ErrVolume, syscall.EXDEV}, {fs.ErrInvalid, syscall.EINVAL}, {ErrFull, syscall.ENOSPC},
	} {
		if errors.Is(err, known.err) {
			return known.is
		}
	}
	if err != nil {
		return syscall.EIO
	}
	return nil
}

// Open is open(2).
func (f *Files) Open(path string, flags int) (fd int, err error) {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := f.system.Find(path)
	switch {
	case err == nil && flags&syscall.O_CREAT != 0 && flags&syscall.O_EXCL != 0:
		return -1, syscall.EEXIST
	case errors.Is(err, fs.ErrNotExist) && flags&syscall.O_CREAT != 0:
		n, err = f.system.Create(path, false)
	}
	if err != nil {
		return -1, number(err)
	}
	mode := flags & syscall.O_ACCMODE
	d := &descriptor{
		node: n, path: path, reads: mode != syscall.O_WRONLY, writes: mode != syscall.O_RDONLY,
		appends: flags&syscall.O_APPEND != 0, syncs: flags&syscall.O_DSYNC != 0, // which is in O_SYNC
	}
	switch {
	case n.Dir() && (d.writes || flags&(syscall.O_TRUNC|syscall.O_CREAT) != 0):
		return -1, syscall.EISDIR
	case !n.Dir() && flags&syscall.O_DIRECTORY != 0:
		return -1, syscall.ENOTDIR
	case flags&syscall.O_TRUNC != 0:
		if err := f.system.Truncate(n, 0); err != nil {
			return -1, number(err)
		}
	}
	fd = f.next
	f.next++
	f.open[fd] = d
	return fd, nil
}

// Name is the path of what is open; "" where nothing is.
func (f *Files) Name(fd int) string {
	f.mu.Lock()
	defer f.mu.Unlock()
	if d := f.open[fd]; d != nil {
		return d.path
	}
	return ""
}

// Close is close(2).
func (f *Files) Close(fd int) error {
	return f.with(fd, func(*descriptor) error {
		delete(f.open, fd)
		return nil
	})
}

// with calls do with what is open.
func (f *Files) with(fd int, do func(*descriptor) error) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	d := f.open[fd]
	if d == nil {
		return syscall.EBADF
	}
	return do(d)
}

// Stat is stat(2).
func (f *Files) Stat(path string, st *syscall.Stat_t) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	n, err := f.system.Find(path)
	if err != nil {
		return number(err)
	}
	n.stat(st)
	return nil
}

// Fstat is fstat(2).
func (f *Files) Fstat(fd int, st *syscall.Stat_t) error {
	return f.with(fd, func(d *descriptor) error {
		d.node.stat(st)
		return nil
	})
}

// stat is what stat(2) says of a file. Its time is its version, so that it is the same in each repetition.
func (n *Node) stat(st *syscall.Stat_t) {
	*st = syscall.Stat_t{Dev: 1, Ino: n.id, Nlink: 1, Mode: syscall.S_IFREG | 0o644, Size: n.size}
	if n.Dir() {
		st.Mode = syscall.S_IFDIR | 0o755
	}
	at := syscall.NsecToTimespec(int64(n.version))
	st.Atim, st.Mtim, st.Ctim = at, at, at
}

// Mkdir is mkdir(2).
func (f *Files) Mkdir(path string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	_, err := f.system.Create(path, true)
	return number(err)
}

// Remove is unlink(2), or with dir rmdir(2).
func (f *Files) Remove(path string, dir bool) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return number(f.system.Remove(path, dir))
}

// Rename is rename(2).
func (f *Files) Rename(from, to string) error {
	f.mu.Lock()
	defer f.mu.Unlock()
	return number(f.system.Rename(from, to))
}

// Read is read(2).
func (f *Files) Read(fd int, b []byte) (n int, err error) {
	err = f.with(fd, func(d *descriptor) error {
		n, err = d.read(b, d.at)
		d.at += int64(n)
		return err
	})
	return n, err
}

// Pread is pread(2).
func (f *Files) Pread(fd int, b []byte, at int64) (n int, err error) {
	err = f.with(fd, func(d *descriptor) error {
		n, err = d.read(b, at)
		return err
	})
	return n, err
}

func (d *descriptor) read(b []byte, at int64) (int, error) {
	switch {
	case d.node.Dir():
		return 0, syscall.EISDIR
	case !d.reads:
		return 0, syscall.EBADF
	case at < 0:
		return 0, syscall.EINVAL
	}
	return d.node.ReadAt(b, at), nil
}

// Write is write(2).
func (f *Files) Write(fd int, b []byte) (n int, err error) {
	err = f.with(fd, func(d *descriptor) (err error) {
		n, d.at, err = f.write(d, b, d.at)
		return err
	})
	return n, err
}

// Pwrite is pwrite(2), which appends where the file was opened for that, as Linux does.
func (f *Files) Pwrite(fd int, b []byte, at int64) (n int, err error) {
	err = f.with(fd, func(d *descriptor) (err error) {
		n, _, err = f.write(d, b, at)
		return err
	})
	return n, err
}

// write also returns where what was written ends.
func (f *Files) write(d *descriptor, b []byte, at int64) (n int, end int64, err error) {
	switch {
	case d.node.Dir() || !d.writes:
		return 0, at, syscall.EBADF
	case at < 0:
		return 0, at, syscall.EINVAL
	case len(b) == 0:
		return 0, at, nil
	case d.appends:
		at = d.node.Size()
	}
	n, err = f.system.WriteAt(d.node, b, at)
	if err == nil && d.syncs {
		err = f.system.Sync(d.node)
	}
	return n, at + int64(n), number(err)
}

// Seek is lseek(2).
func (f *Files) Seek(fd int, by int64, whence int) (at int64, err error) {
	err = f.with(fd, func(d *descriptor) error {
		from := int64(0)
		switch whence {
		case io.SeekStart:
		case io.SeekCurrent:
			from = d.at
		case io.SeekEnd:
			from = d.node.Size()
		default:
			return syscall.EINVAL
		}
		if from+by < 0 {
			return syscall.EINVAL
		}
		at = from + by
		d.at, d.begun = at, false
		return nil
	})
	return at, err
}

// Truncate is ftruncate(2).
func (f *Files) Truncate(fd int, size int64) error {
	return f.with(fd, func(d *descriptor) error {
		if d.node.Dir() || !d.writes || size < 0 {
			return syscall.EINVAL
		}
		return number(f.system.Truncate(d.node, size))
	})
}

// Sync is fsync(2) and fdatasync(2).
func (f *Files) Sync(fd int) error {
	return f.with(fd, func(d *descriptor) error {
		return number(f.system.Sync(d.node))
	})
}

// Getdents is getdents64(2).
func (f *Files) Getdents(fd int, b []byte) (n int, err error) {
	err = f.with(fd, func(d *descriptor) error {
		if !d.node.Dir() {
			return syscall.ENOTDIR
		}
		if !d.begun {
			d.names, d.begun = d.node.Names(), true
		}
		for len(d.names) > 0 {
			child := d.node.Child(d.names[0])
			if child != nil { // not removed meanwhile
				size := entrySize(d.names[0])
				if n+size > len(b) {
					break
				}
				child.entry(d.names[0], b[n:n+size])
				n += size
			}
			d.names = d.names[1:]
		}
		if n == 0 && len(d.names) > 0 {
			return syscall.EINVAL // no room for one
		}
		return nil
	})
	return n, err
}

// nameOffset is where in an entry of a folder the name begins.
const nameOffset = int(unsafe.Offsetof(syscall.Dirent{}.Name))

// entrySize is how long the entry of a name is: it ends with a zero, at a multiple of 8.
func entrySize(name string) int { return (nameOffset + len(name) + 1 + 7) &^ 7 }

// entry writes the entry of a file in its folder: struct linux_dirent64.
func (n *Node) entry(name string, b []byte) {
	clear(b)
	kind := byte(syscall.DT_REG)
	if n.Dir() {
		kind = syscall.DT_DIR
	}
	binary.NativeEndian.PutUint64(b, n.id)
	binary.NativeEndian.PutUint64(b[8:], 1) // an offset that nobody looks at: zero would be the end for some
	binary.NativeEndian.PutUint16(b[16:], uint16(len(b)))
	b[18] = kind
	copy(b[nameOffset:], name)
}
