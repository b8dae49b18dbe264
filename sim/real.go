package sim

import (
	"cmp"
	"context"
	"fmt"
	"os"
	"runtime/debug"
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
	var last pulse
	defer nowAndThen(func() { progress(time.Duration(last.at.Load())) })()
	return newRun(ctx, plan, realClock(access)).untilEnd(dirs, &last)
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
	return newRun(ctx, plan, c).untilEnd(dirs, &pulse{})
}

// interruptMax is how long a run that is interrupted may take to end in order: longer than it does, and shorter than people
// wait.
const interruptMax = 3 * time.Second

// ErrGivenUp is the error of a run that did not end in order when it was interrupted. Its logs can be read; what was still
// under way in it must not be waited for. The same holds for one in which a part died: its error is that of the death.
var ErrGivenUp = fmt.Errorf("interrupted, and it did not end in order within %v", interruptMax)

// untilEnd executes a run on the real clock. When it is interrupted or a part of it dies, and whatever hangs, it returns soon.
func (r *run) untilEnd(dirs Dirs, last *pulse) error {
	var over atomic.Bool
	if tell := r.around.watch.Tell; tell != nil {
		r.around.watch.Tell = func(s Snapshot) {
			if !over.Load() {
				tell(s)
			}
		}
	}
	ended := make(chan func() error, 1)
	go func() {
		defer func() {
			if p := recover(); p != nil {
				where := debug.Stack()
				ended <- func() error { panic(fmt.Sprintf("%v\n\n%s", p, where)) }
			}
		}()
		err := r.execute(dirs, last)
		ended <- func() error { return err }
	}()
	select {
	case end := <-ended:
		return end()
	case <-r.ctx.Done():
	}
	select {
	case end := <-ended:
		return end()
	case <-time.After(interruptMax):
	}
	over.Store(true)
	r.kill() // what hangs often waits for one of them
	select {
	case end := <-ended:
		return end()
	case <-time.After(giveUpMax):
	}
	if e := r.elsewhere.Load(); e != nil {
		var ending errands
		ending.Go("cleanup", func() { _ = e.stop() }) // what it cannot remove it says
		ending.wait(giveUpMax + hurriedMax)
	}
	_ = os.RemoveAll(dirs.Store) // what is left of it is in a folder that is removed with the run's logs
	return cmp.Or(r.failure(), ErrGivenUp)
}

// giveUpMax is how long a run may take to end once its processes were killed.
const giveUpMax = 500 * time.Millisecond

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
