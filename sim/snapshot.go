package sim

import (
	"maps"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"pindrop/results/history"
	"pindrop/scenarios"
)

// Snapshot is what a run on the real clock knows of itself at one moment. It is for people who watch: no figure of a
// result comes from it. Before the run's first phase, and behind its last, only At and Doing say something, and in the
// backlog phase only what is published does.
type Snapshot struct {
	At    time.Duration // since the run's origin; before there is one, since somebody began to start servers
	Doing string        // in words, what is done before the first phase and behind the last; "" in between
	Phase string        // one of the history's phases; "" before the first
	Since time.Duration // the begin of the phase, since the run's origin

	Backlog      int64 // messages to be published before the workers start
	Sent, Stored int64 // messages: published, and stored

	// Counts is whether the run's logs are followed; what is counted in them lags behind by a moment.
	Counts                          bool
	Handled, Delivered, Redelivered int64             // messages that ended ok, each once; deliveries, and those numbered above 1
	OverlapCount                    int64             // overlaps of pins, as many as the result will have if disturb begins at once
	OverlapTime                     time.Duration     // in which there was one; those of several consumers add up
	Overlaps                        []OverlapSnapshot // the active ones, and the last few that began, oldest first
	SureOverlapCount                int64             // those that no late event can take back: they never get fewer
	SureOverlapTime                 time.Duration     // it never gets less

	Workers    []WorkerSnapshot // in the order of the plan; a spare one counts from its first start
	Consumers  []ConsumerSnapshot
	Active     []FaultSnapshot  // not healed, oldest first; none of those that are over at once
	Recent     []FaultSnapshot  // the last few that began, oldest first
	FaultCount map[string]int64 // faults so far, by what they do
}

// The states of a worker in a [WorkerSnapshot].
const (
	WorkerWaiting  = "waiting" // not started yet
	WorkerAlive    = "alive"
	WorkerFrozen   = "frozen"
	WorkerDraining = "draining" // it finishes what it has, and leaves
	WorkerDown     = "down"
)

// WorkerStates are all of them.
var WorkerStates = []string{WorkerWaiting, WorkerAlive, WorkerFrozen, WorkerDraining, WorkerDown}

// WorkerSnapshot is one worker in a [Snapshot].
type WorkerSnapshot struct {
	Name      string
	State     string // see WorkerStates
	InService int64  // messages in a handler
	Held      int64  // messages delivered and not finished, those in service included
	Handled   int64  // messages that it ended ok, as often as it did; see Counts
}

// ConsumerSnapshot is one consumer in a [Snapshot].
type ConsumerSnapshot struct {
	Name    string
	Holder  string // of the pin; "" where nobody has been seen to hold it
	Gen     uint32 // of the pin
	Limit   int64  // of ack pending, as the server gave it last; 0 where it is not known, or there is none
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
	begun        time.Time // of the run's set-up

	// Over the stage, held while a snapshot is made: what it looks at is not there before the set-up, nor after the end.
	stage    sync.Mutex
	raised   bool
	follower *follower // nil: nobody wants counts
	last     Snapshot

	mu      sync.Mutex
	doing   string
	phase   string
	since   int64
	samples map[int32]history.Event
	active  []FaultSnapshot
	recent  []FaultSnapshot
	faults  map[string]int64
}

// do says what is done now, before the first phase or behind the last.
func (s *scene) do(what string) {
	s.mu.Lock()
	defer s.mu.Unlock()
	s.doing = what
}

// raise shows the run from now on, whose parts are all there.
func (r *run) raise(counts bool) {
	r.scene.stage.Lock()
	defer r.scene.stage.Unlock()
	r.scene.raised = true
	if counts {
		r.scene.follower = newFollower(r)
	}
	r.scene.do("")
}

// lower ends that, before the parts are taken away. What the run has come to stays.
func (r *run) lower(watched bool) {
	r.scene.stage.Lock()
	defer r.scene.stage.Unlock()
	if r.scene.raised && watched {
		r.scene.last = r.look(true)
	}
	r.scene.raised = false
	r.scene.do("stopping servers and workers")
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
		if !scenarios.Momentary(e.Do) {
			s.active = append(s.active, f)
		}
		s.recent = append(s.recent[max(0, len(s.recent)-recentMax+1):], f)
		if s.faults == nil {
			s.faults = map[string]int64{}
		}
		s.faults[e.Do]++
	case history.Heal:
		s.active = slices.DeleteFunc(s.active, func(f FaultSnapshot) bool { return f.ID == e.Fault && f.Target == e.Target })
	}
}

