package report

import (
	"fmt"
	"io"
	"strings"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"pindrop/results"
	"pindrop/results/measure"
)

// comparedWords are what a verdict means of a comparison.
var comparedWords = map[measure.Verdict]string{measure.Pass: "NO REGRESSION", measure.Fail: "REGRESSION", measure.Unknown: "UNKNOWN"}

func comparedSign(v measure.Verdict) string {
	if comparedWords[v] == "" {
		v = measure.Unknown
	}
	return markOf(v).sign + " " + comparedWords[v]
}

// change is a line of a comparison in words.
type change struct {
	Metric    string
	Judged    bool
	Base, New string
	Delta     string // "~" where it is noise
	P         string
	Outcome   string
	Verdict   measure.Verdict // the colour; "" where none is due
}

func changesOf(c *results.Comparison) []change {
	var out []change
	for i := range c.Changes {
		ch := &c.Changes[i]
		row := change{Metric: ch.Metric, Judged: ch.Judged, Base: sample(ch.Metric, ch.Base, len(c.Base.Runs)),
			New: sample(ch.Metric, ch.New, len(c.New.Runs)), P: none, Delta: deltaText(ch), Outcome: outcomeWords(ch)}
		if ch.P < 1 || ch.Outcome == results.ChangeNoise {
			row.P = probability(ch.PHolm)
		}
		switch ch.Outcome {
		case results.ChangeWorse:
			row.Verdict = measure.Fail
		case results.ChangeBetter:
			row.Verdict = measure.Pass
		case results.ChangeUntold:
			row.Verdict = measure.Unknown
		}
		out = append(out, row)
	}
	return out
}

// sample is a median with the lowest and the highest value, and their number where it is not that of all runs.
func sample(name string, values []float64, runs int) string {
	if len(values) == 0 {
		return none
	}
	n := len(values)
	text := metric(name, (values[(n-1)/2]+values[n/2])/2)
	if low, high := metric(name, values[0]), metric(name, values[n-1]); low != high {
		text += fmt.Sprintf(" (%s to %s)", low, high)
	}
	if n < runs {
		text += fmt.Sprintf(", %d of %d runs", n, runs)
	}
	return text
}

func deltaText(ch *results.Change) string {
	if len(ch.Base) == 0 || len(ch.New) == 0 {
		return none
	}
	switch apart := ch.MedianNew() - ch.MedianBase(); {
	case apart == 0:
		return "0"
	case ch.Outcome == results.ChangeNoise:
		return "~"
	default:
		if share, ok := ch.Relative(); ok {
			return signedDigits(100*share) + " %"
		}
		if apart < 0 {
			return "−" + metric(ch.Metric, -apart)
		}
		return "+" + metric(ch.Metric, apart)
	}
}

func signedDigits(v float64) string {
	if v < 0 {
		return "−" + digits(-v)
	}
	return "+" + digits(v)
}

// probability writes a p; below a thousandth the exact one says nothing more.
func probability(p float64) string {
	if p < 0.001 {
		return "< 0.001"
	}
	return fmt.Sprintf("%.3f", p)
}

func outcomeWords(ch *results.Change) string {
	switch ch.Outcome {
	case results.ChangeWorse:
		return "✗ worse"
	case results.ChangeBetter:
		return "✓ better"
	case results.ChangeMoved:
		return "moved"
	case results.ChangeNoise:
		return "~ noise"
	case results.ChangeUntold:
		switch {
		case len(ch.Base)+len(ch.New) == 0:
			return "? applies to no run"
		case len(ch.Base) == 0:
			return "? only in the new runs"
		case len(ch.New) == 0:
			return "? only in the base"
		}
		return "? too few runs"
	}
	return "same"
}

// sidesWords says in a line what is compared.
func sidesWords(c *results.Comparison) string {
	side := func(g *results.Group) string {
		text := fmt.Sprintf("%s (%s", g.Name, plural(len(g.Runs), "run"))
		if left := len(g.Runs) - g.Valid(); left > 0 {
			text += fmt.Sprintf(", %d of them no valid experiment and left out", left)
		}
		return text + ")"
	}
	return fmt.Sprintf("base: %s; new: %s; %s clock", side(&c.Base), side(&c.New), c.Base.Clock)
}

// CompareText writes a comparison for a terminal. It returns the writer's first error.
func CompareText(w io.Writer, c *results.Comparison, o TextOptions) error {
	t := &comparer{screen: newScreen(o), c: c}
	v := markOf(c.Verdict)
	title := comparedSign(c.Verdict)
	t.wrapped(t.paint(v.code, title), len([]rune(title))+2, bold, c.New.Scenario)
	t.wrapped("", 2, v.code, c.Reason)
	t.wrapped("", 2, dim, sidesWords(c))
	t.changes("Judged", true)
	t.changes("Not judged: the p of each stands by itself", false)
	t.kept()
	if len(c.Differs) > 0 {
		t.title("Not the same on both sides")
		for _, d := range c.Differs {
			t.wrapped("", 2, "", fmt.Sprintf("%s: %s → %s", d.What, orNone(d.Base), orNone(d.New)))
		}
	}
	for i, warning := range c.Warnings {
		if i == 0 {
			t.title("Warnings")
		}
		t.wrapped("  "+t.paint(yellow, "!"), 4, "", warning)
	}
	t.tail("")
	return t.print(w)
}

func orNone(s string) string {
	if s == "" {
		return none
	}
	return s
}

type comparer struct {
	screen
	c *results.Comparison
}

// changes are a table of the judged metrics, or of those others that changed.
func (t *comparer) changes(title string, judged bool) {
	tw := newTable()
	var columns []table.ColumnConfig
	for n := 2; n <= 5; n++ {
		columns = append(columns, table.ColumnConfig{Number: n, Align: text.AlignRight, AlignHeader: text.AlignRight})
	}
	tw.SetColumnConfigs(columns)
	tw.AppendHeader(table.Row{"metric", "base", "new", "change", "p", ""})
	same := 0
	for _, row := range changesOf(t.c) {
		switch {
		case row.Judged != judged:
		case !judged && (row.Outcome == "same" || strings.HasPrefix(row.Outcome, "~")):
			same++
		default:
			tw.AppendRow(table.Row{printable(row.Metric), row.Base, row.New, row.Delta, row.P, t.paint(markOfChange(row), row.Outcome)})
		}
	}
	if tw.Length() == 0 && same == 0 {
		return
	}
	t.title(title)
	if tw.Length() > 0 {
		t.table(tw)
	}
	if same > 0 {
		t.line("")
		t.wrapped("", 2, dim, plural(same, "more metric")+" differ by no more than chance explains, or not at all.")
	}
}

func markOfChange(c change) string {
	if c.Verdict == "" {
		return dim
	}
	return markOf(c.Verdict).code
}

// kept tells the expectations that fail somewhere.
func (t *comparer) kept() {
	told := false
	for _, k := range t.c.Expect {
		if k.FailedBase+k.FailedNew == 0 {
			continue
		}
		if !told {
			t.title("Expectations that fail")
			told = true
		}
		t.wrapped("", 2, "", keptWords(t.c, k))
	}
}

func keptWords(c *results.Comparison, k results.Kept) string {
	return fmt.Sprintf("%s: fails in %d of %s before, in %d of %s now", k.Expr, k.FailedBase, plural(c.Base.Valid(), "run"),
		k.FailedNew, plural(c.New.Valid(), "run"))
}
