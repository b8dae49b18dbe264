package report

import (
	"cmp"
	"fmt"
	"math"
	"regexp"
	"slices"
	"strconv"
	"strings"
	"time"

	"pindrop/report/chart"
	"pindrop/results"
	"pindrop/results/measure"
)

// arms are the two lines of a tuning's figures: told apart by dash as well as by colour.
var arms = []struct {
	name, words string
	paint       chart.Paint
}{
	{results.ArmCalm, "without faults", chart.Paint{Role: "delivered"}},
	{results.ArmFaults, "with faults", chart.Paint{Role: "handled", Dash: "7 3"}},
}

// tuningFigures has one figure for each metric of which a goal speaks, and for the usual ones where they differ between
// limits; same are those that do not.
func tuningFigures(t *results.Tuning) (figures []figure, same []string) {
	if len(t.Limits) == 0 {
		return nil, nil
	}
	asked := goalMetrics(t)
	var names []string
	for _, column := range tuningColumns(t) {
		_, name, _ := strings.Cut(column, ".")
		names = append(names, name)
	}
	ladder := newLadder(t)
	for i, name := range once(names) {
		curves := tuningCurves(t, ladder, name)
		if len(curves) == 0 {
			continue
		}
		if alike := sameText(name, curves); alike != "" && !slices.Contains(asked, name) {
			same = append(same, alike)
			continue
		}
		figures = append(figures, tuningFigure(t, ladder, fmt.Sprintf("m%d-%s", i+1, anchor(name)), name, curves))
	}
	return figures, same
}

// goalMetrics are the metrics of which the goals speak, without their arms.
func goalMetrics(t *results.Tuning) []string {
	var out []string
	for _, g := range t.Goals {
		for _, word := range results.Names(g.Expr) {
			if _, name, ok := ofArm(word); ok {
				out = append(out, name)
			}
		}
	}
	return once(out)
}

// ofArm parts the name of a metric from the arm in front of it; a metric alone is that of the scenario as it stands.
func ofArm(word string) (arm, name string, ok bool) {
	if _, ok := measure.Lookup(word); ok {
		return results.ArmFaults, word, true
	}
	arm, name, _ = strings.Cut(word, ".")
	_, ok = measure.Lookup(name)
	return arm, name, ok && slices.Contains([]string{results.ArmCalm, results.ArmFaults, results.ArmFree}, arm)
}

// ladder is the axis of limits with everything that stands at a limit.
type ladder struct {
	scale scale
	place func(float64) int64
	marks chart.Marks
	safe  *chart.Band
}

// phoneWidth is the width of the narrowest page in which every label must have room, in pixels.
const phoneWidth = 330

// ruleFar is how many times outside of the limits that were tried a rule of thumb may lie to stand in the figures.
const ruleFar = 10

func newLadder(t *results.Tuning) ladder {
	low, high := float64(t.Limits[0].Limit), float64(t.Limits[len(t.Limits)-1].Limit)
	first, last := low, high
	for _, r := range t.Rules {
		if ruleFits(r, first, last) {
			low, high = min(low, float64(r.Limit)), max(high, float64(r.Limit))
		}
	}
	l := ladder{place: placing(low, high, true)}
	l.scale = scale{label: "max_ack_pending, logarithmic", joined: true, ticks: countTicks(low, high, l.place)}
	l.marks = chart.Marks{Paint: chart.Paint{Role: "ink"}, LabelY: 10, Marks: tuningMarks(t, l.place, first, last)}
	l.marks.Rows = l.marks.RowsAt(phoneWidth, chart.Margin{Left: chartLeft, Right: chartRight})
	if met(t) {
		to := int64(chart.Places)
		if t.High.Beyond > 0 {
			to = l.place(float64(t.High.Limit))
		}
		l.safe = &chart.Band{Paint: chart.Paint{Role: "pass"}, From: l.place(float64(t.Low.Limit)), To: to,
			Top: float64(12 + 13*l.marks.Rows)}
	}
	return l
}

// ruleFits reports whether a rule's limit is near enough to the limits that were tried to be drawn beside them.
func ruleFits(r results.Estimate, first, last float64) bool {
	limit := float64(r.Limit)
	return limit >= first/ruleFar && limit <= last*ruleFar && limit > 0
}

