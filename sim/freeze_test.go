package sim

import (
	"io"
	"net"
	"slices"
	"sync"
	"testing"
	"testing/synctest"
	"time"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// heard is what one end of a link under test has read, and when. The end of the connection is read as "end".
type heard struct {
	mu    sync.Mutex
	what  []string
	times []time.Duration
}

// listen reads an end until it ends.
func listen(end net.Conn, since time.Time) *heard {
	h := &heard{}
	go func() {
		buf := make([]byte, 1<<10)
		for {
			n, err := end.Read(buf)
			h.mu.Lock()
			if n > 0 {
				h.what, h.times = append(h.what, string(buf[:n])), append(h.times, time.Since(since))
			}
			if err != nil {
				h.what, h.times = append(h.what, "end"), append(h.times, time.Since(since))
			}
			h.mu.Unlock()
			if err != nil {
				return
			}
		}
	}()
	return h
}

// check compares what was read, and when, after everything has settled.
func (h *heard) check(t *testing.T, who string, what []string, times ...time.Duration) {
	t.Helper()
	synctest.Wait()
	h.mu.Lock()
	defer h.mu.Unlock()
	if !slices.Equal(h.what, what) || !slices.Equal(h.times, times) {
		t.Errorf("the %s read %q after %v, want %q after %v", who, h.what, h.times, what, times)
	}
}

// frozenLink is a link of 30 ms whose client writes "before", is frozen after 10 ms, and writes "meanwhile" 10 ms later. The
// server writes "a" at the start, and "b" after 50 ms.
type frozenLink struct {
	*link
	client, server *heard
	left           []time.Duration // when the watch saw something leave
}

func freezeLink(t *testing.T) *frozenLink {
	client, inner := net.Pipe()
	server, outer := net.Pipe()
	begun := time.Now()
	f := &frozenLink{client: listen(client, begun), server: listen(server, begun)}
	f.link = joinLink(inner, outer, func(bool) time.Duration { return 30 * time.Millisecond }, watch{
		leaving: func([]byte) { f.left = append(f.left, time.Since(begun)) },
	})
	write := func(end net.Conn, s string) {
		t.Helper()
		if _, err := io.WriteString(end, s); err != nil {
			t.Fatal(err)
		}
	}
	write(client, "before")
	write(server, "a")
	time.Sleep(10 * time.Millisecond)
	f.adopt(condition{frozen: true}, synctest.Wait)
	time.Sleep(10 * time.Millisecond)
	write(client, "meanwhile") // the client library does not wait: see link
	time.Sleep(30 * time.Millisecond)
	write(server, "b")
	f.server.check(t, "server", []string{"before"}, 30*time.Millisecond)
	f.client.check(t, "client", nil)
	return f
}

// What a frozen client had sent arrives; what it is sent waits in its kernel; what it would have written leaves after the
// thaw.
func TestLinkFreeze(t *testing.T) {
	const ms = time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		f := freezeLink(t)
		time.Sleep(50 * ms)
		f.adopt(condition{}, synctest.Wait)
		time.Sleep(time.Second)
		f.server.check(t, "server", []string{"before", "meanwhile"}, 30*ms, 130*ms)
		f.client.check(t, "client", []string{"a", "b"}, 100*ms, 100*ms)
		if want := []time.Duration{0, 100 * ms}; !slices.Equal(f.left, want) {
			t.Errorf("the watch saw something leave after %v, want %v", f.left, want)
		}
		f.cut()
	})
}

// A client that is killed while it is frozen never writes what it would have written.
func TestLinkAbandonFrozen(t *testing.T) {
	const ms = time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		f := freezeLink(t)
		f.abandon()
		f.adopt(condition{}, synctest.Wait)
		time.Sleep(time.Second)
		f.server.check(t, "server", []string{"before", "end"}, 30*ms, 80*ms)
	})
}

// A reset reaches a frozen client when it thaws: it reads what its kernel had got, then the end. The server is told at once.
func TestLinkCutFrozen(t *testing.T) {
	const ms = time.Millisecond
	synctest.Test(t, func(t *testing.T) {
		f := freezeLink(t)
		f.cut()
		f.server.check(t, "server", []string{"before", "end"}, 30*ms, 50*ms)
		f.client.check(t, "client", nil)
		time.Sleep(50 * ms)
		f.adopt(condition{}, synctest.Wait)
		f.client.check(t, "client", []string{"a", "end"}, 100*ms, 100*ms)
		f.server.check(t, "server", []string{"before", "end"}, 30*ms, 50*ms)
	})
}

// onTheWire freezes a worker 200 ms away from the server right after it acked its tenth message: that ack arrives.
const onTheWire = `
name: acks-on-the-wire
consumer: {ack_wait: 3s}
network: {latency: 200ms}
publishers: [{rate: 5/s, keys: 4}]
workers:
  - {name: a, count: 1, batch: 10, service: 20ms, jitter: 0}
  - {name: b, count: 1, batch: 10, service: 20ms, jitter: 0, start: 3s}
faults: [{on: "ack#10 of a1", do: freeze, for: 8s}]
phases: {disturb: 14s, drain: 20s}
`

// A freeze holds nothing that was sent: the messages that were on their way to the worker come again, those whose acks
// were on their way to the server do not.
func TestFreezeHoldsNoAcks(t *testing.T) { checkOnTheWire(t, onVirtual(t, planOf(t, onTheWire, 1))) }

// checkOnTheWire checks a run of onTheWire, on either clock.
func checkOnTheWire(t *testing.T, events []history.Event) {
	t.Helper()
	acked := map[uint64]bool{}
	var frozen int64
	for _, e := range events {
		switch {
		case e.Kind == history.Fault:
			frozen = e.At
		case e.Kind == history.Ack && e.Actor == "a1" && (frozen == 0 || e.At == frozen):
			acked[e.Seq] = true
		case e.Kind == history.Deliver && e.Delivery > 1 && acked[e.Seq]:
			t.Errorf("message %d came again, though its ack had left before the freeze", e.Seq)
		}
	}
	if len(acked) != 10 {
		t.Errorf("%d messages were acked before the freeze, want 10", len(acked))
	}
	f := measure.All(events, measure.Asked{})
	if again := f.Metrics["redelivery.count"]; again != 6 {
		t.Errorf("%v messages came again, want 6", again)
	}
	if names := broken(f); len(names) > 0 {
		t.Errorf("broken premises: %q", names)
	}
}

// The connection of a frozen worker is reset: what its kernel had got is handled after the thaw, and every delivery is seen.
func TestFreezeAndDisconnect(t *testing.T) {
	const scenario = `
name: freeze-and-disconnect
consumer: {ack_wait: 3s}
publishers: [{rate: 20/s, keys: 4}]
workers: [{name: w, count: 2, batch: 10, service: 20ms}]
faults:
  - {at: 2s, do: freeze, target: w1, for: 6s}
  - {at: 4s, do: disconnect, target: w1}
phases: {disturb: 14s, drain: 20s}
`
	for _, latency := range []string{"0s", "100ms"} {
		f := measured(t, scenario, 1, "network.latency="+latency)
		if f.Metrics["redelivery.count"] < 2 || f.Metrics["lost.count"] != 0 {
			t.Errorf("at %s, %v messages came again and %v were lost, want several and none",
				latency, f.Metrics["redelivery.count"], f.Metrics["lost.count"])
		}
	}
}
