package measure_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// guarded is a run in which everything is in order: two messages of one key, and the bucket's log of them.
const guarded = `
	0 runner phase phase=disturb; 0 publisher-1 stored op=1 seq=1 key=a; 0 publisher-1 stored op=2 seq=2 key=a
	10 w1 begin seq=1 delivery=1; 10 w1 read seq=1 delivery=1 key=a stamp=10ms
	20 w1 effect seq=1 delivery=1 key=a outcome=applied revision=1; 20 w1 end seq=1 delivery=1 outcome=ok
	30 w1 begin seq=2 delivery=1; 30 w1 read seq=2 delivery=1 key=a revision=1 stamp=30ms
	40 w1 effect seq=2 delivery=1 key=a outcome=applied revision=2 base=1; 40 w1 end seq=2 delivery=1 outcome=ok
	900 watcher write key=a revision=1 seq=1 delivery=1 cseq=1 worker=w1 count=1 sum=1 stamp=20ms
	900 watcher write key=a revision=2 base=1 seq=2 delivery=1 cseq=2 worker=w1 count=2 sum=3 stamp=40ms
	900 watcher final count=2; 900 runner phase phase=end reason=drained`

// The state of a run is believed only if the entries, the server's log and the workers tell the same.
func TestStatePremises(t *testing.T) {
	const sums, effects = "the state adds up", "workers and server agree on the writes"
	isWrite := func(e history.Event) bool { return e.Kind == history.Write && e.Revision == 1 }
	second := func(e history.Event) bool { return e.Revision == 2 }
	for _, c := range []struct {
		name          string
		plant         func([]history.Event) []history.Event
		sums, effects bool // whether the premise holds
	}{
		{"in order", number, true, true},
		{"a wrong count", change(history.Write, second, func(e *history.Event) { e.Count++ }), false, true},
		{"a wrong sum", change(history.Write, second, func(e *history.Event) { e.Sum-- }), false, true},
		{"a write of nobody", lose(history.Effect, second), true, false},
		{"a write that the server does not know", change(history.Effect, second, func(e *history.Event) { e.Revision = 7 }), true, false},
		{"another writer", change(history.Write, second, func(e *history.Event) { e.Worker = "w2" }), true, false},
		{"a worker cut before it had the answer", func(events []history.Event) []history.Event {
			events = lose(history.Effect, second)(events)
			return number(append(events, history.Event{At: 45e6, Actor: history.Nemesis, Kind: history.Fault, Fault: 1, Do: "kill", Target: "w1"}))
		}, true, true},
		{"a worker that had no answer", change(history.Effect, second, func(e *history.Event) {
			e.Outcome, e.Revision = history.Unanswered, 0
		}), true, true},
	} {
		t.Run(c.name, func(t *testing.T) {
			f := measure.All(c.plant(script(t, `{}`, guarded)), measure.Asked{})
			if p := premise(f, sums); p.Name == "" || p.OK != c.sums {
				t.Errorf("%+v, want %v", p, c.sums)
			}
			if p := premise(f, effects); p.Name == "" || p.OK != c.effects {
				t.Errorf("%+v, want %v", p, c.effects)
			}
		})
	}
	t.Run("a hole in the server's log", func(t *testing.T) {
		f := measure.All(number(without(isWrite)(script(t, `{}`, guarded))), measure.Asked{})
		checkMetric(t, f, "guard.applied", "absent")
		checkMetric(t, f, "guard.lost_update", "absent")
		if len(f.Warnings) == 0 {
			t.Error("no warning says why")
		}
	})
}

// What workers and server say of the state is measured from a stream as well, which gives every event in the same place.
func TestStateOfAStream(t *testing.T) {
	events := script(t, `{}`, guarded)
	var place history.Event
	got := measure.Stream(func(yield func(*history.Event) bool) {
		for _, place = range events {
			if !yield(&place) {
				return
			}
			place = history.Event{}
		}
	}, measure.Asked{})
	want := measure.All(events, measure.Asked{})
	if diff := cmp.Diff(want, got); diff != "" || want.Metrics["guard.applied"] != 2 {
		t.Errorf("%v applied, want 2; %s", want.Metrics["guard.applied"], diff)
	}
}
