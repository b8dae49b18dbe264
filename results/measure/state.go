package measure

import (
	"cmp"
	"slices"

	"pindrop/results/history"
)

// stateBooks are what workers did to the state, by their own words and by the server's log of it.
type stateBooks struct {
	reads    []*history.Event
	effects  []*history.Event
	writes   []*history.Event // every revision that the server kept; by revision, once they are chained
	byKey    map[string][]*history.Event
	standing map[uint64]bool // revisions that are in the final state
}

func (s *stateBooks) observe(e *history.Event) {
	switch e.Kind {
	case history.Read:
		s.reads = append(s.reads, e)
	case history.Effect:
		s.effects = append(s.effects, e)
	case history.Write:
		s.writes = append(s.writes, e)
	}
}

// chain follows, from the last revision of each key, back through the revisions that were read: a write that is on this
// way is in the final state, and all others were written over. No value is believed for that, only which revision each
// write was made from.
func (s *stateBooks) chain() {
	slices.SortFunc(s.writes, func(a, b *history.Event) int { return cmp.Compare(a.Revision, b.Revision) })
	s.byKey, s.standing = map[string][]*history.Event{}, map[uint64]bool{}
	for _, w := range s.writes {
		s.byKey[w.Key] = append(s.byKey[w.Key], w)
	}
	for _, writes := range s.byKey {
		at := writes[len(writes)-1].Revision
		for i := len(writes) - 1; i >= 0; i-- {
			if w := writes[i]; w.Revision == at {
				s.standing[at] = true
				at = w.Base
			}
		}
	}
}

// complete reports whether the server's log of the state is in the history: its last word says how long it is. Histories
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
	rejected := 0
	for _, e := range s.effects {
		if e.Outcome == history.Rejected {
			rejected++
		}
	}
	f.set("guard.rejected", float64(rejected))
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
		if b.state.standing[w.Revision] {
			times[w.Seq]++
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
			if w.ConsumerSeq < newest {
				stale++
			}
			newest = max(newest, w.ConsumerSeq)
		}
	}
	return stale
}

// staleReads counts the reads of an entry that was not the newest. A revision stored at the instant of the question does
// not count: within an instant nothing can be said of what came first.
func (s *stateBooks) staleReads() int {
	stale := 0
	for _, r := range s.reads {
		writes := s.byKey[r.Key]
		next, _ := slices.BinarySearchFunc(writes, r.Revision+1, func(w *history.Event, revision uint64) int {
			return cmp.Compare(w.Revision, revision)
		})
		if next < len(writes) && writes[next].Stamp < r.Stamp {
			stale++
		}
	}
	return stale
}
