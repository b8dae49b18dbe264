package sim

import (
	"context"
	"errors"
	"maps"
	"slices"
	"testing"
	"time"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// broken are the names of the premises that do not hold.
func broken(f *measure.Findings) []string {
	var names []string
	for _, p := range f.Premises {
		if !p.OK {
			names = append(names, p.Name)
		}
	}
	return names
}

// What a run asks for in which every premise is judged: a kill that waits for a message, and messages at a rate; and
// with a fault that waits for nothing.
var (
	whole  = measure.Asked{Faults: 1, Held: []int32{1}, Due: 640}
	unheld = measure.Asked{Faults: 1, Due: 640}
)

// The premises that a scenario can break, each with one that does. No other is broken along with it, but where a run that
// does not come to its end has no last state either.
var breaking = map[string]func(*testing.T) *measure.Findings{
	"the run is complete":  endless,
	"the rate was reached": endless,
	"the faults fired":     breaks(unheld, `faults=[{on: "begin#100000 of any", do: kill}]`),
	"drained":              breaks(unheld, "workers.service=3s", "faults=[{at: 1s, do: unpin}]", "phases.drain=1s"),
	"the target held a message when the fault hit": breaks(whole, `faults=[{on: "begin#4 of pinned", do: kill, target: w3}]`),
}

// breaks runs kill-mid-batch with overrides.
func breaks(asked measure.Asked, sets ...string) func(*testing.T) *measure.Findings {
	return func(t *testing.T) *measure.Findings {
		return measure.All(onVirtual(t, planOf(t, "kill-mid-batch", 1, sets...)), asked)
	}
}

// endless is what was recorded of a run until its virtual deadline.
func endless(t *testing.T) *measure.Findings {
	d := dirs(t)
	o := order{planned: plannedOf(planOf(t, "kill-mid-batch", 1)), Dirs: d, Limit: 20 * time.Second}
	if err := start(context.Background(), itself, o, func(time.Duration, int64) {}); !errors.Is(err, ErrVirtualDeadline) {
		t.Fatalf("got %v, want %v", err, ErrVirtualDeadline)
	}
	return measure.All(readLogs(t, d), whole)
}

// The premises that no scenario breaks, since they guard the harness itself: each with what would have to be wrong with
// what it recorded of a good run.
var defects = map[string]func([]history.Event) []history.Event{
	"every event is there": func(events []history.Event) []history.Event {
		return without(events, 1, func(e history.Event) bool { return e.Kind == history.Begin }, false)
	},
	"every delivery was seen": func(events []history.Event) []history.Event {
		return without(events, 400, func(e history.Event) bool { return e.Kind == history.Deliver }, true)
	},
	"advisories are complete": func(events []history.Event) []history.Event {
		return without(events, 1, func(e history.Event) bool { return e.Kind == history.Pinned }, true)
	},
	"samples and events agree": func(events []history.Event) []history.Event {
		for i := range events {
			if events[i].Kind == history.Sample {
				events[i].AckPending += 50
			}
		}
		return events
	},
}

// without drops the n-th event that matches, counted from 0, and closes the hole in its actor's numbers if asked to.
func without(events []history.Event, n int, match func(history.Event) bool, renumber bool) []history.Event {
	for i, e := range events {
		if !match(e) {
			continue
		}
		if n--; n >= 0 {
			continue
		}
		events = slices.Delete(events, i, i+1)
		for k := range events {
			if renumber && events[k].Actor == e.Actor && events[k].N > e.N {
				events[k].N--
			}
		}
		return events
	}
	panic("nothing matches")
}

// Each premise is broken by a scenario or, where none can, by a defect of the harness; and by nothing in a good run, in
// which all of them are judged.
func TestEachPremiseBreaks(t *testing.T) {
	good := onVirtual(t, planOf(t, "kill-mid-batch", 1))
	f := measure.All(good, whole)
	if names := broken(f); len(names) > 0 {
		t.Fatalf("a good run breaks %q", names)
	}
	tried := slices.Concat(slices.Collect(maps.Keys(breaking)), slices.Collect(maps.Keys(defects)))
	for _, p := range f.Premises {
		if !slices.Contains(tried, p.Name) {
			t.Errorf("nothing breaks the premise %q", p.Name)
		}
	}
	for name, find := range breaking {
		t.Run(name, func(t *testing.T) {
			t.Parallel()
			names := broken(find(t))
			unended := []string{"the run is complete", "the rate was reached", "drained"}
			alone := slices.Equal(names, []string{name})
			if !alone && !(slices.Contains(unended, name) && slices.Equal(names, unended)) {
				t.Errorf("broken are %q", names)
			}
		})
	}
	for name, plant := range defects {
		t.Run(name, func(t *testing.T) {
			if names := broken(measure.All(plant(slices.Clone(good)), whole)); !slices.Contains(names, name) {
				t.Errorf("broken are %q", names)
			}
		})
	}
}
