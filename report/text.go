package report

import (
	"fmt"
	"io"
	"strings"
	"unicode"

	"github.com/jedib0t/go-pretty/v6/table"
	"github.com/jedib0t/go-pretty/v6/text"

	"pindrop/results"
	"pindrop/results/measure"
)

// TextOptions says how [Text] writes.
type TextOptions struct {
	Width  int    // columns; below 40, and 0, it is 80
	Colour bool   // with ANSI colours; never the only sign of anything
	Files  []File // what was written where; told at the end
}

// File is something that the run left behind.
type File struct {
	What string // "report", "record", …
	Path string
}

// Text writes the run for a person at a terminal: verdict, story, the numbers that matter, and how to repeat it. It
// returns the writer's first error.
func Text(w io.Writer, r *results.Record, o TextOptions) error {
	t := &texter{r: r, o: o}
	if t.o.Width < 40 {
		t.o.Width = 80
	}
	t.head()
	t.findings()
	t.phases()
	t.expectations()
	t.premises()
	t.agreement()
	t.warnings()
	t.tail()
	_, err := io.WriteString(w, t.b.String())
	return err
}

// texter collects the text.
type texter struct {
	r *results.Record
	o TextOptions
	b strings.Builder
}

// The ANSI codes in use.
const (
	bold   = "1"
	dim    = "2"
	red    = "31;1"
	green  = "32;1"
	yellow = "33;1"
)

func (t *texter) paint(code, s string) string {
	if !t.o.Colour || code == "" {
		return s
	}
	return "\x1b[" + code + "m" + s + "\x1b[0m"
}

// printable replaces what would move the cursor or hide text: names come from files that others wrote.
func printable(s string) string {
	return strings.Map(func(c rune) rune {
		switch {
		case c == '\n' || c == '\t':
			return ' '
		case steers(c):
			return unicode.ReplacementChar
		}
		return c
	}, s)
}

func (t *texter) line(s string) {
	t.b.WriteString(strings.TrimRight(s, " "))
	t.b.WriteString("\n")
}

// wrapped writes s from column indent on; its first line begins with lead, which is as wide as the indent or narrower.
func (t *texter) wrapped(lead string, indent int, code, s string) {
	lines := strings.Split(text.WrapSoft(printable(s), t.o.Width-indent), "\n")
	for i, l := range lines {
		l = t.paint(code, strings.TrimRight(l, " "))
		if i == 0 {
			t.line(lead + strings.Repeat(" ", indent-text.StringWidthWithoutEscSequences(lead)) + l)
		} else {
			t.line(strings.Repeat(" ", indent) + l)
		}
	}
}

func (t *texter) title(s string) {
	t.line("")
	t.wrapped("", 0, bold, s)
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
	t.wrapped(t.paint(v.code, v.sign+" "+v.word), len([]rune(v.word))+4, bold, t.r.Scenario)
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
		parts = append(parts, r.Server+" nats-server "+strings.TrimPrefix(r.Versions.NATSServer, "v"))
	}
	return strings.Join(append(parts, fmt.Sprintf("seed %d", r.Seed)), ", ")
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
			tw.AppendRow(row(m.name, metric(m.name, t.r.Metrics[m.name]), m.means))
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

func (t *texter) table(tw table.Writer) {
	for _, l := range strings.Split(tw.Render(), "\n") {
		t.line(l)
	}
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

// agreementWords sums up a comparison of two clocks.
func agreementWords(a *results.Agreement) string {
	verb := "agree"
	if !a.OK {
		verb = "do not agree"
	}
	return fmt.Sprintf("The %s and the %s clock %s", a.Clocks[0], a.Clocks[1], verb)
}

// within says how near two values had to be, and whether they were.
func within(c results.Compared) string {
	switch {
	case c.Within == "":
		return "may differ"
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

// tail is never wrapped: paths and commands are there to be copied.
func (t *texter) tail() {
	rows := append([]File(nil), t.o.Files...)
	if t.r.Command != "" {
		rows = append(rows, File{"repeat", t.r.Command})
	}
	if len(rows) > 0 {
		t.line("")
	}
	for _, f := range rows {
		t.line(fmt.Sprintf("  %s %s", t.paint(dim, fmt.Sprintf("%-8s", printable(f.What))), printable(f.Path)))
	}
}
