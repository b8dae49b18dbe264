package report

import (
	"cmp"
	"fmt"
	"math"
	"slices"
	"strconv"
	"strings"

	"pindrop/report/chart"
	"pindrop/results"
	"pindrop/results/measure"
)

// frontFigure shows the variants by one benefit and one cost; false where there is no such pair that differs.
func frontFigure(t *results.Tuning) (figure, bool) {
	benefit, cost := frontAxes(t)
	if benefit == "" || cost == "" {
		return figure{}, false
	}
	points := frontPoints(t, benefit, cost)
	if len(points) == 0 {
		return figure{}, false
	}
	costTop, benefitTop := 0.0, 0.0
	for _, p := range points {
		costTop, benefitTop = max(costTop, p.cost), max(benefitTop, p.benefit)
	}
	across := valueAxis(costTop, unitOf(bare(cost)))
	for i := range across.Ticks {
		across.Ticks[i].At = math.Round(across.Ticks[i].At / across.To * chart.Places)
	}
	c := &chart.Chart{
		ID: "front", Kind: "fixed", Title: benefit + " against " + cost, Width: chartWidth, Height: chartTop + 260 + curveBottom,
		Margin: chart.Margin{Left: chartLeft, Right: 24, Top: chartTop, Bottom: curveBottom},
		X:      chart.Axis{To: chart.Places, Ticks: across.Ticks}, XLabel: cost,
		Y: valueAxis(benefitTop, unitOf(bare(benefit))), Desc: frontSentence(t, points, benefit, cost),
	}
	line, spots := frontLayers(points, across.To, benefit, cost)
	c.Layers = []chart.Layer{line, spots}
	return figure{ID: c.ID, Title: c.Title, Sentence: c.Desc, Chart: c.SVG(), Legend: []legend{
		{chart.ShapeSwatch(chart.Disc), "on the front: no other variant is as good in everything and better in something"},
		{chart.ShapeSwatch(chart.Diamond), "meets every goal, but another variant is better"},
		{chart.ShapeSwatch(chart.Cross), "misses a goal"},
	}, Table: frontTable(points, benefit, cost)}, true
}

// bare is a metric without its arm.
func bare(column string) string {
	_, name, _ := strings.Cut(column, ".")
	return name
}

// frontAxes are a metric of which more is better, and one of which less is, among those that differ between variants. A
// cost is rather trouble with faults than without; where no metric is a benefit, another one of which less is better stands
// for it.
func frontAxes(t *results.Tuning) (benefit, cost string) {
	var higher, trouble, lower []string
	for _, column := range tuningColumns(t) {
		m, _ := measure.Lookup(bare(column))
		values := map[string]bool{}
		for _, v := range t.Variants {
			values[armed(column, v.Faults, v.Calm)] = true
		}
		switch {
		case len(values) < 2:
		case m.Better == "higher":
			higher = append(higher, column)
		case m.Better == "lower" && strings.HasPrefix(column, results.ArmFaults+"."):
			trouble = append(trouble, column)
		case m.Better == "lower":
			lower = append(lower, column)
		}
	}
	costs, benefits := slices.Concat(trouble, lower), slices.Concat(higher, lower, trouble)
	for _, c := range costs {
		for _, b := range benefits {
			if b != c {
				return b, c
			}
		}
	}
	return "", ""
}

// frontPoint is a variant in the figure.
type frontPoint struct {
	results.Variant
	name          string
	benefit, cost float64
}

// frontPoints are the variants that have both values, by rising cost.
func frontPoints(t *results.Tuning, benefit, cost string) []frontPoint {
	value := func(column string, v results.Variant) (float64, bool) {
		arm, name, _ := strings.Cut(column, ".")
		probes := v.Calm
		if arm == results.ArmFaults {
			probes = v.Faults
		}
		s, ok := results.SpreadOf(probes, name)
		return s.Median, ok
	}
	var out []frontPoint
	for i, v := range t.Variants {
		b, hasBenefit := value(benefit, v)
		c, hasCost := value(cost, v)
		if hasBenefit && hasCost {
			out = append(out, frontPoint{v, variantName(t, i), b, c})
		}
	}
	slices.SortStableFunc(out, func(a, b frontPoint) int { return cmp.Compare(a.cost, b.cost) })
	return out
}

// variantName is a variant's number with its settings.
func variantName(t *results.Tuning, i int) string {
	parts := []string{"variant " + strconv.Itoa(i+1)}
	for k, v := range t.Variants[i].Values {
		if k < len(t.Also) {
			v = t.Also[k].Path + " " + v
		}
		parts = append(parts, v)
	}
	return strings.Join(append(parts, "limit "+count(t.Variants[i].Limit)), ", ")
}

// frontLayers are the line along the front, and a spot for each variant.
func frontLayers(points []frontPoint, top float64, benefit, cost string) (chart.Curve, chart.Spots) {
	line := chart.Curve{Paint: chart.Paint{Role: "delivered", Dash: "2 3"}}
	var spots chart.Spots
	for _, p := range points {
		place := math.Round(p.cost / top * chart.Places)
		s := chart.Spot{Paint: chart.Paint{Role: "down"}, At: int64(place), V: p.benefit, Shape: chart.Diamond,
			Title: fmt.Sprintf("%s: %s %s, %s %s", p.name, benefit, metric(bare(benefit), p.benefit), cost, metric(bare(cost), p.cost))}
		switch {
		case !p.OK:
			s.Role, s.Shape = "fail", chart.Cross
		case p.Front:
			s.Role, s.Shape = "delivered", chart.Disc
			line.X, line.Y = append(line.X, place), append(line.Y, p.benefit)
		}
		spots = append(spots, s)
	}
	return line, spots
}

func frontSentence(t *results.Tuning, points []frontPoint, benefit, cost string) string {
	var front []frontPoint
	ok := 0
	for _, p := range points {
		if p.OK {
			ok++
		}
		if p.OK && p.Front {
			front = append(front, p)
		}
	}
	text := fmt.Sprintf("Of %s %s the goals; of these %s on the front.", plural(len(t.Variants), "variant"),
		verbs(ok, "meets", "meet"), verbs(len(front), "is", "are"))
	switch len(front) {
	case 0:
	case 1:
		text += fmt.Sprintf(" It has %s at %s (%s).", metric(bare(benefit), front[0].benefit), metric(bare(cost), front[0].cost), front[0].name)
	default:
		first, last := front[0], front[len(front)-1]
		text += fmt.Sprintf(" The front goes from %s at %s (%s) to %s at %s (%s).",
			metric(bare(benefit), first.benefit), metric(bare(cost), first.cost), first.name,
			metric(bare(benefit), last.benefit), metric(bare(cost), last.cost), last.name)
	}
	return text + " Across: " + cost + ", of which less is better; upwards: " + benefit + ", of which " + better(benefit) + " is."
}

// better says whether more or less of a metric is better.
func better(column string) string {
	if m, _ := measure.Lookup(bare(column)); m.Better == "higher" {
		return "more"
	}
	return "less"
}

// verbs is a number with the verb that agrees with it.
func verbs(n int, one, many string) string {
	if n == 1 {
		return "1 " + one
	}
	return fmt.Sprintf("%d %s", n, many)
}

func frontTable(points []frontPoint, benefit, cost string) sheet {
	t := sheet{Head: []string{"variant", "meets the goals", "on the front", cost, benefit}}
	for _, p := range points {
		t.Rows = append(t.Rows, []string{p.name, yes(p.OK), yes(p.Front), metric(bare(cost), p.cost), metric(bare(benefit), p.benefit)})
	}
	return t
}
