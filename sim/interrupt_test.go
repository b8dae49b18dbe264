package sim

import (
	"context"
	"errors"
	"fmt"
	"strings"
	"testing"
	"time"

	"pindrop/results/history"
)

// interruptedMax is how long a run may take to end that somebody interrupts, in the words of the documentation.
const interruptedMax = 5 * time.Second

// Whatever a run on the real clock is at when it is interrupted, it ends soon, and what was recorded can be read.
func TestInterruptedAnywhere(t *testing.T) {
	const (
		frozen = "faults: [{at: 1ms, do: freeze, target: w1}]\n"
		ends   = "phases: {disturb: 1ms, drain: 1h}\n"
		goesOn = "phases: {disturb: 1h}\n"
		never  = "publishers: [{backlog: 50}]\nworkers: [{name: w, batch: 5, expires: 1s, service: 1h}]\n"
		works  = "publishers: [{rate: 50/s}]\nworkers: [{name: w, count: 2, batch: 5, expires: 1s}]\n"
	)
	for _, c := range []struct{ name, scenario, phase string }{
		{"set-up", "server: {nodes: 3}\nstream: {storage: file, num_replicas: 3}\n" + works + goesOn, ""},
		{"backlog", "network: {latency: 300ms}\npublishers: [{backlog: 100000}]\nworkers: [{name: w}]\n" + goesOn, history.PhaseBacklog},
		{"warm-up", works + "phases: {warmup: 1h}\n", history.PhaseWarmup},
		{"disturb", works + goesOn, history.PhaseDisturb},
		{"a worker that never finishes", never + ends, history.PhaseDrain},
		{"a frozen worker", never + frozen + goesOn, history.PhaseDisturb},
		{"a drain that never ends", never + "faults: [{on: begin of any, do: drain}]\n" + ends, history.PhaseDrain},
		{"a frozen server", "server: {mode: process}\n" + works + "faults: [{at: 1ms, do: freeze_server}]\n" + goesOn, history.PhaseDisturb},
		{"a request that nobody answers", "server: {mode: process}\nstream: {storage: file}\n" + works +
			"faults: [{at: 1ms, do: kill_server}, {at: 50ms, do: purge}]\n" + goesOn, history.PhaseDisturb},
		{"a frozen server, and publishers that fill the sockets", "server: {mode: process}\nworkers: [{name: w}]\n" +
			"publishers: [{rate: 100/s, size: 900000}]\nfaults: [{at: 1ms, do: freeze_server}]\n" + goesOn, history.PhaseDisturb},
	} {
		t.Run(c.name, func(t *testing.T) {
			t.Parallel()
			ctx, cancel := context.WithCancel(context.Background())
			defer cancel()
			var interrupted time.Time
			d := dirs(t)
			err := RealWatched(ctx, planOf(t, "clock: real\n"+c.scenario, 1), d, Access{}, Watch{Tell: func(s Snapshot) {
				if s.Phase == c.phase && interrupted.IsZero() {
					interrupted = time.Now()
					cancel()
				}
			}})
			if took := time.Since(interrupted); interrupted.IsZero() || took > interruptedMax {
				t.Errorf("it took %v to end", took)
			}
			events := readLogs(t, d)
			last := events[len(events)-1]
			switch {
			case errors.Is(err, ErrGivenUp):
			case err != nil:
				t.Error(err)
			case last.Phase != history.PhaseEnd || last.Cause() != history.CauseInterrupted:
				t.Errorf("the last event is %+v", last)
			}
		})
	}
}

// A run in which something hangs for ever is given up.
func TestInterruptedForGood(t *testing.T) {
	t.Parallel()
	ctx, cancel := context.WithCancel(context.Background())
	release := make(chan struct{})
	defer close(release)
	plan := planOf(t, "publishers: [{rate: 50/s}]\nworkers: [{name: w, host: goroutine}]\nphases: {disturb: 1h}\n", 1)
	d := dirs(t)
	begun := time.Now()
	err := RealWatched(ctx, plan, d, Access{}, Watch{Tell: func(s Snapshot) {
		if s.Phase == history.PhaseDisturb {
			begun = time.Now()
			cancel()
			<-release
		}
	}})
	if !errors.Is(err, ErrGivenUp) || time.Since(begun) > interruptedMax {
		t.Errorf("after %v: %v, want %v", time.Since(begun), err, ErrGivenUp)
	}
	if len(readLogs(t, d)) == 0 {
		t.Error("nothing can be read")
	}
}

// A life that does not end when it has to does not hold up the end of a run, which says so.
func TestStuckLife(t *testing.T) {
	plan := planOf(t, "publishers: [{backlog: 1}]\nworkers: [{name: w, host: goroutine}]\nphases: {disturb: 100ms}\n", 1)
	d := dirs(t)
	r := newRun(context.Background(), plan, realClock(Access{}))
	r.endMax = 100 * time.Millisecond
	stays := false
	r.around.stays = func() { stays = true }
	release := make(chan struct{})
	defer close(release)
	r.lives.Go("w7", func() { <-release })
	r.lives.Go("w8", func() {})
	if err := r.execute(d, new(pulse)); err != nil {
		t.Fatal(err)
	}
	events := readLogs(t, d)
	last := events[len(events)-1]
	if want := "w7 did not end within 100ms; before that: drained"; last.Phase != history.PhaseEnd || last.Reason != want || last.Cause() != history.CauseDeadline || !stays {
		t.Errorf("the end is %+v, want the reason %q; something stays: %v", last, want, stays)
	}
}

// A server that dies while it is asked for the last state is told, though the run had come to its end.
func TestDeathAtTheEnd(t *testing.T) {
	d := dirs(t)
	r := newRun(context.Background(), planOf(t, "publishers: [{rate: 50/s}]\nworkers: []\nphases: {disturb: 50ms}\n", 1), realClock(Access{}))
	settled := 0
	r.settle = func() {
		if settled++; settled == 2 { // the first time disturb begins
			r.fail(fmt.Errorf("%w: n1", ErrServerEnded))
		}
	}
	if err := r.untilEnd(d, new(pulse)); err != nil {
		t.Fatal(err)
	}
	events := readLogs(t, d)
	last := events[len(events)-1]
	if last.Cause() != history.CauseServerGone || !strings.HasSuffix(last.Reason, "a server ended by itself: n1; before that: "+history.EndIdle) {
		t.Errorf("the end is %+v", last)
	}
}

// Publishers that a server which stands still keeps waiting go on once it is healed.
func TestPublishersOfAFrozenServer(t *testing.T) {
	t.Parallel()
	plan := planOf(t, `
server: {mode: process}
publishers: [{rate: 100/s, size: 900000}]
workers: [{name: w, host: goroutine}]
faults: [{at: 1ms, do: freeze_server}]
phases: {disturb: 500ms, drain: 10s}
`, 1)
	d := dirs(t)
	if err := Real(context.Background(), plan, d, func(time.Duration) {}); err != nil {
		t.Fatal(err)
	}
	events := readLogs(t, d)
	if last := events[len(events)-1]; last.Phase != history.PhaseEnd || last.Cause() != history.CauseDrained {
		t.Errorf("the end is %+v, want %s", last, history.CauseDrained)
	}
}
