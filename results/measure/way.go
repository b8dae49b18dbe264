package measure

import (
	"math"
	"slices"

	"pindrop/results/history"
)

// way is the network between a worker and the servers: how long crossing it takes, one way and on average, and when. Nothing
// overtakes what was sent before it. The zero value takes no time.
type way struct {
	base      int64 // by the worker's newest connection
	slowings  []slowing
	stretches []stretch // nil: nothing was ever slowed down
}

// slowing is a time in which a fault makes crossing take longer. Its To is math.MaxInt64 until it is over.
type slowing struct {
	Span
	fault int32
	by    int64
	last  int64 // the newest that the worker sent meanwhile; never
}

// stretch is a time in which crossing takes equally long: what is sent after From, up to To.
type stretch struct {
	Span
	more int64 // than base
}

// slow begins a slowing. What was sent in the instant of the fault still passed.
func (w *way) slow(fault int32, at, by int64) {
	w.slowings = append(w.slowings, slowing{Span{at, math.MaxInt64}, fault, by, never})
	w.stretch()
}

// mend ends those of a fault.
func (w *way) mend(fault int32, at int64) {
	for i := range w.slowings {
		if s := &w.slowings[i]; s.fault == fault && s.To == math.MaxInt64 {
			s.To = at
			w.stretch()
		}
	}
}

// stretch divides time by the slowings.
func (w *way) stretch() {
	edges := []int64{math.MinInt64, math.MaxInt64}
	for _, s := range w.slowings {
		edges = append(edges, s.From, s.To)
	}
	slices.Sort(edges)
	edges = slices.Compact(edges)
	w.stretches = w.stretches[:0]
	for i := 1; i < len(edges); i++ {
		one := stretch{Span: Span{edges[i-1], edges[i]}}
		for _, s := range w.slowings {
			if s.From <= one.From && one.To <= s.To {
				one.more += s.by
			}
		}
		w.stretches = append(w.stretches, one)
	}
}

// leaving notes what the worker sends: whatever it sends later arrives later.
func (w *way) leaving(e *history.Event) {
	switch e.Kind {
	case history.Pull, history.Ack, history.Nak, history.Term, history.Progress:
		for i := range w.slowings {
			if s := &w.slowings[i]; e.At <= s.To {
				s.last = e.At
			}
		}
	}
}

// trip is how long crossing takes for what is sent at an instant.
func (w *way) trip(at int64) int64 {
	for _, s := range w.stretches {
		if s.From < at && at <= s.To {
			return w.base + s.more
		}
	}
	return w.base
}

// longest is the longest trip at any time.
func (w *way) longest() int64 {
	longest := w.base
	for _, s := range w.stretches {
		longest = max(longest, w.base+s.more)
	}
	return longest
}

// arrival is when the servers get what the worker sends at an instant: not before what it sent while the way was slower.
func (w *way) arrival(at int64) int64 {
	arrival := at + w.trip(at)
	for _, s := range w.slowings {
		if s.last != never && s.last < at {
			arrival = max(arrival, s.last+w.trip(s.last))
		}
	}
	return arrival
}

// departure is when left, at the earliest and at the latest, what arrives at an instant. The two differ for what a slowing
// that was over by then may still have held up.
func (w *way) departure(at int64) Span {
	if w.stretches == nil {
		return Span{at - w.base, at - w.base}
	}
	left := Span{math.MaxInt64, math.MinInt64}
	for _, s := range w.stretches {
		sent := at - w.base - s.more
		if sent > s.From {
			left.To = max(left.To, min(sent, s.To))
		}
		if sent <= s.To {
			left.From = min(left.From, max(sent, s.From))
		}
	}
	return Span{min(left.From, left.To), left.To}
}
