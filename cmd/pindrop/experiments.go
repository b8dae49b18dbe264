package main

import (
	"context"
	"fmt"
	"path/filepath"
	"runtime"
	"slices"
	"strconv"
	"sync"
	"time"

	"golang.org/x/sync/errgroup"

	"pindrop/results"
	"pindrop/results/measure"
	"pindrop/scenarios"
	"pindrop/scratch"
	"pindrop/sim"
)

// experimentLimit ends an experiment on the virtual clock that goes on for too long.
const experimentLimit = 2 * time.Minute

// setup is what an experiment runs: a built-in scenario or a file with overrides, what its seed draws, and a clock,
// virtual or real.
type setup struct {
	name  string
	sets  []string
	seed  uint64
	clock scenarios.Clock
}

// experiment is a run of which only the findings are kept, without what makes them long, and the digest of its history.
type experiment struct {
	scenario *scenarios.Scenario
	seed     uint64
	clock    scenarios.Clock
	access   sim.Access
	guest    *sim.Guest        // that runs it, where it needs one
	findings *measure.Findings // nil before the run, and after one that was interrupted
	digest   string
}

// experiments collects runs, and lets those that are equal be one.
type experiments struct {
	at    target // the servers of those on the real clock; zero: those of their scenarios
	list  []*experiment
	byKey map[string]*experiment
}

// add loads a scenario and checks that it can be run.
func (e *experiments) add(s setup) (*experiment, error) {
	var at target
	if s.clock == scenarios.ClockReal {
		at = e.at
	}
	scenario, err := load(s.name, slices.Concat(s.sets, at.onReal()))
	if err != nil {
		return nil, err
	}
	if err := scenarios.Unsupported(scenario); err != nil {
		return nil, err
	}
	if own, why := scenario.ResolveClock(); own == scenarios.ClockReal && s.clock == scenarios.ClockVirtual {
		return nil, fmt.Errorf("it runs on the real clock (%s); expected one for the virtual clock", why)
	}
	key := fmt.Sprintf("%d %s\n%s", s.seed, s.clock, scenario.YAML())
	if e.byKey[key] == nil {
		if e.byKey == nil {
			e.byKey = map[string]*experiment{}
		}
		e.byKey[key] = &experiment{scenario: scenario, seed: s.seed, clock: s.clock, access: at.access}
		e.list = append(e.list, e.byKey[key])
	}
	return e.byKey[key], nil
}

// runAll runs experiments, as many at once as there are processors: first those on the virtual clock, which keep the
// processors busy, then those on the real one, which mostly wait. If it is interrupted those that have ended keep their
// findings, and the error is context.Canceled.
func (a *app) runAll(ctx context.Context, list []*experiment) error {
	if err := a.engageAll(ctx, list); err != nil {
		return err
	}
	folder, err := scratch.New()
	if err != nil {
		return &exit{exitIO, err}
	}
	for _, clock := range []scenarios.Clock{scenarios.ClockVirtual, scenarios.ClockReal} {
		var of []*experiment
		for _, x := range list {
			if x.clock == clock {
				of = append(of, x)
			}
		}
		if err == nil && len(of) > 0 {
			err = a.share(ctx, of, folder.Dir)
		}
	}
	if removeErr := folder.Remove(); err == nil && removeErr != nil {
		return &exit{exitIO, removeErr}
	}
	if ctx.Err() != nil {
		return context.Canceled
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
	runners.SetLimit(atOnce(list))
	for i, x := range list {
		runners.Go(func() error {
			if err := x.run(ctx, filepath.Join(dir, strconv.Itoa(i))); err != nil {
				return neverRan(fmt.Errorf("%s: %w", x.scenario.Name, err))
			}
			mu.Lock()
			defer mu.Unlock()
			done++
			status.say(func() string {
				return fmt.Sprintf("%d of %d runs on the %s clock, %s", done, len(list), x.clock,
					timeLeft(time.Since(status.started), done, len(list)))
			})
			return nil
		})
	}
	return runners.Wait()
}

// atOnce is how many experiments of a list run side by side. On servers that are not pindrop's it is one: they would meet
// on its subjects.
func atOnce(list []*experiment) int {
	external := func(x *experiment) bool {
		mode, _ := x.scenario.ServerMode()
		return mode == scenarios.ServerExternal
	}
	if slices.ContainsFunc(list, external) {
		return 1
	}
	return runtime.NumCPU()
}

// timeLeft is how long the rest takes if it goes on as before, in words.
func timeLeft(passed time.Duration, done, all int) string {
	left := passed / time.Duration(done) * time.Duration(all-done)
	return fmt.Sprintf("about %v left", left.Round(time.Second))
}

// run runs the experiment in a directory of its own, which it removes.
func (x *experiment) run(ctx context.Context, dir string) error {
	if err := ctx.Err(); err != nil {
		return err
	}
	t := attempt{plan: x.scenario.Plan(x.seed), clock: x.clock, limit: experimentLimit, tell: func(time.Duration) {}, access: x.access, guest: x.guest}
	h, findings, _, err := t.apart(ctx, dir)
	if err != nil {
		return err
	}
	if x.digest, err = results.Digest(h); err != nil {
		return err
	}
	x.findings = findings
	// Thousands of experiments are kept at a time: what only a page draws is let go.
	x.findings.Series, x.findings.Lanes, x.findings.Redeliveries, x.findings.Worst = nil, nil, nil, nil
	return nil
}
