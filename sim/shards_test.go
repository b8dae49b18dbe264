package sim

import (
	"slices"
	"testing"

	"pindrop/results"
	"pindrop/results/history"
	"pindrop/results/measure"
)

// Two consumers, three workers; whoever has both pins is killed.
const twoShards = `
name: two-shards
consumer: {count: 2, priority_policy: pinned_client, priority_groups: [jobs], priority_timeout: 2s, ack_wait: 10s, max_ack_pending: 100}
publishers: [{backlog: 200, rate: 16/s, keys: 8}]
workers: [{name: w, count: 3, batch: 10, expires: 2s, service: 50ms}]
faults: [{on: "begin#4 of pinned", do: kill}]
phases: {disturb: 20s, drain: 60s}
`

// Every pin of the dead worker moves, each after its own TTL, through every API; each consumer gets its half of the
// keys, counts its own deliveries, and no event of one bears the number of the other.
func TestShards(t *testing.T) {
	for _, api := range []string{"consume", "messages", "fetch"} {
		t.Run(api, func(t *testing.T) {
			t.Parallel()
			events := onVirtual(t, planOf(t, twoShards, 1, "workers.api="+api))
			f := measure.All(events, measure.Asked{})
			for _, p := range f.Premises {
				if !p.OK {
					t.Fatalf("broken premise: %+v", p)
				}
			}
			near(t, f, "owned.before.max", 2, 0)
			near(t, f, "owned.before.min", 0, 0)
			near(t, f, "takeover.fault.count", 2, 0)
			near(t, f, "takeover.pull.max", 2, 0.1) // a successor may have to fetch first
			near(t, f, "overlap.count", 0, 0)
			near(t, f, "pin.count", 4, 0)
			near(t, f, "lost.count", 0, 0)
			near(t, f, "handled.count", 200+16*20, 0)
			for _, c := range f.Consumers {
				if c.Before != "w1" || c.Owner == "w1" || c.Owner == "" {
					t.Errorf("the pin of consumer %d was with %q, then with %q; want w1, then another", c.Shard, c.Before, c.Owner)
				}
			}
			checkShards(t, events)
		})
	}
}

// checkShards looks at the numbers of the events: what is of a consumer bears the one of its key, and all else none.
func checkShards(t *testing.T, events []history.Event) {
	t.Helper()
	shardOfSeq, published := map[uint64]int32{}, map[int32]int{}
	for _, e := range events {
		if e.Kind == history.Stored {
			shardOfSeq[e.Seq] = e.Shard
			published[e.Shard]++
		}
	}
	if published[1] != published[2] || published[0] != 0 {
		t.Errorf("stored by consumer: %v, want half each", published)
	}
	finals, samples := map[int32]history.Event{}, map[int32]int{}
	delivered, statuses := map[int32]uint64{}, map[int32]int{}
	ofNone := []history.Kind{history.Connect, history.Disconnect, history.Start, history.Stop, history.Fault, history.Heal, history.Phase, history.Assertion}
	for _, e := range events {
		if of := slices.Contains(ofNone, e.Kind); of != (e.Shard == 0) {
			t.Fatalf("%s of %s at %d bears the number %d", e.Kind, e.Actor, e.At, e.Shard)
		}
		if want, known := shardOfSeq[e.Seq]; known && want != e.Shard {
			t.Fatalf("%s of message %d bears the number %d, its key is of %d", e.Kind, e.Seq, e.Shard, want)
		}
		switch e.Kind {
		case history.Deliver:
			delivered[e.Shard]++
		case history.Status:
			statuses[e.Shard]++
		case history.Sample:
			samples[e.Shard]++
		case history.Final:
			finals[e.Shard] = e
		}
	}
	for _, shard := range []int32{1, 2} {
		if finals[shard].ConsumerSeq != delivered[shard] {
			t.Errorf("consumer %d counted %d deliveries, its wires saw %d", shard, finals[shard].ConsumerSeq, delivered[shard])
		}
		if statuses[shard] == 0 || samples[shard] == 0 || samples[shard] != samples[1] {
			t.Errorf("consumer %d: %d statuses, %d samples; of the first %d", shard, statuses[shard], samples[shard], samples[1])
		}
	}
}

// One seed is one history in every process, also where several consumers act at one instant.
func TestShardsRepeat(t *testing.T) {
	digests := map[string]bool{}
	for range 5 {
		d, err := results.Digest(history.Of(onVirtual(t, planOf(t, "shards", 1, "consumer.count=5", "publishers.keys=15", "workers.count=3"))...))
		if err != nil {
			t.Fatal(err)
		}
		digests[d] = true
	}
	if len(digests) != 1 {
		t.Fatalf("5 runs of one seed gave %d histories", len(digests))
	}
}

