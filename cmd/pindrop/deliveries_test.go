package main

import (
	"fmt"
	"math"
	"slices"
	"testing"

	"pindrop/results"
	"pindrop/results/history"
)

// deliveries is where those of one consumer are that its server counted.
type deliveries struct {
	counted  uint64
	seen     map[uint64]int64 // consumer sequences, when they arrived
	overseen []uint64         // neither seen nor within a second of a cut
	inCuts   int
}

// accountDeliveries looks for each consumer sequence in the history itself, apart from the premise that does so as well:
// a delivery was seen arriving, or a connection was cut at about the time at which it must have been on its way, between
// the arrivals of its neighbours.
func accountDeliveries(h *history.History) map[int32]*deliveries {
	all, cuts, last := map[int32]*deliveries{}, [][2]int64{}, int64(0)
	of := func(shard int32) *deliveries {
		if all[shard] == nil {
			all[shard] = &deliveries{seen: map[uint64]int64{}}
		}
		return all[shard]
	}
	partitions := map[int32]int64{}
	for e := range h.Events() {
		last = e.At
		switch e.Kind {
		case history.Deliver:
			of(e.Shard).seen[e.ConsumerSeq] = e.At
		case history.Final:
			if of(e.Shard).counted = e.ConsumerSeq; e.Status != 0 {
				of(e.Shard).counted = uint64(len(of(e.Shard).seen)) // the consumer is gone, and its count with it
			}
		case history.Disconnect, history.Stop:
			cuts = append(cuts, [2]int64{e.At, e.At})
		case history.Fault:
			if e.Do == "partition" {
				partitions[e.Fault] = e.At
			}
		case history.Heal:
			if from, ok := partitions[e.Fault]; ok {
				cuts = append(cuts, [2]int64{from, e.At})
			}
		}
	}
	for _, d := range all {
		d.account(cuts, last)
	}
	return all
}

const nearCut = 1e9

func (d *deliveries) account(cuts [][2]int64, end int64) {
	before := int64(0)
	for seq := uint64(1); seq <= d.counted; seq++ {
		if at, ok := d.seen[seq]; ok {
			before = at
			continue
		}
		after := end
		for next := seq + 1; next <= d.counted; next++ {
			if at, ok := d.seen[next]; ok {
				after = at
				break
			}
		}
		from, to := min(before, after)-nearCut, max(before, after)+nearCut
		if slices.ContainsFunc(cuts, func(c [2]int64) bool { return c[0] <= to && c[1] >= from }) {
			d.inCuts++
		} else {
			d.overseen = append(d.overseen, seq)
		}
	}
}

// everyDeliveryIsAccountedFor fails where the server counted a delivery of which nothing is known.
func everyDeliveryIsAccountedFor(t *testing.T, dir string) {
	t.Helper()
	run, err := results.Open(dir)
	if err != nil {
		t.Fatal(err)
	}
	h, err := run.History()
	if err != nil {
		t.Fatal(err)
	}
	all := accountDeliveries(h)
	if len(all) == 0 {
		t.Error("no consumer of this run has a delivery or a final state")
	}
	for shard, d := range all {
		text := fmt.Sprintf("consumer %d: the server counted %d deliveries, %d were seen, %d fall into cuts", shard, d.counted, len(d.seen), d.inCuts)
		if len(d.overseen) > 0 || uint64(len(d.seen)+d.inCuts) != d.counted {
			t.Errorf("%s; nothing explains %v", text, d.overseen)
		} else {
			t.Log(text)
		}
	}
}

// What is missing is found, and what was cut off is told apart from it.
func TestAccountDeliveries(t *testing.T) {
	h := history.Of(
		history.Event{Kind: history.Deliver, Actor: "w1", Seq: 1, ConsumerSeq: 1},
		history.Event{At: 3e9, Kind: history.Deliver, Actor: "w1", Seq: 3, ConsumerSeq: 3},
		history.Event{At: 8e9, Kind: history.Deliver, Actor: "w1", Seq: 4, ConsumerSeq: 4},
		history.Event{At: 8e9, Kind: history.Disconnect, Actor: "w1"},
		history.Event{At: 20e9, Kind: history.Final, Actor: history.Watcher, ConsumerSeq: 5},
	)
	d := accountDeliveries(h)[0]
	if !slices.Equal(d.overseen, []uint64{2}) || d.inCuts != 1 || len(d.seen) != 3 {
		t.Errorf("%+v, want the second one overseen and the fifth one cut off", d)
	}
	d.account([][2]int64{{math.MinInt64, math.MaxInt64}}, 20e9)
	if d.inCuts != 3 {
		t.Errorf("a cut that lasts for ever explains %d of 2", d.inCuts-1)
	}
}
