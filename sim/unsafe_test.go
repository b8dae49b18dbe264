package sim

import (
	"slices"
	"strings"
	"testing"

	"pindrop/results/history"
	"pindrop/results/measure"
	"pindrop/scenarios/laws"
)

// edge is one law at its edge: the same scenario with the settings that just break it, and with those that just do not.
type edge struct {
	law          string
	name         string
	base         string
	unsafe, safe []string
	// harm is what the server is asked to confirm.
	harm harm
	// undrained: messages stay behind, which is the harm itself.
	undrained bool
}

// A law is a prediction. At its edge the server confirms it: just outside the harm is there, just inside it is not.
func TestLawsAtTheirEdges(t *testing.T) {
	proven := map[string]bool{}
	for _, e := range edges {
		proven[e.law] = true
		t.Run(e.law+"/"+e.name, func(t *testing.T) {
			t.Parallel()
			for _, unsafe := range []bool{true, false} {
				sets := e.safe
				if unsafe {
					sets = e.unsafe
				}
				if warned := e.warned(t, sets); warned != unsafe {
					t.Errorf("%v: the law warns: %v, want %v", sets, warned, unsafe)
				}
				if harmed := e.harmed(t, sets); harmed != unsafe {
					t.Errorf("%v: the harm is there: %v, want %v", sets, harmed, unsafe)
				}
			}
		})
	}
	for _, law := range laws.All {
		if !proven[law.ID] {
			t.Errorf("the law %s is nowhere put to the test", law.ID)
		}
	}
}

func (e edge) warned(t *testing.T, sets []string) bool {
	t.Helper()
	found := laws.Check(planOf(t, e.base, 1, sets...).Scenario)
	return slices.ContainsFunc(found, func(f laws.Finding) bool { return f.Law.ID == e.law })
}

func (e edge) harmed(t *testing.T, sets []string) bool {
	t.Helper()
	events := onVirtual(t, planOf(t, e.base, 1, sets...))
	f := measure.All(events, measure.Asked{})
	for _, p := range f.Premises {
		if !p.OK && !(e.undrained && strings.Contains(p.Name, "drained")) {
			t.Errorf("%v: broken premise: %s: got %s, wanted %s", sets, p.Name, p.Got, p.Wanted)
		}
	}
	return e.harm(t, f, events)
}

// harm says whether it is there.
type harm func(*testing.T, *measure.Findings, []history.Event) bool

func above(metric string, bound float64) harm {
	return func(t *testing.T, f *measure.Findings, _ []history.Event) bool {
		v, ok := f.Metrics[metric]
		if !ok {
			t.Errorf("%s is absent", metric)
		}
		return v > bound
	}
}

func none(metric string) harm {
	some := above(metric, 0)
	return func(t *testing.T, f *measure.Findings, events []history.Event) bool { return !some(t, f, events) }
}

// alone is the harm of workers that never help another.
func alone(t *testing.T, f *measure.Findings, events []history.Event) bool {
	return !above("parallel.max", 1)(t, f, events)
}

// gaveUp is the harm of a message that was delivered too often while a worker had it.
func gaveUp(_ *testing.T, _ *measure.Findings, events []history.Event) bool {
	return slices.ContainsFunc(events, func(e history.Event) bool { return e.Kind == history.MaxDeliveries })
}

const plain = `
name: edge
publishers: [{backlog: 1000}]
workers: [{name: w, batch: 10, expires: 5s, service: 10ms, jitter: 0}]
phases: {disturb: 5s, drain: 5m}
`

const pinnedPair = `
name: edge
consumer: {priority_policy: pinned_client, priority_groups: [jobs], priority_timeout: 5s, ack_wait: 1h, max_ack_pending: -1}
sample: off
publishers: [{backlog: 400}]
workers: [{name: w, count: 2, batch: 50, expires: 30s, service: 100ms, jitter: 0}]
phases: {disturb: 30s, drain: 1h}
`

