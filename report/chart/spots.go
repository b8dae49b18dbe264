package chart

import (
	"html/template"
	"strconv"
)

// Places is how far the domain of an axis of places reaches: from 0 to Places. Who lays out such an axis puts what it
// shows at whole numbers in it, so that Go and the page's script compute the same pixels whatever the axis measures.
const Places = 10_000

// The shapes of spots. None is told from another by its colour alone.
const (
	Disc    = "disc"    // full
	Cross   = "cross"   // two strokes
	Diamond = "diamond" // hollow
	Absent  = "absent"  // a hollow triangle on the axis: there is no value
)

// Spot is a value at a place, with the range in which it was seen.
type Spot struct {
	Paint
	At        int64 // place
	V         float64
	Low, High float64 // drawn as a whisker where they differ
	Shape     string
	Title     string // tells the spot to a pointer that rests on it
}

// Spots are values at places. They keep their size and move with the width of the page.
type Spots []Spot

func (ss Spots) draw(p *plot) {
	for _, s := range ss {
		p.open("g", str("class", "spot"), str("data-at", strconv.FormatInt(s.At, 10)),
			str("transform", "translate("+px(p.x.At(float64(s.At)))+" 0)"))
		if s.Title != "" {
			p.element("title", s.Title)
		}
		y := p.y.At(s.V)
		if s.Shape == Absent {
			y = p.chart.Height - p.chart.Margin.Bottom - 5
		} else if s.Low != s.High {
			low, high := p.y.At(s.Low), p.y.At(s.High)
			p.leaf("path", str("class", "s-"+s.Role), str("fill", "none"), str("stroke", light(s.Role)), str("stroke-width", "1.5"),
				str("d", "M-4 "+px(low)+"H4M-4 "+px(high)+"H4M0 "+px(low)+"V"+px(high)))
		}
		p.shape(s.Shape, s.Role, y)
		p.close("g")
	}
}

// shape draws a spot's shape around (0, y).
func (p *plot) shape(shape, role string, y float64) {
	var d string
	fill, class := light("paper"), "f-paper s-"+role
	switch shape {
	case Disc:
		d, fill, class = "M-4 0A4 4 0 1 1 4 0A4 4 0 1 1 -4 0Z", light(role), "f-"+role+" s-"+role
	case Cross:
		d, fill, class = "M-4 -4L4 4M-4 4L4 -4", "none", "s-"+role
	case Diamond:
		d = "M0 -5L5 0L0 5L-5 0Z"
	case Absent:
		d = "M-5 -4H5L0 4Z"
	default:
		panic("chart: no shape " + shape)
	}
	p.leaf("path", str("class", class), str("fill", fill), str("stroke", light(role)), str("stroke-width", "2"),
		str("transform", "translate(0 "+px(y)+")"), str("d", d))
}

// Band tints the places from From to To over the full height, under a solid cap, because a tint alone is too faint to be
// relied on.
type Band struct {
	Paint
	From, To int64
	Top      float64 // of the cap, in pixels
}

func (b Band) draw(p *plot) {
	m := p.chart.Margin
	p.openCell(b.From, b.To, 0)
	left := p.x.At(float64(b.From))
	width := p.x.At(float64(b.To)) - left
	box := func(y, h float64, opacity string) {
		p.leaf("rect", str("class", "f-"+b.Role), num("x", left), num("width", width), num("y", y), num("height", h),
			str("fill", light(b.Role)), str("fill-opacity", opacity))
	}
	box(m.Top, p.chart.Height-m.Bottom-m.Top, "0.12")
	box(b.Top, 4, "")
	p.close("g")
}

// openCell begins a group whose boxes the page's script stretches between two places, gap pixels from each.
func (p *plot) openCell(from, to int64, gap float64) {
	p.open("g", str("class", "cell"), str("data-from", strconv.FormatInt(from, 10)), str("data-to", strconv.FormatInt(to, 10)),
		num("data-gap", gap))
}

// ShapeSwatch is the key of a spot's shape in a legend.
func ShapeSwatch(shape string) template.HTML {
	return swatch(func(p *plot) { p.shape(shape, "ink", 6) })
}

// SpreadSwatch is the key of the range in which a value was seen.
func SpreadSwatch() template.HTML {
	return swatch(func(p *plot) {
		p.leaf("path", str("class", "s-ink"), str("fill", "none"), str("stroke", light("ink")), str("stroke-width", "1.5"),
			str("d", "M-4 1H4M-4 11H4M0 1V11"))
	})
}

// swatch is a small picture whose origin is in the middle of its width.
func swatch(draw func(p *plot)) template.HTML {
	p := &plot{}
	p.open("svg", str("class", "swatch"), str("aria-hidden", "true"), num("width", 14), num("height", 12), str("viewBox", "-7 0 14 12"))
	draw(p)
	p.close("svg")
	return p.String()
}

// HeatSwatch is the key of a step of the ramp.
func HeatSwatch(step int) template.HTML {
	return Swatch("", Paint{Role: Ramp[step].Role}, false)
}
