package sim

import (
	"sync"
	"sync/atomic"
	"time"
)

// gate stands open or shut: what a freeze does to everything inside a worker. The zero value is open.
type gate struct {
	stopped *atomic.Int64 // nanoseconds that the process has been made to stand still, so far; nil: none

	shut   atomic.Bool // changes under mu; who only passes by need not take that
	mu     sync.Mutex
	change chan struct{} // closed at the next change; nil while nobody waits for one
}

// set opens or shuts the gate.
func (g *gate) set(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut.Store(shut)
	if g.change != nil {
		close(g.change)
		g.change = nil
	}
}

// state is how the gate stands, and a channel that is closed when that changes.
func (g *gate) state() (shut bool, change <-chan struct{}) {
	g.mu.Lock()
	defer g.mu.Unlock()
	if g.change == nil {
		g.change = make(chan struct{})
	}
	return g.shut.Load(), g.change
}

// pass waits until the gate is open; false if died came first.
func (g *gate) pass(died <-chan struct{}) bool {
	for g.shut.Load() {
		shut, change := g.state()
		if !shut {
			return true
		}
		select {
		case <-change:
		case <-died:
			return false
		}
	}
	return true
}

// worked is the time since started in which there was no standstill; before is what there had been of it then.
func (g *gate) worked(started time.Time, before time.Duration) time.Duration {
	return time.Since(started) - (g.still() - before)
}

func (g *gate) still() time.Duration {
	if g.stopped == nil {
		return 0
	}
	return time.Duration(g.stopped.Load())
}

// work lets d of open time go by: frozen work stands still, and goes on where it stood. It returns by how much the clock
// was late, and false if died came first.
func (g *gate) work(d time.Duration, died <-chan struct{}) (late time.Duration, ok bool) {
	for g.pass(died) {
		if d <= 0 {
			return 0, true
		}
		shut, change := g.state()
		if shut {
			continue
		}
		still, started := g.still(), time.Now()
		timer := time.NewTimer(d)
		select {
		case <-timer.C:
			if d -= g.worked(started, still); d <= 0 {
				return -d, true
			}
		case <-change:
			d -= g.worked(started, still)
		case <-died:
			timer.Stop()
			return 0, false
		}
		timer.Stop()
	}
	return 0, false
}

// wait is work of which nobody asks whether it was late.
func (g *gate) wait(d time.Duration, died <-chan struct{}) bool {
	_, ok := g.work(d, died)
	return ok
}

// closed reports whether c is closed; nothing is ever sent on it.
func closed(c <-chan struct{}) bool {
	select {
	case <-c:
		return true
	default:
		return false
	}
}
