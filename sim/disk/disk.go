// Package disk is a file system in memory that knows what a loss of power would leave of it. The servers inside a guest keep
// their files on it.
//
// The path of a byte: a server writes it, and it is in the newest version of a page (page.go). A sync, or the kernel some time
// later, makes that version the one that is surely on the disk. What changes names is in the journal of its volume
// (journal.go) until that is committed. When the power fails (loss.go), a draw chooses for each page one of its versions, and
// for the journal a point at which it ends; what is then there is another volume, on which the server starts again.
//
// The folders of the root folder's one subfolder are volumes, the disks of servers: /store/n1 is that of n1. What is outside
// of them is no server's, and no power is ever lost there.
//
// # The model
//
// It is ext4 as it is mounted by default (data=ordered, delayed allocation, auto_da_alloc, commit=5), on a disk that does
// what it is told: a sync is a sync. POSIX alone promises less, and then a server that syncs each write, but never the folder
// of a new file, could lose whole files: no usual file system does that, and we do not blame a server for what cannot
// happen. In particular:
//
//   - A sync of a file, or a write to one that was opened with O_SYNC, keeps the file's content and length, and commits the
//     journal: with it all names that were made, changed or removed before on this volume, in whatever folder. A sync of a
//     folder commits the journal. (XFS does the same. btrfs with its log tree, and ext4 with fast_commit, may keep less.)
//   - Changes of names and truncations are in one journal, in their order: what is left is a beginning of it. There is no
//     name without those that were made before.
//   - New content that nobody has synced may be there or not, each page of 4 KiB as it stood at any time since, whatever the
//     other pages are: writes are lost, are there in another order, and of a page that was being written again only some
//     sectors of 512 bytes may be new. The content of files is not in the order of names, but for two things. A file is
//     never longer than what was written before the journal ends, since its length is in the journal, too; within its
//     length, a page that is new is there (data=ordered), though perhaps not with what was added to it later, in the place
//     of which are zeros. And where a file is renamed onto another, its content is there as it was then (auto_da_alloc): the
//     usual way to replace a file without a sync. Without a file to replace, the new name may be one of an empty file.
//   - The kernel writes on its own: the journal every 5 s (commit=5), and a file with all of its content some 30 s after its
//     first unsynced write (vm.dirty_expire_centisecs). So what was written half a minute ago is there, whether or not
//     a server has synced it: with the defaults of Linux no server loses more.
//
// What is left out: a block of a truncated file that is written again in its place before the truncation is committed; parts
// of files that nobody has written before what is behind them; disks that lie. The seconds are those of whoever calls
// [System.Tick], which is what makes a run on the virtual clock repeatable.
package disk

import (
	"errors"
	"io/fs"
	"slices"
	"strings"
)

// Root is where a guest has its file system among its paths, and FirstDescriptor the number of the first file that it opens
// there: those of the machine have smaller ones.
const (
	Root            = "/disk"
	FirstDescriptor = 1 << 20
)

// System is a whole file system. It is used by one goroutine at a time, see [Files.Do].
type System struct {
	root  *Node
	nodes uint64 // so far
	ticks int64
}

// New is a file system with nothing in it.
func New() *System {
	s := &System{}
	s.root = s.node(nil, true)
	return s
}

// Node is a file or a folder.
type Node struct {
	id     uint64
	volume *volume          // nil: it is on none
	names  map[string]*Node // of a folder; nil: it is a file

	body
	op      uint64 // of the newest write
	dirty   int64  // the tick of the first write that is not surely on the disk, from 1; 0: there is none
	version uint64 // of its modification time
}

// volume is the disk of one server.
type volume struct {
	journal []entry
	begun   uint64 // entries of the journal that were committed: the number of the first one in it
	dirty   map[*Node]bool
	failure Failure
}

// ID is a number that no other node has.
func (n *Node) ID() uint64 { return n.id }

// Dir reports whether the node is a folder.
func (n *Node) Dir() bool { return n.names != nil }

// Size is the length of a file.
func (n *Node) Size() int64 { return n.size }

// Version is a number that grows with each change.
func (n *Node) Version() uint64 { return n.version }

// Names are the names in a folder, in their order.
func (n *Node) Names() []string {
	names := make([]string, 0, len(n.names))
	for name := range n.names {
		names = append(names, name)
	}
	slices.Sort(names)
	return names
}

