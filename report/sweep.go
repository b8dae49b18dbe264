package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"pindrop/results"
)

// SweepText writes a sweep for a terminal: a line for each point, with as many of the shown metrics as have room. It
// returns the writer's first error.
func SweepText(w io.Writer, s *results.Sweep, o TextOptions) error {
	t := newScreen(o)
	t.wrapped("", 0, bold, s.Scenario+": "+sweepSentence(s))
	t.line("")
	varied, same := sweepMetrics(s)
	sheet, left := sweepSheet(s, varied, t.o.Width)
	t.table(studyTable(sheet))
	t.line("")
	if note := undrainedNote(s); note != "" {
		t.wrapped("", 0, "", note)
	}
	if len(same) > 0 {
		t.wrapped("", 0, "", "The same at every point: "+strings.Join(same, ", ")+".")
	}
	if left > 0 {
		t.wrapped("", 0, "", plural(left, "metric")+" more in the report.")
	}
	t.tail(s.Command)
	return t.print(w)
}

// studyTable is a sheet as a table without lines; all but the first column are numbers.
func studyTable(s sheet) table.Writer {
	t := table.NewWriter()
	t.SetStyle(table.StyleDefault)
	t.Style().Options = table.OptionsNoBordersAndSeparators
	t.Style().Format.Header = text.FormatDefault
	t.SuppressTrailingSpaces()
	var configs []table.ColumnConfig
	for i := range s.Head {
		configs = append(configs, table.ColumnConfig{Number: i + 1, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	t.SetColumnConfigs(configs)
	t.AppendHeader(tableRow(s.Head))
	for _, r := range s.Rows {
		t.AppendRow(tableRow(r))
	}
	return t
}

func tableRow(cells []string) table.Row {
	row := make(table.Row, len(cells))
	for i, c := range cells {
		row[i] = printable(c)
	}
	return row
}

// sweepSentence says what was run.
func sweepSentence(s *results.Sweep) string {
	var axes []string
	for _, a := range s.Axes {
		axes = append(axes, fmt.Sprintf("%s (%s)", a.Path, plural(len(a.Values), "value")))
	}
	runs := 0
	for i := range s.Points {
		runs += len(s.Points[i].Probes)
	}
	text := fmt.Sprintf("%s over %s, on the %s clock, seed %d", plural(runs, "run"), list(axes), s.Clock, s.Seed)
	if s.Repeat > 1 {
		text += fmt.Sprintf("–%d; each cell is the median, with the lowest and the highest where they differ",
			s.Seed+uint64(s.Repeat)-1)
	}
	if !s.Complete {
		text += fmt.Sprintf("; incomplete: it was interrupted after %d of %s", len(tried(s)), plural(len(s.Points), "point"))
	}
	return text + "."
}

// tried are the points that were run at least once.
func tried(s *results.Sweep) []results.Point {
	return slices.DeleteFunc(slices.Clone(s.Points), func(p results.Point) bool { return len(p.Probes) == 0 })
}

// sweepMetrics parts the shown metrics into those that differ between points, and those that are the same everywhere,
// with their value. Metrics that apply nowhere are in neither.
func sweepMetrics(s *results.Sweep) (varied, same []string) {
	points := tried(s)
	for _, name := range s.Show {
		cells := map[string]bool{}
		for _, p := range points {
			cells[spreadCell(&p, name)] = true
		}
		switch {
		case len(cells) > 1 || len(points) == 1:
			varied = append(varied, name)
		case len(cells) == 1 && !cells[none]:
			for cell := range cells {
				same = append(same, name+" "+cell)
			}
		}
	}
	return varied, same
}

// sweepSheet has a row for each point and a column for each axis, the verdict, and each metric; left is how many metrics
// had no room in width characters (0: there is no end to the room).
func sweepSheet(s *results.Sweep, metrics []string, width int) (t sheet, left int) {
	points := tried(s)
	t.Rows = make([][]string, len(points))
	add := func(head string, cell func(p *results.Point) string) bool {
		column, widest := make([]string, len(points)), len([]rune(head))
		for i := range points {
			column[i] = cell(&points[i])
			widest = max(widest, len([]rune(column[i])))
		}
		if width > 0 && rowWidth(t)+widest+2 > width && len(t.Head) > len(s.Axes) {
			return false
		}
		t.Head = append(t.Head, head)
		for i := range column {
			t.Rows[i] = append(t.Rows[i], column[i])
		}
		return true
	}
	for i, a := range s.Axes {
		add(a.Path, func(p *results.Point) string { return p.Values[i] })
	}
	add("verdict", pointVerdict)
	for _, name := range metrics {
		if !add(name, func(p *results.Point) string { return spreadCell(p, name) }) {
			left++
		}
	}
	return t, left
}

// rowWidth is how many characters a sheet takes, with two between its columns and one on either side.
func rowWidth(t sheet) int {
	width := 2
	for i, head := range t.Head {
		widest := len([]rune(head))
		for _, row := range t.Rows {
			widest = max(widest, len([]rune(row[i])))
		}
		width += widest + 2
	}
	return width
}

// undrained is the verdict of a probe that is no valid experiment because work was left after the drain.
const undrained = "unknown (not drained)"

// pointVerdict is the verdict of a point's probes: each, if they differ.
func pointVerdict(p *results.Point) string {
	counts := map[string]int{}
	for i := range p.Probes {
		if p.Probes[i].Undrained {
			counts[undrained]++
		} else {
			counts[string(p.Probes[i].Verdict)]++
		}
	}
	var parts []string
	for _, v := range []string{"pass", "fail", "unknown", undrained} {
		switch n := counts[v]; {
		case n == 0:
		case n == len(p.Probes):
			return v
		default:
			parts = append(parts, fmt.Sprintf("%d %s", n, v))
		}
	}
	return strings.Join(parts, ", ")
}

// undrainedNote says what is known of points that were not drained; "" where there are none.
func undrainedNote(s *results.Sweep) string {
	for i := range s.Points {
		if slices.ContainsFunc(s.Points[i].Probes, func(t results.Probe) bool { return t.Undrained }) {
			return "Not drained: messages were left when the drain was over. Only rates are known there, those of the fault phase."
		}
	}
	return ""
}

// none stands where there is no value.
const none = "–"

// spreadCell is the median of a metric, and its spread where that can be told from it.
func spreadCell(p *results.Point, name string) string {
	v, ok := p.Spread(name)
	if !ok {
		return none
	}
	cell, low, high := metric(name, v.Median), metric(name, v.Min), metric(name, v.Max)
	if low != high {
		cell += fmt.Sprintf(" (%s–%s)", low, high)
	}
	return cell
}
