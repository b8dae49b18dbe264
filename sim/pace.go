package sim

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"
)

// pulse is what is seen of a run from outside its bubble: the time of its newest event, and how many there were.
type pulse struct{ at, events atomic.Int64 }

// pacing is the least that a run has to make in every window of real time: so much virtual time, or so many events, for a backlog is
// published in no virtual time.
type pacing struct {
	window time.Duration
	least  time.Duration
	events int64
}

// pace asks for far less than a guest makes on a slow and busy machine. A server that works for ever in one instant makes nothing.
var pace = pacing{window: time.Minute, least: 10 * time.Second, events: 10_000}

// watch ends a context with [ErrNoProgress] when a run is too slow, once it has begun. The run tells the function that is returned
// how far it is, and that one progress.
func (p pacing) watch(ctx context.Context, progress Progress) (_ context.Context, hear func(at time.Duration, events int64), stop func()) {
	ctx, end := context.WithCancelCause(ctx)
	var now pulse
	go func() {
		every := time.NewTicker(p.window)
		defer every.Stop()
		for at, events := int64(0), int64(0); ; {
			select {
			case <-every.C:
			case <-ctx.Done():
				return
			}
			made, more := time.Duration(now.at.Load()-at), now.events.Load()-events
			if events > 0 && made < p.least && more < p.events {
				end(fmt.Errorf("%w: in %v of real time the run made %v and %d events; the least is %v, or %d events", ErrNoProgress,
					p.window, made.Round(time.Millisecond), more, p.least, p.events))
				return
			}
			at, events = at+int64(made), events+more
		}
	}()
	hear = func(at time.Duration, events int64) {
		now.at.Store(int64(at))
		now.events.Store(events)
		progress(at)
	}
	return ctx, hear, func() { end(nil) }
}

// panicked is the panic with which a server ended the process that it is in, by what the process said last; "" where it was not a
// server that panicked.
func panicked(trouble string) string {
	what, stack, _ := strings.Cut(trouble, "\n\ngoroutine ")
	for line := range strings.Lines(stack) {
		switch function := strings.TrimSpace(line); {
		case strings.HasPrefix(line, "\t"), strings.HasPrefix(function, "panic("), strings.HasPrefix(function, "runtime."), strings.HasSuffix(function, "]:"):
		case strings.HasPrefix(function, "github.com/nats-io/nats-server/"):
			return strings.TrimSpace(what)
		default:
			return ""
		}
	}
	return ""
}
