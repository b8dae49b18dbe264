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