const helped = `
name: edge
consumer: {priority_policy: overflow, priority_groups: [jobs]}
publishers: [{backlog: 300}]
workers:
  - {name: first, batch: 10, expires: 5s, service: 20ms, jitter: 0}
  - {name: helper, batch: 10, expires: 5s, service: 20ms, jitter: 0, min_ack_pending: 5}
phases: {disturb: 5s, drain: 5m}
`

const burst = `
name: edge
consumer: {ack_wait: 5s}
publishers: [{backlog: 50}]
workers: [{name: w, count: 2, batch: 50, expires: 30s, service: 100ms, jitter: 0}]
phases: {disturb: 30s, drain: 5m}
`

var edges = []edge{
	// A consumer with inactive_threshold 5 s goes 5 to 6 s after what its last worker held has waited for its ack, up to twice.
	{law: "inactive-threshold", name: "one worker", base: plain, harm: above("consumer.removed", 0), undrained: true,
		unsafe: []string{"consumer.inactive_threshold=5s", "consumer.ack_wait=1s", "workers.expires=1s", "faults=[{at: 1s, do: kill, target: w1, for: 8100ms}]", "phases.disturb=12s"},
		safe:   []string{"consumer.inactive_threshold=5s", "consumer.ack_wait=1s", "workers.expires=1s", "faults=[{at: 1s, do: kill, target: w1, for: 4900ms}]", "phases.disturb=10s"}},
	// 1 worker × 10 ms does 100/s. At 101/s the backlog grows by one a second, at 99/s it does not.
	{law: "overload", name: "one worker", base: plain, harm: above("backlog.max", 5),
		unsafe: []string{"publishers=[{rate: 101/s}]", "phases.disturb=60s", "workers.batch=1"},
		safe:   []string{"publishers=[{rate: 99/s}]", "phases.disturb=60s", "workers.batch=1"}},
	// 4 workers with 5 handlers each share a downstream of 3: 3 / 10 ms = 300/s.
	{law: "overload", name: "pool", base: plain, harm: above("backlog.max", 20),
		unsafe: []string{"publishers=[{rate: 303/s}]", "phases.disturb=60s", "workers.batch=1", "workers.count=4", "workers.concurrency=5", "workers.service={dist: constant, time: 10ms, pool: 3}"},
		safe:   []string{"publishers=[{rate: 297/s}]", "phases.disturb=60s", "workers.batch=1", "workers.count=4", "workers.concurrency=5", "workers.service={dist: constant, time: 10ms, pool: 3}"}},
	// 2 workers × batch 10 hold 20; with 3 handlers each, or a queue of 2 in front of 1, it is (10 + 3) × 2.
	{law: "limit-reach", name: "consume", base: plain, harm: none("cliff.total"),
		unsafe: []string{"workers.count=2", "consumer.max_ack_pending=21"},
		safe:   []string{"workers.count=2", "consumer.max_ack_pending=20"}},
	{law: "limit-reach", name: "fetch", base: plain, harm: none("cliff.total"),
		unsafe: []string{"workers.count=2", "workers.api=fetch", "workers.concurrency=3", "consumer.max_ack_pending=21"},
		safe:   []string{"workers.count=2", "workers.api=fetch", "workers.concurrency=3", "consumer.max_ack_pending=20"}},
	{law: "limit-reach", name: "handlers", base: plain, harm: none("cliff.total"),
		unsafe: []string{"workers.count=2", "workers.concurrency=3", "consumer.max_ack_pending=27"},
		safe:   []string{"workers.count=2", "workers.concurrency=3", "consumer.max_ack_pending=26"}},
	{law: "limit-reach", name: "queue", base: plain, harm: none("cliff.total"),
		unsafe: []string{"workers.count=2", "workers.queue=2", "workers.api=messages", "consumer.max_ack_pending=27"},
		safe:   []string{"workers.count=2", "workers.queue=2", "workers.api=messages", "consumer.max_ack_pending=26"}},
	// 100/s × 100 ms keep 10 slots busy; 20 workers could do 200/s.
	{law: "limit-rate", name: "consume", base: plain, harm: above("backlog.max", 20),
		unsafe: []string{"publishers=[{rate: 100/s}]", "workers.count=20", "workers.batch=1", "workers.service=100ms", "phases.disturb=30s", "consumer.max_ack_pending=9"},
		safe:   []string{"publishers=[{rate: 100/s}]", "workers.count=20", "workers.batch=1", "workers.service=100ms", "phases.disturb=30s", "consumer.max_ack_pending=10"}},
	// 26 × 192 ms = 4.992 s, 26 × 193 ms = 5.018 s; more about it in TestPinLaw.
	{law: "pin-pull", name: "consume", base: pinnedPair, harm: above("pin.count", 1),
		unsafe: []string{"workers.service=193ms"}, safe: []string{"workers.service=192ms"}},
	{law: "pin-pull", name: "fetch", base: pinnedPair, harm: above("pin.count", 1),
		unsafe: []string{"workers.api=fetch", "workers.service=100ms"}, safe: []string{"workers.api=fetch", "workers.service=99ms"}},
	// ⌈26 / 4⌉ = 7 rounds: 7 × 714 ms = 4.998 s, 7 × 715 ms = 5.005 s.
	{law: "pin-pull", name: "handlers", base: pinnedPair, harm: above("pin.count", 1),
		unsafe: []string{"workers.concurrency=4", "workers.service=715ms"}, safe: []string{"workers.concurrency=4", "workers.service=714ms"}},
	{law: "pin-pull", name: "fetch handlers", base: pinnedPair, harm: above("pin.count", 1),
		unsafe: []string{"workers.api=fetch", "workers.concurrency=4", "workers.service=385ms"},
		safe:   []string{"workers.api=fetch", "workers.concurrency=4", "workers.service=384ms"}},
	// A queue of 3 in front of 4 handlers changes nothing in the long run.
	{law: "pin-pull", name: "queue", base: pinnedPair, harm: above("pin.count", 1),
		unsafe: []string{"workers.queue=3", "workers.concurrency=4", "workers.service=715ms"},
		safe:   []string{"workers.queue=3", "workers.concurrency=4", "workers.service=714ms"}},
	// A threshold of 11 in a batch of 50: 40 messages between pulls.
	{law: "pin-pull", name: "threshold", base: pinnedPair, harm: above("pin.count", 1),
		unsafe: []string{"workers.threshold=11", "workers.service=125ms"}, safe: []string{"workers.threshold=11", "workers.service=124ms"}},
	// A limit of 5 leaves a pull waiting that expires after 2 s: ⌈2 s / 620 ms⌉ + 5 − 1 = 8 rounds, 8 × 620 ms = 4.96 s,
	// 8 × 630 ms = 5.04 s. With two handlers 3 wait to be taken: ⌈2 s / 1.66 s⌉ + ⌈3 / 2⌉ − 1 = 3 rounds, 4.98 s; 3 × 1.67 s
	// = 5.01 s. With five handlers none waits: expires itself counts.
	{law: "pin-pull", name: "limit", base: pinnedPair, harm: above("pin.count", 1),
		unsafe: []string{"consumer.max_ack_pending=5", "workers.expires=2s", "workers.service=630ms"},
		safe:   []string{"consumer.max_ack_pending=5", "workers.expires=2s", "workers.service=620ms"}},
	{law: "pin-pull", name: "limit fetch", base: pinnedPair, harm: above("pin.count", 1),
		unsafe: []string{"workers.api=fetch", "consumer.max_ack_pending=5", "workers.expires=2s", "workers.service=630ms"},
		safe:   []string{"workers.api=fetch", "consumer.max_ack_pending=5", "workers.expires=2s", "workers.service=620ms"}},
	{law: "pin-pull", name: "limit handlers", base: pinnedPair, harm: above("pin.count", 1),
		unsafe: []string{"consumer.max_ack_pending=5", "workers.concurrency=2", "workers.expires=2s", "workers.service=1670ms"},
		safe:   []string{"consumer.max_ack_pending=5", "workers.concurrency=2", "workers.expires=2s", "workers.service=1660ms"}},
	{law: "pin-pull", name: "limit of handlers", base: pinnedPair, harm: above("pin.count", 1),
		unsafe: []string{"consumer.max_ack_pending=5", "workers.concurrency=5", "workers.service=4s", "workers.expires=5s"},
		safe:   []string{"consumer.max_ack_pending=5", "workers.concurrency=5", "workers.service=4s", "workers.expires=4500ms"}},
	// At 1/s a batch of 50 takes 26 s to make its client pull again: what counts is expires.
	{law: "pin-idle", name: "expires", base: pinnedPair, harm: above("pin.count", 1),
		unsafe: []string{"publishers=[{rate: 1/s}]", "workers.expires=5100ms"}, safe: []string{"publishers=[{rate: 1/s}]", "workers.expires=4900ms"}},
	// At 6/s 26 messages come in 4.33 s, at 5/s in 5.2 s.
	{law: "pin-idle", name: "rate", base: pinnedPair, harm: above("pin.count", 1),
		unsafe: []string{"publishers=[{rate: 5/s}]"}, safe: []string{"publishers=[{rate: 6/s}]"}},
	{law: "pin-idle", name: "fetch", base: pinnedPair, harm: above("pin.count", 1),
		unsafe: []string{"publishers=[{rate: 1/s}]", "workers.api=fetch", "workers.expires=5100ms"},
		safe:   []string{"publishers=[{rate: 1/s}]", "workers.api=fetch", "workers.expires=4500ms"}},
	// One batch, and a second worker whose pull waits: 50 × 100 ms = 5 s.
	{law: "ack-wait", name: "consume", base: burst, harm: above("redelivery.count", 0),
		unsafe: []string{"workers.service=100100us"}, safe: []string{"workers.service=99900us"}},
	{law: "ack-wait", name: "fetch", base: burst, harm: above("redelivery.count", 0),
		unsafe: []string{"workers.api=fetch", "workers.service=100100us"}, safe: []string{"workers.api=fetch", "workers.service=99900us"}},
	// Backoff takes its place; a limit of 40 lets a worker hold no more.
	{law: "ack-wait", name: "backoff", base: burst, harm: above("redelivery.count", 0),
		unsafe: []string{"consumer.ack_wait=null", "consumer.backoff=[4s, 20s]", "consumer.max_ack_pending=40", "workers.service=100100us"},
		safe:   []string{"consumer.ack_wait=null", "consumer.backoff=[4s, 20s]", "consumer.max_ack_pending=40", "workers.service=99900us"}},
	// Of one message at a time, the handler alone: progress every 2 s keeps it.
	{law: "ack-wait", name: "progress", base: burst, harm: above("redelivery.count", 0),
		unsafe: []string{"publishers.backlog=3", "workers.batch=1", "workers.service=6s"},
		safe:   []string{"publishers.backlog=3", "workers.batch=1", "workers.service=6s", "workers.progress=2s"}},
	// The give-up of max_deliver 1 needs nobody; that of 2 comes after 2 × 5 s, with a third worker's pull.
	{law: "max-deliver", name: "once", base: burst, harm: gaveUp,
		unsafe: []string{"consumer.max_deliver=1", "workers.service=100100us"}, safe: []string{"consumer.max_deliver=1", "workers.service=99900us"}},
	{law: "max-deliver", name: "twice", base: burst, harm: gaveUp,
		unsafe: []string{"consumer.max_deliver=2", "workers.count=3", "publishers.backlog=1", "workers.batch=1", "workers.service=10100ms"},
		safe:   []string{"consumer.max_deliver=2", "workers.count=3", "publishers.backlog=1", "workers.batch=1", "workers.service=9900ms"}},
	// The first worker holds 10, and 11 for the moment of an ack, whatever the limit; at a limit of 8 the eighth slot is the last.
	{law: "overflow-limit", name: "others", base: helped, harm: alone,
		unsafe: []string{"workers.helper.min_ack_pending=12"}, safe: []string{"workers.helper.min_ack_pending=10"}},
	{law: "overflow-limit", name: "limit", base: helped, harm: alone,
		unsafe: []string{"consumer.max_ack_pending=8", "workers.helper.min_ack_pending=8"},
		safe:   []string{"consumer.max_ack_pending=8", "workers.helper.min_ack_pending=7"}},
	// Of 300 the last 2 stay, and with a threshold of 1 none.
	{law: "overflow-rest", name: "min_pending", base: helped, harm: above("waiting.count", 0), undrained: true,
		unsafe: []string{"workers.first.min_pending=3", "workers.helper.min_ack_pending=0", "workers.helper.min_pending=5"},
		safe:   []string{"workers.first.min_pending=1", "workers.helper.min_ack_pending=0", "workers.helper.min_pending=5"}},
	{law: "overflow-rest", name: "min_ack_pending", base: helped, harm: above("waiting.count", 0), undrained: true,
		unsafe: []string{"workers.first.min_ack_pending=1"}, safe: []string{"workers.first.min_ack_pending=0"}},
	// 6 workers park 6 pulls. While the holder works its place is free, and the worker that was refused takes it. Then the
	// holder's pulls are refused, and each still resets the pin's timer: it keeps the pin and gets nothing.
	{law: "max-waiting", name: "holder", base: pinnedPair, harm: above("gap.max", 60), undrained: true,
		unsafe: slices.Concat(six, []string{"consumer.max_waiting=5"}), safe: slices.Concat(six, []string{"consumer.max_waiting=6"})},
}

