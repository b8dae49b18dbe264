package main

import (
	"context"
	"errors"
	"fmt"

	"github.com/spf13/cobra"

	"pindrop/report"
	"pindrop/results"
	"pindrop/tune"
)

// tuneOptions are the flags of pindrop tune.
type tuneOptions struct {
	studyOptions
	goals []string
}

func tuneCommand(a *app) *cobra.Command {
	var o tuneOptions
	c := &cobra.Command{
		Use:   "tune SCENARIO",
		Short: "Find max_ack_pending, and say why",
		Long: `Runs a scenario without a limit of ack pending, with a ladder of limits, and then closer and closer around the edges,
with and without its faults, until it knows the smallest and the largest max_ack_pending that meet every goal. It says
which limit to take, what breaks below and above, and what rules of thumb would have said.

A goal is a condition as in a scenario's expect. Metrics alone are those of the scenario as it stands; calm.METRIC is
the scenario without its faults, free.METRIC without faults and without a limit. Without a goal it looks for a limit
that takes nothing from rate and latency while all is well, and at which delivery never stalls.

Exit code: 0 a limit meets every goal, 1 none does, 2 unknown (the scenario is no valid experiment), 64 bad input,
130 interrupted.`,
		Example: `  pindrop tune kill-mid-batch
  pindrop tune kill-mid-batch --goal "held.at_fault <= 20" --goal "calm.handled.rate >= 15"
  pindrop tune mine.yaml --goal "latency.response.p99 <= 500ms" --repeat 5`,
		RunE: func(c *cobra.Command, args []string) error { return a.tune(c.Context(), args, o) },
	}
	c.Flags().StringArrayVar(&o.goals, "goal", nil, "a `condition` that the limit has to meet")
	o.register(c.Flags(), 3)
	return c
}

// tune searches, saves what was found, and shows it.
func (a *app) tune(ctx context.Context, args []string, o tuneOptions) error {
	if err := o.check("tune", args); err != nil {
		return err
	}
	request, err := planTuning(args, &o)
	if err != nil {
		return err
	}
	l, err := newLab(a, request.Study.Arg, o.studyOptions)
	if err != nil {
		return err
	}
	defer l.close()
	run, err := openStudy(&request.Study, o.studyOptions)
	if err != nil {
		return err
	}
	var t *results.Tuning
	runErr := l.keepIn(run, func() error {
		var err error
		t, err = tune.Search(ctx, request, l.run)
		return err
	})
	var bad *results.ExpectationError
	if errors.As(runErr, &bad) { // a goal that cannot be read
		return &exit{exitUsage, errors.Join(runErr, run.Discard())}
	}
	if err := saveStudy(run, results.TuningFile, t, t.Complete); err != nil {
		return errors.Join(err, runErr)
	}
	files := []report.File{{What: "tuning", Path: run.Path(results.TuningFile)}}
	err = a.showStudy(t, run, o.studyOptions, func() error { return report.TuningText(a.stdout, t, a.textOptions(files)) })
	if runErr != nil {
		return a.goesOn("tune", run, runErr)
	}
	if code := tuningCode(t); err == nil && code != 0 {
		return &exit{code: code}
	}
	return err
}

func tuningCode(t *results.Tuning) int {
	switch t.Verdict {
	case results.TuningFound:
		return 0
	case results.TuningUnmet:
		return 1
	}
	return 2
}

// planTuning is what to look for: anew, or as it was when it was interrupted.
func planTuning(args []string, o *tuneOptions) (tune.Request, error) {
	r := tune.Request{Goals: o.goals}
	if o.resume != "" {
		t, err := (&results.Run{Dir: o.resume}).Tuning()
		if err != nil {
			return r, failed(err)
		}
		if err := resumed(&t.Study, &o.studyOptions); err != nil {
			return r, err
		}
		r.Study, r.Goals = t.Study, nil
		for _, g := range t.Goals {
			if !g.Preset {
				r.Goals = append(r.Goals, g.Expr)
			}
		}
	} else {
		own := []string{"tune", args[0]}
		for _, g := range o.goals {
			own = append(own, "--goal", g)
		}
		var err error
		if r.Study, _, err = newStudy(args[0], &o.studyOptions, own); err != nil {
			return r, err
		}
	}
	j, err := prepare(r.Study.Arg, runOptions{clock: r.Study.Clock, sets: r.Study.Sets})
	if err != nil {
		return r, failed(err)
	}
	r.Faults, r.Own = len(j.scenario.Faults) > 0, int64(j.scenario.Consumer.MaxAckPending)
	if len(j.scenario.Workers) == 0 {
		return r, &exit{exitUsage, fmt.Errorf("tune: %s has no workers: there is nothing to tune", r.Study.Arg)}
	}
	return r, nil
}
