package sim

import (
	"testing"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// A handler that works for longer than the ack wait is overtaken by a redelivery, unless it says often enough that it is
// still at work. It says nothing at the very end of its work.
func TestProgress(t *testing.T) {
	const scenario = `
name: progress
consumer: {ack_wait: 2s}
publishers: [{backlog: 4}]
workers: [{name: w, batch: 1, expires: 2s, service: 5s, jitter: 0}]
phases: {disturb: 30s, drain: 60s}
`
	for _, c := range []struct {
		every      string
		told       int
		redelivery float64
	}{
		{"0s", 0, 3},
		{"1s", 16, 0},
		{"1900ms", 8, 0},
	} {
		t.Run(c.every, func(t *testing.T) {
			t.Parallel()
			events := onVirtual(t, planOf(t, scenario, 1, "workers.progress="+c.every))
			told := 0
			for _, e := range events {
				if e.Kind == history.Progress {
					told++
				}
			}
			if told != c.told {
				t.Errorf("progress was told %d times, want %d", told, c.told)
			}
			f := measure.All(events, measure.Asked{})
			near(t, f, "redelivery.count", c.redelivery, 0)
			near(t, f, "handled.count", 4, 0)
		})
	}
}
