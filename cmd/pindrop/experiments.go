package main

import (
	"context"
	"errors"
	"fmt"
	"os"
	"path/filepath"
	"runtime"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"pindrop/results/measure"
	"pindrop/scenarios"
	"pindrop/sim"
)

// experimentSeed draws what is drawn in experiments, and experimentLimit ends one that goes on for too long.
const (
	experimentSeed  = 1
	experimentLimit = 2 * time.Minute
)

// experiment is a run on the virtual clock of which only the findings are kept.
type experiment struct {
	scenario *scenarios.Scenario
	findings *measure.Findings // nil before the run
}

// experiments collects runs, and lets those that are equal be one.
type experiments struct {
	list   []*experiment
	byText map[string]*experiment
}

// add loads a built-in scenario with overrides and checks that it can be run on the virtual clock.
func (e *experiments) add(name string, sets []string) (*experiment, error) {
	s, err := load(name, sets)
	if err != nil {
		return nil, err
	}
	if err := scenarios.Unsupported(s); err != nil {
		return nil, err
	}
	if clock, why := s.ResolveClock(); clock != scenarios.ClockVirtual {
		return nil, fmt.Errorf("it runs on the %s clock (%s); expected one for the virtual clock", clock, why)
	}
	text := string(s.YAML())
	if e.byText[text] == nil {
		if e.byText == nil {
			e.byText = map[string]*experiment{}
		}
		e.byText[text] = &experiment{scenario: s}
		e.list = append(e.list, e.byText[text])
	}
	return e.byText[text], nil
}

// runAll runs experiments, as many at once as there are processors.
func (a *app) runAll(ctx context.Context, list []*experiment) error {
	dir, err := os.MkdirTemp("", "pindrop-")
	if err != nil {
		return &exit{exitIO, err}
	}
	err = a.share(ctx, list, dir)
	if removeErr := os.RemoveAll(dir); err == nil && removeErr != nil {
		return &exit{exitIO, removeErr}
	}
	if ctx.Err() != nil {
		return &exit{code: exitInterrupted}
	}
	return err
}

// share runs experiments side by side in folders of dir. The first error ends them all.
func (a *app) share(ctx context.Context, list []*experiment, dir string) error {
	status := a.statusLine(false)
	defer status.close()
	var mu sync.Mutex
	done := 0
	runners, ctx := errgroup.WithContext(ctx)
	runners.SetLimit(runtime.NumCPU())
	for i, x := range list {
		runners.Go(func() error {
			if err := x.run(ctx, filepath.Join(dir, strconv.Itoa(i))); err != nil {
				return neverRan(fmt.Errorf("%s: %w", x.scenario.Name, err))
			}
			mu.Lock()
			defer mu.Unlock()
			done++
			status.say(func() string { return fmt.Sprintf("%d of %d runs", done, len(list)) })
			return nil
		})
	}
	return runners.Wait()
}

// run runs the experiment in a directory of its own, which it removes.
func (x *experiment) run(ctx context.Context, dir string) error {
	plan := x.scenario.Plan(experimentSeed)
	t := attempt{
		plan: plan, clock: scenarios.ClockVirtual, limit: experimentLimit, tell: func(time.Duration) {},
		dirs: sim.Dirs{Logs: filepath.Join(dir, "logs"), Store: filepath.Join(dir, "store")},
	}
	events, cut, err := t.run(ctx)
	if err := errors.Join(err, os.RemoveAll(dir)); err != nil {
		return err
	}
	x.findings = measure.All(events, asked(plan, cut == ""))
	return nil
}
