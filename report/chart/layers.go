package chart

import (
	"cmp"
	"html/template"
	"slices"
	"strconv"
)

// Paint says how a shape looks.
type Paint struct {
	Role    string // in the palette
	Hatched bool   // filled with the role's hatch
	Faint   bool   // filled translucently: a shade behind other things
	Dash    string // of a line
}

// Source ties a shape to the page's data: the index of its column, and what to call it in the read-out. The zero value
// names nothing; Key counts from 1.
type Source struct {
	Key   int
	Row   string // what it belongs to: a worker's name
	Label string
}

func (s Source) attrs() []attr {
	if s.Key == 0 {
		return nil
	}
	return []attr{str("data-key", strconv.Itoa(s.Key)), str("data-row", s.Row), str("data-label", s.Label)}
}

// Bars are intervals as boxes at Y with height H, in pixels from the top.
type Bars struct {
	Paint
	Source
	Y, H  float64
	Spans []Span
}

func (b Bars) draw(p *plot) {
	fill, opacity := light(b.Role), ""
	class := "bars f-" + b.Role
	if b.Hatched {
		fill, class = "url(#"+p.hatch(b.Role)+")", "bars"
	}
	if b.Faint {
		opacity = "0.16"
	}
	p.leaf("path", append([]attr{str("class", class), str("fill", fill), str("fill-opacity", opacity),
		num("data-y", b.Y), num("data-h", b.H), str("d", bars(b.Spans, p.x, b.Y, b.H))}, b.attrs()...)...)
}

// Shade is intervals that matter for everything in the chart: a tint over the full height, hatched on request, under
// a solid cap, because a tint alone is too faint to be relied on.
type Shade struct {
	Paint
	Source
	Spans []Span
}

func (s Shade) draw(p *plot) {
	m := p.chart.Margin
	h := p.chart.Height - m.Bottom - m.Top
	tint := Bars{Paint: Paint{Role: s.Role, Faint: true}, Y: m.Top, H: h, Spans: s.Spans}
	tint.Key = s.Key
	tint.draw(p)
	if s.Hatched {
		lines := tint
		lines.Hatched = true
		lines.draw(p)
	}
	Bars{Paint: Paint{Role: s.Role}, Source: s.Source, Y: m.Top - 4, H: 4, Spans: s.Spans}.draw(p)
}

// Line is a quantity over time: steps.
type Line struct {
	Paint
	Source
	At []int64
	V  []float64
}

func (l Line) draw(p *plot) {
	y := p.y
	p.leaf("path", append([]attr{str("class", "steps s-"+l.Role), str("fill", "none"), str("stroke", light(l.Role)),
		str("stroke-width", "1.5"), str("stroke-dasharray", l.Dash), str("stroke-linejoin", "round"),
		num("data-y", y.A), num("data-h", y.A-y.B), num("data-top", y.To),
		str("d", steps(l.At, l.V, p.x, y))}, l.attrs()...)...)
}

// Curve joins points in the domains of the axes. It stretches with the width of the page.
type Curve struct {
	Paint
	X, Y []float64
}

func (c Curve) draw(p *plot) {
	xs, ys := make([]float64, len(c.X)), make([]float64, len(c.Y))
	for i := range c.X {
		xs[i], ys[i] = p.x.At(c.X[i])-p.x.A, p.y.At(c.Y[i])
	}
	p.open("g", str("class", "stretch"), num("data-width", p.x.B-p.x.A), str("transform", "translate("+px(p.x.A)+" 0)"))
	p.leaf("path", str("class", "s-"+c.Role), str("fill", "none"), str("stroke", light(c.Role)), str("stroke-width", "2"),
		str("stroke-dasharray", c.Dash), str("vector-effect", "non-scaling-stroke"), str("d", polyline(xs, ys)))
	p.close("g")
}

// Threshold is a horizontal line at V with its label.
type Threshold struct {
	Paint
	V     float64
	Label string // "": the line alone
}

func (t Threshold) draw(p *plot) {
	y := p.y.At(t.V)
	p.wide(y, t.Role, t.Dash)
	if t.Label != "" { // with a rim of paper, since other lines may cross it
		p.element("text", t.Label, num("x", p.x.A+6), num("y", y-5), str("text-anchor", "start"), str("class", "f-"+t.Role+" s-paper"),
			str("fill", light(t.Role)), str("stroke", light("paper")), whole("stroke-width", 3), str("paint-order", "stroke"))
	}
}

// Zone tints the values from From to To.
type Zone struct {
	Paint
	From, To float64
}

