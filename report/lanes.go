package report

import (
	"fmt"
	"strings"

	"pindrop/report/chart"
	"pindrop/results/history"
	"pindrop/results/measure"
)

// state is one thing that a lane shows. Each has its own height and place, so that it can be told without colour.
type state struct {
	label   string
	role    string
	hatched bool
	y, h    float64 // within the lane, in pixels
	of      func(*measure.Lane) []measure.Span
}

var states = []state{
	{"in service", "service", false, 14, 10, func(l *measure.Lane) []measure.Span { return l.Service }},
	{"redelivery in service", "again", false, 10, 14, func(l *measure.Lane) []measure.Span { return l.Redelivered }},
	{"work under an older pin", "stale", true, 25, 7, func(l *measure.Lane) []measure.Span { return l.Stale }},
	{"down", "down", true, 14, 10, func(l *measure.Lane) []measure.Span { return l.Down }},
	{"frozen", "frozen", true, 12, 14, func(l *measure.Lane) []measure.Span { return l.Frozen }},
	pinState,
}

// pinState has a bar for each consumer; see pinBars.
var pinState = state{"holds the pin", "pin", false, 4, 4, func(l *measure.Lane) []measure.Span { return l.Pinned }}

const (
	laneHeight = 36
	lanesTop   = 42 // room for the names of phases and faults
)

func (b *board) lanes() figure {
	lanes := b.r.Findings.Lanes
	more := float64(pinStep * (b.pinRows() - 1))
	high := laneHeight + more
	id, title := "lanes", "Workers over time"
	if b.suffix != "" {
		id, title = "lanes-beside", "Workers over time, "+b.suffix+" clock"
	}
	servers := b.serverLanes()
	c := b.chart(id, title, lanesTop+high*float64(len(lanes))+laneHeight*float64(len(servers)))
	c.Margin.Top = lanesTop
	c.Desc = b.lanesSentence()
	if len(servers) > 0 {
		c.Desc += " Failed assertions: " + b.assertedSentence(servers) + "."
	}
	var bars []chart.Layer
	used := make([]bool, len(states))
	for i := range lanes {
		y := lanesTop + high*float64(i)
		c.Layers = append(c.Layers, chart.Row{Y: y, H: high, Name: lanes[i].Worker})
		row := lanes[i].Worker
		if b.suffix != "" { // the read-out tells all charts together
			row += ", " + b.suffix + " clock"
		}
		add := func(s state, label string, spans []measure.Span, y float64) {
			if len(spans) == 0 {
				return
			}
			moved := b.shift(spans)
			bars = append(bars, chart.Bars{
				Paint:  chart.Paint{Role: s.role, Hatched: s.hatched},
				Source: chart.Source{Key: b.add(spanColumn(moved)), Row: row, Label: label},
				Y:      y + s.y, H: s.h, Spans: moved,
			})
		}
		for j, s := range states {
			used[j] = used[j] || len(s.of(&lanes[i])) > 0
			if j < len(states)-1 {
				add(s, s.label, s.of(&lanes[i]), y+more)
			}
		}
		for _, p := range b.pinBars(&lanes[i]) {
			add(pinState, p.label, p.spans, y+float64(pinStep*p.row))
		}
	}
	for i := range servers {
		row, said := b.drawServer(&servers[i], lanesTop+high*float64(len(lanes))+laneHeight*float64(i), laneHeight)
		c.Layers, bars = append(c.Layers, row), append(bars, said...)
	}
	c.Layers = append(append(c.Layers, b.shades...), bars...)
	c.Layers = append(c.Layers, b.phaseMarks(), b.faultMarks(lanesTop-16))
	f := figure{Chart: c.SVG(), ID: c.ID, Title: c.Title, Sentence: c.Desc, Table: b.lanesTable(), Sure: laneSure}
	for j, s := range states {
		if used[j] {
			label := s.label
			if j == len(states)-1 {
				label = b.pinLegend()
			}
			f.Legend = append(f.Legend, legend{chart.Swatch(c.ID, chart.Paint{Role: s.role, Hatched: s.hatched}, false), label})
		}
	}
	if len(servers) > 0 {
		f.Legend = append(f.Legend, legend{chart.Swatch(c.ID, chart.Paint{Role: assertedRole}, false), assertedLabel})
	}
	f.Legend = append(f.Legend, b.shadeLegend(c.ID)...)
	return f
}

// phaseShare is the part of the page's time that a phase must last to be named: a warm-up of no length takes a moment on
// the real clock, and its name would stand on top of the next one.
const phaseShare = 200

// phaseNames are the phases as the page calls them. Backlog and heal are moments beside the others: their names would
// stand on top of those.
var phaseNames = map[string]string{
	history.PhaseWarmup: "warm-up", history.PhaseDisturb: "disturb", history.PhaseDrain: "drain",
}

func (b *board) phaseMarks() chart.Layer {
	marks := chart.Marks{Paint: chart.Paint{Role: "muted", Dash: "1 3"}, LabelY: 11}
	for _, p := range b.r.Findings.Phases {
		if name := phaseNames[p.Name]; name != "" && p.To-p.From > (b.to-b.from)/phaseShare {
			marks.Marks = append(marks.Marks, chart.Mark{At: p.From - b.origin, Label: name})
		}
	}
	return marks
}

// faultMarks are the faults as lines, with their names where labelY is above 0.
func (b *board) faultMarks(labelY float64) chart.Layer {
	marks := chart.Marks{Paint: chart.Paint{Role: "fault", Dash: "4 2"}, LabelY: labelY}
	for _, m := range b.marks {
		if labelY == 0 {
			m.Label = ""
		}
		marks.Marks = append(marks.Marks, m)
	}
	return marks
}

func (b *board) lanesSentence() string {
	var parts []string
	for i := range b.r.Findings.Lanes {
		l := &b.r.Findings.Lanes[i]
		text := fmt.Sprintf("%s was in service for %s", l.Worker, duration(length(l.Service)+length(l.Redelivered)))
		if len(l.Pinned) > 0 {
			held := "the pin"
			if len(l.Pins) > 0 {
				held = "pins of " + plural(len(l.Pins), "consumer")
			}
			text += fmt.Sprintf(" and held %s for %s", held, duration(length(l.Pinned)))
		}
		if len(l.Down) > 0 {
			text += fmt.Sprintf(" and was down for %s", duration(length(l.Down)))
		}
		parts = append(parts, text)
	}
	if len(parts) > 4 {
		parts = append(parts[:4], fmt.Sprintf("%d more workers follow", len(parts)-4))
	}
	if len(parts) == 0 {
		return "No worker was seen."
	}
	return strings.Join(parts, "; ") + "."
}

func (b *board) lanesTable() sheet {
	t := sheet{Head: []string{"worker"}}
	for _, s := range states {
		t.Head = append(t.Head, s.label)
	}
	if several(&b.r.Findings) {
		t.Head[len(t.Head)-1] = "holds a pin"
	}
	for i := range b.r.Findings.Lanes {
		l := &b.r.Findings.Lanes[i]
		row := []string{l.Worker}
		for _, s := range states {
			cell := "–"
			if spans := s.of(l); len(spans) > 0 {
				cell = fmt.Sprintf("%s in %s", duration(length(spans)), plural(len(spans), "span"))
			}
			row = append(row, cell)
		}
		t.Rows = append(t.Rows, row)
	}
	return t
}