// Child is what has a name in a folder; nil: nothing has.
func (n *Node) Child(name string) *Node { return n.names[name] }

func (s *System) node(v *volume, dir bool) *Node {
	s.nodes++
	n := &Node{id: s.nodes, volume: v}
	if dir {
		n.names = map[string]*Node{}
	}
	return n
}

// The errors of what is done to names. Besides them there are [fs.ErrNotExist] and [fs.ErrExist].
var (
	ErrNotDir   = errors.New("not a directory")
	ErrIsDir    = errors.New("is a directory")
	ErrNotEmpty = errors.New("directory not empty")
	ErrVolume   = errors.New("on another disk")
)

// parts are the names of a path.
func parts(path string) []string {
	return slices.DeleteFunc(strings.Split(path, "/"), func(p string) bool { return p == "" || p == "." })
}

// Find is what a path leads to.
func (s *System) Find(path string) (*Node, error) {
	n := s.root
	for _, name := range parts(path) {
		if !n.Dir() {
			return nil, ErrNotDir
		}
		if n = n.names[name]; n == nil {
			return nil, fs.ErrNotExist
		}
	}
	return n, nil
}

// place is the folder of a path, the name in it, and what has that name now.
func (s *System) place(path string) (dir *Node, name string, is *Node, err error) {
	all := parts(path)
	if len(all) == 0 {
		return nil, "", nil, fs.ErrExist
	}
	name = all[len(all)-1]
	if dir, err = s.Find(strings.Join(all[:len(all)-1], "/")); err != nil {
		return nil, "", nil, err
	}
	if !dir.Dir() {
		return nil, "", nil, ErrNotDir
	}
	return dir, name, dir.names[name], nil
}

// volumeDepth is how deep the folders are that are volumes.
const volumeDepth = 2

// Create makes a file, or with dir a folder, where nothing is.
func (s *System) Create(path string, dir bool) (*Node, error) {
	in, name, is, err := s.place(path)
	if err != nil {
		return nil, err
	}
	if is != nil {
		return nil, fs.ErrExist
	}
	v := in.volume
	able := v.changes
	if dir {
		able = v.grows
	}
	if err := able(); err != nil {
		return nil, err
	}
	if dir && len(parts(path)) == volumeDepth {
		v = newVolume()
	}
	n := s.node(v, dir)
	in.change(entry{names: []naming{{in, name, nil, n}}})
	return n, nil
}

func newVolume() *volume { return &volume{dirty: map[*Node]bool{}} }

// Remove removes a file, or with dir an empty folder. Whoever has it open keeps it.
func (s *System) Remove(path string, dir bool) error {
	in, name, is, err := s.place(path)
	switch {
	case err != nil:
		return err
	case is == nil:
		return fs.ErrNotExist
	case dir && !is.Dir():
		return ErrNotDir
	case !dir && is.Dir():
		return ErrIsDir
	case len(is.names) > 0:
		return ErrNotEmpty
	}
	if err := in.volume.changes(); err != nil {
		return err
	}
	in.change(entry{names: []naming{{in, name, is, nil}}})
	return nil
}

// Rename gives something another name; what had that is gone.
func (s *System) Rename(from, to string) error {
	in, name, is, err := s.place(from)
	if err != nil {
		return err
	}
	into, newName, was, err := s.place(to)
	switch {
	case err != nil:
		return err
	case is == nil:
		return fs.ErrNotExist
	case was == is:
		return nil
	case in.volume != into.volume || is.volume != in.volume:
		return ErrVolume
	case is.Dir() && inside(is, into):
		return fs.ErrInvalid
	case was != nil && was.Dir() && inside(was, in):
		return ErrNotEmpty
	case was != nil && is.Dir() && !was.Dir():
		return ErrNotDir
	case was != nil && !is.Dir() && was.Dir():
		return ErrIsDir
	case was != nil && len(was.names) > 0:
		return ErrNotEmpty
	}
	if err := in.volume.changes(); err != nil {
		return err
	}
	e := entry{names: []naming{{in, name, is, nil}, {into, newName, was, is}}}
	if was != nil && !is.Dir() {
		e.whole, e.op = is, is.op
	}
	in.change(e)
	return nil
}

// inside reports whether n is a folder, or below it.
func inside(folder, n *Node) bool {
	if folder == n {
		return true
	}
	for _, child := range folder.names {
		if child.Dir() && inside(child, n) {
			return true
		}
	}
	return false
}
