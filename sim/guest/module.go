package guest

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
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

// Module is a guest that can be run.
type Module struct {
	Path   string // of the WebAssembly module
	Cache  string // folder of its compiled form
	Origin string // where it comes from: [Carried] or [Built]
	ID     string // of the toolchain and the source that it was built from: guests of one id make the same histories
}

// Which says which guest [Prepare] would give, without building one; ready is false where it has to be built first. The
// error is [ErrNone] where there is none.
func Which() (m *Module, ready bool, err error) {
	if len(carried) > 0 {
		return &Module{ID: carriedID, Origin: Carried}, true, nil
	}
	root, err := cacheFolder()
	if err != nil {
		return nil, false, err
	}
	source, err := checkout()
	if err != nil {
		return nil, false, err
	}
	if m, err = inCheckout(source, root); err != nil {
		return nil, false, err
	}
	_, err = os.Stat(m.Path)
	return m, err == nil, nil
}

// cacheFolder is where guests are kept.
func cacheFolder() (string, error) {
	root, err := os.UserCacheDir()
	if err != nil {
		return "", fmt.Errorf("find a folder to keep the guest in: %w", err)
	}
	return filepath.Join(root, "pindrop"), nil
}

// modulePath is where a guest is kept.
func modulePath(root, id string) string { return filepath.Join(root, "guest-"+id+".wasm") }

// compiledPath is where its compiled form is kept.
func compiledPath(root, id string) string { return filepath.Join(root, "compiled-"+id) }

// compiling begins the names of folders of compiled forms that are still being made.
const compiling = "compiling-"

// Prepare finds the guest that this program carries, or builds it from the checkout that this program was built from, or
// that the current directory is in; once, for everything is kept by content in the user's cache folder. It is compiled to
// machine code as well, which takes half a minute. What takes long is told. An error that is [ErrNone] says what is
// missing. Guests that were not used for the longest time leave the cache.
func Prepare(ctx context.Context, tell func(doing string)) (*Module, error) {
	root, err := cacheFolder()
	if err != nil {
		return nil, err
	}
	m, err := take(root)
	if err == nil && m == nil {
		m, err = build(ctx, root, tell)
	}
	if err != nil {
		return nil, err
	}
	touch(m.Path)
	prune(root)
	m.Cache = compiledPath(root, m.ID)
	if _, err := os.Stat(m.Cache); err == nil {
		return m, nil
	}
	tell("compiling the guest, once; this takes about half a minute")
	return m, m.compile(ctx)
}

// compile fills the cache. It appears under its name when it is whole.
func (m *Module) compile(ctx context.Context) error {
	module, err := os.ReadFile(m.Path)
	if err != nil {
		return fmt.Errorf("read the guest: %w", err)
	}
	making, err := os.MkdirTemp(filepath.Dir(m.Cache), compiling)
	if err != nil {
		return fmt.Errorf("make the cache of guests: %w", err)
	}
	defer os.RemoveAll(making)
	r, _, err := compile(ctx, module, making)
	if err != nil {
		return err
	}
	if err := r.Close(ctx); err != nil {
		return fmt.Errorf("compile the guest: %w", err)
	}
	err = os.Rename(making, m.Cache)
	if _, there := os.Stat(m.Cache); there == nil {
		return nil // perhaps another process was faster
	}
	return err
}

// keep writes a file that appears under its name when it is whole.
func keep(path string, content []byte) error {
	if err := os.MkdirAll(filepath.Dir(path), 0o777); err != nil {
		return fmt.Errorf("make the cache of guests: %w", err)
	}
	f, err := os.CreateTemp(filepath.Dir(path), filepath.Base(path)+"-")
	if err != nil {
		return fmt.Errorf("keep the guest: %w", err)
	}
	_, err = f.Write(content)
	if err = errors.Join(err, f.Close()); err == nil {
		err = os.Rename(f.Name(), path)
	}
	if err != nil {
		return fmt.Errorf("keep the guest: %w", errors.Join(err, os.Remove(f.Name())))
	}
	return nil
}
