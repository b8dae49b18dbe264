package main

import (
	"context"
	"errors"
	"fmt"
	"slices"

	"github.com/spf13/cobra"

	"pindrop/report"
	"pindrop/results"
	"pindrop/results/measure"
	"pindrop/scenarios"
	"pindrop/tune"
)

// sweepOptions are the flags of pindrop sweep.
type sweepOptions struct {
	studyOptions
	vary []string
	show []string
}

func sweepCommand(a *app) *cobra.Command {
	var o sweepOptions
	c := &cobra.Command{
		Use:   "sweep SCENARIO --vary PATH=VALUES...",
		Short: "Run a scenario over a grid of settings",
		Long: `Runs a scenario at every point of a grid, on all processors, and leaves one result with all points:
<out>/<scenario>/<time> with report.html, sweep.json and scenario.yaml. Each --vary is one axis:

  --vary consumer.max_ack_pending=100,1000,5000   these values
  --vary workers.batch=1..500                     8 values, evenly spread
  --vary workers.batch=1..500:20                  20 values
  --vary consumer.ack_wait=1s..60s:5:log          5 values, evenly spread by their logarithm

On servers that are there (--server URL, --context NAME) the points run one after the other in real time.

Faults, phases and expectations are those of the scenario. Interrupt it (Ctrl-C) and nothing is lost: --resume goes on.

Exit code: 0 done (whatever the expectations say: a sweep looks for where they break), 2 no point was a valid
experiment, 64 bad input, 130 interrupted.`,
		Example: `  pindrop sweep ack-pending-cliff --vary consumer.max_ack_pending=100..5000:8:log
  pindrop sweep kill-mid-batch --vary workers.batch=1,10,50 --vary consumer.priority_timeout=1s..10s:4 --repeat 3
  pindrop sweep mine.yaml --vary workers.count=2..10:5 --show handled.rate --show latency.response.p99
  pindrop sweep mine.yaml --vary workers.batch=10,100 --context staging
  pindrop sweep --resume results/mine/20260102-150405`,
		RunE: func(c *cobra.Command, args []string) error { return a.sweep(c.Context(), args, o) },
	}
	c.Flags().StringArrayVar(&o.vary, "vary", nil, "an axis of the grid, as `path=values`")
	c.Flags().StringArrayVar(&o.show, "show", nil, "a `metric` to show (default: those that the scenario's expectations speak of, and the usual ones)")
	o.register(c.Flags(), 1)
	return c
}

// sweep checks every point of the grid before it runs the first.
func (a *app) sweep(ctx context.Context, args []string, o sweepOptions) error {
	if err := o.check("sweep", args); err != nil {
		return err
	}
	s, err := planSweep(args, &o)
	if err != nil {
		return err
	}
	l, err := newLab(a, s.Arg, o.studyOptions)
	if err != nil {
		return err
	}
	defer l.close()
	list, err := sweepProbes(l, s)
	if err != nil {
		return err
	}
	run, err := openStudy(&s.Study, o.studyOptions)
	if err != nil {
		return err
	}
	if o.resume == "" {
		if err := saveStudy(run, results.SweepFile, s, false); err != nil {
			return err
		}
	}
	runErr := l.keepIn(run, func() error { return runSweep(ctx, l, s, list) })
	if err := saveStudy(run, results.SweepFile, s, s.Complete); err != nil {
		return errors.Join(err, runErr)
	}
	files, err := writePage(run, s)
	if err != nil {
		return errors.Join(err, runErr)
	}
	err = a.showStudy(s, run, o.studyOptions, func() error { return report.SweepText(inked(a.stdout), s, a.textOptions(files)) })
	switch {
	case runErr != nil:
		return a.goesOn("sweep", run, runErr)
	case err != nil:
		return err
	case !slices.ContainsFunc(s.Points, valid):
		return &exit{results.ExitCode(measure.Unknown), errors.New("no point of the grid was a valid experiment: " +
			s.Points[0].Probes[0].Reason)}
	}
	return nil
}

