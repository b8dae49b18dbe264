package scratch

import (
	"os"
	"os/exec"
	"path/filepath"
	"testing"
	"time"
)

// childEnv makes this test binary a process that takes a folder, says where, and waits to be killed.
const childEnv = "SCRATCH_CHILD"

func TestMain(m *testing.M) {
	if os.Getenv(childEnv) == "" {
		os.Exit(m.Run())
	}
	f, err := New()
	if err != nil {
		os.Exit(1)
	}
	os.Stdout.WriteString(f.Dir)
	os.Stdout.Close()
	time.AfterFunc(time.Minute, func() { os.Exit(1) })
	select {}
}

// What a killed process left is removed by the next one; what a living one has, and what is of somebody else, is not.
func TestSweep(t *testing.T) {
	root := t.TempDir()
	t.Setenv("TMPDIR", root)
	child := exec.Command(os.Args[0])
	child.Env = append(os.Environ(), childEnv+"=1")
	out, err := child.StdoutPipe()
	if err == nil {
		err = child.Start()
	}
	if err != nil {
		t.Fatal(err)
	}
	name := make([]byte, 4096)
	n, _ := out.Read(name)
	left := string(name[:n])
	foreign := filepath.Join(root, prefix+"of-somebody-else")
	if err := os.Mkdir(foreign, 0o777); err != nil {
		t.Fatal(err)
	}
	own, err := New()
	if err != nil {
		t.Fatal(err)
	}
	for _, dir := range []string{left, foreign, own.Dir} {
		if _, err := os.Stat(dir); err != nil {
			t.Errorf("while its process lives: %v", err)
		}
	}
	if err := child.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = child.Wait()
	next, err := New()
	if err != nil {
		t.Fatal(err)
	}
	if _, err := os.Stat(left); !os.IsNotExist(err) {
		t.Errorf("what the killed process left is there: %v", err)
	}
	for _, dir := range []string{foreign, own.Dir, next.Dir} {
		if _, err := os.Stat(dir); err != nil {
			t.Error(err)
		}
	}
	if err := own.Remove(); err != nil {
		t.Error(err)
	}
	if _, err := os.Stat(own.Dir); !os.IsNotExist(err) {
		t.Errorf("it was removed, and is there: %v", err)
	}
	if err := next.Remove(); err != nil {
		t.Error(err)
	}
}
