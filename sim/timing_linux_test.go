package sim

import (
	"context"
	"strings"
	"syscall"
	"testing"
	"time"

	"pindrop/results/history"
)

func TestParsePressure(t *testing.T) {
	for text, want := range map[string][2]time.Duration{
		"some avg10=10.51 avg60=21.92 avg300=20.46 total=3837377\nfull avg10=0.00 avg60=0.00 avg300=0.00 total=42\n": {3837377 * time.Microsecond, 42 * time.Microsecond},
		"some avg10=0.00 avg60=0.00 avg300=0.00 total=7\n":                                                           {7 * time.Microsecond, 0},
	} {
		if some, full, ok := parsePressure([]byte(text)); !ok || some != want[0] || full != want[1] {
			t.Errorf("%q is %v, %v (%v), want %v", text, some, full, ok, want)
		}
	}
	if _, _, ok := parsePressure([]byte("anything else")); ok {
		t.Error("something was read out of nothing")
	}
}

// standing is how long processes stand still in the tests: longer than the bound, and not much.
const standing = 1300 * time.Millisecond

// underWay executes a plan, and calls meanwhile once it is in disturb, and then for what that returns, after some time.
func underWay(t *testing.T, scenario string, meanwhile func(r *run) (after time.Duration, then func())) []history.Event {
	t.Helper()
	d := dirs(t)
	c := realClock(Access{})
	disturbed := make(chan struct{})
	var r *run
	c.watch.Tell = func(s Snapshot) {
		if s.Phase == history.PhaseDisturb && r.allLive() && !closed(disturbed) {
			close(disturbed)
		}
	}
	r = newRun(context.Background(), planOf(t, scenario, 1), c)
	ended := make(chan error, 1)
	go func() { ended <- r.untilEnd(d, new(pulse)) }()
	select {
	case <-disturbed:
		after, then := meanwhile(r)
		if then != nil {
			time.AfterFunc(after, then)
		}
	case err := <-ended:
		t.Fatalf("it ended too early: %v", err)
	}
	if err := <-ended; err != nil {
		t.Fatal(err)
	}
	return readLogs(t, d)
}

// A worker and a server that somebody else stops are told, and when, and for how long. A worker that the scenario freezes for as
// long is not.
func TestStoppedFromOutside(t *testing.T) {
	t.Parallel()
	events := underWay(t, `
server: {mode: process}
publishers: [{rate: 20/s}]
workers: [{name: w, count: 3, batch: 5, expires: 1s, host: process}]
faults: [{at: 50ms, do: freeze, target: w1, for: 1300ms}]
phases: {disturb: 2500ms, drain: 20s}
`, func(r *run) (time.Duration, func()) {
		pids := []int{r.order[1].current().(*process).cmd.Process.Pid}
		pid, _, _ := r.processes().nodes[0].process()
		pids = append(pids, pid)
		send := func(s syscall.Signal) {
			for _, pid := range pids {
				if err := syscall.Kill(pid, s); err != nil {
					t.Error(err)
				}
			}
		}
		send(syscall.SIGSTOP)
		return standing, func() { send(syscall.SIGCONT) }
	})
	got := timePremise(t, events)
	for _, who := range []string{"w2 stood still from", "server n1 stood still from"} {
		if !strings.Contains(got, who) {
			t.Errorf("got %q, want %q", got, who)
		}
	}
	for _, innocent := range []string{"w1", "w3"} {
		if strings.Contains(got, innocent) {
			t.Errorf("%s is accused: %q", innocent, got)
		}
	}
}

// A server that the scenario freezes or restarts is not accused.
func TestServersBrokenByFaultsKeepTime(t *testing.T) {
	t.Parallel()
	events, _ := onReal(t, context.Background(), `
name: servers
server: {mode: process}
stream: {storage: file}
consumer: {ack_wait: 1s}
publishers: [{rate: 20/s}]
workers: [{name: w, batch: 5, expires: 1s, host: process}]
faults: [{at: 100ms, do: freeze_server, for: 1200ms}, {at: 1500ms, do: restart_server, for: 1ms}]
phases: {disturb: 2500ms, drain: 20s}
`)
	if got := timePremise(t, events); got != "" {
		t.Errorf("got %q", got)
	}
}
