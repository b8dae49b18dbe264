package measure

import "slices"

const (
	dipMax   = 100e6 // a dip shorter than this does not end a cliff
	stallMin = 100e6 // a time without a new delivery that counts as a stall
)

// measureAckPending measures the messages that were sent and not yet acked, terminated or given up. Where nobody recorded the wire and
// nothing was handled, nobody knows of any.
func (b *books) measureAckPending(f *Findings) {
	if !b.wired && len(b.deliveries) == 0 || b.consumer.AckPolicy == ackNone {
		return
	}
	_, high := b.pending.bounds(b.window)
	f.set("ack_pending.max", float64(high))
	if !b.limited() {
		return
	}
	danger := func(v []int64) bool { return v[1] > 0 && 5*v[0] >= 4*v[1] }
	total, _ := extent(during(b.window, danger, b.pending, b.limit))
	f.setTime("cliff.danger", total)
}

// limited reports whether ack pending ever had a limit that is known.
func (b *books) limited() bool {
	return slices.ContainsFunc(b.limit, func(s step) bool { return s.v > 0 })
}

// measureCliffs finds the times at the limit while new messages wait, both as the server sees them. Where either dips for less than
// dipMax, it is still the same cliff; a cliff begins when the limit is reached while messages wait, and has none where it never is.
func (b *books) measureCliffs(f *Findings) {
	if !b.limited() || !b.knowsQueue() || b.consumer.AckPolicy == ackNone {
		return
	}
	// One more nanosecond: the state after the last instant bridges a dip as well.
	upToLast := Span{b.whole.From, b.whole.To + 1}
	atLimit := during(upToLast, func(v []int64) bool { return v[1] > 0 && v[0] >= v[1] }, b.pending, b.limit)
	waiting := during(b.whole, func(v []int64) bool { return v[0] > 0 }, b.queued)
	full := intersect(atLimit, waiting)
	var cliffs []Span
	for _, s := range bridge(intersect(bridge(atLimit, dipMax-1), waiting), dipMax-1) {
		if reached := intersect([]Span{s}, full); len(reached) > 0 {
			cliffs = append(cliffs, Span{reached[0].From, s.To})
		}
	}
	cliffs = intersect(cliffs, []Span{b.window})
	var stalls []Span
	for _, s := range cliffs {
		inside := b.stalls(s)
		stalled, _ := extent(inside)
		f.Cliffs = append(f.Cliffs, Cliff{Span: s, Stalled: stalled})
		stalls = append(stalls, inside...)
	}
	limited, _ := extent(intersect(full, []Span{b.window}))
	f.setTime("cliff.limited", limited)
	total, longest := extent(cliffs)
	f.set("cliff.count", float64(len(cliffs)))
	f.setTime("cliff.total", total)
	f.setTime("cliff.max", longest)
	if len(cliffs) > 0 {
		f.setTime("cliff.first", cliffs[0].From-b.window.From)
	}
	total, longest = extent(stalls)
	f.setTime("cliff.stall.total", total)
	f.setTime("cliff.stall.max", longest)
}

// stalls are the parts of a cliff between new deliveries, its ends counting as such, that are long enough.
func (b *books) stalls(cliff Span) []Span {
	var stalls []Span
	i, _ := slices.BinarySearch(b.fresh, cliff.From)
	from := cliff.From
	for ; i < len(b.fresh) && b.fresh[i] < cliff.To; i++ {
		stalls = append(stalls, Span{from, b.fresh[i]})
		from = b.fresh[i]
	}
	return longer(append(stalls, Span{from, cliff.To}), stallMin)
}
