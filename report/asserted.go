package report

import (
	"fmt"
	"strings"

	"pindrop/report/chart"
	"pindrop/results/measure"
)

// saying is one message on the lane of a server, at the instants at which the server said so.
type saying struct {
	message string
	spans   []measure.Span
}

// serverLane is what a server asserts and was not so.
type serverLane struct {
	server string
	said   []saying
}

// momentShare is the part of the page's time that a moment is drawn as, so that it can be seen.
const momentShare = 300

// serverLanes are those of the servers that violated what they assert.
func (b *board) serverLanes() []serverLane {
	var lanes []serverLane
	moment := max((b.to-b.from)/momentShare, 1)
	for _, v := range b.r.Findings.Violations {
		lane := find(&lanes, func(l *serverLane) bool { return l.server == v.Server }, serverLane{server: v.Server})
		said := find(&lane.said, func(s *saying) bool { return s.message == v.Message }, saying{message: v.Message})
		span := measure.Span{From: v.At, To: v.At + moment}
		if n := len(said.spans); n > 0 && span.From <= said.spans[n-1].To {
			said.spans[n-1].To = span.To
			continue
		}
		said.spans = append(said.spans, span)
	}
	return lanes
}

// find is the item of a list that matches, appended where there was none.
func find[T any](list *[]T, matches func(*T) bool, or T) *T {
	for i := range *list {
		if matches(&(*list)[i]) {
			return &(*list)[i]
		}
	}
	*list = append(*list, or)
	return &(*list)[len(*list)-1]
}

// drawServer draws the lane of a server.
func (b *board) drawServer(l *serverLane, y, high float64) (row chart.Layer, bars []chart.Layer) {
	name := "server " + l.server
	if l.server == "" {
		name = "a server"
	}
	for _, s := range l.said {
		moved := b.shift(s.spans)
		bars = append(bars, chart.Bars{
			Paint:  chart.Paint{Role: assertedRole},
			Source: chart.Source{Key: b.add(spanColumn(moved)), Row: name, Label: s.message},
			Y:      y + high/4, H: high / 2, Spans: moved,
		})
	}
	return chart.Row{Y: y, H: high, Name: name}, bars
}

const (
	assertedRole  = "fault"
	assertedLabel = "an assertion of the server failed"
)

// assertedSentence says how often servers violated what they assert.
func (b *board) assertedSentence(lanes []serverLane) string {
	var parts []string
	for _, l := range lanes {
		for _, s := range l.said {
			parts = append(parts, fmt.Sprintf("%s %q from %s on", l.server, s.message, duration(s.spans[0].From-b.origin)))
		}
	}
	return strings.Join(parts, "; ")
}