// tuningMarks are the limits of which the recommendation speaks, and those of the rules of thumb. What stands at one limit
// shares a mark.
func tuningMarks(t *results.Tuning, place func(float64) int64, first, last float64) []chart.Mark {
	type standing struct {
		limit float64
		word  string
		dash  string
	}
	all := []standing{{float64(t.Advised), "advised", ""}, {float64(t.Low.Limit), "low", "7 3"}, {float64(t.Knee), "knee", "3 3"}}
	if t.High.Beyond > 0 { // otherwise it is only the last that was tried
		all = append(all, standing{float64(t.High.Limit), "high", "7 3"})
	}
	for i, r := range t.Rules {
		if ruleFits(r, first, last) {
			all = append(all, standing{float64(r.Limit), ruleMark(i), "1 4"})
		}
	}
	slices.SortStableFunc(all, func(a, b standing) int { return cmp.Compare(a.limit, b.limit) })
	var marks []chart.Mark
	for len(all) > 0 {
		here := all[0].limit
		var words []string
		for n := 0; len(all) > 0 && all[0].limit == here; n++ {
			words = append(words, all[0].word)
			if n == 0 && here > 0 {
				marks = append(marks, chart.Mark{At: place(here), Dash: all[0].dash})
			}
			all = all[1:]
		}
		if here > 0 {
			marks[len(marks)-1].Label = strings.Join(words, ", ") + " " + number(here)
		}
	}
	return marks
}

// ruleMark is the short name of a rule of thumb in the figures.
func ruleMark(i int) string { return "R" + strconv.Itoa(i+1) }

// tuningCurves are a metric's lines over the limits, of the arms that have it.
func tuningCurves(t *results.Tuning, l ladder, name string) []curve {
	var out []curve
	for _, arm := range arms {
		k, any := curve{label: arm.words, paint: arm.paint}, false
		for i := range t.Limits {
			at := &t.Limits[i]
			probes := probesOf(at, arm.name)
			r := reading{place: l.place(float64(at.Limit)), label: count(at.Limit), probes: len(probes), broken: brokenOf(probes),
				shape: chart.Disc, told: triedText(*at)}
			if !at.OK {
				r.shape = chart.Cross
			}
			r.spread, r.has = results.ShownOf(probes, name)
			any = any || r.has
			k.readings = append(k.readings, r)
		}
		if any {
			out = append(out, k)
		}
	}
	return out
}

// triedText says whether a limit meets the goals, with its sign.
func triedText(at results.Tried) string {
	if at.OK {
		return "✓ " + goalsCell(at)
	}
	return "✗ " + goalsCell(at)
}

// sameText is a metric with its value where it is the same at every limit; "" where it is not.
func sameText(name string, curves []curve) string {
	var parts []string
	for _, k := range curves {
		text := ""
		for _, r := range k.readings {
			here := none
			if r.has {
				here = spreadText(name, r.spread)
			}
			if text != "" && here != text {
				return ""
			}
			text = here
		}
		parts = append(parts, text+" "+k.label)
	}
	return name + " " + strings.Join(parts, ", ")
}

func tuningFigure(t *results.Tuning, l ladder, id, name string, curves []curve) figure {
	p := plotted{id: id, metric: name, title: name, scale: l.scale, curves: curves, rows: l.marks.Rows}
	var words []string
	for _, k := range curves {
		text := trend(name, k.readings)
		if len(curves) > 1 {
			text = strings.ToUpper(k.label[:1]) + k.label[1:] + " " + text
		}
		words = append(words, text)
	}
	if l.safe != nil {
		p.back = append(p.back, *l.safe)
		p.legend = append(p.legend, legend{chart.Swatch(id, l.safe.Paint, false), "range in which every goal holds"})
	}
	p.references(t, name)
	words = append(words, p.thresholds(t, name)...)
	p.front = append(p.front, l.marks)
	for i, r := range t.Rules {
		if ruleFits(r, float64(t.Limits[0].Limit), float64(t.Limits[len(t.Limits)-1].Limit)) {
			p.legend = append(p.legend, legend{chart.Swatch(id, chart.Paint{Role: "ink", Dash: "1 4"}, true), ruleMark(i) + ": " + r.Name})
		}
	}
	p.sentence = explained(name, strings.Join(words, " "))
	return p.figure()
}

