package report

import (
	"fmt"
	"math"
	"strings"

	"pindrop/report/chart"
	"pindrop/results/measure"
)

// latencyPaints tell the distributions apart, by colour and by dash.
var latencyPaints = map[string]chart.Paint{
	"response": {Role: "ink"},
	"queue":    {Role: "delivered", Dash: "7 3"},
	"service":  {Role: "handled", Dash: "2 2"},
	"store":    {Role: "published", Dash: "9 3 2 3"},
}

// compared is one of several curves of one latency.
type compared struct {
	measure.Latency
	label string
	paint chart.Paint
}

func latencyNamed(all []measure.Latency, name string) (measure.Latency, bool) {
	for _, l := range all {
		if l.Name == name && l.Count > 0 && len(l.Points) > 0 {
			return l, true
		}
	}
	return measure.Latency{}, false
}

// latencies is the figure of all distributions by percentile, HdrHistogram's way: each nine takes the same room.
func latencies(all []measure.Latency) (figure, bool) {
	curves := latencyCurves(all)
	if len(curves) == 0 {
		return figure{}, false
	}
	f := percentiles("latency", "Latency by percentile", curves)
	for i, l := range curves {
		f.Table.Rows[i][0] = l.Name
	}
	f.Sure = latencySure(surest(curves))
	return f, true
}

// latencyCurves are the latencies that can be drawn.
func latencyCurves(all []measure.Latency) []compared {
	var curves []compared
	for _, l := range all {
		if l.Count == 0 || len(l.Points) == 0 {
			continue
		}
		paint := latencyPaints[l.Name]
		if paint.Role == "" {
			paint.Role = "muted"
		}
		curves = append(curves, compared{l, l.Name + ": " + l.Label, paint})
	}
	return curves
}

// surest is the latency of which a page says how sure it is: the responses, or else the first.
func surest(all []compared) measure.Latency {
	for _, l := range all {
		if l.Name == "response" {
			return l.Latency
		}
	}
	return all[0].Latency
}

// percentiles draws latencies by percentile.
func percentiles(id, title string, curves []compared) figure {
	var all []measure.Latency
	for _, l := range curves {
		named := l.Latency
		named.Name = l.label
		all = append(all, named)
	}
	lo, hi, limit := latencyExtent(all)
	c := &chart.Chart{
		ID: id, Kind: "fixed", Title: title, Width: chartWidth, Height: 260,
		Margin: chart.Margin{Left: chartLeft, Right: 32, Top: chartTop, Bottom: chartBottom},
		X:      chart.Axis{To: limit, Ticks: chart.NinesTicks(limit)},
	}
	ticks := chart.LogTicks(lo, hi)
	c.Y = &chart.Axis{From: ticks[0].At, To: ticks[len(ticks)-1].At, Log: true, Ticks: ticks}
	f := figure{ID: c.ID, Title: c.Title}
	for _, l := range curves {
		curve := chart.Curve{Paint: l.paint}
		for _, p := range l.Points {
			if float64(p.Value) < ticks[0].At {
				continue // it has no place on a logarithmic axis: drawn at its end it would look like a time
			}
			curve.X = append(curve.X, chart.Nines(p.Percentile, limit))
			curve.Y = append(curve.Y, float64(p.Value))
		}
		if len(curve.X) == 0 {
			f.Legend = append(f.Legend, legend{chart.Swatch(c.ID, curve.Paint, true), l.label + " (" + duration(at(l.Points, 100)) + ", below this axis)"})
			continue
		}
		c.Layers = append(c.Layers, curve)
		f.Legend = append(f.Legend, legend{chart.Swatch(c.ID, curve.Paint, true), l.label})
	}
	c.Desc = percentilesSentence(curves)
	f.Chart, f.Sentence, f.Table = c.SVG(), c.Desc, latencyTable(all)
	return f
}

// latencyExtent is the lowest and the highest value to draw, and how many nines the largest sample can speak of.
func latencyExtent(all []measure.Latency) (lo, hi, limit float64) {
	lo, hi = math.Inf(1), microsecond
	most := int64(1)
	for _, l := range all {
		most = max(most, l.Count)
		for _, p := range l.Points {
			if p.Value > 0 {
				lo, hi = min(lo, float64(p.Value)), max(hi, float64(p.Value))
			}
		}
	}
	lo = min(max(lo, microsecond), hi)
	return lo, hi, min(max(math.Ceil(math.Log10(float64(most))), 2), 6)
}

var quantiles = []float64{50, 90, 99, 99.9, 100}

// at is the value of the first point at or above the percentile.
func at(points []measure.Point, percentile float64) int64 {
	for _, p := range points {
		if p.Percentile >= percentile {
			return p.Value
		}
	}
	return points[len(points)-1].Value
}

// percentilesSentence tells different latencies by the one that matters most, and one latency of several runs side by side.
func percentilesSentence(curves []compared) string {
	if len(curves) != 2 || curves[0].Name != curves[1].Name {
		all := make([]measure.Latency, len(curves))
		for i, l := range curves {
			all[i] = l.Latency
		}
		return latencySentence(all)
	}
	var parts []string
	for _, l := range curves {
		parts = append(parts, fmt.Sprintf("%s: %s at the median, %s at the 99th percentile, %s at most", l.label, duration(at(l.Points, 50)),
			duration(at(l.Points, 99)), duration(at(l.Points, 100))))
	}
	return strings.Join(parts, "; ") + "."
}

func latencySentence(all []measure.Latency) string {
	for _, l := range all {
		if l.Name == "response" {
			return fmt.Sprintf("Half of %s responses came within %s, 99 %% within %s, the last after %s.",
				count(l.Count), duration(at(l.Points, 50)), duration(at(l.Points, 99)), duration(at(l.Points, 100)))
		}
	}
	l := all[0]
	return fmt.Sprintf("The %s latency was %s at the median and %s at most.", l.Name, duration(at(l.Points, 50)), duration(at(l.Points, 100)))
}

func latencyTable(all []measure.Latency) sheet {
	t := sheet{Head: []string{"latency", "messages", "p50", "p90", "p99", "p99.9", "highest"}}
	for _, l := range all {
		row := []string{l.Name, count(l.Count)}
		for _, q := range quantiles {
			row = append(row, duration(at(l.Points, q)))
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
