package guest

import (
	"errors"
	"io"
	"io/fs"
	"strings"

	"github.com/tetratelabs/wazero/experimental/sys"
	wasi "github.com/tetratelabs/wazero/sys"

	"pindrop/sim/disk"
)

// control is the name, in the root folder, of the file that stands for the file system itself: see [disk.Order].
const control = "control"

// files are a disk's, for the guest.
type files struct {
	sys.UnimplementedFS
	disk *disk.System
}

// number is what an error is for the guest.
func number(err error) sys.Errno {
	for _, known := range []struct {
		err error
		is  sys.Errno
	}{
		{nil, 0}, {fs.ErrNotExist, sys.ENOENT}, {fs.ErrExist, sys.EEXIST}, {disk.ErrNotDir, sys.ENOTDIR}, {disk.ErrIsDir, sys.EISDIR},
		{disk.ErrNotEmpty, sys.ENOTEMPTY}, {disk.ErrVolume, sys.ENOTSUP}, {fs.ErrInvalid, sys.EINVAL},
	} {
		if errors.Is(err, known.err) {
			return known.is
		}
	}
	return sys.EIO
}

func (f files) OpenFile(path string, flag sys.Oflag, _ fs.FileMode) (sys.File, sys.Errno) {
	if strings.Trim(path, "/") == control {
		return &controlFile{disk: f.disk}, 0
	}
	n, err := f.disk.Find(path)
	switch {
	case err == nil && flag&sys.O_CREAT != 0 && flag&sys.O_EXCL != 0:
		return nil, sys.EEXIST
	case errors.Is(err, fs.ErrNotExist) && flag&sys.O_CREAT != 0:
		n, err = f.disk.Create(path, false)
	}
	if err != nil {
		return nil, number(err)
	}
	writes := flag&(sys.O_WRONLY|sys.O_RDWR) != 0
	switch {
	case n.Dir() && (writes || flag&sys.O_TRUNC != 0):
		return nil, sys.EISDIR
	case !n.Dir() && (flag&sys.O_DIRECTORY != 0 || strings.HasSuffix(path, "/")):
		return nil, sys.ENOTDIR
	case flag&sys.O_TRUNC != 0:
		f.disk.Truncate(n, 0)
	}
	return &openFile{
		disk: f.disk, node: n, appends: flag&sys.O_APPEND != 0, syncs: flag&(sys.O_SYNC|sys.O_DSYNC) != 0, reads: flag&sys.O_WRONLY == 0, writes: writes,
	}, 0
}

func (f files) Lstat(path string) (wasi.Stat_t, sys.Errno) { return f.Stat(path) }

func (f files) Stat(path string) (wasi.Stat_t, sys.Errno) {
	if strings.Trim(path, "/") == control {
		return (&controlFile{}).Stat()
	}
	n, err := f.disk.Find(path)
	if err != nil {
		return wasi.Stat_t{}, number(err)
	}
	return statOf(n), 0
}

func statOf(n *disk.Node) wasi.Stat_t {
	mode := fs.FileMode(0o644)
	if n.Dir() {
		mode = fs.ModeDir | 0o755
	}
	at := int64(n.Version()) // a time that repeats
	return wasi.Stat_t{Dev: 1, Ino: n.ID(), Mode: mode, Nlink: 1, Size: n.Size(), Atim: at, Mtim: at, Ctim: at}
}

func (f files) Mkdir(path string, _ fs.FileMode) sys.Errno {
	_, err := f.disk.Create(path, true)
	return number(err)
}

func (f files) Chmod(path string, _ fs.FileMode) sys.Errno {
	_, err := f.disk.Find(path)
	return number(err)
}

func (f files) Utimens(path string, _, _ int64) sys.Errno { return f.Chmod(path, 0) }

func (f files) Rename(from, to string) sys.Errno { return number(f.disk.Rename(from, to)) }

func (f files) Rmdir(path string) sys.Errno { return number(f.disk.Remove(path, true)) }

func (f files) Unlink(path string) sys.Errno { return number(f.disk.Remove(path, false)) }

// openFile is a file or a folder that the guest has open.
type openFile struct {
	sys.UnimplementedFile
	disk *disk.System
	node *disk.Node
	at   int64

	appends, syncs, reads, writes bool

	names []string // of a folder: what is still to be read
	begun bool     // that is known
}

