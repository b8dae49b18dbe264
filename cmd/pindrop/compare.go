package main

import (
	"encoding/json"
	"fmt"
	"io"
	"path/filepath"
	"slices"
	"strconv"
	"strings"

	"github.com/spf13/cobra"

	"pindrop/report"
	"pindrop/results"
	"pindrop/results/measure"
	"pindrop/scenarios"
)

// compareOptions are the flags of pindrop compare.
type compareOptions struct {
	metrics []string
	clock   string
	alpha   float64
	slack   string
	html    string
	json    bool
	quiet   bool
}

func compareCommand(a *app) *cobra.Command {
	var o compareOptions
	c := &cobra.Command{
		Use:   "compare BASE NEW",
		Short: "Regressions, with statistics and an exit code",
		Long: `Compares the runs of BASE with those of NEW: each a run, or a directory of runs, which are taken as repeats.
pindrop run --repeat 10 --out DIR makes such a directory.

Each metric is tested with the two-sided Mann-Whitney U test, which assumes nothing about how values are spread. The
judged metrics share the risk of a false alarm (Holm's correction), so that it is --alpha for all of them together; a
change of the median within --slack does not matter, however sure it is. An expectation that held in every run of BASE
and fails in one of NEW is a regression as well. Runs of which a premise is broken are left out; so are records that
cannot be read, and a warning names them.

Exit code: 0 no regression, 1 a regression, 2 the runs cannot tell (too few of them, none valid, or a judged metric
applies on one side only), 64 bad input, 74 I/O.`,
		Example: `  pindrop run kill-mid-batch --repeat 10 --out base
  pindrop run kill-mid-batch --repeat 10 --out new --set consumer.priority_timeout=5s
  pindrop compare base new
  pindrop compare base new --metric takeover.fault.max --slack 5% --html compare.html
  pindrop compare base new --json | jq .verdict`,
		Args: arguments(2, 2, "two results: BASE and NEW"),
		RunE: func(_ *cobra.Command, args []string) error { return a.compare(args[0], args[1], o) },
	}
	f := c.Flags()
	f.SortFlags = false
	f.StringArrayVar(&o.metrics, "metric", nil, "judge this `metric`, and no others than those named (default: "+strings.Join(results.JudgedMetrics, ", ")+")")
	f.StringVar(&o.clock, "clock", "", "virtual or real: compare the runs on this clock, where there are runs on both")
	f.Float64Var(&o.alpha, "alpha", 0.05, "the chance to take noise for a regression, of all judged metrics together")
	f.StringVar(&o.slack, "slack", "1%", "change of the median that does not matter, as a `share`")
	f.StringVar(&o.html, "html", "", "write a page with charts to this `file`")
	f.BoolVar(&o.json, "json", false, "print the comparison as JSON, and nothing else, on standard output")
	f.BoolVar(&o.quiet, "quiet", false, "print only the verdict line")
	return c
}

func (a *app) compare(base, today string, o compareOptions) error {
	options, err := o.check()
	if err != nil {
		return &exit{exitUsage, err}
	}
	before, warnings, err := group(base, o.clock)
	if err != nil {
		return failed(err)
	}
	now, more, err := group(today, o.clock)
	if err != nil {
		return failed(err)
	}
	if before.Clock != now.Clock {
		return &exit{exitUsage, fmt.Errorf("%s ran on the %s clock and %s on the %s clock: two clocks are compared by pindrop run --clock both",
			base, before.Clock, today, now.Clock)}
	}
	c := results.Compare(*before, *now, options)
	c.Warnings = append(append(c.Warnings, warnings...), more...)
	if err := a.showComparison(c, o); err != nil {
		return err
	}
	if code := results.ExitCode(c.Verdict); code != 0 {
		return &exit{code: code}
	}
	return nil
}

