package sim

import (
	"bytes"
	"maps"
	"math/rand/v2"
	"net"
	"sync"
	"sync/atomic"
	"time"

	"pindrop/scenarios"
)

// network is what lies between one worker and the servers, or between a server and its clients or another server, over all
// connections.
type network struct {
	spec   scenarios.Network
	settle func() // lets everything of this instant happen first

	rate int // bytes a second, one way, on each connection; 0: no limit

	seed uint64
	now  func() int64 // time since the run's origin

	dropped func()           // is told that the server closed a connection before the client did; nil: nobody wants to know
	watched func() serverEnd // is what watches the server's end of the next connection; nil: nobody does

	late bool // what crosses arrives when the receiver wakes, see [scenarios.Wake]; not later on average

	varies          bool         // a fault may make it slower
	slower, shakier atomic.Int64 // by so much latency and jitter, in nanoseconds

	mu     sync.Mutex
	links  map[*link]bool
	parted map[any]ways // by the faults that part it: it is whole again when all have healed
	frozen bool
}

// ways says of either direction whether it is a black hole.
type ways struct{ toServer, fromServer bool }

// condition is how the links of a network are broken.
type condition struct {
	shut   ways
	frozen bool // the client stands still
}

// cutOff is what cuts a client off from the server in one of a fault's ways; see scenarios.WayBoth.
func cutOff(way string) ways {
	return ways{toServer: way != scenarios.WayIn, fromServer: way != scenarios.WayOut}
}

// turned is the same for the other end: what cuts off the server.
func (w ways) turned() ways { return ways{toServer: w.fromServer, fromServer: w.toServer} }

func (r *run) newNetwork(spec scenarios.Network, seed uint64) *network {
	return &network{
		spec: spec, settle: r.settle, seed: seed, now: r.site.rec.now,
		links: map[*link]bool{}, parted: map[any]ways{},
	}
}

// newWire is a network without delays that no scenario describes: it only can be cut.
func newWire() *network {
	return &network{settle: func() {}, links: map[*link]bool{}, parted: map[any]ways{}}
}

// newRoutes is the network of one server's way to another.
func newRoutes(spec scenarios.Routes, seed uint64) *network {
	n, begun := newWire(), time.Now()
	n.spec, n.rate, n.seed = scenarios.Network{Latency: spec.Latency, Jitter: spec.Jitter}, spec.Rate, seed
	n.now = func() int64 { return int64(time.Since(begun)) }
	return n
}

// inherit breaks the network as an older one is broken, whose place it takes.
func (n *network) inherit(older *network) {
	older.mu.Lock()
	defer older.mu.Unlock()
	n.parted = maps.Clone(older.parted)
	n.slower.Store(older.slower.Load())
	n.shakier.Store(older.shakier.Load())
}

// slowDown makes crossing take longer, or with less than nothing ends what it did.
func (n *network) slowDown(latency, jitter time.Duration) {
	n.slower.Add(int64(latency))
	n.shakier.Add(int64(jitter))
}

// handshakeTrips is how often something crosses the network before a client is connected: two for TCP, INFO, CONNECT
// with PING, PONG.
const handshakeTrips = 5

// handshake is how long connecting takes. It is waited for before the dial, and the handshake itself then takes no
// time: nats.go holds its lock during it, and waiting with a lock stops a virtual clock.
func (n *network) handshake() time.Duration { return handshakeTrips * n.latency() }

// latency is the least time that crossing takes, one way.
func (n *network) latency() time.Duration { return n.spec.Latency.D() + time.Duration(n.slower.Load()) }

// delay is how long what is sent now takes, one way. The jitter is a function of seed, direction and instant alone, so
// that it does not depend on what else is sent, which differs from run to run: a server's pings come at random. It moves
// on a straight line between values drawn for every two jitters' time, and so never steeply enough for anything to
// overtake what was sent before it.
func (n *network) delay(toServer bool) time.Duration {
	delay := n.exactDelay(toServer)
	if !n.late {
		return delay
	}
	now := n.now()
	return max(0, time.Duration(scenarios.Wake(n.seed, now+int64(delay-scenarios.LateMean))-now))
}

