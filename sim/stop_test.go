package sim

import (
	"fmt"
	"slices"
	"testing"
	"time"

	"pindrop/results/history"
	"pindrop/results/measure"
	"pindrop/scenarios"
)

// Acked on arrival and killed in the work: what the application had is gone, nobody delivers it again, and it comes out
// as lost. Acked after the work, or out of a log that the next life replays, the same kill loses nothing.
func TestAckEarly(t *testing.T) {
	const scenario = `
name: ack-early
consumer: {ack_wait: 5s}
publishers: [{backlog: 40}]
workers: [{name: w, batch: 10, expires: 2s, service: 100ms, jitter: 0, ack: early}]
faults: [{on: "begin#5 of w1", do: restart}]
phases: {disturb: 10s, drain: 60s}
`
	for _, c := range []struct {
		ack   string
		queue int
		lost  float64
	}{
		{scenarios.AckEach, 0, 0},
		{scenarios.AckEarly, 0, 1}, // the one in its handler
		{scenarios.AckEarly, 3, 5}, // and three in the queue, and the one that waits for a place there
		{scenarios.AckWAL, 0, 0},
		{scenarios.AckWAL, 3, 0},
	} {
		for _, api := range []string{scenarios.APIConsume, scenarios.APIMessages, scenarios.APIFetch} {
			t.Run(fmt.Sprintf("%s/queue=%d/%s", c.ack, c.queue, api), func(t *testing.T) {
				t.Parallel()
				f := measured(t, scenario, 1, "workers.ack="+c.ack, fmt.Sprint("workers.queue=", c.queue), "workers.api="+api)
				near(t, f, "lost.count", c.lost, 0)
				near(t, f, "waiting.count", 0, 0)
				near(t, f, "handled.count", 40-c.lost, 0)
			})
		}
	}
}

// What is replayed is what was acked and not done: the message in the handler that was killed, those in the queue, and the
// one that waits for a place there. It is work done again, not a delivery, and to the server nothing has happened.
func TestReplay(t *testing.T) {
	const scenario = `
name: replay
consumer: {ack_wait: 5s}
publishers: [{backlog: 40}]
workers: [{name: w, batch: 10, queue: 3, service: 100ms, jitter: 0, ack: wal}]
faults: [{on: "begin#5 of w1", do: kill, for: 1s}]
phases: {disturb: 10s, drain: 60s}
`
	events := onVirtual(t, planOf(t, scenario, 1))
	var replayed []uint64
	for _, e := range events {
		if e.Kind == history.Begin && e.Reason == history.Replayed {
			replayed = append(replayed, e.Seq)
		}
	}
	if want := []uint64{5, 6, 7, 8, 9}; !slices.Equal(replayed, want) {
		t.Errorf("%v are replayed, want %v", replayed, want)
	}
	f := measure.All(events, measure.Asked{Faults: 1})
	for _, p := range f.Premises {
		if !p.OK {
			t.Errorf("broken premise: %s: got %s, wanted %s", p.Name, p.Got, p.Wanted)
		}
	}
	near(t, f, "handled.count", 40, 0)
	near(t, f, "duplicate.count", 0, 0)
	near(t, f, "redelivery.count", 7, 0) // what was in the client library's buffer
	for _, r := range f.Redeliveries {
		if r.Mechanism != "ack_wait" || r.Root != "fault 1" {
			t.Errorf("redelivery of %d: %s, root %s; want ack_wait, fault 1", r.Seq, r.Mechanism, r.Root)
		}
	}
}

// A run does not end while workers still have what they acked before the work.
func TestAckEarlyDrains(t *testing.T) {
	const scenario = `
name: ack-early-drains
publishers: [{backlog: 20}]
workers: [{name: w, batch: 20, queue: 20, service: 1s, ack: early}]
phases: {disturb: 1s, drain: 60s}
`
	f := measured(t, scenario, 1)
	near(t, f, "handled.count", 20, 0)
	near(t, f, "lost.count", 0, 0)
	short := measured(t, scenario, 1, "phases.drain=5s") // too short a drain loses nothing either
	near(t, short, "lost.count", 0, 0)
	near(t, short, "waiting.count", 20-short.Metrics["handled.count"], 0)
}

// What a stopping worker does with its buffer decides when others get it: never, because it finishes it; at once; or
// after the ack wait. Ten messages have arrived and the third is in service: seven wait. With a queue the library has
// pulled six more meanwhile.
func TestDrainBuffer(t *testing.T) {
	const scenario = `
name: drain-buffer
consumer: {ack_wait: 10s}
publishers: [{backlog: 30}]
workers: [{name: w, count: 2, batch: 10, expires: 2s, service: 100ms, jitter: 0}]
faults: [{on: "begin#3 of w1", do: drain, target: w1}]
phases: {disturb: 5s, drain: 60s}
`
	for _, c := range []struct {
		buffer    string
		comeAgain bool
		mechanism string
	}{
		{scenarios.BufferFinish, false, ""},
		{scenarios.BufferNak, true, "nak"},
		{scenarios.BufferDiscard, true, "ack_wait"},
	} {
		for set, waiting := range map[string]float64{
			"workers.api=consume": 7, "workers.api=messages": 7, "workers.api=fetch": 7, "workers.queue=5": 13,
		} {
			t.Run(c.buffer+"/"+set, func(t *testing.T) {
				t.Parallel()
				f := measured(t, scenario, 1, set, "faults.0.buffer="+c.buffer)
				again := 0.0
				if c.comeAgain {
					again = waiting
				}
				near(t, f, "redelivery.count", again, 0)
				near(t, f, "duplicate.count", 0, 0)
				near(t, f, "handled.count", 30, 0)
				near(t, f, "lost.count", 0, 0)
				for _, r := range f.Redeliveries {
					if r.Mechanism != c.mechanism {
						t.Errorf("redelivery of %d by %s, want %s", r.Seq, r.Mechanism, c.mechanism)
					}
				}
			})
		}
	}
}

// A drain clears the pin of its own worker, and leaves that of another alone; the history says which.
func TestDrainUnpinsItsOwn(t *testing.T) {
	const scenario = `
name: drain-unpin
consumer: {priority_policy: pinned_client, priority_groups: [jobs], priority_timeout: 20s}
publishers: [{rate: 20/s}]
workers: [{name: w, count: 3, stagger: 100ms, batch: 10, expires: 5s, service: 20ms}]
faults:
  - {at: 2s, do: drain, unpin: true, target: w2}
  - {at: 4s, do: drain, unpin: true, target: w1}
phases: {disturb: 6s, drain: 60s}
`
	events := onVirtual(t, planOf(t, scenario, 1))
	var outcomes []history.Outcome
	for _, e := range events {
		if e.Kind == history.Fault {
			outcomes = append(outcomes, e.Outcome)
		}
	}
	if want := []history.Outcome{history.Ignored, ""}; !slices.Equal(outcomes, want) {
		t.Errorf("the drains say %q, want %q", outcomes, want)
	}
	early, late := count(events, history.Unpinned, 0, 3999*time.Millisecond), count(events, history.Unpinned, 3999*time.Millisecond, time.Minute)
	if early != 0 || late != 1 {
		t.Errorf("the pin was cleared %d times before its holder drained and %d times after, want once after", early, late)
	}
	f := measure.All(events, measure.Asked{Faults: 2})
	near(t, f, "pin.count", 2, 0)
	if len(f.Faults) != 2 || !f.Faults[0].Pinless || f.Faults[1].Pinless {
		t.Errorf("the faults are %+v, want only the first without a pin", f.Faults)
	}
}
