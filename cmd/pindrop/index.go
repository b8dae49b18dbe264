package main

import (
	"fmt"
	"io"
	"net/url"
	"path/filepath"
	"slices"

	"pindrop/report"
	"pindrop/results"
)

// indexFile is the list of all results, in the directory that holds them.
const indexFile = "index.html"

// isStore reports whether a path is a directory of results as --out makes it: with a directory for each scenario.
func isStore(path string) bool {
	for _, name := range append([]string{results.RecordFile, results.HistoryFile, results.LogsDir}, results.StudyFiles...) {
		if (&results.Run{Dir: path}).Has(name) {
			return false
		}
	}
	names, err := results.ScenariosIn(path)
	return err == nil && len(names) > 0
}

// reportStore writes the list of everything in a directory of results. What cannot be read is named in it.
func (a *app) reportStore(dir string) error {
	scenarios, err := results.ScenariosIn(dir)
	if err != nil {
		return failed(err)
	}
	var all []report.Indexed
	var broken []string
	for _, name := range scenarios {
		found, err := results.In(filepath.Join(dir, name))
		if err != nil {
			return failed(err)
		}
		for _, run := range found {
			entry, err := indexed(run)
			if err != nil && run.Incomplete() {
				err = fmt.Errorf("%s was cut short; pindrop report %s tells what it recorded", run.Dir, quote(run.Dir))
			}
			if err != nil {
				broken = append(broken, fmt.Sprintf("%s: %v", run.Dir, err))
				fmt.Fprintf(a.stderr, "left out: %v\n", err)
				continue
			}
			entry.Page = (&url.URL{Path: name + "/" + filepath.Base(run.Dir) + "/" + results.ReportFile}).String()
			all = append(all, entry)
		}
	}
	path := filepath.Join(dir, indexFile)
	if err := writeFile(path, func(w io.Writer) error { return report.IndexHTML(w, filepath.Base(dir), all, broken) }); err != nil {
		return &exit{exitIO, err}
	}
	_, err = fmt.Fprintf(a.stdout, "%d results, %d left out: %s\n", len(all), len(broken), path)
	return printed(err)
}

func indexed(run *results.Run) (report.Indexed, error) {
	if slices.ContainsFunc(results.StudyFiles, run.Has) {
		return indexedStudy(run)
	}
	r, err := run.Record()
	if err != nil {
		return report.Indexed{}, err
	}
	entry := report.Indexed{Kind: "run", Scenario: r.Scenario, Started: r.Started, Clock: r.Clock, Seed: r.Seed, Verdict: r.Verdict, Reason: r.Reason}
	if len(r.Invalid()) == 0 {
		entry.Metrics = r.Metrics
	}
	return entry, nil
}

func indexedStudy(run *results.Run) (report.Indexed, error) {
	var study *results.Study
	entry := report.Indexed{Kind: "sweep"}
	switch {
	case run.Has(results.SweepFile):
		s, err := run.Sweep()
		if err != nil {
			return entry, err
		}
		study = &s.Study
	case run.Has(results.ExploreFile):
		e, err := run.Exploration()
		if err != nil {
			return entry, err
		}
		study, entry.Kind, entry.Reason = &e.Study, "exploration", report.ExplorationStory(e)
	default:
		t, err := run.Tuning()
		if err != nil {
			return entry, err
		}
		study, entry.Kind, entry.Reason = &t.Study, "tuning", t.Reason
	}
	entry.Scenario, entry.Started, entry.Clock, entry.Seed = study.Scenario, study.Started, study.Clock, study.Seed
	return entry, nil
}
