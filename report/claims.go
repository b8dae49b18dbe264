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
	Source    string `json:"source"` // E, M, A or R
	Statement string `json:"statement"`
	Verdict   string `json:"verdict"` // holds, refuted, only if …, unknown
	Number    string `json:"number"`  // the deciding one, or several
	Command   string `json:"command"` // repeats it
}

// ClaimRows makes a row of each claim.
func ClaimRows(claims []*results.JudgedClaim) []ClaimRow {
	rows := make([]ClaimRow, len(claims))
	for i, c := range claims {
		rows[i] = ClaimRow{
			ID: c.Claim.ID, Source: c.Claim.Source, Statement: c.Claim.Statement,
			Verdict: claimVerdict(c), Number: deciding(c), Command: "pindrop claims " + c.Claim.ID,
		}
	}
	return rows
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

func claimNumber(n results.Number) string {
	if n.Absent {
		return "absent"
	}
	return metric(n.Metric, n.Value)
}

// Claims writes the table of claims, as wide as the options say. It returns the writer's error.
func Claims(w io.Writer, claims []*results.JudgedClaim, o TextOptions) error {
	const (
		gaps    = 15 // between the columns and around them
		verdict = 22
	)
	t := table.NewWriter()
	t.SetStyle(table.StyleDefault)
	t.Style().Options = table.OptionsNoBordersAndSeparators
	t.Style().Format.Header = text.FormatDefault
	t.SuppressTrailingSpaces()
	t.AppendHeader(table.Row{"id", "statement", "verdict", "deciding number", "command"})
	ids := 0
	for _, row := range ClaimRows(claims) {
		ids = max(ids, len(row.ID))
		t.AppendRow(table.Row{row.ID, row.Statement, row.Verdict, row.Number, row.Command})
	}
	// What is left beside ids, verdicts and commands is for the statements and the numbers.
	rest := max(20, (o.Width-gaps-2*ids-len("pindrop claims ")-verdict)/2)
	t.SetColumnConfigs([]table.ColumnConfig{
		{Number: 2, WidthMax: rest, WidthMaxEnforcer: text.WrapSoft},
		{Number: 3, WidthMax: verdict, WidthMaxEnforcer: text.WrapSoft},
		{Number: 4, WidthMax: rest, WidthMaxEnforcer: text.WrapSoft},
	})
	_, err := fmt.Fprintln(w, t.Render())
	return err
}
