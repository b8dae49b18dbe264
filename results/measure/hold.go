package measure

import "slices"

// hold is a time in which a partition kept everything that went one way between a worker and the server. What was on its way arrives
// when it ends, or never. A freeze is no hold: what the worker had sent still reaches the server, it sends nothing meanwhile, and
// what the server sends waits in the worker's kernel.
type hold struct {
	Span
	lost bool // it ended with the worker, not with a heal: what was on its way is gone as well
}

// barrier is what partitions do to one way of a worker's links.
type barrier struct {
	faults []int32 // that are not healed
	from   int64   // since when they hold; never
	holds  []hold  // that are over
}

// raise begins a hold for a fault, if none lasts already.
func (r *barrier) raise(fault int32, at int64) {
	r.faults = append(r.faults, fault)
	if r.from == never {
		r.from = at
	}
}

// lower ends what a fault did, and the hold once no other keeps it up.
func (r *barrier) lower(fault int32, at int64) {
	r.faults = slices.DeleteFunc(r.faults, func(f int32) bool { return f == fault })
	if len(r.faults) == 0 {
		r.end(at, false)
	}
}

// cut loses what the hold kept: the connection is no more. The partition goes on, and keeps what is sent through the next one.
func (r *barrier) cut(at int64) {
	r.end(at, true)
	if len(r.faults) > 0 {
		r.from = at
	}
}

// end ends the hold, whatever kept it up.
func (r *barrier) end(at int64, lost bool) {
	if r.from != never {
		r.holds = append(r.holds, hold{Span{r.from, at}, lost})
		r.from = never
	}
}

// spans are the holds that are over.
func (r *barrier) spans() []Span {
	var spans []Span
	for _, h := range r.holds {
		spans = append(spans, h.Span)
	}
	return spans
}

// barriers are the ways of a worker's links that a partition closes; an old history does not say which, and means both.
func (w *worker) barriers(way string) []*barrier {
	switch way {
	case wayIn:
		return []*barrier{&w.in}
	case wayOut:
		return []*barrier{&w.out}
	}
	return []*barrier{&w.in, &w.out}
}

// reaches is when the server gets what the worker sent at an instant; never if it does not. What was sent in the instant
// of the fault still passed.
func (w *worker) reaches(at int64) int64 {
	at = w.way.arrival(at)
	for _, h := range w.out.holds {
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
	if len(w.in.holds)+len(w.frozen) == 0 {
		return Span{}, false
	}
	if w.kept == nil {
		w.kept = union(slices.Concat(w.frozen, w.in.spans()))
	}
	for _, k := range w.kept {
		if k.From < at && at <= k.To+w.way.trip(k.To)+healSlack {
			return k, true
		}
	}
	return Span{}, false
}
