package sim

import (
	"encoding/json"
	"fmt"

	"pindrop/scenarios"
)

// scale changes how many workers of a group there are. It does not heal: a group that grew has grown.
type scale struct {
	run   *run
	group string
	count int
}

func (s scale) String() string {
	return fmt.Sprintf("%s %s to %d", scenarios.DoScale, s.group, s.count)
}

func (s scale) inject(*worker) bool { return s.run.resize(s.group, s.count) }

func (scale) heal(*worker) bool { return false }

// resize starts workers of a group, the lowest numbers first, or drains those with the highest, until count of them
// work; false if that many do. A worker whose start is planned counts as one that works: it starts when that was planned,
// or, where it is one too many, not at all. It is called by the nemesis, and plans the starts apart from each other.
func (r *run) resize(group string, count int) bool {
	working, idle := r.staff(group)
	for i := range min(max(count-len(working), 0), len(idle)) {
		r.startLater(idle[i], i+1)
	}
	for _, w := range working[min(count, len(working)):] {
		if l := w.current(); !w.expect(false) && l != nil {
			l.drain(scenarios.BufferFinish)
		}
	}
	return len(working) != count
}

// staff are the workers of a group that are alive and not about to leave, or are to start, and the others, by number.
func (r *run) staff(group string) (working, idle []*worker) {
	for _, w := range r.order {
		if w.spec.Name != group {
			continue
		}
		if l := w.current(); l != nil && !l.leaving() || w.expected() {
			working = append(working, w)
		} else {
			idle = append(idle, w)
		}
	}
	return working, idle
}

// startLater plans a start in so many steps.
func (r *run) startLater(w *worker, steps int) {
	w.expect(true)
	r.nemesis.plan(r.site.rec.now()+int64(steps)*int64(scenarios.StartApart), w.startAsPlanned)
}

// adapt plans the next look of a group's controller, and with it all that follow.
func (r *run) adapt(w *scenarios.Workers) {
	r.nemesis.plan(r.site.rec.now()+int64(w.Adaptive.Every), func() {
		if share, ok := r.watcher.share(); ok {
			working, _ := r.staff(w.Name)
			r.resize(w.Name, wanted(w.Adaptive, len(working), share))
		}
		r.adapt(w)
	})
}

// wanted is how many workers a controller wants that sees n of them and ack pending at a share of the limit.
func wanted(a *scenarios.Adaptive, n int, share float64) int {
	switch {
	case share >= a.Up:
		n++
	case share <= a.Down:
		n--
	}
	return min(max(n, a.Min), a.Max)
}

// share is the part of the limit at which ack pending stands, at the consumer where that is most; false where the server
// does not say, or has no limit.
func (w *watcher) share() (float64, bool) {
	most, known := 0.0, false
	for _, shard := range w.run.site.shards() {
		if share, ok := w.shareOf(shard); ok {
			most, known = max(most, share), true
		}
	}
	return most, known
}

func (w *watcher) shareOf(shard int32) (float64, bool) {
	var config struct {
		MaxAckPending int64 `json:"max_ack_pending"`
	}
	state, err := w.consumer(shard)
	if err != nil || json.Unmarshal(state.Config, &config) != nil || config.MaxAckPending <= 0 {
		return 0, false
	}
	return float64(state.AckPending) / float64(config.MaxAckPending), true
}
