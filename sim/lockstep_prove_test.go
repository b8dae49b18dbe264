//go:build prove

package sim

import (
	"context"
	"testing"

	"pindrop/results/measure"
)

// The real clock is not in step either.
func TestLockstepForReal(t *testing.T) {
	events, _ := onReal(t, context.Background(), lockstep, "clock=real")
	f := measure.All(events, measure.Asked{})
	if inStep(f) {
		t.Errorf("the warnings are %q", f.Warnings)
	}
	for name, bounds := range map[string][2]float64{
		"busy.mean": {0.12, 0.45}, "order.inversions": {10, 300}, "handled.rate": {95, 113},
	} {
		if got := f.Metrics[name]; got < bounds[0] || got > bounds[1] {
			t.Errorf("%s is %v, want %v to %v", name, got, bounds[0], bounds[1])
		}
	}
}
