package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"pindrop/report/chart"
	"pindrop/results"
	"pindrop/results/measure"
)

// repeated is the part of a page about the runs of the same command: what of one run's numbers is chance.
type repeated struct {
	Sentence string
	Figures  []figure
	Metrics  sheet
	Same     []string
	Runs     []repeatRun
	Left     int // runs that are not listed
}

// repeatRun is a line of the list of runs.
type repeatRun struct {
	Seed    uint64
	Verdict measure.Verdict
	Reason  string
	Page    string // link to its page; "" of the page itself
}

// The most figures and runs of repeats that a page shows: of more there is a table, or record.json.
const (
	repeatFiguresMax = 4
	repeatRunsMax    = 100
)

func newRepeated(r *results.Record) *repeated {
	if len(r.Repeats) < 2 {
		return nil
	}
	varied, same := repeatedMetrics(r)
	p := &repeated{Sentence: repeatsSentence(r), Same: same}
	p.Metrics = repeatsSheet(r, varied)
	for i, name := range telling(varied)[:min(len(varied), repeatFiguresMax)] {
		p.Figures = append(p.Figures, repeatFigure(r, fmt.Sprintf("repeats-%d-%s", i+1, anchor(name)), name))
	}
	for _, t := range r.Repeats {
		if len(p.Runs) == repeatRunsMax {
			p.Left = len(r.Repeats) - repeatRunsMax
			break
		}
		row := repeatRun{Seed: t.Seed, Verdict: t.Verdict, Reason: t.Reason}
		if !itself(r, t) {
			row.Page = "../" + t.Dir + "/" + results.ReportFile
		}
		p.Runs = append(p.Runs, row)
	}
	return p
}

func itself(r *results.Record, t results.Repeat) bool {
	return t.Seed == r.Seed && t.Digest == r.Digest
}

// telling puts the metrics of the tiles in front.
func telling(names []string) []string {
	var first, rest []string
	for _, name := range names {
		if slices.Contains(tileMetrics, name) {
			first = append(first, name)
		} else {
			rest = append(rest, name)
		}
	}
	return append(first, rest...)
}

// repeatedMetrics parts the metrics of the first screen into those that are written differently in some runs, and the
// others with their value.
func repeatedMetrics(r *results.Record) (varied, same []string) {
	for _, g := range groups {
		for _, m := range g {
			s, ok := r.Spread(m.name)
			switch low, high := metric(m.name, s.Min), metric(m.name, s.Max); {
			case !ok:
			case low != high:
				varied = append(varied, m.name)
			case s.Median != 0:
				same = append(same, m.name+" = "+low)
			}
		}
	}
	return varied, same
}

// repeatsSentence counts the verdicts and says over what they are.
func repeatsSentence(r *results.Record) string {
	counts, invalid := map[measure.Verdict]int{}, 0
	digests := map[string]bool{}
	for _, t := range r.Repeats {
		counts[t.Verdict]++
		digests[t.Digest] = true
		if len(t.Broken) > 0 {
			invalid++
		}
	}
	var parts []string
	for _, v := range []struct {
		verdict   measure.Verdict
		one, many string
	}{{measure.Pass, "passes", "pass"}, {measure.Fail, "fails", "fail"}, {measure.Unknown, "is unknown", "are unknown"}} {
		if n := counts[v.verdict]; n > 0 {
			parts = append(parts, verbs(n, v.one, v.many))
		}
	}
	first, last := r.Repeats[0].Seed, r.Repeats[len(r.Repeats)-1].Seed
	sentence := fmt.Sprintf("Of %s with seeds %d to %d on the %s clock %s.", plural(len(r.Repeats), "run"), first, last, r.Clock, list(parts))
	if len(digests) == 1 {
		sentence += " All of them have the same history."
	}
	if invalid > 0 {
		sentence += fmt.Sprintf(" %s no valid experiment, and left out of the spreads.", verbs(invalid, "was", "were"))
	}
	return sentence
}

