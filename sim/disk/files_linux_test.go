package disk

import (
	"bytes"
	"errors"
	"fmt"
	"io"
	"math/rand/v2"
	"slices"
	"strings"
	"syscall"
	"testing"
)

// calls are the system calls of [Files].
type calls interface {
	Open(path string, flags int) (int, error)
	Close(fd int) error
	Stat(path string, st *syscall.Stat_t) error
	Fstat(fd int, st *syscall.Stat_t) error
	Mkdir(path string) error
	Remove(path string, dir bool) error
	Rename(from, to string) error
	Read(fd int, b []byte) (int, error)
	Pread(fd int, b []byte, at int64) (int, error)
	Write(fd int, b []byte) (int, error)
	Pwrite(fd int, b []byte, at int64) (int, error)
	Seek(fd int, by int64, whence int) (int64, error)
	Truncate(fd int, size int64) error
	Sync(fd int) error
	Getdents(fd int, b []byte) (int, error)
}

// kernel is the twin: the same calls of the machine, below a folder.
type kernel struct{ root string }

func (k kernel) at(path string) string { return k.root + path }

func (k kernel) Open(path string, flags int) (int, error) {
	return syscall.Open(k.at(path), flags, 0o644)
}
func (k kernel) Close(fd int) error                         { return syscall.Close(fd) }
func (k kernel) Stat(path string, st *syscall.Stat_t) error { return syscall.Stat(k.at(path), st) }
func (k kernel) Fstat(fd int, st *syscall.Stat_t) error     { return syscall.Fstat(fd, st) }
func (k kernel) Mkdir(path string) error                    { return syscall.Mkdir(k.at(path), 0o755) }
func (k kernel) Rename(from, to string) error               { return syscall.Rename(k.at(from), k.at(to)) }
func (k kernel) Read(fd int, b []byte) (int, error)         { return syscall.Read(fd, b) }
func (k kernel) Write(fd int, b []byte) (int, error)        { return syscall.Write(fd, b) }
func (k kernel) Truncate(fd int, size int64) error          { return syscall.Ftruncate(fd, size) }
func (k kernel) Sync(fd int) error                          { return syscall.Fsync(fd) }
func (k kernel) Getdents(fd int, b []byte) (int, error)     { return syscall.Getdents(fd, b) }

func (k kernel) Pread(fd int, b []byte, at int64) (int, error) { return syscall.Pread(fd, b, at) }

func (k kernel) Pwrite(fd int, b []byte, at int64) (int, error) { return syscall.Pwrite(fd, b, at) }

func (k kernel) Seek(fd int, by int64, whence int) (int64, error) {
	return syscall.Seek(fd, by, whence)
}

func (k kernel) Remove(path string, dir bool) error {
	if dir {
		return syscall.Rmdir(k.at(path))
	}
	return syscall.Unlink(k.at(path))
}

// side is one of the two, with what is open there.
type side struct {
	calls
	open []int
}

// told is what a call came to: the number counts where there was no error.
func told(n any, err error, b []byte) string {
	if err != nil {
		return err.Error()
	}
	return fmt.Sprintf("%v %q", n, b)
}

// attrs are those that both sides know. The length of a folder is the file system's own affair.
func attrs(st *syscall.Stat_t, err error) string {
	if err != nil {
		return told(0, err, nil)
	}
	if kind := st.Mode & syscall.S_IFMT; kind == syscall.S_IFDIR {
		return "folder"
	}
	return fmt.Sprintf("file of %d", st.Size)
}

// names reads a folder to its end.
func (s *side) names(fd int) string {
	var all []string
	buf := make([]byte, 200)
	for {
		n, err := s.Getdents(fd, buf)
		if err == syscall.ENOENT {
			err = nil // the kernel tells that the folder was removed; here it is empty
		}
		if n <= 0 || err != nil {
			slices.Sort(all)
			return told(all, err, nil)
		}
		_, _, names := syscall.ParseDirent(buf[:n], -1, nil)
		all = append(all, names...)
	}
}

// step does what the numbers say, the same on both sides.
func (s *side) step(seed uint64) string {
	r := rand.New(rand.NewPCG(seed, 0))
	fd := -1
	which := 0
	if len(s.open) > 0 {
		which = r.IntN(len(s.open))
		fd = s.open[which]
	}
	content := bytes.Repeat([]byte{byte('a' + r.IntN(26))}, r.IntN(9000))
	at := r.Int64N(12000)
	var st syscall.Stat_t
	if op := r.IntN(20); op >= 12 && s.Fstat(fd, &st) == nil && st.Mode&syscall.S_IFMT == syscall.S_IFDIR {
		if op == 19 {
			_, _ = s.Seek(fd, 0, io.SeekStart)
			return "names: " + s.names(fd)
		}
		// What a kernel says of it depends on the file system.
		_, read := s.Read(fd, content)
		_, write := s.Pwrite(fd, content, at)
		return fmt.Sprint("a folder is no file: ", read != nil, write != nil, s.Truncate(fd, at) != nil)
	} else {
		return s.do(op, r, fd, which, content, at)
	}
}

