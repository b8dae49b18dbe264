package main

import (
	"encoding/json"
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"

	"github.com/spf13/cobra"

	"pindrop/report"
	"pindrop/results"
	"pindrop/results/history"
	"pindrop/results/measure"
	"pindrop/scenarios"
	"pindrop/sim"
)

func reportCommand(a *app) *cobra.Command {
	var o exportOptions
	c := &cobra.Command{
		Use:   "report RESULT...",
		Short: "Render stored results again, or export them for other tools",
		Long: `Writes report.html again from the stored record and prints the findings. RESULT is the directory of a run, its
record.json, or the directory of a scenario, of which the newest run is taken. Of a run that was killed, what it had
recorded is measured first, and the report is marked as incomplete. The directory of a sweep, a tuning or an
exploration, and its sweep.json, tuning.json or explore.json, do as well.

Of several runs the first is compared with the others, in a compare.html beside the report of the last one, and the
index of the directory that holds them is written again.

The directory of all results, such as results, gets an index.html: every result, the newest first, with the trend of each
metric for each scenario.`,
		Example: `  pindrop report results/kill-mid-batch
  pindrop report results/kill-mid-batch/20260102-150405
  pindrop report results/kill-mid-batch/*                               each, and the first beside the others
  pindrop report results/kill-mid-batch --baseline base                 with the change of each number
  pindrop report results                                                index.html with trends
  pindrop report results/kill-mid-batch --format trace -o trace.json    for ui.perfetto.dev
  pindrop report results/kill-mid-batch/* --format bench > new.txt      for benchstat
  pindrop report results/*/* --format summary >> "$GITHUB_STEP_SUMMARY"`,
		Args: arguments(1, -1, "one or more results"),
		RunE: func(c *cobra.Command, args []string) error {
			if err := o.check(c); err != nil {
				return err
			}
			if o.format == "" {
				return a.report(args, o.base)
			}
			return a.export(args, o)
		},
	}
	o.register(c)
	return c
}

func (a *app) report(args []string, base string) error {
	var runs []*results.Run // that can be compared
	for _, arg := range args {
		if isStore(arg) {
			if err := a.reportStore(arg); err != nil {
				return err
			}
			continue
		}
		if run, name, ok := studyIn(arg); ok {
			if err := a.reportStudy(run, name); err != nil {
				return err
			}
			continue
		}
		run, err := results.Open(arg)
		if err != nil {
			return failed(err)
		}
		record, err := recordOf(run)
		if err != nil {
			return failed(err)
		}
		against, err := baseline(base, record, run)
		if err != nil {
			return failed(err)
		}
		page := func(w io.Writer) error { return report.HTMLAgainst(w, record, against) }
		if err := run.Write(results.ReportFile, page); err != nil {
			return &exit{exitIO, err}
		}
		files := []report.File{{What: "report", Path: run.Path(results.ReportFile)}}
		if err := report.Text(inked(a.stdout), record, a.textOptions(files)); err != nil {
			return printed(err)
		}
		if !run.Incomplete() {
			runs = append(runs, run)
		}
	}
	return a.together(runs)
}

// baseline compares a run, with its repeats, with those before; nil without a baseline.
func baseline(path string, r *results.Record, run *results.Run) (*results.Comparison, error) {
	if path == "" {
		return nil, nil
	}
	before, warnings, err := group(path, r.Clock)
	if err != nil {
		return nil, fmt.Errorf("--baseline: %w", err)
	}
	c := results.Compare(*before, results.GroupOf(r, run.Dir), usually)
	c.Warnings = append(c.Warnings, warnings...)
	return c, nil
}

// recordOf reads a run's record, or makes one of what a run that was killed had recorded.
func recordOf(run *results.Run) (*results.Record, error) {
	if !run.Incomplete() {
		return run.Record()
	}
	record, err := salvage(run)
	if err != nil {
		return nil, fmt.Errorf("the run in %s is incomplete, and nothing can be made of it: %w", run.Dir, err)
	}
	return record, nil
}