// snapshot is the run as it stands.
func (r *run) snapshot() Snapshot {
	r.scene.stage.Lock()
	defer r.scene.stage.Unlock()
	if r.scene.raised {
		return r.look(false)
	}
	s := r.scene.last
	if s.Phase == "" {
		s.At = time.Since(r.scene.begun)
	}
	r.scene.mu.Lock()
	defer r.scene.mu.Unlock()
	s.Doing = r.scene.doing
	return s
}

// look is a snapshot of a run whose parts are all there.
func (r *run) look(ended bool) Snapshot {
	s := Snapshot{At: time.Since(r.site.rec.origin), Sent: r.scene.sent.Load(), Stored: r.scene.stored.Load()}
	for _, p := range r.publishers {
		s.Backlog += int64(p.plan.Share)
	}
	for _, shard := range r.site.shards() {
		c := ConsumerSnapshot{Name: consumerOf(shard)}
		if r.pinned() {
			c.Holder, c.Gen = r.holder(shard)
		}
		s.Consumers = append(s.Consumers, c)
	}
	r.scene.mu.Lock()
	s.Phase, s.Since = r.scene.phase, time.Duration(r.scene.since)
	s.Active, s.Recent = slices.Clone(r.scene.active), slices.Clone(r.scene.recent)
	s.FaultCount = maps.Clone(r.scene.faults)
	for i, shard := range r.site.shards() {
		if e, ok := r.scene.samples[shard]; ok {
			c := &s.Consumers[i]
			c.Sampled, c.AckPending, c.Pending = true, e.AckPending, e.Pending
		}
	}
	r.scene.mu.Unlock()
	for _, w := range r.order {
		if w.lived() {
			s.Workers = append(s.Workers, w.snapshot(s.Active))
		}
	}
	if f := r.scene.follower; f != nil {
		f.look(s.At, ended)
		f.tell(&s, r.site.shards())
	}
	return s
}

// tell adds what the follower has counted.
func (f *follower) tell(s *Snapshot, shards []int32) {
	s.Counts = true
	s.Handled, s.Delivered, s.Redelivered = f.handled, f.delivered, f.redelivered
	now, sure := &f.overlaps.now, &f.overlaps.sure
	s.OverlapCount, s.OverlapTime, s.Overlaps = int64(len(now.pairs)), time.Duration(now.total), now.latest()
	s.SureOverlapCount, s.SureOverlapTime = int64(len(sure.pairs)), time.Duration(sure.total)
	for i := range s.Workers {
		s.Workers[i].Handled = f.by[s.Workers[i].Name]
	}
	for i, shard := range shards {
		s.Consumers[i].Limit = max(0, f.limits[shard]) // -1: none
	}
}

// snapshot is the worker as it stands, with the faults that are not healed.
func (w *worker) snapshot(active []FaultSnapshot) WorkerSnapshot {
	s := WorkerSnapshot{Name: w.plan.Name, State: WorkerDown}
	l := w.current()
	if l == nil {
		if w.number() == 0 {
			s.State = WorkerWaiting
		}
		return s
	}
	held, serving := l.hands()
	s.InService, s.Held = max(0, serving), max(0, held)
	switch {
	case slices.ContainsFunc(active, func(f FaultSnapshot) bool { return f.Do == scenarios.DoFreeze && f.Target == s.Name }):
		s.State = WorkerFrozen
	case l.leaving():
		s.State = WorkerDraining
	default:
		s.State = WorkerAlive
	}
	return s
}

// watched tells snapshots until the function that it returns has been called; to nobody where watch is nil.
func (r *run) watched(watch func(Snapshot)) (stop func()) {
	if watch == nil {
		return func() {}
	}
	end := nowAndThen(func() { watch(r.snapshot()) })
	return func() {
		end()
		watch(r.snapshot())
	}
}
