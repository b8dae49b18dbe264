package measure

import "slices"

// hold is a time in which a partition kept everything between a worker and the server. What was on its way arrives when it
// ends, or never. A freeze is no hold: what the worker had sent still reaches the server, it sends nothing meanwhile, and
// what the server sends waits in the worker's kernel.
type hold struct {
	Span
	lost bool // it ended with the worker, not with a heal: what the worker had sent is gone as well
}

// hold begins a hold, if none lasts already.
func (w *worker) hold(at int64) {
	if w.heldFrom == never {
		w.heldFrom = at
	}
}

// letGo ends the hold once nothing keeps it up.
func (w *worker) letGo(at int64, lost bool) {
	if w.heldFrom == never || len(w.partitions) > 0 {
		return
	}
	w.holds = append(w.holds, hold{Span{w.heldFrom, at}, lost})
	w.heldFrom = never
}

// reaches is when the server gets what the worker sent at an instant; never if it does not. What was sent in the instant
// of the fault still passed.
func (w *worker) reaches(at int64) int64 {
	at = w.way.arrival(at)
	for _, h := range w.holds {
		switch {
		case at <= h.From || at >= h.To:
		case h.lost:
			return never
		default:
			at = h.To
		}
	}
	return at
}

// heldBack is the time in which a partition or a freeze may have delayed what arrived at an instant.
func (w *worker) heldBack(at int64) (Span, bool) {
	if len(w.holds)+len(w.frozen) == 0 {
		return Span{}, false
	}
	if w.kept == nil {
		w.kept = slices.Clone(w.frozen)
		for _, h := range w.holds {
			w.kept = append(w.kept, h.Span)
		}
		w.kept = union(w.kept)
	}
	for _, k := range w.kept {
		if k.From < at && at <= k.To+w.way.trip(k.To)+healSlack {
			return k, true
		}
	}
	return Span{}, false
}
