package sim

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"os"
	"os/exec"
	"path/filepath"
	"strings"
	"sync"
	"time"

	"pindrop/results/history"
)

// The pages that pindrop shares with workers in processes of their own, in the folder of the logs.
const (
	boardPage  = "board.page"
	pageSuffix = ".page"
)

// processHost is the host of lives that are processes: this program, started again (see process_worker.go).
type processHost struct {
	w      *worker
	shared *shared // with whatever process lives
	unmap  func() error
	ahead  *process // started, and waiting to be told to live; nil: none
}

// newProcessHost makes the host of a worker, with a process for its first life: starting one takes time, and workers are
// to start in the order of the plan.
func newProcessHost(w *worker) (*processHost, error) {
	h := &processHost{w: w}
	var err error
	h.shared, h.unmap, err = mapPage[shared](filepath.Join(w.run.site.rec.dir, w.plan.Name+pageSuffix))
	if err == nil && !w.plan.Spare {
		h.ahead, err = h.spawn()
	}
	if err != nil {
		return nil, fmt.Errorf("start worker %s: %w", w.plan.Name, err)
	}
	return h, nil
}

func (h *processHost) next(number int32) (incarnation, error) {
	p := h.ahead
	h.ahead = nil
	if p == nil {
		var err error
		if p, err = h.spawn(); err != nil {
			return nil, fmt.Errorf("start worker %s: %w", h.w.plan.Name, err)
		}
	}
	h.shared.clear()
	p.number = number
	h.w.run.lives.Go(h.w.plan.Name, p.follow)
	return p, nil
}

func (h *processHost) ready() {
	if h.ahead != nil {
		// One that stands still is not waited for once the run ends early.
		defer context.AfterFunc(h.w.run.ctx, func() { _ = h.ahead.cmd.Process.Kill() })()
		var r request
		_ = h.ahead.out.Decode(&r) // of a process that ended instead, whoever follows it tells why
	}
}

// close also ends a process that was never told to live, as when the run was over before it began.
func (h *processHost) close() error {
	if h.ahead != nil {
		_ = h.ahead.cmd.Process.Kill() // an error of either means that it is gone already
		_ = h.ahead.cmd.Wait()
	}
	return h.unmap()
}

// spawn starts a process that waits for its order.
func (h *processHost) spawn() (*process, error) {
	self, err := os.Executable()
	if err != nil {
		return nil, err
	}
	p := &process{w: h.w, shared: h.shared, cmd: exec.CommandContext(h.w.run.around.life, self), ended: make(chan struct{})}
	p.cmd.Env = environ(childEnv + "=" + childWorker)
	p.cmd.Stderr = &p.trouble
	in, inErr := p.cmd.StdinPipe()
	out, outErr := p.cmd.StdoutPipe()
	if err := errors.Join(inErr, outErr); err != nil {
		return nil, err
	}
	p.in, p.out = json.NewEncoder(in), json.NewDecoder(out)
	if err := startProcess(p.cmd); err != nil {
		return nil, err
	}
	_ = p.tell(h.w.order()) // as in begin
	return p, nil
}

// process is a life that is a process.
type process struct {
	*shared
	w       *worker
	number  int32
	cmd     *exec.Cmd
	out     *json.Decoder // what the process asks
	trouble head
	ended   chan struct{} // closed once the process is gone and the history says what must be said of that

	mu     sync.Mutex
	in     *json.Encoder // what the process is told
	killed bool
	drains bool
	left   bool      // it has said that it drained
	since  time.Time // when it was stopped; zero: it runs
}

// workerOrder is what the process of a worker is told first. It gets ready then, and lives when it is told to.
type workerOrder struct {
	planned
	Worker    int      `json:"worker"` // its place in the plan
	Logs      string   `json:"logs"`
	Stream    string   `json:"stream"`
	API       string   `json:"api"`      // what the subjects of the JetStream's API begin with
	Subjects  string   `json:"subjects"` // and those of the messages
	Origin    int64    `json:"origin"`   // of the run, on the clock that processes share
	Addresses []string `json:"addresses"`
	User      string   `json:"user,omitempty"` // that the servers ask for, as a URL has it
	Key       string   `json:"key,omitempty"`  // of the door at the addresses
	Env       []string `json:"env,omitempty"`  // of pindrop, where a context may need it: nobody else sees a pipe
	Door      bool     `json:"door,omitempty"` // the address is that of pindrop's network, which does what TLS there is
}

// note is what it is told later: to live, the answer to something that it asked, or to drain.
type note struct {
	Live  int32  `json:"live,omitempty"` // the incarnation that it is
	ID    int64  `json:"id,omitempty"`
	Gen   uint32 `json:"gen,omitempty"`
	Drain string `json:"drain,omitempty"`
}

// request is what a worker's process asks of pindrop, or tells it.
type request struct {
	ID    int64        `json:"id,omitempty"` // 0: it waits for no answer
	Shard int32        `json:"shard,omitempty"`
	Pin   []byte       `json:"pin,omitempty"`   // an id that it sees for the first time: which generation is it?
	Event history.Kind `json:"event,omitempty"` // something that a fault may wait for has happened
	Ready bool         `json:"ready,omitempty"` // it can live: the first thing that it says
	Left  bool         `json:"left,omitempty"`  // it has drained, and is about to end
}

