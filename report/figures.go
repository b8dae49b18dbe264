package report

import (
	"fmt"
	"html/template"
	"strings"

	"pindrop/report/chart"
	"pindrop/results/measure"
)

// figure is one chart with all that stands around it.
type figure struct {
	ID       string
	Title    string
	Sentence string // what it shows, in words
	Chart    template.HTML
	Legend   []legend
	Table    sheet  // the same in numbers
	Sure     string // what it was counted from, and how sure it is
}

type legend struct {
	Swatch template.HTML
	Label  string
}

// sheet is a table. The first column names the row, all others are numbers.
type sheet struct {
	Head []string
	Rows [][]string
}

// The size of charts as they stand in the file; the script redraws them at the real width.
const (
	chartWidth  = 960
	chartLeft   = 84
	chartRight  = 14
	chartTop    = 14
	chartBottom = 26
	lineHeight  = 150
)

// chart is an empty chart over the page's time, with a plot area that is height pixels high above its lower margin.
func (b *board) chart(id, title string, height float64) *chart.Chart {
	return &chart.Chart{
		ID: id, Kind: "time", Title: title, Width: chartWidth, Height: height + chartBottom,
		Margin: chart.Margin{Left: chartLeft, Right: chartRight, Top: chartTop, Bottom: chartBottom},
		X:      chart.Axis{From: float64(b.from), To: float64(b.to), Ticks: chart.TimeTicks(b.from, b.to, 10)},
	}
}

func (b *board) shadeLegend(id string) []legend {
	var out []legend
	for _, l := range b.shades {
		s := l.(chart.Shade)
		out = append(out, legend{chart.Swatch(id, s.Paint, false), s.Label})
	}
	if len(b.marks) > 0 {
		out = append(out, legend{chart.Swatch(id, chart.Paint{Role: "fault", Dash: "4 2"}, true), "fault"})
	}
	return out
}

// drawn is a series with its look.
type drawn struct {
	series measure.Series
	label  string
	paint  chart.Paint
}

// series finds a series of the record by name.
func (b *board) series(name string) (measure.Series, bool) {
	for _, s := range b.r.Series {
		if s.Name == name && len(s.At) > 0 && len(s.At) == len(s.V) {
			return s, true
		}
	}
	return measure.Series{}, false
}

// quantities is the figure of some series on one axis that reaches to top at least.
func (b *board) quantities(c *chart.Chart, lines []drawn, top float64) figure {
	for _, l := range lines {
		for _, v := range l.series.V {
			top = max(top, v)
		}
	}
	ticks := chart.ValueTicks(top, 4)
	c.Y = &chart.Axis{To: ticks[len(ticks)-1].At, Ticks: ticks}
	front := c.Layers
	c.Layers = append([]chart.Layer{}, b.shades...)
	f := figure{ID: c.ID, Title: c.Title, Sentence: c.Desc,
		Table: sheet{Head: []string{"series", "unit", "lowest", "mean over time", "highest", "last"}}}
	c.Layers = append(c.Layers, front...)
	for _, l := range lines {
		c.Layers = append(c.Layers, b.line(l.series, l.label, l.paint))
		f.Legend = append(f.Legend, legend{chart.Swatch(c.ID, l.paint, true), l.label})
		f.Table.Rows = append(f.Table.Rows, b.seriesRow(l))
	}
	c.Layers = append(c.Layers, b.faultMarks(0))
	f.Chart = c.SVG()
	f.Legend = append(f.Legend, b.shadeLegend(c.ID)...)
	return f
}

func (b *board) seriesRow(l drawn) []string {
	s := l.series
	lo, hi := s.V[0], s.V[0]
	for _, v := range s.V {
		lo, hi = min(lo, v), max(hi, v)
	}
	return []string{l.label, s.Unit, number(lo), number(b.mean(s)), number(hi), number(s.V[len(s.V)-1])}
}

// mean weighs every value with the time for which it held.
func (b *board) mean(s measure.Series) float64 {
	sum, end := 0.0, b.to+b.origin
	for i, v := range s.V {
		until := end
		if i+1 < len(s.At) {
			until = s.At[i+1]
		}
		sum += v * float64(until-s.At[i])
	}
	if end == s.At[0] {
		return s.V[0]
	}
	return sum / float64(end-s.At[0])
}

