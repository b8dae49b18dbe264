package report

import (
	"cmp"
	"slices"

	"pindrop/results/measure"
)

// union joins spans that touch or intersect, in order.
func union(spans []measure.Span) []measure.Span {
	spans = slices.Clone(spans)
	slices.SortFunc(spans, func(a, b measure.Span) int {
		return cmp.Or(cmp.Compare(a.From, b.From), cmp.Compare(a.To, b.To))
	})
	var out []measure.Span
	for _, s := range spans {
		if n := len(out); n > 0 && s.From <= out[n-1].To {
			out[n-1].To = max(out[n-1].To, s.To)
			continue
		}
		out = append(out, s)
	}
	return out
}

// length is the sum of the spans' lengths, in nanoseconds.
func length(spans []measure.Span) int64 {
	var sum int64
	for _, s := range spans {
		sum += s.To - s.From
	}
	return sum
}
