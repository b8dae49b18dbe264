package sim

import (
	"sync"
	"time"

	"pindrop/results/history"
	"pindrop/scenarios"
)

// worker is one name in the scenario; it lives once for each time it is started.
type worker struct {
	run     *run
	place   int // in the plan
	plan    *scenarios.WorkerPlan
	spec    *scenarios.Workers
	network *network
	proxy   *proxy // of a worker that is a process, if its network is slow or may break; else nil
	host    host

	mu    sync.Mutex
	life  incarnation // the newest; nil before the first
	lives int32
	due   bool  // a start is planned
	ended int64 // when the newest life that is over ended, since the run's origin
}

func newWorker(r *run, place int) (*worker, error) {
	plan := &r.site.plan.Workers[place]
	spec := &r.site.plan.Scenario.Workers[plan.Group]
	w := &worker{
		run: r, place: place, plan: plan, spec: spec, network: r.newNetwork(r.site.plan.Scenario.NetworkOf(spec.Network), plan.Seed),
	}
	w.network.varies = r.site.plan.SlowsLinks()
	w.network.dropped = func() { r.hostEvent(&history.Event{Kind: history.Dropped, Worker: plan.Name}) }
	w.network.watched = r.serverTap(plan.Name)
	if !r.apart(w.spec) {
		body := newBody(&r.site, plan, w.network, r.pool(plan.Group))
		w.network.late = body.timersLate()
		w.host = goroutines{r, body}
		return w, nil
	}
	var err error
	if w.network.slow() || len(r.site.plan.Faults) > 0 { // what a fault loses on its way is seen at the server's end alone
		if w.proxy, err = newProxy(w.network, r.keys.door, r.site.dial); err != nil {
			return nil, err
		}
	}
	w.host, err = newProcessHost(w)
	return w, err
}

// apart reports whether workers of a group are processes.
func (r *run) apart(w *scenarios.Workers) bool {
	host, _ := r.site.plan.Scenario.ResolveHost(w, r.clock)
	return host == scenarios.HostProcess
}

// addresses are where a worker that is a process finds the servers.
func (w *worker) addresses() []string {
	if w.proxy != nil {
		return []string{w.proxy.address()}
	}
	return w.run.server.addresses()
}

// close gives back what the worker's lives had in common; they are over.
func (w *worker) close() error {
	err := w.host.close()
	if w.proxy != nil {
		w.proxy.close()
	}
	return err
}

// pool is the downstream of a group, nil where it has no limit.
func (r *run) pool(group int) chan struct{} {
	if r.pools[group] == nil {
		if size := r.site.plan.Scenario.Workers[group].Service.Pool; size > 0 {
			r.pools[group] = make(chan struct{}, size)
		}
	}
	return r.pools[group]
}

// expect says whether a start is planned. It returns false if that was said already.
func (w *worker) expect(start bool) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	changed := w.due != start
	w.due = start
	return changed
}

// expected reports whether a start is planned.
func (w *worker) expected() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.due
}

// startAsPlanned begins the life for which a start was planned, if it still is. An earlier life that drains comes to its
// end first.
func (w *worker) startAsPlanned() {
	switch {
	case !w.expected():
	case w.current() != nil:
		w.run.startLater(w, 1)
	default:
		w.start()
	}
}

// start begins a new life; what was planned is void. While the worker lives, nothing happens: nobody would end the older
// life. A host that cannot begin one ends the run.
func (w *worker) start() {
	w.keepApart()
	w.mu.Lock()
	w.due = false
	if w.life != nil && w.life.alive() {
		w.mu.Unlock()
		return
	}
	w.lives++
	number := w.lives
	l, err := w.host.next(number)
	if err == nil {
		w.life = l
	}
	w.mu.Unlock()
	if err == nil {
		w.run.hostEvent(&history.Event{Kind: history.Start, Worker: w.plan.Name, Incarnation: number})
		err = l.begin()
	}
	if err != nil {
		w.run.fail(err)
	}
}

// keepApart waits for a moment if a life of the worker has ended just now: the end of one and the start of the next must not
// share an instant, in which nobody could tell whose event is whose.
func (w *worker) keepApart() {
	w.mu.Lock()
	now := w.lives > 0 && w.ended == w.run.site.rec.now()
	w.mu.Unlock()
	if now {
		time.Sleep(restartMin)
	}
}

// kill ends the newest life at once; false if it was over already.
func (w *worker) kill() bool {
	l := w.current()
	if l == nil || !l.die() {
		return false
	}
	w.end()
	return true
}

// end remembers that a life is over.
func (w *worker) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.ended = w.run.site.rec.now()
}

// number is that of the newest life.
func (w *worker) number() int32 {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.lives
}

// stopped writes down that a life is over, and why.
func (w *worker) stopped(number int32, reason string) {
	w.end()
	w.run.hostEvent(&history.Event{Kind: history.Stop, Worker: w.plan.Name, Incarnation: number, Reason: reason})
}

// current is the worker's newest life if it is alive, else nil.
func (w *worker) current() incarnation {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.life == nil || !w.life.alive() {
		return nil
	}
	return w.life
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
	if l == nil {
		return false
	}
	_, serving := l.hands()
	return serving > 0
}
