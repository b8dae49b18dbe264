//go:build prove

package sim

import (
	"context"
	"testing"
)

// The real clock agrees: with a SIGSTOP, and the network in a proxy beside the worker's process, as with a goroutine.
func TestFreezeHoldsNoAcksForReal(t *testing.T) {
	for _, host := range []string{"process", "goroutine"} {
		t.Run(host, func(t *testing.T) {
			t.Parallel()
			events, _ := onReal(t, context.Background(), onTheWire, "clock=real", "workers.host="+host)
			checkOnTheWire(t, events)
		})
	}
}
