package sim

import (
	"bufio"
	"context"
	"fmt"
	"os"
	"os/exec"
	"syscall"
	"testing"
	"time"
)

// orphanEnv makes the test binary a process that starts another, stops it, tells its id, and waits.
const orphanEnv = "PINDROP_TEST_ORPHAN"

// orphan is that process.
func orphan() int {
	cmd := exec.Command("sleep", "1000")
	if err := startProcess(cmd); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	if err := cmd.Process.Signal(syscall.SIGSTOP); err != nil {
		fmt.Fprintln(os.Stderr, err)
		return 1
	}
	fmt.Println(cmd.Process.Pid)
	select {}
}

// What pindrop starts ends with it: when it is killed, and though the process stands still.
func TestProcessEndsWithItsParent(t *testing.T) {
	self, err := os.Executable()
	if err != nil {
		t.Fatal(err)
	}
	parent := exec.Command(self)
	parent.Env = append(os.Environ(), orphanEnv+"=1")
	out, err := parent.StdoutPipe()
	if err != nil {
		t.Fatal(err)
	}
	if err := parent.Start(); err != nil {
		t.Fatal(err)
	}
	var pid int
	if _, err := fmt.Fscan(bufio.NewReader(out), &pid); err != nil {
		t.Fatal(err)
	}
	if err := parent.Process.Kill(); err != nil {
		t.Fatal(err)
	}
	_ = parent.Wait() // it was killed
	err = patiently(context.Background(), time.Second, whatever, func() error {
		if syscall.Kill(pid, 0) == nil && !zombie(pid) {
			return fmt.Errorf("process %d is still there", pid)
		}
		return nil
	})
	if err != nil {
		t.Error(err)
		_ = syscall.Kill(pid, syscall.SIGKILL)
	}
}

// zombie reports whether a process has ended, and nobody has asked how.
func zombie(pid int) bool {
	b, err := os.ReadFile(fmt.Sprintf("/proc/%d/stat", pid))
	if err != nil {
		return true
	}
	var state string
	_, err = fmt.Sscanf(string(b), "%d (sleep) %s", &pid, &state)
	return err == nil && state == "Z"
}

// The name of a process may hold anything.
func TestParseStat(t *testing.T) {
	const stat = "7 (a) b (c) S 1 2 3 4 5 6 7 8 9 10 120 30 0 0 20 0 9 0 100 123456 55 18446744073709551615"
	u, ok := parseStat([]byte(stat), 4096)
	if !ok || u.cpu != 1500*time.Millisecond || u.resident != 55*4096 {
		t.Errorf("%+v, %v; want 1.5s of CPU time and 55 pages", u, ok)
	}
	if _, ok := parseStat([]byte("7 (a) S 1 2"), 4096); ok {
		t.Error("what is no stat is read as one")
	}
}
