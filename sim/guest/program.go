package guest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
)

// ErrNone is in the error of a program that can neither find nor make a guest.
var ErrNone = errors.New("there is no guest to run")

// ErrBuild is in the error of a checkout that does not build.
var ErrBuild = errors.New("the guest cannot be built")

// Where a guest comes from.
const (
	Carried = "carried"               // it is inside this program
	Built   = "built from a checkout" // of pindrop, by the Go toolchain
)

// Program is a guest that can be run.
type Program struct {
	Path   string
	Origin string // where it comes from: [Carried] or [Built]
	ID     string // of the toolchain and the source that it was built from: guests of one id make the same histories
}

// Which says which guest [Prepare] would give, without building one; ready is false where it has to be built first. The
// error is [ErrNone] where there is none.
func Which() (p *Program, ready bool, err error) {
	if err := runs(); err != nil {
		return nil, false, err
	}
	if len(carried) > 0 {
		return &Program{ID: carriedID, Origin: Carried}, true, nil
	}
	root, err := cacheFolder()
	if err != nil {
		return nil, false, err
	}
	source, err := checkout()
	if err != nil {
		return nil, false, err
	}
	if p, err = inCheckout(source, root); err != nil {
		return nil, false, err
	}
	if intact(p.Path) {
		return p, true, nil
	}
	_, err = toolchain()
	return p, false, err
}

// cacheFolder is where guests are kept.
func cacheFolder() (string, error) {
	root, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a folder to keep the guest in: %w", err)
	}
	return filepath.Join(root, "pindrop"), nil
}

// programPath is where a guest is kept.
func programPath(root, id string) string { return filepath.Join(root, "guest-"+id) }

// runs says why no guest runs on this machine.
func runs() error {
	if runtime.GOOS == "linux" && (runtime.GOARCH == "amd64" || runtime.GOARCH == "arm64") {
		return nil
	}
	return fmt.Errorf("%w: it runs on Linux, on amd64 or arm64, and this is %s on %s", ErrNone, runtime.GOOS, runtime.GOARCH)
}

// Prepare finds the guest that this program carries, or builds it from the checkout that this program was built from, or
// that the current directory is in; once, for everything is kept by content in the user's cache folder. What takes long is
// told. An error that is [ErrNone] says what is missing. Guests that were not used for the longest time leave the cache.
func Prepare(ctx context.Context, tell func(doing string)) (*Program, error) {
	if err := runs(); err != nil {
		return nil, err
	}
	root, err := cacheFolder()
	if err != nil {
		return nil, err
	}
	p, err := take(root)
	if err == nil && p == nil {
		p, err = build(ctx, root, tell)
	}
	if err != nil {
		return nil, err
	}
	touch(p.Path)
	prune(root)
	return p, nil
}

// keep writes a program that appears under its name when it is whole.
func keep(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return fmt.Errorf("make the cache of guests: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+"-")
	if err != nil {
		return fmt.Errorf("keep the guest: %w", err)
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Chmod(0o755), f.Close()); err != nil {
		return fmt.Errorf("keep the guest: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return put(f.Name(), path)
}
