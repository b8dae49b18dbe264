package report

import (
	_ "embed"
	"fmt"
	"io"

	"pindrop/report/chart"
	"pindrop/results"
)

//go:embed assets/compare.html.tmpl
var compareText string

var compareTemplate = pageOf(compareText)

// comparePage is all that the template needs.
type comparePage struct {
	frame
	C       *results.Comparison
	Sign    string
	Sides   string
	Tiles   []change
	Judged  []change
	Others  []change
	Figures []figure
	Kept    []string
	Defined []defined
	Needed  int // runs of each side that could prove a difference
	Alpha   string
	Slack   string
	Virtual bool
	Groups  []side
}

// side is one side of a comparison with what it is called.
type side struct {
	What string
	*results.Group
}

// CompareHTML writes a comparison as one self-contained page. It returns the writer's first error.
func CompareHTML(w io.Writer, c *results.Comparison) error {
	return fill(w, compareTemplate, c.New.Scenario, newComparePage(c))
}

// against puts a comparison with a baseline onto the page of a run.
func (p *page) against(c *results.Comparison) {
	p.Base = newComparePage(c)
	for i := range p.Tiles {
		for j, row := range changesOf(c) {
			if row.Metric == p.Tiles[i].Metric && len(c.Changes[j].Base) > 0 {
				p.Tiles[i].Change = fmt.Sprintf("%s against %s before, %s", row.Delta, row.Base, row.Outcome)
			}
		}
	}
	if f, ok := latenciesAgainst(p.R, c); ok {
		sure := p.Latency.Sure
		p.Latency = &f
		p.Latency.Sure = sure
	}
}

// latenciesAgainst are all latencies of the run, and the responses of the baseline dashed.
func latenciesAgainst(r *results.Record, c *results.Comparison) (figure, bool) {
	for _, name := range []string{"response", "queue"} {
		before, ok := latencyNamed(c.Base.Latencies, name)
		if _, own := latencyNamed(r.Findings.Latencies, name); !ok || !own {
			continue
		}
		curves := latencyCurves(r.Findings.Latencies)
		return percentiles("latency", "Latency by percentile", append(curves, compared{
			before, fmt.Sprintf("%s, baseline, seed %d", name, c.Base.Middle), chart.Paint{Role: "muted", Dash: "4 4"}})), true
	}
	return figure{}, false
}

// tilesMax is how many metrics stand in tiles.
const tilesMax = 6

func newComparePage(c *results.Comparison) *comparePage {
	p := &comparePage{
		frame: newFrame(comparedSign(c.Verdict)+" "+c.New.Scenario, c.New.Versions.Pindrop, pageStyle+studyStyle, studyScript),
		C:     c, Sign: comparedSign(c.Verdict), Sides: sidesWords(c), Alpha: digits(100*c.Alpha) + " %", Slack: digits(100*c.Slack) + " %",
		Virtual: c.New.Clock == "virtual",
		Groups:  []side{{What: "base", Group: &c.Base}, {What: "new", Group: &c.New}},
	}
	tests := 0
	metrics := map[string]float64{}
	for i, row := range changesOf(c) {
		metrics[row.Metric] = 0
		if !row.Judged {
			p.Others = append(p.Others, row)
			continue
		}
		p.Judged = append(p.Judged, row)
		if ch := &c.Changes[i]; ch.Outcome != results.ChangeSame {
			tests++
			p.Figures = append(p.Figures, changeFigure(c, ch, fmt.Sprintf("change-%d", i+1)))
		}
	}
	for _, same := range []bool{false, true} { // what changed stands in front
		for _, row := range p.Judged {
			if (row.Outcome == "same") == same && len(p.Tiles) < tilesMax {
				p.Tiles = append(p.Tiles, row)
			}
		}
	}
	p.Needed = results.Needed(c.Alpha, tests)
	if f, ok := baselineLatencies(c); ok {
		p.Figures = append(p.Figures, f)
	}
	for _, k := range c.Expect {
		p.Kept = append(p.Kept, keptWords(c, k))
	}
	p.Defined = definitions(metrics, false)
	return p
}

// changeFigure shows every run of both sides, and their medians.
func changeFigure(c *results.Comparison, ch *results.Change, id string) figure {
	p := plotted{id: id, metric: ch.Metric, title: ch.Metric}
	k := curve{paint: lonePaint}
	dash := chart.Paint{Role: "muted", Dash: "6 3"}
	for i, s := range []struct {
		name   string
		group  *results.Group
		values []float64
	}{{"base", &c.Base, ch.Base}, {"new", &c.New, ch.New}} {
		from, width := float64(i*chart.Places/2), float64(chart.Places/2)
		for j, t := range s.group.Runs {
			place := int64(from + width*(0.08+0.84*(float64(j)+0.5)/float64(len(s.group.Runs))))
			one := reading{place: place, label: fmt.Sprintf("%s, seed %d", s.name, t.Seed), probes: 1, broken: min(len(t.Broken), 1),
				shape: shapeOf(t.Verdict), told: Sign(t.Verdict)}
			one.spread, one.has = results.SpreadOf([]results.Probe{{Broken: t.Broken, Metrics: t.Metrics}}, ch.Metric)
			p.scale.order = append(p.scale.order, len(p.scale.places))
			p.scale.places = append(p.scale.places, place)
			k.readings = append(k.readings, one)
		}
		p.scale.ticks = append(p.scale.ticks, chart.Tick{At: from + width/2, Label: s.name})
		if n := len(s.values); n > 0 {
			m := (s.values[(n-1)/2] + s.values[n/2]) / 2
			p.back = append(p.back, chart.Curve{Paint: dash, X: []float64{from + 0.04*width, from + 0.96*width}, Y: []float64{m, m}})
		}
	}
	p.curves = []curve{k}
	p.legend = []legend{{chart.Swatch(id, dash, true), "median"}}
	p.scale.label = "every run, by seed"
	p.sentence = explained(ch.Metric, changeSentence(ch))
	return p.figure()
}

func changeSentence(ch *results.Change) string {
	if len(ch.Base) == 0 || len(ch.New) == 0 {
		return fmt.Sprintf("%s applies on one side only.", ch.Metric)
	}
	text := fmt.Sprintf("The median of %s went from %s to %s", ch.Metric, metric(ch.Metric, ch.MedianBase()), metric(ch.Metric, ch.MedianNew()))
	switch ch.Outcome {
	case results.ChangeNoise:
		return text + fmt.Sprintf(", which chance explains (p = %s).", probability(ch.PHolm))
	case results.ChangeUntold:
		return text + "; so few runs cannot tell whether that is chance."
	}
	if share, ok := ch.Relative(); ok {
		text += ", " + signedDigits(100*share) + " %"
	}
	if p := probability(ch.PHolm); p[0] == '<' {
		return text + " (p " + p + ")."
	}
	return text + " (p = " + probability(ch.PHolm) + ")."
}

// baselineLatencies are the responses of a run in the middle of each side, the base dashed.
func baselineLatencies(c *results.Comparison) (figure, bool) {
	for _, name := range []string{"response", "queue"} {
		now, ok := latencyNamed(c.New.Latencies, name)
		before, ok2 := latencyNamed(c.Base.Latencies, name)
		if ok && ok2 {
			f := percentiles("latency", "Latency by percentile", []compared{
				{now, fmt.Sprintf("%s, new, seed %d", name, c.New.Middle), chart.Paint{Role: "delivered"}},
				{before, fmt.Sprintf("%s, base, seed %d", name, c.Base.Middle), chart.Paint{Role: "ink", Dash: "7 3"}},
			})
			return f, true
		}
	}
	return figure{}, false
}
