package report

import (
	"fmt"

	"pindrop/report/chart"
	"pindrop/results"
	"pindrop/results/measure"
)

// board is what all charts over time share: the axis, the shading of overlaps and cliffs, the faults, and the columns of
// data for the page's script. Times on the page count from the start of disturb, as `at` does in a scenario.
type board struct {
	r        *results.Record
	origin   int64 // start of disturb, in the run's time
	from, to int64 // of the axis, in the page's time
	columns  []column
	shades   []chart.Layer
	marks    []chart.Mark
	suffix   string // behind the ids of charts and the names of rows: "" for the run of the page, "real" for its run on that clock
}

func newBoard(r *results.Record) *board {
	b := &board{r: r}
	b.start()
	b.extent()
	at := ""
	if several(&r.Findings) {
		at = ", at one consumer or more"
	}
	b.shade("overlap", "overlap"+at, true, overlapSpans(r.Findings.Overlaps))
	b.shade("cliff", "at the limit"+at, false, cliffSpans(r.Findings.Cliffs))
	b.mark()
	return b
}

// start finds the start of disturb, from which the times of the page count.
func (b *board) start() { b.origin = disturbStart(b.r.Findings.Phases) }

// mark marks the faults.
func (b *board) mark() {
	for _, f := range b.r.Findings.Faults {
		b.marks = append(b.marks, chart.Mark{At: f.From - b.origin, Label: faultLabel(f)})
	}
}

// extent spans every phase, lane and series, so that nothing is cut off.
func (b *board) extent() {
	first := true
	grow := func(from, to int64) {
		if first {
			b.from, b.to, first = from-b.origin, to-b.origin, false
		}
		b.from, b.to = min(b.from, from-b.origin), max(b.to, to-b.origin)
	}
	for _, p := range b.r.Findings.Phases {
		grow(p.From, p.To)
	}
	for _, l := range b.r.Findings.Lanes {
		for _, s := range states {
			if spans := s.of(&l); len(spans) > 0 {
				grow(spans[0].From, spans[len(spans)-1].To)
			}
		}
	}
	for _, s := range b.r.Series {
		if n := len(s.At); n > 0 {
			grow(s.At[0], s.At[n-1])
		}
	}
	b.besideExtent()
	if b.to <= b.from {
		b.to = b.from + microsecond
	}
}

// add keeps a column for the script and returns the key of it.
func (b *board) add(c column) int {
	b.columns = append(b.columns, c)
	return len(b.columns)
}

func (b *board) shade(role, label string, hatched bool, spans []measure.Span) {
	if len(spans) == 0 {
		return
	}
	moved := b.shift(spans)
	b.shades = append(b.shades, chart.Shade{
		Paint:  chart.Paint{Role: role, Hatched: hatched},
		Source: chart.Source{Key: b.add(spanColumn(moved)), Label: label},
		Spans:  moved,
	})
}

// shift moves spans into the page's time.
func (b *board) shift(spans []measure.Span) []chart.Span {
	out := make([]chart.Span, len(spans))
	for i, s := range spans {
		out[i] = chart.Span{From: s.From - b.origin, To: s.To - b.origin}
	}
	return out
}

// line is a series as a layer.
func (b *board) line(s measure.Series, label string, paint chart.Paint) chart.Line {
	at := make([]int64, len(s.At))
	for i, t := range s.At {
		at[i] = t - b.origin
	}
	return chart.Line{Paint: paint, Source: chart.Source{Key: b.add(stepColumn(at, s.V)), Label: label}, At: at, V: s.V}
}

// when writes an instant of the run in the page's time.
func (b *board) when(at int64) string { return clockTime(at - b.origin) }

// clockTime writes an instant to the millisecond; rounding as a duration does would hide the order of things.
func clockTime(ns int64) string {
	sign := ""
	if ns < 0 {
		sign, ns = "−", -ns
	}
	ms := (ns + 500_000) / 1_000_000
	return fmt.Sprintf("%s%s.%03d s", sign, count(ms/1000), ms%1000)
}

func faultLabel(f measure.Fault) string {
	label := f.Do
	if f.Target != "" {
		label += " " + f.Target
	}
	if f.Shard > 0 {
		label += fmt.Sprintf(" (consumer %d)", f.Shard)
	}
	return label
}

// overlapSpans is the union of the overlaps, in order: pairs of pins may overlap at the same time.
func overlapSpans(overlaps []measure.Overlap) []measure.Span {
	var spans []measure.Span
	for _, o := range overlaps {
		spans = append(spans, o.Span)
	}
	return union(spans)
}

func cliffSpans(cliffs []measure.Cliff) []measure.Span {
	var spans []measure.Span
	for _, c := range cliffs {
		spans = append(spans, c.Span)
	}
	return union(spans)
}
