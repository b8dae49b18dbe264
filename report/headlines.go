package report

import "pindrop/results"

// Line is a metric as a first screen tells it.
type Line struct {
	Metric string
	Value  string // with its unit
	Means  string // in few words
}

// Headlines are the metrics that tell a reader most, those that apply to the run, the most telling first.
func Headlines(r *results.Record) []Line {
	var lines []Line
	for _, g := range groups {
		for _, m := range relevant(g, r.Metrics) {
			lines = append(lines, Line{m.name, metric(m.name, r.Metrics[m.name]), meaningOf(m, &r.Findings)})
		}
	}
	return lines
}

// Value writes the value of a metric for people, with its unit; one that is not in the table of metrics has none.
func Value(name string, v float64) string { return metric(name, v) }

// Time writes nanoseconds for people: 1.91 s, 45 ms.
func Time(ns int64) string { return duration(ns) }
