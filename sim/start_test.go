package sim

import (
	"slices"
	"testing"
	"time"

	"pindrop/results/history"
)

// starts are the times at which a worker starts.
func starts(events []history.Event, worker string) []time.Duration {
	var list []time.Duration
	for _, e := range events {
		if e.Worker == worker && e.Kind == history.Start {
			list = append(list, time.Duration(e.At).Truncate(10*time.Millisecond)/time.Second)
		}
	}
	return list
}

// Faults reach workers before they have started. What breaks a worker finds nothing to break then; scale takes back
// starts, and never makes a worker start twice.
func TestFaultsBeforeStarts(t *testing.T) {
	const scenario = `
name: before-starts
publishers: [{rate: 10/s}]
workers: [{name: w, count: 2, batch: 10, expires: 5s, service: 5ms, start: 5s}]
phases: {disturb: 10s, drain: 30s}
`
	type seconds = []time.Duration
	for _, c := range []struct {
		faults     string
		fired      int
		w1, w2, w3 seconds // of starts
	}{
		{"[{at: 2s, do: restart, target: w1, for: 1s}]", 0, seconds{5}, seconds{5}, nil},
		{"[{at: 2s, do: kill, target: w1, for: 1s}]", 0, seconds{5}, seconds{5}, nil},
		{"[{at: 2s, do: freeze, target: all, for: 1s}, {at: 2s, do: slow, target: w1}, {at: 2s, do: drain, target: w1}]", 0, seconds{5}, seconds{5}, nil},
		{"[{at: 2s, do: partition, target: w1, for: 1s}]", 1, seconds{5}, seconds{5}, nil}, // of its network, which is there
		{"[{at: 2s, do: scale, target: w, count: 1}]", 1, seconds{5}, nil, nil},
		{"[{at: 2s, do: scale, target: w, count: 2}]", 0, seconds{5}, seconds{5}, nil},
		{"[{at: 2s, do: scale, target: w, count: 3}]", 1, seconds{5}, seconds{5}, seconds{2}},
		{"[{at: 2s, do: scale, target: w, count: 1}, {at: 3s, do: scale, target: w, count: 2}]", 2, seconds{5}, seconds{3}, nil},
		{"[{at: 5s, do: kill, target: w1, for: 1s}]", 1, seconds{5, 6}, seconds{5}, nil},
		{"[{at: 7s, do: kill, target: w1, for: 2s}, {at: 8s, do: restart, target: w1}]", 2, seconds{5, 8}, seconds{5}, nil},
	} {
		t.Run(c.faults, func(t *testing.T) {
			t.Parallel()
			events := onVirtual(t, planOf(t, scenario, 1, "faults="+c.faults))
			for worker, want := range map[string]seconds{"w1": c.w1, "w2": c.w2, "w3": c.w3} {
				if got := starts(events, worker); !slices.Equal(got, want) {
					t.Errorf("%s starts at %d s, want %d", worker, got, want)
				}
			}
			if n := count(events, history.Fault, 0, time.Minute); n != c.fired {
				t.Errorf("%d faults are in the history, want %d", n, c.fired)
			}
		})
	}
}
