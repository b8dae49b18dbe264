package sim

import (
	"context"
	"testing"
	"time"

	"pindrop/results/history"
	"pindrop/results/measure"
	"pindrop/scenarios"
)

// BenchmarkGuard is the rate of one worker with each guard on the real clock, over loopback, and its ratio to that of an
// unguarded one on the same machine right before it: only the ratio means something elsewhere.
func BenchmarkGuard(b *testing.B) {
	const scenario = `
name: guard-rate
clock: real
state: {}
sample: off
publishers: [{backlog: 2000, keys: 8}]
workers: [{name: w, batch: 100}]
phases: {disturb: 1s, drain: 60s}
`
	rate := func(b *testing.B, guard string) float64 {
		d := dirs(b)
		if err := Real(context.Background(), planOf(b, scenario, 1, "workers.guard="+guard), d, func(time.Duration) {}); err != nil {
			b.Fatal(err)
		}
		events, _, err := ReadLogs(d.Logs)
		if err != nil {
			b.Fatal(err)
		}
		if f := measure.Stream(events.Events(), measure.Asked{}); f.Metrics["guard.applied"] != 2000 {
			b.Fatalf("%s: %v writes, want 2000", guard, f.Metrics["guard.applied"])
		}
		var first, last int64
		for e := range events.Events() {
			switch {
			case e.Kind == history.Begin && first == 0:
				first = e.At
			case e.Kind == history.End:
				last = e.At
			}
		}
		return 2000 / time.Duration(last-first).Seconds()
	}
	for _, guard := range []string{
		scenarios.GuardNone, scenarios.GuardIdempotent, scenarios.GuardCAS, scenarios.GuardIdempotentCAS, scenarios.GuardFence,
		scenarios.GuardIdempotentFence, scenarios.GuardLease,
	} {
		b.Run(guard, func(b *testing.B) {
			var unguarded, guarded float64
			n := 0.0
			for b.Loop() {
				unguarded += rate(b, scenarios.GuardNone)
				guarded += rate(b, guard)
				n++
			}
			b.ReportMetric(guarded/n, "messages/s")
			b.ReportMetric(guarded/unguarded, "of-none")
			b.ReportMetric(0, "ns/op") // of the whole run: it says nothing
		})
	}
}