// references are what the metric is without a limit.
func (p *plotted) references(t *results.Tuning, name string) {
	for i, arm := range arms {
		v, ok := results.SpreadOf(freeOf(t, arm.name), name)
		if !ok {
			continue
		}
		paint := chart.Paint{Role: arm.paint.Role, Dash: []string{"2 4", "2 8"}[i]}
		p.back = append(p.back, chart.Threshold{Paint: paint, V: v.Median})
		p.top = max(p.top, v.Median)
		p.legend = append(p.legend, legend{chart.Swatch(p.id, paint, true), arm.words + " and without a limit: " + metric(name, v.Median)})
	}
}

// bound is a goal that compares one metric with a number.
type bound struct {
	goal  int // counted from 1
	expr  string
	label string
	v     float64
}

// thresholds draws the goals that compare this metric with a number, and says what they ask for. Where two lie too near
// to each other for two labels, the legend tells the other one.
func (p *plotted) thresholds(t *results.Tuning, name string) []string {
	var words []string
	var bounds []bound
	for i, g := range t.Goals {
		if b, ok := readBound(i+1, g.Expr, name); ok {
			bounds = append(bounds, b)
			p.top = max(p.top, 1.15*b.v)
			words = append(words, fmt.Sprintf("Goal %d asks for %s.", b.goal, b.label))
		}
	}
	slices.SortStableFunc(bounds, func(a, b bound) int { return cmp.Compare(b.v, a.v) })
	axis := valueAxis(p.highest(), unitOf(name))
	last := math.Inf(1)
	for _, b := range bounds {
		line := chart.Threshold{Paint: chart.Paint{Role: "limit", Dash: "6 3"}, V: b.v}
		if y := b.v / axis.To * curveHeight; last-y >= 14 {
			line.Label, last = fmt.Sprintf("goal %d: %s", b.goal, b.label), y
		}
		p.front = append(p.front, line)
		p.legend = append(p.legend, legend{chart.Swatch(p.id, line.Paint, true), fmt.Sprintf("goal %d: %s", b.goal, b.expr)})
	}
	return words
}

var (
	boundForm   = regexp.MustCompile(`^\s*([A-Za-z_][\w.]*)\s*(<=|>=|==|<|>)\s*([\d.]\S*)\s*$`)
	boundTurned = regexp.MustCompile(`^\s*([\d.]\S*)\s*(<=|>=|==|<|>)\s*([A-Za-z_][\w.]*)\s*$`)
	boundSigns  = map[string]string{"<=": "at most", ">=": "at least", "<": "less than", ">": "more than", "==": "exactly"}
	turnedSigns = map[string]string{"<=": ">=", ">=": "<=", "<": ">", ">": "<", "==": "=="}
)

// readBound reads a goal that compares the metric, in an arm that is drawn, with a number; false for every other goal.
func readBound(goal int, expr, metricName string) (bound, bool) {
	m := boundForm.FindStringSubmatch(expr)
	if m == nil {
		if m = boundTurned.FindStringSubmatch(expr); m == nil {
			return bound{}, false
		}
		m = []string{m[0], m[3], turnedSigns[m[2]], m[1]}
	}
	arm, name, ok := ofArm(m[1])
	v, isNumber := readGoalNumber(m[3])
	if !ok || !isNumber || name != metricName || arm == results.ArmFree {
		return bound{}, false
	}
	label := boundSigns[m[2]] + " " + metric(name, v)
	if strings.HasPrefix(m[1], results.ArmCalm+".") {
		label += " without faults"
	}
	return bound{goal, expr, label, v}, true
}

// readGoalNumber reads a number, a percentage or a duration, as goals have them.
func readGoalNumber(text string) (float64, bool) {
	if v, err := strconv.ParseFloat(text, 64); err == nil {
		return v, !math.IsInf(v, 0) && !math.IsNaN(v)
	}
	if before, ok := strings.CutSuffix(text, "%"); ok {
		v, err := strconv.ParseFloat(before, 64)
		return v / 100, err == nil
	}
	d, err := time.ParseDuration(text)
	return d.Seconds(), err == nil
}
