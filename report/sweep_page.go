package report

import (
	_ "embed"
	"fmt"
	"io"
	"slices"
	"strings"

	"pindrop/results"
	"pindrop/results/measure"
)

//go:embed assets/sweep.html.tmpl
var sweepText string

var sweepTemplate = pageOf(studyText, sweepText)

// sweepPage is all that the template needs.
type sweepPage struct {
	studyFrame
	Story    string
	Verdicts string // how many points met the expectations
	Figures  []figure
	NoFigure string // why there is none
	Same     []string
	Points   sheet
	Left     int // points that are not listed
}

// SweepHTML writes a sweep as one self-contained page, with a figure for each metric that differs between points. It
// returns the writer's first error.
func SweepHTML(w io.Writer, s *results.Sweep) error {
	return fill(w, sweepTemplate, s.Scenario, newSweepPage(s))
}

func newSweepPage(s *results.Sweep) *sweepPage {
	var probes []results.Probe
	for i := range s.Points {
		probes = append(probes, s.Points[i].Probes...)
	}
	varied, same := sweepMetrics(s)
	p := &sweepPage{
		studyFrame: newStudyFrame(&s.Study, "sweep of "+s.Scenario, results.SweepFile, probes),
		Story:      strings.TrimSpace(sweepSentence(s) + " " + undrainedNote(s)), Same: same, Verdicts: verdictCounts(s),
	}
	p.Figures, p.NoFigure = sweepFigures(s, varied)
	p.Points, p.Left = pointsSheet(s, varied)
	return p
}

// verdictCounts says at how many points the expectations hold.
func verdictCounts(s *results.Sweep) string {
	points := tried(s)
	if len(points) == 0 {
		return "No point has been run yet."
	}
	counts := map[measure.Verdict]int{}
	for i := range points {
		counts[worstVerdict(points[i].Probes)]++
	}
	var parts []string
	for _, v := range []struct {
		verdict measure.Verdict
		words   string
	}{{measure.Pass, "hold at"}, {measure.Fail, "do not hold at"}, {measure.Unknown, "cannot be judged at"}} {
		if n := counts[v.verdict]; n > 0 {
			parts = append(parts, fmt.Sprintf("%s %s", v.words, count(int64(n))))
		}
	}
	return fmt.Sprintf("Of %s the expectations %s.", plural(len(points), "point"), list(parts))
}

// worstVerdict is that of the probe which decides: one that fails, or else one that is not known.
func worstVerdict(probes []results.Probe) measure.Verdict {
	worst := measure.Pass
	for i := range probes {
		switch v := probes[i].Verdict; {
		case v == measure.Fail:
			return v
		case v != measure.Pass:
			worst = measure.Unknown
		}
	}
	if len(probes) == 0 {
		return measure.Unknown
	}
	return worst
}

// brokenOf counts the probes of which a premise does not hold.
func brokenOf(probes []results.Probe) int {
	n := 0
	for i := range probes {
		if len(probes[i].Broken) > 0 {
			n++
		}
	}
	return n
}

// pointsMax is how many points a page lists: more is a table for a machine.
const pointsMax = 2000

// pointsSheet has a row for each point, with its verdict and what that rests on.
func pointsSheet(s *results.Sweep, metrics []string) (t sheet, left int) {
	for _, a := range s.Axes {
		t.Head = append(t.Head, a.Path)
	}
	t.Head = append(t.Head, "verdict")
	t.Head = append(t.Head, metrics...)
	t.Head = append(t.Head, "what the verdict rests on")
	for i := range s.Points {
		p := &s.Points[i]
		if len(t.Rows) == pointsMax {
			left = len(s.Points) - pointsMax
			break
		}
		row := append(slices.Clone(p.Values), signed(p))
		for _, name := range metrics {
			row = append(row, spreadCell(p, name))
		}
		t.Rows = append(t.Rows, append(row, reasonOf(p.Probes)))
	}
	return t, left
}

// signed is the verdict of a point with its sign.
func signed(p *results.Point) string {
	if len(p.Probes) == 0 {
		return "not run"
	}
	return markOf(worstVerdict(p.Probes)).sign + " " + pointVerdict(p)
}

// reasonOf is the reason of the first probe with the verdict that decides.
func reasonOf(probes []results.Probe) string {
	worst := worstVerdict(probes)
	for i := range probes {
		if v := probes[i].Verdict; v == worst || worst == measure.Unknown && v != measure.Pass {
			return probes[i].Reason
		}
	}
	return ""
}

// shapeOf is the shape in which a figure shows a verdict.
func shapeOf(v measure.Verdict) string {
	switch v {
	case measure.Pass:
		return "disc"
	case measure.Fail:
		return "cross"
	}
	return "diamond"
}

// sweepFigures are curves over one axis, or heat maps over the last two; why says why there is none.
func sweepFigures(s *results.Sweep, metrics []string) (figures []figure, why string) {
	if len(tried(s)) == 0 {
		return nil, "Nothing has been measured yet."
	}
	if len(s.Axes) == 1 {
		for i, name := range metrics {
			figures = append(figures, sweepCurve(s, fmt.Sprintf("m%d-%s", i+1, anchor(name)), name))
		}
		return figures, ""
	}
	grids, why := layGrids(s)
	if why != "" {
		return nil, why
	}
	for i, name := range metrics {
		if f, ok := heatFigure(s, grids, fmt.Sprintf("m%d-%s", i+1, anchor(name)), name); ok {
			figures = append(figures, f)
		}
	}
	return figures, ""
}

// sweepCurve is a metric over the only axis.
func sweepCurve(s *results.Sweep, id, name string) figure {
	p := plotted{id: id, metric: name, title: name, scale: newScale(s.Axes[0])}
	k := curve{paint: lonePaint}
	for _, i := range p.scale.order {
		k.readings = append(k.readings, pointReading(&s.Points[i], p.scale.places[i], name))
	}
	p.curves = []curve{k}
	p.sentence = explained(name, trend(name, k.readings))
	return p.figure()
}

// explained puts what a metric means in front of what a figure shows.
func explained(name, text string) string {
	if m := meaning(name); m != "" {
		return m + " " + text
	}
	return text
}

// pointReading is a metric at one point.
func pointReading(p *results.Point, place int64, name string) reading {
	r := reading{place: place, label: strings.Join(p.Values, ", "), probes: len(p.Probes), broken: brokenOf(p.Probes),
		shape: shapeOf(worstVerdict(p.Probes)), told: signed(p)}
	r.spread, r.has = p.Spread(name)
	return r
}
