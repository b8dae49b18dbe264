package sim

import (
	"cmp"
	"slices"
	"sync"
	"time"

	"pindrop/results/history"
	"pindrop/scenarios"
)

// nemesis is the one driver of everything that is planned to happen: workers' starts, faults and heals. It acts
// on a time, or when a worker writes down the event that a fault waits for; one action at a time, each after everything
// else of its instant has settled, so that on the virtual clock the order of an instant is the plan's.
type nemesis struct {
	run      *run
	log      *history.Log
	faults   []fault  // of the plan, in its order
	timeline []action // by time
	active   []injected

	mu       sync.Mutex
	triggers []*trigger
	fired    chan firing
	left     chan struct{} // closed when the nemesis no longer acts on events
}

// action is something planned for a time, since the run's origin.
type action struct {
	at int64
	do func()
}

// injected is a fault that has not been healed.
type injected struct {
	plan   *scenarios.FaultPlan
	fault  fault
	target string
	worker *worker // nil: it is none of a worker
}

// trigger waits for the n-th event of a kind; see [scenarios.Trigger].
type trigger struct {
	plan  *scenarios.FaultPlan
	fault fault
	count int
	gen   uint32 // of pinned: the generation that is counted
}

// firing asks the nemesis to act on an event now; the worker that wrote it waits for done.
type firing struct {
	trigger *trigger
	actor   string
	done    chan struct{}
}

func newNemesis(r *run) (*nemesis, error) {
	n := &nemesis{run: r, log: r.site.rec.open(history.Nemesis, ""), fired: make(chan firing), left: make(chan struct{})}
	for i := range r.site.plan.Faults {
		p := &r.site.plan.Faults[i]
		f, err := newFault(r, p)
		if err != nil {
			return nil, err
		}
		n.faults = append(n.faults, f)
		if p.On != nil {
			n.triggers = append(n.triggers, &trigger{plan: p, fault: f})
		}
	}
	return n, nil
}

// plan adds an action at a time since the run's origin; those of one instant keep the order in which they were added.
func (n *nemesis) plan(at int64, do func()) {
	i, _ := slices.BinarySearchFunc(n.timeline, at+1, func(a action, t int64) int { return cmp.Compare(a.at, t) })
	n.timeline = slices.Insert(n.timeline, i, action{at, do})
}

// disturb plans the faults of the scenario, counted from start, and arms the triggers. It is called by the nemesis.
func (n *nemesis) disturb(start int64) {
	for i := range n.run.site.plan.Faults {
		p := &n.run.site.plan.Faults[i]
		if p.At == nil {
			continue
		}
		n.plan(start+int64(*p.At), func() { n.inject(p, n.faults[i], "") })
	}
	n.mu.Lock()
	defer n.mu.Unlock()
	n.run.site.board.armed.Store(int64(len(n.triggers)))
}

// until acts until stop is closed. It is called once.
func (n *nemesis) until(stop <-chan struct{}) {
	defer close(n.left)
	timer := time.NewTimer(0)
	defer timer.Stop()
	for {
		var due <-chan time.Time
		if len(n.timeline) > 0 {
			timer.Reset(time.Duration(n.timeline[0].at - n.run.site.rec.now()))
			due = timer.C
		}
		select {
		case <-due:
			next := n.timeline[0]
			n.timeline = n.timeline[1:]
			n.run.settle()
			next.do()
		case f := <-n.fired:
			n.run.settle()
			n.inject(f.trigger.plan, f.trigger.fault, f.actor)
			close(f.done)
		case <-stop:
			return
		}
	}
}

// observe looks at an event that a worker has just written down. If a fault waits for it, the worker goes on only once
// the fault has been injected. What leaves on the wire is the exception: nats.go holds its lock meanwhile, and whoever
// waits for that lock would stop a virtual clock; there the fault follows as soon as the instant has settled.
func (n *nemesis) observe(e *history.Event) {
	f, ok := n.awaited(e)
	switch {
	case !ok:
	case onTheWay(e):
		n.run.lives.Go("a fault on an event of "+f.actor, func() { n.fire(f) })
	default:
		n.fire(f)
	}
}

// onTheWay reports whether an event is about something that is just leaving.
func onTheWay(e *history.Event) bool { return e.Kind == history.Pull || e.Kind == history.Ack }