func salvage(run *results.Run) (*results.Record, error) {
	var from provenance
	text, err := results.ReadFile(run.Path(begunFile))
	if err != nil {
		return nil, err
	}
	if err := json.Unmarshal(text, &from); err != nil {
		return nil, fmt.Errorf("%s: %w", run.Path(begunFile), err)
	}
	s, err := load(run.Path(results.ScenarioFile), nil)
	if err != nil {
		return nil, err
	}
	h, damaged, err := sim.ReadLogs(run.Logs())
	if err != nil {
		return nil, err
	}
	h, end := ended(h, history.CauseInterrupted, "interrupted: the process was killed", damaged)
	if where := whereIs(s); where != "" && from.Clock == scenarios.ClockReal {
		from.Warnings = append(from.Warnings, stays(where, sim.StreamsOf(s)))
	}
	return judge(&job{scenario: s}, s.Plan(from.Seed), h, from, !history.CutShort(end.Cause()))
}

func historyCommand(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "history RESULT",
		Short: "The events of a run, as lines",
		Example: `  pindrop history results/kill-mid-batch | grep w1
  pindrop history results/kill-mid-batch --json | jq 'select(.kind == "fault")'`,
		Args: arguments(1, 1, "one result"),
		RunE: func(_ *cobra.Command, args []string) error { return a.history(args[0], asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "JSON lines, as pindrop measure reads them")
	return c
}

func (a *app) history(arg string, asJSON bool) error {
	h, check, err := storedHistory(arg)
	if err == nil {
		err = check()
	}
	if err != nil {
		return failed(err)
	}
	if asJSON {
		return printed(results.WriteJSONL(a.stdout, h))
	}
	return printed(writeLines(a.stdout, h))
}

// storedHistory reads the events of a run, also of one that was killed. They count only once check has found them to be
// those of the run's record.
func storedHistory(arg string) (h *history.History, check func() error, err error) {
	if err := noHistory(arg); err != nil {
		return nil, nil, err
	}
	run, err := results.Open(arg)
	if err != nil {
		return nil, nil, err
	}
	h, err = run.Unchecked()
	if err != nil && run.Incomplete() {
		if logged, damaged, logErr := sim.ReadLogs(run.Logs()); logErr == nil {
			h, err = logged, nil
			if damaged != nil {
				h, _ = ended(h, history.CauseInterrupted, "interrupted: the process was killed", damaged)
			}
		}
	}
	return h, func() error { return run.Check(h) }, err
}

func measureCommand(a *app) *cobra.Command {
	var asJSON bool
	c := &cobra.Command{
		Use:   "measure RESULT|FILE.jsonl",
		Short: "Measure a history again, or one that somebody else wrote",
		Long: `Measures the history of a stored run, or JSON lines with the fields of pindrop history --json, and prints every
metric that applies. Metrics are pure functions of the history: those of a stored run come out as they are stored.`,
		Example: `  pindrop measure results/kill-mid-batch
  pindrop history results/kill-mid-batch --json > mine.jsonl && pindrop measure mine.jsonl`,
		Args: arguments(1, 1, "one result or file of JSON lines"),
		RunE: func(_ *cobra.Command, args []string) error { return a.measure(args[0], asJSON) },
	}
	c.Flags().BoolVar(&asJSON, "json", false, "the findings as JSON")
	return c
}

func (a *app) measure(arg string, asJSON bool) error {
	h, check, err := historyOf(arg)
	if err != nil {
		return failed(err)
	}
	frugal(h)
	checked := meanwhile(check)
	f := measure.Stream(h.Ahead(), measure.Asked{})
	if err := checked(); err != nil {
		return failed(err)
	}
	if asJSON {
		return printed(writeJSON(a.stdout, f))
	}
	return printed(writeMetrics(a.stdout, f))
}

// historyOf reads a history from JSON lines or from a run.
func historyOf(arg string) (h *history.History, check func() error, err error) {
	info, err := os.Stat(arg)
	if _, _, study := studyIn(arg); study || err != nil || info.IsDir() || filepath.Base(arg) == results.RecordFile {
		return storedHistory(arg)
	}
	file, err := os.Open(arg)
	if err != nil {
		return nil, nil, err
	}
	h, err = results.ReadJSONL(file)
	if err = errors.Join(err, file.Close()); err != nil {
		return nil, nil, fmt.Errorf("%s: %w", arg, err)
	}
	if h.Len() == 0 {
		return nil, nil, fmt.Errorf("%s: no event in it; expected lines as pindrop history --json prints them", arg)
	}
	return h.Ordered(), func() error { return nil }, nil
}