// pending is ack pending against the limit.
func (b *board) pending() (figure, bool) {
	s, ok := b.series("ack_pending")
	if !ok {
		return figure{}, false
	}
	c := b.chart("ack-pending", "Ack pending against the limit", lineHeight)
	c.Desc = b.pendingSentence(s)
	top := 0.0
	if limit := float64(b.r.Findings.Limit); limit > 0 {
		top = limit * 1.1
		c.Layers = []chart.Layer{
			chart.Zone{Paint: chart.Paint{Role: "cliff"}, From: 0.8 * limit, To: limit},
			chart.Threshold{Paint: chart.Paint{Role: "limit", Dash: "6 3"}, V: limit,
				Label: "max_ack_pending " + count(b.r.Findings.Limit)},
		}
	}
	label := "ack pending"
	if several(&b.r.Findings) {
		label += " of the consumer that has most"
	}
	f := b.quantities(c, []drawn{{s, label, chart.Paint{Role: "delivered"}}}, top)
	f.Sure = pendingSure(b.r)
	if top > 0 {
		f.Legend = append(f.Legend, legend{chart.Swatch(c.ID, chart.Paint{Role: "cliff", Faint: true}, false), "80 % of the limit and more"})
	}
	return f, true
}

func (b *board) pendingSentence(s measure.Series) string {
	highest := s.V[0]
	for _, v := range s.V {
		highest = max(highest, v)
	}
	limit, one := b.r.Findings.Limit, ""
	if several(&b.r.Findings) {
		one = " at one consumer"
	}
	if limit <= 0 {
		return fmt.Sprintf("Ack pending reached %s%s; the consumer has no limit.", number(highest), one)
	}
	text := fmt.Sprintf("Ack pending reached %s of %s%s", number(highest), count(limit), one)
	at := length(cliffSpans(b.r.Findings.Cliffs))
	if at == 0 {
		return text + " and never stood at the limit while messages waited."
	}
	return text + fmt.Sprintf(" and stood at the limit while messages waited for %s, %s %% of the run.",
		duration(at), digits(100*float64(at)/float64(b.to-b.from)))
}

func (b *board) backlog() (figure, bool) {
	s, ok := b.series("backlog")
	if !ok {
		return figure{}, false
	}
	c := b.chart("backlog", "Backlog", lineHeight)
	highest, at := s.V[0], s.At[0]
	for i, v := range s.V {
		if v > highest {
			highest, at = v, s.At[i]
		}
	}
	c.Desc = fmt.Sprintf("At most %s messages waited, first at %s; %s waited at the end.",
		number(highest), b.when(at), number(s.V[len(s.V)-1]))
	f := b.quantities(c, []drawn{{s, "messages waiting", chart.Paint{Role: "delivered"}}}, 0)
	f.Sure = stepSure
	return f, true
}

// ratesSentence tells the means in disturb, which are the metrics.
func (b *board) ratesSentence() string {
	var parts []string
	for _, name := range []string{"published", "handled"} {
		if v, ok := b.r.Metrics[name+".rate"]; ok {
			parts = append(parts, name+" "+quantity(v, "/s"))
		}
	}
	if len(parts) == 0 {
		return "Messages per second."
	}
	return "On average over disturb: " + strings.Join(parts, ", ") + "."
}

func (b *board) rates() (figure, bool) {
	var lines []drawn
	for _, l := range []drawn{
		{measure.Series{Name: "published"}, "published/s", chart.Paint{Role: "published", Dash: "2 2"}},
		{measure.Series{Name: "delivered"}, "delivered/s", chart.Paint{Role: "delivered", Dash: "7 3"}},
		{measure.Series{Name: "handled"}, "handled/s", chart.Paint{Role: "handled"}},
	} {
		if s, ok := b.series(l.series.Name); ok {
			l.series = s
			lines = append(lines, l)
		}
	}
	if len(lines) == 0 {
		return figure{}, false
	}
	c := b.chart("rates", "Rates per second", lineHeight)
	c.Desc = b.ratesSentence()
	f := b.quantities(c, lines, 0)
	f.Sure = rateSure(lines[0].series)
	if b.r.Clock == "virtual" {
		f.Sure += " On the virtual clock rates are arithmetic of the declared service times."
	}
	return f, true
}