// repeatsSheet has a row for each metric that differs between runs.
func repeatsSheet(r *results.Record, names []string) sheet {
	t := sheet{Head: []string{"metric", "this run", "median", "lowest", "highest", "runs"}}
	for _, name := range names {
		s, _ := r.Spread(name)
		own := none
		if v, ok := r.Metrics[name]; ok {
			own = metric(name, v)
		}
		t.Rows = append(t.Rows, []string{name, own, metric(name, s.Median), metric(name, s.Min), metric(name, s.Max), count(int64(s.Count))})
	}
	return t
}

// repeatFigure is a metric over the seeds; the run of the page is marked.
func repeatFigure(r *results.Record, id, name string) figure {
	var seeds []string
	for _, t := range r.Repeats {
		seeds = append(seeds, fmt.Sprint(t.Seed))
	}
	s, _ := r.Spread(name)
	p := plotted{id: id, metric: name, title: name + " by seed", scale: newScale(results.Axis{Path: "seed", Values: seeds}), rows: 1}
	p.scale.joined = false
	k := curve{paint: lonePaint}
	marks := chart.Marks{Paint: chart.Paint{Role: "muted", Dash: "1 3"}, LabelY: 11}
	for _, i := range p.scale.order {
		t := r.Repeats[i]
		one := reading{place: p.scale.places[i], label: "seed " + seeds[i], probes: 1, shape: shapeOf(t.Verdict), told: Sign(t.Verdict)}
		one.spread, one.has = results.SpreadOf([]results.Probe{{Broken: t.Broken, Metrics: t.Metrics}}, name)
		one.broken = min(len(t.Broken), 1)
		k.readings = append(k.readings, one)
		if itself(r, t) {
			marks.Marks = append(marks.Marks, chart.Mark{At: one.place, Label: "this run"})
		}
	}
	p.curves, p.back = []curve{k}, []chart.Layer{marks}
	p.front = []chart.Layer{chart.Threshold{Paint: chart.Paint{Role: "muted", Dash: "6 3"}, V: s.Median}}
	p.legend = []legend{{chart.Swatch(id, chart.Paint{Role: "muted", Dash: "6 3"}, true), "median of the runs"}}
	p.sentence = explained(name, fmt.Sprintf("%s is %s at the median of %s, and lies between %s and %s.", name,
		metric(name, s.Median), plural(s.Count, "run"), metric(name, s.Min), metric(name, s.Max)))
	return p.figure()
}

// spreadNote is how a tile tells the repeats; "" where there are none.
func spreadNote(r *results.Record, name string) string {
	s, ok := r.Spread(name)
	if !ok || len(r.Repeats) < 2 {
		return ""
	}
	if low, high := metric(name, s.Min), metric(name, s.Max); low != high {
		return fmt.Sprintf("%s: %s to %s, median %s", plural(s.Count, "run"), low, high, metric(name, s.Median))
	}
	return "the same in " + plural(s.Count, "run")
}

// RepeatsText writes the spread of a run's repeats for a terminal; nothing where it has none. It returns the writer's
// first error.
func RepeatsText(w io.Writer, r *results.Record, o TextOptions) error {
	t := &texter{screen: newScreen(o), r: r}
	t.repeats()
	return t.print(w)
}

func (t *texter) repeats() {
	if len(t.r.Repeats) < 2 {
		return
	}
	varied, same := repeatedMetrics(t.r)
	t.title(repeatsSentence(t.r))
	if len(varied) > 0 {
		tw := newTable()
		var columns []table.ColumnConfig
		for n := 2; n <= 5; n++ {
			columns = append(columns, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
		}
		tw.SetColumnConfigs(columns)
		tw.AppendHeader(table.Row{"metric", "median", "lowest", "highest", "runs"})
		for _, row := range repeatsSheet(t.r, varied).Rows {
			tw.AppendRow(table.Row{row[0], row[2], row[3], row[4], row[5]})
		}
		t.table(tw)
	}
	if len(same) > 0 {
		t.line("")
		t.wrapped("", 2, dim, "The same in every run: "+strings.Join(same, ", ")+".")
	}
}
