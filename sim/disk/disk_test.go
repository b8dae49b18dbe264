package disk

import (
	"bytes"
	"errors"
	"fmt"
	"io/fs"
	"path"
	"slices"
	"testing"

	"pgregory.net/rapid"
)

const volumePath = "store/n1"

// twin is what the disk should be, in the plainest way: whole files after every step.
type twin struct {
	files map[string]*twinFile
	// What was there after each change of names since the last commit, from that on: the journal can end after any.
	names []map[string]*twinFile
}

// twinFile is every content that a file has had since it was last surely on the disk, the first of which is that.
type twinFile struct {
	was [][]byte
}

func (f *twinFile) now() []byte { return f.was[len(f.was)-1] }

func (w *twin) changed() {
	now := map[string]*twinFile{}
	for name, f := range w.files {
		now[name] = f
	}
	w.names = append(w.names, now)
}

// commit is what a sync does: no name can be lost any more.
func (w *twin) commit() {
	w.names = nil
	w.changed()
}

// sync makes the content of a file sure.
func (w *twin) sync(f *twinFile) {
	f.was = f.was[len(f.was)-1:]
	w.commit()
}

var fileNames = []string{"a", "b", "sub/c", "sub/d"}

// machine does the same to a disk and to its twin.
type machine struct {
	system *System
	twin   *twin
}

func newMachine(t *rapid.T) *machine {
	m := &machine{New(), &twin{files: map[string]*twinFile{}}}
	for _, dir := range []string{"store", volumePath, volumePath + "/sub"} {
		if _, err := m.system.Create(dir, true); err != nil {
			t.Fatal(err)
		}
	}
	m.system.Tick() // the folder is there
	m.twin.commit()
	return m
}

func (m *machine) file(name string) *Node {
	n, err := m.system.Find(path.Join(volumePath, name))
	if err != nil {
		return nil
	}
	return n
}

// known draws a file that there is.
func (m *machine) known(t *rapid.T) (string, *Node, *twinFile) {
	var names []string
	for name := range m.twin.files {
		names = append(names, name)
	}
	if len(names) == 0 {
		t.Skip("no file")
	}
	slices.Sort(names)
	name := rapid.SampledFrom(names).Draw(t, "name")
	return name, m.file(name), m.twin.files[name]
}

func (m *machine) Create(t *rapid.T) {
	name := rapid.SampledFrom(fileNames).Draw(t, "name")
	_, err := m.system.Create(path.Join(volumePath, name), false)
	if _, there := m.twin.files[name]; there {
		if !errors.Is(err, fs.ErrExist) {
			t.Fatalf("created %s twice: %v", name, err)
		}
		return
	}
	if err != nil {
		t.Fatal(err)
	}
	m.twin.files[name] = &twinFile{was: [][]byte{nil}}
	m.twin.changed()
}

func (m *machine) Write(t *rapid.T) {
	_, n, f := m.known(t)
	old := f.now()
	at := rapid.IntRange(0, len(old)).Draw(t, "at") // a file without holes
	if rapid.Bool().Draw(t, "append") {
		at = len(old)
	}
	b := bytes.Repeat([]byte{byte(rapid.IntRange(1, 255).Draw(t, "byte"))}, rapid.IntRange(1, 3*pageSize/2).Draw(t, "length"))
	m.system.WriteAt(n, b, int64(at))
	next := append([]byte(nil), old...)
	next = append(next[:at], append(append([]byte(nil), b...), next[min(len(next), at+len(b)):]...)...)
	f.was = append(f.was, next)
}

func (m *machine) Truncate(t *rapid.T) {
	_, n, f := m.known(t)
	size := rapid.IntRange(0, len(f.now())).Draw(t, "size")
	m.system.Truncate(n, int64(size))
	f.was = append(f.was, f.now()[:size:size])
}

func (m *machine) Rename(t *rapid.T) {
	name, _, f := m.known(t)
	to := rapid.SampledFrom(fileNames).Draw(t, "to")
	if err := m.system.Rename(path.Join(volumePath, name), path.Join(volumePath, to)); err != nil {
		t.Fatal(err)
	}
	if to != name {
		delete(m.twin.files, name)
		m.twin.files[to] = f
		m.twin.changed()
	}
}

