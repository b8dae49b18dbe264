package sim

import (
	"fmt"
	"math/rand/v2"
	"testing"
	"time"
)

// pinned is a scenario about the pin law: two workers, a deep backlog, nothing drawn but the phases, no fault. It lasts
// long enough for three batches and as many pins.
func pinned(t testing.TB, api string, batch int, service, ttl time.Duration) float64 {
	t.Helper()
	disturb := 3*time.Duration(batch)*service + 3*ttl + time.Second
	backlog := 2*int(disturb/service) + 5*batch // two workers never run out of it
	const scenario = `
name: pin-law
stream: {storage: memory}
consumer: {priority_policy: pinned_client, priority_groups: [jobs], ack_wait: 1h, max_ack_pending: -1}
sample: off
publishers: [{backlog: 1}]
workers: [{name: w, count: 2, expires: 30s, jitter: 0, service: 1ms}]
phases: {disturb: 1s, drain: 1h}
`
	f := measured(t, scenario, 1, "workers.api="+api, fmt.Sprint("workers.batch=", batch),
		fmt.Sprint("workers.service=", service), fmt.Sprint("consumer.priority_timeout=", ttl),
		fmt.Sprint("publishers.backlog=", backlog), fmt.Sprint("phases.disturb=", disturb))
	return f.Metrics["pin.count"]
}

// The pin law (Consume and Messages of nats.go, one handler at a time, a deep backlog): the next pull leaves after
// batch − threshold + 1 handled messages, with threshold ⌈batch/2⌉, and only a pull keeps the pin. So it holds while
// (batch − threshold + 1) × service < TTL, and moves when both are equal. Fetch pulls once a batch: batch × service.
func TestPinLaw(t *testing.T) {
	const ms = time.Millisecond
	for _, c := range []struct {
		api            string
		batch          int
		ttl            time.Duration
		holds, expires time.Duration // service times on either side of the edge
	}{
		{"consume", 50, 5 * time.Second, 192 * ms, 193 * ms},
		{"messages", 50, 5 * time.Second, 192 * ms, 193 * ms},
		{"consume", 20, 5 * time.Second, 454 * ms, 455 * ms},
		{"consume", 10, 5 * time.Second, 833 * ms, 834 * ms},
		{"consume", 7, 5 * time.Second, 1249 * ms, 1250 * ms}, // equality
		{"messages", 3, 5 * time.Second, 2499 * ms, 2500 * ms},
		{"consume", 2, 5 * time.Second, 2499 * ms, 2500 * ms},
		{"consume", 1, 5 * time.Second, 4999 * ms, 5000 * ms},
		{"messages", 1, 20 * ms, 19 * ms, 20 * ms},
		{"fetch", 50, 5 * time.Second, 99 * ms, 100 * ms},
		{"fetch", 1, 100 * ms, 99 * ms, 100 * ms},
	} {
		t.Run(fmt.Sprintf("%s/batch=%d/ttl=%v", c.api, c.batch, c.ttl), func(t *testing.T) {
			t.Parallel()
			if pins := pinned(t, c.api, c.batch, c.holds, c.ttl); pins != 1 {
				t.Errorf("with a service time of %v there were %v pins, want 1", c.holds, pins)
			}
			if pins := pinned(t, c.api, c.batch, c.expires, c.ttl); pins < 2 {
				t.Errorf("with a service time of %v there were %v pins, want several", c.expires, pins)
			}
		})
	}
}

// The same at any batch and TTL, to the microsecond.
func TestPinLawAnywhere(t *testing.T) {
	random := rand.New(rand.NewPCG(1, 2))
	for range 8 {
		batch := 1 + random.IntN(40)
		ttl := time.Duration(20+random.IntN(5000)) * time.Millisecond
		edge := ttl / time.Duration(batch-(batch+1)/2+1)
		t.Run(fmt.Sprintf("batch=%d/ttl=%v", batch, ttl), func(t *testing.T) {
			t.Parallel()
			if pins := pinned(t, "consume", batch, edge-time.Microsecond, ttl); pins != 1 {
				t.Errorf("with a service time of %v there were %v pins, want 1", edge-time.Microsecond, pins)
			}
			if pins := pinned(t, "consume", batch, edge+time.Microsecond, ttl); pins < 2 {
				t.Errorf("with a service time of %v there were %v pins, want several", edge+time.Microsecond, pins)
			}
		})
	}
}