// exactDelay is delay where timers are not late.
func (n *network) exactDelay(toServer bool) time.Duration {
	jitter := int64(n.spec.Jitter) + n.shakier.Load()
	if jitter == 0 {
		return n.latency()
	}
	at, every := n.now(), 2*jitter
	part := float64(at%every) / float64(every)
	share := (1-part)*n.drawn(at/every, toServer) + part*n.drawn(at/every+1, toServer)
	return n.latency() + time.Duration(share*float64(jitter))
}

// drawn is the share of the jitter at a multiple of two jitters' time.
func (n *network) drawn(multiple int64, toServer bool) float64 {
	stream := uint64(multiple) << 1
	if toServer {
		stream++
	}
	return rand.New(rand.NewPCG(n.seed, stream)).Float64()
}

// watchServer is what watches the server's end of a new connection.
func (n *network) watchServer() serverEnd {
	if n.watched == nil {
		return serverEnd{}
	}
	return n.watched()
}

// delays is delay, nil where the network takes no time.
func (n *network) delays() func(toServer bool) time.Duration {
	if !n.slow() {
		return nil
	}
	return n.delay
}

// slow reports whether the network takes time at all.
func (n *network) slow() bool { return n.spec.Latency > 0 || n.spec.Jitter > 0 || n.varies }

// add takes in a link. One that begins in a black hole is in it.
func (n *network) add(l *link) {
	n.mu.Lock()
	defer n.mu.Unlock()
	n.links[l] = true
	if c := n.condition(); c != (condition{}) {
		l.adopt(c, func() {})
	}
}

func (n *network) remove(l *link) {
	n.mu.Lock()
	defer n.mu.Unlock()
	delete(n.links, l)
}

// each calls do for every open link, without the lock.
func (n *network) each(do func(*link)) {
	n.mu.Lock()
	links := make([]*link, 0, len(n.links))
	for l := range n.links {
		links = append(links, l)
	}
	n.mu.Unlock()
	for _, l := range links {
		do(l)
	}
}

// partition makes either direction of every link a black hole for a fault, or ends what that fault did.
func (n *network) partition(by any, w ways) {
	n.change(func() {
		if n.parted[by] = w; w == (ways{}) {
			delete(n.parted, by)
		}
	})
}

// freeze makes the client of every link stand still, or go on: what a process looks like from its connections. It ends with
// the process.
func (n *network) freeze(on bool) { n.change(func() { n.frozen = on }) }

func (n *network) change(do func()) {
	n.mu.Lock()
	was := n.condition()
	do()
	now := n.condition()
	n.mu.Unlock()
	if now == was {
		return // lives also end without the nemesis, several at one instant, and only one at a time may settle it
	}
	n.each(func(l *link) { l.adopt(now, n.settle) })
}

// condition says how every link is broken. The lock is held.
func (n *network) condition() condition { return condition{n.shut(), n.frozen} }

// shut says which directions are black holes. The lock is held.
func (n *network) shut() ways {
	var w ways
	for _, by := range n.parted {
		w = ways{toServer: w.toServer || by.toServer, fromServer: w.fromServer || by.fromServer}
	}
	return w
}

// held reports whether nobody can connect.
func (n *network) held() bool {
	n.mu.Lock()
	defer n.mu.Unlock()
	return n.condition() != condition{}
}

// delayConnected is delay for a client that connects: until connected is called its handshake takes no time (see handshake).
func (n *network) delayConnected() (delay func(toServer bool) time.Duration, connected func()) {
	var done atomic.Bool
	delay = func(toServer bool) time.Duration {
		if !done.Load() {
			return 0
		}
		return n.delay(toServer)
	}
	return delay, func() { done.Store(true) }
}

// pong is what a server says last in a handshake.
var pong = []byte("PONG\r\n")

// dialThrough opens connections to the server over n that nobody watches: those of publishers. The handshake of the first
// takes its time on the link: nobody waits for the client's lock yet.
func (r *run) dialThrough(n *network) dialer {
	if !n.slow() {
		return anyOf(r.server)
	}
	again := false
	return func() (net.Conn, error) {
		server, err := r.server.dial("")
		if err != nil {
			return nil, err
		}
		delay, seen := n.delay, watch{serverEnd: n.watchServer()}
		if again {
			var connected func()
			delay, connected = n.delayConnected()
			seen.arriving = func(b []byte) {
				if bytes.Contains(b, pong) {
					connected()
				}
			}
		}
		again = true
		_, client := newLink(server, delay, seen)
		return client, nil
	}
}
