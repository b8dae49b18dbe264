// Package scratch makes folders for what a process needs only while it lives, beneath the system's folder for temporary files.
//
// A process that is killed leaves its folders behind. So each has a file that its process keeps locked: the lock ends with the process,
// however that ends, and the next process that makes a folder removes those that nobody has locked.
package scratch

import (
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"strings"
)

// prefix begins the names of the folders, and lockFile is the file in each that is locked.
const (
	prefix   = "pindrop-"
	lockFile = ".lock"
)

// Folder is a folder for temporary files.
type Folder struct {
	Dir  string // where it is
	lock *os.File
}

// New makes a folder, and removes those of processes that are no more.
func New() (*Folder, error) {
	root := os.TempDir()
	if locks {
		sweep(root)
	}
	making, err := os.MkdirTemp(root, "."+prefix) // nobody sweeps it before it is locked
	if err != nil {
		return nil, err
	}
	dir := filepath.Join(root, strings.TrimPrefix(filepath.Base(making), "."))
	lock, err := os.OpenFile(filepath.Join(making, lockFile), os.O_RDWR|os.O_CREATE, 0o600)
	if err == nil {
		err = errors.Join(hold(lock), os.Rename(making, dir))
	}
	if err != nil {
		return nil, fmt.Errorf("lock a temporary folder: %w", errors.Join(err, os.RemoveAll(making)))
	}
	return &Folder{dir, lock}, nil
}

// Remove removes the folder and all that is in it.
func (f *Folder) Remove() error { return errors.Join(os.RemoveAll(f.Dir), f.lock.Close()) }

// sweep removes the folders in root that no process holds. What cannot be looked at, or removed, stays: it belongs to somebody else.
func sweep(root string) {
	files, _ := os.ReadDir(root)
	for _, file := range files {
		if !file.IsDir() || !strings.HasPrefix(file.Name(), prefix) {
			continue
		}
		dir := filepath.Join(root, file.Name())
		lock, err := os.OpenFile(filepath.Join(dir, lockFile), os.O_RDWR, 0)
		if err != nil {
			continue // it is not ours, or is being made
		}
		if hold(lock) == nil {
			_ = os.RemoveAll(dir)
		}
		_ = lock.Close()
	}
}
