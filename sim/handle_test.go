package sim

import (
	"testing"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// Four workers that share a downstream of two places handle as much as two, and each message takes twice as long. The
// place of a worker that dies in its work is free again.
func TestPool(t *testing.T) {
	const scenario = `
name: pool
publishers: [{backlog: 600}]
workers: [{name: w, count: 4, batch: 5, service: {dist: constant, time: 100ms, pool: 2}, jitter: 0}]
phases: {disturb: 10s, drain: 60s}
`
	for _, c := range []struct {
		pool          string
		faults        string
		rate, service float64
	}{
		{"4", "[]", 40, 0.1},
		{"2", "[]", 20, 0.2},
		{"1", "[]", 10, 0.4},
		{"2", "[{at: 1s, do: kill, target: w1}, {at: 2s, do: kill, target: w2}]", 20, 0.2}, // all four are back when most are handled
	} {
		t.Run(c.pool+"/"+c.faults, func(t *testing.T) {
			t.Parallel()
			f := measured(t, scenario, 1, "workers.service.pool="+c.pool, "faults="+c.faults)
			near(t, f, "handled.rate", c.rate, 0.5)
			near(t, f, "latency.service.p50", c.service, 0.002)
		})
	}
}

// While a handler waits for its place it tells progress as well.
func TestPoolProgress(t *testing.T) {
	const scenario = `
name: pool-progress
consumer: {ack_wait: 2s}
publishers: [{backlog: 12}]
workers: [{name: w, count: 4, batch: 1, progress: 900ms, service: {dist: constant, time: 1s, pool: 1}, jitter: 0}]
phases: {disturb: 15s, drain: 60s}
`
	near(t, measured(t, scenario, 1), "redelivery.count", 0, 0)
	if without := measured(t, scenario, 1, "workers.progress=0s"); without.Metrics["redelivery.count"] == 0 {
		t.Error("nothing is delivered again without progress, though handlers wait for longer than the ack wait")
	}
}

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
		spread     float64 // an ack and the next pull leave in one instant, and the server may serve the pull first
	}{
		{"0s", 0, 3, 1},
		{"1s", 16, 0, 0},
		{"1900ms", 8, 0, 0},
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
			near(t, f, "redelivery.count", c.redelivery, c.spread)
			near(t, f, "handled.count", 4, 0)
		})
	}
}
