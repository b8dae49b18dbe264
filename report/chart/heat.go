package chart

import (
	"strconv"
)

// The height of what stands around the rows of a heat map.
const (
	heatCaption = 18
	heatNames   = 20
	heatGap     = 1
)

// Heat is a grid of cells, drawn over an axis that reaches from 0 to as many as there are columns.
type Heat struct {
	Y       float64 // of its upper edge
	RowH    float64 // height of a row
	Caption string  // above it; "" where there is only one
	Cols    []string
	Rows    []string // from the top
	Cells   []Cell
}

// Cell is one cell of a heat map.
type Cell struct {
	Col, Row int
	Role     string // of the ramp; "" for an empty cell
	Hatched  bool   // there is no valid value
	Texts    []string
	Title    string // tells the cell to a pointer that rests on it
}

// Height is how much room a heat map takes, in pixels.
func (h Heat) Height() float64 { return h.top() - h.Y + h.RowH*float64(len(h.Rows)) + heatNames }

// top is where the rows begin.
func (h Heat) top() float64 {
	if h.Caption == "" {
		return h.Y
	}
	return h.Y + heatCaption
}

func (h Heat) draw(p *plot) {
	if h.Caption != "" {
		p.label(0, h.Y+12, "start", h.Caption, "ink")
	}
	every := 1
	for h.RowH*float64(every) < 13 {
		every++
	}
	for i, name := range h.Rows {
		if i%every == 0 {
			p.label(p.x.A-6, h.top()+h.RowH*(float64(i)+0.5)+4, "end", Shorten(name, p.x.A-10), "ink")
		}
	}
	for _, c := range h.Cells {
		h.cell(p, c)
	}
	bottom := h.top() + h.RowH*float64(len(h.Rows))
	var ticks []Tick
	for i, name := range h.Cols {
		ticks = append(ticks, Tick{At: float64(i) + 0.5, Label: name})
	}
	p.ticks(ticks, bottom, bottom)
}

// cell is a box with the first of its texts for which there is room.
func (h Heat) cell(p *plot, c Cell) {
	left, right := p.x.At(float64(c.Col)), p.x.At(float64(c.Col+1))
	y, width := h.top()+h.RowH*float64(c.Row), right-left
	gap := min(heatGap, width/8)
	p.openCell(int64(c.Col), int64(c.Col+1), heatGap)
	if c.Title != "" {
		p.element("title", c.Title)
	}
	box := func(fill, class string) {
		p.leaf("rect", str("class", class), num("x", left+gap), num("width", width-2*gap), num("y", y+gap), num("height", h.RowH-2*gap),
			str("fill", fill))
	}
	switch {
	case c.Role != "":
		box(light(c.Role), "f-"+c.Role)
	default:
		box(light("card"), "f-card")
	}
	if c.Hatched {
		box("url(#"+p.hatch("down")+")", "")
	}
	shown := h.RowH < 13
	for _, text := range c.Texts {
		w, visibility := textWidth(text)+6, "hidden"
		if !shown && w <= width {
			shown, visibility = true, "visible"
		}
		if h.RowH >= 13 {
			p.label(left+width/2, y+h.RowH/2+4, "middle", text, "ink", str("visibility", visibility), num("data-w", w))
		}
	}
	p.close("g")
}

// HeatRole is the role of the ramp for a value that is share of the way from the lowest to the highest.
func HeatRole(share float64) string {
	step := int(share * float64(len(Ramp)))
	return "heat-" + strconv.Itoa(min(max(step, 0), len(Ramp)-1))
}
