package history

import (
	"cmp"
	"slices"
)

// Acts are the faults, damages, heals, starts and stops of one instant. Nobody saw in which order things happened within it, so there is one
// rule, which the driver of a run keeps, and which everything that reads histories goes by:
//
//  1. What publishers, workers and servers do comes first: the nemesis acts when all else of the instant has settled.
//  2. Faults, damages and heals follow in the order in which the nemesis numbered them.
//  3. A start comes before the first fault that names its incarnation or a later one, and a stop before the first that names a
//     later one. All others come behind the faults.
//  4. What a worker does from a connect on is its new incarnation's, if it starts in that instant: the acts up to the start come
//     before the connect.
//
// The zero value is an instant without any.
type Acts struct {
	acts    []Event
	ordered bool
}

// Add takes in an event of the instant, and reports whether it is an act.
func (a *Acts) Add(e *Event) bool {
	switch e.Kind {
	case Fault, Damage, Heal, Start, Stop:
		a.acts, a.ordered = append(a.acts, *e), false
		return true
	}
	return false
}

// Settle are the acts that are left at the end of the instant, in the order in which they take effect. It forgets them; the list is good
// until the next [Acts.Add].
func (a *Acts) Settle() []Event {
	a.order()
	all := a.acts
	a.acts = a.acts[:0]
	return all
}

// Connect are the acts of a worker that come before it connects, up to its last start; none where it does not start. It forgets them.
func (a *Acts) Connect(worker string) []Event {
	own := func(e Event) bool {
		return e.Worker == worker && (e.Kind == Start || e.Kind == Stop) || e.Target == worker && e.Kind == Fault
	}
	if !slices.ContainsFunc(a.acts, func(e Event) bool { return e.Kind == Start && own(e) }) {
		return nil
	}
	a.order()
	last := len(a.acts) - 1
	for ; !own(a.acts[last]) || a.acts[last].Kind != Start; last-- {
	}
	var before, left []Event
	for i, e := range a.acts {
		if i <= last && own(e) {
			before = append(before, e)
		} else {
			left = append(left, e)
		}
	}
	a.acts = left
	return before
}

// order puts the acts into the order of the rule.
func (a *Acts) order() {
	if a.ordered || len(a.acts) < 2 {
		return
	}
	var ordered, renewals []Event
	for _, e := range a.acts {
		if e.Kind == Start || e.Kind == Stop {
			renewals = append(renewals, e)
		} else {
			ordered = append(ordered, e)
		}
	}
	slices.SortStableFunc(ordered, func(e, o Event) int { return cmp.Compare(e.N, o.N) })
	slices.SortStableFunc(renewals, func(e, o Event) int { return cmp.Compare(e.Incarnation, o.Incarnation) })
	for _, r := range renewals {
		meets := func(e Event) bool {
			later := e.Incarnation > r.Incarnation || r.Kind == Start && e.Incarnation == r.Incarnation
			return e.Kind == Fault && e.Target == r.Worker && r.Incarnation > 0 && later
		}
		at := slices.IndexFunc(ordered, meets)
		if at < 0 {
			at = len(ordered)
		}
		ordered = slices.Insert(ordered, at, r)
	}
	a.acts, a.ordered = ordered, true
}
