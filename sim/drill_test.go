package sim

import (
	"context"
	"errors"
	"fmt"
	"os"
	"slices"
	"strings"
	"testing"
	"time"

	"go.uber.org/goleak"

	"pindrop/results"
	"pindrop/results/history"
	"pindrop/results/measure"
	"pindrop/scenarios"
)

// near fails unless a metric is there and within tolerance of want.
func near(t *testing.T, f *measure.Findings, name string, want, tolerance float64) {
	t.Helper()
	got, ok := f.Metrics[name]
	if !ok {
		t.Errorf("%s is absent, want %v", name, want)
	} else if got < want-tolerance || got > want+tolerance {
		t.Errorf("%s is %v, want %v ± %v", name, got, want, tolerance)
	}
}

// The holder is killed in its fourth message: the successor waits out the TTL from the last pull (SEMANTICS: takeover =
// TTL since the last pull), and what the dead one held comes again after the ack wait.
func TestDrillKill(t *testing.T) {
	f := measured(t, "kill-mid-batch", 1)
	near(t, f, "takeover.fault.count", 1, 0)
	near(t, f, "takeover.pull.max", 2, 0)
	near(t, f, "held.at_fault", 7, 0)
	near(t, f, "redelivery.count", 7, 0)
	near(t, f, "overlap.count", 0, 0)
	near(t, f, "lost.count", 0, 0)
	for _, r := range f.Redeliveries {
		if r.Mechanism != "ack_wait" || r.Root != "fault 1" {
			t.Errorf("redelivery of %d: %s, root %s; want ack_wait, fault 1", r.Seq, r.Mechanism, r.Root)
		}
	}
}

// Every fault does to the holder what it says, through every API. The expected counts follow from the scenario: seven
// messages are held at the fault.
func TestFaults(t *testing.T) {
	const scenario = `
name: faults
consumer: {priority_policy: pinned_client, priority_groups: [jobs], priority_timeout: 2s, ack_wait: 10s, max_ack_pending: 100}
publishers: [{backlog: 200, rate: 16/s, keys: 8}]
workers: [{name: w, count: 3, batch: 10, expires: 2s, service: 50ms}]
faults: [{on: "begin#4 of pinned", do: kill}]
phases: {disturb: 20s, drain: 60s}
`
	all := []string{scenarios.APIConsume, scenarios.APIMessages, scenarios.APIFetch}
	for _, c := range []struct {
		do    string
		sets  []string
		check func(*testing.T, *measure.Findings)
	}{
		{"kill", nil, func(t *testing.T, f *measure.Findings) {
			near(t, f, "takeover.pull.max", 2, 0)
			near(t, f, "redelivery.count", 7, 0)
			near(t, f, "overlap.count", 0, 0)
		}},
		{"restart", nil, func(t *testing.T, f *measure.Findings) {
			near(t, f, "takeover.pull.max", 2, 0) // the new process is a stranger to its own old pin
			near(t, f, "redelivery.count", 7, 0)
		}},
		{"disconnect", nil, func(t *testing.T, f *measure.Findings) {
			near(t, f, "redelivery.count", 0, 0) // the handler goes on, and the buffer is kept
			near(t, f, "duplicate.count", 0, 0)
		}},
		{"freeze", []string{"faults.0.for=5003ms"}, func(t *testing.T, f *measure.Findings) {
			near(t, f, "takeover.pull.max", 2, 0)
			if f.Metrics["overlap.frozen"] < 2.5 || f.Metrics["stale.messages"] < 7 {
				t.Errorf("overlap.frozen %v, stale.messages %v; want the frozen holder in service all along, and 7 stale messages",
					f.Metrics["overlap.frozen"], f.Metrics["stale.messages"])
			}
		}},
		{"partition", []string{"faults.0.for=5003ms"}, func(t *testing.T, f *measure.Findings) {
			near(t, f, "takeover.pull.max", 2, 0)
			near(t, f, "redelivery.count", 0, 0) // its acks arrive after the heal, within the ack wait
		}},
		{"slow", []string{"faults.0.for=10s", "faults.0.factor=10"}, func(t *testing.T, f *measure.Findings) {
			if f.Metrics["overlap.total"] == 0 {
				t.Error("the slow holder did not overlap with its successor")
			}
		}},
		{"slow_link", []string{"faults.0.for=10s", "faults.0.latency=3s"}, func(t *testing.T, f *measure.Findings) {
			near(t, f, "pin.count", 2, 0)        // its pulls come too late
			near(t, f, "redelivery.count", 0, 0) // its acks arrive after 3 s, within the ack wait
			near(t, f, "stale.messages", 0, 0)   // it ends what it has in hand before the pin lapses, and nothing is on its way
		}},
		{"unpin", nil, func(t *testing.T, f *measure.Findings) {
			near(t, f, "pin.count", 2, 0)
			if len(f.Overlaps) == 0 || f.Overlaps[0].Cause != "unpin" {
				t.Errorf("overlaps %+v, want one caused by the unpin", f.Overlaps)
			}
		}},
		{"drain", nil, func(t *testing.T, f *measure.Findings) {
			near(t, f, "takeover.pull.max", 2, 0) // the client does not unpin
			near(t, f, "redelivery.count", 0, 0)
		}},
		{"drain", []string{"faults.0.unpin=true"}, func(t *testing.T, f *measure.Findings) {
			near(t, f, "gap.max", 0.05, 0.05) // nats.go looks every 100 ms whether it has drained; then the next has it at once
			near(t, f, "redelivery.count", 0, 0)
		}},
	} {
		for _, api := range all {
			t.Run(strings.Join(append([]string{c.do, api}, c.sets...), "/"), func(t *testing.T) {
				t.Parallel()
				sets := append([]string{"faults.0.do=" + c.do, "workers.api=" + api}, c.sets...)
				f := measured(t, scenario, 1, sets...)
				near(t, f, "lost.count", 0, 0)
				near(t, f, "handled.count", f.Metrics["stored.count"], 0)
				c.check(t, f)
			})
		}
	}
}

