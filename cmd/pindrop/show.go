package main

import (
	"fmt"
	"io"
	"os"

	"github.com/mattn/go-isatty"
	"golang.org/x/term"

	"pindrop/report"
	"pindrop/results"
)

// show prints a run as its flags ask: the record, one line, or what a person likes to read. If the same plan follows on
// the other clock, how well they agree is told once, behind both.
func (a *app) show(r *results.Record, files []report.File, o runOptions, follows bool) error {
	var err error
	switch {
	case o.json:
		err = r.Encode(a.stdout)
	case o.quiet:
		_, err = fmt.Fprintf(a.stdout, "%s %s (%s clock, seed %d): %s\n", r.Verdict, r.Scenario, r.Clock, r.Seed, r.Reason)
	default:
		told := *r
		if follows {
			told.Other = nil
		}
		err = report.Text(inked(a.stdout), &told, a.textOptions(files))
		if err == nil && follows {
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
	if !terminal(a.stdout) {
		return o
	}
	o.Colour = os.Getenv("NO_COLOR") == "" && os.Getenv("TERM") != "dumb"
	if file, ok := fileOf(a.stdout); ok {
		if width, _, err := term.GetSize(int(file.Fd())); err == nil {
			o.Width = min(width, 120)
		}
	}
	return o
}

// terminal reports whether w is one.
func terminal(w io.Writer) bool {
	file, ok := fileOf(w)
	return ok && isatty.IsTerminal(file.Fd())
}