// check reads the flags.
func (o *compareOptions) check() (results.CompareOptions, error) {
	var names []string
	for _, m := range measure.Table {
		names = append(names, m.Name)
	}
	for _, name := range o.metrics {
		if !slices.Contains(names, name) {
			return results.CompareOptions{}, fmt.Errorf("--metric: unknown metric %q; nearest: %s", name, scenarios.Nearest(name, names))
		}
	}
	if o.alpha <= 0 || o.alpha >= 1 {
		return results.CompareOptions{}, fmt.Errorf("--alpha %v: expected a chance between 0 and 1, such as 0.05", o.alpha)
	}
	if o.clock != "" && o.clock != string(scenarios.ClockVirtual) && o.clock != string(scenarios.ClockReal) {
		return results.CompareOptions{}, fmt.Errorf("--clock %s: expected virtual or real", o.clock)
	}
	percent, ok := strings.CutSuffix(o.slack, "%")
	slack, err := strconv.ParseFloat(percent, 64)
	if ok {
		slack /= 100
	}
	if err != nil || !(slack >= 0 && slack < 1) {
		return results.CompareOptions{}, fmt.Errorf("--slack %s: expected a share such as 1%% or 0.01", o.slack)
	}
	return results.CompareOptions{Metrics: o.metrics, Alpha: o.alpha, Slack: slack}, nil
}

// usually is how runs are compared where nobody asks for more.
var usually = results.CompareOptions{Slack: 0.01}

// group reads the runs that a path stands for, on one clock.
func group(path, clock string) (*results.Group, []string, error) {
	if err := noStudy(path); err != nil {
		return nil, nil, err
	}
	runs, err := results.OpenAll(path)
	if err != nil {
		return nil, nil, err
	}
	g, warnings, err := groupOf(path, runs, clock)
	if err == nil && slices.Contains(g.Mixed, "clock") {
		err = fmt.Errorf("%s holds runs on both clocks; expected --clock virtual or --clock real", path)
	}
	return g, warnings, err
}

// groupOf makes a group of runs, of those on one clock where one is named.
func groupOf(path string, runs []*results.Run, clock string) (*results.Group, []string, error) {
	g := &results.Group{Name: path}
	var warnings []string
	var broken error
	var taken []*results.Run
	for _, run := range runs {
		if run.Incomplete() {
			warnings = append(warnings, fmt.Sprintf("%s has no record.json, because it was killed or goes on still: it is left out", run.Dir))
			continue
		}
		record, err := run.Record()
		if err != nil {
			broken = err
			warnings = append(warnings, fmt.Sprintf("a record that cannot be read is left out: %v", err))
			continue
		}
		if clock != "" && record.Clock != clock {
			continue
		}
		g.Add(record, filepath.Base(run.Dir))
		taken = append(taken, run)
	}
	switch {
	case len(taken) == 0 && broken != nil:
		return nil, nil, broken
	case len(taken) == 0:
		return nil, nil, fmt.Errorf("%s holds no complete run%s", path, onClock(clock))
	case len(g.Mixed) > 0:
		warnings = append(warnings, fmt.Sprintf("the runs in %s are not repeats of one another: they differ in %s", path, strings.Join(g.Mixed, ", ")))
	}
	if i := g.MiddleRun(); i >= 0 {
		record, err := taken[i].Record()
		if err != nil {
			return nil, nil, err
		}
		g.Latencies, g.Middle = record.Findings.Latencies, record.Seed
	}
	return g, warnings, nil
}

func onClock(clock string) string {
	if clock == "" {
		return ""
	}
	return " on the " + clock + " clock"
}

func noStudy(path string) error {
	if _, name, ok := studyIn(path); ok {
		return fmt.Errorf("%s holds a %s, whose own page compares its runs; expected runs", path, name)
	}
	return nil
}

func (a *app) showComparison(c *results.Comparison, o compareOptions) error {
	var files []report.File
	if o.html != "" {
		if err := writeFile(o.html, func(w io.Writer) error { return report.CompareHTML(w, c) }); err != nil {
			return &exit{exitIO, err}
		}
		files = append(files, report.File{What: "page", Path: o.html})
	}
	switch {
	case o.json:
		enc := json.NewEncoder(a.stdout)
		enc.SetEscapeHTML(false)
		enc.SetIndent("", " ")
		return printed(enc.Encode(c))
	case o.quiet:
		_, err := fmt.Fprintf(a.stdout, "%s %s: %s\n", c.Verdict, c.New.Scenario, c.Reason)
		return printed(err)
	}
	return printed(report.CompareText(inked(a.stdout), c, a.textOptions(files)))
}
