package sim

import (
	"fmt"
	"time"

	"pindrop/results/history"
)

// open is what all consumers that are still there have to deliver and to see acked.
func (w *watcher) open() (pending, ackPending int64, err error) {
	for _, shard := range w.present() {
		state, err := w.consumer(shard)
		if err != nil {
			return 0, 0, err
		}
		pending, ackPending = pending+state.Pending, ackPending+state.AckPending
	}
	return pending, ackPending, nil
}

// drainPoll is how often the end of the drain is asked for.
const drainPoll = 100 * time.Millisecond

// drained waits until nothing waits, nothing is unacknowledged and no worker has anything in hand; else the end says why
// not. Between two questions it lets the consumers alone, whose dead pulls each question prunes.
func (w *watcher) drained() ending {
	if len(w.run.order) == 0 {
		return ending{history.CauseIdle, history.EndIdle}
	}
	limit := time.Now().Add(w.run.site.plan.Scenario.Phases.Drain.D())
	there := time.Now()
	var hands hands
	for {
		pending, ackPending, err := w.open()
		empty := hands.empty(w.run.order)
		code := absent(err)
		if code == 0 {
			there = time.Now()
		}
		switch {
		case w.ctx.Err() != nil:
			return w.run.interruption()
		case code != 0 && time.Since(there) >= w.run.patience:
			return ending{history.CauseGone, endOf[code]}
		case err == nil && pending == 0 && ackPending == 0 && empty && len(w.present()) < len(w.run.site.shards()):
			return ending{history.CauseGone, history.EndDeleted}
		case err == nil && pending == 0 && ackPending == 0 && empty:
			return drained
		case !time.Now().Before(limit) && err != nil:
			return ending{history.CauseNotDrained, err.Error()}
		case !time.Now().Before(limit):
			return ending{history.CauseNotDrained, fmt.Sprintf("%d messages waiting, %d unacknowledged and %d in the workers' hands after a drain of %v",
				pending, ackPending, hands.held, w.run.site.plan.Scenario.Phases.Drain)}
		}
		select {
		case <-time.After(drainPoll):
		case <-w.ctx.Done():
		case <-w.run.failed:
			return w.run.failure()
		}
	}
}

// hands follows what the workers have in hand: where messages are acknowledged before their work is done, or not at
// all, the server cannot know.
type hands struct {
	held  int64
	still int // questions since it last changed
}

// stillMax is after how many questions without a change, and without a handler in service, what is held is what the
// client library has thrown away: the rest of a fetch that ended, say.
const stillMax = 20

// empty reports whether nobody has anything in hand.
func (h *hands) empty(workers []*worker) bool {
	held, working := int64(0), false
	for _, w := range workers {
		if l := w.current(); l != nil {
			has, serving := l.hands()
			held += max(0, has)
			working = working || serving > 0
		}
	}
	if h.still++; held != h.held {
		h.held, h.still = held, 0
	}
	return !working && (held == 0 || h.still >= stillMax)
}
