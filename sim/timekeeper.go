package sim

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"time"

	"github.com/nats-io/nats.go"

	"pindrop/results/history"
	"pindrop/scenarios"
)

// timekeeper finds out whether the parts of a run on the real clock had the time that they needed: it ticks itself, looks at the
// ticks of workers' processes, has every server answer, and compares the clocks of the machine. What it finds is in the history;
// package measure says how much of it is too much.
type timekeeper struct {
	run   *run
	every time.Duration
	read  func() (reading, bool)

	own     lateness
	clocks  clocks
	workers map[string]*watchedWorker
	stopped context.Context
	doing   sync.WaitGroup
}

// watchedWorker is the newest life of a worker that is a process.
type watchedWorker struct {
	number   int32
	lates    int64 // those that it has told
	lateness lateness
}

// keepTime watches the time until stop is called. On the virtual clock there is nothing to watch: no part of a run can be late
// there, since time waits for all of them.
func (r *run) keepTime() (stop func()) {
	if r.clock != scenarios.ClockReal {
		return func() {}
	}
	k := &timekeeper{run: r, every: tickEvery(len(r.order)), read: r.around.read, workers: map[string]*watchedWorker{}}
	if k.read == nil {
		k.read = func() (reading, bool) { return readClocks(r.site.rec.origin) }
	}
	var cancel func()
	k.stopped, cancel = context.WithCancel(context.Background())
	k.tell(history.Event{Do: history.TimingWatched, Delay: int64(k.every)})
	k.doing.Go(k.tick)
	k.watchServers()
	return func() {
		cancel()
		k.doing.Wait()
	}
}

func (k *timekeeper) tell(e history.Event) {
	e.Kind = history.Timing
	k.run.site.rec.write(k.run.watcher.log, &e)
}

// late tells that a part of the run was late, if that is worth telling; who says which.
func (k *timekeeper) late(seen *lateness, who history.Event, from, late int64, came bool) {
	if seen.see(from, late, came) {
		who.Do, who.Stamp, who.Delay = history.TimingLate, from, late
		k.tell(who)
	}
}

// tick is the tick of pindrop itself.
func (k *timekeeper) tick() {
	timer := time.NewTimer(k.every)
	defer timer.Stop()
	last, looked := k.run.site.rec.now(), int64(0)
	for stopped := false; !stopped; {
		select {
		case <-timer.C:
		case <-k.stopped.Done():
			stopped = true
		}
		now := k.run.site.rec.now()
		k.late(&k.own, history.Event{}, last+int64(k.every), now-last-int64(k.every), true)
		if clocks, ok := k.read(); ok {
			for _, e := range k.clocks.see(clocks) {
				k.tell(e)
			}
		}
		k.lookAtWorkers(now, stopped)
		if now-looked >= int64(usageEvery) || stopped {
			looked = now
			k.lookAtPressure()
		}
		last = now
		timer.Reset(k.every)
	}
}

// lookAtWorkers looks at the ticks of workers' processes: those that came late, and those that are overdue, for the last time or not.
func (k *timekeeper) lookAtWorkers(now int64, last bool) {
	for _, w := range k.run.order {
		p, ok := w.current().(*process)
		if !ok || p.ticked.Load() == 0 {
			continue
		}
		seen := k.workers[w.plan.Name]
		if seen == nil || seen.number != p.number {
			seen = &watchedWorker{number: p.number}
			k.workers[w.plan.Name] = seen
		}
		who := history.Event{Worker: w.plan.Name, Incarnation: p.number}
		if lates := p.lates.Load(); lates != seen.lates {
			seen.lates = lates
			k.late(&seen.lateness, who, p.due.Load(), p.late.Load(), true)
		}
		if overdue := p.ticked.Load() + int64(k.every); now-overdue >= timingFloor {
			k.late(&seen.lateness, who, overdue, now-overdue, last)
		}
	}
}

// lookAtPressure writes down for how long tasks have waited for a processor, where the system tells.
func (k *timekeeper) lookAtPressure() {
	if of, some, full, ok := cpuPressure(); ok {
		k.tell(history.Event{Do: history.TimingPressure, Key: of, Count: int64(some), Sum: uint64(full)})
	}
}

// watchServers has every server answer that is not inside this process.
func (k *timekeeper) watchServers() {
	switch s := k.run.server.(type) {
	case *processes:
		for _, n := range s.nodes {
			k.doing.Go(func() { k.askNode(n.name, loopback(n.port)) }) // not its door, which faults may shut
		}
	case *external:
		k.doing.Go(func() { k.whileRunning(func() { k.ask(k.run.nc, k.run.nc.ConnectedServerName()) }) }) // its owner may count connections
	}
}

// askAgain is the wait before a server is asked that is not there, or was not.
const askAgain = 500 * time.Millisecond

// whileRunning does something again and again.
func (k *timekeeper) whileRunning(do func()) {
	for timer := time.NewTimer(0); ; timer.Reset(askAgain) {
		select {
		case <-timer.C:
			do()
		case <-k.stopped.Done():
			timer.Stop()
			return
		}
	}
}

// askNode connects to a server, again whenever it is back, and asks it.
func (k *timekeeper) askNode(name, address string) {
	dial := func() (net.Conn, error) { return dialWithin(dialTimeout)(address) }
	k.whileRunning(func() {
		nc, err := connect("timekeeper", dial, slices.Concat(k.run.server.options(), []nats.Option{nats.NoReconnect()})...)
		if err == nil {
			k.ask(nc, name)
			nc.Close()
		}
	})
}

// answerStep is how long one question waits for its answer; then it is asked again.
const answerStep = 250 * time.Millisecond

// ask asks a server for a sign of life every tick, until the connection is gone: who ended is no matter of time. A connection that the
// client gave up because the server did not answer is no end: the server is waited for until the client is connected again.
func (k *timekeeper) ask(nc *nats.Conn, name string) {
	var seen lateness
	timer := time.NewTimer(k.every)
	defer timer.Stop()
	asked := k.run.site.rec.now()
	late := func(came bool) { k.late(&seen, history.Event{Target: name}, asked, k.run.site.rec.now()-asked, came) }
	for nc.IsConnected() || errors.Is(nc.LastError(), nats.ErrStaleConnection) && k.stopped.Err() == nil {
		if !nc.IsConnected() {
			late(false)
			timer.Reset(k.every)
			<-timer.C
			continue
		}
		ctx, cancel := context.WithTimeout(k.stopped, answerStep)
		err := nc.FlushWithContext(ctx)
		cancel()
		waits := errors.Is(err, context.DeadlineExceeded)
		late(!waits)
		if waits {
			continue
		}
		timer.Reset(k.every)
		select {
		case <-timer.C:
		case <-k.stopped.Done():
			return
		}
		asked = k.run.site.rec.now()
	}
	late(true)
}
