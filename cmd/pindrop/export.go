package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"
	"strings"
	"time"

	"github.com/spf13/cobra"

	"pindrop/report/export"
	"pindrop/results"
	"pindrop/results/history"
	"pindrop/scenarios"
)

// exportOptions are the flags of pindrop report that ask for something else than the page and the text.
type exportOptions struct {
	format  string
	out     string
	latency string
	phase   string
	every   time.Duration
	base    string // a baseline for the page
}

func (o *exportOptions) register(c *cobra.Command) {
	f := c.Flags()
	f.SortFlags = false
	f.StringVar(&o.format, "format", "", "write this `format` instead, and nothing else")
	f.StringVarP(&o.out, "out", "o", "", "`file` for it, or a directory for all percentiles of hgrm (default: standard output)")
	f.StringVar(&o.latency, "latency", "", "hgrm: store, queue, service or response (default: response)")
	f.StringVar(&o.phase, "phase", "", "hgrm: before, during or after the faults (default: all)")
	f.DurationVar(&o.every, "every", time.Second, "csv and hlog: length of an interval")
	f.StringVar(&o.base, "baseline", "", "`result` to compare with, on the page: a run, or a directory of repeats")
	c.Long += "\n\nWith --format:\n\n" + formatHelp()
}

// formatHelp is a line for each format.
func formatHelp() string {
	var out strings.Builder
	for _, f := range export.Formats {
		fmt.Fprintf(&out, "  %-8s %s\n", f.Name, f.Doc)
	}
	out.WriteString("\nSeveral runs make one file, sweeps and tunings are exported one at a time; what a format cannot be made of is\n" +
		"refused. docs/exports.md has an example of each.")
	return out.String()
}

// check refuses flags that make no sense.
func (o *exportOptions) check(c *cobra.Command) error {
	if o.format != "" && o.base != "" {
		return &exit{exitUsage, errors.New("--baseline: it goes with the page, not with --format")}
	}
	for _, flag := range []string{"out", "latency", "phase", "every"} {
		if o.format == "" && c.Flags().Changed(flag) {
			return &exit{exitUsage, fmt.Errorf("--%s: expected a --format with it", flag)}
		}
	}
	for _, only := range []struct {
		flag    string
		formats []string
	}{{"latency", []string{"hgrm"}}, {"phase", []string{"hgrm"}}, {"every", []string{"csv", "hlog"}}} {
		if c.Flags().Changed(only.flag) && !slices.Contains(only.formats, o.format) {
			return &exit{exitUsage, fmt.Errorf("--%s: it goes with --format %s, not with %s", only.flag, strings.Join(only.formats, " or "), o.format)}
		}
	}
	phases := []string{"before", "during", "after"}
	switch {
	case o.every <= 0:
		return &exit{exitUsage, fmt.Errorf("--every %v: expected a positive duration such as 1s", o.every)}
	case o.format == "hlog" && o.every%time.Millisecond != 0:
		return &exit{exitUsage, fmt.Errorf("--every %v: an interval log counts in whole milliseconds", o.every)}
	case o.phase != "" && !slices.Contains(phases, o.phase):
		return &exit{exitUsage, fmt.Errorf("--phase: unknown phase %q; nearest: %s (of %s)", o.phase, scenarios.Nearest(o.phase, phases), strings.Join(phases, ", "))}
	case (o.latency != "" || o.phase != "") && isDirectory(o.out):
		return &exit{exitUsage, fmt.Errorf("--out %s: a directory gets the percentiles of every latency and phase; leave out --latency and --phase", o.out)}
	}
	return nil
}

func isDirectory(path string) bool {
	info, err := os.Stat(path)
	return err == nil && info.IsDir() || strings.HasSuffix(path, string(filepath.Separator))
}

