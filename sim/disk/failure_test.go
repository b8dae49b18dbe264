package disk

import (
	"bytes"
	"errors"
	"testing"
)

// made is a file system with a volume that has a file of a page and a half, synced, and a folder.
func made(t *testing.T) (*System, *Node) {
	t.Helper()
	s := New()
	for _, folder := range []string{"/store", "/store/n1", "/store/n1/d"} {
		if _, err := s.Create(folder, true); err != nil {
			t.Fatal(err)
		}
	}
	n, err := s.Create("/store/n1/a", false)
	if err != nil {
		t.Fatal(err)
	}
	if _, err := s.WriteAt(n, bytes.Repeat([]byte{'a'}, pageSize*3/2), 0); err != nil {
		t.Fatal(err)
	}
	if err := s.Sync(n); err != nil {
		t.Fatal(err)
	}
	return s, n
}

// On a full disk what is there can be written over, up to the end of its last page, renamed and removed; nothing is added.
func TestFull(t *testing.T) {
	s, n := made(t)
	if err := s.Fail("/store/n1", Full); err != nil {
		t.Fatal(err)
	}
	for _, c := range []struct {
		size int
		at   int64
		n    int
		err  error
	}{
		{100, 0, 100, nil},
		{pageSize, pageSize / 2, pageSize, nil},
		{pageSize, pageSize * 3 / 2, pageSize / 2, nil}, // as much as there is room for
		{1, pageSize * 2, 0, ErrFull},
		{100, pageSize * 10, 0, ErrFull},
	} {
		if done, err := s.WriteAt(n, make([]byte, c.size), c.at); done != c.n || !errors.Is(err, c.err) {
			t.Errorf("%d bytes at %d: %d written, %v; want %d, %v", c.size, c.at, done, err, c.n, c.err)
		}
	}
	if _, err := s.Create("/store/n1/e", true); !errors.Is(err, ErrFull) {
		t.Errorf("a folder is made: %v", err)
	}
	empty, err := s.Create("/store/n1/b", false)
	if err != nil {
		t.Errorf("no empty file: %v", err)
	}
	if _, err := s.WriteAt(empty, []byte("x"), 0); !errors.Is(err, ErrFull) {
		t.Errorf("a byte is written to a new file: %v", err)
	}
	if err := errors.Join(s.Sync(n), s.Truncate(n, 10), s.Rename("/store/n1/a", "/store/n1/c"), s.Remove("/store/n1/b", false)); err != nil {
		t.Error(err)
	}
	if err := s.Fail("/store/n1", Sound); err != nil {
		t.Fatal(err)
	}
	if done, err := s.WriteAt(n, make([]byte, pageSize), pageSize*5); done != pageSize || err != nil {
		t.Errorf("healed: %d, %v", done, err)
	}
}

// A broken disk can be read, and nothing else; what was not synced before never gets there. The server that starts on what it
// leaves has the broken disk as well.
func TestBroken(t *testing.T) {
	s, n := made(t)
	if _, err := s.WriteAt(n, []byte("new"), 0); err != nil {
		t.Fatal(err)
	}
	if err := s.Fail("/store/n1", Broken); err != nil {
		t.Fatal(err)
	}
	_, write := s.WriteAt(n, []byte("x"), 0)
	_, create := s.Create("/store/n1/b", false)
	for what, err := range map[string]error{
		"write": write, "create": create, "sync": s.Sync(n), "truncate": s.Truncate(n, 1),
		"rename": s.Rename("/store/n1/a", "/store/n1/c"), "remove": s.Remove("/store/n1/a", false),
	} {
		if !errors.Is(err, ErrBroken) {
			t.Errorf("%s: %v, want %v", what, err, ErrBroken)
		}
	}
	b := make([]byte, 3)
	if n.ReadAt(b, 0); string(b) != "new" {
		t.Errorf("%q is read", b)
	}
	for range 10 * expiry {
		s.Tick()
	}
	if n.dirty == 0 {
		t.Error("what was not synced has reached the disk")
	}
	if err := s.Keep("/store/n1", "/store/n1.1"); err != nil {
		t.Fatal(err)
	}
	if _, err := s.Create("/store/n1.1/b", false); !errors.Is(err, ErrBroken) {
		t.Errorf("what is left of it is sound: %v", err)
	}
	if err := s.Fail("/store", Full); err == nil {
		t.Error("what is no volume failed")
	}
}
