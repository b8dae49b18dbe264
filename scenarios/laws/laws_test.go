package laws

import (
	"fmt"
	"slices"
	"testing"

	"pindrop/scenarios"
)

const (
	plain = `
publishers: [{backlog: 100}]
workers: [{name: w, batch: 10, expires: 5s, service: 100ms, jitter: 0}]
`
	pair = `
consumer: {priority_policy: pinned_client, priority_groups: [jobs], priority_timeout: 5s, ack_wait: 1h}
publishers: [{rate: 100/s}]
workers: [{name: w, count: 2, batch: 50, expires: 2s, service: 10ms, jitter: 0}]
`
	helped = `
consumer: {priority_policy: overflow, priority_groups: [jobs]}
publishers: [{rate: 1/s}]
workers:
  - {name: first, batch: 10, service: 10ms}
  - {name: helper, batch: 10, service: 10ms, min_ack_pending: 5}
`
	lognormal = "workers.service={dist: lognormal, p50: 100ms, p99: 400ms}"
)

// Every law at its edge, and where it is silent. What is broken is what the sentence says; "" is nothing.
func TestLaws(t *testing.T) {
	for _, c := range []struct {
		law, base string
		sets      []string
		says      string
	}{
		// One handler at 100 ms does 10/s.
		{"overload", plain, []string{"publishers=[{rate: 9.99/s}]"}, ""},
		{"overload", plain, []string{"publishers=[{rate: 10/s}]"}, "more comes than is done: 10/s come and the workers do at most 10/s, a utilisation of 1, so no limit helps"},
		{"overload", plain, nil, ""}, // nothing comes at a rate
		{"overload", plain, []string{"publishers=[{rate: 10/s}]", "workers.service=0s", "workers.jitter=0"}, ""},
		// 3 publishers × 4/s; from 2 s on 3 × 1/s.
		{"overload", plain, []string{"publishers=[{count: 3, shape: [{for: 2s, rate: 1/s}, {for: 2s, rate: 4/s}, {rate: 1/s}]}]"},
			"from 2s of disturb on more comes than is done: 12/s come and the workers do at most 10/s, a utilisation of 1.2, so no limit helps"},
		// It begins before it is worst.
		{"overload", plain, []string{"publishers=[{shape: [{for: 10s, rate: 14/s}, {rate: 42/s}]}]"},
			"from 0s of disturb on more comes than is done: 14/s come and the workers do at most 10/s, a utilisation of 1.4, and from 10s on 42/s come and at most 10/s are done, a utilisation of 4.2, so no limit helps"},
		// Five messages in all are soon done; 301 in 30 s are not.
		{"overload", plain, []string{"publishers=[{total: 5, rate: 20/s}]"}, ""},
		{"overload", plain, []string{"publishers=[{total: 300, rate: 20/s}]"}, ""},
		{"overload", plain, []string{"publishers=[{total: 301, rate: 20/s}]"}, "more comes than is done: 20/s come and the workers do at most 10/s, a utilisation of 2, so no limit helps"},
		{"overload", plain, []string{"publishers=[{total: 5, rate: 20/s}, {rate: 1/s}]"}, "more comes than is done: 21/s come and the workers do at most 10/s, a utilisation of 2.1, so no limit helps"},
		// The load is highest before 2 s, the service slowest after: they never meet.
		{"overload", plain, []string{"publishers=[{shape: [{for: 2s, rate: 90/s}, {rate: 9/s}]}]",
			"workers.service={steps: [{for: 2s, service: 10ms}, {service: 100ms}]}"}, ""},
		// A stage after the end of disturb never comes.
		{"overload", plain, []string{"phases.disturb=2s", "publishers=[{shape: [{for: 2s, rate: 1/s}, {rate: 90/s}]}]"}, ""},
		// Half of them fail and come again: 6/s are 12 attempts/s. Terminated ones do not.
		{"overload", plain, []string{"publishers=[{rate: 6/s}]", "workers.errors={rate: 0.5}"},
			"more comes than is done: 6/s come and the workers do at most 5/s, a utilisation of 1.2, so no limit helps"},
		{"overload", plain, []string{"publishers=[{rate: 6/s}]", "workers.errors={rate: 0.5, do: term}"}, ""},
		// With max_deliver 2 it is 1.5 attempts each: 6.67/s.
		{"overload", plain, []string{"publishers=[{rate: 6/s}]", "workers.errors={rate: 0.5}", "consumer.max_deliver=2"}, ""},
		// Of a pinned consumer one works, of a pool two.
		{"overload", pair, []string{"publishers.rate=101/s"}, "more comes than is done: 101/s come and the holder of the pin does at most 100/s, a utilisation of 1.01, so no limit helps"},
		{"overload", plain, []string{"publishers=[{rate: 19/s}]", "workers.count=5", "workers.service={dist: constant, time: 100ms, pool: 2}"}, ""},
		{"overload", plain, []string{"publishers=[{rate: 20/s}]", "workers.count=5", "workers.service={dist: constant, time: 100ms, pool: 2}"},
			"more comes than is done: 20/s come and the workers do at most 20/s, a utilisation of 1, so no limit helps"},

		{"limit-reach", plain, []string{"consumer.max_ack_pending=10"}, ""},
		{"limit-reach", plain, []string{"consumer.max_ack_pending=11"}, "consumer.max_ack_pending 11 can never be reached: 1 worker × batch 10 hold at most 10"},
		{"limit-reach", plain, nil, ""}, // the server's default is nobody's choice
		{"limit-reach", plain, []string{"consumer.max_ack_pending=-1"}, ""},
		{"limit-reach", plain, []string{"consumer.max_ack_pending=1000", "workers.errors={rate: 0.1, do: ignore}"}, ""},
		{"limit-reach", plain, []string{"consumer.max_ack_pending=1000", "workers.errors={rate: 0.1}"}, ""},
		{"limit-reach", plain, []string{"consumer.max_ack_pending=1000", "workers.errors={rate: 0.1, do: term}"}, "consumer.max_ack_pending 1000 can never be reached: 1 worker × batch 10 hold at most 10"},
		{"limit-reach", plain, []string{"consumer.max_ack_pending=1000", "workers.ack=none"}, ""},
		{"limit-reach", plain, []string{"consumer.max_ack_pending=1000", "faults=[{at: 1s, do: kill}]"}, ""},
		{"limit-reach", plain, []string{"consumer.max_ack_pending=1000", "faults=[{at: 1s, do: slow}]"}, "consumer.max_ack_pending 1000 can never be reached: 1 worker × batch 10 hold at most 10"},
		// Scaled to 4 workers with 3 handlers and a queue of 5: 4 × (10 + 8).
		{"limit-reach", plain, []string{"consumer.max_ack_pending=73", "workers.concurrency=3", "workers.queue=5", "faults=[{at: 1s, do: scale, count: 4}]"},
			"consumer.max_ack_pending 73 can never be reached: 4 workers × 18 (batch 10 and 8 outside the client) hold at most 72"},
		{"limit-reach", helped, []string{"consumer.max_ack_pending=21"}, "consumer.max_ack_pending 21 can never be reached: 1 worker × batch 10 + 1 worker × batch 10 hold at most 20"},

		// 50/s × 100 ms = 5 slots, of 10 handlers.
		{"limit-rate", plain, []string{"publishers=[{rate: 50/s}]", "workers.count=10", "consumer.max_ack_pending=5"}, ""},
		{"limit-rate", plain, []string{"publishers=[{rate: 50/s}]", "workers.count=10", "consumer.max_ack_pending=4"},
			"consumer.max_ack_pending 4 throttles to 40/s while 50/s come: 50/s × 100ms keep 5 slots busy, so it takes 5 at least"},
		// 51/s keep 5.1 busy.
		{"limit-rate", plain, []string{"publishers=[{rate: 51/s}]", "workers.count=10", "consumer.max_ack_pending=5"},
			"consumer.max_ack_pending 5 throttles to 50/s while 51/s come: 51/s × 100ms keep 5.1 slots busy, so it takes 6 at least"},
		{"limit-rate", plain, []string{"publishers=[{rate: 50/s}]", "workers.count=10", "consumer.max_ack_pending=4", "workers.ack=early"}, ""},
		{"limit-rate", plain, []string{"publishers=[{rate: 500/s}]", "workers.count=10", "consumer.max_ack_pending=4"}, ""}, // overload

		// 26 × 192 ms = 4.992 s; 26 × 10 ms × 1.098, the 99th percentile of ±10 %, only at the end.
		{"pin-pull", pair, []string{"workers.service=192ms"}, ""},
		{"pin-pull", pair, []string{"workers.service=193ms"}, "consumer.priority_timeout 5s is too short in a backlog: w pulls every 26 messages, up to 5.018s apart (26 × 193ms)"},
		{"pin-pull", pair, []string{"workers.service=192ms", "workers.jitter=0.1"}, "consumer.priority_timeout 5s is too short in a backlog: w pulls every 26 messages, up to 5.011s apart (26 × 192ms)"},
		{"pin-pull", pair, []string{"workers.service=1s", "workers.count=1"}, ""}, // nobody to lose it to
		{"pin-pull", plain, []string{"workers.service=1h"}, ""},                   // no pin
		{"pin-pull", pair, []string{"workers.service=10s", "consumer.priority_timeout=0s"}, "consumer.priority_timeout 2m is too short in a backlog: w pulls every 26 messages, up to 4m20s apart (26 × 10s)"},
		// Three handlers, of which a downstream serves two: 13 rounds.
		{"pin-pull", pair, []string{"workers.concurrency=3", "workers.service={dist: constant, time: 384ms, pool: 2}"}, ""},
		{"pin-pull", pair, []string{"workers.concurrency=3", "workers.service={dist: constant, time: 385ms, pool: 2}"}, "consumer.priority_timeout 5s is too short in a backlog: w pulls every 26 messages, up to 5.005s apart (13 × 385ms)"},

		// 26 messages at 5.2/s come in 5 s.
		{"pin-idle", pair, []string{"publishers.rate=5.2/s", "workers.expires=5s"}, "workers.expires 5s outlasts consumer.priority_timeout 5s: while 5.2/s come a pull waits at the server and the pin runs out"},
		{"pin-idle", pair, []string{"publishers.rate=5.21/s", "workers.expires=5s"}, ""},
		{"pin-idle", pair, []string{"publishers.rate=1/s", "workers.expires=4999ms"}, ""},
		{"pin-idle", pair, []string{"publishers=[{backlog: 10}]", "workers.expires=1h"}, ""},
		{"pin-idle", pair, []string{"publishers=[{shape: [{for: 9s, rate: 100/s}, {rate: 0/s}]}]", "workers.expires=1h"}, "workers.expires 1h outlasts consumer.priority_timeout 5s: while 0/s come a pull waits at the server and the pin runs out"},

		// 10 × 100 ms = 1 s.
		{"ack-wait", plain, []string{"consumer.ack_wait=1s"}, "consumer.ack_wait 1s is over before w is done with a full buffer: 10 × 100ms take up to 1s, and a pull that waits gets the rest again"},
		{"ack-wait", plain, []string{"consumer.ack_wait=1001ms"}, ""},
		{"ack-wait", plain, []string{"consumer.backoff=[1s, 1h]"}, "consumer.ack_wait 1s is over before w is done with a full buffer: 10 × 100ms take up to 1s, and a pull that waits gets the rest again"},
		{"ack-wait", plain, []string{"consumer.ack_wait=1s", "consumer.max_ack_pending=9"}, ""}, // it never holds 10
		{"ack-wait", plain, []string{"consumer.ack_wait=1s", "consumer.max_deliver=1"}, ""},
		{"ack-wait", plain, []string{"consumer.ack_wait=1s", "workers.ack=early"}, ""},
		{"ack-wait", plain, []string{"consumer.ack_policy=none", "workers.service=1h"}, ""},
		// Handlers take 2 out of the client: (10 + 2) / 2 = 6 rounds.
		{"ack-wait", plain, []string{"consumer.ack_wait=600ms", "workers.concurrency=2"}, "consumer.ack_wait 600ms is over before w is done with a full buffer: 12 × 100ms, 2 at once, take up to 600ms, and a pull that waits gets the rest again"},
		{"ack-wait", plain, []string{"consumer.ack_wait=601ms", "workers.concurrency=2"}, ""},
		// Batches of acks wait for up to 300 ms more.
		{"ack-wait", plain, []string{"consumer.ack_wait=1300ms", "workers.ack=batch", "workers.window=300ms"}, "consumer.ack_wait 1.3s is over before w is done with a full buffer: 10 × 100ms take up to 1.3s, and a pull that waits gets the rest again"},
		{"ack-wait", plain, []string{"consumer.ack_wait=1301ms", "workers.ack=batch", "workers.window=300ms"}, ""},
		// 9 in front, then progress every 20 ms.
		{"ack-wait", plain, []string{"consumer.ack_wait=921ms", "workers.progress=20ms"}, ""},
		{"ack-wait", plain, []string{"consumer.ack_wait=920ms", "workers.progress=20ms"}, "consumer.ack_wait 920ms is over before w is done with a full buffer: 10 × 100ms take up to 920ms, and a pull that waits gets the rest again"},
		// One at a time: the 99th percentile counts.
		{"ack-wait", plain, []string{"consumer.ack_wait=400ms", "workers.batch=1", lognormal, "workers.jitter=0"}, "consumer.ack_wait 400ms is over before w is done with a full buffer: 1 × 119.4ms take up to 400ms, and a pull that waits gets the rest again"},

		// 2 × 500 ms.
		{"max-deliver", plain, []string{"consumer.ack_wait=500ms", "consumer.max_deliver=2"}, "consumer.max_deliver 2 gives messages up after 1s while w still has them: in a full buffer 10 × 100ms take up to 1s"},
		{"max-deliver", plain, []string{"consumer.ack_wait=501ms", "consumer.max_deliver=2"}, ""},
		{"max-deliver", plain, []string{"consumer.ack_wait=1ms"}, ""}, // nothing is ever given up
		// 100 + 300 + 300 + 300 ms: the last step stays.
		{"max-deliver", plain, []string{"consumer.backoff=[100ms, 300ms]", "consumer.max_deliver=4"}, "consumer.max_deliver 4 gives messages up after 1s while w still has them: in a full buffer 10 × 100ms take up to 1s"},
		{"max-deliver", plain, []string{"consumer.backoff=[100ms, 301ms]", "consumer.max_deliver=4"}, ""},

		// From 10 s to 25 s there is no worker; the server adds up to 1 s to the threshold.
		{"inactive-threshold", plain, []string{"consumer.inactive_threshold=12s", "consumer.ack_wait=1s", "faults=[{at: 10s, do: kill, target: all, for: 15s}]"},
			"consumer.inactive_threshold 12s is over while no worker is there: from 10s of disturb on there is none for 15s, and the server removes the consumer"},
		{"inactive-threshold", plain, []string{"consumer.inactive_threshold=12001ms", "consumer.ack_wait=1s", "faults=[{at: 10s, do: kill, target: all, for: 15s}]"}, ""},
		{"inactive-threshold", plain, []string{"faults=[{at: 10s, do: kill, target: all, for: 15s}]"}, ""}, // no threshold
		{"inactive-threshold", plain, []string{"workers.count=2", "consumer.inactive_threshold=5s", "faults=[{at: 10s, do: kill, target: w1, for: 15s}]"}, ""},
		{"inactive-threshold", plain, []string{"workers.count=2", "consumer.inactive_threshold=3s", "consumer.ack_wait=1s", "faults=[{at: 10s, do: kill, target: w1}, {at: 20s, do: kill, target: w2, for: 6s}]"},
			"consumer.inactive_threshold 3s is over while no worker is there: from 20s of disturb on there is none for 6s, and the server removes the consumer"},
		{"inactive-threshold", plain, []string{"consumer.inactive_threshold=5s", "workers.start=6s"},
			"consumer.inactive_threshold 5s is over while no worker is there: from 0s of disturb on there is none for 6s, and the server removes the consumer"},
		{"inactive-threshold", plain, []string{"consumer.inactive_threshold=1m", "faults=[{at: 29s, do: drain, target: w}]", "phases.drain=60s"},
			"consumer.inactive_threshold 1m is over while no worker is there: from 29s of disturb on there is none for 1m1s, and the server removes the consumer"},

		{"overflow-limit", helped, []string{"workers.helper.min_ack_pending=10"}, ""},
		{"overflow-limit", helped, []string{"workers.helper.min_ack_pending=12"}, "workers.helper.min_ack_pending 12 can never be met: the others, 1 worker × batch 10, hold at most 10, and 1 more for the moment of an ack"},
		{"overflow-limit", helped, []string{"workers.helper.min_ack_pending=12", "workers.helper.min_pending=5"}, ""}, // one is enough
		{"overflow-limit", helped, []string{"workers.helper.min_ack_pending=12", "workers.first.errors={rate: 0.1, do: ignore}"}, ""},
		{"overflow-limit", helped, []string{"consumer.max_ack_pending=6"}, ""},
		{"overflow-limit", helped, []string{"consumer.max_ack_pending=5"}, "workers.helper.min_ack_pending 5 can never be met by a new message: at consumer.max_ack_pending 5 none is delivered"},

		{"overflow-rest", helped, nil, ""},
		{"overflow-rest", helped, []string{"workers.first.min_ack_pending=1"}, "nothing is ever delivered: every worker waits for messages that are ack pending (workers.first.min_ack_pending, workers.helper.min_ack_pending), and there is none to begin with"},
		{"overflow-rest", helped, []string{"workers.first.min_pending=2", "workers.helper.min_ack_pending=0", "workers.helper.min_pending=9"},
			"the last messages wait for ever: every worker asks only while 2 or more wait (workers.first.min_pending, workers.helper.min_pending), and 1 stay"},
		{"overflow-rest", helped, []string{"workers.first.min_pending=2"}, ""}, // the helper may take the rest while first is at work

		{"max-waiting", plain, []string{"workers.count=512"}, ""},
		{"max-waiting", plain, []string{"workers.count=513"}, "consumer.max_waiting 512 has no place for a pull of each of 513 workers: some are refused"},
		{"max-waiting", helped, []string{"consumer.max_waiting=1"}, "consumer.max_waiting 1 has no place for a pull of each of 2 workers: some are refused"},
	} {
		t.Run(fmt.Sprint(c.law, c.sets), func(t *testing.T) {
			says := ""
			if f := broken(load(t, c.base, c.sets...), c.law); f != nil {
				says = f.Says
				if len(f.Paths) == 0 {
					t.Error("it concerns no setting")
				}
			}
			if says != c.says {
				t.Errorf("got  %q\nwant %q", says, c.says)
			}
		})
	}
}

