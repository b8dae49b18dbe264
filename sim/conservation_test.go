package sim

import (
	"testing"

	"pindrop/results/measure"
)

// Whatever removes messages from a stream, each of them is accounted for once, and none is lost.
func TestConservation(t *testing.T) {
	t.Parallel()
	const scenario = `
name: conservation
publishers: [{rate: 10/s}]
workers:
  - {name: dead, batch: 10, service: 1000s}
  - {name: w, batch: 1, service: 1ms, start: 6s}
consumer: {max_ack_pending: 10, ack_wait: 30s}
phases: {disturb: 12s, drain: 40s}
`
	for _, c := range []struct {
		name    string
		sets    []string
		removed float64 // delivered and ack pending, or never delivered
	}{
		// The dead worker gets 1 to 10, which expire while they are ack pending. Nobody asks for the others until 6 s, when the
		// server has 12 that are not over a second old, or not found to be.
		{"max_age", []string{"stream.max_age=1s"}, 48},
		{"max_msgs", []string{"stream.max_msgs=10"}, 50},
		{"max_msgs_per_subject", []string{"stream.max_msgs_per_subject=10"}, 50},
		{"interest", []string{"stream.retention=interest", "stream.max_age=1s"}, 48},
		{"workqueue", []string{"stream.retention=workqueue", "stream.max_age=1s"}, 48},
		{"interest without a limit", []string{"stream.retention=interest"}, 0},
		{"workqueue without a limit", []string{"stream.retention=workqueue"}, 0},
	} {
		f := measure.All(onVirtual(t, planOf(t, scenario, 1, c.sets...)), measure.Asked{})
		t.Log(c.name)
		near(t, f, "stored.count", 120, 0)
		near(t, f, "removed.count", c.removed, 0)
		near(t, f, "lost.count", 0, 0)
		near(t, f, "handled.count", 120-c.removed, 0)
	}
}
