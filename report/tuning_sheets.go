package report

import (
	"fmt"
	"slices"
	"strconv"
	"strings"

	"pindrop/results"
)

// sides say in words on which side a goal bounds the limit.
var sides = map[string]string{
	"lower": "from below", "upper": "from above", "both": "from below and from above",
	"always": "not at all: it holds at every limit that was tried", "never": "it holds at none",
}

// goalsSheet has a row for each goal: on which side it bounds the limit, and what fails there.
func goalsSheet(t *results.Tuning) sheet {
	s := sheet{Head: []string{"goal", "condition", "asked for by", "it bounds the limit", "fails below", "fails above"}}
	for i, g := range t.Goals {
		by, side := "you", sides[g.Side]
		if g.Preset {
			by = "default"
		}
		if side == "" {
			side = "not known"
		}
		if g.Best != "" {
			side += "; nearest: " + g.Best
		}
		s.Rows = append(s.Rows, []string{strconv.Itoa(i + 1), g.Expr, by, side, beyond(t.Low, i), beyond(t.High, i)})
	}
	return s
}

// beyond says what became of a goal just outside an edge.
func beyond(e results.Edge, goal int) string {
	for _, f := range e.Failed {
		if f.Goal == goal && e.Beyond > 0 {
			return fmt.Sprintf("at %s: %s", count(e.Beyond), f.Got)
		}
	}
	return none
}

// rulesSheet compares the rules of thumb with what was measured.
func rulesSheet(t *results.Tuning) sheet {
	s := sheet{Head: []string{"rule", "name", "formula", "it says", "every goal holds", "how that compares"}}
	for i, r := range t.Rules {
		limit, holds := none, none
		if r.Limit > 0 {
			limit, holds = count(r.Limit), yes(r.OK)
		}
		s.Rows = append(s.Rows, []string{ruleMark(i), r.Name, r.Formula, limit, holds, ruleText(t, r)})
	}
	return s
}

// leversSheet has a row for each other setting that was tried for a goal which no limit meets.
func leversSheet(t *results.Tuning) sheet {
	s := sheet{Head: []string{"change", "goal", "met", "got"}}
	for _, l := range t.Levers {
		s.Rows = append(s.Rows, []string{l.Set, goalText(t, l.Goal), yes(l.Met), l.Got})
	}
	return s
}

// goalText is a goal by its place in the list.
func goalText(t *results.Tuning, goal int) string {
	if goal < 0 || goal >= len(t.Goals) {
		return none
	}
	return t.Goals[goal].Expr
}

func yes(ok bool) string {
	if ok {
		return "✓ yes"
	}
	return "✗ no"
}

// failures lists goals that do not hold, with what was got instead.
func failures(t *results.Tuning, failed []results.Failed) string {
	var parts []string
	for _, f := range failed {
		with := fmt.Sprintf("seed %d", f.Seed)
		if f.Of > 1 {
			with += fmt.Sprintf("; %d of %d seeds", f.Seeds, f.Of)
		}
		parts = append(parts, fmt.Sprintf("%s: %s (%s)", goalText(t, f.Goal), f.Got, with))
	}
	if len(parts) == 0 {
		return none
	}
	return strings.Join(parts, "; ")
}

// armed is the cell of a metric with its arm in front, over the probes of both arms.
func armed(column string, faults, calm []results.Probe) string {
	arm, name, _ := strings.Cut(column, ".")
	probes := calm
	if arm == results.ArmFaults {
		probes = faults
	}
	return spreadCell(&results.Point{Probes: probes}, name)
}

// rowOf is a row of a table whose metrics may be left out where they say nothing.
type rowOf struct {
	lead         []string
	faults, calm []results.Probe
	tail         []string
}

// armedSheet puts the metrics between the leading and the trailing cells of its rows. Metrics without a value are left
// out; so are those that are the same everywhere, if it is asked to be brief.
func armedSheet(t *results.Tuning, lead, tail []string, rows []rowOf, brief bool) sheet {
	var columns []string
	for _, column := range tuningColumns(t) {
		values := map[string]bool{}
		for _, r := range rows {
			values[armed(column, r.faults, r.calm)] = true
		}
		if len(values) > 1 || !values[none] && !brief {
			columns = append(columns, column)
		}
	}
	s := sheet{Head: slices.Concat(lead, columns, tail)}
	for _, r := range rows {
		row := slices.Clone(r.lead)
		for _, column := range columns {
			row = append(row, armed(column, r.faults, r.calm))
		}
		s.Rows = append(s.Rows, append(row, r.tail...))
	}
	return s
}

// limitsSheet has a row for each limit that was tried, and one without.
func limitsSheet(t *results.Tuning) sheet {
	var rows []rowOf
	for _, at := range t.Limits {
		rows = append(rows, rowOf{[]string{limitCell(t, at.Limit), triedText(at)}, at.Faults, at.Calm, []string{failures(t, at.Failed)}})
	}
	if len(t.Free) > 0 {
		rows = append(rows, rowOf{[]string{"no limit", none}, freeOf(t, results.ArmFaults), freeOf(t, results.ArmCalm), []string{none}})
	}
	return armedSheet(t, []string{"limit", "goals"}, []string{"what fails"}, rows, true)
}

// confirmSheet has a row for each limit that was tried again on another clock.
func confirmSheet(t *results.Tuning) sheet {
	var rows []rowOf
	for _, c := range t.Confirm {
		rows = append(rows, rowOf{[]string{count(c.Limit), c.Clock, yes(c.OK), yes(c.Agrees)}, c.Faults, c.Calm, []string{failures(t, c.Failed)}})
	}
	return armedSheet(t, []string{"limit", "clock", "meets the goals", "as found"}, []string{"what fails"}, rows, false)
}

// variantsSheet has a row for each combination of the settings that were searched beside the limit.
func variantsSheet(t *results.Tuning) sheet {
	lead := []string{"variant"}
	for _, a := range t.Also {
		lead = append(lead, a.Path)
	}
	var rows []rowOf
	for i, v := range t.Variants {
		cells := append([]string{strconv.Itoa(i + 1)}, v.Values...)
		rows = append(rows, rowOf{append(cells, count(v.Limit), yes(v.OK), yes(v.Front)), v.Faults, v.Calm, nil})
	}
	return armedSheet(t, append(lead, "limit", "meets the goals", "on the front"), nil, rows, true)
}