// order is what a process of the worker has to know.
func (w *worker) order() workerOrder {
	site := &w.run.site
	o := workerOrder{
		planned: plannedOf(site.plan), Worker: w.place, Logs: site.rec.dir, Stream: site.stream, API: site.api, Subjects: site.subjects,
		Origin: site.rec.sharedOrigin(), Addresses: w.addresses(), Door: w.proxy != nil,
	}
	user := w.run.keys.user()
	switch s := w.run.server.(type) {
	case *external:
		user = s.access.User
		if site.plan.Scenario.Server.Context != "" {
			o.Env = os.Environ()
		}
	case *processes:
		if s.nodes[0].door != nil {
			o.Key = w.run.keys.door
		}
	}
	if w.proxy != nil {
		o.Key = w.run.keys.door
	}
	if user != nil {
		o.User = user.String()
	}
	return o
}

func (p *process) begin() error {
	_ = p.tell(note{Live: p.number}) // if it fails, the process has ended already, and follow says how
	return nil
}

func (p *process) tell(what any) error {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.in.Encode(what)
}

// follow answers what the process asks, until it is gone; an end that nobody wanted ends the run.
func (p *process) follow() {
	for {
		var r request
		if p.out.Decode(&r) != nil {
			break
		}
		p.answer(&r)
	}
	_ = p.cmd.Wait() // how it ended is in its state
	p.mu.Lock()
	killed, left := p.killed, p.left
	p.mu.Unlock()
	switch {
	case killed:
	case left:
		p.w.stopped(p.number, history.StopDrained)
	default:
		p.w.stopped(p.number, history.StopCrashed)
		why := ErrWorkerEnded
		if p.cmd.ProcessState.ExitCode() == exitStorage {
			why = ErrStorage
		}
		p.w.run.fail(fmt.Errorf("%w: %s", why, died(p.w.plan.Name, p.cmd, p.trouble.String())))
	}
	close(p.ended)
}

// ErrWorkerEnded is the error of a run that ends early because a worker's process ended though nobody had asked for that.
var ErrWorkerEnded = errors.New("a worker ended by itself")

// died says how a process ended, and what it said then.
func died(name string, cmd *exec.Cmd, words string) string {
	how := fmt.Sprintf("%s (%s)", name, cmd.ProcessState)
	if words = strings.TrimSpace(words); words != "" {
		how += ": " + words
	}
	return how
}

// answer does what the process asks for. An answer that does not reach it any more is not needed any more.
func (p *process) answer(r *request) {
	run, name := p.w.run, p.w.plan.Name
	switch {
	case r.Ready:
	case r.Left:
		p.mu.Lock()
		p.left = true
		p.mu.Unlock()
	case r.Event != "":
		e := history.Event{Actor: name, Kind: r.Event, Shard: r.Shard}
		f, ok := run.nemesis.awaited(&e)
		run.lives.Go(name, func() {
			if ok {
				run.nemesis.fire(f)
			}
			_ = p.tell(note{ID: r.ID})
		})
	default:
		gen := run.pins.number(r.Shard, r.Pin)
		run.hold(&history.Event{Actor: name, Kind: history.Deliver, Shard: r.Shard, Gen: gen})
		_ = p.tell(note{ID: r.ID, Gen: gen})
	}
}

func (p *process) over() <-chan struct{} { return p.ended }

func (p *process) alive() bool { return !closed(p.ended) }

// die kills the process, and returns when it is gone: whatever it has written down is there then.
func (p *process) die() bool {
	p.mu.Lock()
	first := !p.killed && p.alive()
	p.killed = true
	p.mu.Unlock()
	if first {
		_ = p.cmd.Process.Kill() // an error means that it is gone already
	}
	<-p.ended
	return first
}

func (p *process) drain(buffer string) bool {
	p.mu.Lock()
	if p.drains || p.killed || !p.alive() {
		p.mu.Unlock()
		return false
	}
	p.drains = true
	p.mu.Unlock()
	return p.tell(note{Drain: buffer}) == nil
}

func (p *process) leaving() bool {
	p.mu.Lock()
	defer p.mu.Unlock()
	return p.drains
}

// standstill is the signal that makes a process stand still, or go on.
func standstill(on bool) os.Signal {
	if on {
		return signalStop
	}
	return signalCont
}

// freezeSettle is how long a process may take until all of its threads stand still.
const freezeSettle = time.Millisecond

// freeze stops the process, or lets it go on: then it finds out at once for how long it stood still.
func (p *process) freeze(on bool) {
	p.mu.Lock()
	defer p.mu.Unlock()
	if on == !p.since.IsZero() {
		return
	}
	if on {
		p.since = time.Now()
	} else {
		p.stopped.Add(int64(time.Since(p.since)))
		p.since = time.Time{}
	}
	_ = p.cmd.Process.Signal(standstill(on)) // an error means that it is gone
	time.Sleep(freezeSettle)
}
