package guest

import (
	"bytes"
	"context"
	"crypto/sha256"
	"encoding/hex"
	"errors"
	"fmt"
	"io/fs"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"

	"pindrop/scratch"
	"pindrop/sim/assertion/calls"
)

const (
	moduleLine = "module pindrop"
	mainFolder = "cmd/pindrop-guest"
)

// build makes the guest from a checkout, unless one of the same content is there.
func build(ctx context.Context, root string, tell func(doing string)) (*Program, error) {
	source, err := checkout()
	if err != nil {
		return nil, err
	}
	return buildFrom(ctx, source, root, tell)
}

// buildFrom is build with the source in a folder.
func buildFrom(ctx context.Context, source, root string, tell func(doing string)) (*Program, error) {
	p, err := inCheckout(source, root)
	if err != nil {
		return nil, err
	}
	if intact(p.Path) {
		return p, nil
	}
	if _, err := toolchain(); err != nil {
		return nil, err
	}
	if err := os.MkdirAll(root, 0o777); err != nil {
		return nil, fmt.Errorf("make the cache of guests: %w", err)
	}
	tell("building the guest, once; this takes about a minute")
	fresh := fmt.Sprintf("%s-%d", p.Path, os.Getpid())
	if err := Compile(ctx, source, fresh); err != nil {
		return nil, err
	}
	if err := put(fresh, p.Path); err != nil {
		return nil, err
	}
	return p, nil
}

// toolchain finds the go command.
func toolchain() (string, error) {
	tool, err := exec.LookPath("go")
	if err != nil {
		return "", fmt.Errorf("%w: it is built with Go, and the go command is not in PATH; a pindrop made by `make dist` carries one", ErrNone)
	}
	return tool, nil
}

// tag is the build tag of what is compiled into a guest only.
const tag = "pindropguest"

// Compile has the Go toolchain make a guest from the source in a folder, with more flags for go build. It appears under its name
// when it is whole. An error that is [ErrBuild] has the compiler's words.
func Compile(ctx context.Context, source, to string, flags ...string) error {
	tool, err := toolchain()
	if err != nil {
		return err
	}
	if to, err = filepath.Abs(to); err != nil {
		return fmt.Errorf("build the guest: %w", err)
	}
	goroot, err := libraryOf(ctx, tool, source)
	if err != nil {
		return err
	}
	if err := assertionsFit(ctx, tool, source, flags); err != nil {
		return err
	}
	folder, err := scratch.New()
	if err != nil {
		return fmt.Errorf("build the guest: %w", err)
	}
	defer folder.Remove()
	list, err := overlay(goroot, runtime.GOARCH, folder.Dir)
	if err != nil {
		return err
	}
	making := fmt.Sprintf("%s.%d", to, os.Getpid())
	defer os.Remove(making) // gone already where all went well
	// Which commit is checked out is not written into it: the guest is the same wherever the source is.
	args := []string{"build", "-trimpath", "-buildvcs=false", "-overlay", list, "-tags", tag, "-o", making}
	c := exec.CommandContext(ctx, tool, slices.Concat(args, flags, []string{"./" + mainFolder})...)
	c.Dir = source
	c.Env = append(os.Environ(), "GOOS=linux", "GOARCH="+runtime.GOARCH, "GOAMD64=v1", "CGO_ENABLED=0", "GOEXPERIMENT=norandomizedheapbase64")
	if out, err := c.CombinedOutput(); err != nil {
		return fmt.Errorf("%w from the source in %s: %w\n%s", ErrBuild, source, errors.Join(err, ctx.Err()), bytes.TrimSpace(out))
	}
	return os.Rename(making, to)
}

