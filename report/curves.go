package report

import (
	"fmt"
	"strings"

	"pindrop/report/chart"
	"pindrop/results"
)

// reading is a metric at one place of a figure.
type reading struct {
	place  int64
	label  string // of the place
	spread results.Spread
	has    bool   // spread holds a value
	broken int    // probes of which a premise does not hold: what they measured is left out
	probes int    // in all
	shape  string // tells the verdict
	told   string // the verdict in words
}

// valid is false where probes were run, but no premise-keeping one among them.
func (r reading) valid() bool { return r.broken < r.probes || r.probes == 0 }

// curve is one metric along a figure, in the order of the places.
type curve struct {
	label    string
	paint    chart.Paint
	readings []reading
}

// plotted is a figure of curves over places.
type plotted struct {
	id, metric string
	title      string
	sentence   string
	scale      scale
	curves     []curve
	top        float64       // that the axis of values reaches at least
	rows       int           // of labels above the plot area
	back       []chart.Layer // behind the curves
	front      []chart.Layer
	legend     []legend // of back and front
}

// curveHeight is the height of a plot area.
const curveHeight = 190

// The room under a plot area, in pixels: ticks, and what is laid out.
const curveBottom = 44

// figure draws the curves, and puts them into a table.
func (p *plotted) figure() figure {
	top := float64(chartTop)
	if p.rows > 0 {
		top = float64(16 + 13*p.rows)
	}
	c := &chart.Chart{
		ID: p.id, Kind: "fixed", Title: p.title, Desc: p.sentence, Width: chartWidth, Height: top + curveHeight + curveBottom,
		Margin: chart.Margin{Left: chartLeft, Right: chartRight, Top: top, Bottom: curveBottom},
		X:      chart.Axis{To: chart.Places, Ticks: p.scale.ticks}, XLabel: p.scale.label,
		Y: valueAxis(p.highest(), unitOf(p.metric)),
	}
	c.Layers = append(c.Layers, p.back...)
	for _, k := range p.curves {
		if p.scale.joined {
			c.Layers = append(c.Layers, k.lines()...)
		}
	}
	c.Layers = append(c.Layers, p.front...)
	for _, k := range p.curves {
		c.Layers = append(c.Layers, k.spots(p.metric))
	}
	return figure{ID: c.ID, Title: c.Title, Sentence: c.Desc, Chart: c.SVG(), Legend: p.legends(), Table: p.table()}
}

// highest is the largest value that the axis must have room for.
func (p *plotted) highest() float64 {
	top := p.top
	for _, k := range p.curves {
		for _, r := range k.readings {
			if r.has {
				top = max(top, r.spread.Max)
			}
		}
	}
	return top
}

// lines joins neighbours of which both have a value: where one is missing, the line is broken.
func (k curve) lines() []chart.Layer {
	var out []chart.Layer
	line := chart.Curve{Paint: k.paint}
	flush := func() {
		if len(line.X) > 1 {
			out = append(out, line)
		}
		line = chart.Curve{Paint: k.paint}
	}
	for _, r := range k.readings {
		if !r.has {
			flush()
			continue
		}
		line.X, line.Y = append(line.X, float64(r.place)), append(line.Y, r.spread.Median)
	}
	flush()
	return out
}

// spots are the curve's readings, each in the shape of its verdict.
func (k curve) spots(name string) chart.Spots {
	var out chart.Spots
	for _, r := range k.readings {
		s := chart.Spot{Paint: k.paint, At: r.place, V: r.spread.Median, Low: r.spread.Min, High: r.spread.Max, Shape: r.shape}
		words := r.label + ": "
		switch {
		case r.has:
			words += spreadText(name, r.spread)
		case !r.valid():
			s.Shape, s.Role = chart.Absent, "unknown"
			words += "a premise does not hold"
		default:
			continue
		}
		if k.label != "" {
			words = k.label + ", " + words
		}
		s.Title = words + ", " + r.told
		out = append(out, s)
	}
	return out
}

// legends explain what is drawn: curves that are told apart, shapes that occur, and what else the figure has.
func (p *plotted) legends() []legend {
	var out []legend
	has := map[string]bool{}
	for _, k := range p.curves {
		if len(p.curves) > 1 {
			out = append(out, legend{chart.Swatch(p.id, k.paint, true), k.label})
		}
		for _, s := range k.spots(p.metric) {
			has[s.Shape] = true
			has["spread"] = has["spread"] || s.Shape != chart.Absent && s.Low != s.High
		}
	}
	for _, m := range shapeWords {
		if has[m.shape] {
			out = append(out, legend{chart.ShapeSwatch(m.shape), m.words})
		}
	}
	if has["spread"] {
		out = append(out, legend{chart.SpreadSwatch(), "lowest to highest of the repeats; the point is their median"})
	}
	return append(out, p.legend...)
}

// shapeWords say what a shape means, of sweeps and of tunings.
var shapeWords = []struct{ shape, words string }{
	{chart.Disc, "every expectation or goal holds"},
	{chart.Cross, "one does not hold, in one of the runs at least"},
	{chart.Diamond, "one cannot be judged, or a run broke a premise"},
	{chart.Absent, "a premise does not hold: the runs there measured nothing"},
}

// table has a row for each place, with the spread of every curve.
func (p *plotted) table() sheet {
	t := sheet{Head: []string{p.scale.label, "verdict"}}
	for _, k := range p.curves {
		words := ""
		if len(p.curves) > 1 {
			words = k.label + ", "
		}
		t.Head = append(t.Head, words+"median", words+"lowest", words+"highest", words+"runs")
	}
	for i, r := range p.curves[0].readings {
		row := []string{r.label, r.told}
		for _, k := range p.curves {
			row = append(row, k.readings[i].cells(p.metric)...)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}

// cells are median, lowest, highest, and how many runs they are of.
func (r reading) cells(name string) []string {
	runs := fmt.Sprint(r.probes)
	if r.has && r.spread.Count < r.probes {
		runs = fmt.Sprintf("%d of %d", r.spread.Count, r.probes)
	}
	if !r.has {
		return []string{none, none, none, runs}
	}
	return []string{metric(name, r.spread.Median), metric(name, r.spread.Min), metric(name, r.spread.Max), runs}
}

// spreadText is a median, and the spread around it where there is one.
func spreadText(name string, s results.Spread) string {
	text, low, high := metric(name, s.Median), metric(name, s.Min), metric(name, s.Max)
	if low != high {
		text += fmt.Sprintf(" (%s to %s)", low, high)
	}
	return text
}

// anchor makes an identifier of a name: letters, digits and dashes.
func anchor(name string) string {
	return strings.Map(func(c rune) rune {
		if c >= 'a' && c <= 'z' || c >= '0' && c <= '9' {
			return c
		}
		return '-'
	}, name)
}

// lonePaint is that of a curve which has a figure for itself.
var lonePaint = chart.Paint{Role: "delivered"}