// export writes results in another format.
func (a *app) export(args []string, o exportOptions) error {
	f, err := export.Find(o.format)
	if err != nil {
		return &exit{exitUsage, fmt.Errorf("--format: %w", err)}
	}
	in, err := exportInput(args, f)
	if err != nil {
		return failed(err)
	}
	if f.Name == "hgrm" && isDirectory(o.out) {
		return a.exportPercentiles(in.Runs[0], o.out)
	}
	options := export.Options{Latency: o.latency, Phase: o.phase, Every: o.every.Nanoseconds()}
	write := func(w io.Writer) error { return f.Write(w, in, options) }
	if o.out == "" {
		return usable(write(a.stdout))
	}
	return usable(writeFile(o.out, write))
}

// usable gives an error of an export its exit code.
func usable(err error) error {
	if err == nil {
		return nil
	}
	return failed(err)
}

// exportInput reads what is to be exported: runs, or one study. Histories are read last, since that takes longest.
func exportInput(args []string, f export.Format) (export.Input, error) {
	var in export.Input
	for _, arg := range args {
		if run, name, ok := studyIn(arg); ok {
			if len(args) > 1 {
				return in, fmt.Errorf("%s is a study; expected it by itself, or runs only", arg)
			}
			return studyInput(run, name, f)
		}
		run, err := results.Open(arg)
		if err != nil {
			return in, err
		}
		record, err := recordOf(run)
		if err != nil {
			return in, err
		}
		in.Runs = append(in.Runs, export.Run{Record: record})
	}
	if err := f.Check(in); err != nil || !f.History {
		return in, err
	}
	for i, arg := range args {
		h, err := checkedHistory(arg)
		if err != nil {
			return in, err
		}
		in.Runs[i].History = h
	}
	return in, nil
}

func studyInput(run *results.Run, name string, f export.Format) (in export.Input, err error) {
	switch name {
	case results.SweepFile:
		in.Sweep, err = run.Sweep()
	case results.TuningFile:
		in.Tuning, err = run.Tuning()
	case results.ExploreFile:
		return in, &exit{exitUsage, fmt.Errorf("no format %s: an exploration is exported as its page and as %s; the runs that it kept are in %s",
			f.Name, run.Path(name), run.Path(results.FoundDir))}
	}
	return in, errors.Join(err, f.Check(in))
}

// checkedHistory is the history of a run, once it has been found to be that of its record.
func checkedHistory(arg string) (*history.History, error) {
	h, check, err := storedHistory(arg)
	if err != nil {
		return nil, err
	}
	frugal(h)
	return h, check()
}

// exportPercentiles writes every percentile file of a run into a directory, and says which.
func (a *app) exportPercentiles(run export.Run, dir string) error {
	if err := os.MkdirAll(dir, 0o777); err != nil {
		return failed(err)
	}
	all := export.AllPercentiles(run)
	if len(all) == 0 {
		return &exit{exitUsage, errors.New("no message of the run was timed: there are no percentiles")}
	}
	for _, p := range all {
		path := filepath.Join(dir, p.Name)
		if err := writeFile(path, p.Write); err != nil {
			return failed(err)
		}
		if _, err := fmt.Fprintln(a.stdout, path); err != nil {
			return printed(err)
		}
	}
	return nil
}

// writeFile writes a file, all of it or nothing. What is no file (a pipe, a terminal) is written as it goes.
func writeFile(path string, content func(io.Writer) error) error {
	if info, err := os.Stat(path); err == nil && !info.Mode().IsRegular() {
		if info.IsDir() {
			return fmt.Errorf("--out %s: it is a directory; expected a file", path)
		}
		file, err := os.OpenFile(path, os.O_WRONLY, 0)
		if err != nil {
			return err
		}
		return errors.Join(content(file), file.Close())
	}
	part, err := os.CreateTemp(filepath.Dir(path), "."+filepath.Base(path)+".*")
	if err != nil {
		return err
	}
	err = errors.Join(content(part), part.Chmod(0o644), part.Close())
	if err == nil {
		err = os.Rename(part.Name(), path)
	}
	if err != nil {
		return errors.Join(err, os.Remove(part.Name()))
	}
	return nil
}
