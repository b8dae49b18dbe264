package measure

// hold is a time in which a freeze or a partition kept everything between a worker and the server. What was on its way
// arrives when it ends, or never.
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
	if w.heldFrom == never || len(w.freezes) > 0 || len(w.partitions) > 0 {
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

// heldBack is the hold that may have delayed what arrived at an instant.
func (w *worker) heldBack(at int64) (hold, bool) {
	for _, h := range w.holds {
		if h.From < at && at <= h.To+w.way.trip(h.To)+healSlack {
			return h, true
		}
	}
	return hold{}, false
}