// valid reports whether a probe of the point says anything.
func valid(p results.Point) bool {
	return slices.ContainsFunc(p.Probes, func(t results.Probe) bool { return len(t.Broken) == 0 })
}

// planSweep is the sweep without its probes: a new one, or the one to go on with.
func planSweep(args []string, o *sweepOptions) (*results.Sweep, error) {
	if o.resume != "" {
		if len(o.vary) > 0 {
			return nil, &exit{exitUsage, errors.New("--vary: --resume takes the axes from the directory")}
		}
		s, err := (&results.Run{Dir: o.resume}).Sweep()
		if err != nil {
			return nil, failed(err)
		}
		return s, resumed(&s.Study, &o.studyOptions)
	}
	if len(o.vary) == 0 {
		return nil, &exit{exitUsage, errors.New("sweep: expected at least one --vary path=values; see pindrop sweep --help")}
	}
	s := &results.Sweep{}
	own := []string{"sweep", args[0]}
	for _, text := range o.vary {
		axis, err := tune.ParseAxis(text)
		if err != nil {
			return nil, &exit{exitUsage, fmt.Errorf("--vary %w", err)}
		}
		s.Axes = append(s.Axes, axis)
		own = append(own, "--vary", text)
	}
	for _, metric := range o.show {
		own = append(own, "--show", metric)
	}
	var err error
	if s.Points, err = tune.Grid(s.Axes); err != nil {
		return nil, &exit{exitUsage, fmt.Errorf("--vary %w", err)}
	}
	var j *job
	if s.Study, j, err = newStudy(args[0], &o.studyOptions, own); err != nil {
		return nil, err
	}
	if s.Show, err = shown(j, o.show); err != nil {
		return nil, err
	}
	return s, nil
}

// usualMetrics are shown where they apply: what a limit or a batch is chosen for, then what it costs.
var usualMetrics = []string{
	"handled.rate", "latency.response.p99", "cliff.total", "cliff.stall.total", "ack_pending.max",
	"takeover.fault.max", "held.at_fault", "redelivery.count", "overlap.total",
}

// shown are the metrics that were asked for, or those of the expectations and the usual ones.
func shown(j *job, asked []string) ([]string, error) {
	for _, name := range asked {
		if _, ok := measure.Lookup(name); !ok {
			return nil, &exit{exitUsage, fmt.Errorf("--show %s: there is no such metric; nearest: %s", name,
				scenarios.Nearest(name, measure.Names()))}
		}
	}
	if len(asked) > 0 {
		return asked, nil
	}
	var list []string
	for _, e := range j.expect {
		list = append(list, e.Metrics()...)
	}
	list = append(list, usualMetrics...)
	var once []string
	for _, name := range list {
		if !slices.Contains(once, name) {
			once = append(once, name)
		}
	}
	return once, nil
}

// sweepProbes lists the probes of all points, and checks each point's scenario.
func sweepProbes(l *lab, s *results.Sweep) ([]results.Probe, error) {
	if n := len(s.Points) * s.Repeat; n > runsMax {
		return nil, &exit{exitUsage, fewEnough("the grid has runs:", n, runsMax)}
	}
	var list []results.Probe
	for i := range s.Points {
		set := tune.Set(s.Axes, &s.Points[i])
		if _, err := l.job(set); err != nil {
			return nil, failed(err)
		}
		for k := range s.Repeat {
			list = append(list, results.Probe{Set: set, Seed: s.Seed + uint64(k)})
		}
	}
	return list, nil
}

// runSweep runs the probes and puts them in their places.
func runSweep(ctx context.Context, l *lab, s *results.Sweep, list []results.Probe) error {
	done, err := l.run(ctx, list)
	byKey := map[string]results.Probe{}
	for _, t := range done {
		byKey[t.Key()] = t
	}
	for i := range s.Points {
		s.Points[i].Probes = nil
	}
	for i, t := range list {
		if tried, ok := byKey[t.Key()]; ok {
			p := &s.Points[i/s.Repeat]
			p.Probes = append(p.Probes, tried)
		}
	}
	s.Complete = err == nil
	return err
}
