package sim

import (
	"encoding/json"
	"math"
	"testing"
	"time"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// count is how many events of a kind lie between two times since the start of disturb.
func count(events []history.Event, kind history.Kind, from, to time.Duration) int {
	n, start := 0, int64(never)
	for _, e := range events {
		if e.Kind == history.Phase && e.Phase == history.PhaseDisturb {
			start = e.At
		}
		if start != never && e.Kind == kind && e.At >= start+int64(from) && e.At < start+int64(to) {
			n++
		}
	}
	return n
}

// An update takes effect at once, leaves every other setting as it was, and the history has the new configuration. With
// ten handlers the limit is what keeps them from work: a message costs 100 ms of a slot.
func TestUpdate(t *testing.T) {
	const scenario = `
name: update
consumer: {max_ack_pending: 2, ack_wait: 20s}
publishers: [{backlog: 1000}]
workers: [{name: w, batch: 20, concurrency: 10, service: 100ms, jitter: 0}]
faults: [{at: 5s, do: update, set: {max_ack_pending: 10, max_deliver: 7, backoff: [30s, 1m]}}]
phases: {disturb: 10s, drain: 60s}
`
	events := onVirtual(t, planOf(t, scenario, 1))
	if n := count(events, history.End, 1*time.Second, 5*time.Second); n < 78 || n > 80 {
		t.Errorf("%d messages ended in the 4s before the update, want 20 a second", n)
	}
	if n := count(events, history.End, 6*time.Second, 10*time.Second); n < 390 || n > 400 {
		t.Errorf("%d messages ended in the 4s after it, want 100 a second", n)
	}
	var last struct {
		MaxAckPending int             `json:"max_ack_pending"`
		MaxDeliver    int             `json:"max_deliver"`
		BackOff       []time.Duration `json:"backoff"`
		Durable       string          `json:"durable_name"`
	}
	for _, e := range events {
		if e.Kind == history.Config {
			if err := json.Unmarshal(e.Consumer, &last); err != nil {
				t.Fatal(err)
			}
		}
	}
	if last.MaxAckPending != 10 || last.MaxDeliver != 7 || len(last.BackOff) != 2 || last.BackOff[1] != time.Minute || last.Durable != consumerName {
		t.Errorf("the last configuration is %+v", last)
	}
	if f := measure.All(events, measure.Asked{Faults: 1}); f.Metrics["lost.count"] != 0 {
		t.Errorf("%v messages are lost", f.Metrics["lost.count"])
	}
}

// An update that the server refuses has not happened.
func TestUpdateRefused(t *testing.T) {
	const scenario = `
name: update-refused
publishers: [{backlog: 10}]
workers: [{name: w}]
faults: [{at: 1s, do: update, set: {deliver_policy: new}}]
phases: {disturb: 2s, drain: 10s}
`
	events := onVirtual(t, planOf(t, scenario, 1))
	if n := count(events, history.Fault, 0, time.Minute); n != 0 {
		t.Errorf("%d faults are in the history, want none", n)
	}
}

// An update of the stream takes effect at once, and the history has the new configuration; what the server refuses has
// not happened, unless the scenario speaks of refusals.
func TestUpdateStream(t *testing.T) {
	const scenario = `
name: update-stream
publishers: [{rate: 10/s}]
workers: []
faults:
  - {at: 5s, do: update, target: stream, set: {max_msgs: 7, consumer_limits: {max_ack_pending: 2000}}}
  - {at: 7s, do: update, target: stream, set: {storage: file}}
phases: {disturb: 10s}
`
	for expect, faults := range map[string]int{"expect=[]": 1, "expect=[config.refused == 10052]": 2} {
		events := onVirtual(t, planOf(t, scenario, 1, expect))
		if n := count(events, history.Fault, 0, time.Minute); n != faults {
			t.Errorf("%s: %d faults are in the history, want %d", expect, n, faults)
		}
		var last struct {
			MaxMsgs int64  `json:"max_msgs"`
			Storage string `json:"storage"`
			Limits  struct {
				MaxAckPending int `json:"max_ack_pending"`
			} `json:"consumer_limits"`
		}
		refused := ""
		for _, e := range events {
			if e.Kind == history.Config && e.Status != 0 {
				refused += e.Target
			} else if e.Kind == history.Config {
				if err := json.Unmarshal(e.Stream, &last); err != nil {
					t.Fatal(err)
				}
			}
			if e.Kind == history.Final && e.Stored != 7 {
				t.Errorf("%s: %d messages stored in the end, want 7", expect, e.Stored)
			}
		}
		if last.MaxMsgs != 7 || last.Limits.MaxAckPending != 2000 || last.Storage != "memory" || refused != "stream" {
			t.Errorf("%s: the last configuration is %+v, refused: %q", expect, last, refused)
		}
	}
}

// A consumer that begins paused delivers when its span is over, on a clock that begins in the year 2000 as well. A start
// time is looked up when the consumer is created: before the first message, whatever the time.
func TestTimesOfConsumer(t *testing.T) {
	const scenario = `
name: pause-until
publishers: [{rate: 10/s}]
workers: [{count: 1}]
phases: {disturb: 13s, drain: 60s}
`
	for set, silent := range map[string]time.Duration{
		"consumer={pause_until: 10s}": 10 * time.Second, "consumer={pause_until: -10s}": 0,
		"consumer={deliver_policy: by_start_time, opt_start_time: 10s}":  0,
		"consumer={deliver_policy: by_start_time, opt_start_time: -10s}": 0,
	} {
		events := onVirtual(t, planOf(t, scenario, 1, set))
		silent -= 2 * time.Millisecond // between the creation of the consumer and the disturb phase
		if n := count(events, history.Deliver, 0, silent); n != 0 {
			t.Errorf("%s: %d deliveries in the first %v, want none", set, n, silent)
		}
		n, want := count(events, history.Deliver, 0, silent+time.Second), 10*int((silent+time.Second).Seconds()+1)
		if n < want-1 || n > want {
			t.Errorf("%s: %d deliveries until %v, want %d", set, n, silent+time.Second, want)
		}
		near(t, measure.All(events, measure.Asked{}), "handled.count", 130, 1)
	}
}

// A paused consumer delivers nothing. When its time is over it goes on at once. When it is resumed before, it goes on
// with the next pull, since nobody publishes any more by then: that is how the server is.
func TestPause(t *testing.T) {
	const scenario = `
name: pause
publishers: [{rate: 20/s}]
workers: [{name: w, batch: 10, service: 10ms}]
faults: [{at: 2s, do: pause, for: 3s}, {at: 8s, do: pause}]
phases: {disturb: 10s, drain: 60s}
`
	events := onVirtual(t, planOf(t, scenario, 1))
	for _, paused := range [][2]time.Duration{{2, 5}, {8, 10}} {
		if n := count(events, history.Deliver, paused[0]*time.Second, paused[1]*time.Second); n != 0 {
			t.Errorf("%d deliveries from %v s to %v s, want none", n, paused[0], paused[1])
		}
	}
	f := measure.All(events, measure.Asked{Faults: 2})
	if n := count(events, history.Deliver, 5*time.Second, 5001*time.Millisecond); n == 0 {
		t.Error("no deliveries when the first pause was over")
	}
	if n := count(events, history.Deliver, 10*time.Second, 20*time.Second); n != 0 {
		t.Errorf("%d deliveries in the 10s after the consumer was resumed before its time; want none until the next pull", n)
	}
	near(t, f, "handled.count", 200, 1)
	near(t, f, "lost.count", 0, 0)
}

// What a purge removes is accounted for as removed: what waits, and what a worker holds and did not finish. That holds
// also where the publishers learn only after the purge that a message was stored before it.
func TestPurge(t *testing.T) {
	const scenario = `
name: purge
publishers: [{backlog: 100, rate: 50/s}]
workers: [{name: w, batch: 10, service: 100ms, jitter: 0}]
faults: [{at: 2003ms, do: purge}, {at: 2050ms, do: restart, target: w1}]
phases: {disturb: 4s, drain: 60s}
`
	for _, latency := range []string{"0s", "40ms"} {
		t.Run(latency, func(t *testing.T) {
			t.Parallel()
			f := measured(t, scenario, 1, "network.latency="+latency)
			near(t, f, "lost.count", 0, 0)
			near(t, f, "waiting.count", 0, 0)
			near(t, f, "removed.count", 180, 4) // of 200 stored until then, some 20 are handled
			near(t, f, "handled.count", f.Metrics["stored.count"]-f.Metrics["removed.count"], 0)
			near(t, f, "backlog.max", 173, 3)
		})
	}
}

// A consumer that nobody uses for its inactive_threshold, and up to a second more, is removed: the history says when, the run
// ends at once and in order, and what was left waits in the stream. One with a longer threshold stays.
func TestConsumerRemoved(t *testing.T) {
	events := onVirtual(t, planOf(t, "consumer-removed", 1, "consumer.inactive_threshold=14s"))
	f := measure.All(events, measure.Asked{})
	near(t, f, "consumer.removed", 1, 0)
	near(t, f, "waiting.count", 150, 1)
	near(t, f, "lost.count", 0, 0)
	start, gone := int64(0), int64(0)
	for _, e := range events {
		switch {
		case e.Phase == history.PhaseDisturb:
			start = e.At
		case e.Kind == history.Deleted:
			gone = e.At
		case e.Phase == history.PhaseEnd && (e.Reason != history.EndDeleted || e.At-start > int64(41*time.Second)):
			t.Errorf("the run ended at %v because %q", time.Duration(e.At-start), e.Reason)
		}
	}
	if at := time.Duration(gone - start); at < 24*time.Second || at > 25*time.Second {
		t.Errorf("the consumer was removed at %v, want 14 s after the workers, and up to a second more", at)
	}
	if d := f.Diagnosis; d.Cause != measure.CauseRemoved {
		t.Errorf("%s: %s", d.Cause, d.Text)
	}
	stays := measured(t, "consumer-removed", 1, "consumer.inactive_threshold=22s")
	near(t, stays, "consumer.removed", 0, 0)
	near(t, stays, "lost.count", 0, 0)
}

// The server tells when a consumer is paused, and when that is over.
func TestPauseIsTold(t *testing.T) {
	events := onVirtual(t, planOf(t, "steady", 1, "faults=[{at: 5s, do: pause, for: 4s}]", "phases.disturb=12s"))
	if paused, resumed := count(events, history.Paused, 0, 6*time.Second), count(events, history.Resumed, 8*time.Second, 10*time.Second); paused != 1 || resumed != 1 {
		t.Errorf("paused %d times, resumed %d times, want once each", paused, resumed)
	}
	f := measure.All(events, measure.Asked{Faults: 1})
	if d := f.Diagnosis; d.Cause != measure.CausePaused || math.Abs(d.Causes[0].Cost-4) > 0.1 {
		t.Errorf("%+v", d)
	}
}
