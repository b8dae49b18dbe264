// Package sim runs a plan: it starts a real nats-server and real clients, breaks what the plan says, and writes down
// everything that happens.
//
// The path of one message: a publisher sends it when it is due (publisher.go); the server stores and delivers it; it
// comes through the link between server and worker (link.go, way.go), where one tap sees it leave the server (tap_server.go) and another
// one sees it arrive (wire.go, tap.go); nats.go
// hands it to the worker's API loop (consume.go), that to a handler (handle.go), whose begin and end are written down, and
// which may change the state of the message's key meanwhile, past a guard (task.go, guard.go); the answer leaves through
// the tap and the link. Each of them has a log; the recorder stamps what they write (recorder.go). The nemesis (nemesis.go,
// fault.go) breaks workers, links and pins; the watcher (watcher.go) asks the server what it thinks;
// the timekeeper (timekeeper.go) finds out whether all of them had the time that they needed.
//
// The same code runs on both clocks. On the virtual one it is inside a testing/synctest bubble (bubble.go) in a process
// of its own (child.go). Only package time is asked for the time, nothing waits while it holds a lock, and every
// goroutine ends before the run does.
package sim

import (
	"context"
	"errors"
	"strings"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"pindrop/results/history"
	"pindrop/scenarios"
	"pindrop/sim/disk"
)

// Dirs are the folders of a run. Neither needs to be there.
type Dirs struct {
	Logs  string // the logs, a file for each writer
	Store string // the servers' files; removed at the end

	Servers string // the log files of servers that are processes; they stay
}

// ErrRefused is in the error of a run that never began because the server refused its stream or its consumer.
var ErrRefused = errors.New("the server refuses the scenario")

const streamPrefix = "PINDROP_"

// run is one plan being run.
type run struct {
	ctx    context.Context // its end ends the run early: somebody interrupts it, or it cannot go on
	stop   func()          // ends ctx
	kill   func()          // ends the life of all processes
	site   site
	log    *history.Log // the runner's own
	hosts  *history.Log
	clock  scenarios.Clock
	settle func() // lets everything of this instant happen first
	around clock

	keys       keys
	server     servers
	ears       hearsay       // at them
	patience   time.Duration // for how long a request is made again while nobody leads; 0: somebody always does
	nc         *nats.Conn    // for the runner and the nemesis
	js         jetstream.JetStream
	presence   *presence                // on servers that are not pindrop's
	elsewhere  atomic.Pointer[external] // those; nil: the servers are pindrop's, or not there yet
	watcher    *watcher
	nemesis    *nemesis
	publishers []*publisher
	workers    map[string]*worker
	order      []*worker // in plan order
	lives      errands
	publishing errands
	pins       *generations
	pools      map[int]chan struct{} // downstreams, by group of workers

	scene    scene
	mu       sync.Mutex
	holds    holds
	failures []error // why it cannot go on; none after an interruption

	takeBoard func() error

	endMax time.Duration // how long workers, or publishers, may take to end when they have to
	stuck  bool          // somebody did not
	begun  atomic.Bool   // everybody is there
}

// streamName is the stream of a scenario: dots part subjects, and are not allowed in it.
func streamName(scenario string) string { return streamPrefix + strings.ReplaceAll(scenario, ".", "_") }

// clock is what differs between the clocks.
type clock struct {
	name   scenarios.Clock
	listen bool   // whether servers and clients use TCP
	disk   bool   // whether workers' own logs are files
	settle func() // lets everything that is about to happen at this instant happen
	linger time.Duration
	life   context.Context        // its end kills the processes of the run
	read   func() (reading, bool) // the clocks of the machine; nil: what they really say
	access Access                 // to servers that are not pindrop's
	watch  Watch                  // of somebody who watches
	files  *disk.Files            // of a guest; nil: it is none
	stays  func()                 // is told that something of the run will never end; nil: nobody has to know
}

// newRun is a run of a plan that has not begun. The end of ctx ends it early, in order.
func newRun(ctx context.Context, plan *scenarios.Plan, c clock) *run {
	ctx, stop := context.WithCancel(ctx)
	life, kill := context.WithCancel(context.Background())
	c.life = life
	return &run{
		ctx:     ctx,
		stop:    stop,
		kill:    kill,
		site:    site{plan: plan, stream: streamName(plan.Scenario.Name), subjects: subjectPrefix, disk: c.disk, virtual: c.name == scenarios.ClockVirtual},
		clock:   c.name,
		settle:  c.settle,
		around:  c,
		workers: map[string]*worker{}, pins: newGenerations(), pools: map[int]chan struct{}{}, holds: holds{},
		scene:  scene{begun: time.Now(), doing: "starting servers"},
		endMax: endMax,
	}
}

