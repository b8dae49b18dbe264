//go:build unix

package sim

import (
	"context"
	"errors"
	"os"
	"slices"
	"testing"

	"pindrop/results/history"
	"pindrop/results/measure"
)

// short is a drill of a second with workers that are processes.
const short = `
name: short
clock: real
consumer: {priority_policy: pinned_client, priority_timeout: 500ms, priority_groups: [g], ack_wait: 1s}
publishers: [{backlog: 30, keys: 3}]
workers: [{name: w, count: 2, batch: 10, expires: 1s, service: 20ms, host: process}]
faults: []
phases: {warmup: 0s, disturb: 1s, drain: 10s}
`

// What a worker has written down before it is killed is in the history, up to the very event that it was killed at; its
// next life goes on counting where that one stopped.
func TestKilledProcessKeepsItsHistory(t *testing.T) {
	events, _ := onReal(t, context.Background(), short, "faults=[{on: 'begin#4 of pinned', do: restart, for: 100ms}]")
	fault := slices.IndexFunc(events, func(e history.Event) bool { return e.Kind == history.Fault })
	if fault < 0 {
		t.Fatal("no fault")
	}
	var begun []history.Event
	for _, e := range events[:fault] {
		if e.Kind == history.Begin && e.Actor == events[fault].Target {
			begun = append(begun, e)
		}
	}
	if len(begun) != 4 {
		t.Fatalf("%d begins before the kill, want 4", len(begun))
	}
	f := measure.All(events, measure.Asked{})
	for _, p := range f.Premises {
		if !p.OK {
			t.Errorf("broken premise: %s: got %s, wanted %s", p.Name, p.Got, p.Wanted)
		}
	}
	if f.Metrics["handled.count"] != 30 || f.Metrics["redelivery.count"] == 0 {
		t.Errorf("handled %v, redelivered %v", f.Metrics["handled.count"], f.Metrics["redelivery.count"])
	}
}

// A run that is interrupted before its workers are told to live ends all the same, and leaves no process behind.
func TestInterruptedBeforeWorkersLive(t *testing.T) {
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	d := dirs(t)
	plan := planOf(t, short, 1, "workers.0.start=1h", "phases.disturb=2h")
	if err := RealWatched(ctx, plan, d, Access{}, Watch{Tell: func(s Snapshot) {
		if s.Phase != "" {
			cancel()
		}
	}}); err != nil {
		t.Fatal(err)
	}
	events := readLogs(t, d)
	if slices.ContainsFunc(events, func(e history.Event) bool { return e.Kind == history.Start }) {
		t.Error("a worker lived")
	}
	if last := events[len(events)-1]; last.Kind != history.Phase || last.Do != history.CauseInterrupted {
		t.Errorf("the last event is %+v", last)
	}
}

// A worker that is killed while it begins its log leaves a file of zeros, which costs nobody else's log.
func TestLogThatWasNotBegun(t *testing.T) {
	dir := t.TempDir()
	rec, err := newRecorder(dir, nil)
	if err != nil {
		t.Fatal(err)
	}
	rec.write(rec.open(history.Runner, ""), &history.Event{Kind: history.Phase})
	if err := errors.Join(rec.close(), os.WriteFile(dir+"/w1.out.log", make([]byte, 64<<10), 0o666)); err != nil {
		t.Fatal(err)
	}
	if h, _, err := ReadLogs(dir); err != nil || h.Len() != 1 {
		t.Errorf("read %v events: %v", h, err)
	}
}
