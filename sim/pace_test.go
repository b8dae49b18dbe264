package sim

import (
	"context"
	"errors"
	"testing"
	"testing/synctest"
	"time"
)

// A run that makes too little in a minute of real time is ended, and one that makes enough is not: virtual time, or the events of a
// backlog.
func TestPace(t *testing.T) {
	for name, c := range map[string]struct {
		every, made time.Duration
		events      int64
		ends        bool
	}{
		"five virtual seconds a minute":   {every: 12 * time.Second, made: time.Second, events: 100, ends: true},
		"none":                            {every: time.Second, events: 100, ends: true},
		"a server that goes in circles":   {every: time.Second, events: 1, ends: true},
		"a process that stops to tell it": {every: 10 * time.Hour, made: time.Second, events: 1, ends: true},
		"as fast as the real clock":       {every: time.Second, made: time.Second, events: 1},
		"a quarter as fast":               {every: 40 * time.Second, made: 10 * time.Second, events: 1},
		"a backlog that takes an hour":    {every: time.Second, events: 200},
		"a thousand times as fast":        {every: time.Second, made: 1000 * time.Second, events: 1},
		"a set-up that takes long":        {every: time.Second},
	} {
		t.Run(name, func(t *testing.T) {
			synctest.Test(t, func(t *testing.T) {
				told := time.Duration(0)
				ctx, hear, stop := pace.watch(t.Context(), func(at time.Duration) { told = at })
				defer stop()
				at, events := c.made, c.events
				hear(at, events)
				for begun := time.Now(); time.Since(begun) < time.Hour && ctx.Err() == nil; {
					select {
					case <-time.After(c.every):
						at, events = at+c.made, events+c.events
						hear(at, events)
					case <-ctx.Done():
					}
				}
				if ended := errors.Is(context.Cause(ctx), ErrNoProgress); ended != c.ends || told != at {
					t.Errorf("ended: %v (%v), want %v; told of %v, want %v", ended, context.Cause(ctx), c.ends, told, at)
				}
			})
		})
	}
}

// A child that ends because a server gave up or panicked has the server's reason; its own panics stay errors of pindrop.
func TestServerEnds(t *testing.T) {
	server := "panic: runtime error: index out of range [3] with length 2\n\ngoroutine 71 [running]:\npanic({0x1, 0x2})\n\truntime/panic.go:7 +0x1\n" +
		"github.com/nats-io/nats-server/v2/server.(*raft).run(0x1)\n\tserver/raft.go:1 +0x2\n"
	ours := "panic: sim: so\n\ngoroutine 1 [running]:\npindrop/sim.bubble(0x1)\n\tpindrop/sim/bubble.go:43 +0x1\n" +
		"\ngoroutine 2 [select]:\ngithub.com/nats-io/nats-server/v2/server.(*raft).run(0x1)\n"
	if got := panicked(server); got != "panic: runtime error: index out of range [3] with length 2" {
		t.Errorf("got %q of a server's panic", got)
	}
	if got := panicked(ours); got != "" {
		t.Errorf("got %q of our own panic", got)
	}
}