// Twenty processes with one seed write one history; ten seeds write at least eight.
func TestSeeds(t *testing.T) {
	digest := func(seed uint64) string {
		d, err := results.Digest(history.Of(onVirtual(t, planOf(t, "kill-mid-batch", seed))...))
		if err != nil {
			t.Fatal(err)
		}
		return d
	}
	want := digest(1)
	for i := range 19 {
		if got := digest(1); got != want {
			t.Fatalf("run %d of seed 1 has the digest %s, the first one %s", i+2, got, want)
		}
	}
	different := map[string]bool{want: true}
	for seed := range uint64(9) {
		different[digest(seed+2)] = true
	}
	if len(different) < 8 {
		t.Fatalf("10 seeds gave %d histories, want at least 8", len(different))
	}
}

// Jitter is drawn from the instant, not from the pieces in which bytes happen to travel: it repeats as well.
func TestJitterRepeats(t *testing.T) {
	digests := map[string]bool{}
	for range 4 {
		d, err := results.Digest(history.Of(onVirtual(t, planOf(t, "kill-mid-batch", 1, "network.latency=3ms", "network.jitter=4ms"))...))
		if err != nil {
			t.Fatal(err)
		}
		digests[d] = true
	}
	if len(digests) != 1 {
		t.Fatalf("4 runs of one seed gave %d histories", len(digests))
	}
}

// Where nothing is ever unacknowledged, the end of a run still waits for what the workers have in hand.
func TestDrainWaitsForWorkers(t *testing.T) {
	const scenario = `
name: in-hand
consumer: {ack_policy: none}
publishers: [{rate: 50/s, total: 200}]
workers: [{name: w, count: 2, batch: 50, expires: 5s, service: 60ms, ack: none}]
phases: {disturb: 4s, drain: 30s}
`
	f := measured(t, scenario, 1)
	near(t, f, "lost.count", 0, 0)
	near(t, f, "handled.count", f.Metrics["stored.count"], 0)
}