// Faults of one consumer leave the others alone; pinned is the holder of the one that the fault names.
func TestFaultsOfOneConsumer(t *testing.T) {
	const calm = "faults=[{at: 5003ms, "
	kinds := func(events []history.Event, kind history.Kind) (shards []int32) {
		for _, e := range events {
			if e.Kind == kind && e.At > 5e9 {
				shards = append(shards, e.Shard)
			}
		}
		return shards
	}
	t.Run("unpin", func(t *testing.T) {
		t.Parallel()
		events := onVirtual(t, planOf(t, twoShards, 1, calm+"do: unpin, consumer: 2}]"))
		if got := kinds(events, history.Unpinned); !slices.Equal(got, []int32{2}) {
			t.Errorf("unpinned %v, want only consumer 2", got)
		}
		near(t, measure.All(events, measure.Asked{}), "owned.max", 1, 0)
	})
	t.Run("kill the holder of the second", func(t *testing.T) {
		t.Parallel()
		f := measured(t, twoShards, 1, calm+"do: unpin, consumer: 2}, {at: 7003ms, do: kill, target: pinned, consumer: 2}]")
		if kill := f.Faults[1]; kill.Target == "w1" || kill.Owned != 1 || f.Consumers[0].Owner != "w1" {
			t.Errorf("killed %+v; want the new holder of consumer 2, and w1 left with consumer 1", kill)
		}
	})
	t.Run("an event of the second", func(t *testing.T) {
		t.Parallel()
		events := onVirtual(t, planOf(t, twoShards, 1, "faults=[{on: begin#30 of w1, do: disconnect, consumer: 2}]"))
		begins := 0
		for _, e := range events {
			if e.Kind == history.Begin && e.Actor == "w1" && e.Shard == 2 {
				begins++
			}
			if e.Kind == history.Fault {
				break
			}
		}
		if begins != 30 && begins != 29 { // within its instant the fault stands first
			t.Errorf("the fault came at begin %d of consumer 2, want the 30th", begins)
		}
	})
	t.Run("update", func(t *testing.T) {
		t.Parallel()
		events := onVirtual(t, planOf(t, twoShards, 1, calm+"do: update, consumer: 1, set: {max_ack_pending: 50}}]"))
		if got := kinds(events, history.Config); !slices.Equal(got, []int32{1}) {
			t.Errorf("new configurations of %v, want of consumer 1", got)
		}
		if f := measure.All(events, measure.Asked{}); f.Limit != 50 || len(f.Warnings) == 0 {
			t.Errorf("limit %d, warnings %q; want the lowest limit, and a word about it", f.Limit, f.Warnings)
		}
	})
	t.Run("pause", func(t *testing.T) {
		t.Parallel()
		f := measured(t, twoShards, 1, calm+"do: pause, consumer: 2, for: 3s}]")
		if one, two := f.Consumers[0].Metrics["gap.max"], f.Consumers[1].Metrics["gap.max"]; one > 1 || two < 2 {
			t.Errorf("longest gaps %v and %v; want only the second consumer to stand still", one, two)
		}
	})
	t.Run("drain and unpin", func(t *testing.T) {
		t.Parallel()
		f := measured(t, twoShards, 1, calm+"do: drain, target: w1, unpin: true}]")
		near(t, f, "pin.count", 4, 0)
		if gap := f.Metrics["gap.max"]; gap > 0.5 {
			t.Errorf("gap.max is %v; want both pins cleared at once", gap)
		}
	})
}

// What a worker has acknowledged and not done is in a log for each consumer: a restart replays all of them.
func TestShardsReplay(t *testing.T) {
	f := measured(t, twoShards, 1, "workers.ack=wal", "faults=[{at: 3003ms, do: restart, target: w1}]")
	near(t, f, "lost.count", 0, 0)
	near(t, f, "handled.count", f.Metrics["stored.count"], 0)
}

// Together with batch acks, a queue and several handlers, consumers stay apart.
func TestShardsHandlers(t *testing.T) {
	f := measured(t, twoShards, 1, "workers.ack=batch", "workers.queue=20", "workers.concurrency=2", "faults=[]")
	near(t, f, "lost.count", 0, 0)
	near(t, f, "redelivery.count", 0, 0)
}
