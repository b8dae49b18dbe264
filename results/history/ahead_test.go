package history_test

import (
	"testing"

	"pindrop/results/history"
)

// numbered is a source of n events.
func numbered(n int) func([]history.Event) int {
	last := int64(0)
	return func(portion []history.Event) int {
		for i := range portion {
			if last == int64(n) {
				return i
			}
			last++
			portion[i] = history.Event{N: last}
		}
		return len(portion)
	}
}

// Whoever reads ahead gets the same events, also where there are none, or just as many as go from one goroutine to the
// other at a time; and may stop at any of them.
func TestAheadReadsTheSame(t *testing.T) {
	for _, n := range []int{0, 1, 255, 256, 257, 1024, 10_000} {
		for _, stop := range []int{1, 256, 257, 5000, 20_000} {
			got := int64(0)
			for e := range history.Ahead(numbered(n)) {
				if got++; e.N != got {
					t.Fatalf("%d events: event %d came as number %d", n, e.N, got)
				}
				if got == int64(stop) {
					break
				}
			}
			if got != int64(min(n, stop)) {
				t.Errorf("%d events, stopped at %d: got %d", n, stop, got)
			}
		}
	}
}

func TestAheadPassesAPanicOn(t *testing.T) {
	defer func() {
		if p := recover(); p != "broken" {
			t.Errorf("recovered %v", p)
		}
	}()
	for range history.Ahead(func([]history.Event) int { panic("broken") }) {
	}
	t.Error("no panic")
}