// Every path of a finding is one that an override takes.
func TestPathsAreSettings(t *testing.T) {
	for _, base := range []string{plain, pair, helped} {
		s := load(t, base, "consumer.max_waiting=1", "consumer.ack_wait=1ms", "consumer.max_ack_pending=5", "publishers.0.rate=200000/s")
		for _, f := range Check(s) {
			for _, p := range f.Paths {
				names := slices.Concat([]string{"publishers"}, pathsOf(s, "batch", "service", "count", "concurrency", "expires", "min_pending", "min_ack_pending"))
				if _, numeric := s.Settings()[p]; !numeric && !slices.Contains(names, p) {
					t.Errorf("%s: %s is not the path of a setting", f.Law.ID, p)
				}
			}
		}
	}
}

// Each of several consumers has its part of the arrivals, by its keys, and limit, pins and buffers of its own.
func TestSeveralConsumers(t *testing.T) {
	for _, c := range []struct {
		law, base string
		sets      []string
		says      string
	}{
		// 40/s to each of two, and each worker has a handler for each: 10/s of each worker at each consumer.
		{"overload", plain, []string{"consumer.count=2", "publishers=[{rate: 79/s, keys: 8}]", "workers.count=4"}, ""},
		{"overload", plain, []string{"consumer.count=2", "publishers=[{rate: 80/s, keys: 8}]", "workers.count=4"},
			"at each of 2 consumers: more comes than is done: 40/s come and the workers do at most 40/s, a utilisation of 1, so no limit helps"},
		{"overload", plain, []string{"consumer.count=2", "publishers=[{rate: 80/s, total: 600, keys: 8}]"}, ""},
		// Of five keys the first two consumers have two each, the third one.
		{"overload", plain, []string{"consumer.count=3", "publishers=[{rate: 25/s, keys: 5}]"},
			"at 2 of 3 consumers: more comes than is done: 10/s come and the workers do at most 10/s, a utilisation of 1, so no limit helps"},
		{"overload", plain, []string{"consumer.count=2", "publishers=[{count: 2, keys: 3, shape: [{for: 1s, rate: 1/s}, {rate: 9/s}]}]"},
			"at 1 of 2 consumers: from 1s of disturb on more comes than is done: 12/s come and the workers do at most 10/s, a utilisation of 1.2, so no limit helps"},
		// 50/s × 100 ms = 5 slots at each.
		{"limit-rate", plain, []string{"consumer.count=2", "publishers=[{rate: 100/s, keys: 2}]", "workers.count=10", "consumer.max_ack_pending=5"}, ""},
		{"limit-rate", plain, []string{"consumer.count=2", "publishers=[{rate: 100/s, keys: 2}]", "workers.count=10", "consumer.max_ack_pending=4"},
			"at each of 2 consumers: consumer.max_ack_pending 4 throttles to 40/s while 50/s come: 50/s × 100ms keep 5 slots busy, so it takes 5 at least"},
		{"limit-reach", plain, []string{"consumer.count=2", "publishers.keys=2", "consumer.max_ack_pending=11"},
			"at each of 2 consumers: consumer.max_ack_pending 11 can never be reached: 1 worker × batch 10 hold at most 10"},
		{"pin-idle", pair, []string{"consumer.count=2", "publishers.keys=2", "publishers.rate=10.4/s", "workers.expires=5s"},
			"at each of 2 consumers: workers.expires 5s outlasts consumer.priority_timeout 5s: while 5.2/s come a pull waits at the server and the pin runs out"},
		{"ack-wait", plain, []string{"consumer.count=2", "publishers.keys=2", "consumer.ack_wait=1s"},
			"at each of 2 consumers: consumer.ack_wait 1s is over before w is done with a full buffer: 10 × 100ms take up to 1s, and a pull that waits gets the rest again"},
		// A pull of each worker waits at each consumer.
		{"max-waiting", plain, []string{"consumer.count=2", "publishers.keys=2", "workers.count=512"}, ""},
	} {
		s := load(t, c.base, c.sets...)
		before := fmt.Sprint(s.Publishers)
		says := ""
		if f := broken(s, c.law); f != nil {
			says = f.Says
		}
		if says != c.says {
			t.Errorf("%s %v:\ngot  %q\nwant %q", c.law, c.sets, says, c.says)
		}
		if after := fmt.Sprint(s.Publishers); after != before {
			t.Errorf("the check changed the scenario from %s to %s", before, after)
		}
	}
}

