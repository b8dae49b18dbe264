package sim

import (
	"math"
	"slices"
	"strings"
	"testing"
	"time"

	"pindrop/results/measure"
	"pindrop/scenarios"
)

// lockstep is a worker 40 ms away from the server whose limit lets it have ten messages: each takes a place for 90 ms, so
// that it can do 111/s. The first ten come together.
const lockstep = `
name: lockstep
consumer: {max_ack_pending: 10}
network: {latency: 40ms}
publishers: [{rate: 150/s, keys: 4}]
workers: [{name: w, batch: 100, service: 10ms, jitter: 0, concurrency: 20}]
phases: {warmup: 2s, disturb: 10s, drain: 30s}
`

// inStep reports whether a run was told to be in lockstep.
func inStep(f *measure.Findings) bool {
	return slices.ContainsFunc(f.Warnings, func(w string) bool { return strings.Contains(w, "lockstep") })
}

// Handlers whose timers are as late as on a machine do not stay in step, and are not slower for it; with exact timers they do,
// and the result says so. The same seed is the same run.
func TestLockstep(t *testing.T) {
	exact := measured(t, lockstep, 1, "workers.timers=exact")
	if !inStep(exact) {
		t.Errorf("with exact timers the warnings are %q, want one of lockstep", exact.Warnings)
	}
	late, again := measured(t, lockstep, 1), measured(t, lockstep, 1)
	if inStep(late) {
		t.Errorf("with late timers the warnings are %q", late.Warnings)
	}
	for name, atLeast := range map[string]float64{"busy.mean": 0.18, "order.inversions": 10} {
		if was, is := exact.Metrics[name], late.Metrics[name]; was >= atLeast || is < atLeast {
			t.Errorf("%s is %v with exact timers and %v with late ones, want only the latter to be %v or more", name, was, is, atLeast)
		}
		if late.Metrics[name] != again.Metrics[name] {
			t.Errorf("%s is %v, and %v in a repeat", name, late.Metrics[name], again.Metrics[name])
		}
	}
	for _, name := range []string{"handled.rate", "latency.response.p50"} {
		if was, is := exact.Metrics[name], late.Metrics[name]; math.Abs(is/was-1) > 0.003 {
			t.Errorf("%s is %v with exact timers and %v with late ones: the mean has moved", name, was, is)
		}
	}
}

// Handlers that were late together share what is taken off the next ones.
func TestRepay(t *testing.T) {
	l := &life{b: &body{spec: &scenarios.Workers{Concurrency: 4}}, shared: newShared()}
	l.late.Store(int64(8 * time.Millisecond))
	for _, want := range []time.Duration{2000, 1500, 1125} {
		if got := l.repay(); got != want*time.Microsecond {
			t.Errorf("the next message repays %v, want %v", got, want*time.Microsecond)
		}
	}
}
