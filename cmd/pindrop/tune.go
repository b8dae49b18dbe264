package main

import (
	"context"
	"encoding/json"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"pindrop/report"
	"pindrop/results"
	"pindrop/scenarios"
	"pindrop/scenarios/laws"
	"pindrop/tune"
)

// tuneOptions are the flags of pindrop tune.
type tuneOptions struct {
	studyOptions
	goals   []string
	also    []string
	confirm string
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
the scenario without its faults, free.METRIC without faults and without a limit. It must hold with each seed that is run.

Without a goal it looks for a limit that takes nothing from rate and latency while all is well, and at which delivery
does not stall. Runs have their luck, so that must hold with most seeds: around the edges limits are run with more and
more of them, up to --repeat, until it is clear. How many held at the recommended limit is said with it.

Of several consumers (consumer.count) each has the limit that is found, for its part of the messages.

--also searches other settings together with the limit, and shows the Pareto front: rate and stalls on one side, what
breaks on the other. --confirm real runs the recommendation, and a limit on each side of the range, on the real clock;
with --server or --context on servers that are there, while the search stays on its clock.

It leaves <out>/<scenario>/<time> with report.html, tuning.json, tuned.yaml (the scenario with the recommended limit) and
consumer.json (its consumer, for nats consumer edit --config). Interrupt it (Ctrl-C) and nothing is lost: --resume goes on.

Exit code: 0 a limit meets every goal, 1 none does, 2 unknown (the scenario is no valid experiment), 64 bad input,
130 interrupted.`,
		Example: `  pindrop tune kill-mid-batch
  pindrop tune kill-mid-batch --goal "held.at_fault <= 20" --goal "calm.handled.rate >= 15"
  pindrop tune mine.yaml --goal "latency.response.p99 <= 500ms" --repeat 5 --confirm real
  pindrop tune mine.yaml --confirm real --context staging
  pindrop tune kill-mid-batch --also workers.batch=1,5,10,50 --also consumer.priority_timeout`,
		RunE: func(c *cobra.Command, args []string) error {
			if len(o.goals) > 0 && !c.Flags().Changed("repeat") {
				o.repeat = repeatGoals
			}
			return a.tune(c.Context(), args, o)
		},
	}
	c.Flags().StringArrayVar(&o.goals, "goal", nil, "a `condition` that the limit has to meet")
	c.Flags().StringArrayVar(&o.also, "also", nil, "search this setting as well, as `path=values` (see pindrop sweep) or a path alone")
	c.Flags().StringVar(&o.confirm, "confirm", "", "real: run the recommendation on the real clock as well")
	o.register(c.Flags(), repeatPresets)
	c.Flags().Lookup("repeat").Usage = fmt.Sprintf("seeds with which a limit is run at most (default with --goal: %d)", repeatGoals)
	return c
}

// Seeds with which a limit is run at most. The presets hold where they do with most seeds, so many are needed to tell
// where that begins: over ten seeds with 24 each, what is recommended stays within a step of round numbers, with 9 it
// does not. Of goals that are named each seed must meet each, so that each limit that does costs all of them.
const (
	repeatPresets = 24
	repeatGoals   = 5
)

// tune searches, saves what was found, and shows it.
func (a *app) tune(ctx context.Context, args []string, o tuneOptions) error {
	if err := o.check("tune", args); err != nil {
		return err
	}
	t, err := planTuning(args, &o)
	if err != nil {
		return err
	}
	l, err := newLab(a, t.Arg, o.studyOptions)
	if err != nil {
		return err
	}
	defer l.close()
	request, err := tuneRequest(l, t, o)
	if err != nil {
		return err
	}
	run, err := openStudy(&t.Study, o.studyOptions)
	if err != nil {
		return err
	}
	if err := saveStudy(run, results.TuningFile, t, false); err != nil {
		return err
	}
	runErr := l.keepIn(run, func() error {
		var err error
		t, err = tune.Search(ctx, request, l.run)
		return err
	})
	var bad *results.ExpectationError
	if errors.As(runErr, &bad) && o.resume == "" { // a goal that cannot be read
		return &exit{exitUsage, errors.Join(runErr, run.Discard())}
	}
	files, err := saveTuning(run, t, l)
	if err != nil {
		return errors.Join(err, runErr)
	}
	err = a.showStudy(t, run, o.studyOptions, func() error { return report.TuningText(inked(a.stdout), t, a.textOptions(files)) })
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

// planTuning is a tuning before its search: what to look for, anew or as it was when it was interrupted.
func planTuning(args []string, o *tuneOptions) (*results.Tuning, error) {
	if o.confirm != "" && o.confirm != string(scenarios.ClockReal) {
		return nil, &exit{exitUsage, fmt.Errorf("--confirm %s: expected real", o.confirm)}
	}
	if o.resume != "" {
		if len(o.goals)+len(o.also) > 0 {
			return nil, &exit{exitUsage, errors.New("--goal, --also: --resume takes them from the directory")}
		}
		t, err := (&results.Run{Dir: o.resume}).Tuning()
		if err != nil {
			return nil, failed(err)
		}
		o.confirm = t.ConfirmOn
		o.searches, o.elsewhere = true, o.confirm != ""
		return t, resumed(&t.Study, &o.studyOptions)
	}
	own := []string{"tune", args[0]}
	o.searches, o.elsewhere = true, o.confirm != ""
	t := &results.Tuning{ConfirmOn: o.confirm}
	for _, g := range o.goals {
		own = append(own, "--goal", g)
		t.Goals = append(t.Goals, results.Goal{Expr: g})
	}
	for _, path := range o.also {
		own = append(own, "--also", path)
	}
	if o.confirm != "" {
		own = append(own, "--confirm", o.confirm)
	}
	var j *job
	var err error
	if t.Study, j, err = newStudy(args[0], &o.studyOptions, own); err != nil {
		return nil, err
	}
	if len(j.scenario.Workers) == 0 {
		return nil, &exit{exitUsage, fmt.Errorf("tune: %s has no workers: there is nothing to tune", args[0])}
	}
	valid := func(set string) bool {
		r := o.of(o.clock)
		r.sets = append(slices.Clone(o.sets), set)
		_, err := prepare(args[0], r)
		return err == nil
	}
	for _, text := range o.also {
		axis, err := tune.AlsoAxis(text, j.scenario.Settings(), valid)
		if err != nil {
			return nil, &exit{exitUsage, fmt.Errorf("--also %w", err)}
		}
		t.Also = append(t.Also, axis)
	}
	return t, nil
}

// tuneRequest says what to search for, with everything that can be known before the search. Other settings that make no
// valid scenario are left out, except those that were asked for.
func tuneRequest(l *lab, t *results.Tuning, o tuneOptions) (tune.Request, error) {
	j, err := l.job(nil)
	if err != nil {
		return tune.Request{}, failed(err)
	}
	r := tune.Request{
		Study: t.Study, Faults: len(j.scenario.Faults) > 0, Own: int64(j.scenario.Consumer.MaxAckPending), Also: t.Also,
		Consumers: j.scenario.Consumer.Count,
		ConfirmOn: t.ConfirmOn, Rules: rules(j.scenario),
	}
	if err := l.reachable(o.confirm); err != nil {
		return r, err
	}
	for _, g := range t.Goals {
		if !g.Preset {
			r.Goals = append(r.Goals, g.Expr)
		}
	}
	for _, set := range tune.Levers(j.scenario) {
		if _, err := l.job([]string{set}); err == nil {
			r.Levers = append(r.Levers, set)
		}
	}
	points, err := tune.Grid(t.Also)
	if err != nil {
		return r, &exit{exitUsage, fmt.Errorf("--also %w", err)}
	}
	for i := range points {
		if _, err := l.job(tune.Set(t.Also, &points[i])); err != nil {
			return r, failed(err)
		}
	}
	return r, nil
}

// thumbMargin is the margin that the rule of thumb is passed on with.
const thumbMargin = 2

// rules are the limits that people work out on paper. A message holds its slot on the way to the worker, while it is
// handled, and until its ack is back.
func rules(s *scenarios.Scenario) []results.Estimate {
	little := results.Estimate{Name: "Little's law", Formula: "rate × mean time from delivery to ack"}
	trip := shortestTrip(s)
	if slots, ok := laws.Little(s, 0); ok {
		little.Formula = fmt.Sprintf("%.4g/s × %.4g s", slots.Rate, slots.Service+2*trip)
		slots, _ = laws.Little(s, slots.Rate*2*trip)
		little.Limit = int64(slots.Limit)
	}
	thumb := results.Estimate{Name: "rule of thumb", Formula: fmt.Sprintf("workers × (p99 of service / fetch interval) × %d", thumbMargin)}
	if advised, ok := laws.RuleOfThumb(s, thumbMargin); ok {
		thumb.Limit = int64(advised.Limit)
	}
	return []results.Estimate{little, thumb}
}

// shortestTrip is how long crossing the network takes on average, in seconds one way, for the workers who are nearest: with
// the shortest service, as Little's law has it, what can be said whoever gets the messages.
func shortestTrip(s *scenarios.Scenario) float64 {
	trip := s.Network.Mean()
	for i, w := range s.Workers {
		if mean := s.NetworkOf(w.Network).Mean(); i == 0 || mean < trip {
			trip = mean
		}
	}
	return trip.Seconds()
}

// The files of a tuning beside [results.TuningFile]: what is needed to apply it.
const (
	tunedFile    = "tuned.yaml"
	consumerFile = "consumer.json"
)

// saveTuning writes what was found, and what is needed to apply it.
func saveTuning(run *results.Run, t *results.Tuning, l *lab) ([]report.File, error) {
	if err := saveStudy(run, results.TuningFile, t, t.Complete); err != nil {
		return nil, err
	}
	files, err := writePage(run, t)
	if err != nil {
		return nil, err
	}
	if t.Advised == 0 {
		return files, nil
	}
	j, err := l.job([]string{tune.LimitSet(t.Advised)})
	if err != nil {
		return nil, err
	}
	consumer, err := json.MarshalIndent(j.scenario.Consumer.ConsumerConfig, "", "  ")
	if err != nil {
		return nil, &exit{exitInternal, err}
	}
	for _, f := range []struct {
		what, name string
		text       []byte
	}{{"scenario", tunedFile, j.scenario.YAML()}, {"consumer", consumerFile, append(consumer, '\n')}} {
		if err := run.WriteText(f.name, f.text); err != nil {
			return nil, &exit{exitIO, err}
		}
		files = append(files, report.File{What: f.what, Path: run.Path(f.name)})
	}
	return files, nil
}
