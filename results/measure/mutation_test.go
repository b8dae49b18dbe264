package measure_test

import (
	"os"
	"slices"
	"strings"
	"testing"

	"pindrop/results"
	"pindrop/results/history"
	"pindrop/results/measure"
)

// recorded is a history of the real clock, and what its scenario asked for.
func recorded(t *testing.T) ([]history.Event, measure.Asked) {
	t.Helper()
	file, err := os.Open("testdata/shaky.jsonl")
	if err != nil {
		t.Fatal(err)
	}
	defer file.Close()
	h, err := results.ReadJSONL(file)
	if err != nil {
		t.Fatal(err)
	}
	return h.Slice(), measure.Asked{Faults: 2, Held: []int32{1}, Due: 32}
}

// broken are the names of the premises that a history breaks.
func broken(f *measure.Findings) []string {
	var names []string
	for _, p := range f.Premises {
		if !p.OK {
			names = append(names, p.Name)
		}
	}
	return names
}

func TestTheRecordedHistoryIsSound(t *testing.T) {
	events, asked := recorded(t)
	f := measure.All(events, asked)
	if len(f.Premises) != 9 || len(broken(f)) > 0 {
		t.Errorf("premises %+v, want 9 that hold", f.Premises)
	}
	if got := premise(f, "advisories are complete").Got; got != "17 of 17" { // 3 pins, 2 unpinned, 7 naks, 3 terms, 2 given up
		t.Errorf("advisories: %s, want 17 of 17", got)
	}
	for name, want := range shaky {
		checkMetric(t, f, name, want)
	}
}

// shaky is what the recorded history measures.
var shaky = map[string]any{
	"handled.count": 33, "lost.count": 0, "given_up.count": 2, "terminated.count": 3, "overlap.count": 0, "pin.count": 3,
	"duplicate.count": 0, "takeover.fault.count": 1, "held.at_fault": 1, "stale.acks": 0,
}

// lose removes the first event of a kind that fits as if it had never been written: no number is missing.
func lose(kind history.Kind, fits func(history.Event) bool) func([]history.Event) []history.Event {
	return func(events []history.Event) []history.Event {
		i := slices.IndexFunc(events, func(e history.Event) bool { return e.Kind == kind && fits(e) })
		return number(slices.Delete(events, i, i+1))
	}
}

func always(history.Event) bool { return true }

func of(seq uint64) func(history.Event) bool {
	return func(e history.Event) bool { return e.Seq == seq }
}

// change changes the events of a kind that fit, and numbers the actors' events anew.
func change(kind history.Kind, fits func(history.Event) bool, how func(*history.Event)) func([]history.Event) []history.Event {
	return func(events []history.Event) []history.Event {
		return number(with(kind, func(e *history.Event) {
			if fits(*e) {
				how(e)
			}
		})(events))
	}
}

// swap lets two messages' answers change places.
func swap(a, b uint64) func([]history.Event) []history.Event {
	return func(events []history.Event) []history.Event {
		for i := range events {
			e := &events[i]
			switch {
			case e.Kind != history.Ack && e.Kind != history.Acked:
			case e.Seq == a:
				e.Seq = b
			case e.Seq == b:
				e.Seq = a
			}
		}
		return events
	}
}

// add puts another event into the history.
func add(e history.Event) func([]history.Event) []history.Event {
	return func(events []history.Event) []history.Event { return number(append(events, e)) }
}

// TestPlantedMistakesAreFound: whatever is wrong with a sound history breaks the premise that watches over it, and no
// other; or it changes the metric that counts it.
func TestPlantedMistakesAreFound(t *testing.T) {
	const (
		numbers, seen, advisories = "every event is there", "every delivery was seen", "advisories are complete"
		samples, ended, rate      = "samples and events agree", "the run is complete", "the rate was reached"
		faults, held, drained     = "the faults fired", "the target held a message when the fault hit", "drained"
	)
	isSample := func(e history.Event) bool { return e.Kind == history.Sample }
	for _, c := range []struct {
		name    string
		plant   func([]history.Event) []history.Event
		broken  []string
		changed map[string]any
	}{
		{"a missing event", without(func(e history.Event) bool { return e.Actor == "t1" && e.N == 61 }), []string{numbers}, nil},
		{"an event written twice", func(events []history.Event) []history.Event { return slices.Insert(events, 100, events[99]) }, []string{numbers}, nil},
		{"a missing delivery", lose(history.Deliver, of(19)), []string{seen}, nil},
		{"a message that reached nobody", without(func(e history.Event) bool { return e.Seq == 19 && e.Kind != history.Stored }),
			[]string{numbers, seen, samples}, map[string]any{"lost.count": 1, "handled.count": 32}},
		{"a swapped ack", swap(1, 14), []string{samples}, nil},
		{"a sample that disagrees", with(history.Sample, func(e *history.Event) { e.AckPending += 5 }), []string{samples}, nil},
		{"a lost message", add(history.Event{At: 1e9, Actor: "publisher-1", Kind: history.Stored, Op: 99, Seq: 99}), nil,
			map[string]any{"lost.count": 1}},
		{"an overlap", change(history.End, of(28), func(e *history.Event) { e.At = 3030e6 }), nil,
			map[string]any{"overlap.count": 1, "stale.messages": 1}},
		{"a dropped pin", lose(history.Pinned, always), []string{advisories}, nil},
		{"a dropped unpinning", lose(history.Unpinned, always), []string{advisories}, nil},
		{"a dropped nak advisory", lose(history.NakAdvisory, of(7)), []string{advisories}, nil},
		{"a dropped term advisory", lose(history.Terminated, of(18)), []string{advisories}, nil},
		{"a message given up without a word", lose(history.MaxDeliveries, of(8)), []string{advisories, samples},
			map[string]any{"given_up.count": 1, "lost.count": 1}},
		{"one advisory too many", add(history.Event{At: 2e9, Actor: history.Watcher, Kind: history.Pinned}), nil, nil},
		{"an interruption", with(history.Phase, func(e *history.Event) { e.Reason = strings.Replace(e.Reason, "drained", "interrupted", 1) }),
			[]string{ended}, map[string]any{"lost.count": "absent"}},
		{"the end cut off", func(events []history.Event) []history.Event { return events[:len(events)-6] }, []string{ended, drained},
			map[string]any{"lost.count": "absent"}},
		{"a fault that never fired", without(func(e history.Event) bool { return e.Fault == 2 }), []string{faults}, nil},
		{"a rate that was not reached", change(history.Publish, always, func(e *history.Event) { e.At += 3e9 }), []string{rate}, nil},
		{"a target that held nothing", with(history.Fault, func(e *history.Event) { e.Target = "t1" }), []string{held}, nil},
		{"work left in the end", with(history.Final, func(e *history.Event) { e.Pending = 1 }), []string{drained}, nil},
		{"no samples", without(isSample), []string{numbers}, nil},
	} {
		t.Run(c.name, func(t *testing.T) {
			events, asked := recorded(t)
			events = c.plant(events)
			history.Order(events)
			f := measure.All(events, asked)
			if got := broken(f); !slices.Equal(got, c.broken) {
				t.Errorf("broken: %q, want %q; premises %+v", got, c.broken, f.Premises)
			}
			for name, want := range c.changed {
				checkMetric(t, f, name, want)
			}
		})
	}
}
