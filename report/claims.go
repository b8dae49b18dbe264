package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"pindrop/results"
)

// ClaimRow is a claim as a table shows it, and as JSON.
type ClaimRow struct {
	ID        string `json:"id"`
	Source    string `json:"source"`          // E, M, A, R or I
	Issue     string `json:"issue,omitempty"` // that it reproduces, owner/repository#number
	Link      string `json:"link,omitempty"`  // to the issue
	Statement string `json:"statement"`
	Verdict   string `json:"verdict"`          // holds, refuted, only if …, varies, unknown, not run
	Reason    string `json:"reason,omitempty"` // why it is unknown, or not run
	Number    string `json:"number"`           // the deciding one, or several
	Command   string `json:"command"`          // repeats it
	Seeds     int    `json:"seeds"`            // with which it was judged

	Numbers []ClaimNumber `json:"numbers"` // the same as Number, to compute with
	Alike   []string      `json:"alike,omitempty"`
}

// ClaimNumber is a deciding number of a claim: with the first seed, and its range over all. Value, Min and Max are
// absent where the metric does not apply.
type ClaimNumber struct {
	Arm    string   `json:"arm"`
	Metric string   `json:"metric"`
	Value  *float64 `json:"value,omitempty"`
	Min    *float64 `json:"min,omitempty"`
	Max    *float64 `json:"max,omitempty"`
}

// ClaimRows makes a row of each claim. Commands are for the clock on which a claim runs.
func ClaimRows(claims []*results.JudgedClaim) []ClaimRow {
	rows := make([]ClaimRow, len(claims))
	for i, c := range claims {
		k := c.Claim
		rows[i] = ClaimRow{
			ID: k.ID, Source: k.Source, Issue: k.Issue, Link: k.Link(), Statement: k.Statement,
			Verdict: claimVerdict(c), Reason: claimReason(c), Number: deciding(c), Command: c.Command, Seeds: len(c.Seeds),
			Numbers: claimNumbers(c), Alike: c.Alike,
		}
	}
	return rows
}

func claimReason(c *results.JudgedClaim) string {
	if c.Outcome == results.NotRun {
		return c.Reason
	}
	return strings.Join(c.Unknown, "; ")
}

func claimNumbers(c *results.JudgedClaim) []ClaimNumber {
	list := []ClaimNumber{}
	for _, n := range c.Numbers {
		row := ClaimNumber{Arm: n.Arm, Metric: n.Metric}
		if !n.Absent {
			row.Value = &n.Value
		}
		if len(c.Seeds) > n.Lacking {
			row.Min, row.Max = &n.Min, &n.Max
		}
		list = append(list, row)
	}
	return list
}

// claimVerdict is the outcome, with its condition.
func claimVerdict(c *results.JudgedClaim) string {
	if c.Outcome == results.OnlyIf && c.Claim.OnlyIf != "" {
		return string(results.OnlyIf) + " " + c.Claim.OnlyIf
	}
	return string(c.Outcome)
}

// deciding lists the deciding numbers: each metric once, with the value of each arm where there are several.
func deciding(c *results.JudgedClaim) string {
	var out strings.Builder
	before := ""
	for _, n := range c.Numbers {
		switch {
		case n.Metric == before:
			out.WriteString(", ")
		case before != "":
			out.WriteString("; ")
			fallthrough
		default:
			out.WriteString(n.Metric + " ")
		}
		before = n.Metric
		out.WriteString(claimNumber(n))
		if len(c.Claim.Arms) > 1 {
			out.WriteString(" (" + n.Arm + ")")
		}
	}
	return out.String()
}

// claimNumber is the value with the first seed and, where they differ as they are written, the least and the greatest.
func claimNumber(n results.Number) string {
	write := func(v float64) string {
		if unit, ok := results.ClockWords[n.Metric]; ok {
			return quantity(v, unit)
		}
		return metric(n.Metric, v)
	}
	value, least, most := write(n.Value), write(n.Min), write(n.Max)
	if n.Absent {
		value = "absent"
	}
	if n.Lacking > 0 {
		least = "absent"
	}
	switch {
	case n.Seeds < 2, n.Lacking == n.Seeds, least == most:
		return value
	}
	return fmt.Sprintf("%s [%s–%s]", value, least, most)
}

// decider is what stands in the place of the deciding number: where there is none, why.
func (r ClaimRow) decider() string {
	if r.Number == "" {
		return r.Reason
	}
	return r.Number
}

// Claims writes the table of claims, as wide as the options say. It returns the writer's error.
func Claims(w io.Writer, claims []*results.JudgedClaim, o TextOptions) error {
	const (
		gaps    = 10 // between the columns and around them
		verdict = 22
	)
	t := table.NewWriter()
	t.SetStyle(table.StyleDefault)
	t.Style().Options = table.OptionsNoBordersAndSeparators
	t.Style().Format.Header = text.FormatDefault
	t.SuppressTrailingSpaces()
	t.AppendHeader(table.Row{"id", "statement", "verdict", "deciding number", "command"})
	ids, commands := 0, 0
	for _, row := range ClaimRows(claims) {
		ids, commands = max(ids, len(row.ID)), max(commands, len(row.Command))
		t.AppendRow(table.Row{row.ID, row.Statement, row.Verdict, row.decider(), row.Command})
	}
	// What is left beside ids, verdicts and commands is for the statements and the numbers.
	rest := max(20, (o.Width-gaps-ids-commands-verdict)/2)
	t.SetColumnConfigs([]table.ColumnConfig{
		{Number: 2, WidthMax: rest, WidthMaxEnforcer: text.WrapSoft},
		{Number: 3, WidthMax: verdict, WidthMaxEnforcer: text.WrapSoft},
		{Number: 4, WidthMax: rest, WidthMaxEnforcer: text.WrapSoft},
	})
	_, err := fmt.Fprintln(w, t.Render())
	return err
}
