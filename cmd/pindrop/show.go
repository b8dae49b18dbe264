package main

import (
	"fmt"
	"os"

	"github.com/mattn/go-isatty"
	"golang.org/x/term"

	"pindrop/report"
	"pindrop/results"
)

// show prints a run as its flags ask: the record, one line, or what a person likes to read.
func (a *app) show(r *results.Record, files []report.File, o runOptions, last bool) error {
	var err error
	switch {
	case o.json:
		err = r.Encode(a.stdout)
	case o.quiet:
		_, err = fmt.Fprintf(a.stdout, "%s %s (%s clock, seed %d): %s\n", r.Verdict, r.Scenario, r.Clock, r.Seed, r.Reason)
	default:
		err = report.Text(a.stdout, r, a.textOptions(files))
		if err == nil && !last {
			_, err = fmt.Fprintln(a.stdout)
		}
	}
	if err != nil {
		return &exit{exitIO, fmt.Errorf("print: %w", err)}
	}
	return nil
}

// textOptions fit the terminal, if there is one. NO_COLOR is honoured (no-color.org).
func (a *app) textOptions(files []report.File) report.TextOptions {
	o := report.TextOptions{Width: 100, Files: files}
	file, ok := a.stdout.(*os.File)
	if !ok || !isatty.IsTerminal(file.Fd()) {
		return o
	}
	o.Colour = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	if width, _, err := term.GetSize(int(file.Fd())); err == nil {
		o.Width = min(width, 120)
	}
	return o
}
