// Package export writes what was measured for other tools: percentile files, interval logs, benchmark lines, traces, test
// reports, tables, and the summary of a CI job.
//
// The path: [Find] knows each format by its name; [Format.Write] checks that the format can be made of what there is,
// and hands it to the writer of the format. Whatever is written is a function of records and histories alone, and the
// same byte for byte each time. Texts that a user, a server or a file can choose are escaped as each format asks.
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

// Input is what is to be exported: either runs, or one sweep, or one tuning.
type Input struct {
	Runs   []Run
	Sweep  *results.Sweep
	Tuning *results.Tuning
}

// Run is one run. History is needed where the format says so.
type Run struct {
	Record  *results.Record
	History *history.History
}

// detail is the run's history in detail.
func (r *Run) detail() *measure.Detail { return measure.InDetail(r.History.Events()) }

// Options are what some formats can be told. The zero value is the default of each.
type Options struct {
	Latency string // hgrm: store, queue, service or response, which is the default
	Phase   string // hgrm: before, during or after the faults; "": all of it
	Every   int64  // csv and hlog: length of an interval in nanoseconds; 0: a second
}

// every is the length of an interval.
func (o Options) every() int64 {
	if o.Every <= 0 {
		return 1e9
	}
	return o.Every
}

// Format is one way to write what was measured.
type Format struct {
	Name    string
	Doc     string // what it is for, in a few words
	History bool   // runs must come with their histories
	Single  bool   // several runs cannot be put together

	runs   func(io.Writer, []Run, Options) error
	sweep  func(io.Writer, *results.Sweep) error  // nil: not for sweeps
	tuning func(io.Writer, *results.Tuning) error // nil: not for tunings
}

// Formats are all formats, in the order in which help lists them.
var Formats = []Format{
	{Name: "html", Doc: "the page: one self-contained file", Single: true,
		runs: writeHTML, sweep: report.SweepHTML, tuning: report.TuningHTML},
	{Name: "text", Doc: "what a terminal shows",
		runs: writeText, sweep: sweepText, tuning: tuningText},
	{Name: "summary", Doc: "Markdown for the page of a CI job",
		runs: writeSummary, sweep: summarizeSweep, tuning: summarizeTuning},
	{Name: "junit", Doc: "JUnit XML: premises and expectations as test cases",
		runs: writeJUnit, sweep: sweepJUnit, tuning: tuningJUnit},
	{Name: "bench", Doc: "Go benchmark lines, for benchstat: a line per run",
		runs: writeBench, sweep: benchSweep, tuning: benchTuning},
	{Name: "csv", Doc: "a table over time; of a sweep or a tuning, a row per run", History: true,
		runs: writeCSV, sweep: sweepCSV, tuning: tuningCSV},
	{Name: "hgrm", Doc: "percentiles of a latency, as HdrHistogram prints them, in ms", History: true, Single: true,
		runs: writeHGRM},
	{Name: "hlog", Doc: "HdrHistogram's interval log: every latency over time", History: true, Single: true,
		runs: writeHLog},
	{Name: "trace", Doc: "JSON for Perfetto and chrome://tracing: workers, pins, faults", History: true,
		runs: writeTrace},
}

// Find is the format of a name; the error of an unknown one names the nearest.
func Find(name string) (Format, error) {
	i := slices.IndexFunc(Formats, func(f Format) bool { return f.Name == name })
	if i < 0 {
		all := names(func(Format) bool { return true })
		return Format{}, fmt.Errorf("unknown format %q; nearest: %s (of %s)", name, scenarios.Nearest(name, all), strings.Join(all, ", "))
	}
	return Formats[i], nil
}

// names lists the formats that a condition holds for.
func names(of func(Format) bool) []string {
	var list []string
	for _, f := range Formats {
		if of(f) {
			list = append(list, f.Name)
		}
	}
	return list
}

// Write writes what there is, or says why the format cannot. It returns the writer's first error.
func (f Format) Write(w io.Writer, in Input, o Options) error {
	if err := f.Check(in); err != nil {
		return err
	}
	switch {
	case in.Sweep != nil:
		return f.sweep(w, in.Sweep)
	case in.Tuning != nil:
		return f.tuning(w, in.Tuning)
	}
	return f.runs(w, in.Runs, o)
}

// Check says why the format cannot be made of what there is, and which formats can; nil where it can.
func (f Format) Check(in Input) error {
	switch {
	case in.Sweep != nil && f.sweep == nil:
		return f.refuse("a sweep keeps no history of its runs", "a sweep", func(f Format) bool { return f.sweep != nil })
	case in.Tuning != nil && f.tuning == nil:
		return f.refuse("a tuning keeps no history of its runs", "a tuning", func(f Format) bool { return f.tuning != nil })
	case f.Single && len(in.Runs) > 1:
		return f.refuse(fmt.Sprintf("it is made of one run, and here are %d", len(in.Runs)), "several runs",
			func(f Format) bool { return !f.Single })
	}
	return nil
}

func (f Format) refuse(why, what string, fits func(Format) bool) error {
	return fmt.Errorf("no format %s: %s; for %s there are: %s", f.Name, why, what, strings.Join(names(fits), ", "))
}

func writeHTML(w io.Writer, runs []Run, _ Options) error { return report.HTML(w, runs[0].Record) }

// textWidth is how many columns a text has that is not for a terminal at hand.
const textWidth = 100

func writeText(w io.Writer, runs []Run, _ Options) error {
	for i, r := range runs {
		if i > 0 {
			if _, err := io.WriteString(w, "\n"); err != nil {
				return err
			}
		}
		if err := report.Text(w, r.Record, report.TextOptions{Width: textWidth}); err != nil {
			return err
		}
	}
	return nil
}

func sweepText(w io.Writer, s *results.Sweep) error {
	return report.SweepText(w, s, report.TextOptions{Width: textWidth})
}

func tuningText(w io.Writer, t *results.Tuning) error {
	return report.TuningText(w, t, report.TextOptions{Width: textWidth})
}
