package sim

import (
	"context"
	"fmt"
	"strings"
	"sync/atomic"
	"time"
)

// pacing is the least virtual time that a run has to make in every window of real time. The backlog takes none, however long that
// lasts: only the wall deadline bounds it.
type pacing struct {
	window time.Duration
	least  time.Duration
}

// pace asks for far less than a guest makes on a slow and busy machine. A server that works for ever in one instant makes nothing.
var pace = pacing{window: time.Minute, least: 10 * time.Second}

// watch ends a context with [ErrNoProgress] when the run of which the returned progress is told is too slow.
func (p pacing) watch(ctx context.Context, progress Progress) (context.Context, Progress, func()) {
	ctx, end := context.WithCancelCause(ctx)
	var now atomic.Int64
	go func() {
		every := time.NewTicker(p.window)
		defer every.Stop()
		for was := int64(0); ; {
			select {
			case <-every.C:
			case <-ctx.Done():
				return
			}
			is := now.Load()
			if made := time.Duration(is - was); was > int64(time.Millisecond) && made < p.least {
				end(fmt.Errorf("%w: after %v it made %v in %v of real time, and has to make %v", ErrNoProgress,
					time.Duration(was).Round(time.Millisecond), made.Round(time.Millisecond), p.window, p.least))
				return
			}
			was = is
		}
	}()
	told := func(at time.Duration) {
		now.Store(int64(at))
		progress(at)
	}
	return ctx, told, func() { end(nil) }
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
