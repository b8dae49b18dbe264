package sim

import (
	"context"
	"sync"
	"sync/atomic"
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
	var last atomic.Int64
	defer telling(&last, progress)()
	return execute(ctx.Done(), plan, dirs, realClock(access), &last)
}

// RealWatched is [RealAt] for somebody who is told more: watch gets a [Snapshot] now and then while the run's phases go on,
// and is not called any more when RealWatched has returned.
func RealWatched(ctx context.Context, plan *scenarios.Plan, dirs Dirs, access Access, watch func(Snapshot)) error {
	c := realClock(access)
	c.watch = watch
	return execute(ctx.Done(), plan, dirs, c, &atomic.Int64{})
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

// telling tells progress until the function that it returns has been called.
func telling(last *atomic.Int64, progress Progress) (stop func()) {
	return nowAndThen(func() { progress(time.Duration(last.Load())) })
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