// assertionsFit says where the nats-server that a guest is built with calls its assertion library in a way that the one which stands
// in its place does not know.
func assertionsFit(ctx context.Context, tool, source string, flags []string) error {
	args := slices.Concat([]string{"list"}, flags, []string{"-m", "-f", "{{.Dir}}", calls.Server, calls.Library})
	asked := exec.CommandContext(ctx, tool, args...)
	asked.Dir = source
	out, err := asked.Output()
	if err != nil {
		return ctx.Err() // source that does not build is told by the compiler
	}
	server, library, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if err := calls.Check(server, library); err != nil {
		return fmt.Errorf("%w with the nats-server in %s: %w", ErrBuild, server, err)
	}
	return nil
}

// libraryOf is the folder of the toolchain that the go command uses for the source in a folder, whose go.mod may ask for another
// one. It has to be the one that this program was built with, which the guest's id names.
func libraryOf(ctx context.Context, tool, source string) (string, error) {
	asked := exec.CommandContext(ctx, tool, "env", "GOROOT", "GOVERSION")
	asked.Dir = source
	out, err := asked.Output()
	if err != nil {
		return "", fmt.Errorf("ask Go where its standard library is: %w", err)
	}
	goroot, version, _ := strings.Cut(strings.TrimSpace(string(out)), "\n")
	if version != runtime.Version() {
		return "", fmt.Errorf("%w: this program was built with %s, and the go command is %s; build pindrop with it as well", ErrBuild, runtime.Version(), version)
	}
	return goroot, nil
}

// inCheckout is the guest of a checkout; it may have to be built.
func inCheckout(source, root string) (*Program, error) {
	id, err := ID(source)
	if err != nil {
		return nil, err
	}
	return &Program{Path: programPath(root, id), ID: id, Origin: Built}, nil
}

// checkout finds pindrop's source: around this file, as the compiler saw it, or around the current directory.
func checkout() (string, error) {
	_, file, _, _ := runtime.Caller(0)
	here, err := os.Getwd()
	if err != nil {
		return "", fmt.Errorf("find pindrop's source: %w", err)
	}
	return around(filepath.Dir(file), here)
}

// around finds pindrop's source around one of some folders, or says that there is none.
func around(folders ...string) (string, error) {
	for _, from := range folders {
		for dir := from; filepath.IsAbs(dir); dir = filepath.Dir(dir) {
			text, err := os.ReadFile(filepath.Join(dir, "go.mod"))
			if line, _, _ := strings.Cut(string(text), "\n"); err == nil && strings.TrimSpace(line) == moduleLine {
				return dir, nil
			}
			if dir == filepath.Dir(dir) {
				break
			}
		}
	}
	return "", fmt.Errorf("%w: this pindrop carries none, and its source is not here; run it in a checkout, or use one made by `make dist`", ErrNone)
}

// sources are where the packages of the guest are, and what says of which versions the others are.
var sources = []string{"go.mod", "go.sum", mainFolder, "redact", "sim", "scenarios", "results/history"}

// ID names what a guest is built from: the toolchain, the architecture, the versions of modules, and pindrop's own source.
func ID(source string) (string, error) {
	sum := sha256.New()
	fmt.Fprintln(sum, runtime.Version(), runtime.GOARCH)
	for _, folder := range sources {
		err := filepath.WalkDir(filepath.Join(source, folder), func(path string, d fs.DirEntry, err error) error {
			if err != nil || d.IsDir() || !builtIn(d.Name()) {
				return err
			}
			name, err := filepath.Rel(source, path)
			if err != nil {
				return err
			}
			text, err := os.ReadFile(path)
			fmt.Fprintf(sum, "%s %d\n%s", name, len(text), text)
			return err
		})
		if err != nil {
			return "", fmt.Errorf("read pindrop's source: %w", err)
		}
	}
	return hex.EncodeToString(sum.Sum(nil))[:20], nil
}

// builtIn reports whether a file may become part of the guest: code, that of package syscall as text, and the catalogue.
func builtIn(name string) bool {
	switch filepath.Ext(name) {
	case ".go":
		return !strings.HasSuffix(name, "_test.go")
	case ".yaml", ".mod", ".sum", ".txt":
		return true
	}
	return false
}
