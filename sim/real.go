package sim

import (
	"context"
	"sync"
	"time"

	"pindrop/scenarios"
)

// realSettle is how long, on the real clock, the nemesis waits before it acts on an event, so that what the worker had
// sent before has left: the place of synctest.Wait on the virtual one.
const realSettle = time.Millisecond

// Progress is told now and then how far a run is, in time since its origin.
type Progress func(at time.Duration)

// progressEvery is how often, in real time, progress is told.
const progressEvery = 250 * time.Millisecond

// Real runs plan on the wall clock, in this process, with its files in dirs. When ctx ends, the run ends early and in
// order. What was recorded is in the logs whatever happens; see [ReadLogs].
func Real(ctx context.Context, plan *scenarios.Plan, dirs Dirs, progress Progress) error {
	return RealAt(ctx, plan, dirs, Access{}, progress)
}

// RealAt is [Real] with what servers that are not pindrop's want to know.
func RealAt(ctx context.Context, plan *scenarios.Plan, dirs Dirs, access Access, progress Progress) error {
	var last pulse
	defer nowAndThen(func() { progress(time.Duration(last.at.Load())) })()
	return execute(ctx.Done(), plan, dirs, realClock(access), &last)
}

// Watch is somebody who is told more of a run than how far it is. The zero value is nobody.
type Watch struct {
	Tell   func(Snapshot) // called now and then, from one goroutine at a time; nil: nobody watches
	Counts bool           // whether the logs are followed, for the counts and the overlaps in a [Snapshot]
}

// RealWatched is [RealAt] for somebody who watches from the begin of the set-up on: the last [Snapshot] is that of the
// end, and none is told any more when RealWatched has returned.
func RealWatched(ctx context.Context, plan *scenarios.Plan, dirs Dirs, access Access, watch Watch) error {
	c := realClock(access)
	c.watch = watch
	return execute(ctx.Done(), plan, dirs, c, &pulse{})
}

func realClock(access Access) clock {
	return clock{
		name:   scenarios.ClockReal,
		listen: true,
		disk:   true,
		access: access,
		settle: func() { time.Sleep(realSettle) },
	}
}

// nowAndThen calls do until the function that it returns has been called.
func nowAndThen(do func()) (stop func()) {
	done := make(chan struct{})
	var doing sync.WaitGroup
	doing.Go(func() {
		ticker := time.NewTicker(progressEvery)
		defer ticker.Stop()
		for {
			select {
			case <-ticker.C:
				do()
			case <-done:
				return
			}
		}
	})
	return func() {
		close(done)
		doing.Wait()
	}
}
