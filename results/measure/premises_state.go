package measure

import (
	"fmt"
	"maps"
	"slices"

	"pindrop/results/history"
)

// premiseSums: what the entries say of themselves is what their chains of revisions say: how many messages were applied,
// and the sum of their sequences. Both were counted by different hands: the one by each worker from the value that it
// read, the other from the server's log.
func (b *books) premiseSums(Asked) (Premise, bool) {
	if len(b.state.writes) == 0 {
		return Premise{}, false
	}
	p := Premise{Name: "the state adds up", OK: true, Wanted: "each entry's count and sum those of the writes that led to it"}
	count, sum, wrong := int64(0), uint64(0), 0
	for _, key := range slices.Sorted(maps.Keys(b.state.byKey)) {
		writes := b.state.byKey[key]
		last := writes[len(writes)-1]
		chained, chainedSum := int64(0), uint64(0)
		for _, w := range writes {
			if b.state.standing[w.revision] {
				chained, chainedSum = chained+1, chainedSum+w.seq
			}
		}
		count, sum = count+last.count, sum+last.sum
		if last.count == chained && last.sum == chainedSum {
			continue
		}
		if wrong++; wrong == 1 {
			p.Got = fmt.Sprintf("%s counts %d with the sum %d, its writes %d with the sum %d",
				key, last.count, last.sum, chained, chainedSum)
		}
	}
	p.OK = wrong == 0
	if p.OK {
		p.Got = fmt.Sprintf("%d changes with the sum %d in %d entries", count, sum, len(b.state.byKey))
	} else {
		p.Got = fmt.Sprintf("%d of %d entries do not; %s", wrong, len(b.state.byKey), p.Got)
	}
	return p, true
}

// premiseEffects: every write of which a worker says that it was applied is in the server's log, and every one of the log
// is a worker's, except where nobody could tell it so: it was cut off, or had no answer in time.
func (b *books) premiseEffects(Asked) (Premise, bool) {
	s := &b.state
	if len(s.effects) == 0 || !b.stateComplete() {
		return Premise{}, false
	}
	applied, silent := map[written]bool{}, map[written]int{}
	for _, w := range s.effects[history.Applied] {
		applied[w] = true
	}
	for _, w := range s.effects[history.Unanswered] {
		silent[w]++
	}
	said, unsaid := len(applied), 0
	for _, stored := range s.writes {
		w := stored.written
		if applied[w] {
			delete(applied, w)
			continue
		}
		w.revision = 0
		if silent[w] > 0 {
			silent[w]--
		} else if !b.cutNear(w.worker, stored.stored) {
			unsaid++
		}
	}
	return Premise{
		Name: "workers and server agree on the writes", OK: len(applied) == 0 && unsaid == 0,
		Got: fmt.Sprintf("%d writes in the server's log; of %d that workers speak of, %d are missing there, and %d there are nobody's",
			len(s.writes), said, len(applied), unsaid),
		Wanted: "the same writes, but for those whose answer was lost in a cut",
	}, true
}

// cutNear reports whether a worker was cut, gone or standing still about when its write was stored: the answer may never
// have reached it.
func (b *books) cutNear(name string, at int64) bool {
	w, known := b.names[name]
	if !known {
		return false
	}
	slack := cutSlack + b.workers[w].way.trip(at)
	around := Span{at - slack, at + slack}
	if b.anyCut(around, w) {
		return true
	}
	return slices.ContainsFunc(b.workers[w].down, around.reached) || slices.ContainsFunc(b.workers[w].frozen, around.reached)
}