// do does one of the calls.
func (s *side) do(op int, r *rand.Rand, fd, which int, content []byte, at int64) string {
	paths := []string{"/d", "/d/a", "/d/b", "/d/e", "/d/e/a", "/d/e/f", "/d/e/f/b", "/d/none/a", "/a", "/b", "/e"}
	path := func() string { return "/store/n1" + paths[r.IntN(len(paths))] } // on one disk
	var st syscall.Stat_t
	switch op {
	case 0, 1, 2, 3:
		flags := []int{syscall.O_RDONLY, syscall.O_WRONLY, syscall.O_RDWR}[r.IntN(3)]
		for _, flag := range []int{syscall.O_CREAT, syscall.O_EXCL, syscall.O_TRUNC, syscall.O_APPEND, syscall.O_SYNC, syscall.O_DIRECTORY} {
			if r.IntN(3) == 0 {
				flags |= flag
			}
		}
		if flags&syscall.O_CREAT != 0 {
			flags &^= syscall.O_DIRECTORY // kernels differ in what both are
		} else {
			flags &^= syscall.O_EXCL
		}
		p := path()
		fd, err := s.Open(p, flags)
		if err == nil {
			s.open = append(s.open, fd)
		}
		return fmt.Sprintf("open %s %x: %v", p, flags, err)
	case 4:
		if fd >= 0 {
			s.open = slices.Delete(s.open, which, which+1)
		}
		return fmt.Sprint("close: ", s.Close(fd))
	case 5:
		p := path()
		return "stat " + p + ": " + attrs(&st, s.Stat(p, &st))
	case 6:
		return "fstat: " + attrs(&st, s.Fstat(fd, &st))
	case 7, 8:
		p := path()
		return "mkdir " + p + ": " + fmt.Sprint(s.Mkdir(p))
	case 9:
		p, dir := path(), r.IntN(2) == 0
		return fmt.Sprintf("remove %s %v: %v", p, dir, s.Remove(p, dir))
	case 10, 11:
		from, to := path(), path()
		return fmt.Sprintf("rename %s %s: %v", from, to, s.Rename(from, to))
	case 12:
		b := make([]byte, r.IntN(9000))
		n, err := s.Read(fd, b)
		return "read: " + told(n, err, b[:max(n, 0)])
	case 13:
		b := make([]byte, r.IntN(9000))
		n, err := s.Pread(fd, b, at)
		return "pread: " + told(n, err, b[:max(n, 0)])
	case 14, 15:
		n, err := s.Write(fd, content)
		return "write: " + told(n, err, nil)
	case 16:
		n, err := s.Pwrite(fd, content, at)
		return "pwrite: " + told(n, err, nil)
	case 17:
		n, err := s.Seek(fd, at-3000, []int{0, 1, 2, 99}[r.IntN(4)])
		return "seek: " + told(n, err, nil)
	case 18:
		return "truncate: " + fmt.Sprint(s.Truncate(fd, at))
	}
	return "sync: " + fmt.Sprint(s.Sync(fd))
}

// Whatever a program does with files, it is told what the kernel of the machine tells it.
func TestAsTheKernel(t *testing.T) {
	for run := range uint64(150) {
		ours, theirs := &side{calls: NewFiles()}, &side{calls: kernel{t.TempDir()}}
		for _, s := range []*side{ours, theirs} {
			if err := errors.Join(s.Mkdir("/store"), s.Mkdir("/store/n1")); err != nil {
				t.Fatal(err)
			}
		}
		var course []string
		for i := range uint64(200) {
			seed := run<<32 | i
			got, want := ours.step(seed), theirs.step(seed)
			course = append(course, fmt.Sprintf("%.60s", want))
			if got != want {
				t.Fatalf("run %d:\n%s\nbut in memory\n%.300s", run, strings.Join(course[max(0, len(course)-25):], "\n"), got)
			}
		}
		for _, fd := range theirs.open {
			syscall.Close(fd)
		}
	}
}

// What is removed while it is open is still there for whoever has it open.
func TestRemovedWhileOpen(t *testing.T) {
	f := NewFiles()
	fd, err := f.Open("/a", syscall.O_CREAT|syscall.O_RDWR)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := f.Write(fd, []byte("here")); err != nil {
		t.Fatal(err)
	}
	if err := f.Remove("/a", false); err != nil {
		t.Fatal(err)
	}
	b := make([]byte, 10)
	if n, err := f.Pread(fd, b, 0); err != nil || string(b[:n]) != "here" {
		t.Errorf("%q, %v", b[:n], err)
	}
	if name := f.Name(fd); name != "/a" {
		t.Errorf("it was opened as %q", name)
	}
	if err := f.Close(fd); err != nil {
		t.Fatal(err)
	}
	if _, err := f.Read(fd, b); err != syscall.EBADF {
		t.Errorf("a closed file says %v", err)
	}
}