func (m *machine) Remove(t *rapid.T) {
	name, _, _ := m.known(t)
	if err := m.system.Remove(path.Join(volumePath, name), false); err != nil {
		t.Fatal(err)
	}
	delete(m.twin.files, name)
	m.twin.changed()
}

func (m *machine) Sync(t *rapid.T) {
	_, n, f := m.known(t)
	m.system.Sync(n)
	m.twin.sync(f)
}

// LosePower checks what is left, and goes on with the machine that lives.
func (m *machine) LosePower(t *rapid.T) {
	seed := rapid.Uint64().Draw(t, "seed")
	left := map[string][]byte{}
	for i := range 2 { // twice the same
		to := fmt.Sprintf("store/after%d.%d", m.system.nodes, i)
		if _, err := m.system.Lose(volumePath, to, seed); err != nil {
			t.Fatal(err)
		}
		n, err := m.system.Find(to)
		if err != nil {
			t.Fatal(err)
		}
		got := contents(n, "")
		if i == 1 && !equal(got, left) {
			t.Fatal("one seed has left two contents")
		}
		left = got
	}
	for _, names := range m.twin.names {
		if err := allowed(left, names); err == nil {
			return
		}
	}
	t.Fatalf("no end of the journal allows what is left: %v", allowed(left, m.twin.names[len(m.twin.names)-1]))
}

func (m *machine) Check(t *rapid.T) {
	n, err := m.system.Find(volumePath)
	if err != nil {
		t.Fatal(err)
	}
	now := map[string][]byte{}
	for name, f := range m.twin.files {
		now[name] = f.now()
	}
	if !equal(contents(n, ""), now) {
		t.Fatal("the disk holds something else than was written")
	}
}

func contents(n *Node, in string) map[string][]byte {
	all := map[string][]byte{}
	for _, name := range n.Names() {
		child := n.Child(name)
		if child.Dir() {
			for below, b := range contents(child, path.Join(in, name)) {
				all[below] = b
			}
			continue
		}
		b := make([]byte, child.Size())
		child.ReadAt(b, 0)
		all[path.Join(in, name)] = b
	}
	return all
}

func equal(a, b map[string][]byte) bool {
	if len(a) != len(b) {
		return false
	}
	for name, x := range a {
		if y, ok := b[name]; !ok || !bytes.Equal(x, y) {
			return false
		}
	}
	return true
}

// allowed reports why a content is none that a loss of power may leave, where these are the names. Each sector is that of some
// content that the file has had since it was sure, or, behind what that was, zeros; the length is one that it has had.
func allowed(left map[string][]byte, names map[string]*twinFile) error {
	if len(left) != len(names) {
		return fmt.Errorf("%d files, wanted %d", len(left), len(names))
	}
	for name, f := range names {
		b, ok := left[name]
		if !ok {
			return fmt.Errorf("%s is not there", name)
		}
		if err := f.allows(b); err != nil {
			return fmt.Errorf("%s: %w", name, err)
		}
	}
	return nil
}

func (f *twinFile) allows(b []byte) error {
	// Between two contents the kernel may have come as far as the end of a page.
	fits := func(old []byte) bool { return len(old) == len(b) || len(b)%pageSize == 0 && len(b) < len(old) }
	if !slices.ContainsFunc(f.was, fits) {
		return fmt.Errorf("%d bytes long", len(b))
	}
	for from := 0; from < len(b); from += sectorSize {
		sector := b[from:min(len(b), from+sectorSize)]
		if !slices.ContainsFunc(f.was, func(old []byte) bool { return bytes.Equal(sector, cutTo(old, from, len(sector))) }) {
			return fmt.Errorf("the sector at %d is none that was written", from)
		}
	}
	return nil
}

// cutTo is a part of a content, with zeros behind its end.
func cutTo(b []byte, from, length int) []byte {
	part := make([]byte, length)
	if from < len(b) {
		copy(part, b[from:])
	}
	return part
}

// Whatever is done to a disk, a loss of power leaves what the model allows, and all that was synced.
func TestLossIsAllowed(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		m := newMachine(t)
		t.Repeat(map[string]func(*rapid.T){
			"create": m.Create, "write": m.Write, "truncate": m.Truncate, "rename": m.Rename, "remove": m.Remove,
			"sync": m.Sync, "lose power": m.LosePower, "": m.Check,
		})
	})
}
