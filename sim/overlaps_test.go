package sim

import (
	"fmt"
	"math"
	"testing"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// What is shown live and what a result says of the same events must be the same. There is no warm-up: a result counts from
// the start of disturb.
func TestLiveOverlapsAreThoseOfTheResult(t *testing.T) {
	const scenario = `
name: flapping
consumer: {ack_wait: 30s, priority_policy: pinned_client, priority_groups: [g], priority_timeout: 2s}
publishers: [{backlog: 300, rate: 5/s, keys: 6}]
workers: [{name: w, count: 3, batch: 12, expires: 5s, service: 300ms}]
faults:
  - {on: "begin#4 of pinned", do: freeze, for: 4s}
  - {at: 12s, do: kill, target: pinned, for: 3s}
  - {at: 25s, do: unpin}
phases: {disturb: 40s, drain: 60s}
`
	for _, consumers := range []int{1, 3} {
		t.Run(fmt.Sprint("consumers=", consumers), func(t *testing.T) {
			t.Parallel()
			events := onVirtual(t, planOf(t, scenario, 3, fmt.Sprint("consumer.count=", consumers)))
			f := measure.All(events, measure.Asked{})
			o := overlapsOf(events, math.MaxInt64/2)
			if len(f.Overlaps) < 3 {
				t.Fatalf("only %d overlaps: nothing is compared", len(f.Overlaps))
			}
			near(t, f, "overlap.count", float64(len(o.pairs)), 0)
			near(t, f, "overlap.total", float64(o.total)/1e9, 1e-9)
			for _, p := range f.Overlaps {
				found := false
				for key, q := range o.pairs {
					found = found || key.old == p.GenOld && key.new == p.GenNew && q.Old == p.Old && q.New == p.New &&
						int64(q.From) == p.From && int64(q.To) == p.To && int64(q.Time) == p.Time
				}
				if !found {
					t.Errorf("the result's overlap of pins %d and %d, %s and %s, is not among those shown live",
						p.GenOld, p.GenNew, p.Old, p.New)
				}
			}
		})
	}
}

// overlapsOf are the overlaps of events, which are in order, until an instant.
func overlapsOf(events []history.Event, until int64) *overlaps {
	var o overlaps
	for i := range events {
		if t, ok := turnOf(&events[i]); ok && t.at <= until {
			o.see(t)
		}
	}
	o.pass(until)
	return &o
}

// Two services that touch are no overlap, nor are two of one worker; and whoever is killed is out of service at once.
func TestWhatIsNoOverlap(t *testing.T) {
	at := func(at int64, actor string, kind history.Kind, gen uint32) history.Event {
		return history.Event{At: at, Actor: actor, Kind: kind, Gen: gen}
	}
	kill := history.Event{At: 20, Actor: history.Nemesis, Kind: history.Fault, Do: "kill", Target: "w1"}
	for name, events := range map[string][]history.Event{
		"touching":   {at(0, "w1", history.Begin, 1), at(10, "w2", history.Begin, 2), at(10, "w1", history.End, 1), at(20, "w2", history.End, 2)},
		"one worker": {at(0, "w1", history.Begin, 1), at(5, "w1", history.Begin, 2), at(10, "w1", history.End, 1)},
		"one pin":    {at(0, "w1", history.Begin, 1), at(5, "w2", history.Begin, 1), at(10, "w1", history.End, 1)},
		"killed":     {at(0, "w1", history.Begin, 1), kill, at(20, "w2", history.Begin, 2), at(30, "w2", history.End, 2)},
	} {
		o := overlapsOf(events, 1000)
		if len(o.pairs) > 0 {
			t.Errorf("%s: %+v", name, o.latest())
		}
	}
}

// An overlap that goes on is active and grows; when it is over, it stays among the latest.
func TestOverlapsGrow(t *testing.T) {
	var o overlaps
	o.see(turn{at: 10, worker: "w1", gen: 1, by: 1})
	o.see(turn{at: 30, worker: "w2", gen: 2, by: 1})
	o.pass(50)
	want := OverlapSnapshot{Consumer: "workers", Old: "w1", New: "w2", GenOld: 1, GenNew: 2, From: 30, To: 50, Time: 20, Active: true}
	if got := o.latest(); len(got) != 1 || got[0] != want {
		t.Errorf("got %+v, want %+v", got, want)
	}
	o.see(turn{at: 60, worker: "w1", gen: 1, by: -1})
	o.pass(100)
	want.To, want.Time, want.Active = 60, 30, false
	if got := o.latest(); len(got) != 1 || got[0] != want || o.total != 30 {
		t.Errorf("got %+v and %d in all, want %+v", got, o.total, want)
	}
}