// A drain that takes too long says what is left, and with whom: all that is ack pending waits in the workers.
func TestDrainTellsWhatIsInHand(t *testing.T) {
	const scenario = `
name: overload
consumer: {max_ack_pending: 40}
publishers: [{rate: 100/s}]
workers: [{name: w, count: 2, batch: 50, service: 100ms}]
phases: {disturb: 4s, drain: 1s}
`
	events := onVirtual(t, planOf(t, scenario, 1))
	end := events[slices.IndexFunc(events, func(e history.Event) bool { return e.Phase == history.PhaseEnd })]
	if !strings.Contains(end.Reason, "40 unacknowledged and 40 in the workers' hands") {
		t.Errorf("the run ended with %q", end.Reason)
	}
}

// A worker that is restarted at the very begin of a message: its old life and its new one do not mix.
func TestRestartAtBegin(t *testing.T) {
	const scenario = `
name: restart
consumer: {ack_wait: 3s}
publishers: [{rate: 20/s}]
workers: [{name: w, batch: 10, expires: 5s, service: 20ms}]
faults: [{on: "begin#40 of w1", do: restart}]
phases: {disturb: 12s, drain: 30s}
`
	events := onVirtual(t, planOf(t, scenario, 1))
	f := measure.All(events, measure.Asked{})
	final := events[slices.IndexFunc(events, func(e history.Event) bool { return e.Kind == history.Final })]
	near(t, f, "delivered.count", float64(final.ConsumerSeq), 0)
	near(t, f, "parallel.max", 1, 0)
	near(t, f, "overlap.same_message", 0, 0)
	near(t, f, "redelivery.count", 1, 0)
	if busy := f.Metrics["busy.mean"]; busy < 0.3 || busy > 0.5 {
		t.Errorf("busy.mean is %v, want about 20/s × 20 ms", busy)
	}
}

// 5,000/s in, 3,000/s out, a limit of 1,000: it is reached after limit/(in − out), and then delivery throttles to the
// ack rate. With the workers stopped it stalls.
func TestCliff(t *testing.T) {
	f := measured(t, "ack-pending-cliff", 1)
	near(t, f, "cliff.first", 0.5, 0.025)
	near(t, f, "cliff.stall.total", 0, 0)
	near(t, f, "handled.rate", 3000, 150)
	stopped := measured(t, "ack-pending-cliff", 1, "phases.disturb=5s", "faults=[{at: 2s, do: freeze, target: all, for: 1s}]")
	near(t, stopped, "cliff.stall.max", 1, 0.1)
}

// The network's latency is in what workers see, and nowhere counted twice: a message takes one trip to the server, one
// to the worker, and a double ack two more.
func TestLatency(t *testing.T) {
	const scenario = `
name: latency
network: {latency: 20ms}
publishers: [{rate: 5/s}]
workers: [{name: w, batch: 10, expires: 30s, service: 10ms, jitter: 0, ack: double}]
phases: {warmup: 1s, disturb: 10s, drain: 10s}
`
	f := measured(t, scenario, 1)
	near(t, f, "latency.store.p50", 0.040, 0.0001)
	near(t, f, "latency.queue.p50", 0.020, 0.0001) // from the server's view: the way to the worker
	near(t, f, "latency.response.p50", 0.090, 0.0001)
}

// A run that takes too long in real time is ended, and what it recorded is there.
func TestWallDeadline(t *testing.T) {
	plan := planOf(t, "steady", 1, "phases.disturb=100h", "publishers.rate=100/s")
	d := dirs(t)
	err := Virtual(context.Background(), plan, d, 500*time.Millisecond, func(time.Duration) {})
	if !errors.Is(err, ErrWallDeadline) {
		t.Fatalf("got %v, want %v", err, ErrWallDeadline)
	}
	events := readLogs(t, d)
	if !slices.ContainsFunc(events, func(e history.Event) bool { return e.Kind == history.End }) {
		t.Fatalf("none of the %d events that were kept is the end of a message", len(events))
	}
}

