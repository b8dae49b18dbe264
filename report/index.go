package report

import (
	_ "embed"
	"fmt"
	"html/template"
	"io"
	"slices"
	"strings"

	"pindrop/results/measure"
)

//go:embed assets/index.html.tmpl
var indexText string

var indexTemplate = pageOf(indexText)

// Indexed is one result in the list of all of them.
type Indexed struct {
	Kind     string // run, sweep, tuning
	Scenario string
	Started  string // RFC 3339, UTC
	Clock    string
	Seed     uint64
	Verdict  measure.Verdict // of a run
	Reason   string
	Page     string             // link to its page, relative to the list
	Metrics  map[string]float64 // of a run that was a valid experiment; nil of others
}

// indexPage is all that the template needs.
type indexPage struct {
	frame
	Dir    string
	Counts string
	Newest []Indexed
	Left   int // results that are not listed
	Trends []trends
	Broken []string // what could not be read
}

// trends is how the runs of one scenario on one clock went over time.
type trends struct {
	ID, Title string
	Runs      int
	Left      int // older runs than the trends show
	Rows      []trendRow
}

type trendRow struct {
	Metric, Doc                     string
	Line                            template.HTML
	Newest, Before, Lowest, Highest string
	Runs                            int
}

// The most results that the list has, and the most runs of a trend.
const (
	indexedMax = 1000
	trendMax   = 100
)

// IndexHTML writes the list of all results in a directory, the newest first, with a trend of each metric for each
// scenario. Broken says what could not be read. It returns the writer's first error.
func IndexHTML(w io.Writer, dir string, all []Indexed, broken []string) error {
	all = slices.Clone(all)
	slices.SortStableFunc(all, func(a, b Indexed) int { return strings.Compare(b.Started, a.Started) })
	p := &indexPage{frame: newFrame("results", "", pageStyle+studyStyle, studyScript), Dir: dir, Newest: all, Broken: broken}
	counts := map[measure.Verdict]int{}
	runs := 0
	for _, r := range all {
		if r.Kind == "run" {
			counts[r.Verdict]++
			runs++
		}
	}
	p.Counts = fmt.Sprintf("%s: %s, %s, %s.", plural(runs, "run"), verbs(counts[measure.Pass], "passes", "pass"),
		verbs(counts[measure.Fail], "fails", "fail"), verbs(counts[measure.Unknown], "is unknown", "are unknown"))
	if studies := len(all) - runs; studies > 0 {
		p.Counts += fmt.Sprintf(" Beside them %s.", verbs(studies, "study", "studies"))
	}
	p.Trends = trendsOf(all)
	if len(all) > indexedMax {
		p.Newest, p.Left = all[:indexedMax], len(all)-indexedMax
	}
	return fill(w, indexTemplate, dir, p)
}

// trendsOf groups the runs by scenario and clock, the newest group first.
func trendsOf(all []Indexed) []trends {
	type group struct{ scenario, clock string }
	var order []group
	runs := map[group][]Indexed{}
	for _, r := range all {
		if r.Kind != "run" {
			continue
		}
		g := group{r.Scenario, r.Clock}
		if len(runs[g]) == 0 {
			order = append(order, g)
		}
		runs[g] = append(runs[g], r)
	}
	var out []trends
	for i, g := range order {
		t := trends{ID: fmt.Sprintf("trend-%d", i+1), Title: g.scenario + ", " + g.clock + " clock", Runs: len(runs[g])}
		of := runs[g]
		if len(of) > trendMax {
			t.Left, of = len(of)-trendMax, of[:trendMax]
		}
		of = slices.Clone(of)
		slices.Reverse(of)
		for _, group := range groups {
			for _, m := range group {
				if row, ok := newTrendRow(m.name, of); ok && m.zero {
					t.Rows = append(t.Rows, row)
				}
			}
		}
		out = append(out, t)
	}
	return out
}

// newTrendRow is one metric over the runs, the oldest first.
func newTrendRow(name string, runs []Indexed) (trendRow, bool) {
	var values []float64
	var verdicts []measure.Verdict
	for _, r := range runs {
		if v, ok := r.Metrics[name]; ok {
			values, verdicts = append(values, v), append(verdicts, r.Verdict)
		}
	}
	if len(values) == 0 {
		return trendRow{}, false
	}
	n := len(values)
	row := trendRow{Metric: name, Doc: meaning(name), Runs: n, Newest: metric(name, values[n-1]), Before: none,
		Lowest: metric(name, slices.Min(values)), Highest: metric(name, slices.Max(values))}
	if n > 1 {
		row.Before = metric(name, values[n-2])
	}
	row.Line = spark(name, values, verdicts)
	return row, true
}

// The size of a small trend, in pixels.
const (
	sparkWidth  = 160
	sparkHeight = 24
)

// spark draws values from left to right between their lowest and their highest, with a cross where a run failed.
func spark(name string, values []float64, verdicts []measure.Verdict) template.HTML {
	low, high := slices.Min(values), slices.Max(values)
	var line, crosses strings.Builder
	var x, y float64
	for i, v := range values {
		x, y = sparkWidth/2, sparkHeight/2
		if len(values) > 1 {
			x = 6 + (sparkWidth-12)*float64(i)/float64(len(values)-1)
		}
		if high > low {
			y = sparkHeight - 5 - (sparkHeight-10)*(v-low)/(high-low)
		}
		command := "L"
		if i == 0 {
			command = "M"
		}
		fmt.Fprintf(&line, "%s%.1f %.1f", command, x, y)
		if verdicts[i] == measure.Fail {
			fmt.Fprintf(&crosses, "M%.1f %.1fl6 6m0 -6l-6 6", x-3, y-3)
		}
	}
	out := fmt.Sprintf(`<svg class="spark" role="img" aria-label="%s" width="%d" height="%d" viewBox="0 0 %d %d">`,
		template.HTMLEscapeString(fmt.Sprintf("%s over %s", name, plural(len(values), "run"))), sparkWidth, sparkHeight, sparkWidth, sparkHeight)
	out += fmt.Sprintf(`<path class="s-delivered" fill="none" stroke="#0072b2" stroke-width="1.5" d="%s"/>`, line.String())
	out += fmt.Sprintf(`<circle class="f-delivered" fill="#0072b2" cx="%.1f" cy="%.1f" r="3"/>`, x, y)
	if crosses.Len() > 0 {
		out += fmt.Sprintf(`<path class="s-fail" fill="none" stroke="#a8320a" stroke-width="1.5" d="%s"/>`, crosses.String())
	}
	return template.HTML(out + "</svg>")
}
