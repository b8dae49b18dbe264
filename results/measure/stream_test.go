package measure_test

import (
	"testing"

	"github.com/google/go-cmp/cmp"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// A stream may give every event in the same place: nothing that is measured may keep one.
func TestStreamKeepsNoEvent(t *testing.T) {
	events, asked := recorded(t)
	want := measure.All(events, asked)
	var place history.Event
	got := measure.Stream(func(yield func(*history.Event) bool) {
		for i := range events {
			place = events[i]
			if !yield(&place) {
				return
			}
			place = history.Event{At: -1, Actor: "gone", Kind: history.Final, ConsumerSeq: 1 << 40}
		}
	}, asked)
	if diff := cmp.Diff(want, got); diff != "" {
		t.Error(diff)
	}
}
