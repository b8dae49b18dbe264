package measure

import "sort"

// step is a value that holds from its instant to the next step's.
type step struct{ at, v int64 }

// line is a step function of time, 0 before its first step. Several changes of one instant make one step, so that a
// line can only be read after all events of an instant. The zero value is 0 for ever.
type line []step

// add changes the value by delta from at on; at never falls from call to call.
func (l *line) add(at, delta int64) {
	l.set(at, l.last()+delta)
}

// last is the value after the last step.
func (l line) last() int64 {
	if len(l) == 0 {
		return 0
	}
	return l[len(l)-1].v
}

// set makes v the value from at on; at never falls from call to call.
func (l *line) set(at, v int64) {
	if n := len(*l); n > 0 && (*l)[n-1].at == at {
		(*l)[n-1].v = v
		return
	}
	*l = append(*l, step{at, v})
}

// index is the number of steps at or before at.
func (l line) index(at int64) int {
	return sort.Search(len(l), func(i int) bool { return l[i].at > at })
}

// value is the line's value at an instant.
func (l line) value(at int64) int64 {
	if i := l.index(at); i > 0 {
		return l[i-1].v
	}
	return 0
}

// bounds are the lowest and the highest value within a span; those at its start if the span is empty.
func (l line) bounds(s Span) (low, high int64) {
	i := l.index(s.From)
	if i > 0 {
		low = l[i-1].v
	}
	high = low
	for ; i < len(l) && l[i].at < s.To; i++ {
		low, high = min(low, l[i].v), max(high, l[i].v)
	}
	return low, high
}

// moves are how far the value rises and falls within a span, each in all.
func (l line) moves(s Span) (rises, falls int64) {
	v := l.value(s.From)
	for i := l.index(s.From); i < len(l) && l[i].at < s.To; i++ {
		rises += max(l[i].v-v, 0)
		falls += max(v-l[i].v, 0)
		v = l[i].v
	}
	return rises, falls
}

// during returns the spans within one span in which holds is true of the values of the lines.
func during(within Span, holds func(v []int64) bool, lines ...line) []Span {
	var spans []Span
	values, next := make([]int64, len(lines)), make([]int, len(lines))
	for at := within.From; at < within.To; {
		until := within.To
		for k, l := range lines {
			for next[k] < len(l) && l[next[k]].at <= at {
				values[k] = l[next[k]].v
				next[k]++
			}
			if next[k] < len(l) {
				until = min(until, l[next[k]].at)
			}
		}
		if holds(values) {
			spans = join(spans, Span{at, until}, 0)
		}
		at = until
	}
	return spans
}

func (s Span) length() int64 { return s.To - s.From }

// holds reports whether an instant lies in the span.
func (s Span) holds(at int64) bool { return s.From <= at && at < s.To }

// reached reports whether another span, or instant, begins in s or reaches into it.
func (s Span) reached(o Span) bool { return s.holds(o.From) || s.From < o.To && o.From < s.To }

// clip is the part of s within o; its length is at most 0 where there is none.
func (s Span) clip(o Span) Span { return Span{max(s.From, o.From), min(s.To, o.To)} }

// join appends s to spans in rising order, or lengthens the last one where the pause between them is at most pause.
func join(spans []Span, s Span, pause int64) []Span {
	if n := len(spans); n > 0 && s.From-spans[n-1].To <= pause {
		spans[n-1].To = max(spans[n-1].To, s.To)
		return spans
	}
	return append(spans, s)
}

// bridge joins neighbours whose pause is at most pause.
func bridge(spans []Span, pause int64) []Span {
	var joined []Span
	for _, s := range spans {
		joined = join(joined, s, pause)
	}
	return joined
}

// intersect returns the parts of a that are also in b, both rising and free of overlaps.
func intersect(a, b []Span) []Span {
	var both []Span
	for i, j := 0, 0; i < len(a) && j < len(b); {
		if s := a[i].clip(b[j]); s.length() > 0 {
			both = append(both, s)
		}
		if a[i].To < b[j].To {
			i++
		} else {
			j++
		}
	}
	return both
}

// subtract returns the parts of a that are not in b, both rising and free of overlaps.
func subtract(a, b []Span) []Span {
	var left []Span
	for _, s := range a {
		for _, o := range b {
			if o.To > s.From && o.From < s.To {
				if o.From > s.From {
					left = append(left, Span{s.From, o.From})
				}
				s.From = o.To
			}
		}
		if s.length() > 0 {
			left = append(left, s)
		}
	}
	return left
}

// union sorts spans and merges those that touch.
func union(spans []Span) []Span {
	sort.Slice(spans, func(i, j int) bool { return spans[i].From < spans[j].From })
	return bridge(spans, 0)
}

// extent is the total and the longest length of spans.
func extent(spans []Span) (total, longest int64) {
	for _, s := range spans {
		total += s.length()
		longest = max(longest, s.length())
	}
	return total, longest
}
