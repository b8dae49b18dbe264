package sim

import (
	"math"
	"testing"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// lostInFlight: a worker 50 ms away is killed with five messages on their way to it. They fill the limit until ack_wait is over.
const lostInFlight = `
name: lost-in-flight
network: {latency: 50ms}
consumer: {ack_wait: 10s, max_ack_pending: 5}
publishers: [{rate: 60/s, keys: 4}]
workers:
  - {name: a, batch: 100, service: 5ms, jitter: 0}
  - {name: b, batch: 100, service: 5ms, jitter: 0, start: 6s}
faults: [{at: 5s, do: kill, target: a1, for: 30s}]
phases: {disturb: 30s}
`

// What dies on its way holds its slot, and comes again because of the fault, ack_wait after the server sent it.
func TestDeadOnTheWay(t *testing.T) {
	f := measured(t, lostInFlight, 1)
	near(t, f, "ack_pending.max", 5, 0)
	near(t, f, "cliff.stall.max", 10.09, 0.02)
	near(t, f, "cliff.total", 47.7, 0.2)
	near(t, f, "redelivery.count", 5, 0)
	for _, r := range f.Redeliveries {
		if r.Mechanism != "ack_wait" || r.Root != "fault 1" || r.From != "a1" {
			t.Errorf("%+v, want ack_wait of fault 1, from a1", r)
		}
	}
	if f.ServerView != measure.Exact {
		t.Errorf("the server's view is %s", f.ServerView)
	}
}

// A message waits from when the server has it, not from when its publisher hears so half a second later. The server's own samples
// say for how long it was at the limit while messages waited.
func TestPublisherFarAway(t *testing.T) {
	events := onVirtual(t, planOf(t, `
name: far-publisher
consumer: {ack_wait: 10s, max_ack_pending: 1}
publishers: [{rate: 9/s, arrival: poisson, keys: 4, network: {latency: 500ms}}]
workers: [{name: a, batch: 100, service: 90ms, jitter: 0}]
sample: {every: 10ms}
phases: {disturb: 20s}
`, 1))
	f := measure.All(events, measure.Asked{})
	full, most := 0, int64(0)
	for _, e := range events {
		if e.Kind == history.Sample {
			most = max(most, e.Pending)
			if e.AckPending >= 1 && e.Pending > 0 {
				full++
			}
		}
	}
	sampled := float64(full) / 100
	near(t, f, "cliff.limited", sampled, 0.02*sampled)
	near(t, f, "backlog.max", float64(most), 1)
	if p50 := f.Metrics["latency.queue.p50"]; p50 <= 0 || math.IsNaN(p50) {
		t.Errorf("the median time in the queue is %v", p50)
	}
}

// What is on its way over a healthy link is not locked.
func TestNothingLockedOnAHealthyLink(t *testing.T) {
	f := measured(t, `
name: healthy-link
network: {latency: 20ms}
publishers: [{rate: 10/s, keys: 4}]
workers: [{name: w, batch: 10, service: 10ms, jitter: 0}]
phases: {disturb: 20s}
`, 1)
	near(t, f, "gap.locked", 0, 0)
}

// A fault in the instant in which its worker starts, pulls and gets its first messages hits that worker.
func TestFaultAtTheStart(t *testing.T) {
	const scenario = `
name: fault-at-start
consumer: {priority_policy: pinned_client, priority_groups: [jobs], priority_timeout: 2s, ack_wait: 10s}
publishers: [{backlog: 50, rate: 10/s, keys: 4}]
workers: [{name: w, count: 2, batch: 10, expires: 2s, service: 50ms, jitter: 0, concurrency: 3}]
faults: [{on: "pull#1 of w1", do: kill}]
phases: {disturb: 20s}
`
	f := measured(t, scenario, 1)
	near(t, f, "takeover.fault.count", 1, 0)
	near(t, f, "takeover.fault.max", 2, 0.01)
	near(t, f, "gap.max", 2, 0.01)
	near(t, f, "held.at_fault", 10, 0)
	near(t, f, "overlap.total", 0, 0)
	f = measured(t, scenario, 1, "faults.0.do=freeze", "faults.0.for=5s")
	near(t, f, "takeover.fault.count", 1, 0)
	near(t, f, "held.at_fault", 10, 0)
}

// Into a connection that went silent the server goes on sending, and its limit fills.
func TestHalfOpenFillsTheLimit(t *testing.T) {
	events := onVirtual(t, planOf(t, "half-open", 1, "consumer.max_ack_pending=20"))
	f := measure.All(events, measure.Asked{})
	full := 0
	for _, e := range events {
		if e.Kind == history.Sample && e.AckPending >= 20 && e.Pending > 0 {
			full++
		}
	}
	near(t, f, "cliff.limited", float64(full)/10, 0.1)
	near(t, f, "ack_pending.max", 20, 0)
	if full == 0 {
		t.Error("no sample shows the limit")
	}
}

// In clusters whose leaders die, deliveries die with them that passed no wire. Ack pending is never below what the server sampled.
func TestDeadWithALeader(t *testing.T) {
	for _, drill := range []string{"leader-kill-r3", "leader-step-down-r3"} {
		events := inGuest(t, planOf(t, drill, 1))
		f := measure.All(events, measure.Asked{})
		most := int64(0)
		for _, e := range events {
			if e.Kind == history.Sample {
				most = max(most, e.AckPending)
			}
		}
		if got := f.Metrics["ack_pending.max"]; got < float64(most) || most == 0 {
			t.Errorf("%s: ack pending at most %v, and %d in a sample", drill, got, most)
		}
		if names := broken(f); len(names) > 0 {
			t.Errorf("%s: broken premises: %q", drill, names)
		}
	}
}
