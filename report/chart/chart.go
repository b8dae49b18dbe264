// Package chart draws the figures of a report as inline SVG.
//
// The path: a caller describes a figure as a [Chart] with its axes and its [Layer]s in nanoseconds and counts;
// [Chart.SVG] draws it once at a fixed width, complete with presentation attributes, so that it stands where scripts
// and styles are blocked. Classes on top let it follow the theme. Data attributes tell the page's script which
// coordinates follow from time, so that it can draw the same picture again at the real width and for a zoom: the
// script moves what is there, it never invents a shape.
package chart

import (
	"html/template"
	"strconv"
	"strings"
)

// FontSize is the size of all text in charts, in pixels.
const FontSize = 11

// Margin is the room around the plot area, in pixels.
type Margin struct{ Left, Right, Top, Bottom float64 }

// Axis is a domain with its ticks. The pixels of its scale are set by the chart.
type Axis struct {
	From, To float64
	Log      bool
	Ticks    []Tick
}

// Chart is one figure.
type Chart struct {
	ID     string // unique in the page
	Kind   string // "time" follows the page's zoom; "fixed" only its width, "grid" too, and has no axis along the bottom
	Title  string
	Desc   string // one sentence that says what the figure shows, for readers who cannot see it
	Width  float64
	Height float64
	Margin Margin
	X      Axis
	XLabel string // lines under the axis, for which the lower margin needs room; "" where the ticks say enough
	Y      *Axis  // nil: no axis of values
	Layers []Layer
}

// Layer is something drawn on the plot area.
type Layer interface {
	draw(p *plot)
}

// plot is a chart while it is drawn.
type plot struct {
	svg
	chart *Chart
	x, y  Scale
}

// SVG draws the figure.
func (c *Chart) SVG() template.HTML {
	m := c.Margin
	p := &plot{chart: c}
	p.x = Scale{From: c.X.From, To: c.X.To, Log: c.X.Log, A: m.Left, B: c.Width - m.Right}
	if c.Y != nil {
		p.y = Scale{From: c.Y.From, To: c.Y.To, Log: c.Y.Log, A: c.Height - m.Bottom, B: m.Top}
	}
	p.open("svg", str("id", c.ID), str("class", "chart"), str("role", "img"),
		str("aria-labelledby", c.ID+"-title "+c.ID+"-desc"),
		num("width", c.Width), num("height", c.Height), str("viewBox", "0 0 "+px(c.Width)+" "+px(c.Height)),
		str("font-family", "system-ui, sans-serif"), whole("font-size", FontSize),
		str("data-kind", c.Kind), num("data-left", m.Left), num("data-right", m.Right),
		num("data-from", c.X.From), num("data-to", c.X.To))
	p.element("title", c.Title, str("id", c.ID+"-title"))
	p.element("desc", c.Desc, str("id", c.ID+"-desc"))
	p.patterns()
	p.yAxis()
	p.xAxis()
	for _, l := range c.Layers {
		l.draw(p)
	}
	p.close("svg")
	return p.String()
}

// patterns are the hatches: what a colour says, a pattern says as well.
func (p *plot) patterns() {
	p.open("defs")
	for _, h := range []struct{ role, angle string }{
		{"stale", "rotate(45)"}, {"overlap", "rotate(-45)"}, {"frozen", "rotate(0)"}, {"down", "rotate(90)"},
	} {
		p.open("pattern", str("id", p.hatch(h.role)), str("patternUnits", "userSpaceOnUse"),
			num("width", 5), num("height", 5), str("patternTransform", h.angle))
		p.leaf("rect", num("width", 5), num("height", 2.4), str("fill", light(h.role)), str("class", "f-"+h.role))
		p.close("pattern")
	}
	p.close("defs")
}

func (p *plot) hatch(role string) string { return p.chart.ID + "-hatch-" + role }

func (p *plot) yAxis() {
	if p.chart.Y == nil {
		return
	}
	for _, t := range p.chart.Y.Ticks {
		y := p.y.At(t.At)
		p.wide(y, "line", "")
		p.label(p.x.A-6, y+4, "end", t.Label, "muted")
	}
}

// wide is a horizontal line over the whole plot area.
func (p *plot) wide(y float64, role, dash string) {
	p.leaf("line", str("class", "wide s-"+role), num("x1", p.x.A), num("x2", p.x.B), num("y1", y), num("y2", y),
		str("stroke", light(role)), str("stroke-dasharray", dash))
}

func (p *plot) xAxis() {
	bottom := p.chart.Height - p.chart.Margin.Bottom
	left := p.x.A
	if p.chart.Kind == "grid" { // its labels are longer than there is room under the plot area of a phone
		left = 0
	}
	if p.chart.XLabel != "" {
		lines := strings.Split(p.chart.XLabel, "\n")
		for i, line := range lines {
			p.label(left, p.chart.Height-5-14*float64(len(lines)-1-i), "start", line, "muted")
		}
	}
	if p.chart.Kind == "grid" {
		return
	}
	p.ticks(p.chart.X.Ticks, p.chart.Margin.Top, bottom)
	p.wide(bottom, "muted", "")
}

// ticks are lines from top to a little below bottom, with labels under them. A label without room is hidden.
func (p *plot) ticks(ticks []Tick, top, bottom float64) {
	p.open("g", str("class", "ticks"), num("data-top", top), num("data-bottom", bottom))
	right := -1.0
	for _, t := range ticks {
		x := p.x.At(t.At)
		p.open("g", str("class", "tick"), str("data-at", strconv.FormatFloat(t.At, 'f', -1, 64)), str("transform", "translate("+px(x)+" 0)"))
		p.leaf("line", str("class", "s-line"), num("y1", top), num("y2", bottom+4), str("stroke", light("line")))
		half, visibility := textWidth(t.Label)/2, "hidden"
		if x-half > right {
			right, visibility = x+half+4, "visible"
		}
		p.label(0, bottom+16, "middle", t.Label, "muted", str("visibility", visibility))
		p.close("g")
	}
	p.close("g")
}

func (p *plot) label(x, y float64, anchor, text, role string, more ...attr) {
	p.element("text", text, append(more, num("x", x), num("y", y), str("text-anchor", anchor), str("class", "f-"+role),
		str("fill", light(role)))...)
}

// textWidth is a generous guess: a picture cannot measure the reader's font.
func textWidth(s string) float64 { return 6.2 * float64(len([]rune(s))) }

// Shorten cuts a text that needs more than the given pixels, and marks the cut.
func Shorten(s string, pixels float64) string {
	r := []rune(s)
	if n := int(pixels / 6.2); len(r) > n {
		return strings.TrimSpace(string(r[:max(n-1, 1)])) + "…"
	}
	return s
}
