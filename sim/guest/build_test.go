package guest

import (
	"context"
	"errors"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"slices"
	"strings"
	"testing"
)

// What a guest is built from is named by its id, whole: every package of pindrop that goes into it is in a folder that the
// id covers.
func TestSources(t *testing.T) {
	list := exec.Command("go", "list", "-deps", "./"+mainFolder)
	list.Dir = filepath.Join("..", "..")
	list.Env = append(os.Environ(), "GOFLAGS=-tags="+tag)
	out, err := list.Output()
	if err != nil {
		t.Fatal(err)
	}
	found := 0
	for _, pkg := range strings.Fields(string(out)) {
		folder, ours := strings.CutPrefix(pkg, "pindrop/")
		if !ours {
			continue
		}
		found++
		if !slices.ContainsFunc(sources, func(s string) bool { return folder == s || strings.HasPrefix(folder, s+"/") }) {
			t.Errorf("the guest has %s in it, and its id covers %v only", pkg, sources)
		}
	}
	if found < 4 {
		t.Errorf("go list names %d packages of pindrop: %s", found, out)
	}
}

// The id is that of the source, wherever it lies and however its folder is named, and another one when any of it changes.
func TestID(t *testing.T) {
	source := filepath.Join("..", "..")
	whole, err := filepath.Abs(source)
	if err != nil {
		t.Fatal(err)
	}
	t.Chdir(source)
	copied := t.TempDir()
	for _, name := range sources {
		to := filepath.Join(copied, name)
		if filepath.Ext(name) == "" {
			err = os.CopyFS(to, os.DirFS(name))
		} else {
			err = errors.Join(os.MkdirAll(filepath.Dir(to), 0o777), copyFile(to, name))
		}
		if err != nil {
			t.Fatal(err)
		}
	}
	idOf := func(source string) string {
		t.Helper()
		id, err := ID(source)
		if err != nil {
			t.Fatal(err)
		}
		return id
	}
	want := idOf(whole)
	for _, same := range []string{".", copied} {
		if got := idOf(same); got != want {
			t.Errorf("the id of %s is %s, and of %s it is %s", whole, want, same, got)
		}
	}
	for _, file := range []string{"go.mod", "sim/run.go", "sim/guest/syscall.go.txt", "scenarios/catalogue/steady.yaml"} {
		path := filepath.Join(copied, file)
		text, err := os.ReadFile(path)
		if err != nil {
			t.Fatal(err)
		}
		if err := os.WriteFile(path, append(text, '\n'), 0o666); err != nil {
			t.Fatal(err)
		}
		if got := idOf(copied); got == want {
			t.Errorf("with another %s the id is the same", file)
		}
		if err := os.WriteFile(path, text, 0o666); err != nil {
			t.Fatal(err)
		}
	}
}

func copyFile(to, from string) error {
	text, err := os.ReadFile(from)
	return errors.Join(err, os.WriteFile(to, text, 0o666))
}

// A guest is built with the toolchain that its id names, or not at all.
func TestToolchainOfAnotherVersion(t *testing.T) {
	t.Parallel()
	tool := filepath.Join(t.TempDir(), "go")
	if err := os.WriteFile(tool, []byte("#!/bin/sh\necho /usr/local/go\necho go9.9\n"), 0o777); err != nil {
		t.Fatal(err)
	}
	_, err := libraryOf(context.Background(), tool, ".")
	if !errors.Is(err, ErrBuild) || !strings.Contains(err.Error(), "go9.9") || !strings.Contains(err.Error(), runtime.Version()) {
		t.Errorf("got %v, want that the two versions are not the same", err)
	}
}

// A checkout that does not build says so, with the compiler's words; nothing is left that looks like a guest.
func TestBrokenCheckout(t *testing.T) {
	source, root := t.TempDir(), t.TempDir()
	for _, folder := range sources {
		if filepath.Ext(folder) == "" {
			if err := os.MkdirAll(filepath.Join(source, folder), 0o777); err != nil {
				t.Fatal(err)
			}
		}
	}
	for file, text := range map[string]string{
		"go.mod": moduleLine + "\n\ngo 1.26\n", "go.sum": "", mainFolder + "/main.go": "package main\n\nfunc main() { nothing() }\n",
	} {
		if err := os.WriteFile(filepath.Join(source, file), []byte(text), 0o666); err != nil {
			t.Fatal(err)
		}
	}
	_, err := buildFrom(context.Background(), source, root, func(string) {})
	if !errors.Is(err, ErrBuild) || !strings.Contains(err.Error(), "undefined: nothing") || !strings.Contains(err.Error(), source) {
		t.Errorf("got %v, want that it cannot be built, where, and why", err)
	}
	if left, err := os.ReadDir(root); err != nil || len(left) > 0 {
		t.Errorf("%v is left (%v)", left, err)
	}
}

// Without a carried guest and without the source there is none, and the error says what would help.
func TestNoCheckout(t *testing.T) {
	_, err := around(t.TempDir())
	if !errors.Is(err, ErrNone) || !strings.Contains(err.Error(), "make dist") {
		t.Errorf("got %v", err)
	}
}
