package sim

import (
	"context"
	"errors"
	"net"
	"slices"
	"sync"
	"sync/atomic"
	"time"

	"github.com/nats-io/nats.go"
	"github.com/nats-io/nats.go/jetstream"

	"pindrop/results/history"
)

// apiTimeout bounds every request that a worker, the watcher or the nemesis makes of the server.
const apiTimeout = 5 * time.Second

// life is one incarnation of a worker: what a process would be. It ends by dying (a kill, or the end of the run), after
// which it leaves no trace in the history, or by draining.
type life struct {
	b      *body
	number int32

	died     chan struct{} // closed by die
	stopping chan struct{} // closed by drain: no new work
	buffer   string        // of a drain; set before stopping is closed
	frozen   gate
	*shared
	late   atomic.Int64 // by how much handlers have worked too long, so far
	ctx    context.Context
	cancel context.CancelFunc // with died: of what handlers ask the server
	state  *state             // what handlers change; nil: nothing. Set before the first of them

	mu     sync.RWMutex // held for reading while an event is written down: its writers do not wait for each other
	dead   bool
	drains bool
	nc     *nats.Conn
	acks   map[int32]*batchAcks // by consumer; ack mode batch only
}

var errCutOff = errors.New("no route to the server")

func newLife(b *body, number int32, s *shared) *life {
	ctx, cancel := context.WithCancel(context.Background())
	return &life{
		b: b, number: number, died: make(chan struct{}), stopping: make(chan struct{}), ctx: ctx, cancel: cancel,
		shared: s, frozen: gate{stopped: &s.stopped},
	}
}

// live connects, works until it is told to stop, and cleans up.
func (l *life) live() {
	consumers, ok := l.join()
	if ok {
		l.workAll(consumers)
		l.leave()
	}
}

// join connects and finds its consumers, again and again until it is possible; false if it died before.
func (l *life) join() (map[int32]jetstream.Consumer, bool) {
	handshake := time.Duration(0)
	if l.b.network != nil {
		handshake = l.b.network.handshake()
	}
	for l.frozen.wait(handshake, l.died) {
		nc, err := connect(l.b.plan.Name, l.dial, append(slices.Clip(l.b.site.options), reconnectAfter(handshake))...)
		if err == nil {
			if consumers, err := l.find(nc); err == nil && l.adopt(nc) {
				return consumers, true
			}
			nc.Close()
		}
		if !l.frozen.wait(reconnectWait, l.died) {
			break
		}
	}
	return nil, false
}

// adopt makes nc the connection that is closed when the life ends; false if it has ended.
func (l *life) adopt(nc *nats.Conn) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	l.nc = nc
	return !l.dead
}

// find binds the life to what it works on.
func (l *life) find(nc *nats.Conn) (map[int32]jetstream.Consumer, error) {
	js, err := openJetStream(nc, l.b.site.api)
	if err != nil {
		return nil, err
	}
	ctx, cancel := context.WithTimeout(context.Background(), apiTimeout)
	defer cancel()
	if l.state, err = l.b.openState(ctx, js); err != nil {
		return nil, err
	}
	consumers := map[int32]jetstream.Consumer{}
	for _, shard := range l.b.site.shards() {
		if consumers[shard], err = js.Consumer(ctx, l.b.site.stream, consumerOf(shard)); err != nil {
			return nil, err
		}
	}
	return consumers, nil
}

// dial opens a connection through a link that this life watches.
func (l *life) dial() (net.Conn, error) {
	n := l.b.network
	if !l.alive() || n != nil && n.held() {
		return nil, errCutOff
	}
	server, err := l.b.site.dial()
	if err != nil {
		return nil, err
	}
	if n == nil && l.b.in == nil {
		return server, nil // nobody listens
	}
	t := newTap(l.b.site.number, l.arrived, l.left)
	t.pulls = []byte(l.b.site.api + pullSubject)
	if n == nil {
		l.connected()
		return &tapConn{Conn: server, tap: t, ended: l.disconnected}, nil
	}
	var delay func(bool) time.Duration
	if n.slow() {
		delay, t.arriving.pong = n.delayConnected()
	}
	var opened *link
	ready := make(chan struct{})
	opened, client := newLink(server, delay, watch{
		arriving:  t.arriving.feed,
		leaving:   t.leaving.feed,
		dropped:   n.dropped,
		serverEnd: n.watchServer(),
		ended: func() {
			<-ready
			l.disconnected()
		},
		gone: func() { n.remove(opened) }, // not before: what is held one way has to hear of its heal
	})
	n.add(opened)
	l.connected()
	close(ready)
	return client, nil
}

func (l *life) connected() {
	delay := l.b.site.plan.Scenario.NetworkOf(l.b.spec.Network).Mean()
	l.record(l.b.in, &history.Event{Kind: history.Connect, Delay: int64(delay)})
}

func (l *life) disconnected() { l.record(l.b.in, &history.Event{Kind: history.Disconnect}) }

func (l *life) arrived(e *history.Event) {
	if e.Kind == history.Deliver {
		l.held.Add(1)
	}
	l.record(l.b.in, e)
}
func (l *life) left(e *history.Event) { l.record(l.b.out, e) }

// record writes e down and lets the run look at it: a fault may be waiting for just this event. It returns false if
// the life is over: the dead write nothing, and what they were doing does not go on.
func (l *life) record(log *history.Log, e *history.Event) bool {
	l.mu.RLock()
	if l.dead {
		l.mu.RUnlock()
		return false
	}
	l.b.site.rec.write(log, e)
	l.mu.RUnlock()
	e.Actor = l.b.plan.Name
	l.b.site.observe(e)
	return l.alive()
}

func (l *life) over() <-chan struct{} { return l.died }

// freeze shuts the gate before the network, and opens it after it: so what the network held comes first.
func (l *life) freeze(on bool) {
	if on {
		l.frozen.set(true)
	}
	l.b.network.freeze(on)
	if !on {
		l.frozen.set(false)
	}
}

func (l *life) alive() bool { return !closed(l.died) }

// die ends the life at once: nothing is flushed, handlers never end. It returns false if it was over already.
func (l *life) die() bool {
	l.mu.Lock()
	if l.dead {
		l.mu.Unlock()
		return false
	}
	l.dead = true
	close(l.died)
	l.cancel()
	nc := l.nc
	l.mu.Unlock()
	if n := l.b.network; n != nil {
		n.each((*link).abandon)
		n.freeze(false) // the kernel that ends a frozen process closes its connections
	}
	if nc != nil {
		nc.Close()
	}
	return true
}

// drain asks the life to finish what it works on, to do with what waits as buffer says, and to stop. It returns false if
// it is stopping already.
func (l *life) drain(buffer string) bool {
	l.mu.Lock()
	defer l.mu.Unlock()
	if l.dead || l.drains {
		return false
	}
	l.drains = true
	l.buffer = buffer
	close(l.stopping)
	return true
}

// stops reports whether the life is draining, and what it does with messages that wait.
func (l *life) stops() (buffer string, ok bool) {
	select {
	case <-l.stopping:
		return l.buffer, true
	default:
		return "", false
	}
}

func (l *life) leaving() bool {
	_, stops := l.stops()
	return stops
}

// leave is the orderly end: everything is flushed, and the host is told.
func (l *life) leave() {
	if !l.frozen.pass(l.died) || !l.alive() {
		return
	}
	l.mu.Lock()
	nc := l.nc
	l.mu.Unlock()
	// The flush fails if the server is gone or the network held; then there is nobody left to tell.
	_ = nc.FlushTimeout(apiTimeout)
	if l.die() {
		l.b.site.left(l)
	}
}
