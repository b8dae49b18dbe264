package report

import (
	"fmt"
	"math"
	"slices"
	"strings"

	"pindrop/report/chart"
	"pindrop/results"
)

// The most that is drawn: what is larger is a table for a machine.
const (
	facetsMax = 12
	sideMax   = 120 // cells along one side of a heat map
)

// The size of heat maps, in pixels.
const (
	heatLeft    = 110
	heatRow     = 30 // height of a row where there are few
	heatHighest = 480
	facetGap    = 10

	captionWidth = 320 // of the name of a facet, for which a phone must have room
)

// grids is how the points of a sweep lie in heat maps: the last axis runs across, the one before it down, and each
// combination of the others has a map of its own.
type grids struct {
	cols, rows results.Axis
	colOrder   []int  // indexes of values, from the left
	rowOrder   []int  // from the top
	downwards  string // which way they go, in words
	captions   []string
}

func layGrids(s *results.Sweep) (grids, string) {
	n := len(s.Axes)
	if n < 2 {
		return grids{}, "The sweep has no axis."
	}
	g := grids{cols: s.Axes[n-1], rows: s.Axes[n-2], captions: []string{""}}
	for _, a := range s.Axes[:n-2] {
		var next []string
		for _, before := range g.captions {
			for _, v := range a.Values {
				next = append(next, strings.TrimPrefix(before+", ", ", ")+shortAxis(a.Path)+" "+v)
			}
		}
		if g.captions = next; len(next) > facetsMax {
			return grids{}, fmt.Sprintf("The axes beside the last two have more than %d combinations: the table of points below has them all.", facetsMax)
		}
	}
	if max(len(g.cols.Values), len(g.rows.Values)) > sideMax {
		return grids{}, fmt.Sprintf("An axis has more than %d values: the table of points below has them all.", sideMax)
	}
	g.colOrder = newScale(g.cols).order
	rows := newScale(g.rows)
	g.rowOrder, g.downwards = rows.order, "downwards: "
	if rows.joined { // quantities grow upwards
		slices.Reverse(g.rowOrder)
		g.downwards = "upwards: "
	}
	return g, ""
}

// point is the index of a point in the sweep, by map, row and column of the values.
func (g grids) point(facet, row, col int) int {
	return (facet*len(g.rows.Values)+row)*len(g.cols.Values) + col
}

// heatFigure is a metric as heat maps over all points; false where it has no value.
func heatFigure(s *results.Sweep, g grids, id, name string) (figure, bool) {
	low, high := extremes(s, name)
	if low == nil || len(s.Points) != len(g.captions)*len(g.rows.Values)*len(g.cols.Values) {
		return figure{}, false
	}
	scale := heatScale{name: name, low: low.spread.Median, high: high.spread.Median}
	rowHeight := min(float64(heatRow), heatHighest/float64(len(g.rows.Values)))
	c := &chart.Chart{
		ID: id, Kind: "grid", Title: name, Width: chartWidth, Margin: chart.Margin{Left: heatLeft, Right: chartRight, Top: 4, Bottom: 36},
		X: chart.Axis{To: float64(len(g.cols.Values))}, Desc: explained(name, heatSentence(s, g, name, low, high)),
		XLabel: "across: " + shortAxis(g.cols.Path) + "\n" + g.downwards + shortAxis(g.rows.Path),
	}
	y := c.Margin.Top
	for i, caption := range g.captions {
		h := chart.Heat{Y: y, RowH: rowHeight, Caption: chart.Shorten(caption, captionWidth)}
		g.fill(s, &h, i, scale)
		c.Layers = append(c.Layers, h)
		y += h.Height() + facetGap
	}
	c.Height = y - facetGap + c.Margin.Bottom
	return figure{ID: id, Title: name, Sentence: c.Desc, Chart: c.SVG(), Legend: scale.legend(s), Table: g.table(s, name)}, true
}

// fill puts names and cells into one of the maps.
func (g grids) fill(s *results.Sweep, h *chart.Heat, facet int, scale heatScale) {
	for _, i := range g.colOrder {
		h.Cols = append(h.Cols, chart.Shorten(g.cols.Values[i], tickWidth))
	}
	for row, i := range g.rowOrder {
		h.Rows = append(h.Rows, g.rows.Values[i])
		for col, j := range g.colOrder {
			cell := scale.cell(&s.Points[g.point(facet, i, j)])
			cell.Row, cell.Col = row, col
			h.Cells = append(h.Cells, cell)
		}
	}
}

// heatScale turns values into steps of the ramp.
type heatScale struct {
	name      string
	low, high float64
}

