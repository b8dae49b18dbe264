package sim

import (
	"io"
	"net"
	"slices"
	"strings"
	"sync"
	"testing"
	"testing/synctest"
	"time"
)

// ends are the two ends of a link under test: what the server's side has received so far, and when.
type ends struct {
	link   *link
	client net.Conn
	server net.Conn

	mu       sync.Mutex
	received []string
	times    []time.Duration
	closed   bool // the server's side was told of the end
}

// open makes a link of the given latency, whose server side writes down what it gets.
func open(latency time.Duration) *ends {
	var delay func(bool) time.Duration
	if latency > 0 {
		delay = func(bool) time.Duration { return latency }
	}
	e := &ends{}
	var inner net.Conn
	e.server, inner = net.Pipe()
	e.link, e.client = newLink(inner, delay, watch{})
	started := time.Now()
	go func() {
		buf := make([]byte, 1<<10)
		for {
			n, err := e.server.Read(buf)
			e.mu.Lock()
			if n > 0 {
				e.received = append(e.received, string(buf[:n]))
				e.times = append(e.times, time.Since(started))
			}
			if err != nil {
				e.closed = true
				e.mu.Unlock()
				return
			}
			e.mu.Unlock()
		}
	}()
	return e
}

// write writes to the client's end.
func (e *ends) write(t *testing.T, s string) {
	t.Helper()
	if _, err := io.WriteString(e.client, s); err != nil {
		t.Fatalf("write %q: %v", s, err)
	}
}

// got is all that the server's side has received, after everything has settled.
func (e *ends) got() string {
	synctest.Wait()
	e.mu.Lock()
	defer e.mu.Unlock()
	return strings.Join(e.received, "")
}

func (e *ends) isClosed() bool {
	synctest.Wait()
	e.mu.Lock()
	defer e.mu.Unlock()
	return e.closed
}

func TestLinkLatency(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(30 * time.Millisecond)
		e.write(t, "a")
		time.Sleep(10 * time.Millisecond)
		e.write(t, "b")
		time.Sleep(19 * time.Millisecond)
		if got := e.got(); got != "" {
			t.Fatalf("%q arrived before its time", got)
		}
		time.Sleep(time.Second)
		if got := e.got(); got != "ab" {
			t.Fatalf("got %q, want ab", got)
		}
		if e.times[0] != 30*time.Millisecond || e.times[1] != 40*time.Millisecond {
			t.Fatalf("arrived at %v, want 30ms and 40ms", e.times)
		}
		e.link.cut()
	})
}

// A held link is a black hole: nothing passes, nobody is told, the writer does not wait. Later everything arrives.
func TestLinkHold(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(0)
		e.link.adopt(condition{shut: ways{true, true}}, synctest.Wait)
		for range 3 * socketBuffer / len(strings.Repeat("x", 32<<10)) {
			e.write(t, strings.Repeat("x", 32<<10))
		}
		time.Sleep(time.Minute)
		if got := e.got(); got != "" || e.isClosed() {
			t.Fatalf("%d bytes passed a black hole; closed: %v", len(got), e.isClosed())
		}
		e.link.adopt(condition{}, synctest.Wait)
		if got := len(e.got()); got != 3*socketBuffer {
			t.Fatalf("%d bytes arrived after the hold, want %d", got, 3*socketBuffer)
		}
		e.link.cut()
	})
}

// A process that dies leaves what it had sent to its kernel: that still arrives, then the end.
func TestLinkAbandon(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(30 * time.Millisecond)
		e.write(t, "last words")
		e.link.abandon()
		if e.isClosed() {
			t.Fatal("the server was told before what was under way arrived")
		}
		time.Sleep(time.Second)
		if got := e.got(); got != "last words" || !e.isClosed() {
			t.Fatalf("got %q, closed: %v", got, e.isClosed())
		}
	})
}

// A reset loses what is under way, and both sides are told at once.
func TestLinkCut(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(30 * time.Millisecond)
		e.write(t, "lost")
		e.link.cut()
		if _, err := io.WriteString(e.client, "x"); err == nil {
			t.Error("the client could still write")
		}
		time.Sleep(time.Second)
		if got := e.got(); got != "" || !e.isClosed() {
			t.Fatalf("got %q, closed: %v", got, e.isClosed())
		}
	})
}

// The server waits when as much is under way to the client as sockets hold.
func TestLinkMakesServerWait(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		e := open(0)
		e.link.adopt(condition{shut: ways{true, true}}, synctest.Wait)
		written := 0
		go func() {
			for {
				n, err := e.server.Write(make([]byte, 32<<10))
				written += n
				if err != nil {
					return
				}
			}
		}()
		synctest.Wait()
		if written < socketBuffer || written > socketBuffer+128<<10 {
			t.Fatalf("the server wrote %d bytes into a held link, want about %d", written, socketBuffer)
		}
		e.link.cut()
	})
}

func TestGateWork(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		var g gate
		died := make(chan struct{})
		started := time.Now()
		done := make(chan time.Duration)
		go func() {
			g.work(50*time.Millisecond, died)
			done <- time.Since(started)
		}()
		time.Sleep(20 * time.Millisecond)
		g.set(true)
		time.Sleep(8 * time.Second)
		g.set(false)
		if got, want := <-done, 8050*time.Millisecond; got != want {
			t.Fatalf("50ms of work with 8s frozen took %v, want %v", got, want)
		}
		go func() {
			time.Sleep(time.Millisecond)
			close(died)
		}()
		if g.wait(time.Hour, died) {
			t.Fatal("the work of the dead was finished")
		}
		if g.set(true); g.pass(died) {
			t.Fatal("the dead passed a gate that is shut")
		}
	})
}

// At a limit of bytes a second, what is sent waits for what was sent before; a pause is not saved up.
func TestLinkRate(t *testing.T) {
	synctest.Test(t, func(t *testing.T) {
		client, inner := net.Pipe()
		server, outer := net.Pipe()
		l := joinLinkAt(1000, inner, outer, nil, watch{})
		defer l.cut()
		begun := time.Now()
		var got []time.Duration
		var reading sync.WaitGroup
		reading.Go(func() {
			buf := make([]byte, 1<<10)
			for range 3 {
				if _, err := server.Read(buf); err != nil {
					t.Error(err)
				}
				got = append(got, time.Since(begun))
			}
		})
		for _, pause := range []time.Duration{0, 0, 5 * time.Second} {
			time.Sleep(pause)
			if _, err := client.Write(make([]byte, 500)); err != nil {
				t.Error(err)
			}
		}
		reading.Wait()
		want := []time.Duration{500 * time.Millisecond, time.Second, 5500 * time.Millisecond}
		if !slices.Equal(got, want) {
			t.Errorf("arrived after %v, want %v", got, want)
		}
	})
}
