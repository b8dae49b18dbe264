package main

import (
	"errors"
	"fmt"
	"io"
	"os"
	"path/filepath"
	"slices"

	"pindrop/report"
	"pindrop/results"
	"pindrop/scenarios"
)

// writePage writes the page of a sweep or a tuning, and lists the files that people will want to open.
func writePage(run *results.Run, study any) ([]report.File, error) {
	var write func(io.Writer) error
	var file report.File
	switch s := study.(type) {
	case *results.Sweep:
		write = func(w io.Writer) error { return report.SweepHTML(w, s) }
		file = report.File{What: "sweep", Path: run.Path(results.SweepFile)}
	case *results.Tuning:
		write = func(w io.Writer) error { return report.TuningHTML(w, s) }
		file = report.File{What: "tuning", Path: run.Path(results.TuningFile)}
	case *results.Exploration:
		write = func(w io.Writer) error { return report.ExplorationHTML(w, s) }
		file = report.File{What: "result", Path: run.Path(results.ExploreFile)}
	}
	if err := run.Write(results.ReportFile, write); err != nil {
		return nil, &exit{exitIO, err}
	}
	return []report.File{{What: "report", Path: run.Path(results.ReportFile)}, file}, nil
}

// studyIn finds a study by its directory or by its file; ok is false where there is none, which says nothing of runs.
func studyIn(path string) (run *results.Run, name string, ok bool) {
	if base := filepath.Base(path); slices.Contains(results.StudyFiles, base) {
		if info, err := os.Stat(path); err == nil && !info.IsDir() {
			return &results.Run{Dir: filepath.Dir(path)}, base, true
		}
	}
	run = &results.Run{Dir: filepath.Clean(path)}
	for _, name := range results.StudyFiles {
		if run.Has(name) {
			return run, name, true
		}
	}
	return nil, "", false
}

// reportStudy writes the page of a stored study again and prints what came of it.
func (a *app) reportStudy(run *results.Run, name string) error {
	switch name {
	case results.SweepFile:
		s, err := run.Sweep()
		if err != nil {
			return failed(err)
		}
		return a.printStudy(run, s, func(o report.TextOptions) error { return report.SweepText(inked(a.stdout), s, o) })
	case results.ExploreFile:
		e, err := run.Exploration()
		if err != nil {
			return failed(err)
		}
		return a.printStudy(run, e, func(o report.TextOptions) error { return report.ExplorationText(inked(a.stdout), e, o) })
	}
	t, err := run.Tuning()
	if err != nil {
		return failed(err)
	}
	return a.printStudy(run, t, func(o report.TextOptions) error { return report.TuningText(inked(a.stdout), t, o) })
}

func (a *app) printStudy(run *results.Run, study any, text func(report.TextOptions) error) error {
	files, err := writePage(run, study)
	if err != nil {
		return err
	}
	return printed(text(a.textOptions(files)))
}

// noHistory refuses what needs a history where there is a study, whose runs leave none; nil where there is no study.
func noHistory(path string) error {
	run, name, ok := studyIn(path)
	if !ok {
		return nil
	}
	var probe *results.Probe
	var study *results.Study
	what := "tuning"
	if name == results.ExploreFile {
		return &exit{exitUsage, fmt.Errorf("%s is an exploration, which holds no history itself; the runs that it kept are in %s",
			path, run.Path(results.FoundDir))}
	}
	if name == results.SweepFile {
		what = "sweep"
		if s, err := run.Sweep(); err == nil {
			study, probe = &s.Study, firstProbe(s)
		}
	} else if t, err := run.Tuning(); err == nil && len(t.Free) > 0 {
		study, probe = &t.Study, &t.Free[0]
	}
	text := fmt.Sprintf("%s is a %s, which holds no history: of its runs only the metrics are kept", path, what)
	if probe != nil {
		text += "; run one of them again for its history, such as: " + probeCommand(study, probe)
	}
	return &exit{exitUsage, errors.New(text)}
}

// firstProbe is the first run of a sweep; nil where there is none yet.
func firstProbe(s *results.Sweep) *results.Probe {
	for i := range s.Points {
		if len(s.Points[i].Probes) > 0 {
			return &s.Points[i].Probes[0]
		}
	}
	return nil
}

// probeCommand is the line that runs one probe of a study by itself.
func probeCommand(s *results.Study, t *results.Probe) string {
	return repeating{
		own: []string{"run", s.Arg}, clock: scenarios.Clock(s.Clock), seed: t.Seed, sets: slices.Concat(s.Sets, t.Set),
	}.String()
}