// awaited counts e, and reports whether a fault is to follow it.
func (n *nemesis) awaited(e *history.Event) (firing, bool) {
	if n.run.site.board.armed.Load() == 0 {
		return firing{}, false
	}
	t := n.match(e)
	return firing{trigger: t, actor: e.Actor, done: make(chan struct{})}, t != nil
}

// fire waits until the nemesis has acted on f, or does not act any more.
func (n *nemesis) fire(f firing) {
	select {
	case n.fired <- f:
		<-f.done
	case <-n.left:
	}
}

// match counts e for every trigger that waits for such events, and returns the first that is due, disarmed. Triggers
// that wait for the very same fire one after the other: the next begins to count when the one before has fired.
func (n *nemesis) match(e *history.Event) *trigger {
	n.mu.Lock()
	defer n.mu.Unlock()
	type event struct {
		scenarios.Trigger
		consumer int
	}
	seen := map[event]bool{}
	for i, t := range n.triggers {
		waitsFor := event{*t.plan.On, t.plan.Consumer}
		if seen[waitsFor] {
			continue
		}
		seen[waitsFor] = true
		if t.counts(n.run, e) && t.count == t.plan.On.N {
			n.triggers = slices.Delete(n.triggers, i, i+1)
			n.run.site.board.armed.Add(-1)
			return t
		}
	}
	return nil
}

// counts reports whether e is one of those that t waits for, and counts it.
func (t *trigger) counts(r *run, e *history.Event) bool {
	if string(e.Kind) != t.plan.On.Kind {
		return false
	}
	shard := r.about(t.plan)[0]
	if t.plan.Consumer > 0 && e.Shard != shard {
		return false
	}
	if t.plan.On.Of == scenarios.TargetPinned && r.pinned() {
		holder, gen := r.holder(shard)
		if e.Actor != holder || e.Shard != shard {
			return false
		}
		if gen != t.gen {
			t.gen, t.count = gen, 0
		}
	} else if !slices.Contains(r.targets(t.plan.On.Of, e.Actor, shard), e.Actor) {
		return false
	}
	t.count++
	return true
}

// inject breaks what the plan says, and plans the healing. The fault is in the history once for each worker it hit;
// a fault that found nothing to break is not, and the run's premises say so.
func (n *nemesis) inject(p *scenarios.FaultPlan, f fault, actor string) {
	names := []string{p.Target}
	if p.HitsWorkers() {
		names = n.run.targets(p.Target, actor, n.run.about(p)[0])
	}
	for _, name := range names {
		in := injected{plan: p, fault: f, target: name}
		if p.HitsWorkers() {
			in.worker = n.run.workers[name]
		}
		if !f.inject(in.worker) {
			continue
		}
		e := history.Event{
			Kind: history.Fault, Shard: n.run.hitShard(p), Fault: int32(p.ID), Do: p.Do, Target: name,
		}
		if in.worker != nil {
			e.Incarnation = in.worker.number()
		}
		if f, ok := f.(explained); ok {
			f.explain(&e)
			in.target = e.Target
		}
		n.run.site.rec.write(n.log, &e)
		n.run.scene.see(&e)
		n.damage(p, e.Target)
		n.active = append(n.active, in)
		if lasts := p.For.D(); lasts > 0 || p.ComesBack() {
			n.plan(n.run.site.rec.now()+int64(max(lasts, restartMin)), func() { n.heal(in) })
		}
	}
}

func (n *nemesis) heal(in injected) {
	i := slices.Index(n.active, in)
	if i < 0 {
		return
	}
	n.active = slices.Delete(n.active, i, i+1)
	e := history.Event{
		Kind: history.Heal, Shard: n.run.hitShard(in.plan), Fault: int32(in.plan.ID), Do: in.plan.Do, Target: in.target,
	}
	if in.fault.heal(in.worker) {
		n.run.site.rec.write(n.log, &e)
	}
	n.run.scene.see(&e) // a fault that found nothing to heal is over as well
}

// healAll heals what is still broken, in the order in which it broke, and disarms what has not fired.
func (n *nemesis) healAll() {
	n.run.site.board.armed.Store(0)
	n.timeline = nil
	for len(n.active) > 0 {
		n.run.settle()
		n.heal(n.active[0])
	}
}
