package sim

import (
	"net"
	"sync"
	"time"
)

// socketBuffer is how many bytes on their way to the client make the server wait, as two sockets' buffers would. The
// client never waits: see link.
const socketBuffer = 4 << 20

// link is one connection between a client and the server, with a network between them that pindrop owns:
//
//	nats.go ── pipe ── up ──→ server
//	        ←─ down ── pipe ──
//
// Each way is a queue. The client's side never waits for the server: nats.go writes while it holds its own lock, and
// waiting with a lock would stop a virtual clock. Held, a link is a black hole: bytes pile up and nobody is told.
//
// A client that stands still is something else: its kernel and the network work on. What it had written still reaches the
// server, what the server sends crosses and waits in the client's kernel, and what the client library writes meanwhile has
// not been written before the client goes on: the watch sees it only then.
type link struct {
	client   net.Conn // our end of the client's pipe
	server   net.Conn
	up, down *way
	leaving  func([]byte) // the watch's; may be nil
}

// watch is told what passes at the client's end of a link. Its functions run on the link's own goroutines, one at a
// time for each direction.
type watch struct {
	leaving  func([]byte) // bytes that the client has written
	arriving func([]byte) // bytes that are about to reach the client
	ended    func()       // the client's end is closed; called once
	gone     func()       // both directions have come to their end, also one that was held when the other did; called once
	dropped  func()       // the server has closed its end by itself, before it was told that the client did

	serverEnd
}

// serverEnd is told what passes at the server's end of a link, as watch is at the client's.
type serverEnd struct {
	sent     func([]byte) // bytes that the server has written
	reaching func([]byte) // bytes that are about to reach the server
	reached  func()       // they have reached it
}

// newLink puts a network with the given delays between a client and server; the returned end is the client's.
// A nil delay is none.
func newLink(server net.Conn, delay func(toServer bool) time.Duration, w watch) (*link, net.Conn) {
	ours, theirs := net.Pipe()
	return joinLink(ours, server, delay, w), theirs
}

// joinLink puts a network with the given delays between two ends. A nil delay is none.
func joinLink(client, server net.Conn, delay func(toServer bool) time.Duration, w watch) *link {
	return joinLinkAt(0, client, server, delay, w)
}

// joinLinkAt is joinLink with a limit of so many bytes a second each way; 0 is none.
func joinLinkAt(rate int, client, server net.Conn, delay func(toServer bool) time.Duration, w watch) *link {
	l := &link{client: client, server: server, up: newWay(), down: newWay(), leaving: w.leaving}
	l.up.rate, l.down.rate = rate, rate
	if delay != nil {
		l.up.delay = func() time.Duration { return delay(true) }
		l.down.delay = func() time.Duration { return delay(false) }
	}
	l.down.limit = socketBuffer
	go receive(l.client, l.up, w.leaving)
	var crossing sync.WaitGroup
	crossing.Add(2)
	go func() {
		send(l.up, l.server, w.reaching, w.reached)
		crossing.Done()
	}()
	go func() {
		receive(l.server, l.down, w.sent)
		if w.dropped != nil && !l.up.over() {
			w.dropped()
		}
	}()
	go func() {
		send(l.down, l.client, w.arriving, nil)
		if w.ended != nil {
			w.ended()
		}
		crossing.Done()
		if w.gone != nil {
			crossing.Wait()
			w.gone()
		}
	}()
	return l
}

// adopt puts the link into a condition: either direction a black hole or not, the client frozen or not. When a black
// hole or a freeze ends, everything that was sent meanwhile arrives, what the client sent first, so that a repeat on the
// virtual clock has the same order.
func (l *link) adopt(c condition, settle func()) {
	l.up.hold(c.shut.toServer)
	if c.frozen {
		l.up.stop()
	} else {
		l.up.resume(l.leaving)
	}
	if !c.shut.toServer && !c.frozen {
		settle()
	}
	l.down.hold(c.shut.fromServer || c.frozen)
}

// abandon is what a kernel does for a process that dies: what it had sent still arrives, then the end; what was sent
// to it is gone, and what it would have sent if it did not stand still was never sent.
func (l *link) abandon() {
	l.down.close()
	l.up.forsake()
	l.client.Close()
}

// cut is a reset by the network: bytes under way are gone in both directions, and both sides are told at once. A client
// that stands still hears of it when it goes on, after it has read what its kernel had got before.
func (l *link) cut() {
	for _, end := range []net.Conn{l.client, l.server} {
		if tcp, ok := end.(interface{ SetLinger(seconds int) error }); ok {
			_ = tcp.SetLinger(0) // it is about to be closed: then with a reset
		}
	}
	if l.up.standsStill() {
		l.down.seal()
	} else {
		l.down.close()
		l.client.Close()
	}
	l.up.close()
	l.server.Close()
}

// receive moves what src sends into w until src ends.
func receive(src net.Conn, w *way, see func([]byte)) {
	buf := make([]byte, 32<<10)
	for {
		n, err := src.Read(buf)
		if n > 0 && !w.keep(buf[:n]) {
			if see != nil {
				see(buf[:n])
			}
			w.put(buf[:n])
		}
		if err != nil {
			w.end()
			return
		}
	}
}

// send moves what comes out of w to dst, and closes dst at the end. It shows bytes before it moves them, and says afterwards that
// they have been.
func send(w *way, dst net.Conn, see func([]byte), moved func()) {
	defer dst.Close()
	for {
		b, ok := w.take()
		if !ok {
			return
		}
		if see != nil {
			see(b)
		}
		if _, err := dst.Write(b); err != nil {
			w.close()
			return
		}
		if moved != nil {
			moved()
		}
	}
}

