package disk

import (
	"errors"
	"io/fs"
)

// Failure is what is the matter with a volume.
type Failure int

const (
	// Sound is a volume with nothing the matter.
	Sound Failure = iota
	// Full is one on which there is no room: what is there can be read, written over, renamed and removed, and an empty file can
	// be made. Nothing that is removed makes room: whoever has filled the disk takes it.
	Full
	// Broken is one that its file system has given up, as XFS does after an error of its log: whatever would change it, and
	// every sync, fails. What is there can be read: the kernel still has it in memory. Nothing reaches the disk any more.
	Broken
)

// The errors of what a volume cannot do any more.
var (
	ErrFull   = errors.New("no space left on device")
	ErrBroken = errors.New("input/output error")
)

// Fail makes a failure of the volume at a path, or ends it. A volume that is made like it, see [System.Keep], has it too.
func (s *System) Fail(at string, what Failure) error {
	n, err := s.Find(at)
	if err != nil {
		return err
	}
	if n.volume == nil || len(parts(at)) != volumeDepth {
		return fs.ErrInvalid
	}
	n.volume.failure = what
	return nil
}

// changes says why nothing of the volume can be changed; nil where it can, and where there is none.
func (v *volume) changes() error {
	if v != nil && v.failure == Broken {
		return ErrBroken
	}
	return nil
}

// grows says why nothing can be added to the volume; nil where it can.
func (v *volume) grows() error {
	if v != nil && v.failure == Full {
		return ErrFull
	}
	return v.changes()
}

// room is how many of so many bytes can be written to a file at an offset: on a full volume those of pages that it has.
func (n *Node) room(size int, at int64) int {
	if n.volume == nil || n.volume.failure != Full {
		return size
	}
	for i := int(at / pageSize); int64(i)*pageSize < at+int64(size); i++ {
		if i >= len(n.pages) || n.pages[i].newest().bytes == nil {
			return int(max(0, int64(i)*pageSize-at))
		}
	}
	return size
}
