package report

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"pindrop/results"
	"pindrop/scenarios"
)

// claimSources are the sources of claims, in the order of the document.
var claimSources = []struct{ letter, title string }{
	{"E", "On pinning and exclusive processing"},
	{"M", "On the policies of priority groups"},
	{"A", "On ack pending"},
	{"R", "From the source of server and client"},
	{scenarios.SourceIssue, "Issues, reproduced or shown to be fixed"},
}

const claimsHead = `# Claims

What people rely on when they configure these consumers, put to the test. Made by ` + "`pindrop claims --markdown`" + `: each
claim is a scenario in ` + "`scenarios/claims`" + ` (or in the catalogue) whose arms were run on the virtual clock. A claim
**holds** where its prediction came true in every arm, is **refuted** where it did in none, and holds **only if**
something else is the case where the arms differ. Each was run again with the mechanism removed, and there the verdict
flipped. What needs the real clock, or servers that cannot be had yet, is listed as **not run**. ` + "`pindrop claims ID`" + `
repeats one, ` + "`pindrop run ID`" + ` runs its scenario and leaves a report.
`

const claimsSeeds = `
Where a claim was judged with several seeds, the verdict is that of all. A number is that of the first seed; the least and
the greatest of all stand behind it in brackets where they differ.
`

// ClaimsMarkdown writes the document of all claims. It returns the writer's error.
func ClaimsMarkdown(w io.Writer, claims []*results.JudgedClaim) error {
	var out strings.Builder
	out.WriteString(claimsHead)
	several := func(c *results.JudgedClaim) bool { return len(c.Seeds) > 1 }
	if slices.ContainsFunc(claims, several) {
		out.WriteString(claimsSeeds)
	}
	for _, source := range claimSources {
		var of []*results.JudgedClaim
		for _, c := range claims {
			if c.Claim.Source == source.letter {
				of = append(of, c)
			}
		}
		if len(of) > 0 {
			writeSource(&out, source.title, of)
		}
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// writeSource writes a table of the claims of one source, and then each with its arms.
func writeSource(out *strings.Builder, title string, claims []*results.JudgedClaim) {
	fmt.Fprintf(out, "\n## %s\n\n| claim | statement | verdict | deciding number |\n|---|---|---|---|\n", title)
	for _, row := range ClaimRows(claims) {
		fmt.Fprintf(out, "| [%s](#%s) | %s | **%s** | %s |\n", row.ID, row.ID, cell(row.Statement), cell(row.Verdict),
			cell(row.decider()))
	}
	for _, c := range claims {
		writeClaim(out, c)
	}
}

// cell keeps a text within its column.
func cell(s string) string { return strings.ReplaceAll(s, "|", `\|`) }

func writeClaim(out *strings.Builder, c *results.JudgedClaim) {
	k := c.Claim
	fmt.Fprintf(out, "\n### %s\n\n> %s\n\n", k.ID, k.Statement)
	if k.Issue != "" {
		fmt.Fprintf(out, "[%s](%s). ", k.Issue, k.Link())
	}
	fmt.Fprintf(out, "**%s**", claimVerdict(c))
	if len(c.Seeds) > 1 {
		fmt.Fprintf(out, ", with %d seeds", len(c.Seeds))
	}
	fmt.Fprintf(out, ". Predicted: `%s`\n\n", k.Predicts.Expr)
	for _, arm := range k.Arms {
		fmt.Fprintf(out, "- `%s`%s", arm.Name, changes(arm.Set))
		before := ": "
		for _, n := range c.Numbers {
			if n.Arm == arm.Name {
				fmt.Fprintf(out, "%s%s %s", before, n.Metric, claimNumber(n))
				before = ", "
			}
		}
		out.WriteString("\n")
	}
	fmt.Fprintf(out, "- control%s: %s\n", changes(k.Control.Set), c.Control)
	if c.Outcome == results.NotRun {
		fmt.Fprintf(out, "\nNot run: %s. `%s` runs it where that can be had.\n", c.Reason, c.Command)
	}
	if len(c.Alike) > 0 {
		fmt.Fprintf(out, "\nSeeds that drew nothing: %s.\n", strings.Join(c.Alike, "; "))
	}
	if k.Why != "" {
		fmt.Fprintf(out, "\nWhy: %s\n", k.Why)
	}
}

// changes lists overrides.
func changes(sets []string) string {
	if len(sets) == 0 {
		return ""
	}
	return " (`" + strings.Join(sets, "`, `") + "`)"
}
