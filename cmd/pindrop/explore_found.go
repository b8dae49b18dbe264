package main

import (
	"context"
	"fmt"
	"path/filepath"
	"strconv"
	"strings"

	"pindrop/explore"
	"pindrop/results"
	"pindrop/results/history"
	"pindrop/results/measure"
	"pindrop/scenarios"
)

// followUp shrinks and keeps the first run that broke each thing.
func (x *explorer) followUp(ctx context.Context) error {
	x.over = nil
	seen := map[string]bool{}
	for i := range x.found {
		p := &x.found[i]
		breach := x.breaches(p)[0]
		c := explore.Draw(x.base, p.Seed)
		f := results.Found{Seed: p.Seed, What: breach.What, Message: breach.Message, Text: breach.Text, Digest: p.Digest, Faults: c.String()}
		if !seen[f.Name()] {
			seen[f.Name()] = true
			if err := x.reduce(ctx, c, &f); err != nil {
				x.e.Found = append(x.e.Found, f)
				return err
			}
		}
		x.e.Found = append(x.e.Found, f)
	}
	return nil
}

// reduce makes a finding smaller and keeps its run.
func (x *explorer) reduce(ctx context.Context, c explore.Case, f *results.Found) error {
	runs, same := 0, explore.Breach{What: f.What, Message: f.Message}
	defer x.does("")
	still := func(ctx context.Context, cases []explore.Case) ([]bool, error) {
		list := make([]results.Probe, len(cases))
		for i := range cases {
			list[i] = results.Probe{Set: cases[i].Sets(), Seed: f.Seed}
		}
		runs += len(list)
		x.does(fmt.Sprintf("seed %d breaks %s: making it smaller, run %d", f.Seed, f.Name(), runs))
		done, err := x.lab.run(ctx, list)
		if err != nil {
			return nil, err
		}
		broken := make([]bool, len(done))
		for i := range done {
			broken[i] = explore.Breaks(&done[i], same)
		}
		return broken, nil
	}
	s := explore.Shrunk{Case: c}
	if x.o.shrink > 0 {
		var err error
		s, err = explore.Shrink(ctx, c, x.o.shrink, still)
		f.Shrunk, f.Runs = s.Smaller(&c), s.Runs
		if err != nil {
			return err
		}
	}
	return x.keepRun(ctx, &s.Case, f)
}

// keepRun runs a case once more, from a scenario file of its own, and keeps everything of it.
func (x *explorer) keepRun(ctx context.Context, c *explore.Case, f *results.Found) error {
	j, err := x.job(c.Sets())
	if err != nil {
		return failed(err)
	}
	dir := results.Run{Dir: x.run.Path(results.FoundDir)}
	concrete := *j
	concrete.guest = x.guest
	concrete.arg = filepath.Join(dir.Dir, "scenario.yaml")
	done, err := x.runOnce(ctx, &concrete, runOptions{out: dir.Dir, quiet: true, limit: x.o.limit}, f.Seed, scenarios.ClockVirtual)
	if err != nil {
		return err
	}
	f.Dir = done.run.Dir
	line := []string{"pindrop", "run", filepath.Join(f.Dir, results.ScenarioFile), "--seed", strconv.FormatUint(f.Seed, 10), "--engine", x.e.Engine}
	f.Command = ""
	for _, w := range line {
		f.Command += quote(w) + " "
	}
	f.Command = f.Command[:len(f.Command)-1]
	done.record.Command = f.Command
	if done.record.Digest != f.Digest {
		f.Drawn = &results.Drawn{Text: f.Text, Digest: f.Digest}
	}
	f.Text, f.Digest = keptText(done.record, f), done.record.Digest
	_, err = save(done)
	if err != nil {
		return &exit{exitIO, err}
	}
	return nil
}

// keptText is what a kept run says of what was found: of the law, or of its expectations.
func keptText(r *results.Record, f *results.Found) string {
	for _, j := range r.Findings.Laws {
		for _, a := range j.Assertions {
			if a.Message == f.Message {
				return a.Text
			}
		}
		if j.Law == f.What {
			return j.Text
		}
	}
	return r.Reason
}

// explored is a probe as an exploration keeps it.
func explored(t results.Probe, r *results.Record, h *history.History, cut string) (results.Probe, error) {
	var err error
	t.Laws, t.Loss, t.Cut, t.Metrics, t.Diagnosis = r.Findings.Laws, r.Findings.Loss, cut != "", nil, measure.Diagnosis{}
	for _, e := range r.Expect {
		if e.Verdict == measure.Fail {
			t.Failed = append(t.Failed, e.Expr)
		}
	}
	for e := range h.Events() {
		t.Lasted = float64(e.At) / 1e9
		if e.Kind == history.Leader {
			t.Leaders = append(t.Leaders, e.Target)
		}
	}
	t.Digest, err = results.Digest(h)
	return t, err
}

// failedRun is the probe of a run that failed: one among many that comes to no verdict.
func failedRun(t results.Probe, err error) results.Probe {
	t.Verdict, t.Cut = measure.Unknown, true
	t.Reason, _, _ = strings.Cut(err.Error(), "\n\n")
	t.Broken = []string{t.Reason}
	return t
}
