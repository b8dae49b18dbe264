package main

import (
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"runtime"
	"strconv"
	"testing"
	"time"

	"github.com/rogpeppe/go-internal/testscript"

	"pindrop/results/history"
	"pindrop/sim"
)

// The scripts run this binary as pindrop, and pindrop runs it again for virtual runs.
func TestMain(m *testing.M) {
	if sim.IsChild() {
		main()
	}
	if dir := os.Getenv(plantEnv); dir != "" {
		if err := plant(dir); err != nil {
			fmt.Fprintln(os.Stderr, err)
			os.Exit(1)
		}
		os.Exit(0)
	}
	if os.Getenv(childOfScale) != "" {
		os.Exit(scaled(os.Args[1:]))
	}
	testscript.Main(m, map[string]func(){"pindrop": main})
}

// TestScript runs what people type, and looks at what they see, what is left on disk, and the exit codes.
func TestScript(t *testing.T) {
	testscript.Run(t, testscript.Params{
		Dir: "testdata/script",
		Cmds: map[string]func(*testscript.TestScript, bool, []string){
			"exitcode":  exitCode,
			"oneglob":   oneGlob,
			"printed":   printsSomething,
			"signalled": signalled,
		},
		RequireExplicitExec: true,
		UpdateScripts:       os.Getenv("REWRITE") != "",
	})
}

// exitCode runs a program and demands its exit code: exitcode 64 pindrop run nothing
func exitCode(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) < 2 {
		ts.Fatalf("usage: exitcode CODE PROGRAM [ARG...]")
	}
	err := ts.Exec(args[1], args[2:]...)
	got := 0
	if e, ok := err.(interface{ ExitCode() int }); ok {
		got = e.ExitCode()
	} else if err != nil {
		ts.Fatalf("%v", err)
	}
	if want := args[0]; want != strconv.Itoa(got) {
		ts.Fatalf("exit code %d, want %s", got, want)
	}
}

// printsSomething runs a program whose verdict depends on how busy the machine is: printed pindrop run mine.yaml
func printsSomething(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) == 0 {
		ts.Fatalf("usage: printed PROGRAM [ARG...]")
	}
	_ = ts.Exec(args[0], args[1:]...)
}

// oneGlob puts the one path that a pattern matches into a variable: oneglob RUN results/steady/*
func oneGlob(ts *testscript.TestScript, neg bool, args []string) {
	if neg || len(args) != 2 {
		ts.Fatalf("usage: oneglob VARIABLE PATTERN")
	}
	paths, err := filepath.Glob(ts.MkAbs(args[1]))
	if err != nil || len(paths) != 1 {
		ts.Fatalf("%s matches %v (%v), want one path", args[1], paths, err)
	}
	ts.Setenv(args[0], paths[0])
}

// signalled runs pindrop until a run in a directory has handled something, sends it a signal, and demands its exit code
// (-1: the signal ended it). TWICE is INT again and again until it ends. What it printed is in stdout.txt: signalled INT 130
// results/mine run mine.yaml
func signalled(ts *testscript.TestScript, neg bool, args []string) {
	signals := map[string]os.Signal{"INT": os.Interrupt, "KILL": os.Kill, "TWICE": os.Interrupt}
	if neg || len(args) < 4 || signals[args[0]] == nil {
		ts.Fatalf("usage: signalled INT|KILL|TWICE CODE DIRECTORY ARG...")
	}
	program := ""
	for _, dir := range filepath.SplitList(ts.Getenv("PATH")) {
		if path := filepath.Join(dir, "pindrop"); program == "" && exists(path) {
			program = path
		}
	}
	out, err := os.Create(ts.MkAbs("stdout.txt"))
	ts.Check(err)
	defer out.Close()
	c := exec.Command(program, args[3:]...)
	c.Dir, c.Stdout, c.Stderr = ts.MkAbs("."), out, out
	if scratch := ts.Getenv("TMPDIR"); scratch != "" {
		c.Env = append(os.Environ(), "TMPDIR="+scratch)
	}
	ts.Check(c.Start())
	for started := time.Now(); !handled(ts.MkAbs(args[2])); runtime.Gosched() {
		if time.Since(started) > 3*time.Minute { // a machine may be very busy
			ts.Check(c.Process.Kill())
			ts.Fatalf("no run in %s has handled a message", args[2])
		}
	}
	children := childrenOf(c.Process.Pid)
	ts.Check(c.Process.Signal(signals[args[0]]))
	ended := make(chan error, 1)
	go func() { ended <- c.Wait() }() // the exit code tells
	for waiting := true; waiting; {
		select {
		case <-ended:
			waiting = false
		case <-time.After(100 * time.Millisecond):
			if args[0] == "TWICE" {
				_ = c.Process.Signal(os.Interrupt) // of a process that has just ended
			}
		}
	}
	if left := stillThere(children, 10*time.Second); len(left) > 0 {
		ts.Fatalf("long after %d of its %d processes are still there: %v", len(left), len(children), left)
	}
	if got := strconv.Itoa(c.ProcessState.ExitCode()); got != args[1] {
		ts.Fatalf("exit code %s, want %s; see stdout.txt: %s", got, args[1], ts.ReadFile("stdout.txt"))
	}
}

func exists(path string) bool {
	_, err := os.Stat(path)
	return err == nil
}

// handled reports whether a run that goes on in a directory has handled a message.
func handled(dir string) bool {
	logs, err := filepath.Glob(filepath.Join(dir, "*", "logs"))
	if err != nil || len(logs) == 0 {
		return false
	}
	h, _, err := sim.ReadLogs(logs[0])
	if err != nil {
		return false
	}
	for e := range h.Events() {
		if e.Kind == history.End {
			return true
		}
	}
	return false
}
