package sim

import (
	"sync"
	"time"
)

// gate stands open or shut: what a freeze does to everything inside a worker. The zero value is open.
type gate struct {
	mu     sync.Mutex
	shut   bool
	change chan struct{} // closed at the next change; nil while nobody waits for one
}

// set opens or shuts the gate.
func (g *gate) set(shut bool) {
	g.mu.Lock()
	defer g.mu.Unlock()
	g.shut = shut
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
	return g.shut, g.change
}

// pass waits until the gate is open; false if died came first.
func (g *gate) pass(died <-chan struct{}) bool {
	for {
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
}

// work lets d of open time go by: frozen work stands still, and goes on where it stood. It returns by how much the clock
// was late, and false if died came first.
func (g *gate) work(d time.Duration, died <-chan struct{}) (late time.Duration, ok bool) {
	for g.pass(died) {
		shut, change := g.state()
		if shut {
			continue
		}
		if d <= 0 {
			return 0, true
		}
		started := time.Now()
		timer := time.NewTimer(d)
		select {
		case <-timer.C:
			return time.Since(started) - d, true
		case <-change:
			d -= time.Since(started)
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
