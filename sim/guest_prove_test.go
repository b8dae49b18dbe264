//go:build prove

package sim

import (
	"context"
	"errors"
	"strings"
	"testing"
	"time"

	"pindrop/results/history"
)

// contended is a scenario in which workers race for every message.
const contended = `
name: contended
consumer: {priority_policy: overflow, priority_groups: [g], ack_wait: 2s, max_ack_pending: 60}
publishers: [{count: 2, rate: 100/s, keys: 20}]
workers: [{name: w, count: 6, batch: 10, expires: 3s, service: 40ms}]
faults: [{at: 1s, do: kill, target: w3}]
phases: {disturb: 3s, drain: 30s}
`

// A guest repeats also what many workers race for, and another seed gives another history.
func TestGuestRepeats(t *testing.T) {
	t.Parallel()
	one, again := digestOf(t, inGuest(t, planOf(t, contended, 1))), digestOf(t, inGuest(t, planOf(t, contended, 1)))
	if one != again {
		t.Errorf("digests %s and %s of one seed", one, again)
	}
	if other := digestOf(t, inGuest(t, planOf(t, contended, 2))); other == one {
		t.Error("two seeds gave one history")
	}
}

// What a guest has logged is there whatever ends it: here somebody who does not want the rest.
func TestGuestCutShort(t *testing.T) {
	t.Parallel()
	m, err := theGuest()
	if err != nil {
		t.Fatal(err)
	}
	ctx, cancel := context.WithCancel(context.Background())
	defer cancel()
	d := dirs(t)
	plan := planOf(t, strings.Replace(contended, "disturb: 3s", "disturb: 1000h", 1), 1)
	err = InGuest(ctx, Guest{Module: m.Path, Cache: m.Cache}, plan, d, guestLimit, func(at time.Duration) {
		if at > 3*time.Second {
			cancel()
		}
	})
	if !errors.Is(err, context.Canceled) {
		t.Fatalf("it ended with %v", err)
	}
	var last time.Duration
	handled := 0
	for _, e := range readLogs(t, d) {
		last = max(last, time.Duration(e.At))
		if e.Kind == history.End {
			handled++
		}
	}
	if last < 3*time.Second || handled < 100 {
		t.Errorf("%d messages are in the logs as handled, which end after %v, and 3s were over", handled, last)
	}
}
