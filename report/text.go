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

// Text writes the run for a person at a terminal: verdict, story, the numbers that matter, and how to repeat it. It
// returns the writer's first error.
func Text(w io.Writer, r *results.Record, o TextOptions) error {
	t := &texter{screen: newScreen(o), r: r}
	t.head()
	t.findings()
	t.phases()
	t.expectations()
	t.premises()
	t.laws()
	t.agreement()
	t.repeats()
	t.warnings()
	t.tail(r.Command)
	return t.print(w)
}

// texter collects the text.
type texter struct {
	screen
	r *results.Record
}

// mark tells a verdict without colour, and its colour.
type mark struct{ sign, word, code string }

// markOf is the mark of a verdict; no verdict is unknown.
func markOf(v measure.Verdict) mark {
	switch v {
	case measure.Pass:
		return mark{"✓", "PASS", green}
	case measure.Fail:
		return mark{"✗", "FAIL", red}
	}
	return mark{"?", "UNKNOWN", yellow}
}

func (t *texter) head() {
	v := markOf(t.r.Verdict)
	word := v.word + lossNote(t.r)
	t.wrapped(t.paint(v.code, v.sign+" "+word), len([]rune(word))+4, bold, t.r.Scenario)
	if t.r.Reason != "" {
		t.wrapped("", 2, v.code, t.r.Reason)
	}
	t.wrapped("", 2, dim, setting(t.r))
	t.line("")
	t.wrapped("", 2, "", Story(t.r))
	if d := t.r.Findings.Diagnosis; d.Text != "" {
		t.line("")
		t.wrapped("", 2, bold, d.Text)
	}
}

// setting is where and how the run took place.
func setting(r *results.Record) string {
	parts := []string{r.Clock + " clock"}
	if r.Engine != "" {
		parts = append(parts, r.Engine+" engine")
	}
	if r.Server != "" {
		parts = append(parts, servers(r))
	}
	return strings.Join(append(parts, fmt.Sprintf("seed %d", r.Seed)), ", ")
}

// servers are how many there were, of which version, and where they ran; in a guest all of them run inside it.
func servers(r *results.Record) string {
	text := "nats-server " + strings.TrimPrefix(r.Versions.NATSServer, "v")
	if r.Nodes > 1 {
		text = fmt.Sprintf("%d × %s", r.Nodes, text)
	}
	if r.Engine != "guest" {
		text = r.Server + " " + text
	}
	return text
}

// The widest metric name and value of the table; the meaning gets what is left, or is left out where that is too little
// to read.
const (
	nameWidth  = 20
	valueWidth = 11
	meaningMin = 24
)

func (t *texter) findings() {
	meaning := t.o.Width - nameWidth - valueWidth - 8
	row := func(name, value, means string) table.Row {
		if meaning < meaningMin {
			return table.Row{name, value}
		}
		return table.Row{name, value, means}
	}
	tw := newTable()
	tw.SetColumnConfigs([]table.ColumnConfig{
		{Number: 1, WidthMin: nameWidth},
		{Number: 2, Align: text.AlignRight, AlignHeader: text.AlignRight, WidthMin: valueWidth},
		{Number: 3, WidthMax: meaning, WidthMaxEnforcer: text.WrapSoft},
	})
	tw.AppendHeader(row("metric", "value", "meaning"))
	for _, g := range groups {
		for _, m := range relevant(g, t.r.Metrics) {
			tw.AppendRow(row(m.name, metric(m.name, t.r.Metrics[m.name]), meaningOf(m, &t.r.Findings)))
		}
		tw.AppendSeparator()
	}
	if tw.Length() > 0 {
		t.line("")
		t.table(tw)
	}
}

// phases are told where latency was another one around the faults.
func (t *texter) phases() {
	if s := phasedSentence(t.r.Metrics); s != "" {
		t.line("")
		t.wrapped("", 2, "", s)
	}
}

// newTable is a table without a frame, whose groups are parted by lines.
func newTable() table.Writer {
	tw := table.NewWriter()
	style := table.StyleLight
	style.Options = table.Options{SeparateHeader: true, SeparateRows: false}
	style.Format.Header = text.FormatDefault
	style.Box.PaddingLeft, style.Box.PaddingRight = "  ", ""
	tw.SetStyle(style)
	return tw
}

func (t *texter) expectations() {
	if len(t.r.Expect) == 0 {
		return
	}
	t.title("Expectations")
	for _, e := range t.r.Expect {
		v := markOf(e.Verdict)
		t.wrapped("  "+t.paint(v.code, v.sign), 4, "", e.Expr)
		if e.Got != "" {
			t.wrapped("", 6, dim, "got "+e.Got)
		}
		if e.Why != "" {
			t.wrapped("", 6, "", e.Why)
		}
	}
}

// premises are told only where one is broken: then no number counts.
func (t *texter) premises() {
	broken := false
	for _, p := range t.r.Premises {
		if p.OK {
			continue
		}
		if !broken {
			t.title("Broken premises: the run was not the experiment that was asked for")
			broken = true
		}
		v := markOf(measure.Unknown)
		t.wrapped("  "+t.paint(v.code, v.sign), 4, "", fmt.Sprintf("%s: wanted %s, got %s", p.Name, p.Wanted, p.Got))
	}
}

func (t *texter) agreement() {
	a := t.r.Other
	if a == nil {
		return
	}
	t.title(agreementWords(a))
	tw := newTable()
	tw.SetColumnConfigs([]table.ColumnConfig{
		{Number: 2, Align: text.AlignRight, AlignHeader: text.AlignRight},
		{Number: 3, Align: text.AlignRight, AlignHeader: text.AlignRight},
		{Number: 4, WidthMax: max(t.o.Width-54, 12), WidthMaxEnforcer: text.WrapSoft},
	})
	tw.AppendHeader(table.Row{"metric", printable(a.Clocks[0]), printable(a.Clocks[1]), "within"})
	for _, c := range a.Metrics {
		tw.AppendRow(table.Row{printable(c.Metric), metric(c.Metric, c.Values[0]), metric(c.Metric, c.Values[1]), printable(within(c))})
	}
	t.table(tw)
}

// agreementWords sums up a comparison of two clocks: what is not judged is not agreed on.
func agreementWords(a *results.Agreement) string {
	text := fmt.Sprintf("The %s and the %s clock agree in %s", a.Clocks[0], a.Clocks[1], plural(a.Judged(), "judged metric"))
	if !a.OK {
		text = fmt.Sprintf("The %s and the %s clock do not agree", a.Clocks[0], a.Clocks[1])
	}
	if kinds := a.Unjudged(); len(kinds) > 0 {
		text += "; not judged: " + strings.Join(kinds, ", ")
	}
	return text
}

// within says how near two values had to be, and whether they were.
func within(c results.Compared) string {
	switch {
	case c.Within == "":
		return "not judged"
	case c.OK:
		return "✓ " + c.Within
	}
	return "✗ not " + c.Within
}

func (t *texter) warnings() {
	if len(t.r.Warnings) == 0 {
		return
	}
	t.title("Warnings")
	for _, w := range t.r.Warnings {
		t.wrapped("  "+t.paint(yellow, "!"), 4, "", w)
	}
}
