package sim

import (
	"math"
	"sync/atomic"
)

// board is what a run shows to all of its workers: in memory, or in a page that their processes map. Its zero value is not
// ready: see clear.
type board struct {
	disturbed atomic.Int64 // when disturb began, since the run's origin; never before
	armed     atomic.Int64 // faults that wait for an event and have not fired; 0: nobody looks at events
}

func (b *board) clear() {
	b.disturbed.Store(never)
	b.armed.Store(0)
}

// shared is what a life and those who break and watch it tell each other without a word, wherever the life is. Its zero
// value is not ready: see clear.
type shared struct {
	held    atomic.Int64  // messages that arrived and are not handled
	serving atomic.Int64  // handlers in service
	stopped atomic.Int64  // nanoseconds that the life's process has been made to stand still, so far
	slow    atomic.Uint64 // bits of the factor on service times

	ticked atomic.Int64 // when the life's process ticked last, since the run's origin; 0: it has not
	lates  atomic.Int64 // how many ticks were late and worth telling
	late   atomic.Int64 // the newest of them: by how much
	due    atomic.Int64 // the same: when it was due
}

func newShared() *shared {
	s := &shared{}
	s.clear()
	return s
}

func (s *shared) clear() {
	s.held.Store(0)
	s.serving.Store(0)
	s.stopped.Store(0)
	s.ticked.Store(0)
	s.lates.Store(0)
	s.setSlow(1)
}

// setSlow puts a factor on the service times of messages begun from now on.
func (s *shared) setSlow(factor float64) { s.slow.Store(math.Float64bits(factor)) }

func (s *shared) slowness() float64 { return math.Float64frombits(s.slow.Load()) }

// hands is how many messages arrived and are not handled, and how many handlers are in service.
func (s *shared) hands() (held, serving int64) { return s.held.Load(), s.serving.Load() }
