package report

import (
	"fmt"
	"io"
	"slices"
	"strconv"
	"strings"

	"pindrop/results"
	"pindrop/results/measure"
)

// TuningText writes a tuning for a terminal: the recommendation, why, and the limits that were tried. It returns the
// writer's first error.
func TuningText(w io.Writer, t *results.Tuning, o TextOptions) error {
	s := newScreen(o)
	s.wrapped("", 0, bold, t.Scenario+": "+t.Question.Text)
	s.line("")
	s.wrapped("", 0, bold, t.Reason)
	if len(t.Why) > 0 {
		s.title("Why")
	}
	for _, why := range t.Why {
		s.wrapped("  -", 4, "", why)
	}
	if len(t.Rules) > 0 {
		s.title("What rules of thumb say")
		for _, r := range t.Rules {
			s.wrapped("  -", 4, "", r.Name+": "+ruleText(t, r))
		}
	}
	if len(t.Limits) > 0 {
		s.title("The limits that were tried")
		s.table(studyTable(tuningSheet(t, s.o.Width)))
	}
	if len(t.Confirm) > 0 {
		s.title("On another clock")
		for _, c := range t.Confirm {
			s.wrapped("  -", 4, "", confirmText(t, c))
		}
	}
	if t.Advised > 0 {
		s.title("To apply it")
		for _, line := range applyLines(t) {
			s.line("  " + line)
		}
	}
	s.tail(t.Command)
	return s.print(w)
}

// ruleText compares what a rule says with what was measured.
func ruleText(t *results.Tuning, r results.Estimate) string {
	if r.Limit == 0 {
		return r.Formula + " says nothing here."
	}
	text := fmt.Sprintf("%s = %s", r.Formula, count(r.Limit))
	if needed := max(t.Low.Limit, t.Knee); needed > 0 {
		text += fmt.Sprintf(", %s times the %s that the work needs", ratio(float64(r.Limit)/float64(needed)), count(needed))
	}
	switch {
	case r.OK:
		return text + "; every goal holds there."
	case len(r.Failed) == 0: // it was not tried: the search was interrupted
		return text + "."
	}
	f := r.Failed[0]
	return fmt.Sprintf("%s; there %s does not hold%s.", text, t.Goals[f.Goal].Expr, f.With())
}

// ratio writes a factor with two digits.
func ratio(v float64) string { return strconv.FormatFloat(v, 'g', 2, 64) }

// tuningMetrics are shown behind those of which a goal speaks.
var tuningMetrics = []string{
	"calm.handled.rate", "calm.latency.response.p99", "calm.cliff.stall.total", "faults.cliff.stall.total",
	"faults.takeover.fault.max", "faults.held.at_fault", "faults.redelivery.count", "faults.overlap.total",
}

// tuningColumns are metrics with their arm in front: those of the goals, then the usual ones.
func tuningColumns(t *results.Tuning) []string {
	var columns []string
	add := func(name string) {
		if !slices.Contains(columns, name) {
			columns = append(columns, name)
		}
	}
	for _, g := range t.Goals {
		for _, word := range results.Names(g.Expr) {
			arm, metric, _ := strings.Cut(word, ".")
			switch _, known := measure.Lookup(word); {
			case known && len(t.Limits) > 0 && len(t.Limits[0].Faults) > 0:
				add(results.ArmFaults + "." + word)
			case known:
				add(results.ArmCalm + "." + word)
			case arm == results.ArmFaults || arm == results.ArmCalm:
				if _, known := measure.Lookup(metric); known {
					add(word)
				}
			}
		}
	}
	for _, name := range tuningMetrics {
		add(name)
	}
	return columns
}

// tuningSheet has a row for each limit that was tried, and a column for each metric that differs between limits, as far
// as they have room in width characters (0: there is no end to the room).
func tuningSheet(t *results.Tuning, width int) sheet {
	s := sheet{Head: []string{"limit", "goals"}, Rows: make([][]string, len(t.Limits))}
	for i, at := range t.Limits {
		s.Rows[i] = []string{limitCell(t, at.Limit), goalsCell(at)}
	}
	for _, name := range tuningColumns(t) {
		arm, metric, _ := strings.Cut(name, ".")
		column, values := make([]string, len(t.Limits)), map[string]bool{}
		for i := range t.Limits {
			column[i] = spreadCell(&results.Point{Probes: probesOf(&t.Limits[i], arm)}, metric)
			values[column[i]] = true
		}
		wider := sheet{Head: append(slices.Clone(s.Head), name)}
		for i := range s.Rows {
			wider.Rows = append(wider.Rows, append(slices.Clone(s.Rows[i]), column[i]))
		}
		if len(values) > 1 && (width == 0 || rowWidth(wider) <= width) {
			s = wider
		}
	}
	return s
}

func probesOf(at *results.Tried, arm string) []results.Probe {
	if arm == results.ArmFaults {
		return at.Faults
	}
	return at.Calm
}

// limitCell marks the limits that the recommendation speaks of.
func limitCell(t *results.Tuning, limit int64) string {
	var marks []string
	for _, m := range []struct {
		limit int64
		word  string
	}{{t.Low.Limit, "low"}, {t.Knee, "knee"}, {t.Advised, "advised"}, {t.High.Limit, "high"}} {
		if m.limit == limit {
			marks = append(marks, m.word)
		}
	}
	text := strconv.FormatInt(limit, 10)
	if len(marks) > 0 {
		text = strings.Join(marks, ", ") + " → " + text
	}
	return text
}

func goalsCell(at results.Tried) string {
	if at.OK {
		return "met"
	}
	return fmt.Sprintf("%d missed", len(at.Failed))
}

// confirmText says whether a limit did on another clock what the search found.
func confirmText(t *results.Tuning, c results.Confirmed) string {
	found, word := "meets the goals", "as found"
	if !c.OK {
		var parts []string
		for _, f := range c.Failed {
			parts = append(parts, fmt.Sprintf("%s: %s", t.Goals[f.Goal].Expr, f.Got))
		}
		found = "does not meet the goals (" + strings.Join(parts, "; ") + ")"
	}
	if !c.Agrees {
		word = "not as found"
	}
	return fmt.Sprintf("on the %s clock %d %s: %s.", c.Clock, c.Limit, found, word)
}

// applyLines are what is to be run or written to apply the recommendation.
func applyLines(t *results.Tuning) []string {
	return []string{
		fmt.Sprintf("nats consumer edit STREAM CONSUMER --max-pending=%d", t.Advised),
		fmt.Sprintf("jetstream.ConsumerConfig{…, MaxAckPending: %d}", t.Advised),
	}
}
