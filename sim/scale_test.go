package sim

import (
	"testing"
	"time"

	"pindrop/results/history"
	"pindrop/results/measure"
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