// Estimates are for the limit of one consumer: twice the arrivals at two of them need what they need at one.
func TestEstimatesOfSeveralConsumers(t *testing.T) {
	one := load(t, plain, "publishers=[{rate: 50/s}]", "workers.count=10")
	two := load(t, plain, "consumer.count=2", "publishers=[{rate: 100/s, keys: 2}]", "workers.count=10")
	if a, _ := Little(one, 0); a.Limit != 5 {
		t.Fatalf("got %+v", a)
	}
	for name, of := range map[string]func(s *scenarios.Scenario) any{
		"Little": func(s *scenarios.Scenario) any { v, _ := Little(s, 0); return v },
		"thumb":  func(s *scenarios.Scenario) any { v, _ := RuleOfThumb(s, 2); return v },
		"load":   func(s *scenarios.Scenario) any { v, _ := Utilisation(s); return v },
		"reach":  func(s *scenarios.Scenario) any { v, _ := Reachable(s); return v },
	} {
		if a, b := of(one), of(two); a != b {
			t.Errorf("%s: of one consumer %+v, of two %+v", name, a, b)
		}
	}
}

// A finding in a line.
func ExampleFinding() {
	s, err := scenarios.Load("mine.yaml", []byte("publishers: []\nworkers: [{count: 2, batch: 100}]\n"),
		[]string{"consumer.max_ack_pending=1000"})
	if err != nil {
		panic(err)
	}
	for _, f := range Check(s) {
		fmt.Println(f)
	}
	// Output: consumer.max_ack_pending 1000 can never be reached: 2 workers × batch 100 hold at most 200 (law limit-reach; drill ten-workers)
}
