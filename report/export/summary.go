package export

import (
	"fmt"
	"io"
	"slices"
	"strings"

	"pindrop/report"
	"pindrop/results"
	"pindrop/results/history"
	"pindrop/results/measure"
	"pindrop/scenarios"
)

// The page of a CI job takes a megabyte of Markdown at most, and a person reads far less.
const (
	summaryMax = 900 << 10 // bytes; from there on runs get a line each
	rowsShown  = 20        // of a table
	textShown  = 400       // characters of a text that somebody else chose
)

// sign is the report's, in small letters: it stands in the middle of lines.
func sign(v measure.Verdict) string { return strings.ToLower(report.Sign(v)) }

// verdict is that of a run, never without its known loss.
func verdict(r *results.Record) string { return strings.ToLower(report.Headline(r)) }

// said is a text for a paragraph or a cell.
func said(s string) string { return markdown(shorten(s, textShown)) }

func writeSummary(w io.Writer, runs []Run, _ Options) error {
	var out strings.Builder
	if len(runs) > 1 {
		summarizeRuns(&out, runs)
	}
	for i, r := range runs {
		part := summaryOf(r.Record)
		if out.Len()+len(part) > summaryMax {
			fmt.Fprintf(&out, "\n%s more are not shown: the page would be too long.\n", scenarios.Counted(len(runs)-i, "run"))
			break
		}
		if i > 0 || len(runs) > 1 {
			out.WriteString("\n")
		}
		out.WriteString(part)
	}
	_, err := io.WriteString(w, out.String())
	return err
}

// summarizeRuns is a table of all runs; where they are too many, of those that did not pass first.
func summarizeRuns(out *strings.Builder, runs []Run) {
	passed := func(r Run) bool { return r.Record.Verdict == measure.Pass }
	listed := slices.Clone(runs)
	slices.SortStableFunc(listed, func(a, b Run) int {
		switch {
		case passed(a) == passed(b):
			return 0
		case passed(a):
			return 1
		}
		return -1
	})
	out.WriteString("| scenario | clock | seed | verdict | |\n|---|---|---:|---|---|\n")
	for i, r := range listed {
		if i == 10*rowsShown {
			fmt.Fprintf(out, "| … %s more | | | | |\n", scenarios.Counted(len(listed)-i, "run"))
			break
		}
		fmt.Fprintf(out, "| %s | %s | %d | %s | %s |\n", said(r.Record.Scenario), said(r.Record.Clock), r.Record.Seed,
			verdict(r.Record), said(r.Record.Reason))
	}
}

// summaryOf is one run: verdict and story, what was expected, the lines over time, the faults, the numbers.
func summaryOf(r *results.Record) string {
	var out strings.Builder
	fmt.Fprintf(&out, "### %s: %s\n\n", said(r.Scenario), verdict(r))
	fmt.Fprintf(&out, "%s\n\n", said(r.Reason))
	if story := report.Story(r); story != "" {
		fmt.Fprintf(&out, "%s\n\n", markdown(shorten(story, 4*textShown)))
	}
	if d := r.Findings.Diagnosis.Text; d != "" {
		fmt.Fprintf(&out, "**%s**\n\n", said(d))
	}
	summarizeExpectations(&out, r)
	summarizeAgreement(&out, r.Other)
	summarizeSeries(&out, r)
	summarizeFaults(&out, r)
	summarizeMetrics(&out, r)
	for i, w := range r.Warnings {
		if i == rowsShown {
			fmt.Fprintf(&out, "- … %s more\n", scenarios.Counted(len(r.Warnings)-i, "warning"))
			break
		}
		fmt.Fprintf(&out, "- ⚠ %s\n", said(w))
	}
	if len(r.Warnings) > 0 {
		out.WriteString("\n")
	}
	fmt.Fprintf(&out, "%s clock, seed %d, nats-server %s. To repeat it:\n\n%s\n", said(r.Clock), r.Seed, said(r.Versions.NATSServer),
		indented(r.Command))
	return out.String()
}

// indented is a block of code of one line. A fence could be closed by what stands in it.
func indented(line string) string { return "    " + clean(line) }

