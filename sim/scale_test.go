package sim

import (
	"testing"
	"time"

	"pindrop/results/history"
	"pindrop/results/measure"
	"pindrop/scenarios"
)

// The rate is that of as many workers as the scale says: each does ten messages a second. Workers that leave finish what
// they have, those that come are new or come back.
func TestScale(t *testing.T) {
	const scenario = `
name: scale
publishers: [{backlog: 600}]
workers: [{name: w, count: 2, batch: 1, service: 100ms, jitter: 0}, {name: other, batch: 1, service: 100ms, jitter: 0}]
faults:
  - {at: 5s, do: scale, count: 6}
  - {at: 8s, do: scale, target: w, count: 1}
  - {at: 8050ms, do: scale, target: w, count: 3}
phases: {disturb: 12s, drain: 60s}
`
	events := onVirtual(t, planOf(t, scenario, 1))
	for _, c := range []struct {
		from, to time.Duration
		workers  int
	}{{1, 5, 3}, {6, 8, 7}, {9, 12, 4}} {
		want := c.workers * 10 * int(c.to-c.from)
		if n := count(events, history.End, c.from*time.Second, c.to*time.Second); n < want-c.workers || n > want+c.workers {
			t.Errorf("from %d s to %d s %d messages ended, want %d", c.from, c.to, n, want)
		}
	}
	if n := count(events, history.Start, 5*time.Second, 8*time.Second); n != 4 {
		t.Errorf("%d workers were started by the first scale, want 4", n)
	}
	if n := count(events, history.Start, 8*time.Second, 12*time.Second); n != 2 {
		t.Errorf("%d workers were started by the last scale, want 2", n)
	}
	f := measure.All(events, measure.Asked{Faults: 3})
	for _, p := range f.Premises {
		if !p.OK {
			t.Errorf("broken premise: %s: got %s, wanted %s", p.Name, p.Got, p.Wanted)
		}
	}
	near(t, f, "redelivery.count", 0, 0)
	near(t, f, "handled.count", 600, 0)
}

// In a burst of 100 messages a second, of which a worker does 20, the controller starts workers until they are enough,
// and drains them when the burst is over. A worker can hold the whole limit.
func TestAdaptive(t *testing.T) {
	const scenario = `
name: adaptive
consumer: {max_ack_pending: 100}
publishers: [{shape: [{for: 15s, rate: 100/s}, {rate: 5/s}]}]
workers: [{name: w, batch: 100, service: 50ms, jitter: 0, adaptive: {max: 8}}]
phases: {disturb: 40s, drain: 60s}
`
	events := onVirtual(t, planOf(t, scenario, 1))
	working, most := 0, 0
	for _, e := range events {
		switch {
		case e.Kind == history.Start:
			working++
		case e.Kind == history.Stop && e.Reason == history.StopDrained:
			working--
		}
		most = max(most, working)
	}
	if most < 5 || most > 8 {
		t.Errorf("%d workers at most, want 5 to 8", most)
	}
	if working != 1 {
		t.Errorf("%d workers are left, want 1", working)
	}
	f := measure.All(events, measure.Asked{})
	near(t, f, "handled.count", f.Metrics["stored.count"], 0)
	fixed := measured(t, scenario, 1, "workers.adaptive=")
	if adaptive, alone := f.Metrics["latency.response.max"], fixed.Metrics["latency.response.max"]; adaptive > alone/4 {
		t.Errorf("the longest response takes %v s, and %v s with one worker", adaptive, alone)
	}
}

func TestWanted(t *testing.T) {
	a := &scenarios.Adaptive{Min: 2, Max: 4, Up: 0.5, Down: 0.2}
	for _, c := range []struct {
		n     int
		share float64
		want  int
	}{
		{3, 0.49, 3}, {3, 0.5, 4}, {4, 1, 4}, {3, 0.21, 3}, {3, 0.2, 2}, {2, 0, 2},
		{0, 0.3, 2}, {6, 0.3, 4}, // workers died, or came back
	} {
		if got := wanted(a, c.n, c.share); got != c.want {
			t.Errorf("%d workers at %v of the limit: %d, want %d", c.n, c.share, got, c.want)
		}
	}
}
