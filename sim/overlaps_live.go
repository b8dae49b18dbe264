package sim

import (
	"cmp"
	"math"
	"slices"
	"time"

	"pindrop/results/history"
	"pindrop/scenarios"
)

// overlapsSure is how far behind the clock an instant is when no more events of it are expected: a writer that is not frozen
// has by then written what it had looked at the clock for, also on a machine that is busy with other things.
const overlapsSure = 2 * time.Second

// liveOverlaps are the overlaps of a run that goes on, from events that may come late: whoever freezes between its look at
// the clock and its record writes the record when it thaws. So they are told twice: as they look now, which a late event may
// correct; and as far as they are sure, which never goes back. The zero value has seen nothing.
type liveOverlaps struct {
	now, sure overlaps
	turns     []turn // those that are not in sure; in order once sort has been called
	shown     int    // how many of them are in now
	sorted    int    // how many of them are in order
	late      bool   // one came that is older than what now has seen
	freezes   []liveFreeze
}

// liveFreeze is a freeze, as far as it is known.
type liveFreeze struct {
	fault    int32
	worker   string
	from, to int64 // to is math.MaxInt64 until it is over
}

// see takes in an event of any log.
func (l *liveOverlaps) see(e *history.Event) {
	switch {
	case e.Kind == history.Fault && e.Do == scenarios.DoFreeze:
		l.freezes = append(l.freezes, liveFreeze{e.Fault, e.Target, e.At, math.MaxInt64})
	case e.Kind == history.Heal:
		l.thaw(e.At, func(f liveFreeze) bool { return f.fault == e.Fault && (e.Target == "" || e.Target == f.worker) })
	}
	t, ok := turnOf(e)
	if !ok {
		return
	}
	if t.by == 0 {
		l.thaw(e.At, func(f liveFreeze) bool { return f.worker == t.worker })
	}
	l.late = l.late || t.at < l.now.at
	l.turns = append(l.turns, t)
}

// thaw ends the freezes that are meant.
func (l *liveOverlaps) thaw(at int64, meant func(liveFreeze) bool) {
	for i := range l.freezes {
		if f := &l.freezes[i]; f.to == math.MaxInt64 && meant(*f) {
			f.to = at
		}
	}
}

// pass lets time go by until an instant since the run's origin; at the end of the run nothing comes late any more.
func (l *liveOverlaps) pass(to time.Duration, ended bool) {
	l.sort()
	now, sure := int64(to-followLag), l.surely(int64(to))
	if ended {
		now, sure = math.MaxInt64, math.MaxInt64
	}
	if l.late {
		l.now, l.shown, l.late = l.sure.clone(), 0, false
	}
	l.shown += l.now.take(l.turns[l.shown:], now)
	l.now.pass(min(now, int64(to)))
	passed := l.sure.take(l.turns, sure)
	l.sure.pass(min(sure, int64(to)))
	l.turns = slices.Delete(l.turns, 0, passed)
	l.shown, l.sorted = l.shown-passed, len(l.turns)
}

// surely is the instant of which, and before which, everything is known.
func (l *liveOverlaps) surely(to int64) int64 {
	sure := to - int64(overlapsSure)
	l.freezes = slices.DeleteFunc(l.freezes, func(f liveFreeze) bool { return f.to < sure })
	for _, f := range l.freezes {
		sure = min(sure, f.from-int64(overlapsSure))
	}
	return sure
}

// sort puts the turns in order, of which most are.
func (l *liveOverlaps) sort() {
	byTime := func(a, b turn) int { return cmp.Compare(a.at, b.at) }
	fresh := l.turns[l.sorted:]
	slices.SortStableFunc(fresh, byTime)
	if l.sorted > 0 && len(fresh) > 0 && fresh[0].at < l.turns[l.sorted-1].at {
		slices.SortStableFunc(l.turns, byTime)
	}
	l.sorted = len(l.turns)
}
