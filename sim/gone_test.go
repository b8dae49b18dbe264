package sim

import (
	"slices"
	"testing"
	"time"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// A loss of power costs the only server its stream, or the end of it. The run ends in order, and all that was acknowledged and is
// not there is counted, with its cause.
func TestStreamIsLost(t *testing.T) {
	t.Parallel()
	const scenario = `
name: early
server: {mode: process}
stream: {storage: file}
consumer: {ack_wait: 3s}
publishers: [{rate: 25/s, keys: 4}]
workers: [{name: w, batch: 10, expires: 2s, service: 5ms}]
faults: [{at: 9s, do: power_loss, target: n1, for: 2s}]
phases: {disturb: 12s}
`
	whole, end := 0, 0
	for seed := range uint64(6) {
		f := measure.All(inGuest(t, planOf(t, scenario, seed+1)), measure.Asked{Faults: 1})
		for _, p := range f.Premises {
			if !p.OK {
				t.Errorf("seed %d: broken premise: %s: got %s, wanted %s", seed+1, p.Name, p.Got, p.Wanted)
			}
		}
		switch l := f.Loss; {
		case l == nil:
			near(t, f, "publish.lost", 0, 0)
		case !l.Known || !slices.Contains(l.Refs, "nats-server#7564"):
			t.Errorf("seed %d: %+v is no known loss", seed+1, l)
		case l.Stream:
			whole++
			near(t, f, "publish.lost", f.Metrics["stored.count"], 0)
			if len(f.Gone) != 1 || f.Gone[0].What != "stream" || f.Gone[0].At < int64(11*time.Second) {
				t.Errorf("seed %d: gone %+v, want the stream, once the server is back", seed+1, f.Gone)
			}
		default:
			end++
			near(t, f, "publish.lost", float64(l.Messages), 0)
		}
	}
	if whole == 0 || end == 0 {
		t.Errorf("%d seeds lost the stream and %d its end: this test is to see both", whole, end)
	}
}

// A consumer that its server removes is told as that, and the run does not wait for it.
func TestConsumerIsGone(t *testing.T) {
	t.Parallel()
	events := onVirtual(t, planOf(t, `
name: inactive
consumer: {inactive_threshold: 5s, ack_wait: 5s}
publishers: [{rate: 5/s}]
workers: [{name: w, batch: 10, expires: 2s, service: 10ms}]
faults: [{at: 2s, do: kill, target: w, for: 15s}]
phases: {disturb: 20s, drain: 60s}
`, 1))
	at := int64(0)
	for _, e := range events {
		switch {
		case e.Kind == history.Gone:
			at = e.At
			if e.Target != history.OfConsumer || e.Status != history.NoConsumer {
				t.Errorf("gone: %+v", e)
			}
		case e.Kind == history.Final && (e.Status != history.NoConsumer || e.Stored != 100):
			t.Errorf("the last word is %+v, want no consumer and a stream of 100 messages", e)
		case e.Kind == history.Phase && e.Phase == history.PhaseEnd && (e.Cause() != history.CauseGone || e.At > int64(21*time.Second)):
			t.Errorf("the end is %+v, want it at once", e)
		}
	}
	if at < int64(7*time.Second) || at > int64(12*time.Second) {
		t.Errorf("the consumer is gone at %v", time.Duration(at))
	}
	f := measure.All(events, measure.Asked{})
	if f.Metrics["waiting.count"] != 90 || f.Metrics["lost.count"] != 0 || f.Loss != nil {
		t.Errorf("waiting.count is %v, lost.count %v, and the loss %+v: 90 never came to an end, and the stream has them",
			f.Metrics["waiting.count"], f.Metrics["lost.count"], f.Loss)
	}
}