func (f *openFile) Dev() (uint64, sys.Errno) { return 1, 0 }

func (f *openFile) Ino() (wasi.Inode, sys.Errno) { return f.node.ID(), 0 }

func (f *openFile) IsDir() (bool, sys.Errno) { return f.node.Dir(), 0 }

func (f *openFile) IsAppend() bool { return f.appends }

func (f *openFile) SetAppend(on bool) sys.Errno {
	f.appends = on
	return 0
}

func (f *openFile) Stat() (wasi.Stat_t, sys.Errno) { return statOf(f.node), 0 }

func (f *openFile) Read(b []byte) (int, sys.Errno) {
	n, errno := f.Pread(b, f.at)
	f.at += int64(n)
	return n, errno
}

func (f *openFile) Pread(b []byte, at int64) (int, sys.Errno) {
	switch {
	case f.node.Dir():
		return 0, sys.EISDIR
	case !f.reads:
		return 0, sys.EBADF
	}
	return f.node.ReadAt(b, at), 0
}

// offset is an int64 by another name: the method that wazero wants is not that of package io, with which vet confuses it.
type offset = int64

func (f *openFile) Seek(by offset, whence int) (int64, sys.Errno) {
	from := int64(0)
	switch whence {
	case io.SeekStart:
	case io.SeekCurrent:
		from = f.at
	case io.SeekEnd:
		from = f.node.Size()
	default:
		return 0, sys.EINVAL
	}
	if from+by < 0 {
		return 0, sys.EINVAL
	}
	f.at, f.begun = from+by, false
	return f.at, 0
}

func (f *openFile) Readdir(n int) ([]sys.Dirent, sys.Errno) {
	if !f.node.Dir() {
		return nil, sys.ENOTDIR
	}
	if !f.begun {
		f.names, f.begun = f.node.Names(), true
	}
	var all []sys.Dirent
	for len(f.names) > 0 && (n <= 0 || len(all) < n) {
		name := f.names[0]
		f.names = f.names[1:]
		child := f.node.Child(name)
		if child == nil {
			continue // removed meanwhile
		}
		all = append(all, sys.Dirent{Ino: child.ID(), Name: name, Type: statOf(child).Mode.Type()})
	}
	return all, 0
}

func (f *openFile) Write(b []byte) (int, sys.Errno) {
	if f.appends {
		f.at = f.node.Size()
	}
	n, errno := f.Pwrite(b, f.at)
	f.at += int64(n)
	return n, errno
}

func (f *openFile) Pwrite(b []byte, at int64) (int, sys.Errno) {
	switch {
	case f.node.Dir():
		return 0, sys.EISDIR
	case !f.writes:
		return 0, sys.EBADF
	}
	f.disk.WriteAt(f.node, b, at)
	if f.syncs {
		f.disk.Sync(f.node)
	}
	return len(b), 0
}

func (f *openFile) Truncate(size int64) sys.Errno {
	switch {
	case f.node.Dir():
		return sys.EISDIR
	case size < 0:
		return sys.EINVAL
	}
	f.disk.Truncate(f.node, size)
	return 0
}

func (f *openFile) Sync() sys.Errno {
	f.disk.Sync(f.node)
	return 0
}

func (f *openFile) Datasync() sys.Errno { return f.Sync() }

func (f *openFile) Utimens(int64, int64) sys.Errno { return 0 }

func (f *openFile) Close() sys.Errno { return 0 }

// controlFile is the file that stands for the file system.
type controlFile struct {
	sys.UnimplementedFile
	disk   *disk.System
	answer []byte
}

func (f *controlFile) Stat() (wasi.Stat_t, sys.Errno) { return wasi.Stat_t{Mode: 0o600, Nlink: 1}, 0 }

func (f *controlFile) Write(b []byte) (int, sys.Errno) {
	answer, err := f.disk.Obey(b)
	if err != nil {
		return 0, sys.EINVAL
	}
	f.answer = answer
	return len(b), 0
}

func (f *controlFile) Read(b []byte) (int, sys.Errno) {
	n := copy(b, f.answer)
	f.answer = f.answer[n:]
	return n, 0
}

func (f *controlFile) Close() sys.Errno { return 0 }