// execute runs the plan with its files in dirs. A run that is interrupted ends early, in order, and
// its history says so; an error means that there was no run.
func (r *run) execute(dirs Dirs, last *pulse) (err error) {
	c := r.around
	defer r.kill()
	defer r.stop()
	defer r.watched(c.watch.Tell)()
	r.keys = newKeys(c)
	if r.server, err = startServers(r.ctx, r.site.plan, dirs, c, r.keys, &r.ears, r.fail); err != nil {
		return r.unbegun(dirs.Logs, last, err)
	}
	defer func() {
		err = errors.Join(err, r.server.stop())
		time.Sleep(c.linger)
	}()
	if _, inside := r.server.(*embedded); !inside {
		r.patience = leaderlessMax
	}
	if c.access.Invite != nil {
		c.access.Invite(r.keys.invitation(r.server.ports()))
	}
	r.scene.do("making stream, consumers and workers")
	r.site.options, r.site.api = r.server.options(), apiPrefix
	if e, ok := r.server.(*external); ok {
		r.site.api, r.site.subjects = e.api, e.subjects()
		e.hurry = func() bool { return r.ctx.Err() != nil }
		r.elsewhere.Store(e)
		if r.presence, err = r.attend(e); err != nil {
			return e.asked(err, ErrUnfit)
		}
		defer r.presence.leave()
	}
	r.site.dial, r.site.number, r.site.observe, r.site.left = anyOf(r.server), r.pins.number, r.observe, r.drained
	switch err := r.setUp(dirs.Logs, last); {
	case errors.Is(err, errOutcome):
		return r.tearDown()
	case err != nil:
		if e := r.elsewhere.Load(); e != nil && silent(err) {
			err = e.asked(err, ErrUnfit)
		}
		return r.unbegun(dirs.Logs, last, err)
	}
	r.begun.Store(true)
	r.raise(c.watch.Counts)
	r.phases()
	r.lower(c.watch.Tell != nil)
	return r.tearDown()
}

// phases is the run itself: backlog, warm up, disturb, heal everything, drain.
func (r *run) phases() {
	spec := r.site.plan.Scenario.Phases
	r.firstPhase()
	timeKept := r.keepTime()
	for _, p := range r.publishers {
		p.backlog()
	}
	// On the virtual clock all of the backlog took no time: let what follows have instants of its own.
	time.Sleep(time.Millisecond)

	start := time.Now()
	r.phase(history.PhaseWarmup)
	now := r.site.rec.now()
	for _, w := range r.order {
		if !w.plan.Spare {
			w.expect(true)
			r.nemesis.plan(now+int64(w.plan.Start), w.startAsPlanned)
		}
	}
	for i := range r.site.plan.Scenario.Workers {
		if w := &r.site.plan.Scenario.Workers[i]; w.Adaptive != nil {
			r.adapt(w)
		}
	}
	disturbed := now + int64(spec.Warmup)
	r.nemesis.plan(disturbed, func() {
		r.site.board.disturbed.Store(disturbed)
		r.phase(history.PhaseDisturb)
		r.nemesis.disturb(disturbed)
	})

	stop, sampled := make(chan struct{}), make(chan struct{})
	var acting, sampling sync.WaitGroup
	acting.Go(func() { r.nemesis.until(stop) })
	for _, p := range r.publishers {
		r.publishing.Go(p.plan.Name, func() { p.publishUntil(start, stop) })
	}
	sampling.Go(func() { r.watcher.sampleUntil(sampled) })
	sampling.Go(func() { r.watcher.usageUntil(sampled) })
	var end ending
	select {
	case <-time.After(spec.Warmup.D() + spec.Disturb.D()):
	case <-r.ctx.Done():
		end = r.cut()
	}
	close(stop)
	acting.Wait()
	r.publishing.wait(publishingMax)

	if end == (ending{}) {
		end = r.recover()
		r.converge()
	}
	if r.ctx.Err() != nil {
		end = r.cut()
	}
	close(sampled)
	sampling.Wait()
	timeKept()
	r.end(end)
}

// publishingMax is how long publishers may take to stop before everything is healed: a server that stands still makes one
// wait that writes more than the sockets hold.
const publishingMax = time.Second

// recover heals everything and waits until the work is done, or says why it is not.
func (r *run) recover() ending {
	r.phase(history.PhaseHeal)
	r.nemesis.healAll()
	if left := r.publishing.wait(r.endMax); left != "" {
		return r.overdue(left)
	}
	r.phase(history.PhaseDrain)
	for _, p := range r.publishers {
		p.settle()
	}
	return r.watcher.drained()
}

// whose says that the servers are not pindrop's; "" where they are.
func (r *run) whose() string {
	if _, ok := r.server.(*external); ok {
		return scenarios.ServerExternal
	}
	return ""
}

// phase writes down that a phase begins.
func (r *run) phase(name string) { r.enter(&history.Event{Kind: history.Phase, Phase: name}) }

func (r *run) enter(e *history.Event) {
	r.site.rec.write(r.log, e)
	r.scene.see(e)
}

// firstPhase writes down that the first phase begins, and on which clock.
func (r *run) firstPhase() {
	r.enter(&history.Event{
		Kind: history.Phase, Phase: history.PhaseBacklog, Do: string(r.clock), Count: int64(r.site.plan.Scenario.Server.Nodes),
		Target: r.whose(),
	})
}

func (r *run) hostEvent(e *history.Event) { r.site.rec.write(r.hosts, e) }

// drained writes down that a life has drained.
func (r *run) drained(l *life) { r.workers[l.b.plan.Name].stopped(l.number, history.StopDrained) }

// observe is told of every event that a worker in this process writes down.
func (r *run) observe(e *history.Event) {
	if e.Gen > 0 {
		r.hold(e)
	}
	r.nemesis.observe(e)
}

// hold takes in an event under a pin.
func (r *run) hold(e *history.Event) {
	r.mu.Lock()
	defer r.mu.Unlock()
	r.holds.observe(e)
}