func summarizeExpectations(out *strings.Builder, r *results.Record) {
	broken := slices.DeleteFunc(slices.Clone(r.Premises), func(p measure.Premise) bool { return p.OK })
	if len(r.Expect)+len(broken) == 0 {
		return
	}
	out.WriteString("| | expected | got |\n|---|---|---|\n")
	for _, p := range broken {
		fmt.Fprintf(out, "| ? broken premise | %s: %s | %s |\n", said(p.Name), said(p.Wanted), said(p.Got))
	}
	for _, e := range r.Expect {
		got := e.Got
		if e.Why != "" {
			got = strings.TrimPrefix(got+"; "+e.Why, "; ")
		}
		fmt.Fprintf(out, "| %s | %s | %s |\n", sign(e.Verdict), said(e.Expr), said(got))
	}
	out.WriteString("\n")
}

// summarizeSeries draws what people look at first, each line over the whole run.
func summarizeSeries(out *strings.Builder, r *results.Record) {
	f := &r.Findings
	over := spanOf(f.Phases)
	var lines []string
	for _, name := range []string{"ack_pending", "backlog", "delivered", "handled"} {
		i := slices.IndexFunc(r.Series, func(s measure.Series) bool { return s.Name == name })
		if i < 0 {
			continue
		}
		line, most := spark(r.Series[i], over)
		if line == "" {
			continue
		}
		highest := report.Value("", most)
		if strings.HasSuffix(r.Series[i].Unit, "/s") {
			highest += "/s"
		}
		if name == "ack_pending" && f.Limit > 0 {
			highest += fmt.Sprintf(" (limit %d)", f.Limit)
		}
		lines = append(lines, fmt.Sprintf("    %-12s %s  at most %s", strings.ReplaceAll(name, "_", " "), line, highest))
	}
	if len(lines) == 0 {
		return
	}
	if signs := marks(f.Faults, over); signs != "" {
		lines = append(lines, fmt.Sprintf("    %-12s %s", "faults", signs))
	}
	fmt.Fprintf(out, "%s\n\n", strings.Join(lines, "\n"))
}

// spanOf is the whole run; empty where it has no phases.
func spanOf(phases []measure.Phase) measure.Span {
	if len(phases) == 0 {
		return measure.Span{}
	}
	return measure.Span{From: phases[0].From, To: phases[len(phases)-1].To}
}

// summarizeFaults is the table of faults and what came of each.
func summarizeFaults(out *strings.Builder, r *results.Record) {
	f := &r.Findings
	if len(f.Faults) == 0 {
		return
	}
	disturb := int64(0)
	for _, p := range f.Phases {
		if p.Name == history.PhaseDisturb {
			disturb = p.From
		}
	}
	out.WriteString("| fault | at | hit | held | taken over | by | came again |\n|---:|---:|---|---:|---:|---|---:|\n")
	for i, x := range f.Faults {
		if i == rowsShown {
			fmt.Fprintf(out, "| … %s more | | | | | | |\n", scenarios.Counted(len(f.Faults)-i, "fault"))
			break
		}
		hit := x.Do
		if x.Target != "" {
			hit += " " + x.Target
		}
		if x.Holder {
			hit += ", the holder"
		}
		after, by := "–", "–"
		for _, t := range f.Takeovers {
			if t.FaultID == x.ID && t.Shard == x.Shard && t.FaultAt == x.From {
				after, by = report.Time(t.FromFault), t.To
				break
			}
		}
		again := 0
		for _, d := range f.Redeliveries {
			if d.Root == fmt.Sprintf("fault %d", x.ID) {
				again++
			}
		}
		fmt.Fprintf(out, "| %d | %s | %s | %d | %s | %s | %d |\n", x.ID, report.Time(x.From-disturb), said(hit), x.Held, after, said(by), again)
	}
	out.WriteString("\n")
}

func summarizeMetrics(out *strings.Builder, r *results.Record) {
	lines := report.Headlines(r)
	if len(lines) == 0 {
		return
	}
	out.WriteString("| metric | value | |\n|---|---:|---|\n")
	for _, l := range lines {
		fmt.Fprintf(out, "| %s | %s | %s |\n", markdown(l.Metric), markdown(l.Value), markdown(l.Means))
	}
	out.WriteString("\n")
}
