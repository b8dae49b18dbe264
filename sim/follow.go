package sim

import (
	"encoding/json"
	"os"
	"path/filepath"
	"time"

	"pindrop/results/history"
)

// followLag is how long the follower waits before it shows what happened at an instant: a writer needs a moment from its look
// at the clock to its record. One that needs longer corrects what was shown; see [liveOverlaps].
const followLag = 100 * time.Millisecond

// followPer is how often, for each worker, its logs are looked at, at most: a thousand workers once a second.
const followPer = time.Millisecond

// follower reads the logs of a run that somebody watches while they are written, as files, with what works in other
// processes: so what is shown live is counted from the same events as the result, and whoever works is not slowed by a
// counter more. Where logs are no mapped files (see logFile), it sees nothing before the end.
type follower struct {
	dir     string
	pinned  bool
	tails   []*logTail
	scratch []byte
	looked  time.Time

	counts
	limits   map[int32]int64 // of ack pending, by consumer, as the server gave them
	overlaps liveOverlaps
}

// counts are messages, of the whole run.
type counts struct {
	delivered, redelivered int64            // deliveries, and those of them numbered above 1
	handled                int64            // messages that ended ok, each once
	by                     map[string]int64 // by worker: handlings that ended ok
	done                   []uint64         // a bit for each sequence that ended ok
}

// logTail is the tail of one file.
type logTail struct {
	history.Tail
	path string
}

func newFollower(r *run) *follower {
	f := &follower{
		dir: r.site.rec.dir, pinned: r.pinned(), limits: map[int32]int64{}, counts: counts{by: map[string]int64{}},
	}
	names := []string{history.Nemesis, history.Host, history.Watcher}
	for _, w := range r.order {
		names = append(names, w.plan.Name+"."+history.WireIn, w.plan.Name+"."+history.Body)
	}
	for _, name := range names {
		f.tails = append(f.tails, &logTail{path: filepath.Join(f.dir, name+logSuffix)})
	}
	return f
}

// look reads what has been added, and lets the overlaps go on until now, since the run's origin, but for the lag; at the end
// of the run there is nothing to wait for.
func (f *follower) look(now time.Duration, ended bool) {
	if wait := time.Duration(len(f.tails)) * followPer; !ended && time.Since(f.looked) < wait {
		return
	}
	f.looked = time.Now()
	for _, t := range f.tails {
		f.read(t)
	}
	if f.pinned {
		f.overlaps.pass(now, ended)
	}
}

// read takes in what has been added to one log. One that is not there has not begun, and one that cannot be read is left as
// it is: the result will say what is wrong with it.
func (f *follower) read(t *logTail) {
	file, err := os.Open(t.path)
	if err != nil {
		return
	}
	defer file.Close()
	_ = t.Read(file, &f.scratch, f.see)
}

func (f *follower) see(e *history.Event) {
	switch e.Kind {
	case history.Deliver:
		f.delivered++
		if e.Delivery > 1 {
			f.redelivered++
		}
		return
	case history.Config:
		f.configure(e)
		return
	case history.End:
		if e.Outcome == history.OK {
			f.by[e.Actor]++
			f.finish(e.Seq)
		}
	}
	if f.pinned {
		f.overlaps.see(e)
	}
}

// finish counts a message that ended ok, the first time.
func (c *counts) finish(seq uint64) {
	word, bit := int(seq/64), uint64(1)<<(seq%64)
	if word >= len(c.done) {
		c.done = append(c.done, make([]uint64, max(word+1, 2*len(c.done), 1024)-len(c.done))...)
	}
	if c.done[word]&bit == 0 {
		c.done[word] |= bit
		c.handled++
	}
}

// configure notes the limit of a consumer.
func (f *follower) configure(e *history.Event) {
	var c struct {
		MaxAckPending int64 `json:"max_ack_pending"`
	}
	if e.Status == 0 && len(e.Consumer) > 0 && json.Unmarshal(e.Consumer, &c) == nil {
		f.limits[e.Shard] = c.MaxAckPending
	}
}
