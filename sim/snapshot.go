package sim

import (
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"pindrop/results/history"
)

// Snapshot is what a run on the real clock knows of itself at one moment. It is for people who watch: no figure of a
// result comes from it.
type Snapshot struct {
	At    time.Duration // since the run's origin
	Phase string        // one of the history's phases; "" before the first
	Since time.Duration // the begin of the phase, since the run's origin

	Sent, Stored, Handled int64 // messages: published, stored, ended by a handler

	Alive, Down int // workers; a spare one counts from its first start
	Consumers   []ConsumerSnapshot
	Active      []FaultSnapshot // not healed, oldest first
	Recent      []FaultSnapshot // the last few that began, oldest first
}

// ConsumerSnapshot is one consumer in a [Snapshot].
type ConsumerSnapshot struct {
	Name    string
	Holder  string // of the pin; "" where nobody has been seen to hold it
	Gen     uint32 // of the pin
	Sampled bool   // whether there has been a sample, from which the rest is

	AckPending, Pending int64
}

// FaultSnapshot is a fault in a [Snapshot].
type FaultSnapshot struct {
	At         time.Duration // since the run's origin
	ID         int32
	Do, Target string
}

// recentMax is how many faults a snapshot tells of besides the active ones.
const recentMax = 5

// scene is what a run keeps for its snapshots.
type scene struct {
	sent, stored atomic.Int64

	mu      sync.Mutex
	phase   string
	since   int64
	samples map[int32]history.Event
	active  []FaultSnapshot
	recent  []FaultSnapshot
}

// see takes in what the runner, the watcher or the nemesis has just written down.
func (s *scene) see(e *history.Event) {
	s.mu.Lock()
	defer s.mu.Unlock()
	switch e.Kind {
	case history.Phase:
		s.phase, s.since = e.Phase, e.At
	case history.Sample:
		if s.samples == nil {
			s.samples = map[int32]history.Event{}
		}
		s.samples[e.Shard] = *e
	case history.Fault:
		f := FaultSnapshot{At: time.Duration(e.At), ID: e.Fault, Do: e.Do, Target: e.Target}
		s.active, s.recent = append(s.active, f), append(s.recent, f)
		s.recent = s.recent[max(0, len(s.recent)-recentMax):]
	case history.Heal:
		i := slices.IndexFunc(s.active, func(f FaultSnapshot) bool { return f.ID == e.Fault && f.Target == e.Target })
		if i >= 0 {
			s.active = slices.Delete(s.active, i, i+1)
		}
	}
}

// snapshot is the run as it stands.
func (r *run) snapshot() Snapshot {
	s := Snapshot{
		At: time.Since(r.site.rec.origin), Sent: r.scene.sent.Load(), Stored: r.scene.stored.Load(),
	}
	for _, w := range r.order {
		s.Handled += w.handled()
		switch {
		case w.current() != nil:
			s.Alive++
		case w.lived():
			s.Down++
		}
	}
	for _, shard := range r.site.shards() {
		c := ConsumerSnapshot{Name: consumerOf(shard)}
		if r.pinned() {
			c.Holder, c.Gen = r.holder(shard)
		}
		s.Consumers = append(s.Consumers, c)
	}
	r.scene.mu.Lock()
	defer r.scene.mu.Unlock()
	s.Phase, s.Since = r.scene.phase, time.Duration(r.scene.since)
	s.Active, s.Recent = slices.Clone(r.scene.active), slices.Clone(r.scene.recent)
	for i, shard := range r.site.shards() {
		if e, ok := r.scene.samples[shard]; ok {
			c := &s.Consumers[i]
			c.Sampled, c.AckPending, c.Pending = true, e.AckPending, e.Pending
		}
	}
	return s
}

// watched tells snapshots until the function that it returns has been called; to nobody where watch is nil.
func (r *run) watched(watch func(Snapshot)) (stop func()) {
	if watch == nil {
		return func() {}
	}
	return nowAndThen(func() { watch(r.snapshot()) })
}