// cell shows a point: its value with the sign of its verdict, or the sign alone where there is no room.
func (h heatScale) cell(p *results.Point) chart.Cell {
	if len(p.Probes) == 0 {
		return chart.Cell{Title: strings.Join(p.Values, ", ") + ": not run"}
	}
	sign := markOf(worstVerdict(p.Probes)).sign
	v, ok := p.Spread(h.name)
	title := strings.Join(p.Values, ", ") + ": "
	switch {
	case ok:
		share := 0.0
		if h.high > h.low {
			share = (v.Median - h.low) / (h.high - h.low)
		}
		text := metric(h.name, v.Median)
		return chart.Cell{Role: chart.HeatRole(share), Texts: []string{sign + " " + text, sign}, Title: title + spreadText(h.name, v) + ", " + signed(p)}
	case brokenOf(p.Probes) == len(p.Probes):
		return chart.Cell{Hatched: true, Title: title + "a premise does not hold, " + signed(p)}
	}
	return chart.Cell{Texts: []string{sign + " " + none, sign}, Title: title + "does not apply, " + signed(p)}
}

// legend has the steps of the ramp with the values between which they lie, and the signs.
func (h heatScale) legend(s *results.Sweep) []legend {
	var out []legend
	n := len(chart.Ramp)
	edge := func(i int) string { return metric(h.name, h.low+(h.high-h.low)*float64(i)/float64(n)) }
	for i := range n {
		out = append(out, legend{chart.HeatSwatch(i), edge(i) + " to " + edge(i+1)})
	}
	for i := range s.Points {
		if p := &s.Points[i]; len(p.Probes) > 0 && brokenOf(p.Probes) == len(p.Probes) {
			out = append(out, legend{chart.Swatch("", chart.Paint{Role: "down"}, false), "hatched: a premise does not hold, nothing was measured"})
			break
		}
	}
	return append(out, legend{"", "✓ the expectations hold · ✗ one does not · ? one cannot be judged · – does not apply"})
}

// table is the maps in numbers: a row for each value of the axis that runs down.
func (g grids) table(s *results.Sweep, name string) sheet {
	t := sheet{Head: []string{g.rows.Path}}
	if len(g.captions) > 1 {
		t.Head[0] = "where, " + g.rows.Path
	}
	for _, j := range g.colOrder {
		t.Head = append(t.Head, g.cols.Path+" "+g.cols.Values[j])
	}
	for facet, caption := range g.captions {
		for _, i := range g.rowOrder {
			row := []string{strings.TrimPrefix(caption+", "+g.rows.Values[i], ", ")}
			for _, j := range g.colOrder {
				p := &s.Points[g.point(facet, i, j)]
				row = append(row, strings.TrimSuffix(markOf(worstVerdict(p.Probes)).sign+" "+spreadCell(p, name), " "))
			}
			t.Rows = append(t.Rows, row)
		}
	}
	return t
}

// extreme is a point with the value for which it is told.
type extreme struct {
	point  *results.Point
	spread results.Spread
}

// extremes are the first points with the lowest and the highest median; nil where no point has a value.
func extremes(s *results.Sweep, name string) (low, high *extreme) {
	for i := range s.Points {
		v, ok := s.Points[i].Spread(name)
		if !ok {
			continue
		}
		if low == nil || v.Median < low.spread.Median {
			low = &extreme{&s.Points[i], v}
		}
		if high == nil || v.Median > high.spread.Median {
			high = &extreme{&s.Points[i], v}
		}
	}
	return low, high
}

// heatSentence tells the extremes, and along which axes the metric goes one way everywhere.
func heatSentence(s *results.Sweep, g grids, name string, low, high *extreme) string {
	if metric(name, low.spread.Median) == metric(name, high.spread.Median) {
		return fmt.Sprintf("%s is %s wherever it applies.", name, metric(name, low.spread.Median))
	}
	text := fmt.Sprintf("%s lies between %s (%s) and %s (%s).", name, metric(name, low.spread.Median), where(s, low.point),
		metric(name, high.spread.Median), where(s, high.point))
	for axis := range s.Axes {
		if way := along(s, axis, name); way != "" {
			text += " " + way
		}
	}
	return text
}

// where names a point by its settings.
func where(s *results.Sweep, p *results.Point) string {
	var parts []string
	for i, a := range s.Axes {
		parts = append(parts, a.Path+" "+p.Values[i])
	}
	return strings.Join(parts, ", ")
}

// along says whether the metric goes one way along an axis at all values of the others; "" where it does not, or where
// the axis has no order.
func along(s *results.Sweep, axis int, name string) string {
	scale := newScale(s.Axes[axis])
	if !scale.joined {
		return ""
	}
	stride := 1
	for _, a := range s.Axes[axis+1:] {
		stride *= len(a.Values)
	}
	up, down, compared := false, false, false
	for i := range s.Points {
		if i/stride%len(scale.order) != 0 {
			continue
		}
		before, has := math.NaN(), ""
		for _, k := range scale.order {
			v, ok := s.Points[i+k*stride].Spread(name)
			if !ok {
				continue
			}
			text := metric(name, v.Median)
			if has != "" {
				compared = true
				up, down = up || text != has && v.Median > before, down || text != has && v.Median < before
			}
			before, has = v.Median, text
		}
	}
	path := s.Axes[axis].Path
	switch {
	case !compared || up && down:
		return ""
	case up:
		return "It never falls as " + path + " grows."
	case down:
		return "It never rises as " + path + " grows."
	}
	return path + " changes nothing."
}
