package measure_test

import (
	"fmt"
	"slices"
	"testing"

	"pgregory.net/rapid"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// randomState draws reads and writes of two keys by anybody from any revision, and messages that ended ok, or did not.
func randomState(t *rapid.T) []history.Event {
	var events []history.Event
	keys := []string{"a", "b"}
	revisions := map[string][]uint64{"a": {0}, "b": {0}}
	for i := range rapid.Uint64Range(1, 25).Draw(t, "writes") {
		key := rapid.SampledFrom(keys).Draw(t, "key")
		e := history.Event{
			At: 1e9, Actor: history.Watcher, Kind: history.Write, Key: key, Revision: i + 1, Stamp: int64(i) * 10,
			Base: rapid.SampledFrom(revisions[key]).Draw(t, "base"), Seq: rapid.Uint64Range(1, 8).Draw(t, "seq"),
			ConsumerSeq: rapid.Uint64Range(1, 30).Draw(t, "cseq"), Worker: "w1",
		}
		revisions[key] = append(revisions[key], e.Revision)
		events = append(events, e)
	}
	for i := range rapid.IntRange(0, 10).Draw(t, "reads") {
		key := rapid.SampledFrom(keys).Draw(t, "key")
		events = append(events, history.Event{
			At: int64(i), Actor: "w1", Kind: history.Read, Key: key, Seq: 1, Delivery: 1,
			Revision: rapid.SampledFrom(revisions[key]).Draw(t, "revision"), Stamp: rapid.Int64Range(0, 250).Draw(t, "asked"),
		})
	}
	for seq := range rapid.Uint64Range(0, 8).Draw(t, "handled") {
		events = append(events,
			history.Event{At: 300, Actor: "w1", Kind: history.Begin, Seq: seq + 1, Delivery: 1},
			history.Event{At: 400, Actor: "w1", Kind: history.End, Seq: seq + 1, Delivery: 1, Outcome: history.OK})
	}
	history.Order(events)
	return events
}

// The twin makes the values: each revision holds what the one that it was made from holds, and its own message.
func TestStateTwin(t *testing.T) {
	rapid.Check(t, func(t *rapid.T) {
		events := randomState(t)
		values, last := map[uint64][]uint64{}, map[string]uint64{}
		stale, reads, writes, handled := 0, 0, 0, []uint64{}
		for i, e := range events {
			switch e.Kind {
			case history.Write:
				values[e.Revision] = append(slices.Clone(values[e.Base]), e.Seq)
				last[e.Key] = e.Revision
				writes++
				for _, before := range events[:i] {
					if before.Kind == history.Write && before.Key == e.Key && before.ConsumerSeq > e.ConsumerSeq {
						stale++
						break
					}
				}
			case history.Read:
				if slices.ContainsFunc(events, func(w history.Event) bool {
					return w.Kind == history.Write && w.Key == e.Key && w.Revision > e.Revision && w.Stamp < e.Stamp
				}) {
					reads++
				}
			case history.End:
				handled = append(handled, e.Seq)
			}
		}
		times := map[uint64]int{}
		for _, revision := range last {
			for _, seq := range values[revision] {
				times[seq]++
			}
		}
		lost, double := 0, 0
		for _, seq := range handled {
			if times[seq] == 0 {
				lost++
			}
		}
		for _, n := range times {
			if n > 1 {
				double++
			}
		}
		f := measure.All(events, measure.Asked{})
		for name, want := range map[string]int{
			"applied": writes, "lost_update": lost, "double_apply": double, "stale_write": stale, "stale_read": reads,
		} {
			if got := f.Metrics["guard."+name]; got != float64(want) {
				t.Errorf("guard.%s = %v, the twin says %d (%s)", name, got, want, fmt.Sprint(events))
			}
		}
	})
}