// way is one direction of a link: a queue of chunks, each with the time before which it cannot arrive.
type way struct {
	delay func() time.Duration // nil: none
	limit int                  // bytes; 0: none
	rate  int                  // bytes a second; 0: no limit

	mu     sync.Mutex
	change sync.Cond // something below has changed
	queue  []chunk
	size   int
	last   time.Time // when the newest chunk arrives: chunks never overtake each other
	free   time.Time // when the newest chunk has left, at the rate
	held   bool
	closed bool
	sealed bool // nothing is put behind the end any more
	ended  bool // the end has arrived

	early time.Duration // how late timers are

	still  bool   // the sender stands still
	unsent []byte // what it would have written meanwhile
	parts  bool   // and it would have ended the connection then
}

// chunk is some bytes, or the end of the connection where there are none.
type chunk struct {
	bytes []byte
	due   time.Time
}

func newWay() *way {
	w := &way{}
	w.change.L = &w.mu
	return w
}

// put appends a copy of b. It waits while the way is full, and drops b when the way is closed.
func (w *way) put(b []byte) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for w.limit > 0 && w.size > w.limit && !w.closed && !w.sealed {
		w.change.Wait()
	}
	w.push(chunk{bytes: append([]byte(nil), b...)})
}

// end appends the end of the connection.
func (w *way) end() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.still {
		w.parts = true
		return
	}
	w.push(chunk{})
}

// stop makes the sender stand still: what it writes from now on is not sent before it goes on.
func (w *way) stop() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.still = true
}

// standsStill reports whether the sender does.
func (w *way) standsStill() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.still
}

// keep keeps a copy of b if the sender stands still, and reports whether it does.
func (w *way) keep(b []byte) bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.still && !w.closed {
		w.unsent = append(w.unsent, b...)
	}
	return w.still
}

// resume lets the sender go on: it writes now what it would have written. Nobody else puts anything before that is done,
// and no lock is held while see looks at it.
func (w *way) resume(see func([]byte)) {
	for {
		w.mu.Lock()
		b := w.unsent
		w.unsent = nil
		if len(b) == 0 {
			if w.still = false; w.parts {
				w.push(chunk{})
			}
			w.parts = false
			w.mu.Unlock()
			return
		}
		w.mu.Unlock()
		if see != nil {
			see(b)
		}
		w.put(b)
	}
}

// forsake forgets what a sender that stands still would have written: it never does.
func (w *way) forsake() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.still, w.unsent = false, nil
	if w.parts {
		w.push(chunk{})
	}
	w.parts = false
}

// over reports whether the end has arrived, or will never.
func (w *way) over() bool {
	w.mu.Lock()
	defer w.mu.Unlock()
	return w.ended || w.closed
}

func (w *way) push(c chunk) {
	if w.closed || w.sealed {
		return
	}
	if w.timed() {
		c.due = w.leaves(len(c.bytes))
		if w.delay != nil {
			c.due = c.due.Add(w.delay())
		}
		if c.due.Before(w.last) {
			c.due = w.last
		}
		w.last = c.due
	}
	w.queue = append(w.queue, c)
	w.size += len(c.bytes)
	w.change.Broadcast()
}

// timed reports whether crossing takes time.
func (w *way) timed() bool { return w.delay != nil || w.rate > 0 }

// leaves is when so many bytes, put now, have left the sender.
func (w *way) leaves(size int) time.Time {
	now := time.Now()
	if w.rate == 0 {
		return now
	}
	if w.free.Before(now) {
		w.free = now
	}
	w.free = w.free.Add(time.Duration(float64(size) / float64(w.rate) * float64(time.Second)))
	return w.free
}

// take waits for the next bytes that have arrived; false at the end of the connection.
func (w *way) take() ([]byte, bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	for {
		switch {
		case w.closed:
			return nil, false
		case w.held || len(w.queue) == 0:
			w.change.Wait()
		case w.timed() && time.Until(w.queue[0].due) > w.early:
			w.waitUntil(w.queue[0].due.Add(-w.early))
		default:
			c := w.queue[0]
			w.queue = w.queue[1:]
			w.size -= len(c.bytes)
			w.ended = c.bytes == nil
			w.change.Broadcast()
			return c.bytes, c.bytes != nil
		}
	}
}

// waitUntil waits until due, or until something changes. Real timers are late; it learns by how much, so that crossing takes
// what it should on average. On the virtual clock nothing is late.
func (w *way) waitUntil(due time.Time) {
	fired := false
	timer := time.AfterFunc(time.Until(due), func() {
		w.mu.Lock() // not before Wait has given it up, or the call would come too early
		defer w.mu.Unlock()
		fired = true
		w.change.Broadcast()
	})
	w.change.Wait()
	timer.Stop()
	if fired {
		w.early += (min(time.Since(due), earlyMax) - w.early) / earlyShare
	}
}

// A timer that is later than earlyMax tells of a machine that stalled; each of the others moves what is expected of the next
// one by a share of 1 in earlyShare.
const (
	earlyMax   = 2 * time.Millisecond
	earlyShare = 8
)

func (w *way) hold(held bool) {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.held = held
	w.change.Broadcast()
}

func (w *way) close() {
	w.mu.Lock()
	defer w.mu.Unlock()
	w.closed, w.queue, w.size, w.unsent = true, nil, 0, nil
	w.change.Broadcast()
}

// seal ends a way whose receiver stands still: what has crossed by now is still taken, then the end; the rest is gone.
func (w *way) seal() {
	w.mu.Lock()
	defer w.mu.Unlock()
	if w.closed || w.sealed {
		return
	}
	crossed := 0
	for crossed < len(w.queue) && time.Until(w.queue[crossed].due) <= 0 { // without a delay the due time is zero
		crossed++
	}
	w.queue = append(w.queue[:crossed], chunk{})
	w.sealed = true
	w.change.Broadcast()
}
