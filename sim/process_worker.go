package sim

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"net"
	"net/url"
	"os"
	"os/signal"
	"path/filepath"
	"runtime/debug"
	"slices"
	"sync"

	"github.com/nats-io/nats.go"

	"pindrop/results/history"
	"pindrop/scenarios"
)

// workerGC lets a worker's heap, a few megabytes of which live, grow further than Go would between two collections: the
// time is the server's, on a machine that both share.
const workerGC = 800

// workerChild is the whole life of a process that is a worker (see process.go): it reads its order, gets ready, lives when
// it is told to, and ends when it has drained, or when pindrop is gone.
func workerChild(in io.Reader, out io.Writer) (err error) {
	var o workerOrder
	notes := json.NewDecoder(in)
	if err := notes.Decode(&o); err != nil {
		return fmt.Errorf("read what to do: %w", err)
	}
	if err := setenv(o.Env); err != nil {
		return fmt.Errorf("take over pindrop's environment: %w", err)
	}
	debug.SetGCPercent(workerGC)
	signal.Ignore(os.Interrupt) // Ctrl-C reaches every process of a terminal; pindrop decides
	plan, err := o.plan()
	if err != nil {
		return err
	}
	name := plan.Workers[o.Worker].Name
	board, unmapBoard, boardErr := mapPage[board](filepath.Join(o.Logs, boardPage))
	shared, unmapShared, sharedErr := mapPage[shared](filepath.Join(o.Logs, name+pageSuffix))
	if err := errors.Join(boardErr, sharedErr); err != nil {
		return err
	}
	p := &pipe{out: json.NewEncoder(out), answers: map[int64]chan note{}, board: board, generations: map[string]uint32{}}
	for i := range plan.Faults {
		if on := plan.Faults[i].On; on != nil {
			p.awaited = append(p.awaited, history.Kind(on.Kind))
		}
	}
	dial, options, err := o.way(plan.Scenario)
	if err != nil {
		return err
	}
	s := &site{
		plan: plan, rec: joinRecorder(o.Logs, o.Origin), stream: o.Stream, api: o.API, subjects: o.Subjects, board: board, disk: true,
		dial: dial, options: options, number: p.number, observe: p.observe, left: func(*life) { p.say(request{Left: true}) },
	}
	s.rec.failed = func(err error) { os.Exit(exitCode(err, os.Stderr)) }
	p.say(request{Ready: true})
	var live note
	if err := notes.Decode(&live); err != nil {
		return fmt.Errorf("wait to live: %w", err)
	}
	go shared.tick(tickEvery(len(plan.Workers)), s.rec.now, nil) // as long as the process is there
	body := newBody(s, &plan.Workers[o.Worker], nil, nil)
	l := newLife(body, live.Live, shared)
	go func() {
		p.listen(notes, l)
		os.Exit(exitFailed) // nobody wants a worker without pindrop
	}()
	l.live()
	return errors.Join(body.close(), s.rec.close(), unmapBoard(), unmapShared())
}

// way is how the worker's clients reach a server.
func (o *workerOrder) way(s *scenarios.Scenario) (dial func() (net.Conn, error), options []nats.Option, err error) {
	var turns turns
	turns.taken.Store(uint64(o.Worker)) // so that the workers of a cluster do not all begin with one server
	dial = func() (net.Conn, error) {
		conn, err := turns.dial(o.Addresses, dialWithin(apiTimeout))
		if err != nil {
			return nil, err
		}
		return knock(conn, o.Key)
	}
	var user *url.Userinfo
	if o.User != "" {
		u, err := url.Parse("nats://" + o.User + "@localhost")
		if err != nil {
			return nil, nil, errors.New("the user of the server cannot be read")
		}
		user = u.User
	}
	if mode, _ := s.ServerMode(); mode != scenarios.ServerExternal {
		return dial, append(presenting(user), pool(o.Addresses)), nil
	}
	e, err := reach(s, Access{User: user})
	if err != nil {
		return nil, nil, fmt.Errorf("%w: %s: %w", ErrUnfit, e.where, err)
	}
	if !o.Door {
		dial = anyOf(e)
	}
	return dial, e.options(), nil
}

// pipe is what a worker's process has of pindrop.
type pipe struct {
	board   *board
	awaited []history.Kind // events for which faults wait

	mu          sync.Mutex
	out         *json.Encoder
	last        int64
	answers     map[int64]chan note
	generations map[string]uint32 // those that this process has asked for, by pin id
}

// listen hands out what pindrop says, until it is gone.
func (p *pipe) listen(notes *json.Decoder, l *life) {
	for {
		var n note
		if notes.Decode(&n) != nil {
			return
		}
		if n.Drain != "" {
			l.drain(n.Drain)
			continue
		}
		p.mu.Lock()
		if answer := p.answers[n.ID]; answer != nil {
			answer <- n
			delete(p.answers, n.ID)
		}
		p.mu.Unlock()
	}
}

// say tells pindrop something. If that is gone, this process is about to end.
func (p *pipe) say(r request) {
	p.mu.Lock()
	defer p.mu.Unlock()
	_ = p.out.Encode(r)
}

// ask asks pindrop something, and waits for the answer.
func (p *pipe) ask(r request) note {
	answer := make(chan note, 1)
	p.mu.Lock()
	p.last++
	r.ID = p.last
	p.answers[r.ID] = answer
	_ = p.out.Encode(r) // as in say
	p.mu.Unlock()
	return <-answer
}

// number is the generation of a pin: only pindrop knows which were there before, in other processes.
func (p *pipe) number(shard int32, id []byte) uint32 {
	if len(id) == 0 {
		return 0
	}
	p.mu.Lock()
	gen, known := p.generations[string(id)]
	p.mu.Unlock()
	if known {
		return gen
	}
	gen = p.ask(request{Shard: shard, Pin: id}).Gen
	p.mu.Lock()
	defer p.mu.Unlock()
	p.generations[string(id)] = gen
	return gen
}

// observe tells pindrop of an event that a fault may wait for, and waits until the fault has been injected: with the
// exceptions of [nemesis.observe].
func (p *pipe) observe(e *history.Event) {
	if p.board.armed.Load() == 0 || !slices.Contains(p.awaited, e.Kind) {
		return
	}
	r := request{Shard: e.Shard, Event: e.Kind}
	if onTheWay(e) {
		p.say(r)
		return
	}
	p.ask(r)
}
