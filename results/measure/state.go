package measure

import (
	"cmp"
	"slices"

	"pindrop/results/history"
)

// stateBooks are what workers did to the state, by their own words and by the server's log of it.
type stateBooks struct {
	reads    []stateRead
	effects  map[history.Outcome][]written // what workers say of their writes
	writes   []stateWrite                  // every revision that the server kept; by revision, once they are chained
	byKey    map[string][]stateWrite
	standing map[uint64]bool // revisions that are in the final state
}

// stateRead is an entry that a worker had in hand, and when it asked for it.
type stateRead struct {
	key      string
	revision uint64
	asked    int64
}

// written is a write, as both a worker and the server speak of it. Without an answer there is no revision.
type written struct {
	worker, key string
	revision    uint64
	seq         uint64
	delivery    uint32
}

// stateWrite is a revision that the server kept, and what it says of itself.
type stateWrite struct {
	written
	base        uint64 // the revision that it was made from
	consumerSeq uint64 // of the delivery that it was made for
	count       int64
	sum         uint64
	stored      int64
}

func (s *stateBooks) observe(e *history.Event) {
	w := written{worker: e.Actor, key: e.Key, revision: e.Revision, seq: e.Seq, delivery: e.Delivery}
	switch e.Kind {
	case history.Read:
		s.reads = append(s.reads, stateRead{e.Key, e.Revision, e.Stamp})
	case history.Effect:
		if s.effects == nil {
			s.effects = map[history.Outcome][]written{}
		}
		s.effects[e.Outcome] = append(s.effects[e.Outcome], w)
	case history.Write:
		w.worker = e.Worker
		s.writes = append(s.writes, stateWrite{w, e.Base, e.ConsumerSeq, e.Count, e.Sum, e.Stamp})
	}
}

// chain follows, from the last revision of each key, back through the revisions that were read: a write that is on this
// way is in the final state, and all others were written over. No value is believed for that, only which revision each
// write was made from.
func (s *stateBooks) chain() {
	slices.SortFunc(s.writes, func(a, b stateWrite) int { return cmp.Compare(a.revision, b.revision) })
	s.byKey, s.standing = map[string][]stateWrite{}, map[uint64]bool{}
	for _, w := range s.writes {
		s.byKey[w.key] = append(s.byKey[w.key], w)
	}
	for _, writes := range s.byKey {
		at := writes[len(writes)-1].revision
		for i := len(writes) - 1; i >= 0; i-- {
			if w := writes[i]; w.revision == at {
				s.standing[at] = true
				at = w.base
			}
		}
	}
}

// stateComplete reports whether the server's log of the state is in the history: its last word says how long it is. Histories
// made by hand may have no last word.
func (b *books) stateComplete() bool {
	if b.final == nil {
		return len(b.state.writes) > 0
	}
	return b.final.Count == int64(len(b.state.writes))
}

// measureState compares the final state with the only right one: every message that ended ok, once. It counts the whole
// run, since the final state is that of the whole run.
func (b *books) measureState(f *Findings) {
	s := &b.state
	if len(s.reads)+len(s.effects)+len(s.writes) == 0 {
		return
	}
	s.chain()
	f.set("guard.rejected", float64(len(s.effects[history.Rejected])))
	if !b.stateComplete() {
		f.warn("the server's log of the state is not in the history: what became of the writes is not known")
		return
	}
	lost, double := b.changes()
	f.set("guard.applied", float64(len(s.writes)))
	f.set("guard.lost_update", float64(lost))
	f.set("guard.double_apply", float64(double))
	f.set("guard.stale_write", float64(s.staleWrites()))
	f.set("guard.stale_read", float64(s.staleReads()))
}

// changes counts the messages that ended ok and are not in the final state, and those that are in it more than once.
func (b *books) changes() (lost, double int) {
	times := map[uint64]int{}
	for _, w := range b.state.writes {
		if b.state.standing[w.revision] {
			times[w.seq]++
		}
	}
	for i := range b.messages {
		m := &b.messages[i]
		if m.oks > 0 && times[m.seq] == 0 {
			lost++
		}
	}
	for _, n := range times {
		if n > 1 {
			double++
		}
	}
	return lost, double
}

// staleWrites counts the writes into an entry that held one of a later delivery already.
func (s *stateBooks) staleWrites() int {
	stale := 0
	for _, writes := range s.byKey {
		newest := uint64(0)
		for _, w := range writes {
			if w.consumerSeq < newest {
				stale++
			}
			newest = max(newest, w.consumerSeq)
		}
	}
	return stale
}

// staleReads counts the reads of an entry that was not the newest. A revision stored at the instant of the question does
// not count: within an instant nothing can be said of what came first.
func (s *stateBooks) staleReads() int {
	stale := 0
	for _, r := range s.reads {
		writes := s.byKey[r.key]
		next, _ := slices.BinarySearchFunc(writes, r.revision+1, func(w stateWrite, revision uint64) int {
			return cmp.Compare(w.revision, revision)
		})
		if next < len(writes) && writes[next].stored < r.asked {
			stale++
		}
	}
	return stale
}
