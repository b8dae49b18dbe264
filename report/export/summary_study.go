package export

import (
	"fmt"
	"io"
	"strings"

	"pindrop/report"
	"pindrop/results"
	"pindrop/results/measure"
	"pindrop/scenarios"
)

// pointsShown is how many points of a sweep a summary lists, and limits of a tuning.
const pointsShown = 200

// summarizeSweep is a table with a row for each point: verdicts, and the metrics that the sweep shows.
func summarizeSweep(w io.Writer, s *results.Sweep) error {
	var out strings.Builder
	fmt.Fprintf(&out, "### Sweep of %s\n\n%s\n\n", said(s.Scenario), said(s.Doc))
	if !s.Complete {
		out.WriteString("**It was interrupted: points without a verdict were not run.**\n\n")
	}
	head, rule := "|", "|"
	for _, a := range s.Axes {
		head, rule = head+" "+said(a.Path)+" |", rule+"---:|"
	}
	head, rule = head+" verdict |", rule+"---|"
	for _, m := range s.Show {
		head, rule = head+" "+said(m)+" |", rule+"---:|"
	}
	out.WriteString(head + "\n" + rule + "\n")
	for i := range s.Points {
		if i == pointsShown {
			fmt.Fprintf(&out, "\n%s more are not shown.\n", scenarios.Counted(len(s.Points)-i, "point"))
			break
		}
		p := &s.Points[i]
		out.WriteString("|")
		for _, v := range p.Values {
			out.WriteString(" " + said(v) + " |")
		}
		out.WriteString(" " + verdictsOf(p.Probes) + " |")
		for _, m := range s.Show {
			out.WriteString(" " + spreadOf(p, m) + " |")
		}
		out.WriteString("\n")
	}
	fmt.Fprintf(&out, "\n%s clock, %s of each point. To repeat it:\n\n%s\n", said(s.Clock), scenarios.Counted(s.Repeat, "run"), indented(s.Command))
	_, err := io.WriteString(w, out.String())
	return err
}

// verdictsOf counts the verdicts of the runs of one point.
func verdictsOf(probes []results.Probe) string {
	var parts []string
	for _, v := range []measure.Verdict{measure.Pass, measure.Fail, measure.Unknown} {
		n := 0
		for _, p := range probes {
			if sign(p.Verdict) == sign(v) {
				n++
			}
		}
		switch {
		case n == 0:
		case n == len(probes):
			parts = append(parts, sign(v))
		default:
			parts = append(parts, fmt.Sprintf("%s ×%d", sign(v), n))
		}
	}
	if len(parts) == 0 {
		return "–"
	}
	return strings.Join(parts, ", ")
}

// spreadOf is the median of a metric at a point, with its range where it has one.
func spreadOf(p *results.Point, metric string) string {
	s, ok := p.Spread(metric)
	if !ok {
		return "–"
	}
	low, high := report.Value(metric, s.Min), report.Value(metric, s.Max)
	if low == high {
		return markdown(low)
	}
	return markdown(fmt.Sprintf("%s (%s–%s)", report.Value(metric, s.Median), low, high))
}

// summarizeTuning is the recommendation, its reasons, the goals and the limits that were tried.
func summarizeTuning(w io.Writer, t *results.Tuning) error {
	var out strings.Builder
	fmt.Fprintf(&out, "### Tuning of %s: %s\n\n**%s**\n\n", said(t.Scenario), said(t.Verdict), said(t.Reason))
	if t.Question.Text != "" {
		fmt.Fprintf(&out, "%s\n\n", said(t.Question.Text))
	}
	for i, why := range t.Why {
		if i == rowsShown {
			break
		}
		fmt.Fprintf(&out, "- %s\n", said(why))
	}
	out.WriteString("\n| goal | |\n|---|---|\n")
	for _, g := range t.Goals {
		fmt.Fprintf(&out, "| %s | %s |\n", said(g.Expr), sideWords(g))
	}
	out.WriteString("\n| max\\_ack\\_pending | goals | |\n|---:|---|---|\n")
	for i, l := range t.Limits {
		if i == pointsShown {
			fmt.Fprintf(&out, "\n%s more are not shown.\n", scenarios.Counted(len(t.Limits)-i, "limit"))
			break
		}
		verdict, note := "✓ met", ""
		if !l.OK {
			verdict, note = fmt.Sprintf("✗ %d missed", len(l.Failed)), failedGoals(t, l.Failed)
			if len(l.Failed) == 0 {
				note = "" // it has not been run to its end
			}
		}
		if l.Limit == t.Advised {
			note = "recommended"
		}
		fmt.Fprintf(&out, "| %d | %s | %s |\n", l.Limit, verdict, said(note))
	}
	fmt.Fprintf(&out, "\n%s clock. To repeat it:\n\n%s\n", said(t.Clock), indented(t.Command))
	_, err := io.WriteString(w, out.String())
	return err
}

// sideWords says for which limits a goal holds.
func sideWords(g results.Goal) string {
	switch g.Side {
	case "lower":
		return "bounds the limit from below"
	case "upper":
		return "bounds the limit from above"
	case "both":
		return "bounds the limit from both sides"
	case "always":
		return "holds at any limit"
	case "never":
		return said("no limit meets it; nearest: " + g.Best)
	}
	return said(g.Side)
}