// So is one that takes too long in virtual time.
func TestVirtualDeadline(t *testing.T) {
	plan := planOf(t, "kill-mid-batch", 1)
	d := dirs(t)
	o := order{planned: plannedOf(plan), Dirs: d, Limit: 5 * time.Second}
	if err := start(context.Background(), itself, o, func(time.Duration, int64) {}); !errors.Is(err, ErrVirtualDeadline) {
		t.Fatalf("got %v, want %v", err, ErrVirtualDeadline)
	}
	events := readLogs(t, d)
	last := time.Duration(events[len(events)-1].At)
	if last < 4*time.Second || last > 5*time.Second {
		t.Fatalf("the last of %d events is at %v, want just before 5s", len(events), last)
	}
}

// A configuration that only the server can judge is refused, on both clocks.
func TestRefused(t *testing.T) {
	plan := planOf(t, "steady", 1, "stream.max_bytes=9000000000000000")
	d := dirs(t)
	if err := Virtual(context.Background(), plan, d, wallLimit, func(time.Duration) {}); !errors.Is(err, ErrRefused) {
		t.Errorf("virtual: got %v, want %v", err, ErrRefused)
	}
	if err := Real(context.Background(), plan, d, func(time.Duration) {}); !errors.Is(err, ErrRefused) {
		t.Errorf("real: got %v, want %v", err, ErrRefused)
	}
}

// On the real clock an interruption ends a run in order: everything stops, the history says why, no file of the server
// is left.
func TestInterrupted(t *testing.T) {
	leaked := goleak.IgnoreCurrent()
	starter := goleak.IgnoreAnyFunction("pindrop/sim.startAll") // lives as long as the process
	ctx, cancel := context.WithTimeout(context.Background(), 700*time.Millisecond)
	defer cancel()
	d := dirs(t)
	if err := Real(ctx, planOf(t, "kill-mid-batch", 1), d, func(time.Duration) {}); err != nil {
		t.Fatal(err)
	}
	events := readLogs(t, d)
	last := events[len(events)-1]
	for _, e := range events {
		if e.Kind == history.Phase && e.Phase == history.PhaseEnd {
			last = e
		}
	}
	if last.Do != history.CauseInterrupted {
		t.Errorf("the history ends with %+v, want the cause %q", last, history.CauseInterrupted)
	}
	if _, err := os.Stat(d.Store); !errors.Is(err, os.ErrNotExist) {
		t.Errorf("the server's files: %v, want none", err)
	}
	goleak.VerifyNone(t, leaked, starter)
}

// BenchmarkVirtualMessage is the whole cost of one message on the virtual clock: publish, store, deliver, handle, ack,
// and writing all of it down, in the child process; starting the process and reading the history are not in it.
func BenchmarkVirtualMessage(b *testing.B) {
	const messages = 20_000
	plan := planOf(b, "ack-pending-cliff", 1, "phases.disturb=4s", fmt.Sprint("publishers.rate=", messages/4, "/s"))
	idle := planOf(b, "ack-pending-cliff", 1, "phases.disturb=4s", "publishers.total=1")
	spent := func(plan *scenarios.Plan) time.Duration {
		started := time.Now()
		if err := Virtual(context.Background(), plan, dirs(b), wallLimit, func(time.Duration) {}); err != nil {
			b.Fatal(err)
		}
		return time.Since(started)
	}
	var total time.Duration
	n := 0
	for b.Loop() {
		total += spent(plan) - spent(idle)
		n++
	}
	b.ReportMetric(float64(total)/float64(n)/messages, "ns/message")
}