func (z Zone) draw(p *plot) {
	top, bottom := p.y.At(z.To), p.y.At(z.From)
	p.leaf("rect", str("class", "wide f-"+z.Role), num("x", p.x.A), num("y", top), num("width", p.x.B-p.x.A),
		num("height", bottom-top), str("fill", light(z.Role)), str("fill-opacity", "0.12"))
}

// Row is the name of a lane and the line under it.
type Row struct {
	Y, H float64
	Name string
}

func (r Row) draw(p *plot) {
	p.wide(r.Y+r.H, "line", "")
	p.label(p.x.A-6, r.Y+r.H/2+4, "end", Shorten(r.Name, p.x.A-10), "ink")
}

// Mark is one instant, a vertical line through the plot area.
type Mark struct {
	At    int64
	Label string // "": the line alone
	Dash  string // instead of that of all
}

// Marks are instants, or places, of one kind, in order. A label takes the first row in which there is room, and is left
// out where there is none.
type Marks struct {
	Paint
	LabelY float64 // of the first row
	Rows   int     // of labels; 0 is 1
	Marks  []Mark
}

// markRow is the height of a row of labels. The page's script knows it too.
const markRow = 13

func (ms Marks) draw(p *plot) {
	m := p.chart.Margin
	free := make([]float64, max(ms.Rows, 1))
	for i := range free {
		free[i] = -1
	}
	p.open("g", str("class", "marks"), num("data-y", ms.LabelY), whole("data-rows", len(free)))
	for _, mark := range ms.Marks {
		x := p.x.At(float64(mark.At))
		p.open("g", str("class", "mark"), str("data-at", strconv.FormatInt(mark.At, 10)), str("transform", "translate("+px(x)+" 0)"))
		p.leaf("line", str("class", "s-"+ms.Role), num("y1", m.Top), num("y2", p.chart.Height-m.Bottom),
			str("stroke", light(ms.Role)), str("stroke-width", "1.5"), str("stroke-dasharray", cmp.Or(mark.Dash, ms.Dash)))
		if mark.Label != "" {
			ms.label(p, mark.Label, x, free)
		}
		p.close("g")
	}
	p.close("g")
}

// RowsAt is how many rows the labels need in a chart of some width over places.
func (ms Marks) RowsAt(width float64, m Margin) int {
	x := Scale{To: Places, A: m.Left, B: width - m.Right}
	var free []float64
	for _, mark := range ms.Marks {
		row, _, right := ms.room(mark.Label, x.At(float64(mark.At)), width, append(slices.Clone(free), 0))
		if row < 0 { // flipped, and wider than the chart
			continue
		}
		if row == len(free) {
			free = append(free, 0)
		}
		free[row] = right
	}
	return max(len(free), 1)
}

// room finds a place for a label at pixel x: to the right of the mark, to the left where the right edge is near, in the
// first row that is free from there on; free is the first free pixel of each row. The row is -1 where there is none.
func (ms Marks) room(text string, x, width float64, free []float64) (row int, flipped bool, right float64) {
	w := textWidth(text)
	left := x + 3
	if flipped = left+w > width; flipped {
		left = x - 3 - w
	}
	return slices.IndexFunc(free, func(right float64) bool { return left >= right }), flipped, left + w + 6
}

// label writes a label where there is room, and keeps that taken.
func (ms Marks) label(p *plot, text string, x float64, free []float64) {
	row, flipped, right := ms.room(text, x, p.chart.Width, free)
	offset, anchor, visibility := 3.0, "start", ""
	if flipped {
		offset, anchor = -3, "end"
	}
	if row < 0 {
		row, visibility = 0, "hidden"
	} else {
		free[row] = right
	}
	p.element("text", text, num("x", offset), num("y", ms.LabelY+float64(row)*markRow), str("text-anchor", anchor),
		str("visibility", visibility), str("class", "f-"+ms.Role), str("fill", light(ms.Role)), num("data-w", textWidth(text)))
}

// Swatch is the key of a paint in a legend: a small picture beside the words. The hatches are those of the chart with
// the given id.
func Swatch(id string, p Paint, line bool) template.HTML {
	s := &plot{chart: &Chart{ID: id, Height: 10}, x: Scale{To: 24, B: 24}}
	s.open("svg", str("class", "swatch"), str("aria-hidden", "true"), num("width", 24), num("height", 10))
	if line {
		s.leaf("line", str("class", "s-"+p.Role), num("x2", 24), num("y1", 5), num("y2", 5), str("stroke", light(p.Role)),
			str("stroke-width", "2"), str("stroke-dasharray", p.Dash))
	} else {
		Bars{Paint: p, H: 10, Spans: []Span{{0, 24}}}.draw(s)
	}
	s.close("svg")
	return s.String()
}