var six = []string{"publishers=[{rate: 20/s}]", "workers.count=6", "workers.batch=1", "workers.expires=2s", "workers.service=45ms", "phases.drain=2m"}

// What the workers can hold bounds what the server sees, with a deep backlog and no limit. It is reached to the message,
// but where the application takes messages out of a full buffer as it fills: acks before the work, and handlers that all
// turn to a queue at one instant; and with acks in batches, which need not be due when the buffer is full.
func TestReachable(t *testing.T) {
	for _, c := range []struct {
		sets  []string
		bound bool // an upper bound
	}{
		{sets: nil},
		{sets: []string{"workers.batch=7", "workers.count=3"}},
		{sets: []string{"workers.threshold=10"}},
		{sets: []string{"workers.batch=1", "workers.concurrency=4"}},
		{sets: []string{"workers.concurrency=4"}},
		{sets: []string{"workers.concurrency=15"}},
		{sets: []string{"workers.queue=5"}},
		{sets: []string{"workers.queue=5", "workers.concurrency=3", "workers.api=messages"}, bound: true},
		{sets: []string{"workers.api=messages", "workers.concurrency=4"}},
		{sets: []string{"workers.api=messages"}},
		{sets: []string{"workers.api=fetch", "workers.concurrency=4", "workers.queue=5"}},
		{sets: []string{"workers.ack=double", "workers.concurrency=4"}},
		{sets: []string{"workers.ack=early", "workers.concurrency=4"}, bound: true},
		{sets: []string{"workers.ack=wal", "workers.queue=5"}, bound: true},
		{sets: []string{"workers.errors={rate: 0.2, do: term}", "workers.concurrency=4"}},
		{sets: []string{"workers.ack=batch", "workers.window=1m"}, bound: true},
		{sets: []string{"workers.ack=batch", "workers.window=1m", "workers.concurrency=4"}, bound: true},
	} {
		t.Run(strings.Join(c.sets, " "), func(t *testing.T) {
			t.Parallel()
			sets := append([]string{"consumer.max_ack_pending=-1"}, c.sets...)
			r, ok := laws.Reachable(planOf(t, plain, 1, sets...).Scenario)
			got := int(measured(t, plain, 1, sets...).Metrics["ack_pending.max"])
			if !ok || got > r.Messages || got < r.Messages && !c.bound {
				t.Errorf("%d were ack pending, want %d (%s)", got, r.Messages, r.Sum)
			}
		})
	}
}
