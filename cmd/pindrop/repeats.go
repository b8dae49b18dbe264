package main

import (
	"fmt"
	"io"
	"path/filepath"

	"pindrop/report"
	"pindrop/results"
)

// repeats are the runs of one scenario that one command makes. Only what each tells of itself is kept: the records of
// long runs are large.
type repeats struct {
	clocks []string
	runs   map[string][]*results.Run
	told   map[string][]results.Repeat
}

func (m *repeats) add(f finished) {
	clock := f.record.Clock
	if m.runs == nil {
		m.runs, m.told = map[string][]*results.Run{}, map[string][]results.Repeat{}
	}
	if len(m.runs[clock]) == 0 {
		m.clocks = append(m.clocks, clock)
	}
	m.runs[clock] = append(m.runs[clock], f.run)
	m.told[clock] = append(m.told[clock], results.RepeatOf(f.record, filepath.Base(f.run.Dir)))
}

// showRepeats writes the numbers of all repeats into the record and onto the page of each, so that any of them shows the
// spread, and prints it.
func (a *app) showRepeats(m *repeats, o runOptions) error {
	for _, clock := range m.clocks {
		if len(m.runs[clock]) < 2 {
			continue
		}
		var last *results.Record
		for _, run := range m.runs[clock] {
			record, err := run.Record()
			if err != nil {
				return &exit{exitIO, err}
			}
			record.Repeats = m.told[clock]
			if err := run.Write(results.ReportFile, func(w io.Writer) error { return report.HTML(w, record) }); err != nil {
				return &exit{exitIO, err}
			}
			if err := run.Save(record, nil); err != nil {
				return &exit{exitIO, err}
			}
			last = record
		}
		if o.json || o.quiet {
			continue
		}
		if _, err := fmt.Fprintln(a.stdout); err != nil {
			return printed(err)
		}
		if err := report.RepeatsText(inked(a.stdout), last, a.textOptions(nil)); err != nil {
			return printed(err)
		}
	}
	return nil
}
