package report

import (
	"fmt"
	"io"
	"strings"

	"pindrop/results"
)

// TuningMarkdown writes several tunings side by side: what was found, what rules of thumb would have said, and what
// became of each limit when it was run. It returns the writer's first error.
func TuningMarkdown(w io.Writer, tunings []*results.Tuning) error {
	var b strings.Builder
	b.WriteString("| workload | smallest | recommended | Little's law | rule of thumb | no limit acts above |\n|---|---|---|---|---|---|\n")
	for _, t := range tunings {
		fmt.Fprintf(&b, "| [%s](#%s) | %s | **%s** | %s | %s | %s |\n", t.Scenario, t.Scenario, count(t.Low.Limit), count(t.Advised),
			ruleCell(t, "Little's law"), ruleCell(t, "rule of thumb"), count(t.Reach))
	}
	for _, t := range tunings {
		fmt.Fprintf(&b, "\n## %s\n\n", t.Scenario)
		fmt.Fprintf(&b, "%s\n\n```\n%s\n```\n\n**%s**\n\n", t.Doc, t.Command, t.Reason)
		for _, why := range t.Why {
			fmt.Fprintf(&b, "- %s\n", why)
		}
		for _, r := range t.Rules {
			fmt.Fprintf(&b, "- %s: %s\n", r.Name, ruleText(t, r))
		}
		for _, c := range t.Confirm {
			fmt.Fprintf(&b, "- %s\n", confirmText(t, c))
		}
		b.WriteString("\n")
		markdownTable(&b, outcomes(t))
	}
	_, err := io.WriteString(w, b.String())
	return err
}

// ruleCell is the limit of a rule, and whether the goals hold there.
func ruleCell(t *results.Tuning, name string) string {
	for _, r := range t.Rules {
		switch {
		case r.Name != name || r.Limit == 0:
		case r.OK:
			return count(r.Limit) + " ✓"
		default:
			return count(r.Limit) + " ✗"
		}
	}
	return none
}

// outcomes is the table of limits with the rows that are spoken of: edges, recommendation and rules.
func outcomes(t *results.Tuning) sheet {
	spoken := map[int64]bool{t.Low.Limit: true, t.Low.Beyond: true, t.High.Limit: true, t.High.Beyond: true, t.Advised: true, t.Knee: true}
	for _, r := range t.Rules {
		spoken[r.Limit] = true
	}
	all := tuningSheet(t, 0)
	some := sheet{Head: all.Head}
	for i, at := range t.Limits {
		if spoken[at.Limit] {
			some.Rows = append(some.Rows, all.Rows[i])
		}
	}
	return some
}

// markdownTable writes a sheet; a bar in a cell would end it.
func markdownTable(b *strings.Builder, s sheet) {
	row := func(cells []string) {
		for _, c := range cells {
			b.WriteString("| " + strings.ReplaceAll(c, "|", "\\|") + " ")
		}
		b.WriteString("|\n")
	}
	row(s.Head)
	row(strings.Split(strings.Repeat("---:,", len(s.Head)-1)+"---:", ","))
	for _, r := range s.Rows {
		row(r)
	}
}
