package main

import (
	"fmt"
	"io"
	"path/filepath"
	"slices"

	"pindrop/report"
	"pindrop/results"
)

// compareFile compares several results, beside the report of the last of them.
const compareFile = "compare.html"

// together renders what several runs are beside each other: a comparison of the first with the others, and the index of
// the directory that holds them all, where there is one.
func (a *app) together(runs []*results.Run) error {
	if len(runs) < 2 {
		return nil
	}
	if err := a.compareWithFirst(runs); err != nil {
		return err
	}
	store := storeOf(runs[0])
	for _, run := range runs {
		if storeOf(run) != store {
			return nil
		}
	}
	if !isStore(store) {
		return nil
	}
	return a.reportStore(store)
}

// storeOf is the directory that holds those of scenarios.
func storeOf(run *results.Run) string { return filepath.Dir(filepath.Dir(filepath.Clean(run.Dir))) }

func (a *app) compareWithFirst(runs []*results.Run) error {
	name := runs[1].Dir
	if len(runs) > 2 {
		name = fmt.Sprintf("%s and %d more", name, len(runs)-2)
	}
	base, warnings, err := groupOf(runs[0].Dir, runs[:1], "")
	if err != nil {
		return failed(err)
	}
	others, more, err := groupOf(name, runs[1:], "")
	if err != nil {
		return failed(err)
	}
	if base.Scenario != others.Scenario || base.Clock != others.Clock || slices.Contains(others.Mixed, "scenario") || slices.Contains(others.Mixed, "clock") {
		_, err := fmt.Fprintln(a.stdout, "not compared: the runs are not of one scenario on one clock")
		return printed(err)
	}
	c := results.Compare(*base, *others, usually)
	c.Warnings = append(append(c.Warnings, warnings...), more...)
	path := runs[len(runs)-1].Path(compareFile)
	if err := writeFile(path, func(w io.Writer) error { return report.CompareHTML(w, c) }); err != nil {
		return &exit{exitIO, err}
	}
	_, err = fmt.Fprintf(a.stdout, "%s beside %s: %s\n", base.Name, others.Name, path)
	return printed(err)
}
