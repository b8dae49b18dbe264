package sim

import (
	"bytes"
	"context"
	"os"
	"path/filepath"
	"slices"
	"strconv"
	"strings"
	"syscall"
	"testing"
	"time"

	"pindrop/results/history"
)

// serversIn are the processes of servers whose files are in a folder.
func serversIn(t *testing.T, store string) []int {
	t.Helper()
	all, err := filepath.Glob("/proc/[0-9]*/environ")
	if err != nil {
		t.Fatal(err)
	}
	var pids []int
	for _, path := range all {
		env, err := os.ReadFile(path)
		if err != nil || !bytes.Contains(env, []byte(serverEnv+"="+store+"/")) {
			continue // it is gone, or somebody else's
		}
		if pid, err := strconv.Atoi(filepath.Base(filepath.Dir(path))); err == nil {
			pids = append(pids, pid)
		}
	}
	return pids
}

// allLive reports whether every worker lives.
func (r *run) allLive() bool {
	return !slices.ContainsFunc(r.order, func(w *worker) bool { return w.current() == nil })
}

// A server or a worker that somebody else kills ends the run soon, at whatever it is, with a record of who that was, when, and how.
func TestKilledFromOutside(t *testing.T) {
	const rest = "publishers: [{rate: 50/s}]\nworkers: [{name: w, count: 2, batch: 5, expires: 1s, host: process}]\nphases: {disturb: 1h}\n"
	for _, c := range []struct {
		name, scenario string
		begun          bool
		worker         bool
		signal         syscall.Signal
		cause          string
		want           []string
	}{
		{"one of three servers during the set-up", "server: {nodes: 3}\nstream: {storage: file, num_replicas: 3}\n", false, false, syscall.SIGKILL,
			history.CauseServerGone, []string{"during the set-up, ", "s after its start: a server ended by itself: n", "(signal: killed)"}},
		{"the only server", "server: {mode: process}\n", true, false, syscall.SIGKILL,
			history.CauseServerGone, []string{" s after the start: a server ended by itself: n1 (signal: killed)"}},
		{"a server that is asked to end", "server: {mode: process}\n", true, false, syscall.SIGTERM,
			history.CauseServerGone, []string{" s after the start: a server ended by itself: n1 (exit status "}},
		{"a worker", "", true, true, syscall.SIGKILL, history.CauseWorkerGone, []string{" s after the start: a worker ended by itself: w1 (signal: killed)"}},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			d := dirs(t)
			clock := realClock(Access{})
			ready := make(chan struct{})
			var r *run
			clock.watch.Tell = func(s Snapshot) {
				if (s.Phase == history.PhaseDisturb && r.allLive() || !c.begun && len(serversIn(t, d.Store)) > 0) && !closed(ready) {
					close(ready)
				}
			}
			r = newRun(context.Background(), planOf(t, c.scenario+rest, 1), clock)
			ended := make(chan error, 1)
			go func() { ended <- r.untilEnd(d, new(pulse)) }()
			<-ready
			var pid int
			if c.worker {
				pid = r.order[0].current().(*process).cmd.Process.Pid
			} else {
				pid = serversIn(t, d.Store)[0]
			}
			killed := time.Now()
			if err := syscall.Kill(pid, c.signal); err != nil {
				t.Fatal(err)
			}
			err := <-ended
			if took := time.Since(killed); err != nil || took > interruptedMax {
				t.Errorf("it took %v to end: %v", took, err)
			}
			events := readLogs(t, d)
			last := events[len(events)-1]
			if last.Phase != history.PhaseEnd || last.Cause() != c.cause {
				t.Errorf("the last event is %+v", last)
			}
			for _, want := range c.want {
				if !strings.Contains(last.Reason, want) {
					t.Errorf("the reason is %q, want %q", last.Reason, want)
				}
			}
			if left := serversIn(t, d.Store); len(left) > 0 {
				t.Errorf("processes are left: %v", left)
			}
		})
	}
}
