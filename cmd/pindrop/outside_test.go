//go:build linux

package main

import (
	"bytes"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"slices"
	"strings"
	"syscall"
	"testing"
	"time"

	"pindrop/results"
	"pindrop/results/measure"
)

// seized is a pindrop that somebody meddles with from outside.
type seized struct {
	t     *testing.T
	c     *exec.Cmd
	dir   string // of its results, below it its temporary files
	said  bytes.Buffer
	began time.Time
	ended chan error
}

// seize starts a run of a scenario, with more flags.
func seize(t *testing.T, text string, flags ...string) *seized {
	t.Helper()
	s := &seized{t: t, dir: t.TempDir(), ended: make(chan error, 1)}
	file, tmp := filepath.Join(s.dir, "outside.yaml"), filepath.Join(s.dir, "tmp")
	if err := os.WriteFile(file, []byte(text), 0o666); err != nil {
		t.Fatal(err)
	}
	if err := os.Mkdir(tmp, 0o777); err != nil {
		t.Fatal(err)
	}
	s.c = exec.Command(asPindrop(t), append([]string{"run", file, "--out", filepath.Join(s.dir, "results"), "--quiet"}, flags...)...)
	s.c.Env, s.c.Stdout, s.c.Stderr = append(os.Environ(), "TMPDIR="+tmp), &s.said, &s.said
	s.began = time.Now()
	if err := s.c.Start(); err != nil {
		t.Fatal(err)
	}
	go func() { s.ended <- s.c.Wait() }()
	return s
}

// parts are the processes of a kind, "worker" or "server", in the order in which they were started.
func (s *seized) parts(kind string) []int {
	var pids []int
	for _, pid := range childrenOf(s.c.Process.Pid) {
		env, err := os.ReadFile(fmt.Sprintf("/proc/%d/environ", pid))
		if err == nil && slices.Contains(strings.Split(string(env), "\x00"), "PINDROP_CHILD="+kind) {
			pids = append(pids, pid)
		}
	}
	slices.Sort(pids)
	return pids
}

// until waits until some time after the start, and then until there is a process of a kind; nil if the run has ended.
func (s *seized) until(after time.Duration, kind string) []int {
	<-time.After(time.Until(s.began.Add(after)))
	for wait := time.Millisecond; time.Since(s.began) < time.Minute; wait = min(2*wait, 50*time.Millisecond) {
		if kind == "pindrop" {
			return []int{s.c.Process.Pid}
		}
		if kind == "all" {
			return append(childrenOf(s.c.Process.Pid), s.c.Process.Pid)
		}
		if pids := s.parts(kind); len(pids) > 0 {
			return pids
		}
		<-time.After(wait)
	}
	return nil
}

// underWay waits until a message was handled.
func (s *seized) underWay() {
	for !handled(filepath.Join(s.dir, "results", "outside")) && time.Since(s.began) < time.Minute {
		<-time.After(10 * time.Millisecond)
	}
}

func send(pids []int, signal syscall.Signal) {
	for _, pid := range pids {
		_ = syscall.Kill(pid, signal) // one that has just ended
	}
}

// end waits for the end, and reads what is left: the exit code and the record, if there is one. Nothing else may be left.
func (s *seized) end() (code int, r *results.Record) {
	s.t.Helper()
	s.over()
	if left, err := os.ReadDir(filepath.Join(s.dir, "tmp")); err != nil || len(left) > 0 {
		s.t.Errorf("temporary files are left: %v (%v)", left, err)
	}
	run, err := results.Open(filepath.Join(s.dir, "results", "outside"))
	if err != nil || run.Incomplete() {
		return s.c.ProcessState.ExitCode(), nil
	}
	if r, err = run.Record(); err != nil {
		s.t.Error(err)
	}
	return s.c.ProcessState.ExitCode(), r
}

// over waits for the end of pindrop and of its processes.
func (s *seized) over() {
	s.t.Helper()
	children := childrenOf(s.c.Process.Pid)
	select {
	case <-s.ended: // the exit code tells
	case <-time.After(2 * time.Minute):
		s.t.Errorf("it does not end: %s", s.said.String())
		_ = s.c.Process.Kill()
		<-s.ended
	}
	if left := stillThere(children, 10*time.Second); len(left) > 0 {
		s.t.Errorf("%d processes are left", len(left))
	}
}

// outsideRun is a run of some seconds with three workers.
const outsideRun = `
name: outside
clock: real
publishers: [{rate: 50/s}]
workers: [{name: w, count: 3, batch: 5, expires: 1s, host: process}]
expect: [lost.count == 0]
`

// A run whose processes all stood still for a while, as when a laptop is shut, is no valid experiment.
func TestStandsStill(t *testing.T) {
	t.Parallel()
	s := seize(t, outsideRun+"phases: {disturb: 2500ms, drain: 10s}\n")
	s.underWay()
	all := s.until(0, "all")
	send(all, syscall.SIGSTOP)
	<-time.After(1500 * time.Millisecond)
	send(all, syscall.SIGCONT)
	code, r := s.end()
	if r == nil || code != 2 || r.Verdict != measure.Unknown {
		t.Fatalf("exit code %d: %s", code, s.said.String())
	}
	for _, who := range []string{"pindrop", "w1", "w2", "w3"} {
		if !strings.Contains(r.Reason, who+" stood still from ") {
			t.Errorf("%s is not named: %s", who, r.Reason)
		}
	}
}

// A run on the virtual clock whose process somebody kills leaves a record that says so.
func TestVirtualRunIsKilled(t *testing.T) {
	t.Parallel()
	s := seize(t, "name: outside\nclock: virtual\npublishers: [{rate: 2000/s}]\nworkers: [{name: w, count: 4, batch: 100, service: 500us}]\n"+
		"phases: {disturb: 10m, drain: 10s}\n")
	s.underWay()
	send(s.until(0, "run"), syscall.SIGKILL)
	code, r := s.end()
	if r == nil || code != 2 || !strings.Contains(r.Reason, "the process of the virtual run was killed") || r.Metrics["handled.count"] == 0 {
		t.Errorf("exit code %d: %s", code, s.said.String())
	}
}
