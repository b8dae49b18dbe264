package sim

import (
	"context"
	"path/filepath"
	"slices"
	"sync"

	"pindrop/results/history"
	"pindrop/scenarios"
)

// worker is one name in the scenario; it lives once for each time it is started.
type worker struct {
	run     *run
	plan    *scenarios.WorkerPlan
	spec    *scenarios.Workers
	in      *history.Log // wire, arriving
	body    *history.Log
	out     *history.Log // wire, leaving
	network *network
	pool    chan struct{}  // places in the downstream that its group shares; nil: no limit
	wals    map[int32]*wal // its own logs, one for each consumer; nil: it keeps none
	guard   guard          // of what its handlers write, where there is a state

	mu    sync.Mutex
	life  *life // the newest; nil before the first
	lives int32
}

func newWorker(r *run, plan *scenarios.WorkerPlan) *worker {
	return &worker{
		run: r, plan: plan, spec: &r.plan.Scenario.Workers[plan.Group],
		in:      r.rec.open(plan.Name, history.WireIn),
		body:    r.rec.open(plan.Name, history.Body),
		out:     r.rec.open(plan.Name, history.WireOut),
		network: r.newNetwork(plan.Seed),
		pool:    r.pool(plan.Group),
		wals:    r.newWALs(plan),
		guard:   newGuard(r.plan.Scenario.Workers[plan.Group].Guard),
	}
}

// newWALs are a worker's own logs, nil where it keeps none.
func (r *run) newWALs(plan *scenarios.WorkerPlan) map[int32]*wal {
	if r.plan.Scenario.Workers[plan.Group].Ack != scenarios.AckWAL {
		return nil
	}
	wals := map[int32]*wal{}
	for _, shard := range r.shards() {
		wals[shard] = &wal{}
		if r.disk {
			wals[shard].path = filepath.Join(r.rec.dir, plan.Name+"."+consumerOf(shard)+walSuffix)
		}
	}
	return wals
}

// pool is the downstream of a group, nil where it has no limit.
func (r *run) pool(group int) chan struct{} {
	for _, w := range r.order {
		if w.plan.Group == group {
			return w.pool
		}
	}
	if size := r.plan.Scenario.Workers[group].Service.Pool; size > 0 {
		return make(chan struct{}, size)
	}
	return nil
}

// start begins a new life.
func (w *worker) start() {
	ctx, cancel := context.WithCancel(context.Background())
	w.mu.Lock()
	w.lives++
	l := &life{
		w: w, number: w.lives, died: make(chan struct{}), stopping: make(chan struct{}), slow: 1, ctx: ctx, cancel: cancel,
	}
	w.life = l
	w.mu.Unlock()
	w.network.freeze(false)
	w.run.hostEvent(&history.Event{Kind: history.Start, Worker: w.plan.Name, Incarnation: l.number})
	w.run.lives.Go(l.live)
}

// current is the worker's newest life if it is alive, else nil.
func (w *worker) current() *life {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.life == nil || !w.life.alive() {
		return nil
	}
	return w.life
}

// acksFirst reports whether a message is as good as acknowledged before its work: then it cannot be handed back.
func (w *worker) acksFirst() bool {
	return slices.Contains([]string{scenarios.AckEarly, scenarios.AckWAL, scenarios.AckNone}, w.spec.Ack)
}

// lived reports whether the worker is, or was, part of its group: a spare one is not before its first start.
func (w *worker) lived() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return !w.plan.Spare || w.lives > 0
}

// busy reports whether the worker is in service.
func (w *worker) busy() bool {
	l := w.current()
	return l != nil && l.inside.Load() > 0
}
